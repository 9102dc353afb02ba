//! Kervan watches vehicles that carry goods under customs control.

#[cfg(feature = "job")]
pub mod app;
pub mod domain;
#[cfg(feature = "job")]
pub mod edge;
