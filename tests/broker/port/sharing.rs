//! Partitions that come and go: nothing is read twice, nothing is left out, nothing of another's comes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kervan::delivery::Transactions;
use kervan::edge::kafka::KafkaBroker;
use kervan::pipeline::{Assignment, Batch, Broker, Event};

use super::drive::{fill, join, make, offset, settings};
use crate::cluster::{Plan, cluster};

const PARTITIONS: u32 = 8;

/// Reads, and commits what it has read when its partitions are taken away.
struct Member {
    broker: KafkaBroker,
    next: BTreeMap<u32, u64>,
    read: BTreeMap<u32, Vec<u64>>,
    assignments: usize,
}

impl Member {
    fn turn(&mut self) {
        let mut batches: Vec<Batch> = Vec::new();
        let event = self.broker.poll(Duration::from_millis(5), 500, &mut batches).unwrap();
        for batch in &batches {
            let next = self.next.get_mut(&batch.partition).expect("only partitions of ours are delivered");
            for record in batch.records() {
                assert_eq!(record.offset, *next, "partition {}: no gap, nothing twice", batch.partition);
                *next += 1;
                self.read.entry(batch.partition).or_default().push(record.offset);
            }
        }
        match event {
            Some(Event::Assigned(partitions)) => self.take_over(&partitions),
            Some(Event::Revoked) => self.give_back(),
            None => {}
        }
    }

    fn take_over(&mut self, partitions: &[u32]) {
        // The callback has long returned.
        std::thread::sleep(Duration::from_millis(150));
        let committed = self.broker.committed(partitions, Duration::from_secs(20)).unwrap();
        self.next = committed.iter().map(|c| (c.partition, c.next.unwrap_or(0))).collect();
        let from: Vec<Assignment> =
            self.next.iter().map(|(p, from)| Assignment { partition: *p, from: *from }).collect();
        self.broker.assign(&from).unwrap();
        self.assignments += 1;
    }

    fn give_back(&mut self) {
        let limit = Duration::from_secs(10);
        let offsets: Vec<_> = self.next.iter().map(|(p, next)| offset(*p, *next, &format!("at {next}"))).collect();
        if !offsets.is_empty() {
            self.broker.begin().unwrap();
            self.broker.offsets(&offsets, limit).unwrap();
            self.broker.commit(limit).unwrap();
        }
        self.broker.unassign();
        self.next.clear();
    }
}

fn member(settings: &kervan::edge::kafka::KafkaSettings) -> Member {
    Member { broker: join(settings), next: BTreeMap::new(), read: BTreeMap::new(), assignments: 0 }
}

#[test]
fn two_members_share_a_log_without_gap_or_overlap() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let first = settings(&cluster.bootstrap(), "sharing", "a");
    let second = settings(&cluster.bootstrap(), "sharing", "b");
    make(&first, PARTITIONS);
    fill(&first, PARTITIONS, 0..2_000, 50);
    let mut members = vec![member(&first)];
    let until = Instant::now() + Duration::from_secs(120);
    let turn = |members: &mut Vec<Member>, done: &dyn Fn(&[Member]) -> bool, what: &str| {
        while !done(members) {
            assert!(Instant::now() < until, "{what}");
            members.iter_mut().for_each(Member::turn);
        }
    };
    let read = |members: &[Member]| members.iter().flat_map(|m| m.read.values()).map(Vec::len).sum::<usize>();
    turn(&mut members, &|m| read(m) > 3_000, "one member reads");
    members.push(member(&second));
    turn(&mut members, &|m| m[1].next.len() == 4 && m[0].next.len() == 4, "two members have four partitions each");
    fill(&first, PARTITIONS, 2_000..3_000, 50);
    turn(&mut members, &|m| read(m) == 24_000, "everything is read");

    // The first goes for good: its session ends, and the second takes all.
    let mut gone = members.remove(0);
    gone.give_back();
    gone.broker.close();
    turn(&mut members, &|m| m[0].next.len() == 8, "the second has all partitions");
    fill(&first, PARTITIONS, 3_000..3_100, 50);
    turn(&mut members, &|m| read(m) + gone.read.values().map(Vec::len).sum::<usize>() == 24_800, "it reads on");
    for partition in 0..PARTITIONS {
        let mut all = gone.read.remove(&partition).unwrap_or_default();
        all.extend(members[0].read.remove(&partition).unwrap_or_default());
        assert!(all.iter().copied().eq(0..3_100), "partition {partition}: each record once, in order");
    }
    println!("assignments: {} and {}", gone.assignments, members[0].assignments);
}

#[test]
fn two_processes_of_a_slot_put_each_other_out_until_one_ends_and_names_it() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let settings = settings(&cluster.bootstrap(), "twins", "a");
    make(&settings, 2);
    let mut both = [super::drive::join_and_read(&settings), super::drive::join_and_read(&settings)];
    // Once it may be an outage (a client then puts itself out); two of one name do it to each other again and again.
    let mut fault = None;
    let ended = crate::cluster::within(Duration::from_secs(60), || {
        let wait = Duration::from_millis(50);
        fault = both.iter_mut().find_map(|broker| broker.poll(wait, 1000, &mut Vec::new()).err());
        fault.is_some()
    });
    assert!(ended, "two processes of one slot live on");
    let fault = fault.expect("it has ended");
    assert_eq!(fault.exit, 4);
    assert!(fault.message.contains("slot \"a\" of group \"twins\""), "{fault}");
}

#[test]
fn who_was_away_for_too_long_is_told_and_gets_its_partitions_anew() {
    let Some(cluster) = cluster(Plan::default()) else { return };
    let mut settings = settings(&cluster.bootstrap(), "away", "a");
    settings.max_poll = Duration::from_secs(6);
    make(&settings, 2);
    let mut broker = super::drive::join_and_read(&settings);
    let before = broker.membership();
    std::thread::sleep(Duration::from_secs(8));
    let event = super::drive::await_event(&mut broker, &mut Vec::new());
    assert_eq!(event, Event::Revoked);
    let now = broker.membership();
    assert!(now.lost || now.member != before.member, "{before:?} and {now:?}");
    broker.unassign();
    let event = super::drive::await_event(&mut broker, &mut Vec::new());
    assert_eq!(event, Event::Assigned(vec![0, 1]));
    println!("was {before:?}, is {:?}", broker.membership());
}
