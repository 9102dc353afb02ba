//! One alert from raise to end: what its revisions mean for the desk.

use super::super::alert::{Condition, Handling, Op};
use super::super::time::{DAY, MINUTE, Millis};
use super::{Heard, Scope, scopes};

/// Raise and clear so often within a minute is chatter.
const CHATTER: usize = 3;
/// Over by itself sooner than this is fleeting.
const FLEETING: Millis = MINUTE;
/// Active for longer than this is stale.
const STALE: Millis = DAY;

/// What a revision means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody is asked for.
    Annunciated,
    /// It has come and gone three times within a minute.
    Chattered,
    /// It was over by itself within a minute.
    Fleeted,
    /// Something that was annunciated is taken back.
    Retracted,
    /// Everybody who had to has acknowledged it.
    Acknowledged {
        /// When it was annunciated.
        annunciated: Millis,
        /// So long after that, milliseconds.
        after: Millis,
    },
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Story {
    rev: u32,
    on_desk: bool,
    /// It was annunciated and waits to be acknowledged since.
    waits_since: Option<Millis>,
    was_annunciated: bool,
    /// It is active, since.
    active_since: Option<Millis>,
    /// When it came and went, the last few times.
    turns: Vec<Millis>,
    /// When it was active for long: from, to.
    long: Vec<(Millis, Millis)>,
    scopes: Vec<Scope>,
}

impl Story {
    /// The next revision; one that is known says nothing.
    pub fn take(&mut self, heard: &Heard) -> Vec<News> {
        let mut news = Vec::new();
        if heard.rev <= self.rev {
            return news;
        }
        self.rev = heard.rev;
        let (now, on_desk) = (heard.log_time, heard.is_on_desk());
        if on_desk && (heard.op == Op::Raise || !self.on_desk) {
            news.push(News::Annunciated);
            self.waits_since = Some(now);
            self.was_annunciated = true;
        }
        let was_on_desk = std::mem::replace(&mut self.on_desk, on_desk);
        if self.turns(heard, on_desk || was_on_desk) {
            news.push(News::Chattered);
        }
        let by_itself = heard.op == Op::Clear && was_on_desk;
        if by_itself && self.active_since.is_some_and(|since| now - since < FLEETING) {
            news.push(News::Fleeted);
        }
        if heard.op == Op::Retract && self.was_annunciated {
            news.push(News::Retracted);
        }
        let known = matches!(heard.handling, Handling::Acknowledged | Handling::Closed);
        if matches!(heard.op, Op::Acknowledge | Op::Reset)
            && known
            && let Some(annunciated) = self.waits_since.take()
        {
            news.push(News::Acknowledged { annunciated, after: now - annunciated });
        }
        self.follow(heard);
        news
    }

    /// Whether the alert has turned often enough within a minute. What nobody is asked about chatters to nobody.
    fn turns(&mut self, heard: &Heard, counts: bool) -> bool {
        if !counts || !matches!(heard.op, Op::Raise | Op::Clear) {
            return false;
        }
        self.turns.retain(|t| heard.log_time - t < MINUTE);
        self.turns.push(heard.log_time);
        let often = self.turns.len() >= CHATTER;
        if often {
            self.turns.clear();
        }
        often
    }

    /// How long it is active; an entry of the journal bothers nobody, however long.
    fn follow(&mut self, heard: &Heard) {
        let active = heard.condition == Condition::Active && self.was_annunciated;
        match self.active_since {
            None if active => self.active_since = Some(heard.log_time),
            Some(since) if !active => {
                self.end(since, heard.log_time);
                self.active_since = None;
            }
            _ => {}
        }
        self.scopes = scopes(heard);
    }

    fn end(&mut self, since: Millis, now: Millis) {
        if now - since > STALE {
            self.long.push((since, now));
        }
    }

    /// Whose load it was, as it stands.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The days on which it was stale, up to `end` where it goes on.
    pub fn stale_days(&self, end: Millis) -> Vec<i64> {
        let open = self.active_since.map(|since| (since, end)).filter(|(since, end)| end - since > STALE);
        let mut days: Vec<i64> = Vec::new();
        for (since, to) in self.long.iter().copied().chain(open) {
            days.extend((since + STALE).div_euclid(DAY)..=to.div_euclid(DAY));
        }
        days.sort_unstable();
        days.dedup();
        days
    }
}
