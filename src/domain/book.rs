//! The episodes of one machine: open, changed, and closed so recently that they may return.

use super::codec::{Reader, State, StateError};
use super::episode::{EndReason, Episode, Measure};
use super::nuisance::{Cover, RateGuard, Terms, covers};
use super::seldom::Blank;
use super::time::Millis;

/// See the module.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Book {
    open: Vec<Episode>,
    recent: Vec<Episode>,
    /// Numbers that are not forgotten, however long they have been closed: see [`Book::hold_back`].
    held_back: Vec<u32>,
    next: u32,
    covers: Vec<Cover>,
    guard: RateGuard,
    changed: Vec<Episode>,
}

impl Blank for Book {
    const BLANK: &'static Self = &Book {
        open: Vec::new(),
        recent: Vec::new(),
        held_back: Vec::new(),
        next: 0,
        covers: Vec::new(),
        guard: RateGuard::NEW,
        changed: Vec::new(),
    };
}

impl State for Book {
    fn put(&self, out: &mut Vec<u8>) {
        let Book { open, recent, held_back, next, covers, guard, changed: _ } = self;
        open.put(out);
        recent.put(out);
        held_back.put(out);
        next.put(out);
        covers.put(out);
        guard.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Book {
            open: State::get(from)?,
            recent: State::get(from)?,
            held_back: State::get(from)?,
            next: State::get(from)?,
            covers: State::get(from)?,
            guard: State::get(from)?,
            changed: Vec::new(),
        })
    }
}

impl Book {
    /// Opens an episode, or re-opens the one that ended at most the hold before its onset. Returns its number.
    #[cold]
    pub fn raise(&mut self, mut episode: Episode, terms: Terms) -> u32 {
        let hold = terms.hold;
        episode.parent = self.covers.iter().rfind(|c| covers(c.kind, episode.kind)).map(|c| c.parent);
        let may_return = |old: &Episode| old.ended.is_some_and(|end| end + hold >= episode.raised);
        self.recent.retain(|old| may_return(old) || self.held_back.contains(&old.seq));
        let returning = self.recent.iter().rposition(|old| {
            terms.returns
                && episode.ended.is_none()
                && old.same_matter(&episode)
                && may_return(old)
                // A track that has proved itself is left by another jump, not by the same.
                && old.end_reason != Some(EndReason::Consistent)
                && old.ended.is_some_and(|end| end + hold >= episode.onset)
        });
        if let Some(at) = returning {
            let mut old = self.recent.remove(at);
            old.ended = None;
            old.end_reason = None;
            old.priority = old.priority.max(episode.priority);
            old.parent = episode.parent;
            old.set(Measure::Occurrences, old.get(Measure::Occurrences).unwrap_or(1) + 1);
            for fix in &episode.fixes {
                old.rest_on(fix.time, fix.position);
            }
            self.changed.push(old.clone());
            let seq = old.seq;
            self.open.push(old);
            return seq;
        }
        self.guard.pass(&mut episode, terms.per_hour);
        episode.seq = self.next;
        self.next += 1;
        let seq = episode.seq;
        self.changed.push(episode.clone());
        if episode.ended.is_none() {
            self.open.push(episode);
        }
        seq
    }

    /// Changes an open episode and publishes the change.
    #[cold]
    pub fn update(&mut self, seq: u32, change: impl FnOnce(&mut Episode)) {
        if let Some(episode) = self.open.iter_mut().find(|e| e.seq == seq) {
            change(episode);
            self.changed.push(episode.clone());
        }
    }

    /// Closes an open episode; what it covers without a term of its own stands alone from here on.
    #[cold]
    pub fn close(&mut self, seq: u32, ended: Millis, reason: EndReason, change: impl FnOnce(&mut Episode)) {
        if let Some(at) = self.open.iter().position(|e| e.seq == seq) {
            let mut episode = self.open.remove(at);
            change(&mut episode);
            episode.ended = Some(ended.max(episode.onset));
            episode.end_reason = Some(reason);
            self.changed.push(episode.clone());
            self.recent.push(episode);
            // At the end of the journey everything ends: nothing is left to stand alone.
            self.release(|cover| cover.parent == seq && cover.until.is_none() && reason != EndReason::JourneyEnd);
        }
    }

    /// These episodes may yet go on ([`Book::go_on`]): they stay among the [`Book::unfinished`], also when they are closed
    /// or withdrawn meanwhile. Replaces what was held back before.
    pub fn hold_back(&mut self, seqs: impl IntoIterator<Item = u32>) {
        self.held_back = seqs.into_iter().collect();
    }

    /// What had ended has not: the same episode goes on, under its own number, so that no second one has its identity.
    /// Returns whether it is open now.
    #[cold]
    pub fn go_on(&mut self, seq: u32) -> bool {
        if let Some(at) = self.recent.iter().position(|e| e.seq == seq) {
            let mut episode = self.recent.remove(at);
            episode.ended = None;
            episode.end_reason = None;
            episode.withdrawn = false;
            episode.parent = episode.parent.filter(|parent| self.covers.iter().any(|c| c.parent == *parent));
            self.changed.push(episode.clone());
            self.open.push(episode);
        }
        self.open(seq).is_some()
    }

    /// Takes an open episode back: it never was.
    #[cold]
    pub fn withdraw(&mut self, seq: u32) {
        if let Some(at) = self.open.iter().position(|e| e.seq == seq) {
            let mut episode = self.open.remove(at);
            episode.withdrawn = true;
            self.changed.push(episode.clone());
            if self.held_back.contains(&seq) {
                self.recent.push(episode);
            }
            self.release(|cover| cover.parent == seq);
        }
    }

    /// From now on an open episode covers what is found below it, up to an instant or to its end.
    #[cold]
    pub fn cover(&mut self, parent: u32, until: Option<Millis>) {
        let Some(kind) = self.open(parent).map(|e| e.kind) else { return };
        self.covers.retain(|c| c.parent != parent);
        self.covers.push(Cover { parent, kind, until });
    }

    /// One open episode is hung below another.
    pub fn hang(&mut self, child: u32, parent: u32) {
        if self.open(child).is_some_and(|e| e.parent.is_none()) {
            self.update(child, |e| e.parent = Some(parent));
        }
    }

    /// When a closed episode ended, as long as it may return.
    pub fn end_of(&self, seq: u32) -> Option<Millis> {
        self.recent.iter().find(|e| e.seq == seq).and_then(|e| e.ended)
    }

    /// What is open already and belongs below a parent is folded into it.
    #[cold]
    pub fn fold(&mut self, parent: u32) {
        let Some(kind) = self.open(parent).map(|e| e.kind) else { return };
        for episode in self.open.iter_mut().filter(|e| covers(kind, e.kind) && e.parent.is_none()) {
            episode.parent = Some(parent);
            self.changed.push(episode.clone());
        }
    }

    /// A cover ends no later than this.
    pub fn cover_until(&mut self, parent: u32, until: Millis) {
        for cover in self.covers.iter_mut().filter(|c| c.parent == parent) {
            cover.until = Some(cover.until.map_or(until, |before| before.min(until)));
        }
    }

    /// When the next cover ends by itself.
    pub fn next_release(&self) -> Option<Millis> {
        self.covers.iter().filter_map(|c| c.until).min()
    }

    /// Ends every cover that is due at `now`: what still holds below stands alone from here on.
    pub fn release_due(&mut self, now: Millis) {
        self.release(|cover| cover.until.is_some_and(|until| until <= now));
    }

    #[cold]
    fn release(&mut self, over: impl Fn(&Cover) -> bool) {
        let ended: Vec<u32> = self.covers.iter().filter(|c| over(c)).map(|c| c.parent).collect();
        self.covers.retain(|c| !over(c));
        for episode in self.open.iter_mut().filter(|e| e.parent.is_some_and(|p| ended.contains(&p))) {
            episode.parent = None;
            self.changed.push(episode.clone());
        }
    }

    /// An open episode.
    pub fn open(&self, seq: u32) -> Option<&Episode> {
        self.open.iter().find(|e| e.seq == seq)
    }

    /// Every open episode.
    pub fn all_open(&self) -> &[Episode] {
        &self.open
    }

    /// Open and recently closed episodes: what a replay from here may still change.
    pub fn unfinished(&self) -> impl Iterator<Item = &Episode> {
        self.open.iter().chain(&self.recent)
    }

    /// The number that the next episode gets.
    pub fn next_seq(&self) -> u32 {
        self.next
    }

    /// Whether anything changed since the last [`Book::take_changed`].
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Everything that changed, the last state of each, by number.
    #[cold]
    pub fn take_changed(&mut self) -> Vec<Episode> {
        let mut changed = std::mem::take(&mut self.changed);
        // The last state of each stands; a stable sort keeps the order of changes inside one number.
        changed.reverse();
        changed.sort_by_key(|e| e.seq);
        changed.dedup_by_key(|e| e.seq);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::{Kind, Priority};
    use super::*;

    const TERMS: Terms = Terms { hold: 300_000, returns: true, per_hour: 100 };

    fn episode(kind: Kind, onset: Millis) -> Episode {
        Episode::new(kind, "stop", onset, onset + 10, Priority::Low)
    }

    #[test]
    fn what_is_held_back_goes_on_under_its_own_number() {
        let mut book = Book::default();
        let (stop, refuted) =
            (book.raise(episode(Kind::UnusualStop, 0), TERMS), book.raise(episode(Kind::Overstay, 0), TERMS));
        book.hold_back([stop, refuted]);
        book.close(stop, 100, EndReason::Over, |_| {});
        book.withdraw(refuted);
        book.raise(episode(Kind::ZoneEnter, 9_000_000), TERMS);
        assert!(book.unfinished().any(|e| e.seq == stop), "a replay from here may still change it");
        book.take_changed();
        assert!(book.go_on(stop) && book.go_on(refuted));
        let changed = book.take_changed();
        assert_eq!(
            changed.iter().map(|e| (e.seq, e.ended, e.withdrawn)).collect::<Vec<_>>(),
            [(stop, None, false), (refuted, None, false)]
        );
        book.close(stop, 9_500_000, EndReason::Over, |_| {});
        book.hold_back([]);
        book.raise(episode(Kind::ZoneEnter, 20_000_000), TERMS);
        assert!(!book.go_on(stop), "forgotten in the end");
    }

    #[test]
    fn another_episode_does_not_end_the_hold_of_the_rest() {
        let mut book = Book::default();
        let zone = book.raise(episode(Kind::ZoneEnter, 0), TERMS);
        book.close(zone, 1_000, EndReason::Over, |_| {});
        let stop = book.raise(episode(Kind::UnusualStop, 100_000), TERMS.anew());
        book.close(stop, 150_000, EndReason::Over, |_| {});
        assert_eq!(book.raise(episode(Kind::ZoneEnter, 200_000), TERMS), zone, "within the hold: the same");
        assert_ne!(book.raise(episode(Kind::UnusualStop, 160_000), TERMS.anew()), stop, "another stop is another stop");
    }
}
