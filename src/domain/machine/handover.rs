//! The next office ahead (DETECTION, 5.7): the vehicle comes near the responsibility area of another one.

use super::super::alert::{Kind, Priority};
use super::super::codec::state;
use super::super::episode::{EndReason, Episode, Measure};
use super::super::plan::Plan;
use super::super::rulebook::ZoneClass;
use super::super::wayside::Entry;
use super::progress::{Matched, Step};
use super::state::MachineMut;

/// Turned back by so much beyond the distance at which it was told, metres.
const TURNED_M: f64 = 500.0;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Handover {
    /// Episode while it is due, and the chainage of the entry, 0.1 m.
    pub due: Option<(u32, i32)>,
    /// Chainage of the newest entry that was reached, 0.1 m.
    pub done_dm: i32,
}
state!(Handover { due, done_dm });

impl MachineMut<'_> {
    /// One matched fix.
    pub(super) fn step_handover(&mut self, plan: &Plan, step: &Step<'_>, now: &Matched) {
        let Some(corridor) = plan.corridor.as_ref().filter(|c| !c.wayside.entries.is_empty()) else { return };
        let ahead_m = plan.rules.settings().handover_due.ahead_m;
        let here_m = now.chainage_m();
        if let Some((seq, due_dm)) = self.side.progress.handover.due {
            let left_m = f64::from(due_dm) / 10.0 - here_m;
            let entered = left_m <= 0.0 || has_entered(&corridor.wayside.entries, due_dm, step);
            if entered {
                self.side.progress.handover.done_dm = due_dm;
            }
            if entered || left_m > ahead_m + TURNED_M {
                self.side.progress.handover.due = None;
                self.side.book.close(seq, step.fix.time, EndReason::Over, |_| {});
            } else if self.has_trouble() && self.side.book.open(seq).is_some_and(|e| e.priority < Priority::Low) {
                self.side.book.update(seq, |e| {
                    e.escalate(Priority::Low, "alert_open");
                });
            }
            return;
        }
        let done_dm = self.side.progress.handover.done_dm;
        let entries = &corridor.wayside.entries;
        let next = entries[entries.partition_point(|e| e.at_m <= here_m || entry_dm(e) <= done_dm)..].first();
        let Some(entry) = next.filter(|e| e.at_m - here_m <= ahead_m) else { return };
        if step.containing.binary_search(&entry.zone).is_ok() || self.is_same_office(plan, entry, step) {
            return;
        }
        self.raise_handover(plan, step, entry, here_m);
    }

    fn raise_handover(&mut self, plan: &Plan, step: &Step<'_>, entry: &Entry, here_m: f64) {
        let zone = &plan.rules.book.zones[entry.zone as usize];
        let subject = zone.office.as_ref().map_or_else(|| format!("zone:{}", zone.id), |o| format!("office:{o}"));
        let mut episode = Episode::new(Kind::HandoverDue, subject, step.fix.time, step.fix.time, Priority::Journal)
            .at(step.fix.position)
            .resting_on(step.fix.time, step.fix.position)
            .measuring(Measure::DistanceM, (entry.at_m - here_m) as i64);
        if self.has_trouble() {
            episode.escalate(Priority::Low, "alert_open");
        }
        let seq = self.raise(plan, episode);
        self.side.progress.handover.due = Some((seq, entry_dm(entry)));
    }

    fn is_same_office(&self, plan: &Plan, entry: &Entry, step: &Step<'_>) -> bool {
        let zones = &plan.rules.book.zones;
        let office = &zones[entry.zone as usize].office;
        let mut around =
            step.containing.iter().map(|z| &zones[*z as usize]).filter(|z| z.class == ZoneClass::OfficeArea);
        office.is_some() && around.any(|z| z.office == *office)
    }

    /// An alert of the journey is active that operators have been told of.
    fn has_trouble(&self) -> bool {
        self.side.book.all_open().iter().any(|e| e.priority > Priority::Journal && e.kind != Kind::HandoverDue)
    }
}

/// The chainage of an entry as it is kept, 0.1 m: what is compared with a kept one is cut off in the same way.
fn entry_dm(entry: &Entry) -> i32 {
    (entry.at_m * 10.0) as i32
}

fn has_entered(entries: &[Entry], due_dm: i32, step: &Step<'_>) -> bool {
    entries.iter().filter(|e| entry_dm(e) == due_dm).any(|e| step.containing.binary_search(&e.zone).is_ok())
}
