//! All times of a record moved by one amount: yesterday's log as today's exercise.
//!
//! What names an instant moves; what names an alert does not: alert ids hold their onset, so a log's own operator commands
//! find their alerts only where times are kept.

use super::record::{Action, Body, Command, Declaration};
use super::time::Millis;

impl Body {
    /// Moves every time by `by` milliseconds.
    pub fn shift(&mut self, by: Millis) {
        match self {
            Body::Fix { fix, .. } => {
                move_by(&mut fix.time, by);
                move_some(&mut fix.receive_time, by);
            }
            Body::Heartbeat { heartbeat, .. } => move_some(&mut heartbeat.receive_time, by),
            Body::Command(command) => command.shift(by),
            Body::Tick { time } | Body::Rulebook { time, .. } => move_by(time, by),
        }
    }
}

impl Command {
    fn shift(&mut self, by: Millis) {
        move_by(&mut self.time, by);
        match &mut self.action {
            Action::Activate { declaration, .. } => shift_declaration(declaration, by),
            Action::Amend { from_time, until, changes, .. } => {
                move_some(from_time, by);
                move_some(until, by);
                shift_declaration(changes, by);
            }
            Action::Operator { until, .. } => move_some(until, by),
            Action::ClearToDepart { .. }
            | Action::Hold { .. }
            | Action::Release { .. }
            | Action::Excuse { .. }
            | Action::Deactivate { .. }
            | Action::Reopen { .. } => {}
        }
    }
}

fn shift_declaration(declaration: &mut Declaration, by: Millis) {
    move_some(&mut declaration.deadline, by);
}

fn move_by(time: &mut Millis, by: Millis) {
    *time = time.saturating_add(by);
}

fn move_some(time: &mut Option<Millis>, by: Millis) {
    if let Some(time) = time {
        move_by(time, by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::Fix;

    #[test]
    fn every_time_moves_and_comes_back() {
        let fix = Fix { time: 1_000, receive_time: Some(1_500), ..Fix::default() };
        let changes = Declaration { deadline: Some(9_000), ..Declaration::default() };
        let amend = Action::Amend {
            journey: "j".to_owned(),
            from_time: Some(2_000),
            until: Some(3_000),
            detour: None,
            changes: Box::new(changes),
            by: None,
            reason: None,
        };
        let command = Command { unit: "u".to_owned(), time: 4_000, action: amend };
        for body in [
            Body::Fix { unit: "u".into(), fix },
            Body::Command(Box::new(command)),
            Body::Tick { time: 5 },
            Body::Rulebook { version: "1".to_owned(), sha256: String::new(), time: 6 },
        ] {
            let mut moved = body.clone();
            moved.shift(86_400_000);
            let before: Vec<i64> = times(&body);
            let after: Vec<i64> = times(&moved);
            assert_eq!(after, before.iter().map(|t| t + 86_400_000).collect::<Vec<_>>());
            moved.shift(-86_400_000);
            assert_eq!(moved, body);
        }
    }

    /// Every time of a body, found in its debug text: numbers behind keys that name times.
    fn times(body: &Body) -> Vec<i64> {
        let text = format!("{body:?}");
        let keys = [" time: ", "receive_time: Some(", "from_time: Some(", "until: Some(", "deadline: Some("];
        let mut out = Vec::new();
        for key in keys {
            for (at, _) in text.match_indices(key) {
                let digits: String = text[at + key.len()..].chars().take_while(char::is_ascii_digit).collect();
                out.extend(digits.parse::<i64>().ok());
            }
        }
        assert!(!out.is_empty(), "{text}");
        out
    }
}
