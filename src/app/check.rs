//! `kervan check PATH`: says everything that is wrong with a rulebook, a GeoJSON file or a configuration, and mends shapes
//! on request.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::failure::{ExitCode, Failure, OrFail};
use crate::domain::rulebook::{Fault, Rulebook, ZoneClass};
use crate::edge::rulebook::repair::{Repaired, repair_file};
use crate::edge::rulebook::{RulebookFile, compile, read_files, single};

/// Checks a rulebook directory or one GeoJSON file: every fault at once, with file, feature and vertex.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// A rulebook directory (with rulebook.toml, zones/, corridors/, offices.csv), a .geojson file, or the .toml
    /// configuration of `kervan run`.
    pub path: PathBuf,
    /// Mend polygons: close open rings, drop repeated vertices, spikes and rings without area, split rings that touch
    /// or cross themselves. Writes to --out and checks the result.
    #[arg(long, requires = "out")]
    pub repair: bool,
    /// Where --repair writes: a file for a file, a new or empty directory for a directory.
    #[arg(long, requires = "repair")]
    pub out: Option<PathBuf>,
}

/// Runs the command: findings and changes to standard error, what there is to standard output.
///
/// # Errors
/// Exit 2 for faults (after they have been printed), 3 for what cannot be read, 5 for what cannot be written.
pub fn run(args: CheckArgs) -> Result<(), Failure> {
    #[cfg(feature = "kafka")]
    if args.path.is_file() && args.path.extension().is_some_and(|ending| ending == "toml") {
        return configuration(&args.path);
    }
    check(&args, &mut io::stdout().lock(), &mut io::stderr().lock())
}

/// A configuration of `kervan run`: the file, the settings of the clients, and the rulebook that it names.
#[cfg(feature = "kafka")]
fn configuration(path: &Path) -> Result<(), Failure> {
    use super::run::{config::Config, connect, shelf};
    let config = Config::read(path)?;
    let faults = connect::settings(&config)?.faults();
    if !faults.is_empty() {
        return Err(Failure::usage(format!("the configuration {}:\n  {}", path.display(), faults.join("\n  "))));
    }
    let (_, lake) = super::run::open_store(&config)?;
    let rules = super::replay::load_rules(&shelf::directory(&config.rulebook.url, &config.base)?)?;
    println!("group {}, slot {}, log {}", config.kafka.group, config.kafka.slot, config.log.topic);
    println!("tables in {}, rulebook {} ({})", lake.dir().display(), rules.book.settings.version, rules.book.sha256);
    println!("no faults; whether the topics do is examined by `kervan run` at its start");
    Ok(())
}

/// [`run`] with its two outputs given.
///
/// # Errors
/// As [`run`].
pub fn check(args: &CheckArgs, out: &mut impl Write, err: &mut impl Write) -> Result<(), Failure> {
    let mut files = read(&args.path)?;
    let directory = args.path.is_dir();
    if let Some(target) = args.out.as_deref().filter(|_| args.repair) {
        files = mend(files, err)?;
        store(&files, target, directory)?;
        writeln!(err, "written to {}; checking it:", target.display())?;
    }
    if directory { judge_rulebook(&files, out, err) } else { judge_file(&files[0], out, err) }
}

/// The files of a rulebook, or the one file.
fn read(path: &Path) -> Result<Vec<RulebookFile>, Failure> {
    let doing = || format!("reading {}; name a rulebook directory or a .geojson file that exists", path.display());
    let about = fs::metadata(path).or_fail(ExitCode::Missing, doing)?;
    if about.is_dir() {
        return read_files(path).map_err(|error| Failure::new(ExitCode::Missing, error));
    }
    if !path.extension().is_some_and(|ending| ending == "geojson" || ending == "json") {
        return Err(Failure::usage(format!(
            "checking {}: it is neither a rulebook directory nor a .geojson file; name one of these",
            path.display()
        )));
    }
    let bytes = fs::read(path).or_fail(ExitCode::Missing, doing)?;
    Ok(vec![RulebookFile { path: path.display().to_string(), bytes }])
}

fn judge_rulebook(files: &[RulebookFile], out: &mut impl Write, err: &mut impl Write) -> Result<(), Failure> {
    match compile(files) {
        Ok(rulebook) => {
            tell(rulebook.warnings(), err)?;
            summary(&rulebook, out)?;
            Ok(writeln!(out, "no faults, {} warning(s)", rulebook.warnings().len())?)
        }
        Err(found) => Err(condemn(&found, "the rulebook", err)?),
    }
}

fn judge_file(file: &RulebookFile, out: &mut impl Write, err: &mut impl Write) -> Result<(), Failure> {
    let (found, contents) = single::check(file);
    if found.iter().any(Fault::is_fault) {
        return Err(condemn(&found, &file.path, err)?);
    }
    tell(&found, err)?;
    writeln!(
        out,
        "{}: {} feature(s), {} polygon(s) of {} ring(s), {} line(s), {} positions",
        file.path, contents.features, contents.polygons, contents.rings, contents.lines, contents.positions
    )?;
    Ok(writeln!(out, "no faults in its shapes, {} warning(s)", found.len())?)
}

/// Prints everything and makes the failure that ends the command.
fn condemn(found: &[Fault], what: &str, err: &mut impl Write) -> io::Result<Failure> {
    tell(found, err)?;
    let faults = found.iter().filter(|fault| fault.is_fault()).count();
    let shapes = found.iter().any(|fault| fault.message.contains("--repair") || fault.code == "open_ring");
    let hint = if shapes { "; `kervan check PATH --repair --out NEW` mends single rings" } else { "" };
    Ok(Failure::usage(format!("checking {what}: {faults} fault(s), {} warning(s){hint}", found.len() - faults)))
}

fn tell(found: &[Fault], err: &mut impl Write) -> io::Result<()> {
    for fault in found {
        writeln!(err, "{}: {fault}", if fault.is_fault() { "fault" } else { "warning" })?;
    }
    Ok(())
}

fn summary(rulebook: &Rulebook, out: &mut impl Write) -> io::Result<()> {
    let settings = &rulebook.settings;
    writeln!(out, "rulebook \"{}\" ({}), {}", settings.version, settings.name, settings.time_zone)?;
    writeln!(out, "sha256 {}", rulebook.sha256)?;
    writeln!(out, "{} zones", rulebook.zones.len())?;
    for class in ZoneClass::ALL {
        let count = rulebook.zones.iter().filter(|zone| zone.class == *class).count();
        if count > 0 {
            writeln!(out, "  {:<16}{count:>5}", class.name())?;
        }
    }
    writeln!(out, "{} corridors", rulebook.corridors.len())?;
    for corridor in &rulebook.corridors {
        let limit = corridor.time_limit_h.map_or("no limit".to_string(), |hours| format!("limit {hours} h"));
        writeln!(
            out,
            "  {:<24}{:>8.1} km, {:.0} m to either side, {limit}, {} checkpoint(s), {} place(s){}",
            corridor.id,
            corridor.route.length_m() / 1000.0,
            corridor.half_width_m,
            corridor.checkpoints.len(),
            corridor.places.len(),
            if corridor.one_way { ", one way" } else { "" }
        )?;
    }
    writeln!(out, "{} offices", rulebook.offices.len())
}

/// Every GeoJSON file of `zones/` (or the one file), mended; says every change.
fn mend(files: Vec<RulebookFile>, err: &mut impl Write) -> Result<Vec<RulebookFile>, Failure> {
    let mut mended = Vec::with_capacity(files.len());
    for file in files {
        if file.path.starts_with("corridors/") || !file.path.ends_with("json") {
            mended.push(file);
            continue;
        }
        match repair_file(&file) {
            Ok(Repaired { file, changes }) => {
                for (place, what) in changes {
                    writeln!(err, "repaired: {place}: {what}")?;
                }
                mended.push(file);
            }
            // Not GeoJSON: the check of the result tells it.
            Err(_) => mended.push(file),
        }
    }
    Ok(mended)
}

/// Writes a directory that is new or empty, or a file that is not there.
fn store(files: &[RulebookFile], target: &Path, directory: bool) -> Result<(), Failure> {
    let doing = |path: &Path| format!("writing {}", path.display());
    let occupied = if directory {
        target.exists() && fs::read_dir(target).map_or(true, |mut entries| entries.next().is_some())
    } else {
        target.exists()
    };
    if occupied {
        return Err(Failure::usage(format!("{} exists already; name a new place for --out", target.display())));
    }
    for file in files {
        let path = if directory { target.join(&file.path) } else { target.to_path_buf() };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).or_fail(ExitCode::OutputFull, || doing(folder))?;
        }
        fs::write(&path, &file.bytes).or_fail(ExitCode::OutputFull, || doing(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(path: &Path, out: Option<&Path>) -> (Result<(), Failure>, String, String) {
        let args = CheckArgs { path: path.into(), repair: out.is_some(), out: out.map(Into::into) };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let result = check(&args, &mut stdout, &mut stderr);
        (result, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    fn shared(path: &str) -> Option<PathBuf> {
        let roots = [
            std::env::var_os("KERVAN_SHARED").map(PathBuf::from),
            Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")),
        ];
        let found = roots.into_iter().flatten().map(|root| root.join("data").join(path)).find(|path| path.exists());
        if found.is_none() {
            println!("skipped: {path} is not there");
        }
        found
    }

    #[test]
    fn exit_codes() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(run_on(&dir.path().join("nowhere"), None).0.unwrap_err().code, ExitCode::Missing);
        assert_eq!(run_on(dir.path(), None).0.unwrap_err().code, ExitCode::Missing);
        fs::write(dir.path().join("rulebook.toml"), "version = 'v'\n").unwrap();
        let (result, stdout, stderr) = run_on(dir.path(), None);
        assert!(result.is_ok(), "{stderr}");
        assert!(stdout.contains("sha256 ") && stderr.contains("[no_territory]"), "{stdout}{stderr}");
        fs::write(dir.path().join("rulebook.toml"), "verson = 'v'\n").unwrap();
        let (result, _, stderr) = run_on(dir.path(), None);
        assert_eq!(result.unwrap_err().code, ExitCode::Usage);
        assert!(stderr.contains("did you mean `version`"), "{stderr}");
    }

    #[test]
    fn the_boundary_of_turkey_is_named_and_mended() {
        let Some(path) = shared("geo/turkey.geojson") else { return };
        let (result, _, stderr) = run_on(&path, None);
        assert_eq!(result.unwrap_err().code, ExitCode::Usage);
        assert!(stderr.contains("(42.40723, 37.47486)") && stderr.contains("vertex"), "{stderr}");
        let count = |text: &str, part: &str| text.matches(part).count();
        println!("{} touch, {} outside", count(&stderr, "[ring_touches]"), count(&stderr, "[hole_outside]"));
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("mended.geojson");
        let (result, stdout, stderr) = run_on(&path, Some(&out));
        assert!(result.is_ok(), "{stderr}");
        println!("{} moved, {} dropped", count(&stderr, "moved the hole"), count(&stderr, "dropped the hole"));
        assert!(stdout.contains("no faults") && stderr.contains("repaired: "), "{stdout}{stderr}");
        assert!(run_on(&out, None).0.is_ok());
        assert_eq!(run_on(&path, Some(&out)).0.unwrap_err().code, ExitCode::Usage, "nothing is overwritten");
    }

    #[test]
    fn the_example_rulebook_is_sound() {
        let Some(path) = shared("rulebook-example") else { return };
        let (result, stdout, stderr) = run_on(&path, None);
        assert!(result.is_ok(), "{stderr}");
        assert!(stdout.contains("10 corridors") && stdout.contains("169 offices"), "{stdout}{stderr}");
    }
}
