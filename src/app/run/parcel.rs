//! Outputs of a lane as records of the next transaction. What was sent before the last commit is left out.

use super::intake::head;
use crate::app::lane::Sink;
use crate::delivery::{Channel, Outgoing, Parcel};
use crate::domain::alert::Revision;
use crate::domain::second::line::EpisodeLine;
use crate::domain::time::Millis;
use crate::edge::wire::{self, Reject};
use crate::pipeline::Batch;

/// See the module.
pub struct ParcelSink<'a> {
    /// Where they are collected.
    pub parcel: &'a mut Parcel,
    /// The raw records: a reject keeps key and headers.
    pub batch: &'a Batch,
    /// C: outputs of records before it are out already.
    pub mute: u64,
    /// The log's topic.
    pub topic: &'a str,
    /// Records by type and outcome, counted here and told once a batch: a look-up of a metric costs as much as a fix.
    pub counts: Vec<(&'static str, &'static str, u64)>,
}

impl Drop for ParcelSink<'_> {
    fn drop(&mut self) {
        for (type_name, outcome, n) in &self.counts {
            metrics::counter!("kervan_records_total", "type" => *type_name, "outcome" => *outcome).increment(*n);
        }
    }
}

impl ParcelSink<'_> {
    fn push(&mut self, channel: Channel, key: Option<&[u8]>, value: Vec<u8>, headers: Vec<(String, Vec<u8>)>) {
        let key = key.map(<[u8]>::to_vec);
        self.parcel.records.push(Outgoing { channel, key, value, partition: None, headers });
    }
}

/// A revision for those who read every one, and for those who start late.
pub fn alert_records(revision: &Revision) -> [Outgoing; 2] {
    let value = value_of(|out| wire::encode_revision(revision, out));
    let source = &revision.source;
    let headers = vec![
        ("partition".to_owned(), source.partition.to_string().into_bytes()),
        ("offset".to_owned(), source.offset.to_string().into_bytes()),
    ];
    // A second-stage alert concerns no single unit: its subject is the key.
    let unit = revision.unit.as_deref().unwrap_or(&revision.subject).as_bytes().to_vec();
    let alert = revision.alert.as_bytes().to_vec();
    [(Channel::Latest, alert), (Channel::Alerts, unit)].map(|(channel, key)| Outgoing {
        channel,
        key: Some(key),
        value: value.clone(),
        partition: None,
        headers: headers.clone(),
    })
}

/// A line without its end: a record's value.
fn value_of(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut line = Vec::with_capacity(1_024);
    write(&mut line);
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    line
}

impl Sink for ParcelSink<'_> {
    fn record(&mut self, type_name: &'static str, outcome: &'static str, _timestamp: Option<Millis>) {
        match self.counts.iter_mut().find(|(t, o, _)| *t == type_name && *o == outcome) {
            Some((_, _, n)) => *n += 1,
            None => self.counts.push((type_name, outcome, 1)),
        }
    }

    fn reject(&mut self, reject: &Reject<'_>) {
        metrics::counter!("kervan_rejects_total", "reason" => reject.reason.to_owned()).increment(1);
        if reject.offset < self.mute {
            return;
        }
        let named = Reject { topic: Some(self.topic), ..*reject };
        let value = value_of(|out| wire::encode_reject(&named, out));
        let records = self.batch.records();
        let raw = records.binary_search_by_key(&reject.offset, |r| r.offset).ok().map(|i| &records[i]);
        let key = raw.and_then(|raw| self.batch.key(raw)).map(|key| head(key).to_vec());
        let headers = raw.map(|raw| raw.headers.clone()).unwrap_or_default();
        let partition = Some(reject.partition);
        self.parcel.records.push(Outgoing { channel: Channel::Rejects, key, value, partition, headers });
    }

    fn revision(&mut self, revision: &Revision) {
        let (kind, op) = (revision.kind.name(), revision.op.name());
        metrics::counter!("kervan_alerts_total", "kind" => kind, "op" => op).increment(1);
        if revision.source.offset < self.mute {
            return;
        }
        self.parcel.records.extend(alert_records(revision));
    }

    /// The second stage reads the topic: nothing is found here.
    fn episode(&mut self, line: EpisodeLine, _found: &mut Vec<Revision>) {
        if line.source.offset < self.mute {
            return;
        }
        let key = line.source.partition.to_string();
        let value = value_of(|out| wire::encode_episode_line(&line, out));
        self.push(Channel::Episodes, Some(key.as_bytes()), value, Vec::new());
    }
}
