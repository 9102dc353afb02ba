//! Confidence intervals at 95 %, exact but for large counts, and quantiles.

/// Clopper-Pearson interval of `hits` out of `n`; (0, 1) where nothing was tried.
///
/// C. J. Clopper, E. S. Pearson, Biometrika 26 (1934): the shares at which the observation has probability 2.5 %.
pub(super) fn binomial(hits: u64, n: u64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let at_least = |p: f64| (hits..=n).map(|k| binomial_mass(k, n, p)).sum::<f64>();
    let at_most = |p: f64| (0..=hits).map(|k| binomial_mass(k, n, p)).sum::<f64>();
    let low = if hits == 0 { 0.0 } else { bisect(0.0, 1.0, |p| at_least(p) < 0.025) };
    let high = if hits == n { 1.0 } else { bisect(0.0, 1.0, |p| at_most(p) >= 0.025) };
    (low, high)
}

/// From here on the interval of a Poisson mean is that of Byar, which sums nothing.
const MANY: u64 = 2_000;

/// Interval of a Poisson mean after `count` events: exact (F. Garwood, Biometrika 28, 1936); of many Byar's approximation
/// (N. E. Breslow, N. E. Day, Statistical Methods in Cancer Research II, 1987, formula 2.13).
pub(super) fn poisson(count: u64) -> (f64, f64) {
    if count >= MANY {
        let bound = |n: f64, z: f64| n * libm::pow(1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt()), 3.0);
        return (bound(count as f64, -1.959_964), bound(count as f64 + 1.0, 1.959_964));
    }
    exact(count)
}

fn exact(count: u64) -> (f64, f64) {
    let at_most = |mean: f64, k: u64| (0..=k).map(|i| poisson_mass(i, mean)).sum::<f64>();
    let top = 4.0 * count as f64 + 20.0;
    let low = if count == 0 { 0.0 } else { bisect(0.0, top, |mean| 1.0 - at_most(mean, count - 1) < 0.025) };
    (low, bisect(0.0, top, |mean| at_most(mean, count) >= 0.025))
}

/// The value below which a share `q` of the values lies (nearest rank); `None` without values.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (q * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

fn binomial_mass(k: u64, n: u64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(k == if p <= 0.0 { 0 } else { n }));
    }
    let factorial = |x: u64| libm::lgamma(x as f64 + 1.0);
    let ways = factorial(n) - factorial(k) - factorial(n - k);
    libm::exp(ways + k as f64 * libm::log(p) + (n - k) as f64 * libm::log(1.0 - p))
}

fn poisson_mass(k: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return f64::from(u8::from(k == 0));
    }
    libm::exp(k as f64 * libm::log(mean) - mean - libm::lgamma(k as f64 + 1.0))
}

/// Where `below` turns from true to false.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_match_published_tables() {
        let close = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-3 && (a.1 - b.1).abs() < 1e-3;
        assert!(close(binomial(0, 10), (0.0, 0.3085)));
        assert!(close(binomial(10, 10), (0.6915, 1.0)));
        assert!(close(binomial(5, 10), (0.1871, 0.8129)));
        assert!(close(poisson(0), (0.0, 3.6889)));
        assert!(close(poisson(10), (4.7954, 18.3904)));
    }

    #[test]
    fn of_many_the_approximation_is_as_good() {
        let (exact, near) = (exact(MANY), poisson(MANY));
        assert!((exact.0 - near.0).abs() < 0.01 && (exact.1 - near.1).abs() < 0.01, "{exact:?} {near:?}");
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let mut values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(quantile(&mut values, 0.5), Some(3.0));
        assert_eq!(quantile(&mut values, 0.95), Some(5.0));
        assert_eq!(quantile(&mut values, 0.05), Some(1.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }
}
