//! A session: one engine, and for each statement the lake as it then is.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};

use super::error::SqlError;
use super::files::{Lake, TableFiles};
use super::functions;
use super::render::{Answer, Format};
use super::statement::statements;
use super::table::LakeTable;
use super::views::{LATEST, shown_name};

/// Stack of a thread that plans: a filter of thousands of `OR`s is a deep tree.
const STACK_BYTES: usize = 256 << 20;

/// A table or view as a user sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Names and types of its columns.
    pub columns: Vec<(String, String)>,
    /// Files and rows; `None` for a view.
    pub size: Option<(usize, u64)>,
}

/// An engine over one lake.
pub struct Session {
    engine: SessionContext,
    runtime: Runtime,
    lake: Box<dyn Lake>,
    /// What the engine's tables were made of.
    seen: Mutex<Vec<TableFiles>>,
}

/// Whether Ctrl-C ends the statement instead of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// The statement ends with [`SqlError::Cancelled`].
    EndsStatement,
    /// As the process has it.
    Untouched,
}

impl Session {
    /// An engine with the lake's tables and our functions.
    ///
    /// # Errors
    /// The manifest cannot be read, or the machine gives no threads.
    pub fn new(lake: Box<dyn Lake>) -> Result<Session, SqlError> {
        let mut config = SessionConfig::new().with_information_schema(true);
        let parquet = &mut config.options_mut().execution.parquet;
        // Filters run while decoding: rows that fail are not decoded in the other columns.
        parquet.pushdown_filters = true;
        parquet.reorder_filters = true;
        // Merging sorted files beats spreading and sorting them.
        config.options_mut().optimizer.prefer_existing_sort = true;
        let engine = SessionContext::new_with_config(config);
        functions::all().into_iter().for_each(|function| engine.register_udf(function));
        let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()?;
        let session = Session { engine, runtime, lake, seen: Mutex::new(Vec::new()) };
        session.refresh()?;
        Ok(session)
    }

    /// Takes the lake as it is now.
    fn refresh(&self) -> Result<(), SqlError> {
        let now = self.lake.tables().map_err(SqlError::Manifest)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now && !now.is_empty() {
            return Ok(());
        }
        let explain = |error| SqlError::explain(&error, &[]);
        for table in &now {
            let name = shown_name(&table.name);
            self.engine.deregister_table(name).map_err(explain)?;
            let provider = Arc::new(LakeTable::new(table).map_err(explain)?);
            self.engine.register_table(name, provider).map_err(explain)?;
        }
        for latest in LATEST.iter().filter(|latest| now.iter().any(|table| table.name == latest.table)) {
            self.engine.deregister_table(latest.view).map_err(explain)?;
            let view = self.runtime.block_on(self.engine.sql(&latest.query())).map_err(explain)?;
            self.engine.register_table(latest.view, view.into_view()).map_err(explain)?;
        }
        *seen = now;
        Ok(())
    }

    /// Tables and views by name, as they are now (as they last were, if the manifest cannot be read just now).
    pub fn shown(&self) -> Vec<Shown> {
        let _ = self.refresh();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shown: Vec<Shown> = self
            .names()
            .into_iter()
            .filter_map(|name| {
                let provider = self.runtime.block_on(self.engine.table_provider(name.as_str())).ok()?;
                let columns =
                    provider.schema().fields().iter().map(|f| (f.name().clone(), type_name(f.data_type()))).collect();
                let files = seen.iter().find(|table| shown_name(&table.name) == name).map(|table| &table.files);
                let size = files.map(|files| (files.len(), files.iter().map(|file| file.rows).sum()));
                Some(Shown { name, columns, size })
            })
            .collect();
        shown.sort_by(|a, b| a.name.cmp(&b.name));
        shown
    }

    /// Names of all functions.
    pub fn function_names(&self) -> Vec<String> {
        let state = self.engine.state();
        let mut names: Vec<String> = state.scalar_functions().keys().cloned().collect();
        names.extend(state.aggregate_functions().keys().cloned());
        names.extend(state.window_functions().keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    fn names(&self) -> Vec<String> {
        let schema = self.engine.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
        let mut names = schema.map(|schema| schema.table_names()).unwrap_or_default();
        names.sort();
        names
    }

    /// Runs one statement and writes its answer; gives the number of rows.
    ///
    /// # Errors
    /// See [`SqlError`]. What was written before an error stays written.
    pub fn run(&self, sql: &str, format: Format, out: &mut (dyn Write + Send)) -> Result<u64, SqlError> {
        self.run_interruptible(sql, format, out, Interrupt::Untouched)
    }

    /// As [`run`](Session::run), and says what Ctrl-C does meanwhile.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn run_interruptible(
        &self,
        sql: &str,
        format: Format,
        out: &mut (dyn Write + Send),
        interrupt: Interrupt,
    ) -> Result<u64, SqlError> {
        self.refresh()?;
        // On a thread of the runtime, for its stack.
        std::thread::scope(|scope| {
            let work = || self.runtime.block_on(self.interruptible(sql, format, out, interrupt));
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work)?;
            thread.join().unwrap_or_else(|_| Err(SqlError::Engine("the engine panicked; this is a defect".to_owned())))
        })
    }

    async fn interruptible(
        &self,
        sql: &str,
        format: Format,
        out: &mut (dyn Write + Send),
        interrupt: Interrupt,
    ) -> Result<u64, SqlError> {
        let answer = self.answer(sql, format, out);
        if interrupt == Interrupt::Untouched {
            return answer.await;
        }
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Err(SqlError::Cancelled),
            answer = answer => answer,
        }
    }

    async fn answer(&self, sql: &str, format: Format, out: &mut (dyn Write + Send)) -> Result<u64, SqlError> {
        let explain = |error| SqlError::explain(&error, &self.names());
        let frame = self.plan(sql).await?;
        let context = Arc::new(frame.task_ctx());
        let plan = frame.create_physical_plan().await.map_err(explain)?;
        let mut batches = execute_stream(plan, context).map_err(explain)?;
        let mut answer = Answer::begin(format, batches.schema(), out)?;
        while let Some(batch) = batches.next().await {
            answer.add(&batch.map_err(explain)?)?;
        }
        answer.finish()
    }

    /// The plan, if it only reads.
    async fn plan(&self, sql: &str) -> Result<DataFrame, SqlError> {
        let count = statements(sql).len();
        if count != 1 {
            return Err(SqlError::Statement(format!("one statement at a time, here are {count}")));
        }
        let explain = |error| SqlError::explain(&error, &self.names());
        let plan = self.engine.state().create_logical_plan(sql).await.map_err(explain)?;
        let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        if reads_only.verify_plan(&plan).is_err() {
            return Err(SqlError::Statement(format!(
                "{} is refused: the lake is read only, kervan sql answers SELECT, EXPLAIN, SHOW and DESCRIBE; \
                 --out FILE writes an answer to a file",
                refused(&plan)
            )));
        }
        self.engine.execute_logical_plan(plan).await.map_err(explain)
    }
}

/// What the refused statement wanted to do.
fn refused(plan: &LogicalPlan) -> String {
    plan.display().to_string().split([':', ' ']).next().unwrap_or_default().to_owned()
}

fn type_name(data_type: &datafusion::arrow::datatypes::DataType) -> String {
    use datafusion::arrow::datatypes::DataType;
    match data_type {
        DataType::Utf8View | DataType::Utf8 => "text".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp {zone}"),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::List(item) => format!("list of {}", type_name(item.data_type())),
        other => other.to_string().to_lowercase(),
    }
}
