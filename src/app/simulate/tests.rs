//! Laws of the simulator, on a small world and against slow twins.

use super::agenda::Agenda;
use super::chance::Chance;
use super::drive::{Trace, drive};
use super::journey::{Slot, live};
use super::labels;
use super::sites::Sites;
use super::together::Groups;
use super::way::Way;
use super::*;
use crate::domain::geometry::{Area, Route};
use crate::domain::position::Position;
use crate::domain::record::{Body, Record};
use crate::domain::time::{DAY, Millis, SECOND};
use crate::edge::wire;

fn at(lat: f64, lon: f64) -> Position {
    Position { lat_e6: (lat * 1e6) as i32, lon_e6: (lon * 1e6) as i32 }
}

fn circle(centre: Position, radius: f64) -> Area {
    let corner = |i: i32| {
        let angle = f64::from(i) * std::f64::consts::TAU / 24.0;
        centre.offset_m(radius * libm::cos(angle), radius * libm::sin(angle))
    };
    Area::new(&[vec![(0..24).map(corner).collect()]])
}

/// One bent corridor of some 420 km with places, a watch zone on it, a forbidden zone and a territory round it.
pub(crate) fn small_world() -> World {
    let line = vec![at(39.0, 30.0), at(39.2, 31.0), at(38.9, 32.0), at(39.4, 33.0), at(39.3, 34.6)];
    let route = Route::new(&[line]);
    let mut zones = Vec::new();
    let mut add = |id: &str, class, area| {
        zones.push(WorldZone { id: id.into(), class, area, allowance_s: None, office: None, warehouse: false })
    };
    for (i, share) in [0.2, 0.4, 0.55, 0.8].iter().enumerate() {
        add(&format!("rest-{i}"), ZoneUse::Place, circle(route.at(share * route.length_m()), 150.0));
    }
    add("watch", ZoneUse::Watch, circle(route.at(90_000.0), 400.0));
    add("forbidden", ZoneUse::Forbidden, circle(route.at(150_000.0).offset_m(0.0, 3_000.0), 800.0));
    add("check", ZoneUse::Other, circle(route.at(230_000.0), 150.0));
    let land = vec![at(37.0, 28.0), at(37.0, 37.0), at(41.0, 37.0), at(41.0, 28.0)];
    add("land", ZoneUse::Territory, Area::new(&[vec![land]]));
    let checkpoint = zones.iter().position(|z| z.id == "check").unwrap_or_default();
    let corridor = WorldCorridor {
        id: "bent".into(),
        route,
        half_width_m: 250.0,
        places: vec![0, 1, 2, 3],
        checkpoints: vec![checkpoint],
        from: Some("TR000001".into()),
        to: Some("TR000002".into()),
    };
    World { corridors: vec![corridor], zones, limits: Limits::default() }
}

fn plan(seed: u64, vehicles: u32) -> Plan {
    Plan { seed, vehicles, clean_share: 0.2, intervals_s: INTERVALS_S.to_vec(), ticks: false, ..Plan::default() }
}

fn bytes(plan: &Plan) -> (Vec<u8>, Truth) {
    let mut out = Vec::new();
    let truth = generate(&small_world(), plan, &mut |record| wire::encode(&record.body, None, &mut out));
    (out, truth)
}

fn drawn(seed: u64) -> (World, Trace) {
    let world = small_world();
    let sites = Sites::new(&world);
    let plan = Plan { clean_share: 0.0, ..plan(seed, 1) };
    let mut chance = Chance::new(seed, 1);
    let day = Agenda::draw(&world, 0, &sites, &plan, &mut chance);
    let way = Way::new(&world.corridors[0], day.from_m, day.to_m, &day.detours);
    let trace = drive(&way, &day, sites.of(0), 9.0, &mut chance);
    (world, trace)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first, truth) = bytes(&plan(5, 4));
    assert_eq!((first.clone(), truth), bytes(&plan(5, 4)));
    assert_ne!(first, bytes(&plan(6, 4)).0);
}

#[test]
fn a_vehicle_does_not_depend_on_the_fleet() {
    let lines = |vehicles| {
        let mut out = Vec::new();
        generate(&small_world(), &plan(5, vehicles), &mut |record| {
            if record.body.unit() == Some("860000000000002") {
                wire::encode(&record.body, None, &mut out);
            }
        });
        out
    };
    let alone = lines(2);
    assert!(!alone.is_empty() && alone == lines(5));
}

#[test]
fn records_come_in_order_and_no_fix_before_its_time() {
    let mut clock = Millis::MIN;
    let (mut fixes, mut ticks, mut late) = (0, 0, 0);
    let mut last_tick = None;
    let truth = generate(&small_world(), &Plan { ticks: true, ..plan(3, 6) }, &mut |record: &Record| {
        assert!(record.source.timestamp >= clock);
        clock = record.source.timestamp;
        match &record.body {
            Body::Fix { fix, .. } => {
                fixes += 1;
                assert_eq!(fix.receive_time, Some(clock));
                assert!(fix.time < clock);
                late += u64::from(fix.archive);
            }
            Body::Tick { time } => {
                ticks += 1;
                assert!(last_tick.is_none_or(|t| *time == t + SECOND));
                last_tick = Some(*time);
            }
            _ => {}
        }
    });
    assert_eq!(truth.header.fixes, fixes);
    assert!(ticks > 10_000 && late > 0);
}

#[test]
fn driving_obeys_mechanics_and_rests() {
    for seed in 0..6 {
        let (_, trace) = drawn(seed);
        for pair in trace.seconds.windows(2) {
            let step = pair[0].position.distance_m(pair[1].position);
            assert!(step < 27.0, "{step} m in a second");
            assert!((pair[1].speed - pair[0].speed) < 0.7);
        }
        assert!(trace.seconds.len() < 17 * 3600);
        assert!(trace.driving_s <= 9 * 3600 + 60);
    }
}

#[test]
fn labels_equal_a_scan_of_every_second() {
    let (mut corridor, mut zone) = (0, 0);
    for seed in 0..25 {
        let (world, trace) = drawn(seed);
        let road = &world.corridors[0];
        let (found, _) = labels::label(&world, road, &trace, 30.0);
        let of = |kind: &str, subject: &str| -> Vec<(usize, usize)> {
            let mine = found.iter().filter(|l| l.kind.name() == kind && l.subject == subject);
            // A guard that never exceeds is no violation.
            mine.filter(|l| !l.guard || l.measure > 0.0).map(|l| (l.from, l.to)).collect()
        };
        let beyond: Vec<f32> = trace
            .seconds
            .iter()
            .map(|s| {
                let allowed = world.allowance_s(road, s.position).is_some();
                if allowed { -1.0 } else { (road.route.nearest(s.position, None).distance_m - 250.0) as f32 }
            })
            .collect();
        let expected = labels::runs(&beyond, |v| v > 0.0);
        corridor += expected.len();
        assert_eq!(of("corridor_deviation", "corridor:bent"), expected, "seed {seed}");
        for name in ["watch", "forbidden"] {
            let Some(area) = world.zones.iter().find(|z| z.id == name).map(|z| &z.area) else { continue };
            let inside: Vec<f32> =
                trace.seconds.iter().map(|s| if area.contains(s.position) { 1.0 } else { -1.0 }).collect();
            let expected = labels::runs(&inside, |v| v > 0.0);
            zone += expected.len();
            assert_eq!(of("zone_enter", &format!("zone:{name}")), expected, "seed {seed}");
        }
        assert!(of("territory_exit", "zone:land").is_empty());
    }
    assert!(corridor > 5 && zone > 5, "{corridor} {zone}");
}

#[test]
fn ways_back_and_hours_without_progress_equal_a_scan_of_every_second() {
    let (mut back, mut slow) = (0, 0);
    for seed in 0..25 {
        let (world, trace) = drawn(seed);
        let road = &world.corridors[0];
        let on: Vec<bool> = labels::corridor_excess(&world, road, &trace).iter().map(|e| *e <= 0.0).collect();
        for label in labels::label(&world, road, &trace, 30.0).0.iter().filter(|l| l.measure > 0.0) {
            let at = |second: usize| trace.seconds[second].chainage_m;
            match label.kind.name() {
                "wrong_direction" => {
                    back += 1;
                    for second in label.from..label.to {
                        let before = (0..=second).filter(|i| on[*i]).map(at).fold(f64::MIN, f64::max);
                        assert!(on[second] && before - at(second) > 2_000.0, "seed {seed}, second {second}");
                    }
                }
                "slow_progress" => {
                    slow += 1;
                    // An hour of driving is at least an hour.
                    let least = (label.from..label.to).map(|i| at(i) - at(i - 3_600)).fold(f64::MAX, f64::min);
                    assert!(least < 2_000.0, "seed {seed}: {least} m");
                }
                _ => {}
            }
        }
    }
    assert!(back > 3 && slow > 1, "{back} {slow}");
}

#[test]
fn plants_along_the_corridor_become_what_they_are_meant_to_be() {
    for (plant, kind, others) in [
        // Who drives back and on again gets nowhere, too, where the way back was long.
        (PlantKind::Reverse, "wrong_direction", &["zone_enter", "slow_progress"][..]),
        (PlantKind::Wander, "slow_progress", &["zone_enter"]),
        (PlantKind::Checkpoint, "checkpoint_missed", &["zone_enter", "corridor_deviation"]),
    ] {
        let order = Plan {
            plants: vec![plant],
            deliveries: vec![Delivery::InOrder],
            intervals_s: vec![10],
            clean_share: 0.0,
            ..plan(13, 24)
        };
        let (_, truth) = bytes(&order);
        let count = |stratum| truth.plants.iter().filter(|p| p.kind == kind && p.stratum == stratum).count();
        assert!(count(Stratum::Observable) >= 2, "{kind}: {} brief", count(Stratum::Brief));
        let known = |p: &&Plant| {
            p.kind == kind
                || p.stratum == Stratum::Guard
                || p.kind == "silence"
                // Two vehicles that happen to rest in one place.
                || p.kind == "rendezvous"
                || others.contains(&p.kind.as_str())
                // A break where no place came in time.
                || p.kind == "unusual_stop" && (2700..3300).contains(&((p.to - p.from) / SECOND))
        };
        assert_eq!(truth.plants.iter().find(|p| !known(p)), None, "planted {kind}");
    }
}

#[test]
fn one_freeze_is_one_violation_though_the_vehicle_rests_in_it() {
    let order = Plan { plants: vec![PlantKind::Frozen], intervals_s: vec![30], clean_share: 0.0, ..plan(5, 40) };
    let (_, truth) = bytes(&order);
    let frozen: Vec<&Plant> = truth.plants.iter().filter(|p| p.kind == "gnss_frozen").collect();
    assert!(frozen.iter().any(|p| p.to - p.from >= 2_000 * SECOND), "the longest spell is planted");
    // What is planted lies 30 km apart: twenty minutes.
    let apart = |p: &[&Plant]| p[0].journey != p[1].journey || p[1].from - p[0].to >= 1_200 * SECOND;
    assert!(frozen.len() > 30 && frozen.windows(2).all(apart), "{frozen:?}");
}

#[test]
fn stops_are_labelled_where_the_vehicle_stays() {
    let mut seen = 0;
    for seed in 0..25 {
        let (world, trace) = drawn(seed);
        for label in labels::label(&world, &world.corridors[0], &trace, 30.0).0 {
            if label.kind.name() != "unusual_stop" || label.guard {
                continue;
            }
            seen += 1;
            let inside = &trace.seconds[label.from..label.to];
            let rests = inside.iter().find(|s| s.speed < 0.3).map(|s| s.position);
            let Some(anchor) = rests else { panic!("a stop without rest") };
            // Merged stays lie within 80 m of the first, each 50 m wide.
            assert!(inside.iter().all(|s| s.position.distance_m(anchor) < 430.0));
            assert!(inside.len() as f64 >= label.measure);
            assert!(world.allowance_s(&world.corridors[0], anchor).is_none());
        }
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn nothing_planted_leaves_the_corridor() {
    let clean = Plan { plants: Vec::new(), deliveries: vec![Delivery::InOrder], intervals_s: vec![10], ..plan(9, 12) };
    let (_, truth) = bytes(&clean);
    assert!(truth.journeys.iter().all(|j| j.clean));
    let known = |p: &Plant| match p.kind.as_str() {
        // Tunnels are silent, and the watch zone lies on the way.
        "silence" => true,
        "zone_enter" => p.subject == "zone:watch",
        // A break where no place came in time.
        "unusual_stop" => (2700..3300).contains(&((p.to - p.from) / SECOND)),
        _ => p.stratum == Stratum::Guard,
    };
    let odd: Vec<&Plant> = truth.plants.iter().filter(|p| !known(p)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(truth.plants.iter().filter(|p| p.kind == "unusual_stop").count() <= 2);
}

#[test]
fn near_misses_are_no_violations() {
    let near = Plan { plants: vec![PlantKind::NearMiss], deliveries: vec![Delivery::InOrder], ..plan(8, 20) };
    let (_, truth) = bytes(&near);
    assert!(truth.journeys.iter().filter(|j| !j.clean).count() > 8);
    let odd = |p: &&Plant| p.kind == "corridor_deviation" && p.stratum != Stratum::Guard;
    assert_eq!(truth.plants.iter().find(odd), None);
}

#[test]
fn silences_equal_the_pauses_of_the_log() {
    let order = Plan { intervals_s: vec![30], ..plan(11, 5) };
    let mut arrivals: std::collections::BTreeMap<String, Vec<Millis>> = std::collections::BTreeMap::new();
    let truth = generate(&small_world(), &order, &mut |record| {
        if let Body::Fix { unit, .. } = &record.body {
            arrivals.entry(unit.to_string()).or_default().push(record.source.timestamp);
        }
    });
    for journey in &truth.journeys {
        let mut last = journey.from;
        let mut expected = Vec::new();
        for at in arrivals[&journey.unit].iter().copied().filter(|t| *t < journey.to).chain([journey.to]) {
            if at - last > 330 * SECOND {
                expected.push((last, at));
            }
            last = at;
        }
        let mine = |p: &&Plant| p.kind == "silence" && p.journey == journey.journey && p.stratum != Stratum::Guard;
        let found: Vec<(Millis, Millis)> = truth.plants.iter().filter(mine).map(|p| (p.from, p.to)).collect();
        assert_eq!(found, expected.into_iter().filter(|(a, b)| b - a >= 330 * SECOND).collect::<Vec<_>>());
    }
}

#[test]
fn truth_survives_its_file() {
    let (_, truth) = bytes(&plan(2, 5));
    assert!(truth.plants.len() > 5);
    let mut file = Vec::new();
    assert!(truth.write(&mut file).is_ok());
    assert_eq!(Truth::read(file.as_slice()), Ok(truth));
    assert!(Truth::read(&b"{\"plant\":1}\n"[..]).is_err_and(|e| e.starts_with("line 1:")));
}

#[test]
fn days_begin_in_their_day_and_are_over_in_the_next() {
    let world = small_world();
    let sites = Sites::new(&world);
    let order = Plan { days: 2, ..plan(4, 3) };
    for day in 0..2 {
        let slot = Slot::new(&order, 1, day, &Groups::default());
        let outcome = live(&world, &sites, &order, slot, None);
        let begin = order.start + Millis::from(day) * DAY;
        assert!((begin..begin + DAY).contains(&outcome.journey.from));
        assert!(outcome.journey.to < begin + DAY);
    }
}

#[test]
fn groups_meet_crowd_and_fall_silent_together() {
    let mut order = Plan { together: GroupKind::ALL.to_vec(), driving_h: 3.0, ..plan(5, 120) };
    let (log, truth) = bytes(&order);
    assert_eq!(bytes(&order), (log, truth.clone()), "the same seed gives the same bytes");
    let of = |kind: &str| -> Vec<&Plant> {
        truth.plants.iter().filter(|p| p.kind == kind && p.journey.is_empty()).collect()
    };
    let observable = |kind: &str| of(kind).iter().filter(|p| p.stratum == Stratum::Observable).count();
    for kind in ["rendezvous", "crowd", "regional_outage", "jamming"] {
        assert!(observable(kind) >= 2, "{kind}: {:?}", of(kind));
    }
    assert!(of("rendezvous").iter().any(|p| p.stratum == Stratum::Guard), "near misses");
    assert!(of("rendezvous").iter().all(|p| p.subject.starts_with("pair:8600000") && p.unit.is_empty()));
    let mut written = Vec::new();
    truth.write(&mut written).unwrap();
    assert!(String::from_utf8_lossy(&written).contains("\"unit\":null,\"journey\":null"));
    assert_eq!(Truth::read(written.as_slice()).unwrap(), truth);
    // Who is in no group lives the day that he would have lived without groups.
    let groups = Groups::draw(&small_world(), &order);
    let alone = (0..120).find(|v| groups.of(*v, 0).is_none()).unwrap();
    let id = format!("J-{:04}-01", alone + 1);
    order.together.clear();
    let (_, without) = bytes(&order);
    let day = |truth: &Truth| truth.journeys.iter().find(|j| j.journey == id).cloned();
    assert_eq!(day(&truth), day(&without));
}

#[test]
fn an_antenna_that_sees_nothing_is_a_loss_while_the_unit_is_heard() {
    let order = Plan { plants: vec![PlantKind::Lost], clean_share: 0.0, ..plan(7, 6) };
    let (_, truth) = bytes(&order);
    let lost = |p: &&Plant| p.kind == "gnss_lost" && p.stratum == Stratum::Observable;
    assert!(truth.plants.iter().filter(lost).count() >= 4, "{:?}", truth.plants);
    assert!(!PlantKind::standard().contains(&PlantKind::Lost), "the standard set makes the logs that it made");
}
