//! Opens and closes a journey per unit, puts everything in order and writes the log.

use super::harvest::Harvest;
use super::{ImportArgs, log_failure};
use crate::app::failure::{ExitCode, Failure};
use crate::app::record_log::RecordLog;
use crate::domain::record::{Action, Body, Command, CorridorChoice, Declaration};
use crate::domain::time::{MINUTE, Millis, SECOND};
use crate::edge::wire::is_id;
use std::collections::BTreeMap;

/// Where a unit's fixes begin and end, in event time and in the order of the output.
struct Reach {
    first: Millis,
    last: Millis,
    first_at: usize,
    last_at: usize,
}

/// A command and its place in the output.
struct Placed {
    /// It stands before the entry at this place.
    at: usize,
    time: Millis,
    body: Body,
}

/// Writes the log; the number of its records.
pub(super) fn write(harvest: &mut Harvest, args: &ImportArgs) -> Result<u64, Failure> {
    let mut entries = std::mem::take(&mut harvest.entries);
    if !args.keep_order {
        // Stable: rows of one time stay in the order of the files.
        entries.sort_by_cached_key(timestamp);
    }
    let mut commands = match &args.activate {
        Some(corridor) => commands(&entries, corridor, args)?,
        None => Vec::new(),
    };
    // The commands stand at their places: the opening right before a unit's first fix, the closing behind its last.
    // (Stable: what stands at one place at one time is in the order of the unit ids.)
    commands.sort_by_key(|command| (command.at, command.time));
    let mut commands = commands.into_iter().peekable();
    let mut log = RecordLog::create(&args.out).map_err(log_failure)?;
    let mut written = 0;
    let mut put = |body: &Body, log: &mut RecordLog| {
        written += 1;
        log.put(body).map_err(log_failure)
    };
    for (at, body) in entries.iter().enumerate() {
        while let Some(command) = commands.next_if(|c| c.at <= at) {
            put(&command.body, &mut log)?;
        }
        put(body, &mut log)?;
    }
    for command in commands {
        put(&command.body, &mut log)?;
    }
    log.finish().map_err(log_failure)?;
    Ok(written)
}

/// The timestamp that the line will have (FORMATS, section 1).
fn timestamp(body: &Body) -> Millis {
    match body {
        Body::Fix { fix, .. } => fix.receive_time.unwrap_or(fix.time),
        Body::Heartbeat { heartbeat, .. } => heartbeat.receive_time.unwrap_or(Millis::MIN),
        Body::Command(command) => command.time,
        Body::Tick { time } | Body::Rulebook { time, .. } => *time,
    }
}

/// The commands of every unit, in the order of the unit ids.
fn commands(entries: &[Body], corridor: &str, args: &ImportArgs) -> Result<Vec<Placed>, Failure> {
    let pause = args.deactivate_after.map_or(SECOND, |minutes| (i64::from(minutes) * MINUTE).max(1));
    let mut commands = Vec::new();
    for (unit, reach) in reaches(entries) {
        let journey = format!("J-{unit}");
        if !is_id(&journey) {
            let message = format!("unit {unit} is too long a name for a journey J-{unit}; shorten it, or use --unit");
            return Err(Failure::new(ExitCode::Usage, anyhow::anyhow!(message)));
        }
        let declaration =
            Declaration { corridor: Some(CorridorChoice::Id(corridor.to_owned())), ..Declaration::default() };
        let open = Action::Activate { journey: journey.clone(), declaration: Box::new(declaration) };
        let close = Action::Deactivate { journey, outcome: None, note: None };
        let end = reach.last + pause;
        let end_at = if args.keep_order {
            reach.last_at + 1
        } else {
            // In the order of time, but behind the unit's last fix in any case.
            entries.partition_point(|body| timestamp(body) < end).max(reach.last_at + 1)
        };
        for (at, time, action) in [(reach.first_at, reach.first, open), (end_at, end, close)] {
            let command = Command { unit: unit.to_owned(), time, action };
            commands.push(Placed { at, time, body: Body::Command(Box::new(command)) });
        }
    }
    Ok(commands)
}

fn reaches(entries: &[Body]) -> BTreeMap<&str, Reach> {
    let mut reaches: BTreeMap<&str, Reach> = BTreeMap::new();
    for (at, body) in entries.iter().enumerate() {
        let Body::Fix { unit, fix } = body else { continue };
        let reach = reaches.entry(unit).or_insert(Reach { first: fix.time, last: fix.time, first_at: at, last_at: at });
        reach.first = reach.first.min(fix.time);
        reach.last = reach.last.max(fix.time);
        reach.last_at = at;
    }
    reaches
}
