//! `kervan fit-noise`: noise parameters of a mount from stretches in which vehicles stood (DETECTION, 9.1).
//!
//! ```text
//! log ─▶ fixes a unit, in event order ─▶ stretches at rest ─▶ residuals about the median place ─▶ σ, tails, correlation
//! ```
//! What stands still shows the error of its receiver. Not all of it: a receiver that freezes its position at rest shows none
//! (such stretches are counted, and left out), and errors that last longer than the stretch look like the place itself.

mod estimate;
mod rest;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::failure::{ExitCode, Failure, OrFail, print};
use super::stretch::Input;
use crate::domain::position::Position;
use crate::domain::record::{Action, Body};
use crate::domain::time::Millis;
use estimate::Estimate;

/// Noise parameters of a mount from stretches in which vehicles stood.
#[derive(Debug, Clone, clap::Args)]
pub struct FitNoiseArgs {
    /// Files of the log, in order
    #[arg(required = true, value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// Shortest stretch, minutes
    #[arg(long, default_value_t = 10, value_name = "MIN", value_parser = clap::value_parser!(i64).range(1..=1_440))]
    pub minutes: i64,
    /// Fewest fixes of a stretch
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(5..=10_000))]
    pub fixes: u32,
    /// Write the estimates as JSON
    #[arg(long, value_name = "OUT")]
    pub json: Option<PathBuf>,
}

/// A fix as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    time: Millis,
    position: Position,
    speed_cm_s: Option<u32>,
    accuracy_dm: Option<u32>,
}

/// What was found of one mount.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MountNoise {
    /// Mount as declared; `unknown` without a declaration.
    pub mount: String,
    /// Units with a stretch that counts.
    pub units: usize,
    /// Stretches that count.
    pub stretches: usize,
    /// Stretches left out: the receiver repeats its position at rest.
    pub frozen: usize,
    /// Hours in the stretches that count.
    pub hours: f64,
    /// The parameters; none where nothing counts.
    pub estimate: Option<Estimate>,
}

/// Runs the command.
///
/// # Errors
/// Exit 3 where the log cannot be read, 5 where the result cannot be written.
pub fn run(args: &FitNoiseArgs) -> Result<(), Failure> {
    let mounts = fit(args)?;
    let text = table(&mounts);
    print(&text, "the estimates")?;
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&mounts)? + "\n";
        fs::write(path, json).or_fail(ExitCode::OutputFull, || format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Reads the log and estimates, a mount each.
///
/// # Errors
/// As [`run`].
pub fn fit(args: &FitNoiseArgs) -> Result<Vec<MountNoise>, Failure> {
    // A unit may be mounted elsewhere on its next journey.
    let mut units: BTreeMap<(String, &'static str), Vec<Point>> = BTreeMap::new();
    let mut mounts: BTreeMap<String, &'static str> = BTreeMap::new();
    Input::Logs(args.logs.clone()).each(&mut |record| {
        match record.body {
            Body::Fix { unit, fix } if fix.valid && !fix.approximate && fix.position != Position::default() => {
                let point = Point {
                    time: fix.time,
                    position: fix.position,
                    speed_cm_s: fix.speed_cm_s,
                    accuracy_dm: fix.accuracy_dm.filter(|a| *a > 0),
                };
                let mount = mounts.get(unit.as_str()).copied().unwrap_or("unknown");
                units.entry((unit.to_string(), mount)).or_default().push(point);
            }
            Body::Command(command) => {
                if let Action::Activate { declaration, .. } = command.action
                    && let Some(mount) = declaration.mount
                {
                    mounts.insert(command.unit, mount.name());
                }
            }
            _ => {}
        }
        Ok(true)
    })?;
    let mut found: BTreeMap<&str, (MountNoise, Vec<rest::Rest>)> = BTreeMap::new();
    for ((_, mount), mut points) in units {
        points.sort_by_key(|p| p.time);
        points.dedup_by_key(|p| p.time);
        let (noise, all) = found.entry(mount).or_insert_with(|| {
            let empty =
                MountNoise { mount: mount.to_owned(), units: 0, stretches: 0, frozen: 0, hours: 0.0, estimate: None };
            (empty, Vec::new())
        });
        let (kept, frozen): (Vec<_>, Vec<_>) =
            rest::stretches(&points, args.minutes, args.fixes as usize).into_iter().partition(|r| !r.is_frozen());
        noise.units += usize::from(!kept.is_empty());
        noise.stretches += kept.len();
        noise.frozen += frozen.len();
        noise.hours += kept.iter().map(rest::Rest::hours).sum::<f64>();
        all.extend(kept);
    }
    Ok(found
        .into_values()
        .map(|(mut noise, stretches)| {
            noise.estimate = estimate::estimate(&stretches);
            noise
        })
        .collect())
}

/// What `kervan simulate` puts into standing vehicles (DETECTION, 6.3): a walk of 3.5 m (open) or 9 m (urban) over 60 s and one
/// of 8 m over 300 s, 0.3 % outliers of median 400 m.
const SIMULATED: [(&str, &str, &str, &str, &str); 2] =
    [("simulate, open", "8.7", "0.30 %", "400", "60-300"), ("simulate, urban", "12.0", "0.30 %", "400", "60-300")];

fn table(mounts: &[MountNoise]) -> String {
    let mut out = String::from(
        "| mount | units | stretches | frozen | hours | fixes | sigma m | beyond 4 sigma | their median m | correlation s \
         | reported sigma m | sigma_factor |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for m in mounts {
        let head = format!("| {} | {} | {} | {} | {:.1} |", m.mount, m.units, m.stretches, m.frozen, m.hours);
        let rest = m.estimate.as_ref().map_or(" - | - | - | - | - | - | - |".to_owned(), |e| {
            let or_dash = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
            format!(
                " {} | {:.1} | {:.2} % | {} | {} | {} | {} |",
                e.fixes,
                e.sigma_m,
                100.0 * e.tail_share,
                or_dash(e.tail_median_m, 0),
                e.correlation_s.map_or_else(|| format!("< {:.0}", e.step_s), |s| format!("{s:.0}")),
                or_dash(e.reported_sigma_m, 1),
                or_dash(e.sigma_factor, 2),
            )
        });
        out += &(head + &rest + "\n");
    }
    for (name, sigma, tails, median, tau) in SIMULATED {
        out += &format!("| {name} | | | | | | {sigma} | {tails} | {median} | {tau} | | |\n");
    }
    out += "\nsigma_factor is what `[mount.M] sigma_factor` would have to be for the reported accuracy to be true (1 at least).\n";
    for m in mounts.iter().filter(|m| m.estimate.is_none()) {
        out += &format!(
            "Mount {}: no stretch at rest that counts ({} frozen); try --minutes or --fixes.\n",
            m.mount, m.frozen
        );
    }
    out
}
