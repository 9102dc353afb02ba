//! Regional outages (DETECTION, 2.5 and 5.11): many units of one region that fall silent together are one event.
//!
//! This kind follows arrivals: a function of the log, never taken back by late data. A region is a cell of H3; how many
//! units there are in it is known from where they were last heard.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alert::{Kind, Priority};
use super::super::codec::{Reader, State, StateError, state};
use super::super::episode::{EndReason, Episode, Measure};
use super::super::rulebook::settings::RegionalOutageSettings;
use super::super::time::{MINUTE, Millis, SECOND};
use super::line::{ContactLine, ContactState};
use super::region;

/// So few units make no regional event, whatever their share.
const FEWEST: usize = 3;
/// An alert names so many of its children at most; its evidence counts them all.
pub const CHILDREN_MAX: usize = 1_000;
/// A lasting outage is told anew at most so often.
const UPDATE: Millis = MINUTE;

/// A unit on its journey.
#[derive(Clone, Debug, PartialEq)]
struct Seat {
    cell: u64,
    risk: u8,
    /// Since when nothing is heard, and the alert that says so.
    silent: Option<(Millis, String)>,
}
state!(Seat { cell, risk, silent });

/// Unit and journey.
type Who = (String, String);

/// An outage that lasts.
#[derive(Clone, Debug, PartialEq)]
struct Outage {
    episode: Episode,
    /// Newest last contact of a member.
    newest: Millis,
    /// Units that fell silent, and whether they still are.
    members: BTreeMap<Who, bool>,
    /// Members that are still silent.
    left: u32,
    /// Units in the cell when it was found.
    units: u32,
    told: Millis,
    changed: bool,
}
state!(Outage { episode, newest, members, left, units, told, changed });

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Board {
    seats: BTreeMap<Who, Seat>,
    /// Who is where; derived.
    cells: BTreeMap<u64, BTreeSet<Who>>,
    outages: BTreeMap<u64, Outage>,
    next: u32,
}

impl Board {
    /// Takes a line in; what it changes about outages.
    pub fn hear(&mut self, line: &ContactLine, now: Millis, settings: &RegionalOutageSettings) -> Vec<Episode> {
        let who = (line.unit.clone(), line.journey.clone());
        let mut found = Vec::new();
        if line.state != ContactState::Silent {
            found.extend(self.heard(&who, now));
        }
        if line.state == ContactState::Closed {
            self.leave(&who);
            return found;
        }
        let Some(position) = line.position else { return found };
        let cell = region::cell(position, region::resolution(settings.cell_km));
        let silent = (line.state == ContactState::Silent).then(|| (line.since, line.alert.clone().unwrap_or_default()));
        self.leave(&who);
        self.cells.entry(cell).or_default().insert(who.clone());
        self.seats.insert(who.clone(), Seat { cell, risk: line.risk, silent });
        if line.state == ContactState::Silent {
            found.extend(self.fell_silent(cell, &who, line.since, now, settings));
        }
        found
    }

    /// Time has passed: outages that have changed are told anew.
    pub fn pass(&mut self, now: Millis) -> Vec<Episode> {
        let due = self.outages.values_mut().filter(|o| o.changed && now - o.told >= UPDATE);
        due.map(|outage| {
            outage.told = now;
            outage.changed = false;
            outage.episode.clone()
        })
        .collect()
    }

    /// The logs have ended: nothing is left untold.
    pub fn finish(&mut self) -> Vec<Episode> {
        self.pass(Millis::MAX / 2)
    }

    /// Units on the board.
    pub fn units(&self) -> usize {
        self.seats.len()
    }

    fn leave(&mut self, who: &Who) {
        if let Some(seat) = self.seats.remove(who)
            && let Some(cell) = self.cells.get_mut(&seat.cell)
        {
            cell.remove(who);
            if cell.is_empty() {
                self.cells.remove(&seat.cell);
            }
        }
    }

    fn heard(&mut self, who: &Who, now: Millis) -> Option<Episode> {
        let seat = self.seats.get_mut(who)?;
        seat.silent.take()?;
        let cell = seat.cell;
        let outage = self.outages.get_mut(&cell)?;
        let silent = outage.members.get_mut(who).filter(|silent| **silent)?;
        *silent = false;
        outage.left -= 1;
        // Half of them are back: the rest have reasons of their own.
        if outage.left as usize * 2 >= outage.members.len() {
            return None;
        }
        let mut outage = self.outages.remove(&cell)?;
        outage.episode.ended = Some(now.max(outage.episode.onset));
        outage.episode.end_reason = Some(EndReason::Recovered);
        outage.episode.set(Measure::DurationS, (now - outage.episode.onset) / SECOND);
        Some(outage.episode)
    }

    fn fell_silent(
        &mut self,
        cell: u64,
        who: &Who,
        since: Millis,
        now: Millis,
        settings: &RegionalOutageSettings,
    ) -> Option<Episode> {
        let window = settings.window_s * SECOND;
        if let Some(outage) = self.outages.get_mut(&cell) {
            if since >= outage.episode.onset - window && since <= outage.newest + window {
                let seat = &self.seats[who];
                outage.newest = outage.newest.max(since);
                outage.join(who, seat);
                outage.changed = true;
            }
            return None;
        }
        let there = self.cells.get(&cell)?;
        let mut silent: Vec<(Millis, &Who)> = there
            .iter()
            .filter_map(|who| self.seats[who].silent.as_ref().map(|(since, _)| (*since, who)))
            .filter(|(t, _)| (t - since).abs() <= window)
            .collect();
        silent.sort_unstable();
        let (first, count) = fullest(&silent, since, window);
        let share = count as f64 / there.len() as f64;
        let many = count as i64 >= settings.units;
        if !(many || count >= FEWEST && share >= settings.share) {
            return None;
        }
        let members: Vec<Who> = silent[first..first + count].iter().map(|(_, who)| (*who).clone()).collect();
        let onset = silent[first].0;
        let newest = silent[first + count - 1].0;
        let reason = if many {
            format!("units>={}", settings.units)
        } else {
            format!("share>={}%", libm::round(settings.share * 100.0) as i64)
        };
        let mut episode = Episode::new(Kind::RegionalOutage, region::subject(cell), onset, now, Priority::Medium);
        episode.reasons.push(reason);
        episode.position = region::middle(cell);
        episode.seq = self.next;
        self.next += 1;
        let units = there.len() as u32;
        let mut outage =
            Outage { episode, newest, members: BTreeMap::new(), left: 0, units, told: now, changed: false };
        for who in &members {
            outage.join(who, &self.seats[who]);
        }
        let told = outage.episode.clone();
        self.outages.insert(cell, outage);
        Some(told)
    }
}

impl Outage {
    fn join(&mut self, who: &Who, seat: &Seat) {
        let alert = seat.silent.as_ref().map_or(String::new(), |(_, alert)| alert.clone());
        if self.members.insert(who.clone(), true) != Some(true) {
            self.left += 1;
        }
        if !alert.is_empty() && self.episode.children.len() < CHILDREN_MAX {
            let at = self.episode.children.partition_point(|known| *known < alert);
            if self.episode.children.get(at) != Some(&alert) {
                self.episode.children.insert(at, alert);
            }
        }
        self.episode.set(Measure::Count, self.members.len() as i64);
        self.episode.set(Measure::Units, i64::from(self.units).max(self.members.len() as i64));
        if seat.risk >= 2 {
            self.episode.escalate(Priority::High, "risk>=2");
        }
    }
}

/// The window holding `since` in which most fell silent: its first index and how many; the earliest of equals.
fn fullest(silent: &[(Millis, &Who)], since: Millis, window: Millis) -> (usize, usize) {
    let mut best = (0, 0);
    for (first, (from, _)) in silent.iter().enumerate().filter(|(_, (from, _))| *from <= since) {
        let count = silent[first..].iter().take_while(|(t, _)| *t <= from + window).count();
        if from + window >= since && count > best.1 {
            best = (first, count);
        }
    }
    best
}

impl State for Board {
    fn put(&self, out: &mut Vec<u8>) {
        self.seats.put(out);
        self.outages.put(out);
        self.next.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let seats: BTreeMap<Who, Seat> = State::get(from)?;
        let mut cells: BTreeMap<u64, BTreeSet<Who>> = BTreeMap::new();
        for (who, seat) in &seats {
            cells.entry(seat.cell).or_default().insert(who.clone());
        }
        Ok(Board { seats, cells, outages: State::get(from)?, next: State::get(from)? })
    }
}
