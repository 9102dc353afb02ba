//! Laws of the simulator, on a small world.

use super::*;
