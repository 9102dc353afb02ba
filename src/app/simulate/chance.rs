//! Chance, seeded: the same seed gives the same draws on every machine (ChaCha8; logarithm and sine by `libm`).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// One stream of draws.
pub(in crate::app) struct Chance {
    generator: ChaCha8Rng,
}

impl Chance {
    /// The stream `stream` of a seed. Streams do not touch: one more draw in one changes nothing in another.
    pub(in crate::app) fn new(seed: u64, stream: u64) -> Chance {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Chance { generator }
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [from, to).
    pub(in crate::app) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// True with probability `p`.
    pub(super) fn happens(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A whole number in 0..n; 0 where `n` is 0.
    pub(in crate::app) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// One of them.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// Normal with mean 0 and this deviation (Box-Muller).
    pub(super) fn normal(&mut self, sigma: f64) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        sigma * radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// A direction: (east, north) of length 1.
    pub(super) fn direction(&mut self) -> (f64, f64) {
        let angle = std::f64::consts::TAU * self.unit();
        (libm::sin(angle), libm::cos(angle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_right_and_streams_differ() {
        let mut chance = Chance::new(7, 1);
        let n = 40_000;
        let (mut mean, mut square, mut waiting) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = chance.normal(3.0);
            mean += x / f64::from(n);
            square += x * x / f64::from(n);
            waiting += chance.exponential(5.0) / f64::from(n);
        }
        assert!(mean.abs() < 0.1 && (square - 9.0).abs() < 0.3 && (waiting - 5.0).abs() < 0.15);
        assert_ne!(Chance::new(7, 1).unit(), Chance::new(7, 2).unit());
        assert_eq!(Chance::new(7, 2).unit(), Chance::new(7, 2).unit());
    }
}
