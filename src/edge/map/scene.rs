//! What a map shows, as plain data: whoever composes it decides what to leave out.
//!
//! Times are [`Millis`], positions micro-degrees, names and kinds the words of the wire (FORMATS, sections 2 to 4). An unknown
//! kind, class or priority is drawn in a neutral manner, never an error: a page of a newer engine must not stay empty.

use crate::domain::position::Position;
use crate::domain::time::Millis;

/// The language that a page opens in and a picture is written in; a page can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Turkish.
    #[default]
    Turkish,
    /// English.
    English,
}

impl Language {
    /// Two-letter code, as in `lang` of HTML.
    pub fn code(self) -> &'static str {
        match self {
            Language::Turkish => "tr",
            Language::English => "en",
        }
    }

    /// The language of a code; an argument of a command.
    ///
    /// # Errors
    /// Of another one: what there is.
    pub fn from_code(code: &str) -> Result<Language, String> {
        let all = [Language::Turkish, Language::English];
        all.into_iter().find(|language| language.code() == code).ok_or_else(|| "tr or en".to_owned())
    }
}

/// Everything on one map. All lists may be empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Headline.
    pub title: String,
    /// One line below it.
    pub subtitle: String,
    /// Whose geometry and data this is ("© OpenStreetMap contributors"); shown in a corner.
    pub attribution: String,
    /// Language at first.
    pub language: Language,
    /// Permitted ways, drawn in true width once they are wide enough to see.
    pub corridors: Vec<CorridorShape>,
    /// Zones of the rulebook.
    pub zones: Vec<ZoneShape>,
    /// One entry a journey (or a unit without one).
    pub tracks: Vec<TrackShape>,
    /// The newest revision of each alert.
    pub alerts: Vec<AlertShape>,
    /// Outlines of land (coasts and borders), filled; rings need not be closed.
    pub basemap: Vec<Vec<Position>>,
    /// Names for orientation.
    pub places: Vec<PlaceLabel>,
    /// Fixes that an explanation rests on; only in the still picture.
    pub fixes: Vec<FixMark>,
}

/// A fix that is pointed at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixMark {
    /// Where.
    pub position: Position,
    /// A word beside it; may be empty.
    pub label: String,
    /// It spoke for the alert.
    pub speaks: bool,
}

/// A corridor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorridorShape {
    /// Id of the rulebook.
    pub id: String,
    /// Name to show; the id if empty.
    pub name: String,
    /// Metres either side of the line that are still inside.
    pub half_width_m: f64,
    /// Main line first, then branches.
    pub lines: Vec<Vec<Position>>,
}

/// A zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZoneShape {
    /// Id of the rulebook.
    pub id: String,
    /// Name to show; the id if empty.
    pub name: String,
    /// Class of FORMATS, section 2, as `border_gate`.
    pub class: String,
    /// Outer and inner rings of all its polygons; filled by the even-odd rule, so their order does not matter.
    pub rings: Vec<Vec<Position>>,
}

/// The way of one unit on one journey.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackShape {
    /// Unit id.
    pub unit: String,
    /// Journey id.
    pub journey: Option<String>,
    /// Number plate.
    pub plate: Option<String>,
    /// Fixes, in any order.
    pub points: Vec<TrackPoint>,
}

/// One fix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackPoint {
    /// Fix time; shown to the second.
    pub time: Millis,
    /// Where.
    pub position: Position,
    /// Reported speed, 0.01 m/s; shown to 0.1 m/s.
    pub speed_cm_s: Option<u32>,
    /// Names of FORMATS, section 4, joined by commas; empty when clean.
    pub quality: String,
}

/// An alert at its newest revision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertShape {
    /// Alert id.
    pub alert: String,
    /// Kind of FORMATS, section 3.
    pub kind: String,
    /// `high`, `medium`, `low` or `journal`.
    pub priority: String,
    /// `active` or `inactive`.
    pub condition: String,
    /// Unit, if it concerns one.
    pub unit: Option<String>,
    /// Journey, if it concerns one.
    pub journey: Option<String>,
    /// Subject, as `corridor:kapikule-habur`.
    pub subject: String,
    /// First evidence.
    pub onset: Millis,
    /// When the evidence sufficed.
    pub raised: Millis,
    /// End; none while it lasts.
    pub ended: Option<Millis>,
    /// Where; an alert without a position is listed but not drawn.
    pub position: Option<Position>,
    /// What happened, in Turkish.
    pub text_tr: String,
    /// What happened, in English.
    pub text_en: String,
    /// What to do, in Turkish.
    pub do_tr: String,
    /// What to do, in English.
    pub do_en: String,
    /// Why, one line each.
    pub reasons: Vec<String>,
}

/// A name on the map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlaceLabel {
    /// Name.
    pub name: String,
    /// Where.
    pub position: Position,
    /// 1 is shown at every scale, 2 and 3 closer by.
    pub rank: u8,
}

/// Whether the position of a fix with this quality may be false: such a fix is no part of the line.
///
/// `late`, `field`, `weak`, `approximate` and `week_rollover` say nothing against the place where it is drawn.
pub fn is_doubtful(quality: &str) -> bool {
    const DOUBTS: [&str; 7] = ["conflict", "duplicate", "future", "glitch", "invalid", "null_island", "speed"];
    quality.split(',').any(|name| DOUBTS.contains(&name.trim()))
}

#[cfg(test)]
mod tests {
    use super::is_doubtful;

    #[test]
    fn only_flags_against_the_position_are_doubts() {
        assert!(!is_doubtful(""));
        assert!(!is_doubtful("late,weak"));
        assert!(is_doubtful("late,null_island"));
        assert!(!is_doubtful("speedy"));
    }
}
