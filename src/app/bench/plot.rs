//! A curve as a picture: counts that grow tenfold from left to right, the figure upwards from nought.

use crate::edge::map::page::markup;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 34.0;

/// A curve through points (count, figure), as SVG; `unit` stands at the upward axis.
pub fn curve(title: &str, unit: &str, points: &[(f64, f64)]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let (from, to) = (first.0.log10(), last.0.log10());
    let highest = points.iter().map(|p| p.1).fold(0.0, f64::max);
    let step = round_step(highest / 4.0);
    let top = (highest / step).ceil().max(1.0) * step;
    let x =
        |count: f64| LEFT + (WIDTH - LEFT - RIGHT) * if to > from { (count.log10() - from) / (to - from) } else { 0.5 };
    let y = |figure: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * figure / top;
    let mut out = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{0}"><text class="t" x="{LEFT}" y="16">{0}</text>"#,
        markup(title)
    );
    let lines = (top / step).round() as u32;
    for line in 0..=lines {
        let at = y(f64::from(line) * step);
        out += &format!(
            r#"<line class="g" x1="{LEFT}" x2="{}" y1="{at:.1}" y2="{at:.1}"/><text class="a" x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            figure(f64::from(line) * step)
        );
    }
    out += &format!(r#"<text class="a" x="4" y="16">{}</text>"#, markup(unit));
    let path: Vec<String> = points.iter().map(|p| format!("{:.1},{:.1}", x(p.0), y(p.1))).collect();
    out += &format!(r#"<polyline class="c" points="{}"/>"#, path.join(" "));
    for point in points {
        out += &format!(
            r#"<circle class="p" cx="{0:.1}" cy="{1:.1}" r="3.5"><title>{2}: {3:.0} {4}</title></circle><text class="a" x="{0:.1}" y="{5}" text-anchor="middle">{2}</text>"#,
            x(point.0),
            y(point.1),
            figure(point.0),
            point.1,
            markup(unit),
            HEIGHT - 12.0
        );
    }
    out + "</svg>"
}

/// Bars from left to right, one below the other, as SVG: what a whole is made of.
pub fn bars(unit: &str, parts: &[(&str, f64)]) -> String {
    let longest = parts.iter().map(|p| p.1).fold(1e-9, f64::max);
    let height = 12.0 + 30.0 * parts.len() as f64;
    let mut out = format!(r#"<svg viewBox="0 0 940 {height}" role="img">"#);
    for (row, (name, value)) in parts.iter().enumerate() {
        let top = 8.0 + 30.0 * row as f64;
        let width = 560.0 * value / longest;
        out += &format!(
            r#"<text class="a" x="236" y="{:.0}" text-anchor="end">{}</text><rect class="b" x="244" y="{top:.0}" width="{width:.1}" height="20" rx="2"/><text class="a" x="{:.1}" y="{:.0}">{value:.0} {}</text>"#,
            top + 15.0,
            markup(name),
            250.0 + width,
            top + 15.0,
            markup(unit)
        );
    }
    out + "</svg>"
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `wanted`.
fn round_step(wanted: f64) -> f64 {
    if wanted <= 0.0 || !wanted.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= wanted).unwrap_or(10.0 * power)
}

/// 1500 as 1.5 k, 2000000 as 2 M.
fn figure(value: f64) -> String {
    let (scaled, unit) = match value {
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e3 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let text = format!("{scaled:.1}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_figures() {
        assert_eq!([0.3, 1.0, 1.2, 230.0, 501.0].map(round_step), [0.5, 1.0, 2.0, 500.0, 1000.0]);
        assert_eq!([0.0, 250.0, 1_500.0, 2e6].map(figure), ["0", "250", "1.5 k", "2 M"]);
    }

    #[test]
    fn a_curve_stays_in_its_picture() {
        let svg = curve("t", "ns", &[(10.0, 0.0), (1_000.0, 93.0)]);
        assert!(svg.contains(&format!("{LEFT:.1},{:.1}", HEIGHT - BOTTOM)), "{svg}");
        assert!(svg.contains(&format!("{:.1},", WIDTH - RIGHT)), "{svg}");
        assert_eq!(curve("t", "ns", &[]), "");
    }
}
