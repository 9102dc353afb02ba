//! Tests of the whole: properties of the shard, the command `replay`, and real tracks.

mod arrivals;
mod chance;
// What the broker's suite has for its brokers.
#[cfg(feature = "kafka")]
#[allow(dead_code)]
#[path = "../broker/children.rs"]
mod children;
mod confluence;
mod deliveries;
mod desk;
mod drive_shard;
#[cfg(feature = "kafka")]
mod golden;
mod handling;
mod kill;
mod logs;
mod real_tracks;
mod replay;
#[cfg(feature = "kafka")]
mod s3;
mod second;
mod silence;
mod support;
mod world;
