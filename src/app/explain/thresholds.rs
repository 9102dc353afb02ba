//! The thresholds that an alert of a kind rests on, with their keys in the rulebook.

use serde::Serialize;

use super::derive::Derived;
use super::fixes;
use crate::domain::machine::trace::Matter;
use crate::domain::plan::Plan;
use crate::domain::record::Mount;
use crate::domain::rulebook::EvidenceParams;
use crate::edge::lake::StoredRevision;

/// One threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdLine {
    /// Key, as `[corridor_deviation] medium_m`, or the property of a feature.
    pub key: String,
    /// Value with its unit.
    pub value: String,
}

/// Thresholds of the plan in force when the alert was raised.
pub(super) fn of(alert: &StoredRevision, derived: &Derived) -> Vec<ThresholdLine> {
    let Some(retracing) = &derived.retracing else { return Vec::new() };
    let Some(plan) = retracing.plans.iter().rfind(|p| p.rules.book.sha256 == alert.rulebook).or(retracing.plans.last())
    else {
        return Vec::new();
    };
    let mut out = List { lines: Vec::new(), plan };
    match fixes::matter(&alert.kind, &alert.subject) {
        Some(Matter::Corridor) => out.corridor(),
        Some(Matter::Zone(id)) => out.zone(&id),
        Some(Matter::Territory) => {
            out.evidence("other", plan.rules.settings().evidence.other, |m| m.other);
            out.say("[territory_exit] margin_m", metres(plan.rules.settings().territory_exit.margin_m));
        }
        Some(Matter::Departure) => out.stop(),
        None => {}
    }
    out.rest(&alert.kind);
    out.lines
}

struct List<'a> {
    lines: Vec<ThresholdLine>,
    plan: &'a Plan,
}

fn metres(value: f64) -> String {
    format!("{value} m")
}

fn seconds(value: i64) -> String {
    format!("{value} s")
}

impl List<'_> {
    fn say(&mut self, key: &str, value: String) {
        self.lines.push(ThresholdLine { key: key.to_owned(), value });
    }

    /// ε and H of a question, and where they stand.
    fn evidence(
        &mut self,
        name: &str,
        general: EvidenceParams,
        of_mount: impl Fn(&crate::domain::rulebook::settings::MountOverride) -> Option<EvidenceParams>,
    ) {
        let settings = self.plan.rules.settings();
        let mount: Mount = self.plan.mount;
        let own = &settings.mount[mount as usize];
        let (key, params) = match of_mount(own) {
            Some(params) => (format!("[mount.{}] {name}", mount.name()), params),
            None => (format!("[evidence] {name}"), general),
        };
        let (tau, factor) = (settings.evidence.tau_s, own.sigma_factor);
        self.say(
            &key,
            format!("epsilon {}, H {} ({} milli-nats)", params.epsilon, params.h, (params.h * 1000.0) as i64),
        );
        self.say("[evidence] tau_s", format!("{tau} s"));
        self.say(&format!("[mount.{}] sigma_factor", mount.name()), format!("{factor}"));
        let fix = &settings.fix;
        self.say("[fix] sigma_floor_m, sigma_cap_m", format!("{} m, {} m", fix.sigma_floor_m, fix.sigma_cap_m));
    }

    fn corridor(&mut self) {
        let settings = self.plan.rules.settings().clone();
        if let Some(corridor) = &self.plan.corridor {
            self.say(&format!("corridor {}: half_width_m", corridor.id), metres(corridor.half_width_m));
            self.say("[corridor_deviation] hysteresis_m, hysteresis_share", metres(corridor.hysteresis_m));
        }
        self.evidence("corridor", settings.evidence.corridor, |m| m.corridor);
        let d = &settings.corridor_deviation;
        self.say("[corridor_deviation] medium_m, medium_s", format!("{} m, {} s", d.medium_m, d.medium_s));
        self.say("[corridor_deviation] high_m", metres(d.high_m));
    }

    fn zone(&mut self, id: &str) {
        let book = &self.plan.rules.book;
        let Some(zone) = book.zone(id).map(|index| &book.zones[index as usize]) else { return };
        let (class, hysteresis) = (zone.class.name(), zone.exit_hysteresis_m);
        let (zone_in, zone_out, dwell) = (zone.zone_in, zone.zone_out, zone.dwell_min);
        self.say(&format!("zone {id}: class"), class.to_owned());
        self.evidence("zone_in", zone_in, |m| m.zone_in);
        self.say("zone_out", format!("epsilon {}, H {}", zone_out.epsilon, zone_out.h));
        self.say("[zone] exit_hysteresis_m, exit_hysteresis_share", metres(hysteresis));
        if let Some(minutes) = dwell {
            self.say(&format!("zone {id}: dwell_min"), format!("{minutes} min"));
        }
    }

    fn stop(&mut self) {
        let settings = self.plan.rules.settings().clone();
        let s = &settings.unusual_stop;
        self.say("[unusual_stop] radius_m, leave_m", format!("{} m, {} m", s.radius_m, s.leave_m));
        self.say("[unusual_stop] merge_m, merge_s", format!("{} m, {} s", s.merge_m, s.merge_s));
        self.say("[unusual_stop] forbidden_or_risk_s", seconds(s.forbidden_or_risk_s));
        self.say("[unusual_stop] off_corridor_s", seconds(s.off_corridor_s));
        let ladder = (s.on_corridor_journal_s, s.on_corridor_low_s, s.on_corridor_medium_s);
        self.say(
            "[unusual_stop] on_corridor_journal_s, on_corridor_low_s, on_corridor_medium_s",
            format!("{} s, {} s, {} s", ladder.0, ladder.1, ladder.2),
        );
        if self.plan.risk >= 2 {
            self.say("[unusual_stop] high_risk_factor", format!("{}", s.high_risk_factor));
        }
        self.say("[unusual_stop] extrapolate_share", format!("{}", s.extrapolate_share));
        self.say("[overstay] default_allowance_min", format!("{} min", settings.overstay.default_allowance_min));
        self.evidence("other", settings.evidence.other, |m| m.other);
    }

    fn rest(&mut self, kind: &str) {
        let settings = self.plan.rules.settings().clone();
        match kind {
            "silence" => {
                let s = &settings.silence;
                self.say(
                    "[silence] floor_s, intervals, extra_s",
                    format!("{} s, {} x, {} s", s.floor_s, s.intervals, s.extra_s),
                );
                self.say("[silence] level_2_s, level_3_s", format!("{} s, {} s", s.level_2_s, s.level_3_s));
            }
            "gnss_lost" => {
                let s = &settings.gnss_lost;
                self.say("[gnss_lost] floor_s, intervals", format!("{} s, {} x", s.floor_s, s.intervals));
            }
            "position_jump" => {
                let (fix, jump) = (&settings.fix, &settings.position_jump);
                self.say("[fix] v_max_mps", format!("{} m/s", fix.v_max_mps));
                self.say("[position_jump] chain_fixes, chain_s", format!("{}, {} s", jump.chain_fixes, jump.chain_s));
                self.say("[position_jump] clear_consistent_s", seconds(jump.clear_consistent_s));
            }
            "border_approach" => {
                let b = &settings.border_approach;
                self.say("[border_approach] distance_m, journal_m", format!("{} m, {} m", b.distance_m, b.journal_m));
            }
            "low_battery" => {
                let b = &settings.low_battery;
                self.say(
                    "[low_battery] low_percent, critical_percent, reports",
                    format!("{} %, {} %, {}", b.low_percent, b.critical_percent, b.reports),
                );
            }
            "route_time_exceeded" | "route_time_warning" => {
                let limit = self.plan.corridor.as_ref().and_then(|c| c.time_limit);
                if let Some(limit) = limit {
                    self.say("corridor: time_limit_h", format!("{:.1} h", limit as f64 / 3_600_000.0));
                }
                self.say("[route_time] high_over_h", format!("{} h", settings.route_time.high_over_h));
            }
            "tamper" | "seal" => self.say("[tamper] fold_s", seconds(settings.tamper.fold_s)),
            "arrived_not_deactivated" => {
                self.say("[arrived_not_deactivated] after_s", seconds(settings.arrived_not_deactivated.after_s));
            }
            _ => {}
        }
    }
}
