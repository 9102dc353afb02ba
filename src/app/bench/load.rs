//! Load that is made beforehand: requests in a file, in the order in which they are sent.
//!
//! While the clock runs they are only written to a socket. A fix says the time at which it is sent, as near as the preparation
//! could be foreseen.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Instant;

use super::fleet::Fleet;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::run::intake::partition_of;
use crate::app::wall::now;
use crate::domain::time::Millis;
use crate::edge::kafka::Packer;

/// A request is sent so often.
pub const SLICE: Millis = 250;

/// A fleet that reports at a rate for some time.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Fixes a second.
    pub rate: u64,
    /// For so long.
    pub seconds: u64,
    /// So long the fleet has driven before, milliseconds.
    pub driven: Millis,
    /// Vehicles that report, one after the other, that they were opened: from this number on, so many.
    pub opened: std::ops::Range<u32>,
    /// Folder for what is made; that for temporary files where there is none.
    pub scratch: Option<PathBuf>,
}

impl Stretch {
    fn slices(&self) -> u64 {
        (self.seconds * 1_000).div_ceil(SLICE as u64)
    }

    /// Fixes of a slice, by their numbers.
    fn fixes(&self, slice: u64) -> std::ops::Range<u64> {
        let at = |slice: u64| self.rate * slice * SLICE as u64 / 1_000;
        at(slice)..at(slice + 1)
    }

    /// Whether a vehicle says with its fix of this number that it was opened: their turns are spread over the stretch, and each
    /// says it at its own first fix from then on.
    fn is_opened(&self, fix: u64, vehicle: u32, vehicles: u32) -> bool {
        let count = u64::from(self.opened.end - self.opened.start);
        self.opened.contains(&vehicle) && {
            let turn = u64::from(vehicle - self.opened.start) * self.rate * self.seconds / count;
            (turn..turn + u64::from(vehicles)).contains(&fix)
        }
    }
}

/// A packed batch, and its partition.
type Batch = (u32, Vec<u8>);

/// Partition and length of each batch.
type Lengths = Vec<(u32, usize)>;

/// See the module.
pub struct Load {
    file: BufReader<File>,
    slices: Vec<Slice>,
    /// When the first one is to be sent.
    pub start: Millis,
    /// Reports of units that were opened.
    pub opened: u64,
}

/// What is sent at one time.
struct Slice {
    batches: Lengths,
    fixes: u64,
    opened: u64,
}

impl Load {
    /// Makes it, with two threads; it is sent `ready` milliseconds after that at the earliest.
    ///
    /// # Errors
    /// Exit 5 where the file cannot be written.
    pub fn make(stretch: &Stretch, fleet: &Fleet, partitions: u32, ready: Millis) -> Result<Load, Failure> {
        let folder = stretch.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let path = folder.join(format!("kervan-bench-{}.requests", std::process::id()));
        let doing = || format!("writing prepared requests to {}; name another folder with --scratch", path.display());
        std::fs::create_dir_all(&folder).or_fail(ExitCode::OutputFull, doing)?;
        let made = File::options().read(true).write(true).create_new(true).open(&path);
        let mut file = BufWriter::with_capacity(1 << 20, made.or_fail(ExitCode::OutputFull, doing)?);
        // Nobody else is to see it, and nothing is left of it: it lives as long as it is open.
        std::fs::remove_file(&path).or_fail(ExitCode::OutputFull, doing)?;
        let homes: Vec<u32> =
            (0..fleet.vehicles()).map(|vehicle| partition_of(Fleet::unit(vehicle).as_bytes(), partitions)).collect();
        let began = Instant::now();
        slice(stretch, fleet, &homes, partitions, 0, 0)?;
        // Two at a time.
        let estimate = began.elapsed().as_millis() as Millis * stretch.slices() as Millis * 2 / 3;
        let start = now() + estimate + ready;
        if estimate > 10_000 {
            eprintln!("preparing {} requests takes some {} s", stretch.slices(), estimate / 1_000);
        }
        let (mut slices, numbers): (Vec<Slice>, Vec<u64>) = (Vec::new(), (0..stretch.slices()).collect());
        for pair in numbers.chunks(2) {
            let make = |number: u64| slice(stretch, fleet, &homes, partitions, number, start);
            let made: Vec<_> = std::thread::scope(|scope| {
                let workers: Vec<_> = pair.iter().map(|number| scope.spawn(move || make(*number))).collect();
                workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
            });
            for (number, made) in pair.iter().zip(made) {
                let lost = |_| Failure::new(ExitCode::Other, anyhow::anyhow!("a thread that packs requests panicked"));
                let (batches, opened) = made.map_err(lost)??;
                for (_, batch) in &batches {
                    file.write_all(batch).or_fail(ExitCode::OutputFull, doing)?;
                }
                let fixes = stretch.fixes(*number);
                let batches = batches.into_iter().map(|(p, b)| (p, b.len())).collect();
                slices.push(Slice { batches, fixes: fixes.end - fixes.start, opened });
            }
        }
        let mut file = file.into_inner().map_err(|error| error.into_error()).or_fail(ExitCode::OutputFull, doing)?;
        file.seek(SeekFrom::Start(0)).or_fail(ExitCode::OutputFull, doing)?;
        let opened = slices.iter().map(|slice| slice.opened).sum();
        Ok(Load { file: BufReader::with_capacity(1 << 20, file), slices, start: start.max(now()), opened })
    }

    /// Number of requests.
    pub fn requests(&self) -> usize {
        self.slices.len()
    }

    /// Fixes in the request of this number.
    pub fn fixes(&self, request: usize) -> u64 {
        self.slices[request].fixes
    }

    /// All fixes.
    pub fn all_fixes(&self) -> u64 {
        self.slices.iter().map(|slice| slice.fixes).sum()
    }

    /// Bytes of all batches.
    pub fn bytes(&self) -> usize {
        self.slices.iter().map(|slice| length(&slice.batches)).sum()
    }

    /// The next request into `bytes`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self, request: usize, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.resize(length(&self.slices[request].batches), 0);
        self.file.read_exact(bytes).or_fail(ExitCode::Other, || "reading prepared requests".to_owned())
    }

    /// What was read, batch by batch.
    pub fn batches<'b>(&self, request: usize, bytes: &'b [u8]) -> Vec<(u32, &'b [u8])> {
        let (mut rest, mut parts) = (bytes, Vec::new());
        for (partition, length) in &self.slices[request].batches {
            let (part, behind) = rest.split_at(*length);
            rest = behind;
            parts.push((*partition, part));
        }
        parts
    }
}

fn length(batches: &[(u32, usize)]) -> usize {
    batches.iter().map(|(_, length)| *length).sum()
}

/// The batches of one slice, one a partition, and how many units say in it that they were opened.
fn slice(
    stretch: &Stretch,
    fleet: &Fleet,
    homes: &[u32],
    partitions: u32,
    number: u64,
    start: Millis,
) -> Result<(Vec<Batch>, u64), Failure> {
    let mut packers: Vec<Packer> = (0..partitions).map(|_| Packer::default()).collect();
    let (mut value, mut all_opened) = (Vec::new(), 0);
    for fix in stretch.fixes(number) {
        let vehicle = (fix % u64::from(fleet.vehicles())) as u32;
        let since = (fix * 1_000 / stretch.rate) as Millis;
        let opened = stretch.is_opened(fix, vehicle, fleet.vehicles());
        all_opened += u64::from(opened);
        value.clear();
        fleet.write(&fleet.fix(vehicle, stretch.driven + since, start + since, opened), &mut value);
        packers[homes[vehicle as usize] as usize].push(Fleet::unit(vehicle).as_bytes(), &value);
    }
    let time = start + number as Millis * SLICE;
    let batches = packers.iter_mut().zip(0..).filter(|(packer, _)| packer.count() > 0);
    let batches = batches.map(|(packer, partition)| {
        let batch = packer.finish(time).or_fail(ExitCode::Other, || "packing a batch".to_owned())?;
        Ok((partition, batch))
    });
    Ok((batches.collect::<Result<_, Failure>>()?, all_opened))
}

#[cfg(test)]
mod tests {
    use super::super::country::Country;
    use super::*;

    fn stretch(rate: u64, seconds: u64, opened: std::ops::Range<u32>) -> Stretch {
        Stretch { rate, seconds, driven: 0, opened, scratch: None }
    }

    #[test]
    fn slices_hold_every_fix_once() {
        let stretch = stretch(333, 7, 0..0);
        let mut next = 0;
        for slice in 0..stretch.slices() {
            let fixes = stretch.fixes(slice);
            assert_eq!(fixes.start, next);
            next = fixes.end;
        }
        assert_eq!(next, 333 * 7);
    }

    #[test]
    fn each_is_opened_once_and_they_are_spread_over_the_stretch() {
        let stretch = stretch(100, 20, 10..15);
        let opened: Vec<(u64, u32)> = (0..2_000)
            .map(|fix| (fix, (fix % 30) as u32))
            .filter(|(fix, vehicle)| stretch.is_opened(*fix, *vehicle, 30))
            .collect();
        // Turns at 0, 400, 800, 1200, 1600, and then the first fix of each.
        assert_eq!(opened, [(10, 10), (401, 11), (822, 12), (1_213, 13), (1_604, 14)]);
    }

    #[test]
    fn what_is_made_can_be_read_request_by_request() -> Result<(), Failure> {
        let fleet = Fleet::new(Country { zones: 1, corridors: 1 }.rules()?, 30, 150, 2_000);
        let mut load = Load::make(&stretch(200, 2, 5..9), &fleet, 4, 0)?;
        let (mut bytes, mut fixes) = (Vec::new(), 0);
        for request in 0..load.requests() {
            load.read(request, &mut bytes)?;
            for (partition, batch) in load.batches(request, &bytes) {
                assert!(partition < 4 && batch[16] == 2, "a batch begins where it should");
            }
            fixes += load.fixes(request);
        }
        assert_eq!((fixes, load.all_fixes(), load.requests(), load.opened), (400, 400, 8, 4));
        Ok(())
    }
}
