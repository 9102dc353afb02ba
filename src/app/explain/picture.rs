//! The picture: track, corridor and zones around the alert, and the fixes that it rests on.

use super::account::Account;
use super::derive::Derived;
use super::fixes;
use super::words::say;
use crate::domain::plan::Plan;
use crate::domain::position::Position;
use crate::domain::time::{MINUTE, Millis};
use crate::edge::lake::StoredRevision;
use crate::edge::map::{AlertShape, CorridorShape, FixMark, Language, Scene, TrackPoint, TrackShape, ZoneShape, svg};

/// Size, pixels.
const SIZE: (u32, u32) = (1_100, 640);
/// Track shown before the onset and after the end.
const AROUND: Millis = 20 * MINUTE;
/// So long after it was raised the track of an alert that lasts is shown.
const LONGEST: Millis = 180 * MINUTE;
/// Geometry farther than this from the track shown is left out, degrees.
const REACH_E6: i32 = 200_000;

/// Draws it.
pub(super) fn draw(account: &Account, said: &[StoredRevision], derived: &Derived, lang: Language) -> String {
    let Some(last) = said.last() else { return String::new() };
    let to = last.ended.unwrap_or(last.raised).min(last.raised + LONGEST) + AROUND;
    let from = (last.onset - AROUND).max(last.raised - LONGEST);
    let mut scene = Scene {
        title: format!("{} · {}", account.kind, account.subject),
        subtitle: format!("{} - {}", account.stands.onset, account.stands.ended.as_deref().unwrap_or("…")),
        attribution: say(lang, "kural kitabı ve kayıtlar", "rulebook and records"),
        language: lang,
        alerts: vec![shape(last)],
        fixes: marks(account, lang),
        ..Scene::default()
    };
    if let Some(retracing) = &derived.retracing {
        let way = fixes::accepted(retracing, from, to);
        let points =
            way.iter().map(|(time, position)| TrackPoint { time: *time, position: *position, ..TrackPoint::default() });
        scene.tracks = vec![TrackShape {
            unit: last.unit.clone().unwrap_or_default(),
            journey: last.journey.clone(),
            plate: last.plate.clone(),
            points: points.collect(),
        }];
        let near: Vec<Position> = way.iter().map(|(_, p)| *p).chain(last.position).collect();
        if let (Some(plan), Some(bounds)) = (retracing.plans.last(), bounds(&near)) {
            ground(&mut scene, plan, bounds);
        }
    }
    svg(&scene, SIZE.0, SIZE.1)
}

type Bounds = (Position, Position);

fn bounds(positions: &[Position]) -> Option<Bounds> {
    let lat = || positions.iter().map(|p| p.lat_e6);
    let lon = || positions.iter().map(|p| p.lon_e6);
    let low = Position { lat_e6: lat().min()? - REACH_E6, lon_e6: lon().min()? - REACH_E6 };
    Some((low, Position { lat_e6: lat().max()? + REACH_E6, lon_e6: lon().max()? + REACH_E6 }))
}

/// Corridor, detours and zones within the bounds.
fn ground(scene: &mut Scene, plan: &Plan, (low, high): Bounds) {
    let inside =
        |p: &Position| (low.lat_e6..=high.lat_e6).contains(&p.lat_e6) && (low.lon_e6..=high.lon_e6).contains(&p.lon_e6);
    // A stretch of a line with one vertex more at either end.
    let stretch = |line: Vec<Position>| -> Vec<Position> {
        let touched = |i: usize| inside(&line[i]);
        let first = (0..line.len()).find(|i| touched(*i)).map(|i| i.saturating_sub(1));
        let last = (0..line.len()).rfind(|i| touched(*i)).map(|i| (i + 2).min(line.len()));
        match (first, last) {
            (Some(first), Some(last)) => line[first..last].to_vec(),
            // Long segments may pass through without a vertex inside.
            _ => line.clone(),
        }
    };
    if let (Some(corridor), Some(route)) = (&plan.corridor, plan.route()) {
        scene.corridors.push(CorridorShape {
            id: corridor.id.to_string(),
            name: String::new(),
            half_width_m: corridor.half_width_m,
            lines: route.lines().into_iter().map(stretch).collect(),
        });
    }
    for (number, detour) in plan.detours.iter().enumerate() {
        scene.corridors.push(CorridorShape {
            id: format!("detour-{}", number + 1),
            name: String::new(),
            half_width_m: detour.half_width_m,
            lines: detour.route.lines(),
        });
    }
    for zone in &plan.rules.book.zones {
        let (a, b) = zone.area.bounds();
        let apart = b.lat_e6 < low.lat_e6 || a.lat_e6 > high.lat_e6 || b.lon_e6 < low.lon_e6 || a.lon_e6 > high.lon_e6;
        if !apart {
            scene.zones.push(ZoneShape {
                id: zone.id.clone(),
                name: zone.name.clone(),
                class: zone.class.name().to_owned(),
                rings: zone.area.rings(),
            });
        }
    }
}

/// The fixes shown in the table, with what happened at them.
fn marks(account: &Account, lang: Language) -> Vec<FixMark> {
    let degrees = |value: f64| libm::round(value * 1e6) as i32;
    let mark = |fix: &fixes::FixLine| FixMark {
        position: Position { lat_e6: degrees(fix.lat), lon_e6: degrees(fix.lon) },
        label: super::words::word(lang, fix.mark).to_owned(),
        speaks: fix.evidence.as_ref().is_some_and(|e| e.added > 0) || !fix.mark.is_empty(),
    };
    account.fixes.iter().filter(|fix| matches!(fix.gate, "accepted" | "released")).map(mark).collect()
}

fn shape(last: &StoredRevision) -> AlertShape {
    let [tr, en, do_tr, do_en] = last.texts.clone();
    AlertShape {
        alert: last.alert.clone(),
        kind: last.kind.clone(),
        priority: last.priority.clone(),
        condition: last.condition.clone(),
        unit: last.unit.clone(),
        journey: last.journey.clone(),
        subject: last.subject.clone(),
        onset: last.onset,
        raised: last.raised,
        ended: last.ended,
        position: last.position,
        text_tr: tr,
        text_en: en,
        do_tr,
        do_en,
        reasons: Vec::new(),
    }
}
