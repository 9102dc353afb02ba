//! The messages of everything that is neither a fix nor a heartbeat. They have the names of the JSON fields, and serde beside
//! prost: they come and go through JSON.

use serde::{Deserialize, Serialize};

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
