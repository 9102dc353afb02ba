//! Commands about alerts of the second stage, and the end of a shelf.
//!
//! The record that brought a command has ended as `passed_on` in its own partition: what is refused here is said as a note
//! on the alert, with the name of the outcome as its reason.

use super::super::alert::Revision;
use super::super::desk::{Duty, Order};
use super::super::ledger::Ledger;
use super::super::record::OperatorVerb;
use super::super::revision::{self, responsible};
use super::super::time::HOUR;
use super::line::OperatorLine;
use super::{Moment, Second};

impl Second {
    fn ledgers(&mut self) -> impl Iterator<Item = &mut Ledger> {
        let others = [&mut self.crowds.ledger, &mut self.jammed.ledger, &mut self.outages];
        self.pairs.ledgers.values_mut().chain(others)
    }

    /// A command on an alert of this stage; one on any other alert is not for us.
    pub(super) fn operate(&mut self, operator: &OperatorLine, moment: &Moment<'_>, said: &mut Vec<Revision>) {
        let Some((ledger, at)) = self.ledgers().find_map(|ledger| ledger.find(&operator.alert).map(|at| (ledger, at)))
        else {
            return;
        };
        let mut spoken = Vec::new();
        if let Some(reason) = &operator.reason {
            ledger.excuse(at, reason, &mut spoken);
        } else if let Some(verb) = OperatorVerb::ALL.into_iter().find(|verb| verb.name() == operator.action) {
            let offices = responsible(&ledger.alerts[at].said, moment.rules);
            let shelve_max = moment.rules.settings().alerts.shelve_max_h * HOUR;
            let duty = Duty { now: moment.log_time, shelve_max, responsible: &offices };
            let (by, office) = (operator.by.as_deref(), operator.office.as_deref());
            let order = Order { verb, by, office, until: operator.until, text: operator.text.as_deref() };
            if let Err(refusal) = ledger.obey(at, &order, &duty, &mut spoken) {
                ledger.note_refusal(at, refusal, by, &mut spoken);
            }
        }
        moment.write(ledger, &spoken, said);
        self.unshelve_at = self.ledgers().filter_map(|ledger| ledger.next_unshelving()).min();
    }

    /// What lies on a shelf that ends by the time of this line comes back, at its own time.
    pub(super) fn unshelve(&mut self, moment: &Moment<'_>, out: &mut Vec<Revision>) {
        while let Some(due) = self.unshelve_at.filter(|due| *due <= moment.log_time) {
            let moment = Moment { log_time: due, ..*moment };
            let mut said = Vec::new();
            for ledger in self.ledgers() {
                let mut spoken = Vec::new();
                ledger.unshelve_due(due, &mut spoken);
                moment.write(ledger, &spoken, &mut said);
            }
            revision::sort(&mut said);
            out.append(&mut said);
            self.unshelve_at = self.ledgers().filter_map(|ledger| ledger.next_unshelving()).min();
        }
    }
}
