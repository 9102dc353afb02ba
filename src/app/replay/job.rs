//! The run itself: lines to records, records to shards, outputs to files, and a checkpoint now and then.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::ReplayArgs;
use super::checkpoint::{Checkpoint, Identity, PartitionState, StateFile, find};
use super::lines::Lines;
use super::output::{LineFiles, write_whole};
use super::progress::Progress;
use super::summary::Summary;
use crate::app::failure::{ExitCode, Failure, OrFail};
use crate::app::kpi::Report;
use crate::app::lane::{Lane, Run, lake_failure, versions};
use crate::domain::alert::{DECISION_VERSION, Revision};
use crate::domain::record::{Record, Source};
use crate::domain::rules::Rules;
use crate::domain::second::Second;
use crate::domain::shard::Shard;
use crate::edge::lake::{self, Lake, LakeWriter};
use crate::edge::log::{LogError, LogReader, RawBatch, RawLine};
use crate::edge::wire::{self, LineStyle, Reject, RejectReason, StyleGuard};

/// One partition, and the number of its newest manifest.
struct Partition {
    lane: Lane,
    seq: u64,
}

/// The run.
pub struct Job {
    out: PathBuf,
    lake: Lake,
    checkpoint_records: u64,
    batch: usize,
    quiet: bool,
    rulebooks: Vec<Arc<Rules>>,
    reader: LogReader,
    resumable: bool,
    files: LineFiles,
    partitions: BTreeMap<u32, Partition>,
    checkpoint: Checkpoint,
    style: StyleGuard,
    second: Second,
}

impl Job {
    /// Opens the log and the output directory, and returns to the last checkpoint where there is one.
    pub fn open(args: &ReplayArgs, rulebooks: Vec<Arc<Rules>>) -> Result<Job, Failure> {
        let reader = LogReader::open(&args.logs).map_err(log_failure)?;
        let hashes: Vec<String> = rulebooks.iter().map(|r| r.book.sha256.clone()).collect();
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |m| m.len());
        let identity = Identity {
            logs: args.logs.iter().map(|path| (path.clone(), length(path))).collect(),
            rulebooks: hashes.clone(),
            decision: DECISION_VERSION,
        };
        let resumable = !args.logs.iter().any(|path| path.as_os_str() == "-");
        let found = find(&args.out, &identity)?;
        if !resumable && found.is_some() {
            return Err(Failure::usage(format!(
                "standard input is read once, without resumption; name a new directory instead of {} with --out",
                args.out.display()
            )));
        }
        let checkpoint = found.unwrap_or_else(|| Checkpoint::first(identity, Summary::new(hashes)));
        let files = LineFiles::open(&args.out, &checkpoint.lengths)?;
        let second = Second::new(&rulebooks);
        let mut job = Job {
            out: args.out.clone(),
            lake: Lake::local(&args.out),
            checkpoint_records: args.checkpoint_records,
            batch: args.batch as usize,
            quiet: args.quiet,
            rulebooks,
            reader,
            resumable,
            files,
            partitions: BTreeMap::new(),
            checkpoint,
            style: StyleGuard::default(),
            second,
        };
        job.restore()?;
        Ok(job)
    }

    /// The summary of a run that was finished before. It is written again, and the figures with it: the run may have been
    /// killed between its last checkpoint and these files.
    ///
    /// # Errors
    /// Exit 5 where it cannot be written.
    pub fn finished(&self) -> Result<Option<Summary>, Failure> {
        self.checkpoint.done.then(|| self.write_summary()).transpose()
    }

    fn write_summary(&self) -> Result<Summary, Failure> {
        let json = serde_json::to_vec_pretty(&self.checkpoint.summary)?;
        write_whole(&self.out.join("summary.json"), &json)?;
        // Made of what has been written, so that it is the same whatever tries it took.
        let kpis = Report::of(&self.out)?.json()?;
        write_whole(&self.out.join("kpis.json"), kpis.as_bytes())?;
        Ok(self.checkpoint.summary.clone())
    }

    /// Rolls the last publication forward and loads the states.
    fn restore(&mut self) -> Result<(), Failure> {
        if let Some(exported) = self.checkpoint.exported {
            let style = if exported { LineStyle::Exported } else { LineStyle::Plain };
            let _ = self.style.admits(style);
        }
        for (number, entry) in self.checkpoint.partitions.clone() {
            if let Some(staged) = &entry.staged {
                lake::publish(&self.lake, staged, entry.seq).map_err(lake_failure)?;
            }
            lake::recover(&self.lake, number, Some(entry.seq)).map_err(lake_failure)?;
            let bytes = entry.state.read(&self.out)?;
            let shard = Shard::decode(&bytes, &self.rulebooks).or_fail(ExitCode::Usage, || {
                format!("continuing from {}", self.out.join(&entry.state.file).display())
            })?;
            let lake = LakeWriter::open(&self.lake, number, entry.next, versions()).map_err(lake_failure)?;
            let lane = Lane::new(shard, lake, number, entry.next);
            self.partitions.insert(number, Partition { lane, seq: entry.seq });
        }
        if let Some(entry) = &self.checkpoint.second {
            let bytes = entry.read(&self.out)?;
            self.second = Second::decode(&bytes, &self.rulebooks)
                .or_fail(ExitCode::Usage, || format!("continuing from {}", self.out.join(&entry.file).display()))?;
        }
        self.checkpoint.sweep(&self.out)?;
        self.reader.skip_to(self.checkpoint.lines);
        Ok(())
    }

    /// Reads the log to its end.
    pub fn run(&mut self, listen: &mut dyn FnMut(&Revision)) -> Result<Summary, Failure> {
        let mut progress = Progress::new(self.reader.bytes_total(), self.quiet);
        let mut batch = RawBatch::with_limits(self.batch, 1 << 20);
        let mut since = 0;
        loop {
            let more = self.reader.next_batch(&mut batch);
            if let Err(error) = more {
                // What was readable has been decided and is committed; the rest waits for a whole file.
                self.commit(false)?;
                return Err(log_failure(error));
            }
            if !more.unwrap_or(false) {
                break;
            }
            self.take(&batch, &mut progress, listen)?;
            since += batch.len() as u64;
            progress.advance(batch.len() as u64, self.reader.bytes_read());
            if since >= self.checkpoint_records && self.resumable {
                self.commit(false)?;
                since = 0;
            }
        }
        self.finish(&mut progress, listen)?;
        self.commit(true)?;
        progress.finish();
        self.write_summary()
    }

    fn take(
        &mut self,
        batch: &RawBatch,
        progress: &mut Progress,
        listen: &mut dyn FnMut(&Revision),
    ) -> Result<(), Failure> {
        let mut run = Run::default();
        for line in batch.iter() {
            let decoded =
                if line.too_long() { Err(RejectReason::too_long(line.length)) } else { wire::decode(line.bytes) };
            match decoded {
                Ok(decoded) => {
                    self.check_style(decoded.envelope.style(), &line)?;
                    let running = self.checkpoint.running_clock;
                    let timestamp = decoded.envelope.timestamp().or(running).unwrap_or(0);
                    self.checkpoint.running_clock = Some(running.map_or(timestamp, |c| c.max(timestamp)));
                    let source = Source {
                        partition: decoded.envelope.partition.unwrap_or(0),
                        offset: decoded.envelope.offset.unwrap_or(line.number),
                        timestamp,
                    };
                    if run.first().is_some_and(|r| r.source.partition != source.partition) {
                        self.step(&mut run, progress, listen)?;
                    }
                    run.push(Record { source, body: decoded.body }, line.bytes);
                }
                Err(reason) => {
                    self.step(&mut run, progress, listen)?;
                    self.reject(&line, &reason, progress, listen)?;
                }
            }
        }
        self.step(&mut run, progress, listen)?;
        self.checkpoint.lines = self.reader.position();
        self.files.write()
    }

    fn check_style(&mut self, style: LineStyle, line: &RawLine<'_>) -> Result<(), Failure> {
        self.checkpoint.exported.get_or_insert(style == LineStyle::Exported);
        if self.style.admits(style) {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "line {} of the log: lines with and without _partition, _offset, _timestamp do not mix; give exported and plain logs to two runs",
            line.number
        )))
    }

    /// Decides a run of records and hands its outputs on.
    fn step(
        &mut self,
        run: &mut Run,
        progress: &mut Progress,
        listen: &mut dyn FnMut(&Revision),
    ) -> Result<(), Failure> {
        let Some(first) = run.first() else { return Ok(()) };
        let number = first.source.partition;
        self.open_partition(number, first.source.offset)?;
        let Some(partition) = self.partitions.get_mut(&number) else { return Ok(()) };
        let mut sink = Lines {
            files: &mut self.files,
            summary: &mut self.checkpoint.summary,
            progress: &mut *progress,
            listen: &mut *listen,
            second: &mut self.second,
        };
        partition.lane.step(run, &mut sink)
    }

    /// A line that is no record. It moves no clock; its bytes are kept.
    fn reject(
        &mut self,
        line: &RawLine<'_>,
        reason: &RejectReason,
        progress: &mut Progress,
        listen: &mut dyn FnMut(&Revision),
    ) -> Result<(), Failure> {
        let envelope = &reason.envelope;
        let partition = envelope.partition.unwrap_or(0);
        let offset = envelope.offset.unwrap_or(line.number);
        let timestamp = envelope.timestamp();
        let reject = Reject {
            reason: reason.code,
            stage: reason.stage,
            topic: None,
            partition,
            offset,
            timestamp,
            message: &reason.message,
            bytes: line.bytes,
        };
        self.open_partition(partition, offset)?;
        let before = self.checkpoint.running_clock.unwrap_or(0);
        let Some(p) = self.partitions.get_mut(&partition) else { return Ok(()) };
        let mut sink = Lines {
            files: &mut self.files,
            summary: &mut self.checkpoint.summary,
            progress: &mut *progress,
            listen: &mut *listen,
            second: &mut self.second,
        };
        p.lane.reject(&reject, timestamp.unwrap_or(before), &mut sink);
        Ok(())
    }

    fn open_partition(&mut self, number: u32, offset: u64) -> Result<(), Failure> {
        if !self.partitions.contains_key(&number) {
            lake::recover(&self.lake, number, None).map_err(lake_failure)?;
            let lake = LakeWriter::open(&self.lake, number, offset, versions()).map_err(lake_failure)?;
            let shard = Shard::new(number, &self.rulebooks);
            self.partitions.insert(number, Partition { lane: Lane::new(shard, lake, number, offset), seq: 0 });
        }
        Ok(())
    }

    /// The end of the log: what waits is decided.
    fn finish(&mut self, progress: &mut Progress, listen: &mut dyn FnMut(&Revision)) -> Result<(), Failure> {
        for partition in self.partitions.values_mut() {
            let mut sink = Lines {
                files: &mut self.files,
                summary: &mut self.checkpoint.summary,
                progress: &mut *progress,
                listen: &mut *listen,
                second: &mut self.second,
            };
            partition.lane.finish(&mut sink)?;
        }
        let mut found = Vec::new();
        self.second.finish(&mut found);
        // The tables of one partition take in what belongs to none.
        if let Some(partition) = self.partitions.values_mut().next() {
            let mut sink = Lines {
                files: &mut self.files,
                summary: &mut self.checkpoint.summary,
                progress: &mut *progress,
                listen: &mut *listen,
                second: &mut self.second,
            };
            partition.lane.add(found, &mut sink);
        }
        self.files.write()
    }

    /// One commit: line files, states, staged tables; then they are published.
    fn commit(&mut self, done: bool) -> Result<(), Failure> {
        let mut states = Vec::new();
        for (number, partition) in &mut self.partitions {
            let next = partition.lane.next();
            let staged = partition.lane.lake().flush(next).map_err(lake_failure)?;
            partition.seq += 1;
            let entry = PartitionState { state: StateFile::default(), next, seq: partition.seq, staged: Some(staged) };
            self.checkpoint.partitions.insert(*number, entry);
            let mut bytes = Vec::new();
            partition.lane.shard().encode(&mut bytes);
            states.push((*number, bytes));
        }
        self.checkpoint.lengths = self.files.sync()?;
        self.checkpoint.done = done;
        let mut second = Vec::new();
        self.second.encode(&mut second);
        self.checkpoint.commit(&self.out, states, &second)?;
        for (number, partition) in &mut self.partitions {
            if let Some(entry) = self.checkpoint.partitions.get(number)
                && let Some(staged) = &entry.staged
            {
                partition.lane.lake().publish(staged, entry.seq).map_err(lake_failure)?;
            }
        }
        self.checkpoint.sweep(&self.out)
    }
}

fn log_failure(error: LogError) -> Failure {
    let code = if matches!(error, LogError::StdinTwice) { ExitCode::Usage } else { ExitCode::Missing };
    Failure::new(code, anyhow::Error::new(error).context("reading the log"))
}
