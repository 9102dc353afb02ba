//! Hand-made alerts against hand-made truth, and a detector that knows the truth.

use super::pairing::{Verdict, View, pair};
use super::{Ledger, score};
use crate::app::simulate::{Detail, Header, Plant, Stratum, Truth, TruthJourney};
use crate::domain::time::{Millis, Rfc3339, SECOND};

const T0: Millis = 1_777_593_600_000;

fn journey() -> TruthJourney {
    TruthJourney {
        journey: "J".into(),
        unit: "u".into(),
        from: T0,
        to: T0 + 36_000 * SECOND,
        interval_s: 30,
        environment: "open".into(),
        delivery: "in_order".into(),
        corridor: "c".into(),
        mount: "tractor_top".into(),
        clean: false,
        driving_s: 30_000,
    }
}

fn plant(name: &str, kind: &str, subject: &str, from: i64, to: i64, stratum: Stratum) -> Plant {
    Plant {
        plant: name.into(),
        unit: "u".into(),
        journey: "J".into(),
        kind: kind.into(),
        subject: subject.into(),
        from: T0 + from * SECOND,
        to: T0 + to * SECOND,
        stratum,
        detail: Detail::default(),
    }
}

fn truth(plants: Vec<Plant>) -> Truth {
    let header = Header { truth: 1, vehicle_days: 1.0, ..Header::default() };
    Truth { header, journeys: vec![journey()], plants }
}

struct Said<'a> {
    alert: &'a str,
    rev: u32,
    op: &'a str,
    kind: &'a str,
    subject: &'a str,
    raised: i64,
    ended: Option<i64>,
}

impl Said<'_> {
    fn line(&self, late_by_s: i64) -> String {
        let time = |s: i64| Rfc3339(T0 + s * SECOND).to_string();
        serde_json::json!({
            "alert": self.alert, "rev": self.rev, "op": self.op, "kind": self.kind, "unit": "u", "journey": "J",
            "subject": self.subject, "condition": if self.ended.is_some() { "inactive" } else { "active" },
            "handling": "unacknowledged", "priority": "medium", "onset": time(self.raised - 10),
            "raised": time(self.raised), "ended": self.ended.map(time), "log_time": time(self.raised + 2 + late_by_s),
            "late": late_by_s > 0, "late_by_s": late_by_s,
        })
        .to_string()
    }
}

fn corridor(alert: &str, raised: i64, ended: Option<i64>) -> String {
    Said { alert, rev: 1, op: "raise", kind: "corridor_deviation", subject: "corridor:c", raised, ended }.line(0)
}

fn ledger(lines: &[String]) -> Ledger {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.read(lines.join("\n").as_bytes()), Ok(()));
    ledger
}

fn deviation(name: &str, from: i64, to: i64, stratum: Stratum) -> Plant {
    plant(name, "corridor_deviation", "corridor:c", from, to, stratum)
}

#[test]
fn a_jump_is_in_time_by_the_clock_or_by_its_proof() {
    let jump = |name: &str, from: i64, proof_s: i64| {
        let plant = plant(name, "position_jump", "unit", from, from + 1_000, Stratum::Observable);
        Plant { detail: Detail { proof_s: Some(proof_s), ..Detail::default() }, ..plant }
    };
    let said = |alert: &str, raised: i64| {
        Said { alert, rev: 1, op: "raise", kind: "position_jump", subject: "unit", raised, ended: Some(raised + 60) }
            .line(0)
    };
    let truth = truth(vec![jump("p-1", 1_000, 60), jump("p-2", 5_000, 400), jump("p-3", 9_000, 60)]);
    // Three intervals are 90 s; the second was proved after 400 s.
    let score = score(&truth, &ledger(&[said("a", 1_090), said("b", 5_400), said("c", 9_091)]), &[]);
    assert_eq!(score.groups[0].kinds[0].in_time, (2, 3));
    let slow: Vec<(&str, &str)> = score.slow.iter().map(|s| (s.plant.plant.as_str(), s.reason.as_str())).collect();
    assert_eq!(slow, [("p-3", "raised 91 s after its begin")]);
}

#[test]
fn found_duplicate_guard_false() {
    let truth = truth(vec![
        deviation("p-1", 1000, 2000, Stratum::Observable),
        deviation("p-2", 9000, 9500, Stratum::Guard),
        deviation("p-3", 20_000, 20_500, Stratum::Observable),
    ]);
    let alerts = [
        corridor("a", 1060, Some(1400)),
        corridor("b", 1500, Some(1900)),
        corridor("c", 9100, Some(9200)),
        corridor("d", 15_000, Some(15_100)),
        // The grace of 2 * 30 + 120 s has passed: false.
        corridor("e", 20_500 + 181, Some(21_000)),
    ];
    let ledger = ledger(&alerts);
    let verdicts = pair(&truth, &ledger.alarms, View::Final);
    let expected = [Verdict::Found(vec![0]), Verdict::Duplicate(0), Verdict::Guard(1), Verdict::False, Verdict::False];
    assert_eq!(verdicts, expected);
    let score = score(&truth, &ledger, &[]);
    let kind = &score.groups[0].kinds[0];
    assert_eq!((kind.last.observable, kind.last.guard, kind.false_alarms, kind.duplicates), ((1, 2), 1, 2, 1));
    assert_eq!(kind.precision, Some(1.0 / 3.0));
    assert_eq!(kind.evidence_delay_s, Some((60.0, 60.0, 60.0)));
    assert_eq!(kind.onset_error_s.map(|o| o.1), Some(50.0));
    assert_eq!(score.missed.iter().map(|m| m.plant.plant.as_str()).collect::<Vec<_>>(), ["p-3"]);
    assert_eq!(score.groups[0].false_annunciated, 2);
}

#[test]
fn the_last_second_of_grace_counts() {
    let truth = truth(vec![deviation("p", 1000, 2000, Stratum::Observable)]);
    for (raised, ended, found) in [(2180, 2200, true), (2181, 2200, false), (900, 995, true), (900, 994, false)] {
        let verdict = &pair(&truth, &ledger(&[corridor("a", raised, Some(ended))]).alarms, View::Final)[0];
        assert_eq!(*verdict == Verdict::Found(vec![0]), found, "{raised} {ended}");
    }
}

#[test]
fn an_open_alarm_lasts_to_the_end_and_serves_only_close_violations() {
    let truth = truth(vec![
        deviation("p-1", 1000, 1100, Stratum::Observable),
        deviation("p-2", 1200, 1300, Stratum::Observable),
        deviation("p-3", 5000, 5300, Stratum::Observable),
    ]);
    let verdicts = pair(&truth, &ledger(&[corridor("a", 1050, None)]).alarms, View::Final);
    assert_eq!(verdicts, [Verdict::Found(vec![0, 1])]);
}

#[test]
fn retracted_alarms_are_out_of_the_ledger_but_were_announced() {
    let truth = truth(vec![deviation("p", 1000, 2000, Stratum::Observable)]);
    let take_back = Said {
        alert: "a",
        rev: 2,
        op: "retract",
        kind: "corridor_deviation",
        subject: "corridor:c",
        raised: 1060,
        ended: Some(1400),
    };
    let ledger = ledger(&[corridor("a", 1060, None), take_back.line(0)]);
    assert_eq!(pair(&truth, &ledger.alarms, View::Final), [Verdict::Retracted]);
    assert_eq!(pair(&truth, &ledger.alarms, View::Announced), [Verdict::False]);
    let score = score(&truth, &ledger, &[]);
    let kind = &score.groups[0].kinds[0];
    assert_eq!((kind.retracted, kind.alarms, kind.announced_false, kind.false_alarms), (1, 0, 1, 0));
    assert_eq!(kind.last.observable, (0, 1));
}

#[test]
fn late_alarms_are_found_but_not_heard_and_do_not_slow_announcements() {
    let truth = truth(vec![deviation("p", 1000, 2000, Stratum::Observable)]);
    let said = Said {
        alert: "a",
        rev: 1,
        op: "raise",
        kind: "corridor_deviation",
        subject: "corridor:c",
        raised: 1060,
        ended: Some(1900),
    };
    let score = score(&truth, &ledger(&[said.line(7200)]), &[]);
    let kind = &score.groups[0].kinds[0];
    assert_eq!((kind.last.observable, kind.late, kind.annunciated), ((1, 1), 1, 0));
    assert_eq!(kind.announced_after_s, None);
}

#[test]
fn crossings_find_zones_and_companions_are_not_false() {
    let truth = truth(vec![
        plant("p-1", "zone_enter", "zone:z", 1000, 1100, Stratum::Dark),
        plant("p-2", "position_jump", "unit", 5000, 6000, Stratum::Brief),
    ]);
    let crossed = Said {
        alert: "a",
        rev: 1,
        op: "raise",
        kind: "zone_crossed",
        subject: "zone:z",
        raised: 1050,
        ended: Some(1050),
    };
    let elsewhere = Said {
        alert: "b",
        rev: 1,
        op: "raise",
        kind: "zone_enter",
        subject: "zone:y",
        raised: 1050,
        ended: Some(1060),
    };
    let ledger = ledger(&[crossed.line(0), elsewhere.line(0), corridor("c", 5050, Some(5900))]);
    let verdicts = pair(&truth, &ledger.alarms, View::Final);
    assert_eq!(verdicts, [Verdict::Found(vec![0]), Verdict::False, Verdict::Companion(1)]);
    let score = score(&truth, &ledger, &["interval".into()]);
    assert_eq!(score.groups.len(), 2);
    assert_eq!(score.groups[1].name, "interval=30");
    assert_eq!(score.groups[0].companions["position_jump"]["corridor_deviation"], 1);
}

#[test]
fn revisions_read_twice_count_once_and_bad_lines_are_named() {
    let line = corridor("a", 1060, None);
    let ledger = ledger(&[line.clone(), line]);
    assert_eq!(ledger.alarms.len(), 1);
    let mut bad = Ledger::default();
    assert!(bad.read(&b"\n{}\n"[..]).is_err_and(|e| e.starts_with("line 2:")));
}

#[test]
fn a_detector_that_knows_the_truth_misses_nothing_and_is_never_wrong() {
    use crate::app::simulate::{INTERVALS_S, Plan, generate, small_world};
    let order = Plan { vehicles: 40, clean_share: 0.2, intervals_s: INTERVALS_S.to_vec(), ..Plan::default() };
    let truth = generate(&small_world(), &Plan { ticks: false, ..order }, &mut |_| {});
    let time = |t: Millis| Rfc3339(t).to_string();
    let lines: Vec<String> = truth
        .plants
        .iter()
        .filter(|p| p.stratum != Stratum::Guard)
        .map(|p| {
            serde_json::json!({
                "alert": p.plant, "rev": 1, "op": "raise", "kind": p.kind, "unit": p.unit, "journey": p.journey,
                "subject": p.subject, "condition": "inactive", "handling": "unacknowledged", "priority": "high",
                "onset": time(p.from), "raised": time(p.from), "ended": time(p.to), "log_time": time(p.to),
            })
            .to_string()
        })
        .collect();
    let score = score(&truth, &ledger(&lines), &["interval".into(), "delivery".into()]);
    assert!(score.missed.is_empty() && score.false_alarms.is_empty());
    for kind in &score.groups[0].kinds {
        let strata = [kind.last.observable, kind.last.brief, kind.last.dark];
        assert!(strata.iter().all(|(found, there)| found == there), "{kind:?}");
        assert_eq!((kind.duplicates, kind.false_alarms), (0, 0));
        let jumps = if kind.kind == "position_jump" { kind.last.observable.0 } else { 0 };
        assert_eq!(kind.in_time, (jumps, jumps), "{}", kind.kind);
    }
    let named: Vec<&str> = score.groups[0].kinds.iter().map(|k| k.kind.as_str()).collect();
    for kind in ["corridor_deviation", "unusual_stop", "overstay", "zone_enter", "silence", "position_jump"] {
        assert!(named.contains(&kind), "{kind} is never planted: {named:?}");
    }
    assert!(super::render::markdown(&score).contains("M1 silence: recall 1.0000, 0 missed; goal none missed: met"));
}
