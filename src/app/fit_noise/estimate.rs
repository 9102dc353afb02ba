//! Parameters from residuals.
//!
//! * σ a axis: 1.4826 times the median absolute residual of both axes together, which heavy tails do not move (F. R. Hampel,
//!   "The influence curve and its role in robust estimation", 1974).
//! * Tails: fixes farther than 4 σ from the place; of a normal error in the plane there would be exp(-8) = 0.03 %.
//! * Correlation time τ: neighbours a typical step g apart have correlation ρ; for a first-order process ρ = exp(-g/τ).
//!   Fixes in the tails are left out. Residuals are about the median of the stretch, so errors as long as it stay unseen.

use serde::Serialize;

use super::rest::Rest;

/// Normal consistency of the median absolute deviation.
const MAD: f64 = 1.4826;
/// Fixes farther than so many σ are tails.
const TAIL: f64 = 4.0;
/// Neighbours farther apart than so many typical steps say nothing of ρ.
const STEPS: i64 = 2;

/// The parameters of a mount.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Fixes that they rest on.
    pub fixes: usize,
    /// Standard deviation a axis, metres.
    pub sigma_m: f64,
    /// Share of fixes beyond 4 σ.
    pub tail_share: f64,
    /// Their median distance, metres.
    pub tail_median_m: Option<f64>,
    /// Correlation time, seconds; `None` where it is shorter than a step.
    pub correlation_s: Option<f64>,
    /// Typical time between two fixes, seconds.
    pub step_s: f64,
    /// What the reported accuracy says of σ: a 68 % radius is 1.5 σ (DETECTION, 4.2), metres.
    pub reported_sigma_m: Option<f64>,
    /// Factor that makes the report true, 1 at least.
    pub sigma_factor: Option<f64>,
}

/// Estimates; `None` without residuals.
pub(super) fn estimate(stretches: &[Rest]) -> Option<Estimate> {
    let all = || stretches.iter().flat_map(|s| &s.residuals);
    let sigma_m = MAD * median(all().flat_map(|(e, n)| [e.abs(), n.abs()]).collect())?;
    let radius = |(e, n): (f64, f64)| (e * e + n * n).sqrt();
    let fixes = all().count();
    let tails: Vec<f64> = all().map(|r| radius(*r)).filter(|r| *r > TAIL * sigma_m).collect();
    let gaps = stretches.iter().flat_map(|s| s.points.windows(2)).map(|w| (w[1].time - w[0].time) as f64 / 1000.0);
    let step_s = median(gaps.collect())?.max(0.001);
    let (mut product, mut before, mut after) = (0.0, 0.0, 0.0);
    for stretch in stretches {
        let pairs = stretch.points.windows(2).zip(stretch.residuals.windows(2));
        for (points, residuals) in pairs {
            let near = ((points[1].time - points[0].time) as f64) < STEPS as f64 * 1000.0 * step_s;
            if near && residuals.iter().all(|r| radius(*r) <= TAIL * sigma_m) {
                let ((e0, n0), (e1, n1)) = (residuals[0], residuals[1]);
                product += e0 * e1 + n0 * n1;
                before += e0 * e0 + n0 * n0;
                after += e1 * e1 + n1 * n1;
            }
        }
    }
    let rho = if before > 0.0 && after > 0.0 { product / (before * after).sqrt() } else { 0.0 };
    // Below exp(-1) the correlation time is shorter than the step, and the step cannot resolve it.
    let correlation_s = (rho > libm::exp(-1.0) && rho < 1.0).then(|| -step_s / libm::log(rho));
    let reported = stretches.iter().flat_map(|s| &s.points).filter_map(|p| p.accuracy_dm);
    let reported_sigma_m = median(reported.map(|dm| f64::from(dm) / 10.0 / 1.5).collect());
    Some(Estimate {
        fixes,
        sigma_m,
        tail_share: tails.len() as f64 / fixes as f64,
        tail_median_m: median(tails),
        correlation_s,
        step_s,
        reported_sigma_m,
        sigma_factor: reported_sigma_m.filter(|r| *r > 0.0).map(|r| (sigma_m / r).max(1.0)),
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::super::{Point, rest};
    use super::*;
    use crate::domain::position::Position;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    /// Six hours at rest between two drives: a first-order walk of 8 m over 120 s, one fix in fifty 400 m away.
    fn parked(chance: &mut ChaCha8Rng) -> Vec<Point> {
        let place = Position { lat_e6: 40_000_000, lon_e6: 32_000_000 };
        let mut normal = || -> f64 { StandardNormal.sample(chance) };
        let keep = libm::exp(-10.0 / 120.0_f64);
        let kick = 8.0 * (1.0 - keep * keep).sqrt();
        let (mut east, mut north) = (0.0, 0.0);
        (0..2_400_i64)
            .map(|i| {
                let driving = !(120..2_280).contains(&i);
                (east, north) = (keep * east + kick * normal(), keep * north + kick * normal());
                let away = if driving { (i - 1_200) as f64 * 150.0 } else { 0.0 };
                let outlier = if i % 50 == 25 { 400.0 } else { 0.0 };
                Point {
                    time: i * 10_000,
                    position: place.offset_m(east + away + outlier, north),
                    speed_cm_s: Some(if driving { 1_500 } else { 20 }),
                    accuracy_dm: Some(60),
                }
            })
            .collect()
    }

    #[test]
    fn the_noise_that_was_put_in_comes_out() {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let stretches: Vec<Rest> = (0..6).flat_map(|_| rest::stretches(&parked(&mut chance), 10, 10)).collect();
        assert_eq!(stretches.len(), 6);
        let found = estimate(&stretches).unwrap();
        assert!((found.sigma_m - 8.0).abs() < 1.0, "{found:?}");
        assert!(
            (found.tail_share - 0.02).abs() < 0.003 && (found.tail_median_m.unwrap() - 400.0).abs() < 15.0,
            "{found:?}"
        );
        assert!((found.correlation_s.unwrap() - 120.0).abs() < 30.0, "{found:?}");
        assert_eq!(found.reported_sigma_m, Some(4.0));
        assert!((found.sigma_factor.unwrap() - 2.0).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn a_frozen_receiver_shows_no_noise() {
        let place = Position { lat_e6: 40_000_000, lon_e6: 32_000_000 };
        let points: Vec<Point> = (0..200)
            .map(|i| Point { time: i * 10_000, position: place, speed_cm_s: Some(0), accuracy_dm: None })
            .collect();
        let stretches = rest::stretches(&points, 10, 10);
        assert!(stretches.len() == 1 && stretches[0].is_frozen());
    }
}
