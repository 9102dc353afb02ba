//! From findings to revisions: live, extrapolated to the log clock, by arrival, or after a rewind.

use std::collections::BTreeMap;

use super::super::alert::{Kind, Op, Revision};
use super::super::episode::{Episode, Measure};
use super::super::ledger::{Alert, Ground, Ledger, Said, Speaker};
use super::super::machine::Drive;
use super::super::machine::kept::Kept;
use super::super::machine::state::{Machine, MachineMut};
use super::super::output::{JourneyRow, Outputs};
use super::super::plan::Plan;
use super::super::revision::{self, Frame};
use super::super::second::line::{ContactLine, ContactState, EpisodeLine, Happening, JamLine, StopLine};
use super::super::time::{Millis, SECOND};
use super::Shard;

/// What was said at one moment (one record's timers of one journey, its own effects, or one finished rewind), not yet
/// in its final order.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Revisions.
    pub revisions: Vec<Revision>,
    /// Rows of journeys.
    pub journeys: Vec<JourneyRow>,
    /// Lines for the second stage.
    pub episodes: Vec<EpisodeLine>,
}

impl Moment {
    /// Brings the moment into the written order and hands it over.
    pub fn flush(&mut self, out: &mut Outputs) {
        if !self.revisions.is_empty() {
            revision::sort(&mut self.revisions);
            out.revisions.append(&mut self.revisions);
        }
        out.journeys.append(&mut self.journeys);
        out.episodes.append(&mut self.episodes);
    }
}

impl Shard {
    /// Runs a step of a journey's machine with what it is driven by.
    pub(super) fn drive<R>(&mut self, slot: u32, step: impl FnOnce(&mut MachineMut<'_>, &mut Drive<'_>) -> R) -> R {
        self.agenda[slot as usize].due = None;
        self.look(slot, step)
    }

    /// Asks a journey's machine, which stays as it is.
    pub(super) fn look<R>(&mut self, slot: u32, ask: impl FnOnce(&mut MachineMut<'_>, &mut Drive<'_>) -> R) -> R {
        let i = slot as usize;
        let journey = &self.journeys[i];
        let mut machine = MachineMut { hot: &mut self.hot[i], ring: &mut self.ring[i], side: &mut self.side[i] };
        let mut drive = Drive {
            plans: &journey.plans,
            timeline: &journey.timeline,
            containing: &mut self.containing,
            border: &mut self.agenda[i].border,
            trace: None,
        };
        ask(&mut machine, &mut drive)
    }

    /// Runs a step of some other machine of a journey: an overlay or a replay.
    pub(super) fn drive_apart<R>(
        &mut self,
        slot: u32,
        machine: &mut Machine,
        step: impl FnOnce(&mut MachineMut<'_>, &mut Drive<'_>) -> R,
    ) -> R {
        let journey = &self.journeys[slot as usize];
        let mut drive = Drive {
            plans: &journey.plans,
            timeline: &journey.timeline,
            containing: &mut self.containing,
            border: &mut self.agenda[slot as usize].border,
            trace: None,
        };
        step(&mut machine.as_mut(), &mut drive)
    }

    /// A copy of a journey's machine.
    pub(super) fn machine(&self, slot: u32) -> Machine {
        let i = slot as usize;
        Machine { hot: self.hot[i], ring: self.ring[i], side: self.side[i].clone() }
    }

    /// A journey's machine as it is now, put to rest.
    pub(super) fn kept(&self, slot: u32) -> Kept {
        let i = slot as usize;
        Kept::of_parts(&self.hot[i], &self.ring[i], &self.side[i])
    }

    /// The plan in force for a journey's machine.
    pub(super) fn plan(&self, slot: u32) -> &Plan {
        let number = usize::from(self.hot[slot as usize].plan);
        &self.journeys[slot as usize].plans[number]
    }

    /// Reporting interval of a journey, declared or measured.
    pub(super) fn interval(&self, slot: u32) -> Millis {
        self.plan(slot).interval.unwrap_or_else(|| self.ring[slot as usize].interval())
    }

    /// How long timers of a journey wait for fixes on their way; at the end of a log nothing more is on its way.
    pub(super) fn lag(&self, slot: u32) -> Millis {
        let journey = &self.journeys[slot as usize];
        if self.ended {
            return 0;
        }
        let wait = self.units[journey.unit as usize].lag.wait();
        wait.min((self.clock - journey.horizon).max(0))
    }

    /// The log clock at which a machine's next timer is due.
    pub(super) fn machine_due(&mut self, slot: u32) -> Option<Millis> {
        let due = match self.agenda[slot as usize].due {
            Some(due) => due,
            None => self.look(slot, |machine, drive| machine.due(drive)),
        };
        self.agenda[slot as usize].due = Some(due);
        due.on_clock(self.lag(slot))
    }

    /// Publishes what the live machine has found, extrapolated to the log clock where a timer is due by it.
    pub(super) fn publish(&mut self, slot: u32) {
        let book = &mut self.side[slot as usize].book;
        let changed = if book.has_changed() { book.take_changed() } else { Vec::new() };
        let due = self.machine_due(slot).is_some_and(|due| due <= self.clock);
        if due || self.journeys[slot as usize].overlay_due.is_some() {
            self.publish_ahead(slot, changed, due);
        } else if !changed.is_empty() {
            self.say(slot, |ledger, who, said| ledger.tell(changed, Ground::Live, who, said));
        }
    }

    /// The same, with what timers find by the log clock.
    #[cold]
    fn publish_ahead(&mut self, slot: u32, changed: Vec<Episode>, due: bool) {
        let (ahead, next) = if due { self.extrapolate(slot) } else { (Vec::new(), None) };
        let book = &self.side[slot as usize].book;
        let ledger = &self.journeys[slot as usize].ledger;
        let mut found: BTreeMap<u32, Episode> = changed.into_iter().map(|e| (e.seq, e)).collect();
        for alert in ledger.alerts.iter().filter(|a| a.provisional && !a.by_arrival) {
            // A closed one, too: a timer may have re-opened it ahead of the reports.
            if let Some(known) = book.unfinished().find(|e| e.seq == alert.said.seq && e.same_matter(&alert.said)) {
                found.entry(known.seq).or_insert_with(|| known.clone());
            }
        }
        let extrapolated: Vec<u32> = ahead.iter().map(|e| e.seq).collect();
        found.extend(ahead.into_iter().map(|e| (e.seq, e)));
        let matters: BTreeMap<u32, (Kind, String)> =
            found.values().map(|e| (e.seq, (e.kind, e.subject.clone()))).collect();
        self.say(slot, |ledger, who, said| {
            let in_scope = |a: &super::super::ledger::Alert| {
                a.provisional
                    || matters.get(&a.said.seq).is_some_and(|(k, s)| *k == a.said.kind && *s == a.said.subject)
            };
            ledger.reconcile(in_scope, found.into_values().collect(), Ground::Live, who, said);
            for alert in ledger.alerts.iter_mut().filter(|a| !a.by_arrival && !a.retracted) {
                let seq = alert.said.seq;
                let of_matter =
                    matters.get(&seq).is_some_and(|(k, s)| *k == alert.said.kind && *s == alert.said.subject);
                if of_matter && extrapolated.contains(&seq) {
                    alert.provisional = true;
                }
            }
        });
        self.journeys[slot as usize].overlay_due = due.then(|| next.unwrap_or(Millis::MAX));
    }

    /// What timers would find up to the log clock if no report came; and when the next of them is due.
    #[cold]
    fn extrapolate(&mut self, slot: u32) -> (Vec<Episode>, Option<Millis>) {
        let (clock, lag) = (self.clock, self.lag(slot));
        self.journeys[slot as usize].horizon = clock - lag;
        let mut ahead = self.machine(slot);
        self.drive_apart(slot, &mut ahead, |machine, drive| {
            machine.advance_to_clock(drive, clock, lag);
            (machine.side.book.take_changed(), machine.due(drive).on_clock(lag))
        })
    }

    /// Publishes what the contact machine has found.
    pub(super) fn publish_contact(&mut self, slot: u32) {
        let book = &mut self.journeys[slot as usize].contact.book;
        if book.has_changed() {
            let changed = book.take_changed();
            self.say(slot, |ledger, who, said| ledger.tell(changed, Ground::Arrival, who, said));
        }
    }

    /// Lets the ledger speak, and writes its revisions into the moment.
    #[cold]
    pub(super) fn say(&mut self, slot: u32, speak: impl FnOnce(&mut Ledger, &Speaker<'_>, &mut Vec<Said>)) -> usize {
        let plan = self.plan(slot).clone();
        let (source, log_time) = (self.last_source, self.clock);
        let journey = &mut self.journeys[slot as usize];
        let unit = &self.units[journey.unit as usize].id;
        let stale_after_s = plan.rules.settings().alerts.stale_after_s;
        let mut said = Vec::new();
        speak(&mut journey.ledger, &Speaker { journey: &journey.id, unit, log_time, stale_after_s }, &mut said);
        let frame = Frame { journey: &journey.id, unit, plan: &plan, source, log_time };
        for one in &said {
            let alert = &journey.ledger.alerts[one.alert];
            if alert.said.kind != Kind::Halt {
                self.moment.revisions.push(revision::revision(&journey.ledger, one, &frame));
            }
            let what = match alert.said.kind {
                Kind::Halt => Happening::Stop(stop_line(&frame, alert, one.op == Op::Retract)),
                Kind::Jamming => Happening::Jam(jam_line(&frame, alert, one.op == Op::Retract)),
                _ => continue,
            };
            self.moment.episodes.push(EpisodeLine { log_time, source, what });
        }
        let told = said.len();
        if self.journeys[slot as usize].settle_at.is_none() {
            self.wait_for_late(slot);
        }
        told
    }

    /// What waits for late data waits from now on.
    pub(super) fn wait_for_late(&mut self, slot: u32) {
        if self.journeys[slot as usize].ledger.has_waiting() {
            let quiet = self.rules_now().settings().fix.late_settle_s * SECOND;
            self.journeys[slot as usize].settle_at = Some(self.clock + quiet);
        }
    }

    /// Late data has settled: what waited for it is said.
    pub(super) fn settle_late(&mut self, slot: u32) {
        self.say(slot, |ledger, who, said| ledger.settle(who, said));
    }

    /// Tells the second stage something about the record being read.
    pub(super) fn tell_second(&mut self, what: Happening) {
        self.moment.episodes.push(EpisodeLine { log_time: self.clock, source: self.last_source, what });
    }

    /// Tells the second stage how contact with a journey stands.
    #[inline(never)]
    pub(super) fn tell_contact(&mut self, slot: u32, state: ContactState) {
        let risk = self.plan(slot).risk;
        let position = self.hot[slot as usize].gate.anchor().map(|f| f.position);
        // The contact clock has stood still during our own outages: the log clock has not.
        let since = self.journeys[slot as usize].contact.heard + self.outage_total;
        let journey = &mut self.journeys[slot as usize];
        journey.contact.told = position;
        let silence = |a: &&Alert| a.said.kind == Kind::Silence && a.said.ended.is_none();
        let alert = journey.ledger.alerts.iter().rfind(silence).filter(|_| state == ContactState::Silent);
        let line = ContactLine {
            journey: journey.id.to_string(),
            unit: self.units[journey.unit as usize].id.to_string(),
            state,
            since,
            position,
            risk,
            alert: alert.map(|a| a.id.clone()),
        };
        self.tell_second(Happening::Contact(line));
    }

    /// Tells the second stage where a unit is, once it has moved on by a tenth of a degree (about 10 km): how many units
    /// there are in a region is known to that.
    pub(super) fn tell_place(&mut self, slot: u32) {
        let Some(here) = self.hot[slot as usize].gate.anchor().map(|f| f.position) else { return };
        let journey = &self.journeys[slot as usize];
        let moved = journey.contact.told.is_none_or(|told| {
            (told.lat_e6 - here.lat_e6).abs() > TOLD_E6
                || (i64::from(told.lon_e6) - i64::from(here.lon_e6)).abs() > TOLD_E6.into()
        });
        if moved && journey.closed.is_none() {
            self.tell_contact(slot, ContactState::Seen);
        }
    }
}

/// The second stage is told of a place that is farther than this from the last one, 1e-6 degrees.
const TOLD_E6: i32 = 100_000;

fn stop_line(frame: &Frame<'_>, alert: &Alert, retracted: bool) -> StopLine {
    let halt = &alert.said;
    StopLine {
        journey: frame.journey.to_owned(),
        unit: frame.unit.to_owned(),
        rev: alert.rev,
        position: halt.position.unwrap_or_default(),
        sigma_m: halt.get(Measure::RadiusM).unwrap_or(0),
        from: halt.onset,
        to: halt.ended.unwrap_or(halt.raised),
        open: halt.ended.is_none() && !retracted,
        off_corridor: halt.reasons.iter().any(|r| r == "off_corridor"),
        in_place: halt.reasons.iter().any(|r| r == "in_place"),
        hints: halt.get(Measure::Hints).unwrap_or(0).clamp(0, 255) as u8,
        risk: frame.plan.risk,
        retracted,
    }
}

fn jam_line(frame: &Frame<'_>, alert: &Alert, retracted: bool) -> JamLine {
    let jam = &alert.said;
    JamLine {
        journey: frame.journey.to_owned(),
        unit: frame.unit.to_owned(),
        alert: alert.id.clone(),
        rev: alert.rev,
        position: jam.position,
        from: jam.onset,
        to: jam.ended.unwrap_or(jam.raised),
        open: jam.ended.is_none() && !retracted,
        risk: frame.plan.risk,
        retracted,
    }
}
