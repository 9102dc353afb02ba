//! What people do about an alert: the lifecycle of ISA-18.2 as a table (DETECTION, 2.2).
//!
//! Two axes stay apart. The *condition* is what detectors find, and a function of the log's fixes; the *handling* is what
//! operators do, in the order in which their commands stand in the log. [`Stage`] is where an alert stands on both,
//! [`Stage::after`] is the whole table:
//!
//! | | A normal | B new | C known | D over, new | E latched, new | F latched, known |
//! |---|---|---|---|---|---|---|
//! | raise | B | B | B | B | B | B |
//! | clear | - | D | A | - | - | - |
//! | clear, latched kind | - | E | F | - | - | - |
//! | acknowledge | - | C | - | A | F | - |
//! | reset | - | - | - | - | A | A |
//! | retract, nobody acts on it | A | A | F | A | A | F |
//! | retract, somebody does | A | F | F | F | F | F |
//!
//! A shelf (G) lies over a stage and a parent (H, [`super::nuisance`]) over both: below them the stage goes on, so that
//! nothing is lost while it is out of sight. A finding that is taken back after somebody has acknowledged it stays in sight
//! until it is reset: a mobile team may be under way.

use super::alert::{Handling, Kind, named};
use super::codec::state;
use super::time::Millis;

named! {
    /// Where an alert stands, shelf and parent aside. The wire names are the letters of ISA-18.2.
    Stage {
        /// Nothing is to be done.
        Normal = "A",
        /// It holds and waits to be acknowledged.
        New = "B",
        /// It holds and is acknowledged.
        Known = "C",
        /// It is over and waits to be acknowledged.
        Over = "D",
        /// Of a latched kind, over, waits to be acknowledged.
        LatchedNew = "E",
        /// Acknowledged and over, waits to be reset: of a latched kind, or taken back.
        LatchedKnown = "F",
    }
}
state!(enum Stage);

named! {
    /// What moves an alert from stage to stage.
    Move {
        /// The condition holds, for the first time or again.
        Raise = "raise",
        /// It no longer holds.
        Clear = "clear",
        /// It no longer holds, and its kind is latched.
        ClearLatched = "clear_latched",
        /// Everybody who has to has acknowledged it.
        Acknowledge = "acknowledge",
        /// An authorised operator ends it.
        Reset = "reset",
        /// It was not so, and nobody has acknowledged it.
        Retract = "retract",
        /// It was not so, and an office at least has acknowledged it.
        RetractKnown = "retract_known",
    }
}

impl Stage {
    /// The stage to which a move leads; `None` where the move does nothing here.
    pub fn after(self, by: Move) -> Option<Stage> {
        use Stage::{Known, LatchedKnown, LatchedNew, New, Normal, Over};
        match (by, self) {
            (Move::Raise, _) => Some(New),
            (Move::Clear, New) => Some(Over),
            (Move::Clear, Known) => Some(Normal),
            (Move::ClearLatched, New) => Some(LatchedNew),
            (Move::ClearLatched, Known) => Some(LatchedKnown),
            (Move::Acknowledge, New) => Some(Known),
            (Move::Acknowledge, Over) => Some(Normal),
            (Move::Acknowledge, LatchedNew) => Some(LatchedKnown),
            (Move::Reset, LatchedNew | LatchedKnown) => Some(Normal),
            (Move::Retract | Move::RetractKnown, Normal) => Some(Normal),
            (Move::Retract, New | Over | LatchedNew) => Some(Normal),
            (Move::Retract, Known | LatchedKnown) | (Move::RetractKnown, _) => Some(LatchedKnown),
            (Move::Clear | Move::ClearLatched | Move::Acknowledge | Move::Reset, _) => None,
        }
    }

    /// The word in the message.
    pub fn handling(self) -> Handling {
        match self {
            Stage::Normal => Handling::Closed,
            Stage::New | Stage::Over | Stage::LatchedNew => Handling::Unacknowledged,
            Stage::Known | Stage::LatchedKnown => Handling::Acknowledged,
        }
    }

    /// Whether it can be put on the shelf: what is latched waits for a person and can not.
    pub fn may_be_shelved(self) -> bool {
        matches!(self, Stage::New | Stage::Known | Stage::Over)
    }
}

/// Kinds whose end does not close them: only a reset does.
pub fn is_latched(kind: Kind) -> bool {
    matches!(kind, Kind::Tamper | Kind::Seal | Kind::TerritoryExit | Kind::HoldViolation | Kind::PositionJump)
}

/// Who acknowledges where a command names no office: the command centre, whose watch does not relieve the offices
/// (directive, 65/5).
pub const CENTRE: &str = "centre";

/// One alert on the operators' desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    /// Where it stands.
    pub stage: Stage,
    /// Who has acknowledged it since it was raised last, sorted.
    pub acknowledged_by: Vec<String>,
    /// On the shelf until this log clock.
    pub shelved_until: Option<Millis>,
}
state!(Desk { stage, acknowledged_by, shelved_until });

impl Desk {
    /// A finding of this kind as it comes to the desk: one that is over already waits to be acknowledged all the same.
    pub fn raised(kind: Kind, active: bool) -> Desk {
        let mut desk = Desk { stage: Stage::Normal, acknowledged_by: Vec::new(), shelved_until: None };
        desk.raise(kind, active);
        desk
    }

    /// It is raised, anew too: whoever acknowledged it before has not acknowledged this. A shelf stays over it.
    pub fn raise(&mut self, kind: Kind, active: bool) {
        self.follow(Move::Raise);
        self.acknowledged_by.clear();
        if !active {
            self.clear(kind);
        }
    }

    /// Its condition no longer holds.
    pub fn clear(&mut self, kind: Kind) {
        self.follow(if is_latched(kind) { Move::ClearLatched } else { Move::Clear });
    }

    /// It was not so.
    pub fn retract(&mut self) {
        self.follow(if self.acknowledged_by.is_empty() { Move::Retract } else { Move::RetractKnown });
        if self.stage == Stage::Normal {
            self.shelved_until = None;
        }
    }

    /// What the detectors find always counts; where it moves nothing, the stage stays.
    fn follow(&mut self, by: Move) {
        self.stage = self.stage.after(by).unwrap_or(self.stage);
    }

    /// The word in the message, a parent aside.
    pub fn handling(&self) -> Handling {
        if self.shelved_until.is_some() { Handling::Shelved } else { self.stage.handling() }
    }

    /// Offices that have to acknowledge it still. Where none is responsible, whoever does it first relieves all.
    pub fn awaited<'a>(&self, responsible: &'a [String]) -> Vec<&'a String> {
        responsible.iter().filter(|office| !self.acknowledged_by.contains(office)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the module's page, a row a move, a column a stage; `-` moves nothing.
    const TABLE: [(Move, &str); 7] = [
        (Move::Raise, "BBBBBB"),
        (Move::Clear, "-DA---"),
        (Move::ClearLatched, "-EF---"),
        (Move::Acknowledge, "-C-AF-"),
        (Move::Reset, "----AA"),
        (Move::Retract, "AAFAAF"),
        (Move::RetractKnown, "AFFFFF"),
    ];

    #[test]
    fn every_transition_is_that_of_the_table() {
        assert_eq!(TABLE.map(|(by, _)| by), Move::ALL);
        for (by, row) in TABLE {
            let found: String =
                Stage::ALL.iter().map(|stage| stage.after(by).map_or("-", |next| next.name())).collect();
            assert_eq!(found, row, "{}", by.name());
        }
    }

    #[test]
    fn every_stage_has_its_word_and_its_place_on_the_shelf() {
        let words: Vec<&str> = Stage::ALL.iter().map(|stage| stage.handling().name()).collect();
        let new = "unacknowledged";
        assert_eq!(words, ["closed", new, "acknowledged", new, new, "acknowledged"]);
        let shelf: Vec<bool> = Stage::ALL.iter().map(|stage| stage.may_be_shelved()).collect();
        assert_eq!(shelf, [false, true, true, true, false, false]);
    }

    #[test]
    fn five_kinds_are_latched() {
        let latched: Vec<&str> = Kind::ALL.iter().filter(|kind| is_latched(**kind)).map(|kind| kind.name()).collect();
        assert_eq!(latched, ["territory_exit", "hold_violation", "position_jump", "tamper", "seal"]);
    }

    #[test]
    fn what_is_raised_when_it_is_over_waits_to_be_acknowledged() {
        assert_eq!(Desk::raised(Kind::ZoneCrossed, false).stage, Stage::Over);
        assert_eq!(Desk::raised(Kind::Tamper, false).stage, Stage::LatchedNew);
        assert_eq!(Desk::raised(Kind::Tamper, true).stage, Stage::New);
    }

    #[test]
    fn a_shelf_hides_the_stage_and_a_retraction_that_closes_takes_it_away() {
        let mut desk = Desk::raised(Kind::Silence, true);
        desk.shelved_until = Some(1);
        desk.clear(Kind::Silence);
        assert_eq!((desk.handling(), desk.stage), (Handling::Shelved, Stage::Over));
        desk.raise(Kind::Silence, true);
        assert_eq!((desk.handling(), desk.stage), (Handling::Shelved, Stage::New));
        desk.retract();
        assert_eq!((desk.handling(), desk.shelved_until), (Handling::Closed, None));
    }
}
