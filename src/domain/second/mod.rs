//! The second stage: what several vehicles do together, and what happens to all of them (DETECTION, 5.0 and 5.13).
//!
//! It reads the [`EpisodeLine`]s of all partitions in one order and raises alerts of its own; it never revises those of
//! the first stage. Like a shard it is a state machine without clock and chance: the same lines give the same revisions.
//!
//! ```text
//! lines of the partitions ─▶ merge ─▶ stops ─▶ pairs (rendezvous), gatherings (crowd)   ┐
//!                                 ├─▶ jams ──▶ gatherings (jamming of a region)         ├─▶ revisions
//!                                 ├─▶ contact ▶ board (regional_outage)                 │
//!                                 └─▶ ticks ─▶ clocks (system_outage)                   ┘
//! ```
//!
//! * `rendezvous`, `crowd` and `jamming` are functions of the *set* of stops and alerts of jamming: when a rewind revises
//!   one of these or takes it back, what rested on it is amended or retracted, whatever the order of arrival.
//! * `regional_outage` and `system_outage` follow arrivals, as `silence` does: functions of the log.
//! * Stops are told with proof (once a minute while they last), so a meeting is raised when fixes prove it, not when a
//!   timer hopes for it; nothing has to be taken back because somebody left in time.
//!
//! | file | idea |
//! |---|---|
//! | `line` | what is read |
//! | `merge` | one order for all partitions |
//! | `field` | spans in space and time |
//! | `meeting`, `pairs` | two that stand together; what was said about them |
//! | `gathering`, `gatherings` | many near each other; what was said about them |
//! | `regional`, `system` | many silent at once; our own outages |
//! | `region` | cells of H3 as names |
//! | `operate` | commands about its alerts |

pub mod field;
pub mod gathering;
pub mod gatherings;
pub mod line;
pub mod meeting;
pub mod merge;
mod operate;
pub mod pairs;
pub mod region;
pub mod regional;
mod snapshot;
pub mod system;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::alert::{Kind, Revision};
use super::episode::Episode;
use super::ledger::{Ground, Ledger, Said, Speaker};
use super::record::Source;
use super::revision;
use super::rulebook::Settings;
use super::rules::Rules;
use super::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use field::{Field, Key, Span};
use gathering::Terms;
use gatherings::{Gatherings, Manner};
use line::{EpisodeLine, Happening, JamLine, StopLine};
use merge::Merge;
use pairs::{Change, Pair, Pairs};
use regional::Board;
use system::Clocks;

/// Resolution of the cell that names a jammed region (FORMATS, section 3).
const JAMMED: u8 = 4;
/// Resolution of the cell that names a crowd: about a kilometre, so that a place keeps its name from day to day.
const CROWDED: u8 = 8;
/// Jamming within so long of each other is one event (DETECTION, 2.5).
const JAMMED_TOGETHER: Millis = 5 * MINUTE;
/// What is too old to be revised is forgotten so often.
const FORGET_EVERY: Millis = HOUR;

/// See the module.
pub struct Second {
    /// Rulebooks by the log time from which they hold, ascending.
    rules: Vec<(Millis, Arc<Rules>)>,
    known_rules: Vec<Arc<Rules>>,
    merge: Merge,
    clock: Millis,
    forgotten: Millis,
    clocks: Clocks,
    board: Board,
    stops: Field,
    jams: Field,
    pairs: Pairs,
    crowds: Gatherings,
    jammed: Gatherings,
    /// Outages: of a region, and of our own.
    outages: Ledger,
    systems: u32,
    /// Log time at which the next alert comes off the shelf.
    unshelve_at: Option<Millis>,
}

/// The line that is being decided.
#[derive(Clone, Copy)]
struct Moment<'a> {
    rules: &'a Rules,
    log_time: Millis,
    source: Source,
}

impl Moment<'_> {
    fn speaker(&self) -> Speaker<'static> {
        let stale_after_s = self.rules.settings().alerts.stale_after_s;
        Speaker { journey: "", unit: "", log_time: self.log_time, stale_after_s }
    }

    fn write(&self, ledger: &Ledger, said: &[Said], out: &mut Vec<Revision>) {
        out.extend(said.iter().map(|one| revision::message(ledger, one, self.rules, self.source, self.log_time)));
    }
}

impl Second {
    /// A stage that has read nothing. The first rulebook rules from the start; lines may name the others.
    pub fn new(rulebooks: &[Arc<Rules>]) -> Second {
        let first = rulebooks.first();
        let jam_reach_m = first.map_or(20.0, |r| r.settings().jamming.regional_km) * 1000.0;
        let stop_reach_m = first.map_or(300.0, |r| r.settings().crowd.radius_m);
        Second {
            rules: first.map(|r| (Millis::MIN, Arc::clone(r))).into_iter().collect(),
            known_rules: rulebooks.to_vec(),
            merge: Merge::default(),
            clock: Millis::MIN,
            forgotten: Millis::MIN,
            clocks: Clocks::default(),
            board: Board::default(),
            stops: Field::new(stop_reach_m),
            jams: Field::new(jam_reach_m),
            pairs: Pairs::default(),
            crowds: Gatherings::default(),
            jammed: Gatherings::default(),
            outages: Ledger::default(),
            systems: 0,
            unshelve_at: None,
        }
    }

    /// A partition of which nothing has come yet, but which will tick: the others wait for it.
    pub fn expect(&mut self, partition: u32) {
        self.merge.expect(partition);
    }

    /// A rulebook that lines may name from now on.
    pub fn learn(&mut self, rules: &Arc<Rules>) {
        if !self.known_rules.iter().any(|known| known.book.sha256 == rules.book.sha256) {
            self.known_rules.push(Arc::clone(rules));
        }
    }

    /// Hashes of the rulebooks in force, by the time from which they hold.
    pub fn rulebooks(&self) -> Vec<String> {
        self.rules.iter().map(|(_, rules)| rules.book.sha256.clone()).collect()
    }

    /// The log time that every partition has reached; `None` before the first line.
    pub fn clock(&self) -> Option<Millis> {
        (self.clock != Millis::MIN).then_some(self.clock)
    }

    /// Takes further lines, each partition's in their order, and decides those whose turn has come.
    pub fn step(&mut self, lines: impl IntoIterator<Item = EpisodeLine>, out: &mut Vec<Revision>) {
        for line in lines {
            let turn = line.what == Happening::Tick || !self.merge.is_ticking();
            self.merge.push(line);
            if turn {
                let due = self.merge.take(false);
                self.decide_all(due, out);
            }
        }
    }

    /// The logs have ended: what waits is decided.
    pub fn finish(&mut self, out: &mut Vec<Revision>) {
        let due = self.merge.take(true);
        let last = due.last().map(|line| (line.log_time, line.source));
        self.decide_all(due, out);
        let Some(rules) = self.rules_now() else { return };
        let (log_time, source) =
            last.map_or((self.clock, Source::default()), |(t, source)| (t.max(self.clock), source));
        let moment = Moment { rules: &rules, log_time, source };
        let mut said = Vec::new();
        let left = self.board.finish();
        self.tell(left, &moment, &mut said);
        let system = self.clocks.finish();
        self.tell_system(system.into_iter().collect(), &moment, &mut said);
        revision::sort(&mut said);
        out.append(&mut said);
    }

    /// Lines that wait for the slowest partition.
    pub fn waiting(&self) -> usize {
        self.merge.waiting()
    }

    /// What is kept: stops, alerts of jamming, units.
    pub fn kept(&self) -> (usize, usize, usize) {
        (self.stops.len(), self.jams.len(), self.board.units())
    }

    fn rules_now(&self) -> Option<Arc<Rules>> {
        let at = self.rules.partition_point(|(from, _)| *from <= self.clock).max(1) - 1;
        self.rules.get(at).map(|(_, rules)| Arc::clone(rules))
    }

    /// Lines of one record are decided together: a stop whose begin has moved is taken back and told anew in one breath.
    fn decide_all(&mut self, lines: Vec<EpisodeLine>, out: &mut Vec<Revision>) {
        for group in lines.chunk_by(|a, b| a.source == b.source && a.log_time == b.log_time) {
            self.clock = self.clock.max(group[0].log_time);
            let Some(rules) = self.rules_now() else { return };
            let moment = Moment { rules: &rules, log_time: group[0].log_time, source: group[0].source };
            self.unshelve(&moment, out);
            let mut said = Vec::new();
            self.decide(group, &moment, &mut said);
            revision::sort(&mut said);
            out.append(&mut said);
        }
    }

    fn decide(&mut self, lines: &[EpisodeLine], moment: &Moment<'_>, said: &mut Vec<Revision>) {
        let settings = moment.rules.settings();
        let (mut stops, mut jams) = (Vec::new(), Vec::new());
        let mut late = false;
        for line in lines {
            match &line.what {
                Happening::Stop(stop) => {
                    let change = place_stop(&mut self.stops, stop);
                    late |= stop.retracted || change.old.as_ref().is_some_and(|old| !old.open);
                    stops.push(change);
                }
                Happening::Jam(jam) => {
                    let (change, key) = place_jam(&mut self.jams, jam);
                    late |= jam.retracted || change.old.is_some_and(|old| !old.open);
                    jams.push(key);
                }
                Happening::Contact(contact) => {
                    let found = self.board.hear(contact, line.log_time, &settings.regional_outage);
                    self.tell(found, moment, said);
                }
                Happening::Tick => {
                    let found = self.clocks.tick(line.source.partition, line.log_time, settings.clock.outage_s);
                    self.tell_system(found, moment, said);
                    let found = self.board.pass(self.clock);
                    self.tell(found, moment, said);
                }
                Happening::Rulebook(sha256, time) => self.read_rulebook(sha256, *time),
                Happening::Operator(operator) => self.operate(operator, moment, said),
            }
        }
        let ground = if late { Ground::Rewind("late_data") } else { Ground::Live };
        self.follow_stops(&stops, ground, moment, said);
        if !jams.is_empty() {
            let terms = Terms {
                radius_m: settings.jamming.regional_km * 1000.0,
                units: settings.jamming.regional_units.max(1) as usize,
                lasting: 0,
                slack: JAMMED_TOGETHER,
            };
            let manner = Manner { kind: Kind::Jamming, terms, resolution: JAMMED };
            let spoken = self.jammed.follow(&self.jams, jams.into_iter().collect(), &manner, ground, &moment.speaker());
            moment.write(&self.jammed.ledger, &spoken, said);
        }
        self.forget(settings);
    }

    fn follow_stops(&mut self, changes: &[Change], ground: Ground, moment: &Moment<'_>, said: &mut Vec<Revision>) {
        if changes.is_empty() {
            return;
        }
        let settings = moment.rules.settings();
        let mut touched: BTreeSet<Pair> = BTreeSet::new();
        for change in changes {
            self.pairs.touched(&self.stops, change, settings, &mut touched);
        }
        for pair in &touched {
            let (ledger, spoken) = self.pairs.follow(&self.stops, pair, settings, ground, &moment.speaker());
            moment.write(ledger, &spoken, said);
        }
        let keys = changes.iter().flat_map(|c| [&c.old, &c.new]).flatten().map(|span| span.key.clone()).collect();
        let terms = Terms {
            radius_m: settings.crowd.radius_m,
            units: settings.crowd.units.max(1) as usize,
            lasting: settings.crowd.overlap_s * SECOND,
            slack: 0,
        };
        let manner = Manner { kind: Kind::Crowd, terms, resolution: CROWDED };
        let spoken = self.crowds.follow(&self.stops, keys, &manner, ground, &moment.speaker());
        moment.write(&self.crowds.ledger, &spoken, said);
    }

    /// Publishes what follows arrivals.
    fn tell(&mut self, found: Vec<Episode>, moment: &Moment<'_>, said: &mut Vec<Revision>) {
        if !found.is_empty() {
            let mut spoken = Vec::new();
            self.outages.tell(found, Ground::Arrival, &moment.speaker(), &mut spoken);
            moment.write(&self.outages, &spoken, said);
        }
    }

    fn tell_system(&mut self, mut found: Vec<Episode>, moment: &Moment<'_>, said: &mut Vec<Revision>) {
        for outage in &mut found {
            outage.seq = self.systems;
            self.systems += 1;
        }
        self.tell(found, moment, said);
    }

    fn read_rulebook(&mut self, sha256: &str, time: Millis) {
        let Some(rules) = self.known_rules.iter().find(|r| r.book.sha256 == sha256).cloned() else { return };
        // Every partition names it; the first one counts.
        if self.rules.iter().any(|(from, known)| *from == time && known.book.sha256 == sha256) {
            return;
        }
        let at = self.rules.partition_point(|(from, _)| *from <= time);
        self.rules.insert(at.max(1), (time, rules));
    }

    /// What the first stage can no longer revise is not kept either.
    fn forget(&mut self, settings: &Settings) {
        if self.clock - FORGET_EVERY < self.forgotten {
            return;
        }
        self.forgotten = self.clock;
        let horizon = self.clock - settings.late.closed_d * DAY;
        self.stops.forget_before(horizon);
        self.jams.forget_before(horizon);
        self.pairs.forget_before(horizon);
        self.crowds.forget_before(horizon);
        self.jammed.forget_before(horizon);
        self.outages.alerts.retain(|a| !a.is_past(horizon));
    }
}

/// Puts a stop where meetings are looked for, or takes it away: what stands in a place where stopping is allowed, in an
/// office or a queue is no meeting and no crowd.
fn place_stop(field: &mut Field, stop: &StopLine) -> Change {
    let key = Key { unit: stop.unit.clone(), journey: stop.journey.clone(), from: stop.from, alert: String::new() };
    if stop.retracted || stop.in_place {
        return Change { old: field.remove(&key), new: None };
    }
    let span = Span {
        key,
        position: stop.position,
        sigma_m: stop.sigma_m,
        from: stop.from,
        to: stop.to,
        open: stop.open,
        off_corridor: stop.off_corridor,
        hints: stop.hints,
        risk: stop.risk,
    };
    Change { old: field.insert(span.clone()), new: Some(span) }
}

fn place_jam(field: &mut Field, jam: &JamLine) -> (Change, Key) {
    let key = Key { unit: jam.unit.clone(), journey: jam.journey.clone(), from: 0, alert: jam.alert.clone() };
    let Some(position) = jam.position.filter(|_| !jam.retracted) else {
        return (Change { old: field.remove(&key), new: None }, key);
    };
    let span = Span {
        key: key.clone(),
        position,
        sigma_m: 0,
        from: jam.from,
        to: jam.to,
        open: jam.open,
        off_corridor: false,
        hints: 0,
        risk: jam.risk,
    };
    (Change { old: field.insert(span.clone()), new: Some(span) }, key)
}
