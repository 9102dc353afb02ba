//! Columns of a table in one place: name, kind, nullability. Schema, file properties, writing and reading follow from it.
//!
//! Numbers pass through here as `i64`, the integers of the domain; their kind says how Parquet keeps them. A value too large
//! for its decimal is cut to the largest one (an odometer of 10^17 m): the row stands.

use super::error::LakeError;
use super::names::Table;
use crate::domain::time::Millis;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal32Array, Decimal64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Field, Int32Type, Int64Type, Schema, SchemaRef, TimeUnit,
    TimestampMillisecondType, UInt64Type,
};
use std::sync::Arc;

/// How Parquet keeps a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8 with few distinct values: dictionary.
    Word,
    /// UTF-8, every value its own.
    Text,
    /// Bytes as they came.
    Bytes,
    /// Yes or no.
    Flag,
    /// INT32.
    Int,
    /// INT64.
    Long,
    /// INT64, unsigned.
    Unsigned,
    /// DECIMAL(precision, scale) in INT32.
    Decimal32(u8, i8),
    /// DECIMAL(precision, scale) in INT64.
    Decimal64(u8, i8),
    /// UTC, milliseconds.
    Time,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
}

/// A column that always has a value.
pub(super) const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

/// A column that may be null.
pub(super) const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true }
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Kind::Word | Kind::Text => DataType::Utf8,
            Kind::Bytes => DataType::Binary,
            Kind::Flag => DataType::Boolean,
            Kind::Int => DataType::Int32,
            Kind::Long => DataType::Int64,
            Kind::Unsigned => DataType::UInt64,
            Kind::Decimal32(precision, scale) => DataType::Decimal32(precision, scale),
            Kind::Decimal64(precision, scale) => DataType::Decimal64(precision, scale),
            Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        }
    }

    /// Whether values are delta-packed integers.
    pub fn is_number(self) -> bool {
        !matches!(self, Kind::Word | Kind::Text | Kind::Bytes | Kind::Flag)
    }
}

/// The Arrow schema of a table as an engine finds it in the files: decimals are `Decimal128` there, whatever they lie in.
pub(super) fn engine_schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| {
        let data_type = match column.kind {
            Kind::Decimal32(precision, scale) | Kind::Decimal64(precision, scale) => {
                DataType::Decimal128(precision, scale)
            }
            kind => kind.data_type(),
        };
        Field::new(column.name, data_type, column.nullable)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The Arrow schema of a table. It is not written into the files; readers of ours give it.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(column.name, column.kind.data_type(), column.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The rows of a table that belong into one file.
#[derive(Debug)]
pub(super) struct DayBatch {
    pub table: Table,
    /// UTC day of their record timestamps, from 1970.
    pub day: i64,
    /// In the order of their rows; small ones, so that the rows they are made from stay in the cache meanwhile.
    pub batches: Vec<RecordBatch>,
    /// First and last event time, as the manifest names them.
    pub times: Option<(Millis, Millis)>,
}

/// Collects the arrays of one batch, in the order of the table's columns.
pub(super) struct BatchBuilder<'t> {
    table: &'static str,
    columns: &'t [Column],
    arrays: Vec<ArrayRef>,
}

impl<'t> BatchBuilder<'t> {
    pub fn new(table: &'static str, columns: &'t [Column]) -> BatchBuilder<'t> {
        BatchBuilder { table, columns, arrays: Vec::with_capacity(columns.len()) }
    }

    /// The next column, which must be `name`: a test that builds any batch finds a wrong order.
    fn kind(&self, name: &str) -> Kind {
        let column = self.columns.get(self.arrays.len());
        debug_assert_eq!(column.map(|column| column.name), Some(name), "columns of {} out of order", self.table);
        column.map_or(Kind::Text, |column| column.kind)
    }

    pub fn numbers(&mut self, name: &str, values: impl Iterator<Item = Option<i64>>) {
        let array: ArrayRef = match self.kind(name) {
            Kind::Int => Arc::new(values.map(|value| value.map(cut_to_i32)).collect::<Int32Array>()),
            Kind::Decimal32(precision, scale) => {
                let limit = 10_i64.pow(u32::from(precision)) - 1;
                let values = values.map(|value| value.map(|value| cut_to_i32(value.clamp(-limit, limit))));
                Arc::new(values.collect::<Decimal32Array>().with_data_type(DataType::Decimal32(precision, scale)))
            }
            Kind::Decimal64(precision, scale) => {
                let limit = 10_i64.pow(u32::from(precision)) - 1;
                let values = values.map(|value| value.map(|value| value.clamp(-limit, limit)));
                Arc::new(values.collect::<Decimal64Array>().with_data_type(DataType::Decimal64(precision, scale)))
            }
            Kind::Time => Arc::new(values.collect::<TimestampMillisecondArray>().with_timezone("UTC")),
            Kind::Unsigned => Arc::new(values.map(|value| value.map(|value| value as u64)).collect::<UInt64Array>()),
            _ => Arc::new(values.collect::<Int64Array>()),
        };
        self.arrays.push(array);
    }

    pub fn texts<'v>(&mut self, name: &str, values: impl Iterator<Item = Option<&'v str>>) {
        let _ = self.kind(name);
        self.arrays.push(Arc::new(values.collect::<StringArray>()));
    }

    pub fn bytes<'v>(&mut self, name: &str, values: impl Iterator<Item = Option<&'v [u8]>>) {
        let _ = self.kind(name);
        self.arrays.push(Arc::new(values.collect::<BinaryArray>()));
    }

    pub fn flags(&mut self, name: &str, values: impl Iterator<Item = Option<bool>>) {
        let _ = self.kind(name);
        self.arrays.push(Arc::new(values.collect::<BooleanArray>()));
    }

    /// The batch.
    ///
    /// # Errors
    /// Where the arrays do not fit the columns.
    pub fn finish(self) -> Result<RecordBatch, LakeError> {
        RecordBatch::try_new(schema(self.columns), self.arrays)
            .map_err(|error| LakeError::Encode { table: self.table, source: error.into() })
    }
}

fn cut_to_i32(value: i64) -> i32 {
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// A column of numbers that was read; one that was not asked for is null everywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    values: Option<Integers>,
    nulls: Option<NullBuffer>,
}

#[derive(Clone, Debug)]
enum Integers {
    Narrow(ScalarBuffer<i32>),
    Wide(ScalarBuffer<i64>),
}

impl Numbers {
    /// The column of a batch.
    pub fn of(batch: &RecordBatch, name: &str) -> Numbers {
        let Some(array) = batch.column_by_name(name) else { return Numbers::default() };
        let values = match array.data_type() {
            DataType::Int32 => array.as_primitive_opt::<Int32Type>().map(|a| Integers::Narrow(a.values().clone())),
            DataType::Decimal32(..) => {
                array.as_primitive_opt::<Decimal32Type>().map(|a| Integers::Narrow(a.values().clone()))
            }
            DataType::Int64 => array.as_primitive_opt::<Int64Type>().map(|a| Integers::Wide(a.values().clone())),
            DataType::Decimal64(..) => {
                array.as_primitive_opt::<Decimal64Type>().map(|a| Integers::Wide(a.values().clone()))
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                array.as_primitive_opt::<TimestampMillisecondType>().map(|a| Integers::Wide(a.values().clone()))
            }
            // The bits of a `u64`, to be cast back by whoever knows the column.
            DataType::UInt64 => array
                .as_primitive_opt::<UInt64Type>()
                .map(|a| Integers::Wide(ScalarBuffer::from(a.values().inner().clone()))),
            _ => None,
        };
        Numbers { values, nulls: array.nulls().cloned() }
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<i64> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        match self.values.as_ref()? {
            Integers::Narrow(values) => values.get(row).copied().map(i64::from),
            Integers::Wide(values) => values.get(row).copied(),
        }
    }
}

/// A column of texts that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(Option<StringArray>);

impl Texts {
    /// The column of a batch.
    pub fn of(batch: &RecordBatch, name: &str) -> Texts {
        Texts(batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>()).cloned())
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.0.as_ref().filter(|array| array.is_valid(row)).map(|array| array.value(row))
    }
}

/// A column of flags that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags(Option<BooleanArray>);

impl Flags {
    /// The column of a batch.
    pub fn of(batch: &RecordBatch, name: &str) -> Flags {
        Flags(batch.column_by_name(name).and_then(|array| array.as_boolean_opt()).cloned())
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Option<bool> {
        self.0.as_ref().filter(|array| array.is_valid(row)).map(|array| array.value(row))
    }
}
