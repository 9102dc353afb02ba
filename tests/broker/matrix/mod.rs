//! The matrix of DELIVERY, section 6.2: what breaks, and that nothing comes of it.

mod crash;
mod group;
