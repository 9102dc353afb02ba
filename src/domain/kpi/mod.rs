//! How good the alarms are for those who work with them: the figures of EEMUA 191 and IEC 62682 (DETECTION, 2.1 and 2.5).
//!
//! A fold over revisions, in the order in which they were published; the same revisions give the same figures. A revision
//! that is read twice counts once. Times are those of the log (`log_time`): what an operator saw, and when.
//!
//! What is *annunciated*: an alert that comes to the desk, or comes back to it: above journal, not acknowledged, not
//! suppressed, not shelved, not found so late that it belongs to the queue "found later". A raise is annunciated even where
//! the alert was on the desk before; growing worse is not.
//!
//! | file | idea |
//! |---|---|
//! | `heard` | what of a revision counts |
//! | `story` | one alert from raise to end: what its revisions mean for the desk |
//! | `slots` | ten minutes of the desk: rates, peaks, floods |
//! | `tally` | the counts of one scope on one day, and the figures made of them |
//! | `watch` | the same live: the rate of the last ten minutes, and whether it is a flood |
//!
//! A *scope* is a desk or a share of its load: everything, one office (an alert counts for each office that is responsible
//! for its place), one kind, one unit. A day is one of UTC.

mod heard;
mod slots;
mod story;
mod tally;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;

use super::alert::Kind;
use super::time::{DAY, Millis};
pub use heard::Heard;
use slots::Slots;
pub use slots::{Flood, SLOT};
use story::{News, Story};
pub use tally::Figures;
use tally::Tally;
pub use watch::{Load, Watch};

/// Whose load.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything: the command centre.
    All,
    /// Alerts for which an office is responsible.
    Office(String),
    /// Alerts of a kind.
    Kind(Kind),
    /// Alerts of a unit.
    Unit(String),
}

impl Scope {
    /// The sort of scope and its name.
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Scope::All => ("all", "all"),
            Scope::Office(office) => ("office", office),
            Scope::Kind(kind) => ("kind", kind.name()),
            Scope::Unit(unit) => ("unit", unit),
        }
    }
}

/// The figures of one scope on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// Whose.
    pub scope: Scope,
    /// Its figures.
    pub figures: Figures,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Kpis {
    stories: BTreeMap<String, Story>,
    slots: BTreeMap<Scope, Slots>,
    tallies: BTreeMap<(i64, Scope), Tally>,
    first: Option<Millis>,
    last: Option<Millis>,
}

impl Kpis {
    /// Takes the next revision. Returns whether it annunciates its alert.
    pub fn hear(&mut self, heard: &Heard) -> bool {
        self.first = Some(self.first.map_or(heard.log_time, |t| t.min(heard.log_time)));
        self.last = self.last.max(Some(heard.log_time));
        let story = self.stories.entry(heard.alert.clone()).or_default();
        let news = story.take(heard);
        let scopes = scopes(heard);
        news.iter().for_each(|one| self.tell(one, heard, &scopes));
        news.contains(&News::Annunciated)
    }

    fn tell(&mut self, news: &News, heard: &Heard, scopes: &[Scope]) {
        let at = match news {
            News::Acknowledged { annunciated, .. } => *annunciated,
            _ => heard.log_time,
        };
        for scope in scopes {
            if *news == News::Annunciated {
                self.slots.entry(scope.clone()).or_default().count(heard.log_time);
            }
            self.tallies.entry((at.div_euclid(DAY), scope.clone())).or_default().take(news, heard);
        }
    }

    /// The figures, by day and scope. `span` is when the log began and ended, where that is known: a quiet hour is one, too.
    pub fn rows(mut self, span: Option<(Millis, Millis)>) -> Vec<Row> {
        let (Some(first), Some(last)) = (self.first, self.last) else { return Vec::new() };
        let span = span.map_or((first, last), |(from, to)| (from.min(first), to.max(last)));
        for story in std::mem::take(&mut self.stories).into_values() {
            for day in story.stale_days(span.1) {
                for scope in story.scopes() {
                    self.tallies.entry((day, scope.clone())).or_default().stale += 1;
                }
            }
        }
        for (scope, slots) in &self.slots {
            for flood in slots.floods() {
                self.tallies.entry((flood.from.div_euclid(DAY), scope.clone())).or_default().floods.push(flood);
            }
        }
        let none = Slots::default();
        let row = |((day, scope), tally): ((i64, Scope), Tally)| {
            let slots = self.slots.get(&scope).unwrap_or(&none);
            Row { day, figures: tally.figures(&slots.of_day(day, span)), scope }
        };
        std::mem::take(&mut self.tallies).into_iter().map(row).collect()
    }
}

/// Whose load an alert is.
fn scopes(heard: &Heard) -> Vec<Scope> {
    let mut scopes = vec![Scope::All, Scope::Kind(heard.kind)];
    scopes.extend(heard.offices.iter().cloned().map(Scope::Office));
    scopes.extend(heard.unit.iter().cloned().map(Scope::Unit));
    scopes
}
