//! Pairs of settings that contradict each other though each is in its range.

use super::Settings;

impl Settings {
    /// Every contradiction: the two keys and what must hold between them.
    pub fn conflicts(&self) -> Vec<(&'static str, String)> {
        let t = &self.tables;
        let int = |number: i64| number as f64;
        // (table, smaller key, its value, larger key, its value): the smaller must not exceed the larger.
        let ordered = [
            ("fix", "sigma_floor_m", t.fix.sigma_floor_m, "sigma_default_m", t.fix.sigma_default_m),
            ("fix", "sigma_default_m", t.fix.sigma_default_m, "sigma_cap_m", t.fix.sigma_cap_m),
            ("zone", "infer_gap_min_s", int(t.zone.infer_gap_min_s), "infer_gap_max_s", int(t.zone.infer_gap_max_s)),
            ("corridor_deviation", "medium_m", t.corridor_deviation.medium_m, "high_m", t.corridor_deviation.high_m),
            ("corridor_deviation", "high_m", t.corridor_deviation.high_m, "report_m", t.corridor_deviation.report_m),
            ("unusual_stop", "radius_m", t.unusual_stop.radius_m, "leave_m", t.unusual_stop.leave_m),
            (
                "unusual_stop",
                "on_corridor_journal_s",
                int(t.unusual_stop.on_corridor_journal_s),
                "on_corridor_low_s",
                int(t.unusual_stop.on_corridor_low_s),
            ),
            (
                "unusual_stop",
                "on_corridor_low_s",
                int(t.unusual_stop.on_corridor_low_s),
                "on_corridor_medium_s",
                int(t.unusual_stop.on_corridor_medium_s),
            ),
            ("slow_progress", "distance_m", t.slow_progress.distance_m, "clear_m", t.slow_progress.clear_m),
            ("wrong_direction", "clear_m", t.wrong_direction.clear_m, "back_m", t.wrong_direction.back_m),
            ("border_approach", "distance_m", t.border_approach.distance_m, "journal_m", t.border_approach.journal_m),
            ("route_time", "pace_min", t.route_time.pace_min, "pace_max", t.route_time.pace_max),
            ("silence", "level_2_s", int(t.silence.level_2_s), "level_3_s", int(t.silence.level_3_s)),
            ("jamming", "flag_s", int(t.jamming.flag_s), "flag_window_s", int(t.jamming.flag_window_s)),
            (
                "low_battery",
                "critical_percent",
                int(t.low_battery.critical_percent),
                "low_percent",
                int(t.low_battery.low_percent),
            ),
            (
                "low_battery",
                "low_percent",
                int(t.low_battery.low_percent),
                "clear_percent",
                int(t.low_battery.clear_percent),
            ),
            ("rendezvous", "distance_m", t.rendezvous.distance_m, "max_distance_m", t.rendezvous.max_distance_m),
            (
                "unloading_suspicion",
                "medium_score",
                int(t.unloading_suspicion.medium_score),
                "high_score",
                int(t.unloading_suspicion.high_score),
            ),
        ];
        ordered
            .into_iter()
            .filter(|(_, _, smaller, _, larger)| smaller > larger)
            .map(|(table, low, smaller, high, larger)| {
                (table, format!("{low} ({smaller}) must not exceed {high} ({larger})"))
            })
            .collect()
    }
}
