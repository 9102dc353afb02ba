//! What a reader has to know of a table before it opens a file: columns and order.

use super::column;
use super::names::Table;
use super::parquet_file::{columns, sorted_by};
use arrow::datatypes::SchemaRef;

impl Table {
    /// The columns of the table's files; `date` is a value of the path and not among them.
    pub fn schema(self) -> SchemaRef {
        column::schema(columns(self))
    }

    /// The columns by which each file is sorted, ascending.
    pub fn sorted_by(self) -> &'static [&'static str] {
        sorted_by(self)
    }
}
