//! The goals of DETECTION, section 8, that one group of journeys can be held to.

use super::figures::{Group, KindScore};

/// One goal, and how far it was reached.
pub(super) struct Goal {
    /// `M1 silence`
    pub name: String,
    /// What was measured.
    pub measured: String,
    /// What is asked for.
    pub wanted: String,
    /// It is reached.
    pub met: bool,
}

/// M1 everywhere; M4, M5, M7 and M8 where all journeys report alike.
pub(super) fn of(group: &Group) -> Vec<Goal> {
    let interval = group.name.strip_prefix("interval=").and_then(|s| s.parse::<f64>().ok());
    let mut out = Vec::new();
    for kind in &group.kinds {
        if let Some((recall, ..)) = kind.recall {
            out.push(m1(kind.kind.clone(), kind.last.observable, recall, is_strict(&kind.kind, interval)));
            let (plain, what) = (kind.last.plain, plain(&kind.kind, interval));
            if let Some(what) = what.filter(|_| plain.1 > 0) {
                out.push(m1(format!("{} {what}", kind.kind), plain, plain.0 as f64 / plain.1 as f64, true));
            }
        }
        if let Some(interval) = interval {
            delays(kind, interval, &mut out);
            rates(group, kind, interval, &mut out);
        }
    }
    out
}

fn m1(what: String, (found, there): (u64, u64), recall: f64, strict: bool) -> Goal {
    let (wanted, met) = if strict { ("none missed", found == there) } else { ("0.99", recall >= 0.99) };
    let measured = format!("recall {recall:.4}, {} missed", there - found);
    Goal { name: format!("M1 {what}"), measured, wanted: wanted.to_owned(), met }
}

/// Kinds of which none may be missed; of [`plain`] ones a part.
fn is_strict(kind: &str, interval: Option<f64>) -> bool {
    match kind {
        "overstay" => interval.is_some_and(|dt| dt <= 120.0),
        "corridor_deviation"
        | "territory_exit"
        | "position_jump"
        | "silence"
        | "route_time_exceeded"
        | "tamper"
        | "seal" => true,
        _ => false,
    }
}

/// The part of a kind of which none may be missed, where it is not all of it.
fn plain(kind: &str, interval: Option<f64>) -> Option<&'static str> {
    match kind {
        "unusual_stop" if interval.is_some_and(|dt| dt <= 120.0) => Some("of 10 min and more"),
        "zone_enter" if interval.is_some_and(|dt| dt >= 30.0) => Some("with 2 fixes and more"),
        _ => None,
    }
}

fn delays(kind: &KindScore, dt: f64, out: &mut Vec<Goal>) {
    let evidence = match kind.kind.as_str() {
        "corridor_deviation" => Some((2.0 * dt + 15.0).max(40.0)),
        "zone_enter" => Some((1.2 * dt).max(30.0)),
        "unusual_stop" if dt <= 60.0 => Some(5.0),
        _ => None,
    };
    if let (Some(limit), Some((_, p95, _))) = (evidence, kind.evidence_delay_s) {
        out.push(Goal {
            name: format!("M4 {}", kind.kind),
            measured: format!("delay p95 {p95:.0} s"),
            wanted: format!("{limit:.0} s"),
            met: p95 <= limit,
        });
    }
    if let ("silence" | "route_time_exceeded", Some((_, p95, most))) = (kind.kind.as_str(), kind.announced_after_s) {
        out.push(Goal {
            name: format!("M5 {}", kind.kind),
            measured: format!("announced after p95 {p95:.1} s, at most {most:.1} s"),
            wanted: "1 s".to_owned(),
            met: p95 <= 1.0,
        });
    }
    if let ("position_jump", Some((_, p95, most))) = (kind.kind.as_str(), kind.evidence_delay_s) {
        let (limit, (in_time, all)) = ((3.0 * dt).max(70.0), kind.in_time);
        out.push(Goal {
            name: "M8 position_jump".to_owned(),
            measured: format!("{in_time} of {all} in time; from the begin p95 {p95:.0} s, at most {most:.0} s"),
            wanted: format!("{limit:.0} s, or the fix that makes it observable"),
            met: in_time == all,
        });
    }
}

fn rates(group: &Group, kind: &KindScore, dt: f64, out: &mut Vec<Goal>) {
    let falsely = |name: &str| group.kinds.iter().find(|k| k.kind == name).map_or(0.0, |k| k.false_per_day.0);
    match kind.kind.as_str() {
        // Who leaves the corridor between two fixes shows in neither of them, and a long hole is reported as such.
        "zone_enter" if dt >= 300.0 && kind.last.told.1 > 0 => {
            let ((found, there), dark) = (kind.last.told, kind.last.dark);
            let (share, rate) = (found as f64 / there as f64, falsely("zone_crossed"));
            let untold = format!("{} of {} beside it or in longer holes", dark.0 - found, dark.1 - there);
            out.push(Goal {
                name: "M7 dark crossings".to_owned(),
                measured: format!("{found} of {there} ({share:.3}), {rate:.3} false a vehicle-day; {untold}"),
                wanted: "0.85, 0.2".to_owned(),
                met: share >= 0.85 && rate <= 0.2,
            });
        }
        "position_jump" => {
            let rate = kind.false_per_day.0;
            let measured = format!("{rate:.4} false a vehicle-day");
            let name = "M8 position_jump".to_owned();
            out.push(Goal { name, measured, wanted: "0.01".to_owned(), met: rate <= 0.01 });
        }
        _ => {}
    }
}
