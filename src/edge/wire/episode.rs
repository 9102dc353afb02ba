//! What the second stage reads as lines (`episodes.ndjson`, `kervan.episodes`), and back.
//!
//! Every line has `schema`, `what`, the fields of its kind in this order, then `log_time` and `source`.

use serde::{Deserialize, Deserializer};

use super::instant;
use super::object::Object;
use super::quantise;
use super::report::encode_source;
use crate::domain::position::Position;
use crate::domain::record::Source;
use crate::domain::second::line::{ContactLine, ContactState, EpisodeLine, Happening, JamLine, OperatorLine, StopLine};
use crate::domain::time::Millis;

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
    line.nullable_time("until", operator.until);
    line.nullable_text("text", operator.text.as_deref());
    line.time("time", operator.time);
}

/// A line as it is read. The source has no timestamp of its own on the wire: the log time stands for it.
#[derive(Deserialize)]
struct Read {
    schema: String,
    #[serde(flatten)]
    what: What,
    log_time: Time,
    source: Place,
}

#[derive(Deserialize)]
struct Place {
    partition: u32,
    offset: u64,
}

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum What {
    Stop {
        journey: String,
        unit: String,
        rev: u32,
        #[serde(flatten)]
        place: Degrees,
        sigma_m: i64,
        from: Time,
        to: Time,
        open: bool,
        off_corridor: bool,
        in_place: bool,
        hints: u8,
        risk: u8,
        retracted: bool,
    },
    Contact {
        journey: String,
        unit: String,
        state: String,
        since: Time,
        position: Option<Degrees>,
        risk: u8,
        alert: Option<String>,
    },
    Jam {
        journey: String,
        unit: String,
        alert: String,
        rev: u32,
        position: Option<Degrees>,
        from: Time,
        to: Time,
        open: bool,
        risk: u8,
        retracted: bool,
    },
    Tick,
    Rulebook {
        sha256: String,
        time: Time,
    },
    Operator {
        unit: String,
        alert: String,
        action: String,
        reason: Option<String>,
        by: Option<String>,
        office: Option<String>,
        until: Option<Time>,
        text: Option<String>,
        time: Time,
    },
}

struct Time(Millis);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time =
            instant::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no RFC 3339 time")));
        time.map(Time)
    }
}

#[derive(Deserialize)]
struct Degrees {
    lat: f64,
    lon: f64,
}

impl Degrees {
    fn position(&self) -> Result<Position, String> {
        let both = quantise::latitude(self.lat).zip(quantise::longitude(self.lon));
        let (lat_e6, lon_e6) = both.ok_or_else(|| format!("{}, {} is no position", self.lat, self.lon))?;
        Ok(Position { lat_e6, lon_e6 })
    }
}

/// Reads a line that [`encode_episode_line`] wrote.
///
/// # Errors
/// What is wrong with it.
pub fn decode_episode_line(line: &[u8]) -> Result<EpisodeLine, String> {
    let read: Read = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    if read.schema != "kervan.episode/1" {
        return Err(format!("schema {} is unknown to this version", read.schema));
    }
    let log_time = read.log_time.0;
    let source = Source { partition: read.source.partition, offset: read.source.offset, timestamp: log_time };
    Ok(EpisodeLine { log_time, source, what: read.what.happening()? })
}

impl What {
    fn happening(self) -> Result<Happening, String> {
        let at = |place: &Option<Degrees>| place.as_ref().map(Degrees::position).transpose();
        Ok(match self {
            What::Stop {
                journey,
                unit,
                rev,
                place,
                sigma_m,
                from,
                to,
                open,
                off_corridor,
                in_place,
                hints,
                risk,
                retracted,
            } => Happening::Stop(StopLine {
                journey,
                unit,
                rev,
                position: place.position()?,
                sigma_m,
                from: from.0,
                to: to.0,
                open,
                off_corridor,
                in_place,
                hints,
                risk,
                retracted,
            }),
            What::Contact { journey, unit, state, since, position, risk, alert } => Happening::Contact(ContactLine {
                state: ContactState::from_name(&state).ok_or_else(|| format!("state {state} of contact is unknown"))?,
                journey,
                unit,
                since: since.0,
                position: at(&position)?,
                risk,
                alert,
            }),
            What::Jam { journey, unit, alert, rev, position, from, to, open, risk, retracted } => {
                let position = at(&position)?;
                let (from, to) = (from.0, to.0);
                Happening::Jam(JamLine { journey, unit, alert, rev, position, from, to, open, risk, retracted })
            }
            What::Tick => Happening::Tick,
            What::Rulebook { sha256, time } => Happening::Rulebook(sha256, time.0),
            What::Operator { unit, alert, action, reason, by, office, until, text, time } => {
                let (until, time) = (until.map(|t| t.0), time.0);
                Happening::Operator(OperatorLine { unit, alert, action, reason, by, office, until, text, time })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let position = Position { lat_e6: 40_100_001, lon_e6: -29_200_002 };
        let stop = StopLine {
            journey: "J-1".into(),
            unit: "u".into(),
            rev: 3,
            position,
            sigma_m: 12,
            from: 1_777_593_600_123,
            to: 1_777_593_900_000,
            open: true,
            off_corridor: true,
            in_place: false,
            hints: 5,
            risk: 2,
            retracted: false,
        };
        let contact = ContactLine {
            journey: "J-1".into(),
            unit: "u".into(),
            state: ContactState::Silent,
            since: 1_777_593_600_000,
            position: None,
            risk: 0,
            alert: Some("a".into()),
        };
        let jam = JamLine {
            journey: "J-1".into(),
            unit: "u".into(),
            alert: "b".into(),
            rev: 1,
            position: Some(position),
            from: 1,
            to: 2,
            open: false,
            risk: 1,
            retracted: true,
        };
        let operator = OperatorLine {
            unit: "u".into(),
            alert: "c".into(),
            action: "note".into(),
            reason: None,
            by: Some("x \"y\"".into()),
            office: None,
            until: Some(9),
            text: Some("why".into()),
            time: 5,
        };
        let all = [
            Happening::Stop(stop),
            Happening::Contact(contact),
            Happening::Jam(jam),
            Happening::Tick,
            Happening::Rulebook("abc".into(), 7),
            Happening::Operator(operator),
        ];
        for what in all {
            let log_time = 1_777_594_000_000;
            let line = EpisodeLine { log_time, source: Source { partition: 3, offset: 9, timestamp: log_time }, what };
            let mut bytes = Vec::new();
            encode_episode_line(&line, &mut bytes);
            assert_eq!(decode_episode_line(&bytes), Ok(line), "{}", String::from_utf8_lossy(&bytes));
        }
        assert!(decode_episode_line(br#"{"schema":"kervan.episode/2","what":"tick"}"#).is_err());
    }
}
