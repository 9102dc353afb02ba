//! What was measured, in words and as one page: no script, nothing loaded.

use super::capacity::{Capacity, Limit, OnKafka, Part, Point};
use super::plot::{bars, curve};
use super::yardstick::Machine;
use crate::edge::map::page::markup;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:62rem;padding:0 1rem;color:#1d2733}\
h1{font-size:1.35rem}h2{font-size:1.05rem;margin:1.8rem 0 .4rem}.s{font-size:1.15rem;border-left:4px solid #2563a8;padding-left:.8rem}\
svg{max-width:100%;height:auto}.g{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}\
.t{font-size:13px;font-weight:600}.a{font-size:11.5px;fill:#5a6774}line.g{stroke:#e3e8ec}.c{fill:none;stroke:#2563a8;stroke-width:2}\
.p,.b{fill:#2563a8}p.n{color:#5a6774;font-size:13px}";

/// The machine in one line.
pub fn machine(machine: &Machine) -> String {
    format!(
        "{}, {} processors, {:.0} GiB; SHA-256 {:.2} GB/s, a random read {:.0} ns",
        machine.processor,
        machine.cores,
        machine.memory_bytes as f64 / f64::from(1 << 30),
        machine.sha256_bytes_s / 1e9,
        machine.random_read_ns
    )
}

/// The stages, a line each.
pub fn stages(capacity: &Capacity) -> String {
    let s = &capacity.stages;
    let rate = |ns: f64| 1e9 / ns;
    [
        format!(
            "reading JSON      {:>6.0} ns a fix of {:.0} bytes ({:.0} packed)",
            s.json_ns, s.json_bytes.0, s.json_bytes.1
        ),
        format!(
            "reading Protobuf  {:>6.0} ns a fix of {:.0} bytes ({:.0} packed)",
            s.protobuf_ns, s.protobuf_bytes.0, s.protobuf_bytes.1
        ),
        format!(
            "deciding          {:>6.0} ns ({} vehicles, {} zones, {} corridors)",
            s.decide_ns, capacity.vehicles, capacity.zones, capacity.corridors
        ),
        format!("tables            {:>6.0} ns, {:.1} bytes a fix", s.lane_ns - s.decide_ns, s.table_bytes),
        format!("checkpoints       {:>6.0} ns a journey, for which its partition stops", s.cut_ns),
        format!(
            "one core without a broker: {:.0} fixes a second from JSON, {:.0} from Protobuf",
            rate(s.job_ns(false)),
            rate(s.job_ns(true))
        ),
    ]
    .join("\n")
}

/// What it comes to.
pub fn sentence(capacity: &Capacity, interval_s: u32, headroom: u32) -> String {
    let (vehicles, limit) = capacity.carries(interval_s, headroom);
    let limit = match limit {
        Limit::Processor => "processor time",
        Limit::Memory => "memory",
    };
    let basis = match &capacity.kafka {
        Some(_) => "measured on Kafka with the broker beside it",
        None => "reckoned without a broker, whose client and server take their share: measure with --config",
    };
    format!(
        "This machine carries {} vehicles at one fix in {interval_s} seconds, {headroom} % of it kept free; what ends first is {limit} ({basis}).",
        grouped(vehicles)
    )
}

/// The page.
pub fn page(capacity: &Capacity, interval_s: u32, headroom: u32) -> String {
    let s = &capacity.stages;
    let warning = if capacity.optimised { "" } else { "<p><b>This program was built for debugging.</b></p>" };
    let plots: String = [
        ("deciding a fix, by vehicles", &capacity.by_vehicles),
        ("deciding a fix, by zones", &capacity.by_zones),
        ("deciding a fix, by corridors", &capacity.by_corridors),
    ]
    .into_iter()
    .map(|(title, points)| curve(title, "ns", &pairs(points, |p| p.ns)))
    .chain(std::iter::once(curve("memory a vehicle, by vehicles", "bytes", &pairs(&capacity.by_vehicles, |p| p.bytes))))
    .collect();
    let costs = bars(
        "ns",
        &[
            ("reading JSON", s.json_ns),
            ("reading Protobuf", s.protobuf_ns),
            ("deciding", s.decide_ns),
            ("tables", s.lane_ns - s.decide_ns),
        ],
    );
    let kafka = capacity.kafka.as_ref().map_or(String::new(), kafka_section);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>kervan: what this machine carries</title><style>{STYLE}</style></head><body>\n\
         <h1>What this machine carries</h1>{warning}<p class=\"s\">{}</p><p class=\"n\">{} · kervan {}</p>\n\
         <h2>What a fix costs on one core</h2>{costs}\
         <p>{} fixes a second from JSON ({:.0} bytes, {:.0} packed), {} from Protobuf ({:.0} bytes, {:.0} packed); \
         {:.1} bytes a fix in the tables, every column.</p>\n{kafka}\
         <h2>How it grows</h2><div class=\"g\">{plots}</div>\
         <p class=\"n\">A quiet fleet: in order, on its corridor. Where nothing else is said: {} vehicles, {} zones of 32 corners, \
         {} corridors of 500 vertices; vehicles report in an order that no cache can foresee. Medians.</p>\n</body></html>\n",
        markup(&sentence(capacity, interval_s, headroom)),
        markup(&machine(&capacity.machine)),
        markup(&capacity.engine),
        grouped(1e9 / s.job_ns(false)),
        s.json_bytes.0,
        s.json_bytes.1,
        grouped(1e9 / s.job_ns(true)),
        s.protobuf_bytes.0,
        s.protobuf_bytes.1,
        s.table_bytes,
        capacity.vehicles,
        capacity.zones,
        capacity.corridors,
    )
}

/// What was found on a broker, in words.
#[cfg(feature = "kafka")]
pub fn on_kafka(found: &OnKafka) -> String {
    let ceiling = found.too_high.map_or(String::new(), |rate| format!("; {rate:.0} are too many"));
    let mut lines = vec![format!(
        "this machine holds {:.0} fixes a second, broker and load on it{ceiling}: {:.0} ns of the job's processor time a fix, {:.0} MiB resident",
        found.records_s,
        found.cpu_ns,
        found.resident_bytes / f64::from(1 << 20)
    )];
    lines.extend(found.parts.iter().map(|part| {
        format!(
            "  at {:>3.0} % of it: fix to alert {:>6.0} ms in the median, {:>6.0} ms of 99 in a hundred ({} alerts), the job uses {:.2} cores",
            part.share * 100.0,
            part.p50_ms,
            part.p99_ms,
            part.alerts,
            part.cores
        )
    }));
    lines.join("\n")
}

fn kafka_section(found: &OnKafka) -> String {
    let curve_of = |title: &str, figure: fn(&Part) -> f64| {
        curve(title, "ms", &found.parts.iter().map(|part| (part.rate, figure(part))).collect::<Vec<_>>())
    };
    format!(
        "<h2>On Kafka, broker and load on the same machine</h2><p>{} fixes a second are held, {:.0} ns of the job's processor time \
         each, {:.0} MiB resident.</p><div class=\"g\">{}{}</div>\n",
        grouped(found.records_s),
        found.cpu_ns,
        found.resident_bytes / f64::from(1 << 20),
        curve_of("fix to alert, median, by fixes a second", |part| part.p50_ms),
        curve_of("fix to alert, 99 in a hundred, by fixes a second", |part| part.p99_ms)
    )
}

fn pairs(points: &[Point], figure: impl Fn(&Point) -> f64) -> Vec<(f64, f64)> {
    points.iter().map(|p| (f64::from(p.count), figure(p))).collect()
}

/// A whole number with its thousands apart.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::capacity::tests::{on_kafka, round};
    use super::*;

    #[test]
    fn the_sentence_says_what_ends_first() {
        assert!(sentence(&round(), 1, 50).contains("500 000 vehicles at one fix in 1 seconds"));
        assert!(sentence(&round(), 10, 50).contains("what ends first is memory"));
    }

    #[test]
    fn the_page_is_whole_and_loads_nothing() {
        let page = page(&round(), 10, 50);
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert_eq!(page.matches("<svg").count(), 5);
        let on_broker = super::page(&Capacity { kafka: Some(on_kafka()), ..round() }, 10, 50);
        assert_eq!(on_broker.matches("<svg").count(), 7);
        assert!(on_broker.contains("100 000 fixes a second are held"));
        assert!(page.contains("P &lt;1&gt;") && !page.contains("http:") && !page.contains("<script"), "{page}");
    }
}
