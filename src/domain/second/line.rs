//! What the second stage reads: stops, contact, jamming, ticks and rule changes of one partition, in the order of its log
//! (`episodes.ndjson`, `kervan.episodes`).
//!
//! | what | known by | a later line |
//! |---|---|---|
//! | `stop` | journey, unit, `from` | revises it, or takes it back |
//! | `jam` | the id of the unit's own alert | revises it, or takes it back |
//! | `contact` | journey, unit | says what holds from here on |
//! | `tick`, `rulebook` | their place | - |
//! | `operator` | the alert it names | adds to it |

use super::super::alert::named;
use super::super::codec::{Reader, State, StateError, state};
use super::super::position::Position;
use super::super::record::Source;
use super::super::time::Millis;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeLine {
    /// The log clock of its partition when it was decided.
    pub log_time: Millis,
    /// The record that was being read.
    pub source: Source,
    /// What it says.
    pub what: Happening,
}
state!(EpisodeLine { log_time, source, what });

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A stop of two minutes and more.
    Stop(StopLine),
    /// Contact was lost, came back, began, moved on, or ended.
    Contact(ContactLine),
    /// A unit's own alert of jamming.
    Jam(JamLine),
    /// A tick of the partition.
    Tick,
    /// Another rulebook holds from an instant on: its hash, the instant.
    Rulebook(String, Millis),
    /// What an operator does with an alert that is not one of the unit's own.
    Operator(OperatorLine),
}

/// A stop of two minutes and more, upserted by (journey, unit, from).
#[derive(Clone, Debug, PartialEq)]
pub struct StopLine {
    /// Journey id.
    pub journey: String,
    /// Unit id.
    pub unit: String,
    /// Revision of this stop, from 1.
    pub rev: u32,
    /// Centre.
    pub position: Position,
    /// Greatest distance of a fix inside from the centre, metres.
    pub sigma_m: i64,
    /// Begin.
    pub from: Millis,
    /// Until when fixes prove it.
    pub to: Millis,
    /// Still standing.
    pub open: bool,
    /// Off its corridor.
    pub off_corridor: bool,
    /// In a place where stopping is allowed, an office or a queue.
    pub in_place: bool,
    /// Hints of unloading besides being off the corridor (DETECTION, 5.14), as a score.
    pub hints: u8,
    /// Risk tier of the journey.
    pub risk: u8,
    /// It was not so: a rewind has taken it back.
    pub retracted: bool,
}
state!(StopLine {
    journey,
    unit,
    rev,
    position,
    sigma_m,
    from,
    to,
    open,
    off_corridor,
    in_place,
    hints,
    risk,
    retracted
});

named! {
    /// How contact with a unit on its journey stands.
    ContactState {
        /// Nothing is heard: an alert of silence stands.
        Silent = "silent",
        /// It is heard again.
        Alive = "alive",
        /// It is heard, at a place that is new to the second stage.
        Seen = "seen",
        /// Its journey has ended.
        Closed = "closed",
    }
}
state!(enum ContactState);

/// How contact with a unit on its journey stands from here on.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactLine {
    /// Journey id.
    pub journey: String,
    /// Unit id.
    pub unit: String,
    /// What holds.
    pub state: ContactState,
    /// Last contact.
    pub since: Millis,
    /// Where it was last seen.
    pub position: Option<Position>,
    /// Risk tier of the journey.
    pub risk: u8,
    /// Of `silent`: the alert that says so.
    pub alert: Option<String>,
}
state!(ContactLine { journey, unit, state, since, position, risk, alert });

/// A unit's own alert of jamming, upserted by its id.
#[derive(Clone, Debug, PartialEq)]
pub struct JamLine {
    /// Journey id.
    pub journey: String,
    /// Unit id.
    pub unit: String,
    /// The alert.
    pub alert: String,
    /// Its revision.
    pub rev: u32,
    /// Where the unit was.
    pub position: Option<Position>,
    /// Begin.
    pub from: Millis,
    /// End, or until when it is proven.
    pub to: Millis,
    /// It goes on.
    pub open: bool,
    /// Risk tier of the journey.
    pub risk: u8,
    /// It was not so.
    pub retracted: bool,
}
state!(JamLine { journey, unit, alert, rev, position, from, to, open, risk, retracted });

/// What an operator does with an alert of the second stage.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorLine {
    /// The unit that the command carried.
    pub unit: String,
    /// The alert.
    pub alert: String,
    /// `acknowledge`, `shelve`, `unshelve`, `reset`, `note`, or `excuse`.
    pub action: String,
    /// Of `excuse`: the documented reason.
    pub reason: Option<String>,
    /// Who.
    pub by: Option<String>,
    /// For which office.
    pub office: Option<String>,
    /// Of `shelve`: until when.
    pub until: Option<Millis>,
    /// Why, or what is to be noted.
    pub text: Option<String>,
    /// When.
    pub time: Millis,
}
state!(OperatorLine { unit, alert, action, reason, by, office, until, text, time });

impl State for Happening {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Happening::Stop(stop) => (0u8, stop.clone()).put(out),
            Happening::Contact(contact) => (1u8, contact.clone()).put(out),
            Happening::Jam(jam) => (2u8, jam.clone()).put(out),
            Happening::Tick => 3u8.put(out),
            Happening::Rulebook(sha256, time) => (4u8, sha256.clone(), *time).put(out),
            Happening::Operator(operator) => (5u8, operator.clone()).put(out),
        }
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(match u8::get(from)? {
            0 => Happening::Stop(State::get(from)?),
            1 => Happening::Contact(State::get(from)?),
            2 => Happening::Jam(State::get(from)?),
            3 => Happening::Tick,
            4 => Happening::Rulebook(State::get(from)?, State::get(from)?),
            5 => Happening::Operator(State::get(from)?),
            _ => return Err(from.error("a line of an episode")),
        })
    }
}
