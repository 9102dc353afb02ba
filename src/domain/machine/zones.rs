//! D1, zones: fast in, slow out (DETECTION, 5.4), and what a class of zone makes of it (FORMATS, section 2).

use super::super::alert::{Confidence, Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::evidence::{Accumulator, Weight};
use super::super::nuisance::Terms;
use super::super::plan::Plan;
use super::super::position::Position;
use super::super::rulebook::{Zone, ZoneClass};
use super::super::time::{MINUTE, Millis};
use super::gate::Sighting;
use super::state::MachineMut;

/// One zone near the vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ZoneMachine {
    /// Index in the rulebook.
    pub zone: u32,
    /// Side and evidence; the far side is IN.
    pub ea: Accumulator,
    /// First fix inside; meaningful while IN.
    pub entered: Millis,
    /// Where that was.
    pub entry: Position,
    /// Already inside when the journey began.
    pub unknown_onset: bool,
    /// Episode of `zone_enter`.
    pub enter_seq: Option<u32>,
    /// Episode of `zone_dwell`.
    pub dwell_seq: Option<u32>,
    /// The dwell timer has been carried out.
    pub dwelt: bool,
    /// Next edge of the schedule, while IN and where there is one.
    pub edge: Option<Millis>,
}
state!(ZoneMachine { zone, ea, entered, entry, unknown_onset, enter_seq, dwell_seq, dwelt, edge });

/// A zone was entered or left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneFlip {
    /// Which.
    pub zone: u32,
    /// In, or out.
    pub inside: bool,
    /// First evidence.
    pub onset: Millis,
}

/// Classes that have a machine: territory is D7's, areas and dead zones are asked by geometry alone.
fn has_machine(class: ZoneClass) -> bool {
    !matches!(class, ZoneClass::Territory | ZoneClass::OfficeArea | ZoneClass::DeadZone)
}

/// `zone:<id>`.
pub fn subject(zone: &Zone) -> String {
    format!("zone:{}", zone.id)
}

/// Priority of a class's `zone_enter`; `None`: entering is nobody's business.
fn enter_priority(zone: &Zone) -> Option<Priority> {
    let default = match zone.class {
        ZoneClass::Forbidden => Priority::High,
        ZoneClass::Watch => Priority::Low,
        ZoneClass::Risk | ZoneClass::BorderGate => Priority::Journal,
        _ => return None,
    };
    Some(zone.priority.unwrap_or(default))
}

fn has_exit(class: ZoneClass) -> bool {
    matches!(class, ZoneClass::Watch | ZoneClass::BorderGate)
}

impl MachineMut<'_> {
    /// One accepted fix against every zone near it. `containing` holds the zones around the fix, ascending.
    pub(super) fn step_zones(
        &mut self,
        plan: &Plan,
        fix: &Sighting,
        since: Option<Millis>,
        containing: &[u32],
        flips: &mut Vec<ZoneFlip>,
    ) {
        for zone in containing {
            if has_machine(plan.rules.class(*zone))
                && let Err(at) = self.side.zones.binary_search_by_key(zone, |m| m.zone)
            {
                self.side.zones.insert(at, ZoneMachine { zone: *zone, ..ZoneMachine::default() });
            }
        }
        let sigma = fix.sigma_m(&plan.rules.settings().fix);
        for index in 0..self.side.zones.len() {
            let machine = &mut self.side.zones[index];
            let zone = &plan.rules.book.zones[machine.zone as usize];
            let inside = containing.binary_search(&machine.zone).is_ok();
            if machine.ea.s == 0 && machine.ea.side == inside {
                continue; // evidence for staying: nothing can change, and no distance is needed
            }
            let depth = zone.area.nearest_boundary(fix.position).distance_m;
            let signed = if inside { depth } else { -depth };
            let (threshold, margin) = if machine.ea.side {
                (plan.rules.zone_out(machine.zone, plan.mount), -signed - zone.exit_hysteresis_m)
            } else {
                (plan.rules.zone_in(machine.zone, plan.mount), signed)
            };
            if let Some(flip) = machine.ea.step(threshold, margin, sigma, Weight::since(since), fix.time) {
                flips.push(ZoneFlip { zone: machine.zone, inside: machine.ea.side, onset: flip.onset });
            }
        }
        for flip in flips.iter() {
            if flip.inside { self.enter_zone(plan, fix, flip) } else { self.leave_zone(plan, fix, flip) }
        }
        self.side.zones.retain(|m| m.ea.side || m.ea.s > 0);
    }

    fn enter_zone(&mut self, plan: &Plan, fix: &Sighting, flip: &ZoneFlip) {
        let zone = &plan.rules.book.zones[flip.zone as usize];
        let unknown = flip.onset == self.side.first_fix;
        let open = zone.schedule.as_ref().is_none_or(|s| s.is_open(flip.onset));
        let enter_seq = enter_priority(zone).map(|priority| {
            let priority = if open { priority } else { Priority::Journal };
            self.raise_enter(plan, zone, flip.onset, fix, priority, unknown)
        });
        if let Ok(at) = self.side.zones.binary_search_by_key(&flip.zone, |m| m.zone) {
            let machine = &mut self.side.zones[at];
            machine.entered = flip.onset;
            machine.entry = fix.position;
            machine.unknown_onset = unknown;
            machine.enter_seq = enter_seq;
            machine.dwelt = false;
            machine.edge = zone.schedule.as_ref().and_then(|s| s.next_edge(fix.time));
        }
    }

    fn raise_enter(
        &mut self,
        plan: &Plan,
        zone: &Zone,
        onset: Millis,
        fix: &Sighting,
        priority: Priority,
        unknown: bool,
    ) -> u32 {
        let mut episode = Episode::new(Kind::ZoneEnter, subject(zone), onset, fix.time, priority)
            .at(fix.position)
            .resting_on(fix.time, fix.position)
            .because(format!("class:{}", zone.class.name()));
        if unknown {
            episode.set(Measure::OnsetUnknown, 1);
        }
        self.raise(plan, episode)
    }

    fn leave_zone(&mut self, plan: &Plan, fix: &Sighting, flip: &ZoneFlip) {
        let zone = &plan.rules.book.zones[flip.zone as usize];
        let Ok(at) = self.side.zones.binary_search_by_key(&flip.zone, |m| m.zone) else { return };
        let machine = self.side.zones[at];
        for seq in [machine.enter_seq, machine.dwell_seq].into_iter().flatten() {
            self.side.book.close(seq, flip.onset, EndReason::Over, |e| {
                e.rest_on(fix.time, fix.position);
                e.set(Measure::DurationS, (flip.onset - e.onset).max(0) / 1000);
            });
        }
        let machine = &mut self.side.zones[at];
        machine.enter_seq = None;
        machine.dwell_seq = None;
        machine.edge = None;
        if has_exit(zone.class) {
            let open = zone.schedule.as_ref().is_none_or(|s| s.is_open(flip.onset));
            let priority = enter_priority(zone).filter(|_| open).unwrap_or(Priority::Journal);
            let episode = Episode::new(Kind::ZoneExit, subject(zone), flip.onset, fix.time, priority)
                .at(fix.position)
                .resting_on(fix.time, fix.position)
                .because(format!("class:{}", zone.class.name()))
                .momentary(fix.time);
            self.raise(plan, episode);
        }
    }

    /// The next instant at which a zone does something by itself, and which machine.
    pub(super) fn next_zone_timer(&self, plan: &Plan) -> Option<(Millis, usize)> {
        let due = |m: &ZoneMachine| -> Option<Millis> {
            if !m.ea.side {
                return None;
            }
            let zone = &plan.rules.book.zones[m.zone as usize];
            let dwell = zone.dwell_min.filter(|_| !m.dwelt).map(|minutes| m.entered + minutes * MINUTE);
            dwell.into_iter().chain(m.edge).min()
        };
        self.side.zones.iter().enumerate().filter_map(|(i, m)| due(m).map(|t| (t, i))).min()
    }

    /// A dwell deadline or a schedule edge of the machine at `index`.
    pub(super) fn fire_zone_timer(&mut self, plan: &Plan, t: Millis, index: usize) {
        let machine = self.side.zones[index];
        let zone = &plan.rules.book.zones[machine.zone as usize];
        if machine.edge == Some(t) {
            self.schedule_edge(plan, zone, index, t);
            return;
        }
        self.side.zones[index].dwelt = true;
        let minutes = zone.dwell_min.unwrap_or(0);
        let episode = Episode::new(
            Kind::ZoneDwell,
            subject(zone),
            machine.entered,
            t,
            zone.priority.unwrap_or(Priority::Low).max(Priority::Low),
        )
        .at(machine.entry)
        .because(format!("dwell>{minutes}min"))
        .measuring(Measure::DurationS, (t - machine.entered) / 1000);
        let seq = self.raise(plan, episode);
        self.side.zones[index].dwell_seq = Some(seq);
    }

    fn schedule_edge(&mut self, plan: &Plan, zone: &Zone, index: usize, t: Millis) {
        let Some(schedule) = zone.schedule.as_ref() else { return };
        self.side.zones[index].edge = schedule.next_edge(t);
        let machine = self.side.zones[index];
        if let Some(seq) = machine.enter_seq {
            self.side.book.close(seq, t, EndReason::Over, |_| {});
        }
        let Some(priority) = enter_priority(zone) else { return };
        let priority = if schedule.is_open(t) { priority } else { Priority::Journal };
        let mut episode = Episode::new(Kind::ZoneEnter, subject(zone), t, t, priority)
            .at(machine.entry)
            .because(format!("class:{}", zone.class.name()));
        if schedule.is_open(t) {
            episode = episode.because("window_opened");
        }
        let seq = self.side.book.raise(episode, Terms::of(plan.rules.settings()).anew());
        self.side.zones[index].enter_seq = Some(seq);
    }

    /// Whether the vehicle is inside a zone for which `wanted` holds; the first one.
    pub(super) fn inside(&self, wanted: impl Fn(u32) -> bool) -> Option<u32> {
        self.side.zones.iter().find(|m| m.ea.side && wanted(m.zone)).map(|m| m.zone)
    }

    /// A gap in event time: what was open is unverified from here on.
    pub(super) fn mark_gap(&mut self) {
        let open: Vec<u32> = self
            .side
            .book
            .all_open()
            .iter()
            .filter(|e| matches!(e.kind, Kind::ZoneEnter | Kind::CorridorDeviation))
            .filter(|e| e.confidence != Confidence::Unverified)
            .map(|e| e.seq)
            .collect();
        for seq in open {
            self.side.book.update(seq, |e| e.confidence = Confidence::Unverified);
        }
    }
}
