//! Admission of single fixes (DETECTION, 4.2): what is doubted before any detector sees it.

use super::output::Quality;
use super::position::Position;
use super::record::Fix;
use super::rulebook::settings::FixSettings;
use super::time::{DAY, EARLIEST, Millis, SECOND, WEEK_ROLLOVER};

/// Repairs a time that is off by 1024 weeks. `None`: too old to be true, a reject.
pub fn repair_time(time: Millis, clock: Millis, settings: &FixSettings) -> Option<(Millis, Quality)> {
    if time >= EARLIEST {
        return Some((time, Quality::default()));
    }
    let repaired = time.checked_add(WEEK_ROLLOVER)?;
    let near = settings.week_rollover && (repaired - clock).abs() <= DAY;
    near.then_some((repaired, Quality::WEEK_ROLLOVER))
}

/// Standard deviation of a fix before the mount's factor, 0.1 m: reported accuracy, else by HDOP, else the default.
pub fn sigma_dm(fix: &Fix, settings: &FixSettings) -> u16 {
    let metres = match (fix.accuracy_dm, fix.hdop_centi) {
        (Some(accuracy), _) if accuracy > 0 => f64::from(accuracy) / 10.0,
        (_, Some(hdop)) => settings.sigma_per_hdop_m * f64::from(hdop) / 100.0,
        _ => settings.sigma_default_m,
    };
    (metres * 10.0).clamp(0.0, 60_000.0) as u16
}

/// Why a readable fix is contact only; empty for one that the gate may see.
pub fn doubt(fix: &Fix, clock: Millis, settings: &FixSettings) -> Quality {
    let mut quality = Quality::default();
    let mut mark = |on: bool, flag: Quality| {
        if on {
            quality = quality.with(flag);
        }
    };
    mark(fix.time > clock + settings.future_clock_s * SECOND, Quality::FUTURE);
    mark(!fix.valid, Quality::INVALID);
    mark(fix.position == Position::default(), Quality::NULL_ISLAND);
    mark(fix.approximate, Quality::APPROXIMATE);
    let few = fix.satellites.is_some_and(|n| i64::from(n) < settings.min_satellites);
    let diluted = fix.hdop_centi.is_some_and(|h| f64::from(h) / 100.0 > settings.max_hdop);
    let wide = f64::from(sigma_dm(fix, settings)) / 10.0 >= settings.sigma_cap_m;
    mark(few || diluted || wide, Quality::WEAK);
    quality
}
