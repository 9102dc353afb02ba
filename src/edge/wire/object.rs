//! Writes JSON objects key by key: no blanks, numbers as fixed decimals from integers, so that equal values are equal
//! bytes on every machine.

use super::instant;
use crate::domain::position::Position;
use crate::domain::time::Millis;

/// An object that is being written; [`Object::close`] ends it.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Begins an object.
    pub fn open(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, first: true }
    }

    /// Ends it.
    pub fn close(self) {
        self.out.push(b'}');
    }

    /// Writes a key; the caller appends exactly one value to what is returned.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }

    /// A string, or null.
    pub fn nullable_text(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    /// A string, where there is one.
    pub fn optional_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// `null`
    pub fn null(&mut self, key: &str) {
        self.key(key).extend_from_slice(b"null");
    }

    /// `true` or `false`
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key).extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A whole number.
    pub fn int(&mut self, key: &str, value: impl Into<i128>) {
        fixed(value.into(), 0, self.key(key));
    }

    /// A whole number, or null.
    pub fn nullable_int(&mut self, key: &str, value: Option<impl Into<i128>>) {
        match value {
            Some(value) => self.int(key, value),
            None => self.null(key),
        }
    }

    /// `value` / 10^`decimals`, with that many decimals.
    pub fn fixed(&mut self, key: &str, value: impl Into<i128>, decimals: u32) {
        fixed(value.into(), decimals, self.key(key));
    }

    /// A time.
    pub fn time(&mut self, key: &str, value: Millis) {
        quoted_time(value, self.key(key));
    }

    /// A time, or null.
    pub fn nullable_time(&mut self, key: &str, value: Option<Millis>) {
        match value {
            Some(value) => self.time(key, value),
            None => self.null(key),
        }
    }

    /// A list of strings.
    pub fn texts<S: AsRef<str>>(&mut self, key: &str, values: &[S]) {
        let out = self.key(key);
        out.push(b'[');
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            string(value.as_ref(), out);
        }
        out.push(b']');
    }

    /// `{"lat":…,"lon":…}`, or null.
    pub fn nullable_position(&mut self, key: &str, value: Option<Position>) {
        let Some(position) = value else { return self.null(key) };
        let mut inner = Object::open(self.key(key));
        inner.degrees(position);
        inner.close();
    }

    /// `"lat":…,"lon":…` with 6 decimals.
    pub fn degrees(&mut self, position: Position) {
        self.fixed("lat", position.lat_e6, 6);
        self.fixed("lon", position.lon_e6, 6);
    }
}

/// A time in quotes.
pub(super) fn quoted_time(value: Millis, out: &mut Vec<u8>) {
    out.push(b'"');
    instant::write(value, out);
    out.push(b'"');
}

/// A string in quotes; only what must be escaped is (RFC 8259, section 7).
pub(super) fn string(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in value.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// `value` / 10^`decimals`, with that many decimals.
pub(super) fn fixed(value: i128, decimals: u32, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 48];
    let mut at = digits.len();
    let Ok(mut rest) = u64::try_from(value.unsigned_abs()) else {
        // Only a whole number can be that large, and no field is; but it is still written right.
        out.extend_from_slice(value.to_string().as_bytes());
        return;
    };
    let mut written = 0;
    while rest > 0 || written <= decimals {
        if written == decimals && decimals > 0 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_come_from_integers() {
        for (value, decimals, text) in [
            (40_100_000, 6, "40.100000"),
            (-1, 6, "-0.000001"),
            (0, 6, "0.000000"),
            (0, 0, "0"),
            (-5, 0, "-5"),
            (1_205, 2, "12.05"),
            (i128::from(u64::MAX), 0, "18446744073709551615"),
            (i128::from(i64::MIN), 1, "-922337203685477580.8"),
        ] {
            let mut out = Vec::new();
            fixed(value, decimals, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn strings_are_escaped_as_serde_reads_them() {
        let text: String = (0..0x60u8).map(char::from).chain("ğü€😀\u{7f}\u{2028}".chars()).collect();
        let mut out = Vec::new();
        string(&text, &mut out);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}
