//! What a table is made of: files that the manifest names, and the columns they are shown with.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// An error of whoever knows the manifest.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Where the file lists come from: asked once a statement.
pub trait Lake: Send + Sync {
    /// The tables as of now, all from one state of the manifest.
    ///
    /// # Errors
    /// The manifest is missing or cannot be read.
    fn tables(&self) -> Result<Vec<TableFiles>, BoxError>;
}

impl<F: Fn() -> Result<Vec<TableFiles>, BoxError> + Send + Sync> Lake for F {
    fn tables(&self) -> Result<Vec<TableFiles>, BoxError> {
        self()
    }
}

/// One table: its columns and its files.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFiles {
    /// `tracks`, `records`, `alerts`, `journeys` or `rejects`; other names are shown as they are.
    pub name: String,
    /// The columns as the files have them. A file may lack some of them: they read as null.
    pub schema: SchemaRef,
    /// Columns by which each file is sorted, ascending; empty if by none.
    pub sorted_by: Vec<String>,
    /// Whether the files lie in `date=YYYY-MM-DD` folders; then there is a column `date`.
    pub dated: bool,
    /// The files. Their order has no meaning.
    pub files: Vec<LakeFile>,
}

/// One Parquet file, as the manifest describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Rows in it, exactly.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Earliest `fix_time` in it, epoch milliseconds; `None` if unknown.
    pub min_fix_time: Option<i64>,
    /// Latest `fix_time` in it, epoch milliseconds; `None` if unknown.
    pub max_fix_time: Option<i64>,
}

impl LakeFile {
    /// The day of its `date=` folder in days since 1970; `None` if it lies in none or in one that is no date.
    pub fn day(&self) -> Option<i32> {
        day_of(&self.path)
    }
}

fn day_of(path: &Path) -> Option<i32> {
    let folder = path.components().rev().find_map(|part| match part {
        Component::Normal(name) => name.to_str()?.strip_prefix("date="),
        _ => None,
    })?;
    let date = folder.parse::<chrono::NaiveDate>().ok()?;
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
    i32::try_from((date - epoch).num_days()).ok()
}

/// The columns a reader sees: decimals as DOUBLE (the reader casts, and prunes through the cast), text as views into the
/// pages instead of copies.
pub fn shown(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let data_type = match field.data_type() {
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => DataType::Float64,
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Dictionary(_, value) if matches!(**value, DataType::Utf8) => DataType::Utf8View,
            other => other.clone(),
        };
        Field::new(field.name(), data_type, field.is_nullable())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_comes_from_the_innermost_date_folder() {
        let day = |path: &str| day_of(Path::new(path));
        assert_eq!(day("lake/tracks/date=1970-01-02/p000-0-9.parquet"), Some(1));
        assert_eq!(day("/x/date=2001-01-01/tracks/date=2026-05-01/p.parquet"), Some(20574));
        assert_eq!(day("lake/tracks/p.parquet"), None);
        assert_eq!(day("lake/tracks/date=2026-13-01/p.parquet"), None);
    }

    #[test]
    fn decimals_are_shown_as_double() {
        let schema = Schema::new(vec![
            Field::new("lat", DataType::Decimal128(9, 6), false),
            Field::new("unit", DataType::Utf8, false),
            Field::new("rows", DataType::Int64, true),
        ]);
        let shown = shown(&schema);
        let types: Vec<_> = shown.fields().iter().map(|field| field.data_type().clone()).collect();
        assert_eq!(types, [DataType::Float64, DataType::Utf8View, DataType::Int64]);
        assert!(!shown.field(0).is_nullable());
    }
}
