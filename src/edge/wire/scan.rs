//! A strict JSON scanner (RFC 8259) that copies nothing and builds no tree.
//!
//! A [`Value`] points into the text it was read from; arrays and objects are checked as they are passed over and
//! handed on as text, to be walked again by [`elements`] or [`members`] where a field wants them. Nesting is counted,
//! not recursed into, so a hostile line cannot exhaust the stack.

use std::borrow::Cow;

/// Deepest nesting that is read.
pub const DEPTH_MAX: u32 = 128;

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not the grammar of RFC 8259: at this byte, this was expected.
    Syntax(usize, &'static str),
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
}

/// A value that points into its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// The field was not there at all.
    Absent,
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number<'a>),
    /// A string.
    String(Text<'a>),
    /// An array, with its brackets.
    Array(&'a str),
    /// An object, with its braces.
    Object(&'a str),
}

/// The inside of a string, escapes not yet undone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// What it says; `None` where an escape is half a surrogate pair.
    pub fn decode(self) -> Option<Cow<'a, str>> {
        if self.escaped { unescape(self.raw).map(Cow::Owned) } else { Some(Cow::Borrowed(self.raw)) }
    }
}

/// A number, still as digits: which double is nearest is asked only where it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<'a> {
    raw: &'a str,
    mantissa: u64,
    fraction_digits: u8,
    negative: bool,
    /// No exponent and few digits: mantissa and scale are exact.
    plain: bool,
}

/// Powers of ten that a double holds exactly.
const POW10: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

impl Number<'_> {
    /// The nearest double (infinite where there is none).
    ///
    /// Where mantissa and power of ten are both exact, one division rounds once (W. D. Clinger, "How to Read Floating
    /// Point Numbers Accurately", 1990); the rest is left to the standard library.
    pub fn to_f64(self) -> f64 {
        if self.plain && self.mantissa <= 1 << 53 && self.fraction_digits <= 22 {
            let magnitude = self.mantissa as f64 / POW10[usize::from(self.fraction_digits)];
            return if self.negative { -magnitude } else { magnitude };
        }
        self.raw.parse().unwrap_or(f64::NAN)
    }

    /// The value, where it is written as a whole number and fits.
    pub fn to_u64(self) -> Option<u64> {
        if self.fraction_digits == 0 { self.raw.parse().ok() } else { None }
    }

    /// The value, where it is written as a whole number and fits.
    pub fn to_i64(self) -> Option<i64> {
        if self.fraction_digits == 0 { self.raw.parse().ok() } else { None }
    }
}

/// Walks over a text from left to right.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the begin of `text`.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    fn peek(&self) -> u8 {
        // A zero byte is never part of the grammar, so it can stand for the end.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek() != byte {
            return Err(Fault::Syntax(self.at, what));
        }
        self.at += 1;
        Ok(())
    }

    /// Enters an object; [`Cursor::member`] then gives its members.
    ///
    /// # Errors
    /// There is no object here.
    pub fn enter(&mut self) -> Result<(), Fault> {
        self.blanks();
        self.expect(b'{', "an object")
    }

    /// The next member of the entered object; `first` says that none was read before. `None` at its end.
    ///
    /// # Errors
    /// The text is not JSON.
    #[inline]
    pub fn member(&mut self, first: bool) -> Result<Option<(Text<'a>, Value<'a>)>, Fault> {
        self.blanks();
        match self.peek() {
            b'}' => {
                self.at += 1;
                return Ok(None);
            }
            b',' if !first => {
                self.at += 1;
                self.blanks();
            }
            _ if first => {}
            _ => return Err(Fault::Syntax(self.at, "`,` or `}`")),
        }
        let key = self.key()?;
        Ok(Some((key, self.value()?)))
    }

    /// Nothing but blanks is left.
    ///
    /// # Errors
    /// Something else is left.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.blanks();
        if self.at == self.text.len() { Ok(()) } else { Err(Fault::Syntax(self.at, "the end of the line")) }
    }

    /// `"key" :`
    fn key(&mut self) -> Result<Text<'a>, Fault> {
        let key = self.string()?;
        self.blanks();
        self.expect(b':', "`:`")?;
        Ok(key)
    }

    /// Any value.
    ///
    /// # Errors
    /// The text is not JSON.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Fault> {
        self.blanks();
        match self.peek() {
            b'"' => self.string().map(Value::String),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b'{' => self.container().map(Value::Object),
            b'[' => self.container().map(Value::Array),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value<'a>, Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(Fault::Syntax(self.at, "a value"))
    }

    #[inline]
    fn string(&mut self) -> Result<Text<'a>, Fault> {
        self.expect(b'"', "a string")?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut escaped = false;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(Fault::Syntax(self.at, "the end of the string")),
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok(Text { raw, escaped })
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.peek().is_ascii_hexdigit() {
                        return Err(Fault::Syntax(self.at, "four hex digits"));
                    }
                }
                self.at += 1;
            }
            _ => return Err(Fault::Syntax(self.at, "an escape")),
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<Number<'a>, Fault> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let mut mantissa = 0u64;
        let whole = self.digits(&mut mantissa);
        let leading_zero = whole > 1 && self.text.as_bytes()[self.at - whole] == b'0';
        if whole == 0 || leading_zero {
            return Err(Fault::Syntax(start, "a number"));
        }
        let mut fraction = 0;
        if self.peek() == b'.' {
            self.at += 1;
            fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return Err(Fault::Syntax(self.at, "a digit"));
            }
        }
        let exponent = matches!(self.peek(), b'e' | b'E');
        if exponent {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), b'+' | b'-'));
            if self.digits(&mut 0) == 0 {
                return Err(Fault::Syntax(self.at, "a digit"));
            }
        }
        // 18 digits never overflow the mantissa; with more it is not looked at.
        let plain = !exponent && whole + fraction <= 18;
        let fraction_digits = if exponent { u8::MAX } else { fraction.min(usize::from(u8::MAX)) as u8 };
        Ok(Number { raw: &self.text[start..self.at], mantissa, fraction_digits, negative, plain })
    }

    #[inline]
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        let start = self.at;
        while let digit @ b'0'..=b'9' = self.peek() {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// Passes over an array or object, checking it; the open ones are bits of a word, 1 for an object.
    fn container(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let (mut open, mut depth) = (0u128, 0u32);
        loop {
            self.blanks();
            let opened = self.peek();
            if opened == b'{' || opened == b'[' {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Fault::TooDeep);
                }
                open = open << 1 | u128::from(opened == b'{');
                self.at += 1;
                self.blanks();
                let closes = if opened == b'{' { b'}' } else { b']' };
                if self.peek() != closes {
                    if opened == b'{' {
                        self.key()?;
                    }
                    continue;
                }
            } else {
                self.value()?;
            }
            // Behind a value, or before the end of an empty container: close what closes.
            loop {
                if depth == 0 {
                    return Ok(&self.text[start..self.at]);
                }
                self.blanks();
                let object = open & 1 == 1;
                match (object, self.peek()) {
                    (true, b'}') | (false, b']') => {
                        self.at += 1;
                        open >>= 1;
                        depth -= 1;
                    }
                    (true, b',') => {
                        self.at += 1;
                        self.blanks();
                        self.key()?;
                        break;
                    }
                    (false, b',') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(Fault::Syntax(self.at, "`,` or the end of the array or object")),
                }
            }
        }
    }
}

/// The members of an object that was passed over, in order.
pub fn members<'a>(object: &'a str) -> impl Iterator<Item = (Text<'a>, Value<'a>)> {
    let mut cursor = Cursor::new(object);
    let entered = cursor.enter().is_ok();
    let mut first = true;
    std::iter::from_fn(move || {
        if !entered {
            return None;
        }
        let member = cursor.member(first).ok().flatten();
        first = false;
        member
    })
}

/// The elements of an array that was passed over, in order.
pub fn elements<'a>(array: &'a str) -> impl Iterator<Item = Value<'a>> {
    let mut cursor = Cursor::new(array);
    let entered = cursor.expect(b'[', "an array").is_ok();
    cursor.blanks();
    let mut more = entered && cursor.peek() != b']';
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let value = cursor.value().ok()?;
        cursor.blanks();
        more = cursor.expect(b',', "`,`").is_ok();
        Some(value)
    })
}

fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => out.push(unicode_escape(&mut chars)?),
            other => out.push(other),
        }
    }
    Some(out)
}

/// Four hex digits, or `hhhh\uhhhh` where that is a surrogate pair.
fn unicode_escape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = hex4(chars)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if chars.next()? != '\\' || chars.next()? != 'u' {
        return None;
    }
    let second = hex4(chars)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

fn hex4(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |sum, _| Some(sum * 16 + chars.next()?.to_digit(16)?))
}
