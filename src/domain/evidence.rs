//! The one decision mechanism for every boundary question: a two-sided CUSUM over the log-likelihood that the
//! vehicle is on the other side (DETECTION, 5.1). Integer arithmetic, constant state.

use super::codec::state;
use super::time::Millis;

/// Log-likelihood ratios in milli-nats for margins of 0, 1/16, ... 4 sigma; odd symmetric.
pub type LlrTable = [i32; 65];

/// The table for an outlier share ε: `round(1000 ln(((1-ε)Φ(q/16)+ε/2) / ((1-ε)Φ(-q/16)+ε/2)))`.
///
/// Through `libm` alone, so that every machine gets the same integers; a test holds the two defaults to the vectors
/// of the specification.
pub fn llr_table(epsilon: f64) -> LlrTable {
    let phi = |x: f64| 0.5 * libm::erfc(-x / core::f64::consts::SQRT_2);
    let mut table = [0; 65];
    for (q, entry) in table.iter_mut().enumerate() {
        let x = q as f64 / 16.0;
        let this = (1.0 - epsilon) * phi(x) + epsilon / 2.0;
        let other = (1.0 - epsilon) * phi(-x) + epsilon / 2.0;
        *entry = libm::round(1000.0 * libm::log(this / other)) as i32;
    }
    table
}

/// One pair (ε, H) made ready, with the correlation time τ.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    table: LlrTable,
    /// H in milli-nats.
    pub h_milli: i32,
    /// τ in milliseconds.
    pub tau_ms: Millis,
}

impl Threshold {
    /// From ε, H and τ in seconds.
    pub fn new(epsilon: f64, h: f64, tau_s: f64) -> Self {
        Threshold {
            table: llr_table(epsilon),
            h_milli: libm::round(h * 1000.0) as i32,
            tau_ms: libm::round(tau_s * 1000.0) as Millis,
        }
    }

    /// Evidence of one fix with a margin (metres, towards the other side) and a standard deviation (metres).
    fn llr(&self, margin_m: f64, sigma_m: f64) -> i32 {
        // Rounded down after it is clamped, which is the same, and a cast: rounding to zero, then down.
        let q = (16.0 * margin_m / sigma_m + 0.5).clamp(-64.0, 64.0);
        let q = q as i32 - i32::from(q < f64::from(q as i32));
        if q < 0 { -self.table[(-q) as usize] } else { self.table[q as usize] }
    }

    /// What one fix says for the other side, milli-nats: its log-likelihood ratio times its weight.
    pub fn evidence(&self, margin_m: f64, sigma_m: f64, weight: Weight) -> i32 {
        let full = weight.since.map_or(1000, |dt| (dt * 1000 / self.tau_ms.max(1)).clamp(0, 1000));
        let weight = if weight.halved { full / 2 } else { full };
        (i64::from(self.llr(margin_m, sigma_m)) * weight / 1000) as i32
    }
}

/// The accumulator: which side, and how much speaks for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Accumulator {
    /// Whether the vehicle is on the far side.
    pub side: bool,
    /// Evidence for the other side, milli-nats, never negative.
    pub s: i32,
    /// First fix of the current evidence.
    pub t_on: Millis,
}
state!(Accumulator { side, s, t_on });

/// How much a fix counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Time since the last accepted fix: neighbours in time err together. `None` for the first one (full weight).
    pub since: Option<Millis>,
    /// It follows a step that its speeds do not explain: a run of outliers looks like that, so it counts half.
    pub halved: bool,
}

impl Weight {
    /// A fix that nothing speaks against.
    pub fn since(since: Option<Millis>) -> Weight {
        Weight { since, halved: false }
    }
}

/// The side has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// First fix that spoke for it.
    pub onset: Millis,
}

impl Accumulator {
    /// Adds one fix.
    pub fn step(
        &mut self,
        threshold: &Threshold,
        margin_m: f64,
        sigma_m: f64,
        weight: Weight,
        t: Millis,
    ) -> Option<Flip> {
        if self.s == 0 && margin_m <= 0.0 && threshold.h_milli > 0 {
            return None; // nothing speaks for the other side, and nothing is there that could be taken away
        }
        let evidence = threshold.evidence(margin_m, sigma_m, weight);
        if self.s == 0 && evidence > 0 {
            self.t_on = t;
        }
        self.s = (self.s + evidence).max(0);
        if self.s < threshold.h_milli {
            return None;
        }
        self.side = !self.side;
        self.s = 0;
        Some(Flip { onset: self.t_on })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_match_the_specification() {
        let t05 = llr_table(0.05);
        assert_eq!([t05[0], t05[8], t05[16], t05[32], t05[48], t05[64]], [0, 762, 1546, 3018, 3612, 3662]);
        let t02 = llr_table(0.02);
        assert_eq!([t02[8], t02[16], t02[32], t02[48], t02[64]], [789, 1618, 3400, 4470, 4592]);
    }

    #[test]
    fn deep_outside_takes_four_fixes_at_ten_seconds_and_two_at_twenty() {
        for (dt, wanted) in [(10_000, 4), (20_000, 2), (60_000, 2)] {
            let h6 = Threshold::new(0.05, 6.0, 20.0);
            let mut ea = Accumulator::default();
            let mut fixes = 0;
            loop {
                fixes += 1;
                if ea.step(&h6, 500.0, 10.0, Weight::since(Some(dt)), fixes * dt).is_some() {
                    break;
                }
            }
            assert_eq!(fixes, wanted, "at {dt} ms");
            assert!(ea.side && ea.s == 0 && ea.t_on == dt);
        }
    }

    #[test]
    fn one_deep_fix_enters_a_zone_when_fixes_are_sparse() {
        let h4 = Threshold::new(0.02, 4.0, 20.0);
        let mut ea = Accumulator::default();
        assert!(ea.step(&h4, 200.0, 10.0, Weight::since(Some(30_000)), 1).is_some());
        let mut ea = Accumulator::default();
        assert!(ea.step(&h4, 200.0, 10.0, Weight::since(Some(10_000)), 1).is_none());
        assert!(ea.step(&h4, 200.0, 10.0, Weight::since(Some(10_000)), 2).is_some());
    }

    #[test]
    fn evidence_never_goes_below_nothing() {
        let h6 = Threshold::new(0.05, 6.0, 20.0);
        let mut ea = Accumulator::default();
        ea.step(&h6, -1000.0, 10.0, Weight::since(Some(60_000)), 1);
        assert_eq!(ea.s, 0);
    }
}
