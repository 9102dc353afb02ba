//! Whether a commit of ours may still count.
//!
//! A broker accepts a commit of any live member for any partition, even for one that another member owns by now, and with
//! generation -1 it checks nothing (KAFKA, 2). So the guard stands on our side: who we were when the partitions were given
//! to us is who we must still be.

use std::time::Duration;

/// What the client says of itself, asked freshly each time.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Membership {
    /// Empty before the first join and after an eviction.
    pub member: String,
    /// -1 before the first join.
    pub generation: i32,
    /// The client knows that its assignment is gone.
    pub lost: bool,
}

/// Who we were at the assignment.
#[derive(Clone, Debug)]
pub struct Guard {
    member: String,
    generation: i32,
    /// Longest silence between two polls after which the group may have evicted us unnoticed.
    silence: Duration,
}

impl Guard {
    /// Remembers the membership at an assignment; `max_poll` is the client's `max.poll.interval.ms`.
    pub fn at_assignment(membership: &Membership, max_poll: Duration) -> Guard {
        Guard { member: membership.member.clone(), generation: membership.generation, silence: max_poll * 4 / 5 }
    }

    /// Why nothing may be committed any more, or `None` where it may.
    pub fn objection(&self, now: &Membership, since_poll: Duration) -> Option<String> {
        if now.lost {
            return Some("the assignment is lost".to_owned());
        }
        if now.member.is_empty() || now.member != self.member {
            return Some(format!("this member was {:?} and is {:?}", self.member, now.member));
        }
        if now.generation < self.generation {
            return Some(format!(
                "generation {} is older than that of the assignment, {}",
                now.generation, self.generation
            ));
        }
        (since_poll >= self.silence).then(|| format!("not polled for {} ms", since_poll.as_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, generation: i32) -> Membership {
        Membership { member: name.to_owned(), generation, lost: false }
    }

    #[test]
    fn only_who_was_assigned_may_commit() {
        let guard = Guard::at_assignment(&member("a", 4), Duration::from_secs(10));
        let soon = Duration::from_secs(1);
        assert_eq!(guard.objection(&member("a", 4), soon), None);
        assert_eq!(guard.objection(&member("a", 5), soon), None, "a rebalance that changed nothing for us");
        assert!(guard.objection(&member("a", 3), soon).is_some());
        assert!(guard.objection(&member("", 4), soon).is_some(), "evicted during a rebalance (P4)");
        assert!(guard.objection(&member("b", 5), soon).is_some(), "rejoined in the background");
        assert!(guard.objection(&Membership { lost: true, ..member("a", 4) }, soon).is_some());
        assert!(guard.objection(&member("a", 4), Duration::from_secs(8)).is_some());
    }
}
