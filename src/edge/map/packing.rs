//! Rows of integers as text: differences, zigzag, five bits a character.
//!
//! A day of 200 vehicles is a quarter of a million fixes; as decimal numbers they are 5 MB of page, like this about 2.5 MB.
//! The alphabet (that of base64url) needs no escape in JSON, HTML or script. A character holds five bits, lowest first, and
//! its sixth bit says that more follow. `scene.js` reads it back; [`unpack`] is the same in Rust, for the tests.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends one integer: zigzag (0, -1, 1, -2, ...), then groups of five bits.
pub fn push(out: &mut String, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    loop {
        let more = rest > 31;
        let digit = (rest & 31) | if more { 32 } else { 0 };
        out.push(char::from(DIGITS[digit as usize]));
        rest >>= 5;
        if !more {
            return;
        }
    }
}

/// Packs the differences of a row; the first is its difference from 0.
pub fn differences(row: impl IntoIterator<Item = i64>) -> String {
    let mut out = String::new();
    let mut last = 0;
    for value in row {
        push(&mut out, value - last);
        last = value;
    }
    out
}

/// The integers of a packed text; `None` where it is not one.
pub fn unpack(text: &str) -> Option<Vec<i64>> {
    let mut values = Vec::new();
    let (mut value, mut shift) = (0_u64, 0_u32);
    for byte in text.bytes() {
        let digit = DIGITS.iter().position(|&d| d == byte)? as u64;
        value |= (digit & 31).checked_shl(shift)?;
        shift += 5;
        if digit < 32 {
            values.push((value >> 1) as i64 ^ -((value & 1) as i64));
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back() {
        let mut row = vec![0, 1, -1, 15, 16, -16, -17, 16_383, -16_384, i64::from(i32::MAX), i64::from(i32::MIN)];
        row.extend((0..60).flat_map(|bit| [1_i64 << bit, -(1_i64 << bit)]));
        let mut text = String::new();
        row.iter().for_each(|&v| push(&mut text, v));
        assert_eq!(unpack(&text), Some(row));
        assert_eq!(unpack("g"), None, "cut in the middle");
        assert_eq!(unpack("<"), None, "not of the alphabet");
    }

    #[test]
    fn a_step_of_a_minute_at_road_speed_is_three_characters() {
        let mut text = String::new();
        push(&mut text, 16_000); // 1.78 km northward
        assert_eq!(text.len(), 3);
    }
}
