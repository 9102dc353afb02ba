//! `kervan recover`: the group's offsets were deleted or have expired; the outputs tell what they were.
//!
//! For each partition the newest checkpoint that was certainly committed (its manifest is published) becomes the pointer,
//! and the offset behind the last output becomes C. The next start replays from the one to the other without a word.

use std::path::PathBuf;
use std::time::Duration;

use super::failure::{ExitCode, Failure, OrFail};
use super::lane::lake_failure;
use super::run::checkpoint;
use super::run::config::Config;
use super::run::{connect, open_store};
use crate::delivery::Pointer;
use crate::edge::kafka::{commit_offsets, committed_offsets, examine, source_ends};
use crate::edge::lake::{Lake, Live};
use crate::edge::store::Store;

/// Restores the committed offsets of a group from its outputs and its store.
#[derive(Clone, Debug, clap::Args)]
pub struct RecoverArgs {
    /// The configuration of `kervan run`
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Say what would be committed, and commit nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs the command. No process of the group may run meanwhile.
///
/// # Errors
/// Exit 3 for what cannot be read, 4 where the group is in use, or what is found does not do.
pub fn run(args: &RecoverArgs) -> Result<(), Failure> {
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let facts = examine(&settings, Duration::from_secs(60)).map_err(connect::failed)?;
    let log = facts.log.ok_or_else(|| {
        Failure::new(
            ExitCode::Missing,
            anyhow::anyhow!("the topic {} is missing; nothing can be recovered", config.log.topic),
        )
    })?;
    let (store, lake) = open_store(&config)?;
    let committed = committed_offsets(&settings, log.partitions).map_err(connect::failed)?;
    let ends = source_ends(&settings, source_of).map_err(connect::failed)?;
    let mut offsets = Vec::new();
    for partition in 0..log.partitions {
        let known = committed.iter().find(|c| c.partition == partition);
        if let Some((next, metadata)) = known.and_then(|c| Some((c.next?, &c.metadata)))
            && !metadata.is_empty()
        {
            println!("partition {partition}: offset {next} is committed; left as it is");
            continue;
        }
        match newest(&*store, &lake, partition)? {
            None => println!("partition {partition}: nothing was ever published; it begins anew"),
            Some(pointer) => {
                let next = ends.get(&partition).copied().unwrap_or(0).max(pointer.next);
                println!("partition {partition}: offset {next}, checkpoint {} at {}", pointer.checkpoint, pointer.next);
                offsets.push((partition, next, pointer.to_string()));
            }
        }
    }
    if args.dry_run {
        println!("{} offset(s) would be committed for group {}", offsets.len(), settings.group);
        return Ok(());
    }
    if !offsets.is_empty() {
        commit_offsets(&settings, &offsets).map_err(connect::failed)?;
    }
    println!("{} offset(s) committed for group {}; start `kervan run` again", offsets.len(), settings.group);
    Ok(())
}

/// The newest checkpoint whose publication is finished.
fn newest(store: &dyn Store, lake: &Lake, partition: u32) -> Result<Option<Pointer>, Failure> {
    let live = Live::load_partition(lake, partition).map_err(lake_failure)?;
    let Some((_, seq, next)) = live.ends.first().copied() else { return Ok(None) };
    let doing = || format!("reading the checkpoints of partition {partition}");
    let names = store.list(&checkpoint::folder(partition)).or_fail(ExitCode::Missing, doing)?;
    for name in names.iter().rev() {
        let Some(bytes) = store.get(name).or_fail(ExitCode::Missing, doing)? else { continue };
        let Ok((header, _)) = checkpoint::decode(&bytes) else { continue };
        if header.seq <= seq && header.next <= next {
            return Ok(Some(Pointer { next: header.next, checkpoint: name.clone(), hash: checkpoint::hash(&bytes) }));
        }
    }
    Err(Failure::new(
        ExitCode::Guarantee,
        anyhow::anyhow!(
            "partition {partition} has results up to offset {next}, but no whole checkpoint is left in the store; restore one from a backup, or start another group with an empty store"
        ),
    ))
}

/// Partition and offset in `source` of an alert or an episode; a reject carries them at its top.
fn source_of(value: &[u8]) -> Option<(u32, u64)> {
    let json: serde_json::Value = serde_json::from_slice(value).ok()?;
    let place = json.get("source").unwrap_or(&json);
    Some((u32::try_from(place.get("partition")?.as_u64()?).ok()?, place.get("offset")?.as_u64()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_name_their_record() {
        assert_eq!(source_of(br#"{"alert":"x","source":{"partition":3,"offset":17}}"#), Some((3, 17)));
        assert_eq!(source_of(br#"{"reason":"not_json","partition":2,"offset":5}"#), Some((2, 5)));
        assert_eq!(source_of(b"{}"), None);
    }
}
