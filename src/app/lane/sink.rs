//! Where a lane's outputs go: line files, or the next transaction.

use crate::domain::alert::Revision;
use crate::domain::second::line::EpisodeLine;
use crate::domain::time::Millis;
use crate::edge::wire::Reject;

/// Hears everything in its final order.
pub trait Sink {
    /// A record has ended; one that could not be read has no timestamp that counts.
    fn record(&mut self, type_name: &'static str, outcome: &'static str, timestamp: Option<Millis>);
    /// A record that could not be read.
    fn reject(&mut self, reject: &Reject<'_>);
    /// A revision of an alert.
    fn revision(&mut self, revision: &Revision);
    /// A line for the second stage. What that finds by it, where it runs here, goes into `found`: it stands behind what the
    /// record itself has said.
    fn episode(&mut self, line: EpisodeLine, found: &mut Vec<Revision>);
}
