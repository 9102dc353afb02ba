//! The operators' load as metrics: alerts by what they ask for, and each desk's last ten minutes (DETECTION, 2.1).
//!
//! Only what has been committed counts: that is what operators see. The time of the gauges is the log's, as of the newest
//! alert, and goes on with the clock of this process between alerts.

use std::time::{Duration, Instant};

use crate::app::kpi::heard_of_line;
use crate::domain::kpi::Watch;
use crate::domain::time::Millis;

/// See the module.
#[derive(Default)]
pub struct Meter {
    watch: Watch,
    newest: Option<(Millis, Instant)>,
}

impl Meter {
    /// A revision that has been committed.
    pub fn hear(&mut self, value: &[u8], now: Instant) {
        let Ok(heard) = heard_of_line(value) else { return };
        let (kind, priority, handling) = (heard.kind.name(), heard.priority.name(), heard.handling.name());
        metrics::counter!("kervan_desk_revisions_total", "kind" => kind, "priority" => priority, "handling" => handling)
            .increment(1);
        if self.watch.hear(&heard) {
            metrics::counter!("kervan_annunciated_total", "kind" => kind, "priority" => priority).increment(1);
        }
        if self.newest.is_none_or(|(log_time, _)| log_time < heard.log_time) {
            self.newest = Some((heard.log_time, now));
        }
    }

    /// Brings the gauges up to date.
    pub fn show(&mut self, stage: &'static str, now: Instant) {
        let Some((log_time, heard)) = self.newest else { return };
        self.watch.pass(log_time + millis(now.saturating_duration_since(heard)));
        for (scope, load) in self.watch.loads() {
            let (_, name) = scope.words();
            let office = || name.to_owned();
            metrics::gauge!("kervan_desk_alarms_10min", "stage" => stage, "office" => office())
                .set(f64::from(load.rate));
            metrics::gauge!("kervan_desk_flood", "stage" => stage, "office" => office())
                .set(f64::from(u8::from(load.flood)));
        }
    }
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::domain::time::{MINUTE, Rfc3339};

    fn line(n: i64, handling: &str) -> String {
        let t = Rfc3339(1_777_593_600_000 + n * 1_000);
        format!(
            r#"{{"alert":"a{n}","rev":1,"op":"raise","kind":"silence","unit":"u","subject":"unit","condition":"active","handling":"{handling}","priority":"low","log_time":"{t}","late_by_s":0,"offices":{{"responsible":["TR000001"],"nearest":null}}}}"#
        )
    }

    #[test]
    fn committed_alerts_are_counted_and_a_flood_comes_and_goes() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let now = Instant::now();
        let mut meter = Meter::default();
        metrics::with_local_recorder(&recorder, || {
            for n in 0..11 {
                meter.hear(line(n, "unacknowledged").as_bytes(), now);
            }
            meter.hear(line(11, "suppressed").as_bytes(), now);
            meter.hear(b"no alert", now);
            meter.show("first", now);
        });
        let page = handle.render();
        for wanted in [
            r#"kervan_desk_alarms_10min{stage="first",office="TR000001"} 11"#,
            r#"kervan_desk_flood{stage="first",office="all"} 1"#,
            r#"kervan_annunciated_total{kind="silence",priority="low"} 11"#,
            r#"kervan_desk_revisions_total{kind="silence",priority="low",handling="suppressed"} 1"#,
        ] {
            assert!(page.contains(wanted), "{wanted} is not in\n{page}");
        }
        let later = now + Duration::from_millis((11 * MINUTE).unsigned_abs());
        metrics::with_local_recorder(&recorder, || meter.show("first", later));
        assert!(handle.render().contains(r#"kervan_desk_flood{stage="first",office="all"} 0"#), "it is over");
    }
}
