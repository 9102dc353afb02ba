//! Boundaries by the side of a fix, with or without patience.

use std::collections::BTreeMap;

use super::Say;
use crate::domain::plan::Plan;
use crate::domain::rulebook::ZoneClass;
use crate::domain::time::Millis;

/// The boundaries of one journey that were met.
#[derive(Debug, Default)]
pub(super) struct Fences {
    fences: BTreeMap<Boundary, Fence>,
    hint: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Boundary {
    Corridor,
    Territory,
    Zone(u32),
}

/// One boundary; the far side is the violation.
#[derive(Clone, Copy, Debug, Default)]
struct Fence {
    far: bool,
    /// Fixes on the other side in a row, and the first of them.
    against: (u32, Millis),
    alarm: Option<usize>,
    ended: Option<Millis>,
}

impl Fence {
    /// A fix so many metres towards the far side. Whether the side changes, and since when it spoke for it.
    fn step(&mut self, toward_m: f64, (fixes, wait, buffer_m): (u32, Millis, i64), t: Millis) -> Option<Millis> {
        let other = if self.far { toward_m < -(buffer_m as f64) } else { toward_m > 0.0 };
        if !other {
            self.against = (0, t);
            return None;
        }
        if self.against.0 == 0 {
            self.against.1 = t;
        }
        self.against.0 += 1;
        let (count, since) = self.against;
        if count < fixes || t - since < wait {
            return None;
        }
        self.far = !self.far;
        self.against = (0, t);
        Some(since)
    }
}

impl Fences {
    /// One fix against every boundary.
    pub fn step(&mut self, plan: &Plan, patience: (u32, Millis, i64), say: &mut Say<'_>) {
        let position = say.point.position;
        let book = &plan.rules.book;
        if let (Some(corridor), Some(route)) = (&plan.corridor, plan.route()) {
            let matched = route.nearest(position, self.hint);
            self.hint = Some(matched.segment);
            let toward = matched.distance_m - corridor.half_width_m;
            self.one(Boundary::Corridor, toward, patience, "corridor_deviation", corridor.subject.clone(), say);
        }
        let mut around = Vec::new();
        book.zones_containing(position, &mut around);
        if let Some(index) = book.territory() {
            let zone = &book.zones[index as usize];
            let outside = !around.contains(&index);
            let known = self.fences.contains_key(&Boundary::Territory);
            if outside || known {
                let toward = -zone.area.signed_distance_m(position);
                self.one(Boundary::Territory, toward, patience, "territory_exit", format!("zone:{}", zone.id), say);
            }
        }
        let fence = |z: &u32| {
            matches!(
                plan.rules.class(*z),
                ZoneClass::Forbidden | ZoneClass::Risk | ZoneClass::Watch | ZoneClass::BorderGate
            )
        };
        let mut near: Vec<u32> = around.into_iter().filter(fence).collect();
        near.extend(self.fences.keys().filter_map(|b| if let Boundary::Zone(z) = b { Some(*z) } else { None }));
        near.sort_unstable();
        near.dedup();
        for number in near {
            let zone = &book.zones[number as usize];
            let toward = zone.area.signed_distance_m(position);
            self.one(Boundary::Zone(number), toward, patience, "zone_enter", format!("zone:{}", zone.id), say);
        }
    }

    fn one(
        &mut self,
        boundary: Boundary,
        toward_m: f64,
        patience: (u32, Millis, i64),
        kind: &str,
        subject: String,
        say: &mut Say<'_>,
    ) {
        let fence = self.fences.entry(boundary).or_default();
        let Some(since) = fence.step(toward_m, patience, say.point.time) else { return };
        if fence.far {
            fence.alarm = Some(say.raise(kind, subject, since, fence.ended));
        } else if let Some(alarm) = fence.alarm.take() {
            say.end(alarm);
            fence.ended = Some(say.point.time);
        }
    }
}
