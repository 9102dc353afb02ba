//! `kervan import`: other people's tracks to a log.
//!
//! A row that cannot be read is reported with its number and reason, counted, and does not stop the run; a file that
//! cannot be read does, and nothing is written. The output is ordered by time, unless told otherwise.
//!
//! | module | does |
//! |---|---|
//! | `clock` | times of every shape, with a zone |
//! | `columns` | which column is which field |
//! | `table`, `gpx`, `traccar` | one format each, to a `draft::Draft` a row |
//! | `draft` | a row in SI units to a fix |
//! | `harvest` | counts, reports, unit ids |
//! | `journeys` | opens and closes a journey per unit, orders, writes |

mod clock;
mod columns;
mod draft;
mod gpx;
mod harvest;
mod journeys;
mod table;
#[cfg(test)]
mod tests;
mod traccar;

use super::failure::{ExitCode, Failure};
use crate::edge::log::LogError;
use crate::edge::wire::is_id;
use clap::ValueEnum;
use harvest::Harvest;
use std::path::PathBuf;

/// What the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table with a header; `,` `;` or tab between the columns
    Csv,
    /// GPX tracks
    Gpx,
    /// Traccar: forwarded JSON lines, an array of positions, or a CSV report
    Traccar,
}

/// Units of speed in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SpeedUnit {
    /// Metres a second
    Ms,
    /// Kilometres an hour
    Kmh,
    /// Knots
    Kn,
    /// Miles an hour
    Mph,
}

impl SpeedUnit {
    /// One of these in m/s; each is exact by definition.
    pub(crate) fn metres_per_second(self) -> f64 {
        match self {
            SpeedUnit::Ms => 1.0,
            SpeedUnit::Kmh => 1_000.0 / 3_600.0,
            SpeedUnit::Kn => 1_852.0 / 3_600.0,
            SpeedUnit::Mph => 1_609.344 / 3_600.0,
        }
    }
}

/// Turn other people's tracks into a log
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// What the files are
    #[arg(value_enum)]
    pub format: Format,
    /// Files to read, plain, .gz or .zst; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Log to write: .ndjson or .pb (Protobuf), also .gz or .zst of it; - is NDJSON to standard output
    #[arg(long, value_name = "LOG")]
    pub out: PathBuf,
    /// Everything belongs to this unit
    #[arg(long, value_name = "ID", conflicts_with = "unit_column")]
    pub unit: Option<String>,
    /// Column that names the unit
    #[arg(long, value_name = "NAME")]
    pub unit_column: Option<String>,
    /// Which column is which field, as lat=Latitude,lon=Longitude,fix_time=Date; the usual names are found without
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    pub map: Vec<String>,
    /// How times are written: auto, epoch_s, epoch_ms, or a pattern like "%d/%m/%Y %H:%M:%S"
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub time_format: String,
    /// Zone of times that name none, like Europe/Istanbul
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// Unit of the speed column; a header like "speed (km/h)" says it itself, else m/s
    #[arg(long, value_enum, value_name = "UNIT")]
    pub speed_unit: Option<SpeedUnit>,
    /// Open a journey `J-UNIT` on this corridor for every unit, from its first fix to its last
    #[arg(long, value_name = "CORRIDOR")]
    pub activate: Option<String>,
    /// Close the journey so long after the last fix; without it, one second after
    #[arg(long, value_name = "MINUTES", requires = "activate")]
    pub deactivate_after: Option<u32>,
    /// Keep the order of the files instead of ordering by time
    #[arg(long)]
    pub keep_order: bool,
}

/// Imports.
///
/// # Errors
/// Wrong use (2), a file that is missing or unreadable (3), an output that cannot be written (5), no usable row (1).
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    for (option, id) in [("--unit", &args.unit), ("--activate", &args.activate)] {
        if let Some(id) = id.as_deref().filter(|id| !is_id(id)) {
            return Err(Failure::usage(format!("{option} {id:?} is no id; use 1 to 64 of A-Z a-z 0-9 . _ : -")));
        }
    }
    let clock = clock::Clock::new(&args.time_format, &args.time_zone).map_err(Failure::usage)?;
    let mut harvest = Harvest::default();
    for file in &args.files {
        harvest.begin(file);
        match args.format {
            Format::Csv => table::read(file, args, args.speed_unit, &clock, &mut harvest)?,
            Format::Gpx => gpx::read(file, args, &clock, &mut harvest)?,
            Format::Traccar if is_table(file) => {
                table::read(file, args, args.speed_unit.or(Some(SpeedUnit::Kn)), &clock, &mut harvest)?;
            }
            Format::Traccar => traccar::read(file, args, &mut harvest)?,
        }
    }
    if harvest.entries.is_empty() {
        harvest.summarise(None);
        return Err(Failure::new(
            ExitCode::Other,
            anyhow::anyhow!("no row of the files can be used, so no log was written; the reasons stand above"),
        ));
    }
    let written = journeys::write(&mut harvest, args)?;
    harvest.summarise(Some((written, &args.out)));
    Ok(())
}

/// Whether a file is a table by its name, packed or not.
fn is_table(file: &std::path::Path) -> bool {
    let name = file.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    name.ends_with(".csv") || name.ends_with(".tsv")
}

/// Exit code of an error of a file.
fn log_failure(error: LogError) -> Failure {
    let code = match error {
        LogError::Write { .. } => ExitCode::OutputFull,
        LogError::StdinTwice => ExitCode::Usage,
        _ => ExitCode::Missing,
    };
    Failure::new(code, error)
}

/// An input that could not be read on.
fn unreadable(file: &std::path::Path, error: impl Into<anyhow::Error>) -> Failure {
    let doing = format!("cannot read {} to its end; fetch the whole file again", file.display());
    Failure::new(ExitCode::Missing, error.into().context(doing))
}
