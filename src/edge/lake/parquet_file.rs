//! One Parquet file: how it is encoded, opened and read.
//!
//! Files carry plain Parquet types and no Arrow schema, so that every engine sees the same columns. Numbers are delta-packed,
//! words have a dictionary, pages are compressed by zstd-1 and have statistics; the order of rows stands in the footer.

use super::column::{Column, Kind, engine_schema, schema};
use super::content::Parts;
use super::error::LakeError;
use super::manifest::LiveFile;
use super::names::{Span, Table};
use super::place::Lake;
use super::records::{RecordBatchView, RecordRow};
use super::tracks::TrackBatch;
use super::{alerts, journeys, records, rejects, tracks};
use crate::domain::output::TrackRow;
use crate::domain::record::Source;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Rows of a row group: small enough to hold in memory and to share out among cores, large enough that its footer costs nothing.
const ROW_GROUP_ROWS: usize = 256 * 1024;
/// Rows of a page: what a question about one unit decodes at least.
const PAGE_ROWS: usize = 16 * 1024;
/// Bytes of a dictionary before a column gives up on it: 200 000 unit ids of 15 characters.
const DICTIONARY_BYTES: usize = 4 * 1024 * 1024;

/// Columns of a table.
pub(super) fn columns(table: Table) -> &'static [Column] {
    match table {
        Table::Tracks => tracks::COLUMNS,
        Table::Records => records::COLUMNS,
        Table::Alerts => alerts::COLUMNS,
        Table::Journeys => journeys::COLUMNS,
        Table::Rejects => rejects::COLUMNS,
    }
}

/// The Arrow schema of a table as any engine finds it in its files (`date` is a value of the path and no column).
pub fn table_schema(table: Table) -> SchemaRef {
    engine_schema(columns(table))
}

/// Columns by which every file of a table is sorted, ascending.
pub fn sorted_by(table: Table) -> &'static [&'static str] {
    match table {
        Table::Tracks => tracks::SORTED_BY,
        Table::Records | Table::Alerts | Table::Journeys | Table::Rejects => records::SORTED_BY,
    }
}

fn properties(table: Table) -> Result<WriterProperties, ParquetError> {
    let columns = columns(table);
    let sorting = sorted_by(table).iter().filter_map(|name| columns.iter().position(|column| column.name == *name));
    let sorting =
        sorting.map(|index| SortingColumn { column_idx: index as i32, descending: false, nulls_first: false });
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_created_by(concat!("kervan ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_sorting_columns(Some(sorting.collect()));
    for column in columns {
        let path = ColumnPath::from(column.name);
        properties = properties.set_column_dictionary_enabled(path.clone(), column.kind == Kind::Word);
        if column.kind.is_number() {
            properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        } else if matches!(column.kind, Kind::Text | Kind::Bytes) {
            // Texts of a table are seldom asked for as a range; their bounds would be copies of them.
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    Ok(properties.build())
}

/// The bytes of a file that holds `batches`, one behind the other.
///
/// # Errors
/// Where the encoder fails: a fault of this program.
pub(super) fn encode(table: Table, batches: &[RecordBatch]) -> Result<Vec<u8>, LakeError> {
    let write = || -> Result<Vec<u8>, ParquetError> {
        let options = ArrowWriterOptions::new().with_properties(properties(table)?).with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema(columns(table)), options)?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.into_inner()
    };
    write().map_err(|error| LakeError::Encode { table: table.name(), source: error.into() })
}

/// A file of a lake whose footer has been read.
#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub path: PathBuf,
    lake: Lake,
    table: Table,
    metadata: ArrowReaderMetadata,
}

impl OpenFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// Where the file cannot be read, or its columns are not those of the table.
    pub fn open(lake: &Lake, table: Table, path: PathBuf) -> Result<OpenFile, LakeError> {
        let file = Parts(lake.open(&path)?);
        let options = ArrowReaderOptions::new()
            .with_schema(schema(columns(table)))
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options)
            .map_err(|error| LakeError::corrupt(&path, format!("not a file of table {}: {error}", table.name())))?;
        Ok(OpenFile { path, lake: lake.clone(), table, metadata })
    }

    /// Batches of the given columns (all but `without`) and rows (ranges in order; all where `None`).
    pub fn batches(
        &self,
        wanted: impl Fn(&str) -> bool,
        rows: Option<&[Range<usize>]>,
    ) -> Result<ParquetRecordBatchReader, LakeError> {
        let file = Parts(self.lake.open(&self.path)?);
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let indices = columns(self.table).iter().enumerate().filter(|(_, column)| wanted(column.name));
        let mask = ProjectionMask::leaves(builder.parquet_schema(), indices.map(|(index, _)| index));
        builder = builder.with_projection(mask).with_batch_size(16 * 1024);
        if let Some(rows) = rows {
            let (groups, selection) = self.restrict(rows);
            builder = builder.with_row_groups(groups).with_row_selection(selection);
        }
        builder.build().map_err(|error| LakeError::read(&self.path, error))
    }

    /// The row groups that hold any of the rows, and the rows within these groups.
    fn restrict(&self, rows: &[Range<usize>]) -> (Vec<usize>, RowSelection) {
        let (mut groups, mut ranges) = (Vec::new(), Vec::new());
        let (mut begin, mut kept) = (0, 0);
        for (index, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let end = begin + group.num_rows() as usize;
            let first = rows.partition_point(|range| range.end <= begin);
            let inside = rows[first..].iter().take_while(|range| range.start < end);
            let before = ranges.len();
            ranges.extend(inside.map(|r| r.start.max(begin) - begin + kept..r.end.min(end) - begin + kept));
            if ranges.len() > before {
                groups.push(index);
                kept += end - begin;
            }
            begin = end;
        }
        (groups, RowSelection::from_consecutive_ranges(ranges.into_iter(), kept))
    }

    /// Goes through the batches of [`OpenFile::batches`].
    pub fn each_batch(
        &self,
        wanted: impl Fn(&str) -> bool,
        rows: Option<&[Range<usize>]>,
        mut take: impl FnMut(&RecordBatch) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        for batch in self.batches(wanted, rows)? {
            take(&batch.map_err(|error| LakeError::corrupt(&self.path, format!("unreadable rows: {error}")))?)?;
        }
        Ok(())
    }
}

/// Every row of a file of `tracks`, ordered by offset.
///
/// # Errors
/// Where the file cannot be read, or holds what cannot be.
pub fn read_tracks(dir: &Path, file: &LiveFile) -> Result<Vec<(Source, TrackRow)>, LakeError> {
    let open = OpenFile::open(&Lake::local(dir), Table::Tracks, file.path_in(dir))?;
    let mut rows = Vec::with_capacity(file.entry.rows as usize);
    open.each_batch(
        |_| true,
        None,
        |batch| {
            let batch = TrackBatch::of(batch, &open.path);
            for row in 0..batch.len() {
                rows.push((batch.source(row)?, batch.row(row)?));
            }
            Ok(())
        },
    )?;
    rows.sort_by_key(|(source, _)| source.offset);
    check_span(&open.path, file.span, rows.iter().map(|(source, _)| source))?;
    Ok(rows)
}

/// Every row of a file of `records`, ordered by offset.
///
/// # Errors
/// Where the file cannot be read, or holds what cannot be.
pub fn read_records(dir: &Path, file: &LiveFile) -> Result<Vec<RecordRow>, LakeError> {
    let open = OpenFile::open(&Lake::local(dir), Table::Records, file.path_in(dir))?;
    let mut rows = Vec::with_capacity(file.entry.rows as usize);
    open.each_batch(
        |_| true,
        None,
        |batch| {
            let batch = RecordBatchView::of(batch, &open.path);
            for row in 0..batch.len() {
                rows.push(batch.row(row)?);
            }
            Ok(())
        },
    )?;
    rows.sort_by_key(|row| row.source.offset);
    check_span(&open.path, file.span, rows.iter().map(|row| &row.source))?;
    Ok(rows)
}

/// Whether rows lie where the name of their file says.
pub(super) fn check_span<'s>(
    path: &Path,
    span: Span,
    mut sources: impl Iterator<Item = &'s Source>,
) -> Result<(), LakeError> {
    let inside =
        |source: &Source| source.partition == span.partition && (span.start..span.next).contains(&source.offset);
    match sources.find(|source| !inside(source)) {
        None => Ok(()),
        Some(source) => Err(LakeError::corrupt(
            path,
            format!(
                "a row of partition {} offset {} lies outside the span of the file",
                source.partition, source.offset
            ),
        )),
    }
}
