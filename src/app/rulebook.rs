//! `kervan rulebook publish`: a rule change as a record of every partition.

use std::path::PathBuf;
use std::time::Duration;

use super::failure::Failure;
use super::run::config::Config;
use super::run::{connect, open_store, shelf};
use super::wall::now;
use crate::domain::record::Body;
use crate::domain::time::{Millis, Rfc3339};
use crate::edge::kafka::Sender;
use crate::edge::wire;

/// What can be done with rulebooks.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum RulebookCommand {
    /// Put a rulebook in force: into the store, and as a record into every partition of the log
    Publish(PublishArgs),
}

/// `kervan rulebook publish`
#[derive(Clone, Debug, clap::Args)]
pub struct PublishArgs {
    /// Rulebook directory
    #[arg(value_name = "DIR")]
    pub rulebook: PathBuf,
    /// The configuration of `kervan run`
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Seconds from now at which it takes effect; so far ahead that only late fixes are judged anew
    #[arg(long, default_value_t = 60, value_name = "S")]
    pub in_s: u32,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a faulty rulebook, 3 for what cannot be read, 5 for what cannot be written.
pub fn run(command: &RulebookCommand) -> Result<(), Failure> {
    let RulebookCommand::Publish(args) = command;
    let config = Config::read(&args.config)?;
    let settings = connect::settings(&config)?;
    let (store, _) = open_store(&config)?;
    // First the files: a record that names what nobody can read would stop every process.
    let rules = shelf::publish(&*store, &args.rulebook)?;
    let mut sender = Sender::connect(&settings).map_err(connect::failed)?;
    let time = now() + Millis::from(args.in_s) * 1_000;
    let (version, sha256) = (rules.book.settings.version.clone(), rules.book.sha256.clone());
    let mut line = Vec::new();
    wire::encode(&Body::Rulebook { version: version.clone(), sha256: sha256.clone(), time }, None, &mut line);
    sender.send_everywhere(line.strip_suffix(b"\n").unwrap_or(&line)).map_err(connect::failed)?;
    sender.finish(Duration::from_secs(60)).map_err(connect::failed)?;
    println!(
        "rulebook {version} ({sha256}) holds from {} in the {} partitions of {}",
        Rfc3339(time),
        sender.partitions(),
        settings.topics.log
    );
    Ok(())
}
