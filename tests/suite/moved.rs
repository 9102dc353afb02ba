//! Records of one day as if they were of another.

use kervan::domain::record::{Action, Body};
use kervan::domain::time::Millis;

/// Moves all times of a record.
pub fn moved(body: &mut Body, by: Millis) {
    let shift = |time: &mut Option<Millis>| *time = time.map(|time| time + by);
    match body {
        Body::Fix { fix, .. } => {
            fix.time += by;
            shift(&mut fix.receive_time);
        }
        Body::Heartbeat { heartbeat, .. } => shift(&mut heartbeat.receive_time),
        Body::Command(command) => {
            command.time += by;
            match &mut command.action {
                Action::Activate { declaration, .. } => shift(&mut declaration.deadline),
                Action::Amend { from_time, until, changes, .. } => {
                    shift(from_time);
                    shift(until);
                    shift(&mut changes.deadline);
                }
                _ => {}
            }
        }
        Body::Tick { time } | Body::Rulebook { time, .. } => *time += by,
    }
}
