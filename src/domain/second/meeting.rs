//! D13, two vehicles that stand together (DETECTION, 5.13): an interval join of stops.
//!
//! A stop meets those that were there before it: their centres are near, both are proven to have stood together long
//! enough, and no more than three vehicles stand around when that begins (more are a crowd, not a meeting). What is found
//! is a function of the set of stops.

use super::super::alert::{Kind, Priority};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::rulebook::Settings;
use super::super::time::{MINUTE, Millis, SECOND};
use super::field::{Field, Span};

/// A stop is told to the second stage after so long: whoever came earlier is known when a meeting is judged.
pub const TOLD: Millis = 2 * MINUTE;

/// The subject of two units.
pub fn subject(a: &str, b: &str) -> String {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    format!("pair:{first}+{second}")
}

/// Units that a stop meets, it being the later of the two; with the stops that were there before.
pub fn of_later<'f>(field: &'f Field, later: &Span, settings: &Settings) -> Vec<&'f Span> {
    let (terms, crowd) = (&settings.rendezvous, &settings.crowd);
    let lasting = terms.overlap_s * SECOND;
    let judged = later.from + (lasting - TOLD).max(0);
    if later.end() < judged {
        return Vec::new();
    }
    let standing = field.near(later.position, crowd.radius_m.max(terms.max_distance_m), judged, judged);
    let mut units: Vec<&str> = standing
        .iter()
        .filter(|s| s.position.distance_m(later.position) <= crowd.radius_m)
        .map(|s| s.key.unit.as_str())
        .collect();
    units.sort_unstable();
    units.dedup();
    if units.len() as i64 >= crowd.units {
        return Vec::new();
    }
    standing
        .into_iter()
        .filter(|s| s.key.unit != later.key.unit && s.order() < later.order())
        .filter(|s| s.to.min(later.to) - later.from >= lasting)
        .filter(|s| {
            // Few fixes scatter little: no centre is known better than the best fix.
            let sigma = |span: &Span| (span.sigma_m as f64).max(settings.fix.sigma_floor_m);
            let reach = terms.distance_m + sigma(s) + sigma(later);
            s.position.distance_m(later.position) <= reach.min(terms.max_distance_m)
        })
        .collect()
}

/// Every meeting of two units that the field holds, by begin.
pub fn between(field: &Field, a: &str, b: &str, settings: &Settings) -> Vec<Episode> {
    let mut found = Vec::new();
    for (one, other) in [(a, b), (b, a)] {
        for later in field.of_unit(one) {
            for earlier in of_later(field, later, settings) {
                if earlier.key.unit == other {
                    found.push(episode(earlier, later, settings));
                }
            }
        }
    }
    found.sort_by_key(|e| (e.onset, e.ended));
    found
}

fn episode(earlier: &Span, later: &Span, settings: &Settings) -> Episode {
    let lasting = settings.rendezvous.overlap_s * SECOND;
    let subject = subject(&earlier.key.unit, &later.key.unit);
    let mut meeting = Episode::new(Kind::Rendezvous, subject, later.from, later.from + lasting, Priority::Low)
        .at(later.position)
        .resting_on(earlier.from, earlier.position)
        .resting_on(later.from, later.position)
        .measuring(Measure::DistanceM, libm::round(earlier.position.distance_m(later.position)) as i64);
    if earlier.off_corridor || later.off_corridor {
        meeting.escalate(Priority::Medium, "off_corridor");
    }
    if earlier.hints.max(later.hints) >= 3 {
        meeting.escalate(Priority::High, "unloading_hints>=3");
    }
    if !(earlier.open && later.open) {
        let ended = earlier.end().min(later.end());
        meeting.set(Measure::DurationS, (ended - later.from) / SECOND);
        meeting.ended = Some(ended);
        meeting.end_reason = Some(EndReason::Over);
    }
    meeting
}
