//! Names of tables, folders and files: `tracks/date=2026-05-01/p003-<start>-<next>.parquet`.

use crate::domain::time::{DAY, Millis, civil_from_days};
use std::path::{Path, PathBuf};

/// The tables of a lake, in the order in which a flush writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row per readable fix.
    Tracks,
    /// Every other readable record, verbatim.
    Records,
    /// One row a revision.
    Alerts,
    /// One row per change of a journey.
    Journeys,
    /// What could not be read.
    Rejects,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 5] = [Table::Tracks, Table::Records, Table::Alerts, Table::Journeys, Table::Rejects];

    /// Name of its folder and in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Table::Tracks => "tracks",
            Table::Records => "records",
            Table::Alerts => "alerts",
            Table::Journeys => "journeys",
            Table::Rejects => "rejects",
        }
    }

    /// The table of a name.
    pub fn from_name(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// A half-open span of offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Partition.
    pub partition: u32,
    /// First offset.
    pub start: u64,
    /// First offset behind it.
    pub next: u64,
}

impl Span {
    /// The span that a file name says, `p003-<start>-<next>[-<hash>].parquet`.
    pub fn of_file_name(path: &str) -> Option<Span> {
        let name = path.rsplit('/').next()?.strip_suffix(".parquet")?.strip_prefix('p')?;
        let mut parts = name.split('-');
        let span = Span {
            partition: parts.next()?.parse().ok()?,
            start: parts.next()?.parse().ok()?,
            next: parts.next()?.parse().ok()?,
        };
        (span.start <= span.next).then_some(span)
    }

    /// Whether the two have an offset in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.partition == other.partition && self.start < other.next && other.start < self.next
    }
}

/// `p003`.
pub(super) fn partition_name(partition: u32) -> String {
    format!("p{partition:03}")
}

/// Day number (from 1970) of an instant.
pub(super) fn day_of(time: Millis) -> i64 {
    time.div_euclid(DAY)
}

/// `2026-05-01`.
pub(super) fn date_name(day: i64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Final name of a file, relative to the lake.
pub(super) fn final_path(table: Table, day: i64, span: Span) -> String {
    let Span { partition, start, next } = span;
    format!("{}/date={}/{}-{start}-{next}.parquet", table.name(), date_name(day), partition_name(partition))
}

/// Folder of staged files of a partition, relative to the lake.
pub(super) fn stage_dir(partition: u32) -> String {
    format!("stage/{}", partition_name(partition))
}

/// Folder of the manifests of a partition.
pub(super) fn manifest_dir(dir: &Path, partition: u32) -> PathBuf {
    dir.join("manifest").join(partition_name(partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_its_span() {
        let span = Span { partition: 3, start: 17, next: 1_000_000 };
        let path = final_path(Table::Tracks, 20_574, span);
        assert_eq!(path, "tracks/date=2026-05-01/p003-17-1000000.parquet");
        assert_eq!(Span::of_file_name(&path), Some(span));
        assert_eq!(Span::of_file_name("tracks/p003-17-1000000-00ff00ff00ff00ff.parquet"), Some(span));
        for wrong in ["p003-17.parquet", "p003-17-1.parquet", "p003-17-18.parquet.part", "x003-1-2.parquet", ""] {
            assert_eq!(Span::of_file_name(wrong), None, "{wrong}");
        }
    }
}
