//! The tables of `rulebook.toml`: key, type, default and range stand in one place each.

use super::value::{DailyRest, DriveBreak, EvidenceParams, Literal, Setting, SettingFault, put_within};

/// Declares every table as a struct with its defaults, and [`Tables`] with them all.
/// A line is `key: type = default, lowest, highest;`; types that check themselves give no range.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident: $Struct:ident {
        $($(#[$key_doc:meta])* $key:ident: $type:ty = $default:expr $(, $low:literal, $high:literal)?;)+
    })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $Struct { $($(#[$key_doc])* pub $key: $type),+ }

            impl Default for $Struct {
                fn default() -> $Struct {
                    $Struct { $($key: $default),+ }
                }
            }

            impl $Struct {
                fn set(&mut self, key: &str, value: &Literal) -> Result<(), SettingFault> {
                    $(
                        if key == stringify!($key) {
                            $(return put_within(&mut self.$key, value, $low, $high);)?
                            #[allow(unreachable_code, reason = "keys with a range have returned")]
                            return self.$key.put(value);
                        }
                    )+
                    Err(SettingFault::UnknownKey)
                }
            }
        )+

        /// Every table of thresholds.
        #[derive(Clone, Copy, Debug, PartialEq, Default)]
        pub struct Tables { $($(#[$doc])* pub $table: $Struct),+ }

        impl Tables {
            /// Every table with its keys, in the order of the file.
            pub const KEYS: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($table), &[$(stringify!($key)),+])),+];

            /// Takes one entry.
            ///
            /// # Errors
            /// What is wrong with the name, the type or the value; the setting then keeps what it had.
            pub fn set(&mut self, table: &str, key: &str, value: &Literal) -> Result<(), SettingFault> {
                match table {
                    $(stringify!($table) => self.$table.set(key, value),)+
                    _ => Err(SettingFault::UnknownTable),
                }
            }
        }
    };
}

tables! {
    #[doc = "`[fix]`: Admission and plausibility of single fixes (DETECTION 4.2, 5.2)."]
    fix: FixSettings {
        /// Fastest a vehicle can be, m/s.
        v_max_mps: f64 = 42.0, 35.0, 60.0;
        /// Standard deviations that the gate allows.
        gate_k: f64 = 3.0, 0.5, 10.0;
        /// Slack of the gate, m.
        gate_d0_m: f64 = 30.0, 0.1, 1_000.0;
        /// Hardest acceleration, m/s².
        accel_mps2: f64 = 1.5, 0.1, 10.0;
        /// So far ahead of the log clock a fix may lie, s.
        future_clock_s: i64 = 60, 0.0, 86_400.0;
        /// Whether 1024 weeks are added to times that lost them.
        week_rollover: bool = true;
        /// σ of a fix that says nothing of it, m.
        sigma_default_m: f64 = 15.0, 1.0, 1_000.0;
        /// Smallest σ that is believed, m.
        sigma_floor_m: f64 = 10.0, 0.1, 1_000.0;
        /// Largest σ, m.
        sigma_cap_m: f64 = 150.0, 1.0, 100_000.0;
        /// σ per unit of HDOP, m.
        sigma_per_hdop_m: f64 = 4.0, 0.1, 100.0;
        /// Fewer make a fix weak.
        min_satellites: i64 = 3, 0.0, 100.0;
        /// A larger HDOP makes a fix weak.
        max_hdop: f64 = 20.0, 0.1, 1_000.0;
        /// Event-time quiet after which late findings are announced, s.
        late_settle_s: i64 = 600, 0.0, 604_800.0;
    }
    #[doc = "`[late]`: Rewinds after late fixes (DETECTION 4.3)."]
    late: LateSettings {
        /// So long a closed journey can be rewound, days of log time.
        closed_d: i64 = 7, 0.0, 3_650.0;
        /// Replayed fixes per input record of the partition, at most.
        replay_per_record: i64 = 64, 1.0, 1_000_000.0;
        /// Replay when no more late fix of the unit came for so long on the log clock, s.
        coalesce_s: i64 = 2, 0.0, 3_600.0;
        /// Or when so many were collected.
        coalesce_fixes: i64 = 500, 1.0, 1_000_000.0;
    }
    #[doc = "`[clock]`: The log clock."]
    clock: ClockSettings {
        /// A longer jump of the log clock between ticks is our own outage, s.
        outage_s: i64 = 30, 1.0, 86_400.0;
    }
    #[doc = "`[evidence]`: The two-sided evidence accumulator (DETECTION 5.1)."]
    evidence: EvidenceSettings {
        /// Correlation time of position errors, s.
        tau_s: f64 = 20.0, 10.0, 60.0;
        /// For entering a zone.
        zone_in: EvidenceParams = EvidenceParams { epsilon: 0.02, h: 4.0 };
        /// For leaving a zone.
        zone_out: EvidenceParams = EvidenceParams { epsilon: 0.05, h: 6.0 };
        /// For leaving and regaining the corridor.
        corridor: EvidenceParams = EvidenceParams { epsilon: 0.05, h: 6.0 };
        /// For everything else.
        other: EvidenceParams = EvidenceParams { epsilon: 0.05, h: 6.0 };
    }
    #[doc = "`[position_jump]`: Jumps (DETECTION 5.2)."]
    position_jump: PositionJumpSettings {
        /// Fixes that release a chain that is merely inconsistent.
        soft_fixes: i64 = 2, 1.0, 100.0;
        /// Length of such a chain, s.
        soft_s: i64 = 30, 0.0, 3_600.0;
        /// Fixes that release an impossible chain.
        chain_fixes: i64 = 3, 1.0, 100.0;
        /// Length of such a chain, s.
        chain_s: i64 = 60, 30.0, 120.0;
        /// So long findings after a jump hang below it, s.
        suppress_children_s: i64 = 900, 0.0, 86_400.0;
        /// Consistent new track that clears, s.
        clear_consistent_s: i64 = 1_800, 0.0, 86_400.0;
    }
    #[doc = "`[dual_position]`: Two tracks in turn (DETECTION 5.2)."]
    dual_position: DualPositionSettings {
        /// Changes between the tracks.
        alternations: i64 = 5, 2.0, 1_000.0;
        /// Within, s.
        window_s: i64 = 600, 1.0, 86_400.0;
    }
    #[doc = "`[gnss_frozen]`: A receiver that repeats itself (DETECTION 5.2)."]
    gnss_frozen: GnssFrozenSettings {
        /// Equal positions.
        fixes: i64 = 5, 2.0, 1_000.0;
        /// Over at least, s.
        duration_s: i64 = 120, 0.0, 86_400.0;
        /// While the reported speed exceeds, m/s.
        speed_mps: f64 = 2.0, 0.0, 60.0;
    }
    #[doc = "`[zone]`: Zone entry and exit (DETECTION 5.4, 5.8)."]
    zone: ZoneSettings {
        /// So far outside counts as outside, m.
        exit_hysteresis_m: f64 = 30.0, 0.0, 10_000.0;
        /// At most this share of the radius of a circle of the same area.
        exit_hysteresis_share: f64 = 0.2, 0.0, 1.0;
        /// Depth of a chord that proves a passage, m.
        infer_min_depth_m: f64 = 30.0, 0.0, 10_000.0;
        /// Shortest gap over which a passage is inferred, s.
        infer_gap_min_s: i64 = 20, 0.0, 86_400.0;
        /// Longest gap, s.
        infer_gap_max_s: i64 = 600, 0.0, 86_400.0;
        /// Longest time on the chord, s.
        infer_chord_max_s: i64 = 45, 0.0, 86_400.0;
    }
    #[doc = "`[corridor_deviation]`: Leaving the corridor (DETECTION 5.5)."]
    corridor_deviation: CorridorDeviationSettings {
        /// Half width where a corridor gives none, m.
        half_width_m: f64 = 250.0, 50.0, 50_000.0;
        /// Return only counts so far inside, m.
        hysteresis_m: f64 = 50.0, 0.0, 10_000.0;
        /// At most this share of the half width.
        hysteresis_share: f64 = 0.3, 0.0, 1.0;
        /// Medium from this distance, m.
        medium_m: f64 = 1_000.0, 0.1, 1_000_000.0;
        /// Or after this time, s.
        medium_s: i64 = 600, 0.0, 604_800.0;
        /// High from this distance, m.
        high_m: f64 = 5_000.0, 0.1, 1_000_000.0;
        /// From here on `codes.eaeu` is 03, m.
        report_m: f64 = 50_000.0, 0.1, 10_000_000.0;
        /// At most one update in this time, s.
        update_s: i64 = 60, 0.0, 86_400.0;
    }
    #[doc = "`[unusual_stop]`: Stops (DETECTION 5.6)."]
    unusual_stop: UnusualStopSettings {
        /// Fixes of one stop lie within, m.
        radius_m: f64 = 50.0, 1.0, 10_000.0;
        /// So far away the stop is over, m.
        leave_m: f64 = 100.0, 1.0, 10_000.0;
        /// Stops nearer than this are one, m.
        merge_m: f64 = 80.0, 0.0, 10_000.0;
        /// If no longer apart than this, s.
        merge_s: i64 = 300, 0.0, 86_400.0;
        /// High after this time in a forbidden or risk zone, s.
        forbidden_or_risk_s: i64 = 180, 1.0, 604_800.0;
        /// Raised after this time off the corridor, s.
        off_corridor_s: i64 = 300, 1.0, 604_800.0;
        /// Journal after this time on the corridor, s.
        on_corridor_journal_s: i64 = 900, 1.0, 604_800.0;
        /// Low after, s.
        on_corridor_low_s: i64 = 3_600, 1.0, 604_800.0;
        /// Medium after, s.
        on_corridor_medium_s: i64 = 10_800, 1.0, 604_800.0;
        /// Factor on the times for journeys of high risk.
        high_risk_factor: f64 = 0.5, 0.01, 1.0;
        /// Share of the time that may be extrapolated beyond the last fix.
        extrapolate_share: f64 = 0.25, 0.0, 1.0;
    }
    #[doc = "`[overstay]`: Longer than allowed at a place (DETECTION 5.6)."]
    overstay: OverstaySettings {
        /// Stay allowed where neither zone nor class says it, min.
        default_allowance_min: i64 = 60, 0.0, 525_600.0;
        /// The same for lodging, min.
        lodging_allowance_min: i64 = 720, 0.0, 525_600.0;
    }
    #[doc = "`[slow_progress]`: Hardly any progress (DETECTION 5.6)."]
    slow_progress: SlowProgressSettings {
        /// Less progress than this, m.
        distance_m: f64 = 2_000.0, 1.0, 1_000_000.0;
        /// Within, s.
        window_s: i64 = 3_600, 1.0, 604_800.0;
        /// So much progress clears, m.
        clear_m: f64 = 3_000.0, 1.0, 1_000_000.0;
    }
    #[doc = "`[wrong_direction]`: Driving back (DETECTION 5.7)."]
    wrong_direction: WrongDirectionSettings {
        /// So far back along the corridor raises, m.
        back_m: f64 = 2_000.0, 1.0, 1_000_000.0;
        /// Within so much of the farthest point clears, m.
        clear_m: f64 = 500.0, 0.0, 1_000_000.0;
        /// On a one-way corridor: course off by more than, degrees.
        one_way_course_deg: f64 = 120.0, 0.0, 180.0;
        /// Faster than, m/s.
        one_way_speed_mps: f64 = 5.0, 0.0, 60.0;
        /// For so long, s.
        one_way_s: i64 = 60, 0.0, 86_400.0;
    }
    #[doc = "`[checkpoint_missed]`: A checkpoint passed by (DETECTION 5.7)."]
    checkpoint_missed: CheckpointMissedSettings {
        /// So far past the checkpoint it is missed, m.
        past_m: f64 = 500.0, 0.0, 1_000_000.0;
    }
    #[doc = "`[territory_exit]`: Leaving the territory (DETECTION 5.9)."]
    territory_exit: TerritoryExitSettings {
        /// So far outside the border counts, m.
        margin_m: f64 = 100.0, 0.0, 100_000.0;
    }
    #[doc = "`[border_approach]`: Driving towards the border (DETECTION 5.9)."]
    border_approach: BorderApproachSettings {
        /// Raised nearer than this, m.
        distance_m: f64 = 2_000.0, 0.1, 1_000_000.0;
        /// Journal nearer than this, m.
        journal_m: f64 = 10_000.0, 0.1, 1_000_000.0;
        /// Heading for the border within, degrees.
        course_deg: f64 = 60.0, 0.0, 180.0;
        /// Faster than, m/s.
        speed_mps: f64 = 3.0, 0.0, 60.0;
    }
    #[doc = "`[route_time]`: The time limit and its forecast (DETECTION 5.10)."]
    route_time: RouteTimeSettings {
        /// Plan speed along a corridor, where nothing better is known, m/s.
        plan_speed_mps: f64 = 16.7, 0.1, 60.0;
        /// σ of the forecast as a share of the time left.
        forecast_sigma_share: f64 = 0.15, 0.0, 1.0;
        /// And a fixed part, s.
        forecast_sigma_s: i64 = 600, 0.0, 86_400.0;
        /// Smallest ratio of actual to planned moving time.
        pace_min: f64 = 0.7, 0.1, 10.0;
        /// Largest ratio.
        pace_max: f64 = 2.0, 0.1, 10.0;
        /// Warn when the limit lies within so many σ.
        warn_confidence_sigma: f64 = 1.28, 0.0, 10.0;
        /// And stays so for, s.
        warn_hold_s: i64 = 900, 0.0, 86_400.0;
        /// Forecast at most so often, s.
        forecast_every_s: i64 = 300, 1.0, 86_400.0;
        /// Break from driving.
        drive_break: DriveBreak = DriveBreak { every_h: 4.5, rest_min: 45 };
        /// Daily rest.
        daily_rest: DailyRest = DailyRest { every_h: 9.0, rest_h: 11.0 };
        /// High when over the limit by, h.
        high_over_h: f64 = 6.0, 0.0, 1_000.0;
    }
    #[doc = "`[silence]`: No contact (DETECTION 5.11)."]
    silence: SilenceSettings {
        /// A tunnel so near ahead explains silence, m.
        tunnel_ahead_m: f64 = 500.0, 0.0, 100_000.0;
        /// Shortest silence, s.
        floor_s: i64 = 300, 1.0, 86_400.0;
        /// Reporting intervals of silence.
        intervals: i64 = 2, 1.0, 1_000.0;
        /// And so much more, s.
        extra_s: i64 = 60, 0.0, 86_400.0;
        /// Second level, s.
        level_2_s: i64 = 1_800, 1.0, 604_800.0;
        /// Third level, s.
        level_3_s: i64 = 7_200, 1.0, 604_800.0;
        /// Slowest passage of a dead zone, m/s.
        dead_zone_speed_mps: f64 = 8.0, 0.1, 60.0;
        /// And so much more, s.
        dead_zone_extra_s: i64 = 120, 0.0, 86_400.0;
    }
    #[doc = "`[gnss_lost]`: Contact without positions (DETECTION 5.11)."]
    gnss_lost: GnssLostSettings {
        /// Shortest time without a position, s.
        floor_s: i64 = 180, 1.0, 86_400.0;
        /// Reporting intervals without a position.
        intervals: i64 = 3, 1.0, 1_000.0;
    }
    #[doc = "`[jamming]`: Jamming flags (DETECTION 5.11)."]
    jamming: JammingSettings {
        /// Flagged for so long, s.
        flag_s: i64 = 30, 0.0, 86_400.0;
        /// Within, s.
        flag_window_s: i64 = 60, 1.0, 86_400.0;
        /// Units that make it regional.
        regional_units: i64 = 3, 1.0, 1_000_000.0;
        /// Within, km.
        regional_km: f64 = 20.0, 0.1, 10_000.0;
    }
    #[doc = "`[unverified_interval]`: Gaps that hide more than driving (DETECTION 5.11)."]
    unverified_interval: UnverifiedIntervalSettings {
        /// Time in a gap that driving does not explain, s.
        slack_s: i64 = 2_700, 0.0, 604_800.0;
        /// The same for journeys of high risk, s.
        slack_risk_s: i64 = 900, 0.0, 604_800.0;
    }
    #[doc = "`[low_battery]`: Battery (DETECTION 5.12)."]
    low_battery: LowBatterySettings {
        /// Low at or below, %.
        low_percent: i64 = 15, 0.0, 100.0;
        /// Clears at or above, %.
        clear_percent: i64 = 20, 0.0, 100.0;
        /// Critical at or below, %.
        critical_percent: i64 = 5, 0.0, 100.0;
        /// Reports in a row.
        reports: i64 = 2, 1.0, 1_000.0;
        /// Reserve beyond the expected arrival, h.
        reserve_h: f64 = 6.0, 0.0, 1_000.0;
    }
    #[doc = "`[separation]`: Tractor and trailer apart."]
    separation: SeparationSettings {
        /// Apart farther than, m.
        distance_m: f64 = 150.0, 1.0, 100_000.0;
        /// Fixes no longer apart than, s.
        pair_window_s: i64 = 60, 1.0, 86_400.0;
    }
    #[doc = "`[rendezvous]`: Two vehicles standing together (DETECTION 5.13)."]
    rendezvous: RendezvousSettings {
        /// Nearer than, m.
        distance_m: f64 = 60.0, 0.1, 100_000.0;
        /// σ included, nearer than, m.
        max_distance_m: f64 = 120.0, 0.1, 100_000.0;
        /// For at least, s.
        overlap_s: i64 = 300, 0.0, 86_400.0;
    }
    #[doc = "`[unloading_suspicion]`: Score of hints (DETECTION 5.14)."]
    unloading_suspicion: UnloadingSuspicionSettings {
        /// Medium from this score.
        medium_score: i64 = 5, 1.0, 1_000.0;
        /// High from this score.
        high_score: i64 = 7, 1.0, 1_000.0;
    }
    #[doc = "`[tamper]`: Tamper, seal (DETECTION 5.12)."]
    tamper: TamperSettings {
        /// Flags nearer than this are one alert, s.
        fold_s: i64 = 600, 0.0, 604_800.0;
    }
    #[doc = "`[arrived_not_deactivated]`: Arrived and still monitored."]
    arrived_not_deactivated: ArrivedNotDeactivatedSettings {
        /// Raised after so long at the destination, s.
        after_s: i64 = 7_200, 0.0, 604_800.0;
    }
    #[doc = "`[crowd]`: Many vehicles standing together."]
    crowd: CrowdSettings {
        /// Vehicles.
        units: i64 = 4, 2.0, 1_000_000.0;
        /// Within, m.
        radius_m: f64 = 300.0, 1.0, 100_000.0;
        /// For at least, s.
        overlap_s: i64 = 300, 0.0, 86_400.0;
    }
    #[doc = "`[handover_due]`: Change of the responsible office ahead."]
    handover_due: HandoverDueSettings {
        /// So far before the border of an office area, m.
        ahead_m: f64 = 5_000.0, 0.0, 1_000_000.0;
    }
    #[doc = "`[regional_outage]`: Many units silent in one region."]
    regional_outage: RegionalOutageSettings {
        /// Units that fell silent.
        units: i64 = 10, 1.0, 1_000_000.0;
        /// Share of the units there.
        share: f64 = 0.2, 0.0, 1.0;
        /// Size of a region, km.
        cell_km: f64 = 50.0, 0.1, 10_000.0;
        /// Within, s.
        window_s: i64 = 300, 1.0, 86_400.0;
    }
    #[doc = "`[alerts]`: Handling of alerts (DETECTION 2.5)."]
    alerts: AlertsSettings {
        /// The same finding within this time reopens its alert, s.
        reraise_hold_s: i64 = 300, 0.0, 86_400.0;
        /// Found later than this is `late`, s.
        stale_after_s: i64 = 1_800, 0.0, 31_536_000.0;
        /// More of one kind are folded.
        raises_per_hour: i64 = 3, 1.0, 100_000.0;
        /// Longest shelving, h.
        shelve_max_h: i64 = 8, 1.0, 8_760.0;
    }
}
