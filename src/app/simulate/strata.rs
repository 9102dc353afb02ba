//! How visible each violation is in the fixes that were delivered (DETECTION, section 6.4).

use super::agenda::{Spell, SpellKind};
use super::delivery::Sent;
use super::drive::Trace;
use super::labels::{Label, Test};
use super::noise::Measured;
use super::shared::{Halt, Hit};
use super::stops::Stay;
use super::truth::{Detail, Plant, Stratum};
use super::world::{World, ZoneUse};
use crate::domain::alert::Kind;
use crate::domain::position::Position;
use crate::domain::record::Fix;
use crate::domain::time::{Millis, SECOND};

/// A journey, as far as visibility depends on it.
pub(super) struct Seen<'a> {
    /// The world.
    pub(super) world: &'a World,
    /// Instant of second 0, which is the activation.
    pub(super) start: Millis,
    /// Deactivation.
    pub(super) end: Millis,
    /// Seconds between two fixes.
    pub(super) interval_s: i64,
    /// The unit sits underneath.
    pub(super) underneath: bool,
    /// What was driven.
    pub(super) trace: &'a Trace,
    /// What was measured; all of it is delivered.
    pub(super) measured: &'a [Measured],
}

/// So many fixes are suspected after one that is not sound.
const SUSPECTED: usize = 4;

impl Seen<'_> {
    /// The line of a label.
    pub(super) fn of_label(&self, label: &Label) -> Plant {
        let fixes = self.sound(label.from, label.to);
        let stratum = match () {
            () if label.guard => Stratum::Guard,
            // Of a gate that no fix saw nobody says that it was passed (FORMATS, section 2).
            () if fixes == 0 && self.is_gate(label) => Stratum::Guard,
            () if fixes == 0 => Stratum::Dark,
            () if self.observable(label) => Stratum::Observable,
            () => Stratum::Brief,
        };
        let mut detail = Detail { fixes: Some(fixes as i64), ..Detail::default() };
        match label.test {
            Test::Stands(threshold_s) => detail.threshold_s = Some(threshold_s),
            Test::Runs { .. } | Test::Behind(_) | Test::Beside(..) => detail.metres = Some(label.measure as i64),
            Test::Holds(_) | Test::HoldsSince(..) => {}
        }
        detail.untold = label.kind == Kind::ZoneEnter && stratum == Stratum::Dark && self.is_untold(label);
        let (from, mut to) = (self.at(label.from), self.at(label.to));
        if label.kind == Kind::CheckpointMissed {
            // That it was passed shows in the first fix behind it, however long that takes to come.
            let behind = self.measured.iter().find(|m| m.sound && m.second >= label.to);
            to = behind.map_or(self.end, |m| self.at(m.second));
        }
        plant(label.kind, &label.subject, from, to, stratum, detail)
    }

    /// Off the corridor, or in a hole longer than any between whose ends something is inferred.
    fn is_untold(&self, label: &Label) -> bool {
        let before = self.measured.iter().rev().find(|m| m.sound && m.second < label.from);
        let after = self.measured.iter().find(|m| m.sound && m.second >= label.to);
        let gap_s = before.zip(after).map_or(i64::MAX, |(b, a)| (a.second - b.second) as i64);
        label.beside || gap_s > self.world.limits.infer_gap_s
    }

    fn is_gate(&self, label: &Label) -> bool {
        let id = label.subject.strip_prefix("zone:").filter(|_| label.kind == Kind::ZoneEnter);
        id.is_some_and(|id| self.world.zones.iter().any(|z| z.class == ZoneUse::BorderGate && z.id == id))
    }

    /// The line of a shift of reported positions that began at a second.
    pub(super) fn of_jump(&self, began: usize, spell: &Spell, end: usize) -> Option<Plant> {
        let SpellKind::Shifted { east_m, north_m } = spell.what else { return None };
        let to = (began + spell.lasts_s as usize).min(end);
        // A fix that only shows contact tells nothing of a shift.
        let seconds: Vec<usize> = self.measured.iter().filter(|m| says_where(&m.fix)).map(|m| m.second).collect();
        let within: Vec<usize> = seconds.iter().copied().filter(|s| (began..to).contains(s)).collect();
        let far = (east_m * east_m + north_m * north_m).sqrt();
        let before = seconds.iter().rev().find(|s| **s < began).copied().unwrap_or(0);
        let step = within.first().map_or(0, |first| first - before) as f64;
        let bound = 1.2 * self.world.limits.v_max_mps * step.max(self.interval_s as f64) + 500.0;
        let proves = |(i, second): &(usize, &usize)| *i >= 3 || *i == 2 && *second - within[0] >= 60;
        let proof = within.iter().enumerate().find(proves).map(|(_, second)| *second);
        let stratum = match within.len() {
            0 => Stratum::Dark,
            _ if far > bound && proof.is_some() => Stratum::Observable,
            _ => Stratum::Brief,
        };
        let detail = Detail {
            metres: Some(far as i64),
            fixes: Some(within.len() as i64),
            proof_s: proof.map(|second| (second - began) as i64),
            ..Detail::default()
        };
        Some(plant(Kind::PositionJump, "unit", self.at(began), self.at(to), stratum, detail))
    }

    /// The line of a journey whose time ends on the way; nothing need be received for that to be seen.
    pub(super) fn overdue(&self, allowed_s: i64) -> Option<Plant> {
        let from = self.start + allowed_s * SECOND;
        let detail = Detail::default();
        (from < self.end)
            .then(|| plant(Kind::RouteTimeExceeded, "journey", from, self.end, Stratum::Observable, detail))
    }

    /// A halt, for others to be held against.
    pub(super) fn of_halt(&self, stay: &Stay, unit: &str) -> Halt {
        let within = |m: &&Measured| (stay.from..stay.to).contains(&m.second) && m.sound;
        Halt {
            unit: unit.to_owned(),
            place: stay.anchor,
            from: self.at(stay.from),
            to: self.at(stay.to),
            fixes: self.measured.iter().filter(within).map(|m| self.at(m.second)).collect(),
            interval_s: self.interval_s,
        }
    }

    /// A planted spell, for others to be held against.
    pub(super) fn of_hit(&self, began: usize, spell: &Spell, sent: &[Sent], unit: &str) -> Option<Hit> {
        let trace = self.trace;
        let kind = match spell.what {
            SpellKind::Dead | SpellKind::OutOfContact => Kind::RegionalOutage,
            SpellKind::Jammed => Kind::Jamming,
            _ => return None,
        };
        let to = (began + spell.lasts_s as usize).min(trace.seconds.len());
        Some(Hit {
            unit: unit.to_owned(),
            kind,
            from: self.at(began),
            to: self.at(to),
            place: trace.seconds[began].position,
            before: trace.seconds[began.saturating_sub(300)].position,
            fell: self.fell(self.at(began), self.at(to), sent),
        })
    }

    /// The last contact of a silence that a spell brought about: it lasts into the spell, and began no earlier than the
    /// last fix but one that was due before it: the last may be lost or late.
    fn fell(&self, from: Millis, to: Millis, sent: &[Sent]) -> Option<Millis> {
        let limit = self.world.limits.silence_s(self.interval_s) * SECOND;
        let arrivals = || sent.iter().map(|s| s.arrival).chain([self.end]);
        let mut pairs = arrivals().zip(arrivals().skip(1));
        let due = from - 2 * self.interval_s * SECOND;
        let long = |a: Millis, b: Millis| b > from && a < to && (b - a) * 10 >= limit * 11;
        pairs.find(|(a, b)| long(*a, *b)).filter(|(a, _)| *a >= due).map(|(a, _)| a)
    }

    /// Every stretch without any arrival that is longer than the limit of silence.
    pub(super) fn silences(&self, sent: &[Sent], position_at: impl Fn(Millis) -> Position, out: &mut Vec<Plant>) {
        let limit_s = self.world.limits.silence_s(self.interval_s);
        let mut last = self.start;
        let arrivals = sent.iter().map(|s| s.arrival).take_while(|at| *at < self.end);
        for arrival in arrivals.chain([self.end]) {
            let lasts = arrival - last;
            if lasts * 10 >= limit_s * SECOND * 9 {
                let guard = lasts * 10 < limit_s * SECOND * 11 || self.near_dead_zone(position_at(last));
                let stratum = if guard { Stratum::Guard } else { Stratum::Observable };
                let detail = Detail { threshold_s: Some(limit_s), ..Detail::default() };
                out.push(plant(Kind::Silence, "unit", last, arrival, stratum, detail));
            }
            last = arrival;
        }
    }

    /// Every stretch in which something arrived, but for longer than the limit nothing that says where the vehicle is.
    pub(super) fn losses(&self, sent: &[Sent], position_at: impl Fn(Millis) -> Position, out: &mut Vec<Plant>) {
        let limit_s = self.world.limits.lost_s(self.interval_s);
        let (mut last, mut heard) = (self.start, false);
        let arrivals = sent.iter().map(|s| (s.arrival, is_usable(s))).take_while(|(at, _)| *at < self.end);
        for (arrival, usable) in arrivals.chain([(self.end, true)]) {
            if !usable {
                heard = true;
                continue;
            }
            let lasts = arrival - last;
            if std::mem::take(&mut heard) && lasts * 10 >= limit_s * SECOND * 9 {
                let guard = lasts * 10 < limit_s * SECOND * 11 || self.near_dead_zone(position_at(last));
                let stratum = if guard { Stratum::Guard } else { Stratum::Observable };
                let detail = Detail { threshold_s: Some(limit_s), ..Detail::default() };
                out.push(plant(Kind::GnssLost, "unit", last, arrival, stratum, detail));
            }
            last = arrival;
        }
    }

    /// A dead zone explains some silence; how much is not the truth's to say.
    fn near_dead_zone(&self, point: Position) -> bool {
        let mut dead = self.world.zones.iter().filter(|z| z.class == ZoneUse::DeadZone);
        dead.any(|zone| zone.area.signed_distance_m(point) > -2_000.0)
    }

    fn observable(&self, label: &Label) -> bool {
        match &label.test {
            Test::Stands(threshold_s) => {
                let lasts = (label.to - label.from) as i64;
                let expected = lasts / self.interval_s;
                let enough = self.sound(label.from, label.to) as i64 * 10 >= expected * 6;
                // Sound fixes at both ends, or nobody can say how long it stood.
                let proven = self.span(label.from, label.to) >= *threshold_s;
                lasts * 100 >= threshold_s * 115 + 3_000 && enough && proven
            }
            Test::Holds(threshold_s) => {
                let lasts = (label.to - label.from) as i64;
                let enough = self.sound(label.from, label.to) as i64 * 10 >= lasts / self.interval_s * 6;
                lasts >= threshold_s + 2 * self.interval_s && enough
            }
            Test::HoldsSince(threshold_s, begin) => {
                // Within a hole nobody knows how far it drove: such a clock stands still.
                let lasts = (label.to - label.from) as i64;
                let enough = self.sound(label.from, label.to) as i64 * 10 >= lasts / self.interval_s * 6;
                lasts - self.hidden_s(*begin, label.to) >= threshold_s + 2 * self.interval_s && enough
            }
            Test::Behind(far_m) => self.behind(label, *far_m) >= self.witnesses(),
            Test::Beside(from, to, fixes) => self.sound(*from, *to) >= *fixes,
            Test::Runs { strong, deep } => {
                let zone = label.kind == Kind::ZoneEnter;
                let enough = |run: &(usize, usize)| match zone {
                    true => self.sound(run.0, run.1) >= 2,
                    false => self.halves(run.0, run.1) >= 2 * self.witnesses(),
                };
                let long = strong.iter().any(|run| run.1 - run.0 >= 40 && enough(run));
                let one = zone && self.interval_s >= 20 && deep.iter().any(|r| self.sound(r.0, r.1) >= 1);
                long || one
            }
        }
    }

    /// Fixes in a row that H asks for.
    fn witnesses(&self) -> i64 {
        let need = 2.max((30 + self.interval_s - 1) / self.interval_s + 1);
        if self.underneath { need.max(3) } else { need }
    }

    /// The longest run of sound fixes within a label that lie so far behind the farthest one.
    fn behind(&self, label: &Label, far_m: f64) -> i64 {
        let (mut farthest, mut run, mut longest) = (f64::NEG_INFINITY, 0, 0);
        for second in self.measured.iter().filter(|m| m.sound && m.second < label.to).map(|m| m.second) {
            let chainage = self.trace.seconds[second].chainage_m;
            farthest = farthest.max(chainage);
            run = if second >= label.from && farthest - chainage >= far_m { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        longest
    }

    pub(super) fn sound(&self, from: usize, to: usize) -> usize {
        let begin = self.measured.partition_point(|m| m.second < from);
        let end = self.measured.partition_point(|m| m.second < to);
        self.measured[begin..end].iter().filter(|m| m.sound).count()
    }

    /// Sound fixes between two seconds as evidence for leaving counts them, in halves: after a fix that says where the vehicle
    /// was not, the next ones count half, for nobody knows which of the two is wrong (`domain/machine/gate.rs`).
    fn halves(&self, from: usize, to: usize) -> i64 {
        let begin = self.measured.partition_point(|m| m.second < from);
        let end = self.measured.partition_point(|m| m.second < to);
        let suspected = |at: usize| self.measured[at.saturating_sub(SUSPECTED)..at].iter().any(|m| !m.sound);
        (begin..end).filter(|at| self.measured[*at].sound).map(|at| if suspected(at) { 1 } else { 2 }).sum()
    }

    /// Seconds from the first sound fix to the last one between two seconds.
    fn span(&self, from: usize, to: usize) -> i64 {
        let within = || self.measured.iter().filter(|m| m.sound && (from..to).contains(&m.second));
        match (within().next(), within().next_back()) {
            (Some(first), Some(last)) => (last.second - first.second) as i64,
            _ => 0,
        }
    }

    /// Seconds of a stretch within holes that count.
    pub(super) fn hidden_s(&self, from: usize, to: usize) -> i64 {
        self.without_s(from, to, |m| m.sound && m.fix.valid)
    }

    /// The same of holes that show in what arrived: an outlier says where the vehicle was not, but nobody sees a hole.
    pub(super) fn empty_s(&self, from: usize, to: usize) -> i64 {
        self.without_s(from, to, |m| says_where(&m.fix))
    }

    /// Seconds of the first and the last sound fix within; both the first second where there is none.
    pub(super) fn proven(&self, from: usize, to: usize) -> (usize, usize) {
        let mut within = self.measured.iter().filter(|m| m.sound && (from..to).contains(&m.second)).map(|m| m.second);
        let first = within.next().unwrap_or(from);
        (first, within.next_back().unwrap_or(first))
    }

    fn without_s(&self, from: usize, to: usize, is_there: impl Fn(&Measured) -> bool) -> i64 {
        let longest = self.world.limits.silence_s(self.interval_s);
        let usable: Vec<usize> = self.measured.iter().filter(|m| is_there(m)).map(|m| m.second).collect();
        let holes = usable.windows(2).filter(|p| (p[1] - p[0]) as i64 > longest);
        holes.map(|p| (p[1].min(to) as i64 - p[0].max(from) as i64).max(0)).sum()
    }

    pub(super) fn at(&self, second: usize) -> Millis {
        self.start + second as Millis * SECOND
    }
}

pub(super) fn plant(kind: Kind, subject: &str, from: Millis, to: Millis, stratum: Stratum, detail: Detail) -> Plant {
    Plant {
        plant: String::new(),
        unit: String::new(),
        journey: String::new(),
        kind: kind.name().to_owned(),
        subject: subject.to_owned(),
        from,
        to,
        stratum,
        detail,
    }
}

/// Whether what arrived says where the vehicle is.
fn is_usable(sent: &Sent) -> bool {
    says_where(&sent.fix) && sent.fix.time <= sent.arrival + 60 * SECOND
}

/// Whether a fix says where the vehicle is: valid, from satellites, good for less than 150 m (DETECTION, 4.2). Any other
/// shows contact and nothing else.
pub(super) fn says_where(fix: &Fix) -> bool {
    let weak = fix.satellites.is_some_and(|n| n < 3)
        || fix.hdop_centi.is_some_and(|h| h > 2_000)
        || fix.accuracy_dm.is_some_and(|a| a >= 1_500);
    fix.valid && !fix.approximate && !weak && fix.position != Position::default()
}
