//! A broker that is away: nothing faults, nothing is lost, nobody hangs.

use std::time::{Duration, Instant};

use kervan::delivery::{Fault, Transactions};
use kervan::edge::kafka::KafkaBroker;
use kervan::pipeline::{Batch, Broker};

use super::drive::{alert, committed_values, fill, join_and_read, make, offset, settings};
use crate::cluster::{Plan, cluster};

/// Reads until so many records have come; returns the offsets of partition 0.
fn read(broker: &mut KafkaBroker, count: usize) -> Vec<u64> {
    let (mut offsets, mut batches) = (Vec::new(), Vec::<Batch>::new());
    let until = Instant::now() + Duration::from_secs(90);
    while offsets.len() < count {
        assert!(Instant::now() < until, "{} of {count} records came", offsets.len());
        batches.clear();
        broker.poll(Duration::from_millis(50), 100, &mut batches).unwrap();
        offsets.extend(batches.iter().flat_map(Batch::records).map(|r| r.offset));
    }
    offsets
}

#[test]
fn an_outage_in_the_middle_of_a_transaction_passes() {
    let Some(mut cluster) = cluster(Plan::default()) else { return };
    let mut settings = settings(&cluster.bootstrap(), "outage", "a");
    // Both outlast the outage: what happens where they do not is another story.
    settings.transaction_timeout = Duration::from_secs(60);
    settings.options.insert("session.timeout.ms".to_owned(), "120000".to_owned());
    make(&settings, 1);
    fill(&settings, 1, 0..10, 10);
    let mut broker = join_and_read(&settings);
    assert!(read(&mut broker, 10).into_iter().eq(0..10));
    let short = Duration::from_secs(2);

    broker.begin().unwrap();
    broker.send(&alert("unit", "before")).unwrap();
    broker.drain(Duration::from_secs(20)).unwrap();
    cluster.kill(0);
    broker.send(&alert("unit", "meanwhile")).unwrap();
    assert!(matches!(broker.drain(short), Err(Fault::Abortable(_))));
    assert!(matches!(broker.committed(&[0], short), Err(Fault::Retriable(_))));
    assert!(matches!(broker.bounds(0), Err(Fault::Retriable(_))));
    assert!(matches!(broker.abort(short), Err(Fault::Retriable(_))));
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        broker.tick(0, 0);
        broker.poll(Duration::from_millis(50), 100, &mut Vec::new()).unwrap();
    }

    cluster.start_all();
    let until = Instant::now() + Duration::from_secs(60);
    while let Err(fault) = broker.abort(short) {
        assert!(matches!(fault, Fault::Retriable(_)) && Instant::now() < until, "{fault:?}");
    }
    broker.begin().unwrap();
    broker.send(&alert("unit", "after")).unwrap();
    broker.drain(Duration::from_secs(30)).unwrap();
    while let Err(fault) = broker.offsets(&[offset(0, 10, "")], short) {
        assert!(matches!(fault, Fault::Retriable(_)) && Instant::now() < until, "{fault:?}");
    }
    broker.commit(Duration::from_secs(30)).unwrap();
    assert_eq!(committed_values(&settings, &settings.topics.alerts), ["after"]);
    fill(&settings, 1, 10..20, 10);
    // Ticks of the outage may have come in between.
    let read = read(&mut broker, 10);
    assert!(read[0] >= 10 && read.windows(2).all(|pair| pair[1] == pair[0] + 1), "{read:?}");

    // Leaving does not wait for a broker.
    cluster.kill(0);
    let began = Instant::now();
    broker.close();
    drop(broker);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
