//! The known fields of a line, found in one pass, and how each kind of field is asked for.
//!
//! Unknown fields are passed over; of a field given twice the last counts. A required field that cannot be read is a
//! reject; an optional one is dropped and leaves a mark (`dropped`).

use super::reject::{Code, RejectReason};
use super::scan::{Cursor, Number, Text, Value, elements};
use super::{TIME_MAX, TIME_MIN, instant, is_id};
use crate::domain::record::Alarms;
use crate::domain::time::Millis;
use std::borrow::Cow;

macro_rules! keys {
    ($($variant:ident $text:literal),+ $(,)?) => {
        /// A known field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Key { $($variant),+ }

        impl Key {
            const COUNT: usize = [$($text),+].len();
            const NAMES: [&'static str; Self::COUNT] = [$($text),+];

            const ALL: [Key; Self::COUNT] = [$(Key::$variant),+];
        }
    };
}

keys! {
    Partition "_partition", Offset "_offset", Timestamp "_timestamp", FieldDropped "_field_dropped",
    Type "type", Unit "unit", FixTime "fix_time", Time "time", ReceiveTime "receive_time",
    Lat "lat", Lon "lon", Speed "speed", Course "course", Altitude "altitude", Accuracy "accuracy", Hdop "hdop",
    Satellites "satellites", Valid "valid", Approximate "approximate", Archive "archive", Battery "battery",
    Ignition "ignition", Motion "motion", Odometer "odometer", Seq "seq", Alarms "alarms",
    Journey "journey", Corridor "corridor", HalfWidth "half_width_m", Deadline "deadline", Interval "interval_s",
    Risk "risk", Mount "mount", Vehicle "vehicle", Consignment "consignment", Offices "offices",
    Continues "continues", Note "note", FromTime "from_time", Until "until", Detour "detour", By "by",
    Reason "reason", Plate "plate", Alert "alert", Document "document", Outcome "outcome", Office "office",
    Text "text", Version "version", Sha256 "sha256",
}

/// Where each name hashes to; [`NONE`] elsewhere.
const TABLE: [u8; TABLE_LEN] = table();
const NONE: u8 = u8::MAX;

/// Found by trying: no two names of the list fall together, or the build fails in [`table`].
#[inline]
const fn hash(name: &[u8]) -> usize {
    let (first, middle, last) = (name[0] as usize, name[name.len() / 2] as usize, name[name.len() - 1] as usize);
    (name.len() * 79 + first * 58 + last * 192 + middle) % TABLE_LEN
}

const TABLE_LEN: usize = 128;

const fn table() -> [u8; TABLE_LEN] {
    let mut table = [NONE; TABLE_LEN];
    let mut key = 0;
    while key < Key::COUNT {
        let place = hash(Key::NAMES[key].as_bytes());
        assert!(table[place] == NONE, "two names share a place: try other factors in `hash`");
        table[place] = key as u8;
        key += 1;
    }
    table
}

impl Key {
    /// The key of a name.
    #[inline]
    fn of(name: &str) -> Option<Key> {
        if name.is_empty() {
            return None;
        }
        let key = *Self::ALL.get(usize::from(TABLE[hash(name.as_bytes())]))?;
        (key.name() == name).then_some(key)
    }

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Every known field of one line.
pub(super) struct Fields<'a> {
    slots: [Value<'a>; Key::COUNT],
    /// An optional field could not be read.
    pub(super) dropped: bool,
}

impl<'a> Fields<'a> {
    /// Reads a whole line.
    pub(super) fn read(line: &'a str) -> Result<Fields<'a>, RejectReason> {
        let mut fields = Fields { slots: [Value::Absent; Key::COUNT], dropped: false };
        let mut cursor = Cursor::new(line);
        cursor.enter()?;
        let mut first = true;
        while let Some((key, value)) = cursor.member(first)? {
            first = false;
            if let Some(key) = key.decode().and_then(|name| Key::of(&name)) {
                fields.slots[key as usize] = value;
            }
        }
        cursor.finish()?;
        Ok(fields)
    }

    /// The raw value; `null` counts as absent.
    #[inline]
    pub(super) fn get(&self, key: Key) -> Option<Value<'a>> {
        match self.slots[key as usize] {
            Value::Absent | Value::Null => None,
            value => Some(value),
        }
    }

    fn required(&self, key: Key) -> Result<Value<'a>, RejectReason> {
        self.get(key).ok_or_else(|| missing(key))
    }

    /// A required number within a range.
    #[inline]
    pub(super) fn number<T>(&self, key: Key, quantise: fn(f64) -> Option<T>) -> Result<T, RejectReason> {
        let Value::Number(number) = self.required(key)? else {
            return Err(wrong_type(key, "a number"));
        };
        quantise(number.to_f64()).ok_or_else(|| out_of_range(key, number.to_f64()))
    }

    /// An optional number within a range.
    #[inline]
    pub(super) fn optional_number<T>(&mut self, key: Key, quantise: fn(f64) -> Option<T>) -> Option<T> {
        self.optional(key, |value| match value {
            Value::Number(number) => quantise(number.to_f64()),
            _ => None,
        })
    }

    /// An optional field of any kind; what `read` refuses is dropped.
    #[inline]
    pub(super) fn optional<T>(&mut self, key: Key, read: impl FnOnce(Value<'a>) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        self.dropped |= read.is_none();
        read
    }

    /// An optional flag.
    #[inline]
    pub(super) fn flag(&mut self, key: Key) -> Option<bool> {
        self.optional(key, |value| if let Value::Bool(flag) = value { Some(flag) } else { None })
    }

    /// A required time.
    #[inline]
    pub(super) fn time(&self, key: Key) -> Result<Millis, RejectReason> {
        let value = self.required(key)?;
        let Some(time) = read_time(value) else {
            return Err(wrong_type(key, "an RFC 3339 time with an offset, or epoch milliseconds"));
        };
        in_time_range(time).ok_or_else(|| outside_years(key))
    }

    /// An optional time.
    #[inline]
    pub(super) fn optional_time(&mut self, key: Key) -> Option<Millis> {
        self.optional(key, |value| read_time(value).and_then(in_time_range))
    }

    /// A required id.
    #[inline]
    pub(super) fn id(&self, key: Key) -> Result<String, RejectReason> {
        let Value::String(text) = self.required(key)? else {
            return Err(wrong_type(key, "a string"));
        };
        checked_id(key, text)
    }

    /// An optional id: of another type it is dropped, outside the pattern the line is refused, for an id that cannot
    /// be written would silently bind the record to nothing.
    pub(super) fn optional_id(&mut self, key: Key) -> Result<Option<String>, RejectReason> {
        match self.optional(key, |value| if let Value::String(text) = value { Some(text) } else { None }) {
            Some(text) => checked_id(key, text).map(Some),
            None => Ok(None),
        }
    }

    /// A required text.
    pub(super) fn text(&self, key: Key) -> Result<Cow<'a, str>, RejectReason> {
        read_text(self.required(key)?).ok_or_else(|| wrong_type(key, "a string"))
    }

    /// An optional text.
    pub(super) fn optional_text(&mut self, key: Key) -> Option<String> {
        self.optional(key, |value| read_text(value).map(Cow::into_owned))
    }

    /// A whole number that must be right where it is given.
    pub(super) fn whole(&self, key: Key) -> Result<Option<u64>, RejectReason> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => number.to_u64().map(Some).ok_or_else(|| out_of_range(key, number.to_f64())),
            Some(_) => Err(wrong_type(key, "a whole number")),
        }
    }

    /// Alarm flags; names that are not known are dropped one by one.
    pub(super) fn alarms(&mut self) -> Alarms {
        let mut set = Alarms::default();
        let Some(list) = self.optional(Key::Alarms, |v| if let Value::Array(list) = v { Some(list) } else { None })
        else {
            return set;
        };
        for element in elements(list) {
            match read_text(element).and_then(|name| Alarms::bit(&name)) {
                Some(alarm) => set.0 |= alarm.0,
                None => self.dropped = true,
            }
        }
        set
    }
}

/// A refusal because nothing is there.
pub(super) fn missing(key: Key) -> RejectReason {
    RejectReason::new(Code::MissingField, format!("the field `{}` is missing", key.name()))
}

/// A refusal of a time that the calendar of RFC 3339 does not hold.
pub(super) fn outside_years(key: Key) -> RejectReason {
    RejectReason::new(Code::OutOfRange, format!("the field `{}` lies outside the years 1900..=9999", key.name()))
}

/// A refusal because of the type.
pub(super) fn wrong_type(key: Key, expected: &str) -> RejectReason {
    RejectReason::new(Code::WrongType, format!("the field `{}` is not {expected}", key.name()))
}

/// A refusal because of the range.
pub(super) fn out_of_range(key: Key, value: f64) -> RejectReason {
    RejectReason::new(Code::OutOfRange, format!("the field `{}` is out of range: {value}", key.name()))
}

fn checked_id(key: Key, text: Text<'_>) -> Result<String, RejectReason> {
    let id = text.decode().ok_or_else(|| wrong_type(key, "a string"))?;
    if is_id(&id) { Ok(id.into_owned()) } else { Err(no_id(key, &id)) }
}

/// A refusal of a text that is no id.
pub(super) fn no_id(key: Key, text: &str) -> RejectReason {
    let shown: String = text.chars().take(80).collect();
    RejectReason::new(Code::BadId, format!("the field `{}` is no id: {shown:?}", key.name()))
}

/// What a string says.
pub(super) fn read_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    if let Value::String(text) = value { text.decode() } else { None }
}

/// A time: RFC 3339, or epoch milliseconds, whose fraction is cut off.
#[inline]
fn read_time(value: Value<'_>) -> Option<Millis> {
    match value {
        Value::String(text) => text.decode().and_then(|text| instant::parse(&text)),
        Value::Number(number) => read_epoch(number),
        _ => None,
    }
}

fn read_epoch(number: Number<'_>) -> Option<Millis> {
    // A cast of a double saturates; what does not fit is out of range anyway.
    Some(number.to_i64().unwrap_or_else(|| number.to_f64().floor() as i64))
}

pub(super) fn in_time_range(time: Millis) -> Option<Millis> {
    (TIME_MIN..=TIME_MAX).contains(&time).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_nothing_else() {
        for key in Key::ALL {
            assert_eq!(Key::of(key.name()), Some(key));
            assert_eq!(Key::of(&key.name()[1..]), None);
        }
        assert_eq!((Key::of(""), Key::of("ü")), (None, None));
    }
}
