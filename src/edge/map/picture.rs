//! The still picture: SVG without script, for the evidence of one alert and for a README.
//!
//! The frame holds the sound fixes and the alerts (without them the corridors, the zones, the basemap). Alerts are numbered in
//! the order of their onset and named in a key; times are those of Europe/Istanbul. Numbers have one decimal, so that equal
//! scenes are equal bytes on every machine.

use super::frame::Frame;
use super::page::markup;
use super::projection::EQUATOR_M;
use super::scene::{Scene, TrackShape, ZoneShape, is_doubtful};
use super::signs::{KEY_ROWS, alerts_in_order, counts, key, mark};
use crate::domain::position::Position;
use crate::domain::time::{HOUR, Millis};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// As many tracks are drawn one by one; of more, each stretch of road once.
const FEW_TRACKS: usize = 12;

/// Draws the scene; `width` and `height` in pixels, at least 200 by 150.
///
/// ```
/// use kervan::edge::map::{Scene, svg};
/// assert!(svg(&Scene::default(), 640, 400).starts_with("<svg "));
/// ```
pub fn svg(scene: &Scene, width: u32, height: u32) -> String {
    let frame = Frame::of(scene, width.max(200), height.max(150));
    let mut out = String::new();
    open(&mut out, scene, &frame);
    ground(&mut out, scene, &frame);
    if scene.tracks.len() > FEW_TRACKS {
        path(&mut out, &merged(&scene.tracks, &frame), "fill=\"none\" stroke=\"#2f5f8d\" stroke-width=\"1.4\"");
    } else {
        scene.tracks.iter().for_each(|t| track(&mut out, t, &frame));
    }
    fixes(&mut out, scene, &frame);
    let alerts = alerts_in_order(scene);
    places(&mut out, scene, &frame);
    let few = alerts.len() <= KEY_ROWS;
    for (number, alert) in alerts.iter().enumerate().rev() {
        if let Some(position) = alert.position {
            mark(&mut out, alert, frame.at(position), if few { 1.0 } else { 0.7 }, few.then_some(number + 1));
        }
    }
    if few {
        key(&mut out, scene, &alerts, &frame);
    } else {
        counts(&mut out, scene, &alerts, &frame);
    }
    furniture(&mut out, scene, &frame);
    out.push_str("</g>\n</svg>\n");
    out
}

// Writing to a String cannot fail: results of `write!` are dropped here and below.
fn open(out: &mut String, scene: &Scene, f: &Frame) {
    let (w, h) = (f.width, f.height);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"0 0 {w:.0} {h:.0}\" role=\"img\" \
         lang=\"{}\" font-family=\"Segoe UI, Helvetica Neue, Noto Sans, Liberation Sans, Arial, sans-serif\" font-size=\"12\">\n\
         <title>{}</title>\n<defs><clipPath id=\"frame\"><rect width=\"{w:.0}\" height=\"{h:.0}\"/></clipPath>\n\
         <pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path d=\"M0 0V7\" stroke=\"#b3131b\" stroke-opacity=\".55\" stroke-width=\"2\"/></pattern></defs>\n<g clip-path=\"url(#frame)\">\n",
        scene.language.code(),
        markup(&scene.title)
    );
}

fn ground(out: &mut String, scene: &Scene, f: &Frame) {
    let sea = if scene.basemap.is_empty() { "#f6f4ef" } else { "#dfe8ee" };
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"{sea}\"/>");
    let land: String = scene.basemap.iter().map(|ring| f.path(ring, true)).collect();
    path(out, &land, "fill=\"#f8f6f1\" fill-rule=\"evenodd\" stroke=\"#b7bdc0\"");
    let lines: Vec<(f64, String)> = scene
        .corridors
        .iter()
        .map(|c| {
            let line: String = c.lines.iter().map(|l| f.path(l, false)).collect();
            let half = if c.half_width_m.is_finite() { c.half_width_m.max(0.0) } else { 0.0 };
            ((2.0 * half / f.metres_per_pixel).max(4.0), line)
        })
        .collect();
    for (extra, colour) in [(2.0, "#93b3d1"), (0.0, "#d3e2f0")] {
        for (width, line) in &lines {
            let style = format!(
                "fill=\"none\" stroke=\"{colour}\" stroke-width=\"{:.1}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"",
                width + extra
            );
            path(out, line, &style);
        }
    }
    for (width, line) in lines.iter().filter(|(width, _)| *width > 16.0) {
        let _ = width;
        path(out, line, "fill=\"none\" stroke=\"#7f9fbf\" stroke-dasharray=\"7 6\"");
    }
    scene.zones.iter().for_each(|z| zone(out, z, f));
}

fn zone(out: &mut String, zone: &ZoneShape, f: &Frame) {
    let shape: String = zone.rings.iter().map(|ring| f.path(ring, true)).collect();
    let colour = match zone.class.as_str() {
        "office_area" => return,
        "territory" => {
            return path(
                out,
                &shape,
                "fill=\"none\" stroke=\"#7b5aa6\" stroke-dasharray=\"10 3 2 3\" stroke-opacity=\".75\"",
            );
        }
        "forbidden" => {
            path(out, &shape, "fill=\"url(#hatch)\" fill-rule=\"evenodd\"");
            "#b3131b"
        }
        "border_gate" => "#16395c",
        "customs_area" => "#2a6f97",
        "warehouse" => "#7a5230",
        "permitted_stop" => "#2f7d4f",
        "lodging" => "#1b6b5f",
        "queue" => "#56739a",
        "checkpoint" => "#6a4c93",
        "risk" => "#c26a00",
        "watch" => "#8a7400",
        _ => "#707070",
    };
    let style = format!(
        "fill=\"{colour}\" fill-opacity=\".14\" fill-rule=\"evenodd\" stroke=\"{colour}\" stroke-width=\"1.3\""
    );
    path(out, &shape, &style);
    if let Some((x, y, size)) = f.centre(&zone.rings).filter(|&(_, _, size)| size > 28.0) {
        let name = if zone.name.is_empty() { &zone.id } else { &zone.name };
        label(out, name, (x, y + size / 2.0 + 12.0), &format!("text-anchor=\"middle\" fill=\"{colour}\""));
    }
}

fn path(out: &mut String, d: &str, style: &str) {
    if !d.is_empty() {
        let _ = writeln!(out, "<path d=\"{d}\" {style}/>");
    }
}

/// Text with a light edge, readable on any ground.
pub fn label(out: &mut String, text: &str, (x, y): (f64, f64), style: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" stroke=\"#fff\" stroke-opacity=\".85\" stroke-width=\"3\" paint-order=\"stroke\" \
         stroke-linejoin=\"round\" {style}>{}</text>",
        markup(text)
    );
}

/// The line of sound fixes, dots where they stand apart, dashes over long silence, crosses for doubtful fixes.
fn track(out: &mut String, track: &TrackShape, f: &Frame) {
    let mut points: Vec<_> = track.points.iter().collect();
    points.sort_by_key(|p| p.time);
    let sound: Vec<_> = points.iter().filter(|p| !is_doubtful(&p.quality)).collect();
    let mut steps: Vec<Millis> = sound.windows(2).map(|w| w[1].time - w[0].time).collect();
    steps.sort_unstable();
    let silence = (5 * steps.get(steps.len() / 2).copied().unwrap_or(0)).max(HOUR / 5);
    let mut gaps = String::new();
    let mut runs: Vec<Vec<Position>> = Vec::new();
    for (i, point) in sound.iter().enumerate() {
        let silent = i > 0 && point.time - sound[i - 1].time > silence;
        if silent {
            gaps.push_str(&f.path(&[sound[i - 1].position, point.position], false));
        }
        match runs.last_mut().filter(|_| !silent) {
            Some(run) => run.push(point.position),
            None => runs.push(vec![point.position]),
        }
    }
    let whole: String = runs.iter().map(|run| f.path(run, false)).collect();
    let round = "fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\"";
    path(out, &whole, &format!("{round} stroke=\"#fff\" stroke-width=\"4.5\" stroke-opacity=\".8\""));
    path(out, &whole, &format!("{round} stroke=\"#123f6d\" stroke-width=\"2\""));
    path(out, &gaps, &format!("{round} stroke=\"#123f6d\" stroke-width=\"2\" stroke-dasharray=\"2 6\""));
    let dots: String =
        if f.metres_per_pixel < 60.0 { f.apart(sound.iter().map(|p| p.position), 6.0) } else { String::new() };
    path(out, &dots, "fill=\"none\" stroke=\"#123f6d\" stroke-width=\"5\" stroke-linecap=\"round\"");
    let mut crosses = String::new();
    for point in points.iter().filter(|p| is_doubtful(&p.quality)) {
        let (x, y) = f.at(point.position);
        if f.shows(x, y) {
            let _ = write!(crosses, "M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0);
        }
    }
    path(out, &crosses, "fill=\"none\" stroke=\"#a1480a\" stroke-width=\"1.8\"");
}

/// Fixes that are pointed at: full where they spoke for the alert, hollow elsewhere.
fn fixes(out: &mut String, scene: &Scene, f: &Frame) {
    for fix in &scene.fixes {
        let (x, y) = f.at(fix.position);
        if !f.shows(x, y) {
            continue;
        }
        let fill = if fix.speaks { "#c2410c" } else { "#fff" };
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"#7c2d12\" stroke-width=\"1.4\"/>"
        );
        if !fix.label.is_empty() {
            label(out, &fix.label, (x + 8.0, y + 16.0), "fill=\"#7c2d12\" font-weight=\"600\"");
        }
    }
}

/// Stretches of all tracks on a grid of two pixels, each once: a fleet's day stays small enough for a README.
fn merged(tracks: &[TrackShape], f: &Frame) -> String {
    let mut stretches = BTreeSet::new();
    for track in tracks {
        let mut points: Vec<_> = track.points.iter().filter(|p| !is_doubtful(&p.quality)).collect();
        points.sort_by_key(|p| p.time);
        let cells: Vec<_> = points.iter().map(|p| f.cell(p.position, 2.0)).collect();
        for (i, pair) in cells.windows(2).enumerate() {
            let silent = points[i + 1].time - points[i].time > HOUR / 5;
            if pair[0] != pair[1] && !silent {
                stretches.insert((pair[0].min(pair[1]), pair[0].max(pair[1])));
            }
        }
    }
    let mut out = String::new();
    for ((ax, ay), (bx, by)) in stretches {
        let _ = write!(out, "M{} {}l{} {}", 2 * ax, 2 * ay, 2 * (bx - ax), 2 * (by - ay));
    }
    out
}

/// Names beside their dots, where the fewest alerts and fixes lie.
fn places(out: &mut String, scene: &Scene, f: &Frame) {
    let most = if f.metres_per_pixel > 1_500.0 {
        1
    } else if f.metres_per_pixel > 700.0 {
        2
    } else {
        3
    };
    let fixes = scene.tracks.iter().flat_map(|t| &t.points).map(|p| p.position);
    let busy: BTreeSet<_> =
        fixes.chain(scene.alerts.iter().filter_map(|a| a.position)).map(|p| f.cell(p, 12.0)).collect();
    for place in scene.places.iter().filter(|p| p.rank <= most) {
        let (x, y) = f.at(place.position);
        if !f.shows(x, y) {
            continue;
        }
        let wide = 6.6 * place.name.chars().count() as f64;
        let candidates = [
            (5.0, 4.0),
            (-5.0 - wide, 4.0),
            (-wide / 2.0, -10.0),
            (-wide / 2.0, 19.0),
            (-wide / 2.0, -19.0),
            (-wide / 2.0, 29.0),
        ];
        let hits = |&(dx, dy): &(f64, f64)| {
            let (left, top) = (((x + dx) / 12.0) as i32, ((y + dy - 14.0) / 12.0) as i32);
            let across = (wide / 12.0) as i32 + 1;
            (left..=left + across)
                .flat_map(|cx| (top..=top + 1).map(move |cy| (cx, cy)))
                .filter(|c| busy.contains(c))
                .count()
        };
        let (dx, dy) = candidates.into_iter().min_by_key(hits).unwrap_or((5.0, 4.0));
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\" fill=\"#5b6570\"/>");
        label(out, &place.name, (x + dx, y + dy), "fill=\"#39434e\"");
    }
}

/// Title, scale bar, north and attribution.
fn furniture(out: &mut String, scene: &Scene, f: &Frame) {
    label(out, &scene.title, (14.0, 25.0), "font-size=\"16\" font-weight=\"600\" fill=\"#16395c\"");
    label(out, &scene.subtitle, (14.0, 43.0), "fill=\"#46525f\"");
    let target = 120.0 * f.metres_per_pixel;
    let length = (0..8)
        .flat_map(|power| [1, 2, 5].map(|k| f64::from(k * 10_i32.pow(power))))
        .take_while(|&metres| metres <= target.min(EQUATOR_M))
        .last()
        .unwrap_or(1.0);
    let (bar, y) = (length / f.metres_per_pixel, f.height - 10.0);
    let text = if length >= 1_000.0 { format!("{} km", length / 1_000.0) } else { format!("{length} m") };
    path(out, &format!("M14 {:.1}v6h{bar:.1}v-6", y - 6.0), "fill=\"none\" stroke=\"#1d2733\" stroke-width=\"2\"");
    label(out, &text, (20.0 + bar, y), "fill=\"#1d2733\"");
    let _ = writeln!(
        out,
        "<g transform=\"translate({:.1} 12)\" fill=\"#16395c\"><path d=\"M0 0L6 18L0 14L-6 18Z\"/>\
         <text y=\"31\" text-anchor=\"middle\" font-size=\"11\" font-weight=\"700\">N</text></g>",
        f.width - 20.0
    );
    label(
        out,
        &scene.attribution,
        (f.width - 8.0, f.height - 7.0),
        "font-size=\"10.5\" text-anchor=\"end\" fill=\"#46525f\"",
    );
}
