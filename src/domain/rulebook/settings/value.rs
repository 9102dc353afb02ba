//! Literals of the file, the types a setting can have, and what can be wrong with a value.

/// A TOML literal, free of any parser.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Integer.
    Int(i64),
    /// Float.
    Float(f64),
    /// Boolean.
    Bool(bool),
    /// String.
    Text(String),
    /// Inline table.
    Table(Vec<(String, Literal)>),
    /// Something that no setting takes (a date, a list).
    Other,
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingFault {
    /// There is no such table.
    UnknownTable,
    /// There is no such key in that table.
    UnknownKey,
    /// A value of another type; what was expected.
    Type(&'static str),
    /// Out of range; what is allowed.
    Range(String),
}

/// ε and H of the evidence accumulator (DETECTION 5.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvidenceParams {
    /// Chance that a fix that passed the gate is an outlier still, between 0 and 1.
    pub epsilon: f64,
    /// Evidence that flips the side, nats.
    pub h: f64,
}

/// A break from driving.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriveBreak {
    /// After so much driving, hours.
    pub every_h: f64,
    /// Length, minutes.
    pub rest_min: i64,
}

/// The daily rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyRest {
    /// After so much driving, hours.
    pub every_h: f64,
    /// Length, hours.
    pub rest_h: f64,
}

/// A type a setting can have.
pub(super) trait Setting: Clone {
    /// Takes the literal.
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault>;
}

/// A setting with a range.
pub(super) trait Number: Setting {
    /// Its size.
    fn number(&self) -> f64;
}

/// Takes a literal if it lies in the range; NaN lies in none.
pub(super) fn put_within<T: Number>(field: &mut T, value: &Literal, low: f64, high: f64) -> Result<(), SettingFault> {
    let mut taken = field.clone();
    taken.put(value)?;
    if !(low..=high).contains(&taken.number()) {
        return Err(SettingFault::Range(format!("must be {low} to {high}")));
    }
    *field = taken;
    Ok(())
}

impl Setting for i64 {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let Literal::Int(number) = value else { return Err(SettingFault::Type("a whole number")) };
        *self = *number;
        Ok(())
    }
}

impl Number for i64 {
    fn number(&self) -> f64 {
        *self as f64
    }
}

impl Setting for f64 {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        *self = match value {
            Literal::Float(number) => *number,
            Literal::Int(number) => *number as f64,
            _ => return Err(SettingFault::Type("a number")),
        };
        Ok(())
    }
}

impl Number for f64 {
    fn number(&self) -> f64 {
        *self
    }
}

impl Setting for bool {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let Literal::Bool(flag) = value else { return Err(SettingFault::Type("true or false")) };
        *self = *flag;
        Ok(())
    }
}

/// Takes the entries of an inline table one by one; a fault names the inner key.
fn put_entries(
    value: &Literal,
    shape: &'static str,
    mut put: impl FnMut(&str, &Literal) -> Result<(), SettingFault>,
) -> Result<(), SettingFault> {
    let Literal::Table(entries) = value else { return Err(SettingFault::Type(shape)) };
    for (key, value) in entries {
        put(key, value).map_err(|fault| match fault {
            SettingFault::Range(allowed) => SettingFault::Range(format!("{key} {allowed}")),
            SettingFault::UnknownKey => SettingFault::Type(shape),
            other => other,
        })?;
    }
    Ok(())
}

const EVIDENCE: &str = "a table { epsilon = number, h = number }";

impl Setting for EvidenceParams {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let mut taken = *self;
        put_entries(value, EVIDENCE, |key, value| match key {
            // Open interval: 0 and 1 would make a logarithm infinite or every fix worthless.
            "epsilon" => put_within(&mut taken.epsilon, value, 1e-6, 0.999_999),
            "h" => put_within(&mut taken.h, value, 0.001, 1_000.0),
            _ => Err(SettingFault::UnknownKey),
        })?;
        *self = taken;
        Ok(())
    }
}

/// An override has nothing to fall back on within its table: both numbers must be given.
impl Setting for Option<EvidenceParams> {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let both = |entries: &[(String, Literal)]| ["epsilon", "h"].iter().all(|k| entries.iter().any(|(e, _)| e == k));
        if !matches!(value, Literal::Table(entries) if both(entries)) {
            return Err(SettingFault::Type(EVIDENCE));
        }
        let mut taken = EvidenceParams { epsilon: 0.05, h: 6.0 };
        taken.put(value)?;
        *self = Some(taken);
        Ok(())
    }
}

impl Setting for DriveBreak {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let mut taken = *self;
        put_entries(value, "a table { every_h = number, rest_min = whole number }", |key, value| match key {
            "every_h" => put_within(&mut taken.every_h, value, 0.1, 100.0),
            "rest_min" => put_within(&mut taken.rest_min, value, 0.0, 1_440.0),
            _ => Err(SettingFault::UnknownKey),
        })?;
        *self = taken;
        Ok(())
    }
}

impl Setting for DailyRest {
    fn put(&mut self, value: &Literal) -> Result<(), SettingFault> {
        let mut taken = *self;
        put_entries(value, "a table { every_h = number, rest_h = number }", |key, value| match key {
            "every_h" => put_within(&mut taken.every_h, value, 0.1, 100.0),
            "rest_h" => put_within(&mut taken.rest_h, value, 0.0, 100.0),
            _ => Err(SettingFault::UnknownKey),
        })?;
        *self = taken;
        Ok(())
    }
}
