//! Tests of the whole: properties of the shard, the command `replay`, and real tracks.

mod arrivals;
mod chance;
mod confluence;
mod deliveries;
mod drive_shard;
mod kill;
mod logs;
mod real_tracks;
mod replay;
#[cfg(feature = "kafka")]
mod s3;
mod second;
mod support;
mod world;
