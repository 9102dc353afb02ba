//! Times of the messages in JSON: written as milliseconds, read as the canonical lines have them.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use super::super::instant;

pub fn serialize<S: Serializer>(time: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => to.serialize_i64(*time),
        None => to.serialize_none(),
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    instant::parse(&text).map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no RFC 3339 time")))
}
