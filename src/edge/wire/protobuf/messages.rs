//! The messages of `proto/kervan.proto`, which a test compares with this file's numbers.
//!
//! Everything but a fix and a heartbeat goes through JSON: a command is rare, and so its meaning stands in one place.
//! That is why these messages have the names of the JSON fields, and serde beside prost.

use serde::{Deserialize, Serialize};

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

/// A message whose JSON has its fields as they stand: absent ones left out, times as text or milliseconds.
macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$attribute])* pub $field: $type,)* }
    };
}

message! { /// A car and its trailer.
    Vehicle {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        plate: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        trailer: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "3")]
        country: Option<String>,
    }
}

message! { /// The goods.
    Consignment {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        mrn: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        tir_carnet: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[prost(string, repeated, tag = "3")]
        seals: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        goods: Option<String>,
    }
}

message! { /// The customs offices of a journey.
    Offices {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        departure: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        destination: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[prost(string, repeated, tag = "3")]
        on_route: Vec<String>,
    }
}

/// A corridor drawn for one journey.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(try_from = "super::line::LineString", into = "super::line::LineString")]
pub struct Line {
    #[prost(sint32, repeated, tag = "1")]
    pub lat: Vec<i32>,
    #[prost(sint32, repeated, tag = "2")]
    pub lon: Vec<i32>,
    #[prost(double, optional, tag = "3")]
    pub half_width_m: Option<f64>,
}

/// A corridor by its id, or drawn.
#[derive(Clone, PartialEq, prost::Oneof, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Corridor {
    #[prost(string, tag = "1")]
    Id(String),
    #[prost(message, tag = "2")]
    Line(Line),
}

message! { /// What `activate` declares and `amend` corrects.
    Declaration {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(oneof = "Corridor", tags = "1, 2")]
        corridor: Option<Corridor>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        deadline: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(double, optional, tag = "4")]
        interval_s: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(uint32, optional, tag = "5")]
        risk: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "6")]
        mount: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(message, optional, tag = "7")]
        vehicle: Option<Vehicle>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(message, optional, tag = "8")]
        consignment: Option<Consignment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(message, optional, tag = "9")]
        offices: Option<Offices>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "10")]
        continues: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "11")]
        note: Option<String>,
    }
}

message! { /// Monitoring starts.
    Activate {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        journey: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
        #[serde(flatten)] #[prost(message, required, tag = "4")] declaration: Declaration,
    }
}

message! { /// Departure is allowed.
    ClearToDepart {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        journey: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
    }
}

message! { /// Corrects a journey.
    Amend {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        journey: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
        #[serde(flatten)] #[prost(message, required, tag = "4")] declaration: Declaration,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "5")]
        from_time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "6")]
        until: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(message, optional, tag = "7")]
        detour: Option<Line>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "8")]
        by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "9")]
        reason: Option<String>,
    }
}

message! { /// The vehicle may not leave, or may again.
    Hold {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "2")]
        time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "3")]
        plate: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        reason: Option<String>,
    }
}

message! { /// A documented reason.
    Excuse {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "2")]
        time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "3")]
        alert: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "5")]
        document: Option<String>,
    }
}

message! { /// Monitoring ends.
    Deactivate {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        journey: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        outcome: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "5")]
        note: Option<String>,
    }
}

message! { /// A wrong end is undone.
    Reopen {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        journey: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "5")]
        reason: Option<String>,
    }
}

message! { /// What an operator does with an alert.
    Operator {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        unit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "2")]
        time: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "3")]
        alert: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "4")]
        by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "5")]
        office: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "6")]
        until: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "7")]
        text: Option<String>,
    }
}

message! { /// The log clock has come so far.
    Tick {
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "1")]
        time: Option<i64>,
    }
}

message! { /// Another rulebook.
    Rulebook {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "1")]
        version: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[prost(string, optional, tag = "2")]
        sha256: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", with = "super::time")]
        #[prost(int64, optional, tag = "3")]
        time: Option<i64>,
    }
}
