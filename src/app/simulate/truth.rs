//! The truth beside a log: journeys and violations (FORMATS, section 5, "Truth"), written and read as NDJSON.

use std::fmt;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::time::{Millis, Rfc3339};
use crate::edge::wire::instant;

/// Everything that is known to be true of a log.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Truth {
    /// First line.
    pub header: Header,
    /// Journeys in order of their start.
    pub journeys: Vec<TruthJourney>,
    /// Violations in order of their journey and start.
    pub plants: Vec<Plant>,
}

/// First line of the file.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format, 1.
    pub truth: u32,
    /// Seed.
    pub seed: u64,
    /// Days that vehicles were watched: what rates are counted by.
    pub vehicle_days: f64,
    /// Hours of driving in them.
    #[serde(default)]
    pub driving_h: f64,
    /// Fixes in the log.
    #[serde(default)]
    pub fixes: u64,
}

/// One journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthJourney {
    /// Id.
    pub journey: String,
    /// Unit.
    pub unit: String,
    /// Activation.
    #[serde(with = "rfc3339")]
    pub from: Millis,
    /// Deactivation.
    #[serde(with = "rfc3339")]
    pub to: Millis,
    /// Seconds between two fixes.
    pub interval_s: i64,
    /// `open`, `urban`, `mix`.
    pub environment: String,
    /// `in_order`, `oldest_first`, ...
    pub delivery: String,
    /// Corridor.
    #[serde(default)]
    pub corridor: String,
    /// Mount of the unit.
    #[serde(default)]
    pub mount: String,
    /// Nothing was planted in it.
    #[serde(default)]
    pub clean: bool,
    /// Seconds of driving.
    #[serde(default)]
    pub driving_s: i64,
}

/// How visible a violation is in what was delivered (DETECTION, section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    /// It must be found.
    Observable,
    /// Too short or too shallow for the fixes there are.
    Brief,
    /// No fix at all.
    Dark,
    /// So close to the threshold that an alert is neither found nor false.
    Guard,
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stratum::Observable => "observable",
            Stratum::Brief => "brief",
            Stratum::Dark => "dark",
            Stratum::Guard => "guard",
        })
    }
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plant {
    /// Its id.
    pub plant: String,
    /// Unit; empty (null) where it concerns several.
    #[serde(with = "nullable")]
    pub unit: String,
    /// Journey; empty (null) where it concerns several.
    #[serde(with = "nullable")]
    pub journey: String,
    /// Kind of alert that is expected.
    pub kind: String,
    /// Its subject.
    pub subject: String,
    /// First instant.
    #[serde(with = "rfc3339")]
    pub from: Millis,
    /// Instant after the last.
    #[serde(with = "rfc3339")]
    pub to: Millis,
    /// How visible it is.
    pub stratum: Stratum,
    /// What explains it.
    #[serde(default)]
    pub detail: Detail,
}

/// What explains a violation; absent where it does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// Largest exceedance, metres; of a jump the shift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<i64>,
    /// Threshold of a stop or a silence, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_s: Option<i64>,
    /// Sound fixes delivered within.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixes: Option<i64>,
    /// Of a jump: from its begin to the fix that makes it observable, its fourth or the third that is a minute behind the first,
    /// seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_s: Option<i64>,
    /// Of a zone that no fix saw: neither the corridor nor a fix soon enough before and after it tells that it was crossed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
}

impl Truth {
    /// Writes it.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = |json: serde_json::Result<String>| writeln!(out, "{}", json?);
        line(serde_json::to_string(&self.header))?;
        self.journeys.iter().try_for_each(|j| line(serde_json::to_string(j)))?;
        self.plants.iter().try_for_each(|p| line(serde_json::to_string(p)))
    }

    /// Reads it.
    ///
    /// # Errors
    /// The number of the line (from 1) and what is wrong with it.
    pub fn read(input: impl BufRead) -> Result<Truth, String> {
        let mut truth = Truth::default();
        for (i, line) in input.lines().enumerate() {
            let line = line.map_err(|e| format!("line {}: {e}", i + 1))?;
            if line.trim().is_empty() {
                continue;
            }
            truth.take(&line).map_err(|e| format!("line {}: {e}", i + 1))?;
        }
        match truth.header.truth {
            1 => Ok(truth),
            0 => Err("no header line {\"truth\":1,...}".to_owned()),
            other => Err(format!("format {other} of truth files is unknown to this version")),
        }
    }

    /// Adds what another truth says (several logs scored as one).
    pub fn append(&mut self, other: Truth) {
        self.header.vehicle_days += other.header.vehicle_days;
        self.header.driving_h += other.header.driving_h;
        self.header.fixes += other.header.fixes;
        self.journeys.extend(other.journeys);
        self.plants.extend(other.plants);
    }

    fn take(&mut self, line: &str) -> serde_json::Result<()> {
        let value: serde_json::Value = serde_json::from_str(line)?;
        if value.get("truth").is_some() {
            self.header = serde_json::from_value(value)?;
        } else if value.get("plant").is_some() {
            self.plants.push(serde_json::from_value(value)?);
        } else {
            self.journeys.push(serde_json::from_value(value)?);
        }
        Ok(())
    }
}

/// A text that is null when empty.
mod nullable {
    use super::*;

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        if text.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(text) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
    }
}

/// Times as RFC 3339.
mod rfc3339 {
    use super::*;

    pub(super) fn serialize<S: Serializer>(time: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Rfc3339(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        let text = String::deserialize(deserializer)?;
        instant::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no RFC 3339 time")))
    }
}
