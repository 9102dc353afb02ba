//! Seeded chance (SplitMix64): a case is a number, and a number that failed is run again alone.

/// A sequence of pseudo-random numbers.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `[from, to)`.
    pub fn within(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from).max(1) as u64) as i64
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: i64) -> bool {
        self.within(0, 100) < percent
    }

    /// Metres of noise, roughly normal with this standard deviation.
    pub fn noise(&mut self, sigma: f64) -> f64 {
        let sum: i64 = (0..4).map(|_| self.within(-1000, 1001)).sum();
        sum as f64 / 1000.0 * sigma * 0.866
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.within(0, among.len() as i64) as usize]
    }
}
