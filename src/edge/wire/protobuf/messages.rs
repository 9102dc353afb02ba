//! The record of `proto/kervan.proto` and its frequent messages; a test compares the numbers with the schema.
//!
//! Everything but a fix and a heartbeat goes through JSON: a command is rare, and so its meaning stands in one place.
//! That is why these messages have the names of the JSON fields, and serde beside prost.

use serde::{Deserialize, Serialize};

use super::commands::{Activate, Amend, ClearToDepart, Deactivate, Excuse, Hold, Operator, Reopen, Rulebook, Tick};

/// A record.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Record {
    #[prost(oneof = "Type", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18")]
    pub record: Option<Type>,
}

/// The record types of FORMATS, section 1.
#[derive(Clone, PartialEq, prost::Oneof, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Type {
    #[serde(skip)]
    #[prost(message, tag = "2")]
    Fix(Fix),
    #[serde(skip)]
    #[prost(message, tag = "3")]
    Heartbeat(Heartbeat),
    #[prost(message, tag = "4")]
    Activate(Activate),
    #[prost(message, tag = "5")]
    ClearToDepart(ClearToDepart),
    #[prost(message, tag = "6")]
    Amend(Amend),
    #[prost(message, tag = "7")]
    Hold(Hold),
    #[prost(message, tag = "8")]
    Release(Hold),
    #[prost(message, tag = "9")]
    Excuse(Excuse),
    #[prost(message, tag = "10")]
    Deactivate(Deactivate),
    #[prost(message, tag = "11")]
    Reopen(Reopen),
    #[prost(message, tag = "12")]
    Acknowledge(Operator),
    #[prost(message, tag = "13")]
    Shelve(Operator),
    #[prost(message, tag = "14")]
    Unshelve(Operator),
    #[prost(message, tag = "15")]
    Reset(Operator),
    #[prost(message, tag = "16")]
    Note(Operator),
    #[prost(message, tag = "17")]
    Tick(Tick),
    #[prost(message, tag = "18")]
    Rulebook(Rulebook),
}

/// One GNSS report.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Fix {
    #[prost(string, tag = "1")]
    pub unit: String,
    #[prost(int64, optional, tag = "2")]
    pub fix_time: Option<i64>,
    #[prost(sint32, optional, tag = "3")]
    pub lat: Option<i32>,
    #[prost(sint32, optional, tag = "4")]
    pub lon: Option<i32>,
    #[prost(int64, optional, tag = "5")]
    pub receive_time: Option<i64>,
    #[prost(double, optional, tag = "6")]
    pub speed: Option<f64>,
    #[prost(double, optional, tag = "7")]
    pub course: Option<f64>,
    #[prost(double, optional, tag = "8")]
    pub altitude: Option<f64>,
    #[prost(double, optional, tag = "9")]
    pub accuracy: Option<f64>,
    #[prost(double, optional, tag = "10")]
    pub hdop: Option<f64>,
    #[prost(uint32, optional, tag = "11")]
    pub satellites: Option<u32>,
    #[prost(bool, optional, tag = "12")]
    pub valid: Option<bool>,
    #[prost(bool, optional, tag = "13")]
    pub approximate: Option<bool>,
    #[prost(bool, optional, tag = "14")]
    pub archive: Option<bool>,
    #[prost(double, optional, tag = "15")]
    pub battery: Option<f64>,
    #[prost(bool, optional, tag = "16")]
    pub ignition: Option<bool>,
    #[prost(bool, optional, tag = "17")]
    pub motion: Option<bool>,
    #[prost(double, optional, tag = "18")]
    pub odometer: Option<f64>,
    #[prost(uint64, optional, tag = "19")]
    pub seq: Option<u64>,
    #[prost(int32, repeated, tag = "20")]
    pub alarms: Vec<i32>,
    #[prost(bool, optional, tag = "21")]
    pub field_dropped: Option<bool>,
}

/// Contact without a position.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Heartbeat {
    #[prost(string, tag = "1")]
    pub unit: String,
    #[prost(int64, optional, tag = "2")]
    pub receive_time: Option<i64>,
    #[prost(double, optional, tag = "3")]
    pub battery: Option<f64>,
    #[prost(int32, repeated, tag = "4")]
    pub alarms: Vec<i32>,
}
