//! Answers: as a table to look at, as CSV, NDJSON or Parquet to work with.
//!
//! Times are RFC 3339 with milliseconds, as everywhere in kervan. CSV knows no lists: they are written as text.

use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::csv;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::Writer as JsonWriter;
use datafusion::arrow::json::writer::{LineDelimited, WriterBuilder as JsonBuilder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches_with_options;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;

use super::error::SqlError;

/// RFC 3339, UTC, milliseconds.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";
/// The same without a zone, for timestamps that have none.
const LOCAL_TIME: &str = "%Y-%m-%dT%H:%M:%S%.3f";

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table with borders; held in memory until it is complete, for its widths.
    Table,
    /// RFC 4180 with a header line.
    Csv,
    /// NDJSON: an object a row, absent values left out.
    Json,
    /// One Parquet file, zstd.
    Parquet,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "table" => Ok(Format::Table),
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "parquet" => Ok(Format::Parquet),
            other => Err(format!("there is no format {other}; there are table, csv, json, parquet")),
        }
    }
}

type Out<'a> = &'a mut (dyn Write + Send);

/// An answer being written.
pub struct Answer<'a> {
    rows: u64,
    schema: SchemaRef,
    sink: Sink<'a>,
}

enum Sink<'a> {
    Table(Out<'a>, Vec<RecordBatch>),
    Csv(Box<csv::Writer<Out<'a>>>),
    Json(Box<JsonWriter<Out<'a>, LineDelimited>>),
    Parquet(Box<ArrowWriter<Out<'a>>>),
}

impl<'a> Answer<'a> {
    /// Begins an answer with these columns.
    ///
    /// # Errors
    /// A column type that the format cannot hold, or `out` fails.
    pub fn begin(format: Format, schema: SchemaRef, out: Out<'a>) -> Result<Answer<'a>, SqlError> {
        let sink = match format {
            Format::Table => Sink::Table(out, Vec::new()),
            Format::Csv => {
                let builder = csv::WriterBuilder::new().with_header(true);
                let builder = builder.with_timestamp_tz_format(TIME.to_owned());
                let builder = builder.with_timestamp_format(LOCAL_TIME.to_owned());
                let mut writer = Box::new(builder.build(out));
                // An answer without rows still has its header.
                writer.write(&flat(&RecordBatch::new_empty(Arc::clone(&schema)))?).map_err(arrow)?;
                Sink::Csv(writer)
            }
            Format::Json => {
                let builder = JsonBuilder::new().with_timestamp_tz_format(TIME.to_owned());
                Sink::Json(Box::new(builder.with_timestamp_format(LOCAL_TIME.to_owned()).build(out)))
            }
            Format::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(zstd).build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(parquet)?;
                Sink::Parquet(Box::new(writer))
            }
        };
        Ok(Answer { rows: 0, schema, sink })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// `out` fails.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        self.rows += batch.num_rows() as u64;
        match &mut self.sink {
            Sink::Table(_, batches) => {
                batches.push(batch.clone());
                Ok(())
            }
            Sink::Csv(writer) => writer.write(&flat(batch)?).map_err(arrow),
            Sink::Json(writer) => writer.write(batch).map_err(arrow),
            Sink::Parquet(writer) => writer.write(batch).map_err(parquet),
        }
    }

    /// Completes the answer; gives its rows.
    ///
    /// # Errors
    /// `out` fails.
    pub fn finish(self) -> Result<u64, SqlError> {
        match self.sink {
            Sink::Table(out, mut batches) => {
                if batches.is_empty() {
                    batches.push(RecordBatch::new_empty(self.schema));
                }
                writeln!(out, "{}", pretty_format_batches_with_options(&batches, &looks()).map_err(arrow)?)?;
                out.flush()?;
            }
            Sink::Csv(writer) => writer.into_inner().flush()?,
            Sink::Json(mut writer) => {
                writer.finish().map_err(arrow)?;
                writer.into_inner().flush()?;
            }
            Sink::Parquet(writer) => writer.into_inner().map_err(parquet)?.flush()?,
        }
        Ok(self.rows)
    }
}

fn looks() -> FormatOptions<'static> {
    FormatOptions::default().with_timestamp_tz_format(Some(TIME)).with_timestamp_format(Some(LOCAL_TIME))
}

/// The batch with nested columns as text.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, SqlError> {
    let schema = batch.schema();
    if !schema.fields().iter().any(|field| field.data_type().is_nested()) {
        return Ok(batch.clone());
    }
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            let options = looks();
            let texts = ArrayFormatter::try_new(column, &options).map_err(arrow)?;
            let texts: StringArray =
                (0..column.len()).map(|row| column.is_valid(row).then(|| texts.value(row).to_string())).collect();
            fields.push(Field::new(field.name(), DataType::Utf8, true));
            columns.push(Arc::new(texts));
        } else {
            fields.push(field.as_ref().clone());
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(arrow)
}

fn arrow(error: ArrowError) -> SqlError {
    match error {
        ArrowError::IoError(_, source) => SqlError::Output(source),
        other => SqlError::Statement(format!("this answer cannot be written in this format: {other}")),
    }
}

fn parquet(error: ParquetError) -> SqlError {
    match error {
        ParquetError::External(source) => SqlError::Output(std::io::Error::other(source)),
        ParquetError::ArrowError(message) => {
            SqlError::Statement(format!("this answer cannot be written as Parquet: {message}"))
        }
        other => SqlError::Output(std::io::Error::other(other)),
    }
}
