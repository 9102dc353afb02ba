//! The client alone against a real broker: what `pipeline` and `delivery` rely on, without the job around it.

mod drive;
mod outage;
mod reading;
mod sharing;
mod speed;
mod topics;
mod transactions;
