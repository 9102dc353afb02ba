//! What operators' commands do to a ledger: acknowledge, shelve, unshelve, reset, note, excuse.
//!
//! Handling moves in the order of the log: the `time` of a command is what its operator says, not when it takes effect.
//! A rewind corrects findings and never what people have done about them. What cannot be done is refused by name, and the
//! alert stays as it was.

use std::borrow::Cow;

use super::alert::{Handling, Kind, Op};
use super::handling::{CENTRE, Move};
use super::ledger::{Ledger, Said};
use super::output::Outcome;
use super::record::OperatorVerb;
use super::time::Millis;

/// A command about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// What is to be done.
    pub verb: OperatorVerb,
    /// Who.
    pub by: Option<&'a str>,
    /// For which office.
    pub office: Option<&'a str>,
    /// Of `shelve`: until when.
    pub until: Option<Millis>,
    /// Why, or what is to be noted.
    pub text: Option<&'a str>,
}

/// Where and when it is given.
#[derive(Clone, Copy, Debug)]
pub struct Duty<'a> {
    /// The log clock.
    pub now: Millis,
    /// The longest that anything stays on the shelf.
    pub shelve_max: Millis,
    /// Offices that have to acknowledge the alert.
    pub responsible: &'a [String],
}

/// Why a command is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The alert is closed.
    Closed,
    /// It does nothing to an alert that stands so: acknowledged already, not on the shelf, not latched, suppressed.
    NoEffect,
    /// Shelving needs a reason, and a note its words.
    TextMissing,
    /// Shelving needs an end, ahead of the log clock and not too far.
    Until,
}

impl Refusal {
    /// The end of the record.
    pub fn outcome(self) -> Outcome {
        match self {
            Refusal::Closed => Outcome::AlertClosed,
            Refusal::NoEffect => Outcome::NoEffect,
            Refusal::TextMissing => Outcome::TextMissing,
            Refusal::Until => Outcome::UntilOutOfRange,
        }
    }
}

impl Ledger {
    /// An alert that readers know, by its id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.alerts.iter().position(|a| a.id == id && a.rev > 0 && a.said.kind != Kind::Halt)
    }

    /// Carries out a command, or says why not.
    ///
    /// # Errors
    /// The refusal; nothing has changed then.
    pub fn obey(&mut self, at: usize, order: &Order<'_>, duty: &Duty<'_>, out: &mut Vec<Said>) -> Result<(), Refusal> {
        let alert = &mut self.alerts[at];
        let text = order.text.filter(|text| !text.trim().is_empty());
        let suppressed = alert.handling_now() == Handling::Suppressed;
        let desk = &mut alert.desk;
        let refusal = if desk.handling() == Handling::Closed { Refusal::Closed } else { Refusal::NoEffect };
        let op = match order.verb {
            OperatorVerb::Note => {
                text.ok_or(Refusal::TextMissing)?;
                Op::Annotate
            }
            OperatorVerb::Acknowledge => {
                let next = desk.stage.after(Move::Acknowledge).filter(|_| !suppressed).ok_or(refusal)?;
                let office = order.office.unwrap_or(CENTRE).to_owned();
                let place = desk.acknowledged_by.binary_search(&office).err().ok_or(Refusal::NoEffect)?;
                desk.acknowledged_by.insert(place, office);
                if desk.awaited(duty.responsible).is_empty() {
                    desk.stage = next;
                }
                Op::Acknowledge
            }
            OperatorVerb::Shelve => {
                if suppressed || desk.shelved_until.is_some() || !desk.stage.may_be_shelved() {
                    return Err(refusal);
                }
                text.ok_or(Refusal::TextMissing)?;
                let within = |t: &Millis| *t > duty.now && *t - duty.now <= duty.shelve_max;
                desk.shelved_until = Some(order.until.filter(within).ok_or(Refusal::Until)?);
                Op::Shelve
            }
            OperatorVerb::Unshelve => {
                desk.shelved_until.take().ok_or(refusal)?;
                Op::Unshelve
            }
            OperatorVerb::Reset => {
                desk.stage = desk.stage.after(Move::Reset).filter(|_| !suppressed).ok_or(refusal)?;
                Op::Reset
            }
        };
        alert.rev += 1;
        let reason = text.map(|text| Cow::Owned(text.to_owned()));
        out.push(Said { alert: at, op, reason, by: order.by.map(str::to_owned) });
        Ok(())
    }

    /// The log clock has reached the end of a shelf: what lies on it stands as it has become meanwhile.
    pub fn unshelve_due(&mut self, clock: Millis, out: &mut Vec<Said>) {
        for (at, alert) in self.alerts.iter_mut().enumerate() {
            if alert.desk.shelved_until.is_some_and(|until| until <= clock) {
                alert.desk.shelved_until = None;
                alert.rev += 1;
                out.push(Said::new(at, Op::Unshelve, Some("time")));
            }
        }
    }

    /// The log clock at which the next shelf ends.
    pub fn next_unshelving(&self) -> Option<Millis> {
        self.alerts.iter().filter_map(|alert| alert.desk.shelved_until).min()
    }

    /// Attaches a documented reason to an alert: nothing is taken back, but the finding is explained.
    pub fn excuse(&mut self, at: usize, reason: &str, out: &mut Vec<Said>) {
        let alert = &mut self.alerts[at];
        alert.excuse = Some(reason.to_owned());
        alert.rev += 1;
        out.push(Said { alert: at, op: Op::Annotate, reason: Some(Cow::Owned(reason.to_owned())), by: None });
    }

    /// A command that came too late to be answered with an outcome is answered with a note on its alert.
    pub fn note_refusal(&mut self, at: usize, refusal: Refusal, by: Option<&str>, out: &mut Vec<Said>) {
        self.alerts[at].rev += 1;
        let reason = Some(Cow::Borrowed(refusal.outcome().name()));
        out.push(Said { alert: at, op: Op::Annotate, reason, by: by.map(str::to_owned) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::Priority;
    use super::super::episode::Episode;
    use super::super::identity::Speaker;
    use super::super::ledger::Ground;
    use super::super::time::HOUR;
    use super::*;

    const WHO: Speaker<'static> = Speaker { journey: "J-1", unit: "U-1", log_time: 10_000, stale_after_s: 1800 };
    const NOW: Millis = 10_000;

    fn found(kind: Kind, ended: Option<Millis>) -> Episode {
        Episode { ended, ..Episode::new(kind, "unit", 1_000, 2_000, Priority::Medium) }
    }

    fn of(kind: Kind, ended: Option<Millis>) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.tell(vec![found(kind, ended)], Ground::Live, &WHO, &mut Vec::new());
        ledger
    }

    fn order(verb: OperatorVerb) -> Order<'static> {
        Order { verb, by: Some("ayşe"), office: None, until: None, text: None }
    }

    /// What comes of a command, with the offices `A` and `B` on duty.
    fn obey(ledger: &mut Ledger, order: Order<'_>) -> Result<(Op, Handling), Refusal> {
        let offices = ["A".to_owned(), "B".to_owned()];
        let duty = Duty { now: NOW, shelve_max: 8 * HOUR, responsible: &offices };
        let before = ledger.clone();
        let mut said = Vec::new();
        match ledger.obey(0, &order, &duty, &mut said) {
            Ok(()) => {
                assert_eq!((said.len(), ledger.alerts[0].rev), (1, before.alerts[0].rev + 1));
                assert_eq!(said[0].by.as_deref(), order.by);
                Ok((said[0].op, ledger.alerts[0].handling_now()))
            }
            Err(refusal) => {
                assert!(*ledger == before && said.is_empty(), "a refusal changes nothing");
                Err(refusal)
            }
        }
    }

    fn acknowledge(ledger: &mut Ledger, office: Option<&str>) -> Result<(Op, Handling), Refusal> {
        obey(ledger, Order { office, ..order(OperatorVerb::Acknowledge) })
    }

    fn shelve(ledger: &mut Ledger, ahead: Millis) -> Result<(Op, Handling), Refusal> {
        let text = Some("known works");
        obey(ledger, Order { until: Some(NOW + ahead), text, ..order(OperatorVerb::Shelve) })
    }

    const WAITS: Result<(Op, Handling), Refusal> = Ok((Op::Acknowledge, Handling::Unacknowledged));
    const DONE: Result<(Op, Handling), Refusal> = Ok((Op::Acknowledge, Handling::Acknowledged));

    #[test]
    fn every_responsible_office_acknowledges_for_itself() {
        let mut ledger = of(Kind::Silence, None);
        assert_eq!(acknowledge(&mut ledger, None), WAITS, "the centre relieves no office");
        assert_eq!(acknowledge(&mut ledger, Some("A")), WAITS);
        assert_eq!(acknowledge(&mut ledger, Some("A")), Err(Refusal::NoEffect));
        assert_eq!(acknowledge(&mut ledger, Some("B")), DONE);
        assert_eq!(ledger.alerts[0].desk.acknowledged_by, ["A", "B", "centre"]);
        assert_eq!(acknowledge(&mut ledger, Some("C")), Err(Refusal::NoEffect));
    }

    #[test]
    fn where_no_office_is_responsible_anybody_acknowledges() {
        let mut ledger = of(Kind::Silence, Some(3_000));
        let duty = Duty { now: NOW, shelve_max: HOUR, responsible: &[] };
        let done = ledger.obey(0, &order(OperatorVerb::Acknowledge), &duty, &mut Vec::new());
        assert_eq!((done, ledger.alerts[0].handling_now()), (Ok(()), Handling::Closed), "it was over: that closes it");
        assert_eq!(acknowledge(&mut ledger, Some("A")), Err(Refusal::Closed));
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Reset)), Err(Refusal::Closed));
        assert_eq!(shelve(&mut ledger, HOUR), Err(Refusal::Closed));
        let note = Order { text: Some("driver called"), ..order(OperatorVerb::Note) };
        assert_eq!(obey(&mut ledger, note), Ok((Op::Annotate, Handling::Closed)), "what is closed can be explained");
    }

    #[test]
    fn a_latched_kind_is_closed_by_a_reset_only() {
        let mut ledger = of(Kind::Tamper, None);
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Reset)), Err(Refusal::NoEffect), "it still holds");
        ledger.tell(vec![found(Kind::Tamper, Some(3_000))], Ground::Live, &WHO, &mut Vec::new());
        assert_eq!(acknowledge(&mut ledger, Some("A")), WAITS);
        assert_eq!(acknowledge(&mut ledger, Some("B")), DONE);
        assert_eq!(shelve(&mut ledger, HOUR), Err(Refusal::NoEffect), "it waits for a person");
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Reset)), Ok((Op::Reset, Handling::Closed)));
    }

    #[test]
    fn a_shelf_has_a_reason_and_an_end_within_eight_hours() {
        let mut ledger = of(Kind::Silence, None);
        let no_reason = Order { until: Some(NOW + HOUR), text: Some(" "), ..order(OperatorVerb::Shelve) };
        assert_eq!(obey(&mut ledger, no_reason), Err(Refusal::TextMissing));
        let no_end = Order { text: Some("known works"), ..order(OperatorVerb::Shelve) };
        assert_eq!(obey(&mut ledger, no_end), Err(Refusal::Until));
        assert_eq!(shelve(&mut ledger, 0), Err(Refusal::Until));
        assert_eq!(shelve(&mut ledger, 8 * HOUR + 1), Err(Refusal::Until));
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Unshelve)), Err(Refusal::NoEffect));
        assert_eq!(shelve(&mut ledger, 8 * HOUR), Ok((Op::Shelve, Handling::Shelved)));
        assert_eq!(shelve(&mut ledger, HOUR), Err(Refusal::NoEffect), "it lies there");
        assert_eq!(ledger.next_unshelving(), Some(NOW + 8 * HOUR));
    }

    #[test]
    fn below_a_shelf_life_goes_on() {
        let mut ledger = of(Kind::Silence, None);
        assert!(shelve(&mut ledger, HOUR).is_ok());
        assert_eq!(acknowledge(&mut ledger, Some("A")), Ok((Op::Acknowledge, Handling::Shelved)));
        let mut said = Vec::new();
        ledger.tell(vec![found(Kind::Silence, Some(3_000))], Ground::Live, &WHO, &mut said);
        assert_eq!((said[0].op, ledger.alerts[0].handling_now()), (Op::Clear, Handling::Shelved));
        ledger.unshelve_due(NOW + HOUR - 1, &mut said);
        assert_eq!(said.len(), 1);
        ledger.unshelve_due(NOW + HOUR, &mut said);
        assert_eq!((said[1].op, said[1].reason.as_deref()), (Op::Unshelve, Some("time")));
        assert_eq!(ledger.alerts[0].handling_now(), Handling::Unacknowledged, "B has not acknowledged it");
        assert_eq!(ledger.next_unshelving(), None);
        assert!(shelve(&mut ledger, HOUR).is_ok());
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Unshelve)), Ok((Op::Unshelve, Handling::Unacknowledged)));
    }

    #[test]
    fn a_rewind_corrects_the_finding_and_not_the_handling() {
        let mut ledger = of(Kind::ZoneDwell, None);
        assert!(acknowledge(&mut ledger, Some("A")).is_ok() && acknowledge(&mut ledger, Some("B")).is_ok());
        let rewind = |ledger: &mut Ledger, found: Vec<Episode>| {
            let mut said = Vec::new();
            ledger.reconcile(|_| true, found, Ground::Rewind("late_data"), &WHO, &mut said);
            (said[0].op, ledger.alerts[0].handling_now())
        };
        let earlier = Episode { onset: 900, ..found(Kind::ZoneDwell, None) };
        assert_eq!(rewind(&mut ledger, vec![earlier]), (Op::Amend, Handling::Acknowledged));
        assert_eq!(rewind(&mut ledger, Vec::new()), (Op::Retract, Handling::Acknowledged), "a team is under way");
        assert_eq!(obey(&mut ledger, order(OperatorVerb::Reset)), Ok((Op::Reset, Handling::Closed)));
        let again = rewind(&mut ledger, vec![found(Kind::ZoneDwell, None)]);
        assert_eq!(again, (Op::Raise, Handling::Unacknowledged), "what holds after all is news");
        assert!(ledger.alerts[0].desk.acknowledged_by.is_empty());
        assert_eq!(rewind(&mut ledger, Vec::new()), (Op::Retract, Handling::Closed), "nobody acts on it");
    }

    #[test]
    fn what_is_suppressed_is_not_handled() {
        let mut ledger = of(Kind::WrongDirection, None);
        ledger.alerts[0].said.parent = Some(7);
        assert_eq!(acknowledge(&mut ledger, Some("A")), Err(Refusal::NoEffect));
        assert_eq!(shelve(&mut ledger, HOUR), Err(Refusal::NoEffect));
    }

    #[test]
    fn a_stop_on_its_way_to_the_second_stage_and_an_untold_finding_are_no_alerts() {
        let halt = of(Kind::Halt, None);
        assert_eq!(halt.find(&halt.alerts[0].id), None);
        let waiting = of(Kind::UnverifiedInterval, Some(3_000));
        assert_eq!((waiting.alerts[0].rev, waiting.find(&waiting.alerts[0].id)), (0, None));
        let told = of(Kind::Silence, None);
        assert_eq!(told.find(&told.alerts[0].id), Some(0));
    }
}
