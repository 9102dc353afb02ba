//! A table whose files are named, never listed.
//!
//! * Files whose `date` or bounds of `fix_time` cannot satisfy the filter are left out when the plan is made.
//! * Each file is sorted, and files overlap, so the declared order holds inside one file only: as long as there are at most
//!   [`ORDERED_FILES_MAX`] files, each is a partition of its own and the order is declared; with more of them they are spread
//!   over the cores and nothing is declared.
//! * Row counts come from the manifest, so `count(*)` opens no file.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, Result, ScalarValue, Statistics, plan_err};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::files::{LakeFile, TableFiles, shown};

/// Most files read as one sorted stream each. A merge of so many streams holds a batch and a decoded page of each column of
/// every file: 64 x 8192 rows x 100 bytes is 50 MB, about what a query may cost on a small machine.
pub const ORDERED_FILES_MAX: usize = 64;

/// The column that the path gives.
const DATE: &str = "date";
/// The column that the manifest bounds.
const FIX_TIME: &str = "fix_time";

/// A table of the lake.
#[derive(Debug)]
pub struct LakeTable {
    /// Columns in the files, then `date` where the path has it.
    columns: TableSchema,
    sorted_by: Vec<String>,
    files: Vec<(PartitionedFile, Arc<Statistics>)>,
}

impl LakeTable {
    /// A table over exactly these files.
    ///
    /// # Errors
    /// A path that is not absolute UTF-8, a missing `date=`, a sort column that does not exist.
    pub fn new(table: &TableFiles) -> Result<LakeTable> {
        let dates = if table.dated { vec![Arc::new(Field::new(DATE, DataType::Date32, false))] } else { vec![] };
        let columns = TableSchema::builder(shown(&table.schema)).with_table_partition_cols(dates).build();
        for name in &table.sorted_by {
            columns.table_schema().field_with_name(name)?;
        }
        let mut files = Vec::with_capacity(table.files.len());
        for file in &table.files {
            files.push(planned(file, columns.table_schema(), table.dated)?);
        }
        // An order that does not depend on the manifest's, so equal lakes give equal plans.
        files.sort_by(|a, b| a.0.object_meta.location.cmp(&b.0.object_meta.location));
        Ok(LakeTable { columns, sorted_by: table.sorted_by.clone(), files })
    }

    /// The files that can hold rows for the filter.
    fn survivors(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<(PartitionedFile, Arc<Statistics>)>> {
        let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(self.files.clone()) };
        let schema = self.schema();
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
        // A filter that says nothing about bounds cannot be turned into a predicate over them: then all files stay.
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&schema)).build(filter);
        let Some(predicate) = predicate else { return Ok(self.files.clone()) };
        let bounds = self.files.iter().map(|(_, statistics)| Arc::clone(statistics)).collect();
        let keep = predicate.prune(&PrunableStatistics::new(bounds, schema))?;
        Ok(self.files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| file.clone()).collect())
    }

    fn ordering(&self) -> Result<Option<LexOrdering>> {
        let schema = self.columns.table_schema();
        let options = SortOptions { descending: false, nulls_first: false };
        let order: Result<Vec<_>> =
            self.sorted_by.iter().map(|name| Ok(PhysicalSortExpr::new(col(name, schema)?, options))).collect();
        Ok(LexOrdering::new(order?))
    }
}

/// The file as DataFusion names it, with what is known of its rows.
fn planned(file: &LakeFile, schema: &SchemaRef, dated: bool) -> Result<(PartitionedFile, Arc<Statistics>)> {
    let Ok(location) = StorePath::from_absolute_path(&file.path) else {
        return plan_err!("the manifest names {}, which is no absolute path in UTF-8", file.path.display());
    };
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = usize::try_from(file.rows).map_or(Precision::Absent, Precision::Exact);
    let mut planned = PartitionedFile::new(String::new(), file.bytes);
    planned.object_meta.location = location;
    if dated {
        let Some(day) = file.day() else {
            return plan_err!("the manifest names {}, which lies in no date=YYYY-MM-DD folder", file.path.display());
        };
        let date = ScalarValue::Date32(Some(day));
        statistics.column_statistics[schema.index_of(DATE)?] = ColumnStatistics::new_unknown()
            .with_min_value(Precision::Exact(date.clone()))
            .with_max_value(Precision::Exact(date.clone()))
            .with_null_count(Precision::Exact(0));
        planned = planned.with_partition_values(vec![date]);
    }
    if let (Some(min), Some(max), Some((at, field))) =
        (file.min_fix_time, file.max_fix_time, schema.column_with_name(FIX_TIME))
        && let DataType::Timestamp(TimeUnit::Millisecond, zone) = field.data_type()
    {
        let bound = |ms| Precision::Exact(ScalarValue::TimestampMillisecond(Some(ms), zone.clone()));
        statistics.column_statistics[at] =
            ColumnStatistics::new_unknown().with_min_value(bound(min)).with_max_value(bound(max));
    }
    let statistics = Arc::new(statistics);
    Ok((planned.with_statistics(Arc::clone(&statistics)), statistics))
}

/// One group a file while that is cheap (true: the order of a file is the order of its group), else spread.
fn groups(files: Vec<PartitionedFile>, partitions: usize) -> (Vec<FileGroup>, bool) {
    if files.len() <= ORDERED_FILES_MAX {
        (files.into_iter().map(|file| FileGroup::new(vec![file])).collect(), true)
    } else {
        (FileGroup::new(files).split_files(partitions), false)
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.columns.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let survivors = self.survivors(state, filters)?;
        if survivors.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema().project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let schema: &Schema = self.columns.table_schema();
        let statistics = Statistics::try_merge_iter(survivors.iter().map(|(_, known)| known.as_ref()), schema)?;
        let files = survivors.into_iter().map(|(file, _)| file).collect();
        let (groups, each_sorted) = groups(files, state.config().target_partitions());
        let ordering = if each_sorted { self.ordering()? } else { None };
        let source = Arc::new(ParquetSource::new(self.columns.clone()));
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_output_ordering(ordering.into_iter().collect())
            .build();
        // The format adds the session's reader options and its cache of footers.
        let format = ParquetFormat::default().with_options(state.default_table_options().parquet);
        format.create_physical_plan(state, scan).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Bounds rule out files, row groups and pages; rows are still judged one by one.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
