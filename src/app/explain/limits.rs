//! What the reports of a journey cannot prove, whatever the detectors do (DETECTION, 6.4).
//!
//! With dt seconds between two fixes:
//!
//! * a stop needs two fixes at one place: one that lasts less than 2 dt may leave fewer;
//! * off the corridor, H = 6 asks for max(2, ceil(30 / dt) + 1) fixes and 40 s; what is shorter may go unseen;
//! * a zone takes one deep fix where dt >= 20 s, else two: a shorter passage may lie between fixes;
//! * an offset of position is provable above 1.2 v_max dt + 500 m.
//!
//! A hole is a time without usable fixes longer than the `silence` limit. Its slack is the hole less the time that driving
//! straight between its ends takes at the plan speed; a halt of that length fits in, or a detour of half of it one way.

use serde::Serialize;

use super::account::time;
use crate::domain::machine::trace::Step;
use crate::domain::plan::Plan;
use crate::domain::shard::Retracing;
use crate::domain::time::{Millis, SECOND};

/// More holes are counted, not listed.
const HOLES_MOST: usize = 5;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Seconds between two fixes.
    pub interval_s: i64,
    /// It was declared; else it is the median of the fixes.
    pub declared: bool,
    /// Fixes that the detectors took.
    pub fixes: usize,
    /// Start of monitoring.
    pub from: String,
    /// End of monitoring, or the newest fix.
    pub to: String,
    /// Stops shorter than this may be invisible, seconds.
    pub stop_s: i64,
    /// Stops are reported from these durations on (forbidden or risk zone, off the corridor, on it), and proven by then, seconds.
    pub stop_proven_s: [i64; 3],
    /// Excursions from the corridor shorter than this may be invisible, seconds.
    pub excursion_s: i64,
    /// And those that go less far beyond the edge, metres.
    pub excursion_m: i64,
    /// Passages of a zone shorter than this may be invisible, seconds.
    pub passage_s: i64,
    /// Offsets of position smaller than this cannot be told from driving, metres.
    pub offset_m: i64,
    /// Number of holes.
    pub holes: usize,
    /// Seconds in holes.
    pub holes_s: i64,
    /// The longest ones.
    pub longest: Vec<Hole>,
}

/// A time without usable fixes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hole {
    /// Last fix before.
    pub from: String,
    /// First fix after, or the end of monitoring.
    pub to: String,
    /// Length, seconds.
    pub seconds: i64,
    /// Straight distance between its ends, metres; `None` where nothing came after.
    pub distance_m: Option<i64>,
    /// Time that driving does not explain, seconds.
    pub slack_s: i64,
    /// A detour of so many metres one way fits in.
    pub detour_m: i64,
}

/// The limits of a journey.
pub(super) fn of(retracing: &Retracing) -> Limits {
    let mut steps: Vec<&Step> = retracing.reports.iter().flat_map(|r| &r.steps).collect();
    steps.sort_by_key(|s| s.time);
    let declared = retracing.plans.last().and_then(|p| p.interval);
    let interval = declared.unwrap_or_else(|| median(&steps)).max(SECOND);
    let dt = interval / SECOND;
    let settings = retracing.plans.last().map(|p| p.rules.settings().clone()).unwrap_or_default();
    let s = &settings.unusual_stop;
    let proven = |t: i64| (t * 115 / 100 + 30).max(2 * dt);
    let fixes_out = (30 + dt - 1) / dt + 1;
    let sigma = settings.fix.sigma_floor_m;
    let mut holes = retracing.plans.last().map(|plan| holes(&steps, plan, interval, retracing.to)).unwrap_or_default();
    let holes_s = holes.iter().map(|h| h.seconds).sum();
    let count = holes.len();
    holes.sort_by_key(|h| (std::cmp::Reverse(h.seconds), h.from.clone()));
    holes.truncate(HOLES_MOST);
    let newest = steps.last().map_or(retracing.from, |s| s.time);
    Limits {
        interval_s: dt,
        declared: declared.is_some(),
        fixes: steps.len(),
        from: time(retracing.from),
        to: time(retracing.to.unwrap_or(newest)),
        stop_s: 2 * dt,
        stop_proven_s: [proven(s.forbidden_or_risk_s), proven(s.off_corridor_s), proven(s.on_corridor_journal_s)],
        excursion_s: (fixes_out.max(2) * dt).max(40),
        excursion_m: (3.0 * sigma).max(30.0) as i64,
        passage_s: if dt >= 20 { dt.max(40) } else { (2 * dt).max(40) },
        offset_m: (1.2 * settings.fix.v_max_mps * dt as f64 + 500.0) as i64,
        holes: count,
        holes_s,
        longest: holes,
    }
}

fn median(steps: &[&Step]) -> Millis {
    let mut gaps: Vec<Millis> = steps.windows(2).map(|w| w[1].time - w[0].time).filter(|g| *g > 0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(300 * SECOND)
}

fn holes(steps: &[&Step], plan: &Plan, interval: Millis, end: Option<Millis>) -> Vec<Hole> {
    let limit = plan.silence_limit(interval);
    let speed = plan.rules.settings().route_time.plan_speed_mps;
    let hole = |from: Millis, to: Millis, distance_m: Option<f64>| {
        let seconds = (to - from) / SECOND;
        let slack = (seconds as f64 - distance_m.unwrap_or(0.0) / speed).max(0.0);
        Hole {
            from: time(from),
            to: time(to),
            seconds,
            distance_m: distance_m.map(|d| d as i64),
            slack_s: slack as i64,
            detour_m: (slack * speed / 2.0) as i64,
        }
    };
    let mut out: Vec<Hole> = steps
        .windows(2)
        .filter(|w| w[1].time - w[0].time > limit)
        .map(|w| hole(w[0].time, w[1].time, Some(w[0].position.distance_m(w[1].position))))
        .collect();
    if let (Some(last), Some(end)) = (steps.last(), end)
        && end - last.time > limit
    {
        out.push(hole(last.time, end, None));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::machine::Seen;
    use crate::domain::past::Past;
    use crate::domain::position::Position;
    use crate::domain::shard::Retold;

    fn step(second: i64, east_m: f64) -> Step {
        Step {
            time: second * SECOND,
            position: Position { lat_e6: 40_000_000, lon_e6: 32_000_000 }.offset_m(east_m, 0.0),
            sigma_m: 10.0,
            speed_mps: 20.0,
            since: None,
            halved: false,
            beside: None,
            questions: Vec::new(),
            cluster: None,
        }
    }

    #[test]
    fn sparse_reports_hide_more() {
        let retracing = |dt: i64| {
            let steps = (0..20).map(|i| step(i * dt, (i * dt) as f64 * 20.0)).collect();
            let report = Past::of_heartbeat(
                &crate::domain::record::Heartbeat { receive_time: None, battery_pct: None, alarms: Default::default() },
                0,
            );
            let reports = vec![Retold { report, seen: Seen::default(), steps }];
            Retracing { reports, found: Vec::new(), plans: Vec::new(), from: 0, to: None }
        };
        let (dense, sparse) = (of(&retracing(10)), of(&retracing(180)));
        assert_eq!((dense.stop_s, dense.excursion_s, dense.passage_s), (20, 40, 40));
        // "At this reporting interval stops under 6 minutes are invisible."
        assert_eq!((sparse.stop_s, sparse.excursion_s, sparse.passage_s), (360, 360, 180));
        assert_eq!(sparse.offset_m, 9_572);
        assert!(!sparse.declared && sparse.stop_proven_s[0] == 360);
    }
}
