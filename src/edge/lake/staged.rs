//! The set of files that one flush has made durable, as the checkpoint of the caller names it.

use crate::domain::time::{Millis, Rfc3339};
use serde::{Deserialize, Serialize};

/// A file as a manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Table, as [`super::Table::name`].
    pub table: String,
    /// Final path, relative to the lake.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Length of the file.
    pub bytes: u64,
    /// First event time: of fixes in `tracks`, of heartbeats in `records`, null elsewhere and where there is none.
    #[serde(with = "instant")]
    pub min_fix_time: Option<Millis>,
    /// Last event time.
    #[serde(with = "instant")]
    pub max_fix_time: Option<Millis>,
    /// BLAKE3 of the file, 64 lower-case hex digits.
    pub blake3: String,
}

/// A durable file that has no final name yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedFile {
    /// Where it lies, relative to the lake.
    pub stage: String,
    /// What the manifest will say of it.
    #[serde(flatten)]
    pub entry: FileEntry,
}

/// Everything one flush made durable. Written into the checkpoint (as JSON, through serde) before it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Format of this list: 1.
    pub format: u32,
    /// Partition.
    pub partition: u32,
    /// First offset of the span.
    pub start: u64,
    /// First offset behind it.
    pub next: u64,
    /// The files, in the order of the tables and days.
    pub files: Vec<StagedFile>,
}

/// Instants as RFC 3339; an integer (milliseconds) where the year has not four digits, so that nothing is unreadable.
mod instant {
    use super::{Millis, Rfc3339};
    use serde::{Deserialize, Deserializer, Serializer};

    const YEAR_0: Millis = -62_167_219_200_000;
    const YEAR_10000: Millis = 253_402_300_800_000;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Instant {
        Millis(Millis),
        Text(String),
    }

    // The signature is serde's.
    #[allow(clippy::ref_option)]
    pub fn serialize<S: Serializer>(time: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            None => serializer.serialize_none(),
            Some(time) if (YEAR_0..YEAR_10000).contains(time) => serializer.collect_str(&Rfc3339(*time)),
            Some(time) => serializer.serialize_i64(*time),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Millis>, D::Error> {
        match Option::<Instant>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Instant::Millis(time)) => Ok(Some(time)),
            Some(Instant::Text(text)) => match chrono::DateTime::parse_from_rfc3339(&text) {
                Ok(time) => Ok(Some(time.timestamp_millis())),
                Err(error) => Err(serde::de::Error::custom(format!("{text}: {error}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_set_survives_json_with_any_instant() {
        for time in [None, Some(0), Some(1_777_622_400_123), Some(i64::MAX), Some(i64::MIN), Some(253_402_300_800_000)]
        {
            let entry = FileEntry {
                table: "tracks".into(),
                path: "tracks/date=2026-05-01/p000-0-9.parquet".into(),
                rows: 9,
                bytes: 100,
                min_fix_time: time,
                max_fix_time: time,
                blake3: "00".repeat(32),
            };
            let files = vec![StagedFile { stage: "stage/p000/x.parquet.part".into(), entry }];
            let staged = Staged { format: 1, partition: 0, start: 0, next: 9, files };
            let text = serde_json::to_string(&staged).unwrap();
            assert_eq!(serde_json::from_str::<Staged>(&text).unwrap(), staged, "{text}");
        }
        let staged = r#""min_fix_time":"2026-05-01T08:00:00.123Z""#;
        let entry = FileEntry {
            table: String::new(),
            path: String::new(),
            rows: 0,
            bytes: 0,
            min_fix_time: Some(1_777_622_400_123),
            max_fix_time: None,
            blake3: String::new(),
        };
        assert!(serde_json::to_string(&entry).unwrap().contains(staged));
    }
}
