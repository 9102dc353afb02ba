//! What deciding costs: the shard alone, fed by a fleet, in batches as large as those of the job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fleet::Fleet;
use super::yardstick::resident;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::simulate::Chance;
use crate::domain::history::{History, HistoryError, PastReport};
use crate::domain::output::{Disposition, Outputs};
use crate::domain::record::{Body, Record, Source};
use crate::domain::rules::Rules;
use crate::domain::shard::Shard;
use crate::domain::time::Millis;

/// Between two fixes of a vehicle.
pub const INTERVAL: Millis = 10_000;
/// As many as a lane decides before it keeps their rows.
const BATCH: usize = 256;
pub(super) const START: Millis = 1_780_000_000_000;
/// Rounds before the measured ones: gates and accumulators have settled, and memory has been touched.
pub(super) const WARM_ROUNDS: u32 = 3;

/// What was measured.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// Nanoseconds a fix.
    pub ns: f64,
    /// Resident bytes a vehicle.
    pub bytes: f64,
}

/// Counts how often older fixes are asked for than memory holds: a log in event order never does.
#[derive(Default)]
pub(super) struct Asked(pub(super) u64);

impl History for Asked {
    fn reports(&mut self, _: u32, _: &str, _: Millis, _: Millis, _: u64) -> Result<Vec<PastReport>, HistoryError> {
        self.0 += 1;
        Ok(Vec::new())
    }
}

/// Drives a fleet of so many for `rounds` rounds, in an order of vehicles that no cache can foresee.
///
/// # Errors
/// The shard cannot go on: a fault of this program.
pub fn measure(rules: &Arc<Rules>, vehicles: u32, rounds: u32) -> Result<Cost, Failure> {
    measure_with_cut(rules, vehicles, rounds, 0).map(|(cost, _)| cost)
}

/// The same, and what a journey takes in the cut of a checkpoint, for which the lane of its partition stops: the best of so
/// many cuts, nanoseconds.
pub fn measure_with_cut(rules: &Arc<Rules>, vehicles: u32, rounds: u32, cuts: u32) -> Result<(Cost, f64), Failure> {
    let before = resident();
    let fleet = Fleet::new(Arc::clone(rules), vehicles, INTERVAL, Millis::from(WARM_ROUNDS + rounds) * INTERVAL);
    let order = shuffled(vehicles);
    let mut drive = Drive::new(rules);
    for chunk in order.chunks(BATCH) {
        drive.step(chunk.iter().map(|vehicle| fleet.activate(*vehicle, "bench", START)), START)?;
    }
    let mut spent = Duration::ZERO;
    for round in 0..WARM_ROUNDS + rounds {
        for (number, chunk) in order.chunks(BATCH).enumerate() {
            // The fixes of a round come spread over the interval, as the vehicles of a fleet do.
            let since = Millis::from(round) * INTERVAL + INTERVAL * (number * BATCH) as Millis / Millis::from(vehicles);
            let time = START + 1_000 + since;
            let took = drive.step(chunk.iter().map(|vehicle| fleet.fix(*vehicle, since, time, false)), time)?;
            if round >= WARM_ROUNDS {
                spent += took;
            }
        }
    }
    let fixes = f64::from(rounds) * f64::from(vehicles);
    let bytes = resident().saturating_sub(before) as f64 / f64::from(vehicles);
    let (mut cut_ns, mut length) = (f64::INFINITY, 0);
    for _ in 0..cuts {
        // As a lane does it: as much room as the last one took.
        let mut state = Vec::with_capacity(length);
        let began = Instant::now();
        drive.shard.encode(&mut state);
        cut_ns = cut_ns.min(began.elapsed().as_secs_f64() * 1e9 / f64::from(vehicles));
        length = state.len() + state.len() / 8;
    }
    Ok((Cost { ns: spent.as_secs_f64() * 1e9 / fixes, bytes }, cut_ns))
}

/// The vehicles in an order that no cache can foresee.
pub(super) fn shuffled(vehicles: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..vehicles.max(1)).collect();
    let mut chance = Chance::new(2, 0);
    for last in (1..order.len()).rev() {
        order.swap(last, chance.below(last + 1));
    }
    order
}

/// A shard that is fed batch by batch.
pub(super) struct Drive {
    pub(super) shard: Shard,
    pub(super) asked: Asked,
    out: Outputs,
    next: u64,
}

impl Drive {
    /// An empty one.
    pub(super) fn new(rules: &Arc<Rules>) -> Drive {
        Drive {
            shard: Shard::new(0, std::slice::from_ref(rules)),
            asked: Asked::default(),
            out: Outputs::default(),
            next: 0,
        }
    }

    /// Fixes of the newest batch that the detectors have taken in.
    pub(super) fn decided(&self) -> u64 {
        let matched = |d: &&Disposition| d.row.as_ref().is_some_and(|row| row.chainage_dm.is_some());
        self.out.dispositions.iter().filter(matched).count() as u64
    }

    /// Decides a batch; how long that alone took.
    pub(super) fn step(&mut self, bodies: impl Iterator<Item = Body>, timestamp: Millis) -> Result<Duration, Failure> {
        let first = self.next;
        let batch: Vec<Record> = bodies
            .enumerate()
            .map(|(i, body)| Record { source: Source { partition: 0, offset: first + i as u64, timestamp }, body })
            .collect();
        self.next += batch.len() as u64;
        self.out.dispositions.clear();
        self.out.revisions.clear();
        self.out.journeys.clear();
        self.out.episodes.clear();
        let began = Instant::now();
        self.shard
            .step(&batch, &mut self.asked, &mut self.out)
            .or_fail(ExitCode::Other, || "deciding the fleet of the bench".to_owned())?;
        Ok(began.elapsed())
    }
}
