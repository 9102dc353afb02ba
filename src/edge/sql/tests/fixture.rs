//! A lake of a few files.

use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{
    ArrayRef, Decimal32Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use tempfile::TempDir;

use crate::edge::sql::{Format, LakeFile, Session, SqlError, TableFiles};

/// 2026-05-01T00:00:00Z.
pub const MAY_1: i64 = 1_777_593_600_000;
pub const DAY: i64 = 86_400_000;

pub fn track_schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("unit", DataType::Utf8, false),
        Field::new("fix_time", time, false),
        Field::new("lat", DataType::Decimal32(9, 6), false),
        Field::new("lon", DataType::Decimal32(9, 6), false),
        Field::new("speed", DataType::Decimal32(9, 2), true),
    ]))
}

pub fn revision_schema(key: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(key, DataType::Utf8, false),
        Field::new("rev", DataType::Int32, false),
        Field::new("text", DataType::Utf8, true),
    ]))
}

pub fn text_schema(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("_offset", DataType::Int64, false), Field::new(name, DataType::Utf8, true)]))
}

/// A fix of the fixture: unit, milliseconds since [`MAY_1`], latitude and longitude in 1e-6 degrees, speed in cm/s.
pub type Row = (&'static str, i64, i32, i32, Option<i32>);

pub fn tracks(rows: &[Row]) -> RecordBatch {
    let decimals = |values: Vec<Option<i32>>, scale| {
        Arc::new(Decimal32Array::from(values).with_precision_and_scale(9, scale).unwrap()) as ArrayRef
    };
    let times: TimestampMillisecondArray = rows.iter().map(|row| Some(MAY_1 + row.1)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>()),
        Arc::new(times.with_timezone("UTC")),
        decimals(rows.iter().map(|row| Some(row.2)).collect(), 6),
        decimals(rows.iter().map(|row| Some(row.3)).collect(), 6),
        decimals(rows.iter().map(|row| row.4).collect(), 2),
    ];
    RecordBatch::try_new(track_schema(), columns).unwrap()
}

pub fn revisions(key: &str, rows: &[(&str, i32, &str)]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>()),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.1))),
        Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>()),
    ];
    RecordBatch::try_new(revision_schema(key), columns).unwrap()
}

pub fn texts(name: &str, rows: &[(i64, &str)]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>()),
    ];
    RecordBatch::try_new(text_schema(name), columns).unwrap()
}

/// A lake that grows; its list of files is what a session asks for.
pub struct Lake {
    pub dir: TempDir,
    pub tables: Arc<Mutex<Vec<TableFiles>>>,
}

impl Lake {
    /// All tables, no files.
    pub fn empty() -> Lake {
        let table = |name: &str, schema, sorted_by: &[&str]| TableFiles {
            name: name.to_owned(),
            schema,
            sorted_by: sorted_by.iter().map(|name| (*name).to_owned()).collect(),
            dated: true,
            files: Vec::new(),
        };
        let tables = vec![
            table("tracks", track_schema(), &["unit", "fix_time"]),
            table("records", text_schema("json"), &[]),
            table("alerts", revision_schema("alert"), &[]),
            table("journeys", revision_schema("journey"), &[]),
            table("rejects", text_schema("reason"), &[]),
        ];
        Lake { dir: tempfile::tempdir().unwrap(), tables: Arc::new(Mutex::new(tables)) }
    }

    /// Two days of two units in three files, and a few rows in every other table.
    pub fn small() -> Lake {
        let lake = Lake::empty();
        let first = [("A", 0, 40_100_000, 29_200_000, Some(1250)), ("A", 60_000, 40_100_001, 29_200_500, None)];
        lake.add("tracks", "date=2026-05-01/p000-0-2", &tracks(&first));
        lake.add("tracks", "date=2026-05-01/p001-0-1", &tracks(&[("B", 30_000, 36_800_000, 34_600_000, Some(0))]));
        let second =
            [("A", DAY, 40_200_000, 29_300_000, Some(2000)), ("B", DAY + 1000, 36_900_000, 34_700_000, Some(10))];
        lake.add("tracks", "date=2026-05-02/p000-2-4", &tracks(&second));
        lake.add("records", "date=2026-05-01/p000-0-2", &texts("json", &[(1, "{}")]));
        let alerts = [("a1", 1, "raise"), ("a2", 1, "raise"), ("a1", 2, "clear")];
        lake.add("alerts", "date=2026-05-01/p000-0-2", &revisions("alert", &alerts));
        lake.add(
            "alerts",
            "date=2026-05-02/p000-2-4",
            &revisions("alert", &[("a2", 2, "retract"), ("a3", 1, "raise")]),
        );
        lake.add(
            "journeys",
            "date=2026-05-01/p000-0-2",
            &revisions("journey", &[("J1", 1, "open"), ("J1", 10, "closed")]),
        );
        lake.add("rejects", "date=2026-05-01/p000-0-2", &texts("reason", &[(3, "json")]));
        lake
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file and names it in the list.
    pub fn add(&self, table: &str, name: &str, batch: &RecordBatch) -> PathBuf {
        let path = self.path().join(table).join(format!("{name}.parquet"));
        create_dir_all(path.parent().unwrap()).unwrap();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(Default::default()))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_max_row_group_row_count(Some(1000))
            .set_data_page_row_count_limit(100)
            .set_write_batch_size(100)
            .build();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        let times = batch.column_by_name("fix_time");
        let times = times.map(|times| times.as_any().downcast_ref::<TimestampMillisecondArray>().unwrap());
        let file = LakeFile {
            path: path.clone(),
            rows: batch.num_rows() as u64,
            bytes: path.metadata().unwrap().len(),
            min_fix_time: times.and_then(arrow::compute::min),
            max_fix_time: times.and_then(arrow::compute::max),
        };
        let mut tables = self.tables.lock().unwrap();
        tables.iter_mut().find(|known| known.name == table).unwrap().files.push(file);
        path
    }

    pub fn session(&self) -> Session {
        let tables = Arc::clone(&self.tables);
        Session::new(Box::new(move || Ok(tables.lock().unwrap().clone()))).unwrap()
    }
}

/// The answer in a format, or the error.
pub fn ask(session: &Session, sql: &str, format: Format) -> Result<String, SqlError> {
    let mut out = Vec::new();
    session.run(sql, format, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// The answer as CSV lines without the header; a line that is one null (`""`, lest it be a blank line) as nothing.
pub fn rows(session: &Session, sql: &str) -> Vec<String> {
    let text = ask(session, sql, Format::Csv).unwrap_or_else(|error| panic!("{sql}: {error}"));
    text.lines().skip(1).map(|line| if line == "\"\"" { String::new() } else { line.to_owned() }).collect()
}

impl Lake {
    /// A session, and the lake that must outlive it.
    pub fn session_kept(self) -> (Lake, Session) {
        let session = self.session();
        (self, session)
    }
}
