//! The part of the world that a still picture shows, and paths in its pixels.

use super::projection::{metres_per_unit, project};
use super::scene::{Scene, is_doubtful};
use crate::domain::position::Position;
use std::fmt::Write as _;

/// Nothing is shown closer than this many metres across, so that a single fix has surroundings.
const LEAST_M: f64 = 2_000.0;

/// A window on the unit square of [`project`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Width, pixels.
    pub width: f64,
    /// Height, pixels.
    pub height: f64,
    /// At the middle of the picture.
    pub metres_per_pixel: f64,
    centre: (f64, f64),
    scale: f64,
}

/// Smallest and largest x and y.
type Bounds = (f64, f64, f64, f64);

fn bounds(positions: impl IntoIterator<Item = Position>) -> Option<Bounds> {
    positions.into_iter().map(project).fold(None, |b: Option<Bounds>, (x, y)| {
        let (x0, y0, x1, y1) = b.unwrap_or((x, y, x, y));
        Some((x0.min(x), y0.min(y), x1.max(x), y1.max(y)))
    })
}

impl Frame {
    /// The frame that holds what the scene is about, with a margin.
    pub fn of(scene: &Scene, width: u32, height: u32) -> Frame {
        let fixes =
            scene.tracks.iter().flat_map(|t| &t.points).filter(|p| !is_doubtful(&p.quality)).map(|p| p.position);
        let subject = bounds(fixes.chain(scene.alerts.iter().filter_map(|a| a.position)))
            .or_else(|| bounds(scene.corridors.iter().flat_map(|c| &c.lines).flatten().copied()))
            .or_else(|| bounds(scene.zones.iter().flat_map(|z| &z.rings).flatten().copied()))
            .or_else(|| bounds(scene.basemap.iter().flatten().copied()));
        // Nothing at all: Türkiye.
        let (x0, y0, x1, y1) = subject.unwrap_or((0.571, 0.366, 0.625, 0.395));
        let centre = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
        let (width, height) = (f64::from(width), f64::from(height));
        let metres = metres_per_unit(centre.1);
        let least = LEAST_M / metres;
        let scale = (0.84 * width / (x1 - x0).max(least)).min(0.74 * height / (y1 - y0).max(least));
        Frame { width, height, metres_per_pixel: metres / scale, centre, scale }
    }

    /// Pixels of a position.
    pub fn at(&self, position: Position) -> (f64, f64) {
        let (x, y) = project(position);
        ((x - self.centre.0) * self.scale + self.width / 2.0, (y - self.centre.1) * self.scale + self.height / 2.0)
    }

    /// The cell of a grid of `size` pixels that a position falls into.
    pub fn cell(&self, position: Position, size: f64) -> (i32, i32) {
        let (x, y) = self.at(position);
        (libm::floor(x / size) as i32, libm::floor(y / size) as i32)
    }

    /// Whether a pixel is in the picture or close by.
    pub fn shows(&self, x: f64, y: f64) -> bool {
        (-20.0..=self.width + 20.0).contains(&x) && (-20.0..=self.height + 20.0).contains(&y)
    }

    /// Path data of a line or ring without steps below 0.7 pixels; empty when it lies outside.
    pub fn path(&self, positions: &[Position], close: bool) -> String {
        let pixels: Vec<(f64, f64)> = positions.iter().map(|&p| self.at(p)).collect();
        let beyond = |off: &dyn Fn(&(f64, f64)) -> bool| pixels.iter().all(off);
        let (w, h) = (self.width + 600.0, self.height + 600.0);
        if pixels.len() < 2
            || beyond(&|p| p.0 < -600.0)
            || beyond(&|p| p.1 < -600.0)
            || beyond(&|p| p.0 > w)
            || beyond(&|p| p.1 > h)
        {
            return String::new();
        }
        let mut out = String::new();
        let mut last = pixels[0];
        let _ = write!(out, "M{:.1} {:.1}", last.0, last.1);
        for (i, &(x, y)) in pixels.iter().enumerate().skip(1) {
            if (x - last.0).abs() + (y - last.1).abs() >= 0.7 || i + 1 == pixels.len() {
                let _ = write!(out, "L{x:.1} {y:.1}");
                last = (x, y);
            }
        }
        if close {
            out.push('Z');
        }
        out
    }

    /// Dots (lines of no length) at positions that are at least `apart` pixels from the dot before.
    pub fn apart(&self, positions: impl Iterator<Item = Position>, apart: f64) -> String {
        let mut out = String::new();
        let mut last = (f64::MIN, f64::MIN);
        for (x, y) in positions.map(|p| self.at(p)) {
            if self.shows(x, y) && (x - last.0).abs() + (y - last.1).abs() >= apart {
                let _ = write!(out, "M{x:.1} {y:.1}h0");
                last = (x, y);
            }
        }
        out
    }

    /// Middle and height in pixels of the box round rings; none if there are none or the middle is outside.
    pub fn centre(&self, rings: &[Vec<Position>]) -> Option<(f64, f64, f64)> {
        let (x0, y0, x1, y1) = bounds(rings.iter().flatten().copied())?;
        let x = ((x0 + x1) / 2.0 - self.centre.0) * self.scale + self.width / 2.0;
        let y = ((y0 + y1) / 2.0 - self.centre.1) * self.scale + self.height / 2.0;
        self.shows(x, y).then_some((x, y, (y1 - y0) * self.scale))
    }
}
