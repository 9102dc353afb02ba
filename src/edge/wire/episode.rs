//! What the second stage reads as lines (`episodes.ndjson`, `kervan.episodes`), and back.
//!
//! Every line has `schema`, `what`, the fields of its kind in this order, then `log_time` and `source`.

use super::object::Object;
use super::report::encode_source;
use crate::domain::second::line::{ContactLine, EpisodeLine, Happening, JamLine, OperatorLine, StopLine};

/// Appends the line; `what` is `stop`, `contact`, `jam`, `tick`, `rulebook` or `operator`.
pub fn encode_episode_line(episode: &EpisodeLine, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    line.text("schema", "kervan.episode/1");
    match &episode.what {
        Happening::Stop(stop) => encode_stop(stop, &mut line),
        Happening::Contact(contact) => encode_contact(contact, &mut line),
        Happening::Jam(jam) => encode_jam(jam, &mut line),
        Happening::Tick => line.text("what", "tick"),
        Happening::Rulebook(sha256, time) => {
            line.text("what", "rulebook");
            line.text("sha256", sha256);
            line.time("time", *time);
        }
        Happening::Operator(operator) => encode_operator(operator, &mut line),
    }
    line.time("log_time", episode.log_time);
    encode_source(&episode.source, &mut line);
    line.close();
    out.push(b'\n');
}

fn encode_stop(stop: &StopLine, line: &mut Object<'_>) {
    line.text("what", "stop");
    line.text("journey", &stop.journey);
    line.text("unit", &stop.unit);
    line.int("rev", stop.rev);
    line.degrees(stop.position);
    line.int("sigma_m", stop.sigma_m);
    line.time("from", stop.from);
    line.time("to", stop.to);
    line.bool("open", stop.open);
    line.bool("off_corridor", stop.off_corridor);
    line.bool("in_place", stop.in_place);
    line.int("hints", stop.hints);
    line.int("risk", stop.risk);
    line.bool("retracted", stop.retracted);
}

fn encode_contact(contact: &ContactLine, line: &mut Object<'_>) {
    line.text("what", "contact");
    line.text("journey", &contact.journey);
    line.text("unit", &contact.unit);
    line.text("state", contact.state.name());
    line.time("since", contact.since);
    line.nullable_position("position", contact.position);
    line.int("risk", contact.risk);
    line.nullable_text("alert", contact.alert.as_deref());
}

fn encode_jam(jam: &JamLine, line: &mut Object<'_>) {
    line.text("what", "jam");
    line.text("journey", &jam.journey);
    line.text("unit", &jam.unit);
    line.text("alert", &jam.alert);
    line.int("rev", jam.rev);
    line.nullable_position("position", jam.position);
    line.time("from", jam.from);
    line.time("to", jam.to);
    line.bool("open", jam.open);
    line.int("risk", jam.risk);
    line.bool("retracted", jam.retracted);
}

fn encode_operator(operator: &OperatorLine, line: &mut Object<'_>) {
    line.text("what", "operator");
    line.text("unit", &operator.unit);
    line.text("alert", &operator.alert);
    line.text("action", &operator.action);
    line.nullable_text("reason", operator.reason.as_deref());
    line.nullable_text("by", operator.by.as_deref());
    line.nullable_text("office", operator.office.as_deref());
    line.time("time", operator.time);
}
