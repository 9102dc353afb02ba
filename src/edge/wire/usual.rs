//! The usual fix, read in one pass: known keys, each once, plain values, nothing that needs a second look.
//!
//! A line that this reader takes is read exactly as the whole reader reads it; every other line it leaves alone
//! (`None`), whatever the reason: another record type, an escape, an exponent, an unknown or repeated key, a value out of
//! range. So nothing is decided here, only sooner: faults, drops and their marks stay in one place.

use super::decode::{Decoded, Envelope};
use super::{TIME_MAX, TIME_MIN, instant, is_id, quantise};
use crate::domain::position::Position;
use crate::domain::record::{Alarms, Body, Fix};
use crate::domain::time::Millis;

/// Powers of ten of the decimals that a field can have; exact doubles.
const POW10: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Reads a fix of the usual shape.
pub(super) fn read(line: &[u8]) -> Option<Decoded> {
    let mut walk = Walk { line, at: 0 };
    let mut fix = Fix { valid: true, ..Fix::default() };
    let mut envelope = Envelope::default();
    let (mut unit, mut lat, mut lon) = (None, None, None);
    let (mut is_fix, mut dropped) = (false, false);
    let mut seen = 0u32;
    walk.take(b'{')?;
    loop {
        let key = walk.key()?;
        let null = walk.is_null();
        // A field of its own bit; `None` where it is not one of a fix.
        let bit = match key {
            b"type" if !null => {
                is_fix = walk.text()? == b"fix";
                0
            }
            b"unit" if !null => {
                unit = Some(walk.text()?);
                1
            }
            b"fix_time" if !null => {
                envelope.event_time = Some(walk.time()?);
                2
            }
            b"lat" if !null => {
                lat = Some(quantise::latitude(walk.number()?)?);
                3
            }
            b"lon" if !null => {
                lon = Some(quantise::longitude(walk.number()?)?);
                4
            }
            b"speed" => walk.optional(null, 5, &mut fix.speed_cm_s, quantise::speed)?,
            b"course" => walk.optional(null, 6, &mut fix.course_ddeg, quantise::course)?,
            b"altitude" => walk.optional(null, 7, &mut fix.altitude_dm, quantise::altitude)?,
            b"accuracy" => walk.optional(null, 8, &mut fix.accuracy_dm, quantise::accuracy)?,
            b"hdop" => walk.optional(null, 9, &mut fix.hdop_centi, quantise::hdop)?,
            b"satellites" => walk.optional(null, 10, &mut fix.satellites, quantise::satellites)?,
            b"battery" => walk.optional(null, 11, &mut fix.battery_pct, quantise::battery)?,
            b"odometer" => walk.optional(null, 12, &mut fix.odometer_dm, quantise::odometer)?,
            b"valid" if !null => {
                fix.valid = walk.flag()?;
                13
            }
            b"approximate" if !null => {
                fix.approximate = walk.flag()?;
                14
            }
            b"archive" if !null => {
                fix.archive = walk.flag()?;
                15
            }
            b"ignition" if !null => {
                fix.ignition = Some(walk.flag()?);
                16
            }
            b"motion" if !null => {
                fix.motion = Some(walk.flag()?);
                17
            }
            b"seq" if !null => {
                fix.seq = Some(walk.whole()?);
                18
            }
            b"alarms" if !null => {
                fix.alarms = walk.alarms()?;
                19
            }
            b"receive_time" if !null => {
                envelope.receive_time = Some(walk.time()?);
                20
            }
            b"_partition" if !null => {
                envelope.partition = Some(u32::try_from(walk.whole()?).ok()?);
                21
            }
            b"_offset" if !null => {
                envelope.offset = Some(walk.whole()?);
                22
            }
            b"_timestamp" if !null => {
                envelope.timestamp = Some(walk.time()?);
                23
            }
            b"_field_dropped" if !null => {
                dropped = walk.flag()?;
                24
            }
            _ => return None,
        };
        let bit = 1 << bit;
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
        if !walk.more()? {
            break;
        }
    }
    let placed = envelope.partition.is_some() && envelope.offset.is_some() && envelope.timestamp.is_some();
    let unplaced = envelope.partition.is_none() && envelope.offset.is_none();
    let unit = std::str::from_utf8(unit?).ok().filter(|unit| is_id(unit))?;
    if !is_fix || !(placed || unplaced) || !walk.is_at_end() {
        return None;
    }
    fix.time = envelope.event_time?;
    fix.receive_time = envelope.receive_time;
    fix.position = Position { lat_e6: lat?, lon_e6: lon? };
    fix.field_dropped = dropped;
    Some(Decoded { body: Body::Fix { unit: unit.into(), fix }, envelope })
}

struct Walk<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    #[inline]
    fn peek(&self) -> u8 {
        // A zero byte is never part of the grammar, so it can stand for the end.
        self.line.get(self.at).copied().unwrap_or(0)
    }

    /// The byte, after blanks.
    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        (self.peek() == byte).then(|| self.at += 1)
    }

    #[inline]
    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// `"key":` and the blanks before the value.
    #[inline]
    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.text()?;
        self.take(b':')?;
        self.blanks();
        Some(key)
    }

    /// Whether another member follows.
    #[inline]
    fn more(&mut self) -> Option<bool> {
        self.blanks();
        self.at += 1;
        match self.line.get(self.at - 1) {
            Some(b',') => Some(true),
            Some(b'}') => Some(false),
            _ => None,
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.blanks();
        self.at == self.line.len()
    }

    /// Passes over `null`.
    #[inline]
    fn is_null(&mut self) -> bool {
        let null = self.peek() == b'n' && self.line[self.at..].starts_with(b"null");
        self.at += if null { 4 } else { 0 };
        null
    }

    /// A string of printable ASCII without escapes.
    #[inline]
    fn text(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let rest = &self.line[self.at..];
        let length = rest.iter().position(|b| !(0x20..0x7f).contains(b) || matches!(b, b'"' | b'\\'))?;
        self.at += length + 1;
        (rest[length] == b'"').then(|| &rest[..length])
    }

    /// Digits: their value and number; at most 18, so that the value is right.
    #[inline]
    fn digits(&mut self, value: &mut u64) -> usize {
        let start = self.at;
        while let digit @ b'0'..=b'9' = self.peek() {
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// A number without exponent, of at most 18 digits: sign, digits as one number, decimals among them.
    #[inline]
    fn plain(&mut self) -> Option<(bool, u64, usize)> {
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let mut value = 0;
        let first = self.peek();
        let whole = self.digits(&mut value);
        if whole == 0 || (whole > 1 && first == b'0') {
            return None;
        }
        let mut decimals = 0;
        if self.peek() == b'.' {
            self.at += 1;
            decimals = self.digits(&mut value);
            if decimals == 0 {
                return None;
            }
        }
        let usual = whole + decimals <= 18 && !matches!(self.peek(), b'e' | b'E');
        usual.then_some((negative, value, decimals))
    }

    /// The nearest double: mantissa and power of ten are exact, so one division rounds once.
    #[inline]
    fn number(&mut self) -> Option<f64> {
        let (negative, value, decimals) = self.plain()?;
        if value > 1 << 53 {
            return None;
        }
        let magnitude = value as f64 / POW10[decimals];
        Some(if negative { -magnitude } else { magnitude })
    }

    #[inline]
    fn optional<T>(
        &mut self,
        null: bool,
        bit: u32,
        field: &mut Option<T>,
        quantise: impl Fn(f64) -> Option<T>,
    ) -> Option<u32> {
        if !null {
            *field = Some(quantise(self.number()?)?);
        }
        Some(bit)
    }

    #[inline]
    fn whole(&mut self) -> Option<u64> {
        let (negative, value, decimals) = self.plain()?;
        (!negative && decimals == 0).then_some(value)
    }

    #[inline]
    fn flag(&mut self) -> Option<bool> {
        let rest = &self.line[self.at..];
        let (flag, length) = match rest {
            [b't', b'r', b'u', b'e', ..] => (true, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (false, 5),
            _ => return None,
        };
        self.at += length;
        Some(flag)
    }

    #[inline]
    fn time(&mut self) -> Option<Millis> {
        let time = if self.peek() == b'"' {
            instant::parse(std::str::from_utf8(self.text()?).ok()?)?
        } else {
            let (negative, value, decimals) = self.plain()?;
            if decimals > 0 {
                return None;
            }
            if negative { -(value as i64) } else { value as i64 }
        };
        (TIME_MIN..=TIME_MAX).contains(&time).then_some(time)
    }

    fn alarms(&mut self) -> Option<Alarms> {
        let mut set = Alarms::default();
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(set);
        }
        loop {
            set.0 |= Alarms::bit(std::str::from_utf8(self.text()?).ok()?)?.0;
            if self.take(b']').is_some() {
                return Some(set);
            }
            self.take(b',')?;
        }
    }
}
