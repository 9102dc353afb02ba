//! D3: where a vehicle comes to rest.

use super::super::super::alert::Kind;
use super::super::super::record::Fix;
use super::super::testing::{Trial, fix, second};

/// Stands for so long, a fix every ten seconds; the second after it.
fn rest(trial: &mut Trial, from_s: i64, for_s: i64, x: f64) -> i64 {
    for t in (from_s..from_s + for_s).step_by(10) {
        trial.see(t, x, 0.0, 0.0);
    }
    from_s + for_s
}

#[test]
fn who_creeps_away_from_a_brief_rest_is_found_at_the_long_one() {
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 500, 10);
    let mut t = rest(&mut trial, 500, 300, 10_000.0);
    // Slower than anybody walks, for 110 m: no departure that a speed would tell of.
    let mut x = 10_000.0;
    while x < 10_110.0 {
        x += 7.0;
        trial.see(t, x, 0.0, 0.7);
        t += 10;
    }
    let arrived = t;
    let left = rest(&mut trial, arrived, 2_400, x);
    for n in 1..40 {
        trial.see(left + 10 * n, x + 200.0 * n as f64, 0.0, 20.0);
    }
    let stops = trial.found(Kind::UnusualStop);
    let [stop] = stops[..] else { panic!("{stops:?}") };
    assert!((second(stop.onset) - arrived).abs() <= 130, "from {} instead of {arrived}", second(stop.onset));
    let ended = stop.ended.map(second);
    assert!(ended.is_some_and(|end| (end - left).abs() <= 20), "to {ended:?} instead of {left}");
}

#[test]
fn an_excursion_of_a_parked_vehicle_ends_no_stop() {
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 500, 10);
    let mut t = rest(&mut trial, 500, 600, 10_000.0);
    t = rest(&mut trial, t, 60, 10_090.0);
    t = rest(&mut trial, t, 900, 10_000.0);
    for n in 1..40 {
        trial.see(t + 10 * n, 10_000.0 + 200.0 * n as f64, 0.0, 20.0);
    }
    let stops = trial.found(Kind::UnusualStop);
    let [stop] = stops[..] else { panic!("{stops:?}") };
    assert!(
        (second(stop.onset) - 500).abs() <= 20 && stop.ended.is_some_and(|end| (second(end) - t).abs() <= 20),
        "{stop:?}"
    );
}

#[test]
fn a_run_of_outliers_at_one_place_divides_no_stop() {
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 480, 10);
    let rough = |trial: &mut Trial, t: i64, x: f64, speed: f64| {
        trial.fix(&Fix { accuracy_dm: Some(150), ..fix(t, x, 0.0, speed) });
    };
    // The cluster begins while it still brakes, 110 m before the place where it rests.
    rough(&mut trial, 480, 9_890.0, 9.0);
    rough(&mut trial, 490, 9_964.0, 2.9);
    for t in (500..1_040).step_by(10) {
        rough(&mut trial, t, 10_000.0, 0.0);
    }
    // Eight outliers with one offset, the first with a speed; then it stands where it stood.
    for t in (1_040..1_120).step_by(10) {
        rough(&mut trial, t, 10_270.0, if t == 1_040 { 2.2 } else { 0.0 });
    }
    for t in (1_120..1_990).step_by(10) {
        rough(&mut trial, t, 10_000.0, 0.0);
    }
    for n in 0..40 {
        trial.see(1_990 + 10 * n, 10_200.0 + 200.0 * n as f64, 0.0, 20.0);
    }
    let stops = trial.found(Kind::UnusualStop);
    let [stop] = stops[..] else { panic!("{stops:?}") };
    assert!((second(stop.onset) - 490).abs() <= 20, "{stop:?}");
    assert!(stop.ended.is_some_and(|end| (second(end) - 1_980).abs() <= 20), "{stop:?}");
}

#[test]
fn who_drives_off_from_a_place_has_not_rested_beside_it() {
    // 20 m from the edge of a place where an hour is allowed; twice seen driving before he is far.
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 1_490, 10);
    let t = rest(&mut trial, 1_490, 2_760, 30_280.0);
    for (n, (ahead, speed)) in [(20.0, 4.0), (45.0, 4.5), (110.0, 9.0)].into_iter().enumerate() {
        trial.see(t + 10 * n as i64, 30_280.0 + ahead, 0.0, speed);
    }
    for n in 3..40 {
        trial.see(t + 10 * n, 30_000.0 + 200.0 * n as f64, 0.0, 20.0);
    }
    assert!(trial.found(Kind::UnusualStop).is_empty(), "{:?}", trial.found(Kind::UnusualStop));
}

/// The only stop that stands, in seconds.
fn only_stop(trial: &Trial) -> (i64, Option<i64>) {
    let stops = trial.found(Kind::UnusualStop);
    let [stop] = stops[..] else { panic!("{stops:?}") };
    (second(stop.onset), stop.ended.map(second))
}

/// Rests, seems to be so far aside, rests on and drives off: one stop.
#[track_caller]
fn one_stop_with_a_burst(before_s: i64, burst_s: i64, aside_m: f64, after_s: i64) {
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 500, 10);
    let mut t = rest(&mut trial, 500, before_s, 10_000.0);
    t = rest(&mut trial, t, burst_s, 10_000.0 + aside_m);
    t = rest(&mut trial, t, after_s, 10_000.0);
    for n in 1..40 {
        trial.see(t + 10 * n, 10_000.0 + 200.0 * n as f64, 0.0, 20.0);
    }
    let (onset, ended) = only_stop(&trial);
    assert!((onset - 500).abs() <= 20 && ended.is_some_and(|end| (end - t).abs() <= 20), "{onset} to {ended:?}");
}

#[test]
fn a_burst_of_four_minutes_divides_no_stop() {
    // Longer than any excursion that is waited for: a cluster of its own, from which the old one is resumed.
    one_stop_with_a_burst(1_200, 240, 140.0, 900);
}

#[test]
fn a_burst_that_lasts_longer_than_the_halt_before_it_divides_no_stop() {
    one_stop_with_a_burst(300, 370, 100.0, 840);
}

#[test]
fn outliers_for_eight_minutes_of_sparse_reports_divide_no_stop() {
    let mut trial = Trial::new(120, 0);
    trial.drive(0, 480, 120);
    for n in 0..20 {
        trial.see(480 + 120 * n, 9_600.0, 0.0, 0.0);
    }
    // Four minutes more than a stop may be interrupted where somebody was seen to drive.
    for n in 20..24 {
        trial.see(480 + 120 * n, 10_050.0, 0.0, 0.0);
    }
    for n in 24..40 {
        trial.see(480 + 120 * n, 9_600.0, 0.0, 0.0);
    }
    for n in 40..50 {
        trial.see(480 + 120 * n, 9_600.0 + 2_400.0 * (n - 39) as f64, 0.0, 20.0);
    }
    let (onset, ended) = only_stop(&trial);
    assert!((onset - 480).abs() <= 60 && ended == Some(480 + 120 * 39), "{onset} to {ended:?}");
}

#[test]
fn who_comes_back_nearer_with_each_report_is_back_with_the_second() {
    let mut trial = Trial::new(120, 0);
    trial.drive(0, 480, 120);
    (0..10).for_each(|n| trial.see(480 + 120 * n, 9_600.0, 0.0, 0.0));
    (10..13).for_each(|n| trial.see(480 + 120 * n, 10_050.0, 0.0, 0.0));
    // Each lies nearer to the old place than to the report before.
    for (n, x) in [(13, 9_640.0), (14, 9_612.0), (15, 9_602.0)] {
        trial.see(480 + 120 * n, x, 0.0, 0.0);
    }
    (16..26).for_each(|n| trial.see(480 + 120 * n, 9_600.0 + 2_400.0 * (n - 15) as f64, 0.0, 20.0));
    let (onset, ended) = only_stop(&trial);
    assert!((onset - 480).abs() <= 60 && ended == Some(480 + 120 * 15), "{onset} to {ended:?}");
}

#[test]
fn a_run_of_outliers_with_an_alert_of_its_own_does_not_end_the_stop_before_it() {
    let mut trial = Trial::new(120, 0);
    trial.drive(0, 1_000, 120);
    let at = |x: f64, n: i64, trial: &mut Trial| trial.see(1_000 + 120 * n, x, 0.0, 0.0);
    // In a risk zone three minutes are told.
    (0..7).for_each(|n| at(20_000.0, n, &mut trial));
    (7..10).for_each(|n| at(20_400.0, n, &mut trial));
    (10..25).for_each(|n| at(20_000.0, n, &mut trial));
    for n in 25..35 {
        trial.see(1_000 + 120 * n, 20_000.0 + 2_400.0 * (n - 24) as f64, 0.0, 20.0);
    }
    let stops = trial.found(Kind::UnusualStop);
    let whole = |from: i64, to: i64| stops.iter().any(|s| second(s.onset) <= from && s.ended.map(second) == Some(to));
    assert!(stops.len() == 2 && whole(1_000, 1_000 + 120 * 24) && stops[1].ended.is_some(), "{stops:?}");
}

#[test]
fn who_drove_away_and_came_back_has_stopped_twice() {
    let mut trial = Trial::new(10, 0);
    trial.drive(0, 500, 10);
    let mut t = rest(&mut trial, 500, 1_200, 10_000.0);
    for n in 0..40 {
        let ahead = 150.0 * if n < 20 { n as f64 } else { 40.0 - n as f64 };
        trial.see(t + 10 * n, 10_000.0 + ahead, 0.0, 15.0);
    }
    t = rest(&mut trial, t + 400, 1_200, 10_000.0);
    for n in 1..40 {
        trial.see(t + 10 * n, 10_000.0 + 200.0 * n as f64, 0.0, 20.0);
    }
    assert_eq!(trial.found(Kind::UnusualStop).len(), 2, "{:?}", trial.found(Kind::UnusualStop));
}

#[test]
fn who_stops_on_the_corridor_right_after_a_detour_is_not_off_it() {
    let mut trial = Trial::new(30, 0);
    trial.drive(0, 450, 30);
    for n in 15..30 {
        trial.see(30 * n, 600.0 * n as f64, 900.0, 20.0);
    }
    assert_eq!(trial.found(Kind::CorridorDeviation).len(), 1, "it was off");
    // Just within the hysteresis: the evidence for being back grows slowly, the stop is longer than five minutes.
    for n in 30..45 {
        trial.see(30 * n, 18_000.0, 196.0, 0.0);
    }
    for n in 45..60 {
        trial.see(30 * n, 18_000.0 + 600.0 * (n - 44) as f64, 0.0, 20.0);
    }
    assert!(trial.found(Kind::UnusualStop).is_empty(), "{:?}", trial.found(Kind::UnusualStop));
}
