//! What surrounds a machine while it works.

use super::super::plan::Plan;
use super::entry::Entry;
use super::trace;

/// What a machine is driven with: its journey's plans and commands, and room to work in.
pub struct Drive<'a> {
    /// Plans by number.
    pub plans: &'a [Plan],
    /// Commands, ascending by (time, order).
    pub timeline: &'a [Entry],
    /// Zones around the fix.
    pub containing: &'a mut Vec<u32>,
    /// The edge of the territory that was nearest last: where the next search begins. It changes nothing but the speed.
    pub border: &'a mut u32,
    /// Where the reckoning of each fix is written down for an explanation; nowhere while a log is decided.
    pub trace: Option<&'a mut Vec<trace::Step>>,
}

impl<'a> Drive<'a> {
    /// A plan by its number.
    pub fn plan(&self, number: u16) -> &'a Plan {
        let plans: &'a [Plan] = self.plans;
        &plans[usize::from(number)]
    }
}
