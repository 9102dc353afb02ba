//! The figures of all days, beside what DETECTION 2.1 and M9 ask for.

use serde::Serialize;

use super::load::Loads;
use crate::domain::alert::Priority;
use crate::domain::kpi::{Row, SLOT, Scope};
use crate::domain::time::SECOND;

/// Announced alarms a day that one operator with [`BUDGET_VEHICLES`] vehicles can work with (IEC 62682).
const BUDGET: f64 = 144.0;
/// See [`BUDGET`].
const BUDGET_VEHICLES: f64 = 300.0;
/// Shares of low, medium and high that are asked for, percent, and how far off they may be.
const SHARES: ([f64; 3], f64) = ([80.0, 15.0, 5.0], 5.0);

/// Alarms a day that so many vehicles may make.
pub(super) fn budget(vehicles: u32) -> f64 {
    BUDGET * f64::from(vehicles) / BUDGET_VEHICLES
}

/// One target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Target {
    /// What is measured.
    pub figure: &'static str,
    /// As it was.
    pub measured: String,
    /// As it should be.
    pub wanted: String,
    /// It is so.
    pub met: bool,
    /// It is one of those that make M9.
    pub m9: bool,
}

/// How a fleet and a desk were laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub vehicles: u32,
    pub days: u32,
    pub operators: u32,
}

/// `part` of `whole` in percent; 0 of nothing.
pub(super) fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

/// Every target, in the order of DETECTION 2.1; `rows` are those of all desks, kinds and units.
pub(super) fn targets(rows: &[Row], loads: &Loads, layout: Layout) -> Vec<Target> {
    let all: Vec<&Row> = rows.iter().filter(|row| row.scope == Scope::All).collect();
    let sum = |of: fn(&Row) -> u32| all.iter().map(|row| f64::from(of(row))).sum::<f64>();
    let most = |of: fn(&Row) -> u32| all.iter().map(|row| of(row)).max().unwrap_or(0);
    let first = all.first().map_or(0, |row| row.day);
    // The last journeys end on a day that is none of the plan's.
    let whole = all.iter().filter(|row| row.day < first + i64::from(layout.days)).map(|row| row.figures.annunciated);
    let (least, highest) = (whole.clone().min().unwrap_or(0), whole.max().unwrap_or(0));
    let announced = loads.announced() as f64;
    let a_day = announced / f64::from(layout.days);
    let slots = sum(|row| row.figures.slots);
    let each = if slots > 0.0 { announced / slots / f64::from(layout.operators) } else { 0.0 };
    let floods = sum(|row| row.figures.floods);
    let flood_s: f64 = all.iter().map(|row| row.figures.flood_s as f64).sum();
    let flooded = percent(flood_s, slots * (SLOT / SECOND) as f64);
    let over = percent(sum(|row| row.figures.slots_over), slots);
    let top = percent(sum(|row| row.figures.top10), announced);
    let (chatter, fleeting) = (sum(|row| row.figures.chatter), sum(|row| row.figures.fleeting));
    let budget = budget(layout.vehicles);
    let target = |figure, measured: String, wanted: &str, met| Target {
        figure,
        measured,
        wanted: wanted.to_owned(),
        met,
        m9: false,
    };
    let m9 = |figure, measured: String, wanted: &str, met| Target { m9: true, ..target(figure, measured, wanted, met) };
    vec![
        m9(
            "announced alarms a day",
            format!("{a_day:.0} ({least} to {highest})"),
            &format!("at most {budget:.0}"),
            a_day <= budget,
        ),
        target("an operator in 10 minutes", format!("{each:.2}"), "at most 1", each <= 1.0),
        target(
            "most in 10 minutes",
            most(|row| row.figures.peak).to_string(),
            "at most 10",
            most(|row| row.figures.peak) <= 10,
        ),
        target("10 minutes with more than 10", format!("{over:.2} %"), "below 1 %", over < 1.0),
        m9("floods", format!("{floods:.0} ({flooded:.2} % of the time)"), "none", floods == 0.0),
        target("share of a day's ten busiest sources", format!("{top:.1} %"), "at most 5 %", top <= 5.0),
        target("chattering, fleeting", format!("{chatter:.0}, {fleeting:.0}"), "none", chatter + fleeting == 0.0),
        m9(
            "active for more than a day",
            format!("{} on the worst day", most(|row| row.figures.stale)),
            "fewer than 5 on any day",
            most(|row| row.figures.stale) < 5,
        ),
        shares(loads, announced),
    ]
}

fn shares(loads: &Loads, announced: f64) -> Target {
    let share = |priority| percent(loads.of(priority) as f64, announced);
    let found = [share(Priority::Low), share(Priority::Medium), share(Priority::High)];
    let (wanted, off) = SHARES;
    Target {
        figure: "low / medium / high",
        measured: format!("{:.1} / {:.1} / {:.1} %", found[0], found[1], found[2]),
        wanted: format!("{:.0} / {:.0} / {:.0} %, give or take {off:.0}", wanted[0], wanted[1], wanted[2]),
        met: found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= off),
        m9: true,
    }
}
