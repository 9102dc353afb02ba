//! Whether each checkpoint can be passed on its corridor, and in the order in which they are listed.

use super::lon_lat;
use crate::domain::geometry::{Area, Route};
use crate::domain::position::Position;
use crate::domain::rulebook::{CorridorSource, Fault, Source, ZoneSource, ring};

/// A checkpoint is on its corridor if its zone comes within the half width of the line: then a permitted way can touch it.
pub fn checkpoints(source: &CorridorSource, route: &Route, half_width_m: f64, all: &Source, found: &mut Vec<Fault>) {
    let mut last: Option<(f64, &str)> = None;
    for id in &source.checkpoints {
        // Unknown ones and those without a sound polygon have been reported.
        let sound = |zone: &&ZoneSource| !zone.polygons.is_empty() && ring::check(&zone.polygons).is_empty();
        let Some(zone) = all.zones.iter().find(|zone| &zone.id == id).filter(sound) else {
            continue;
        };
        let Some(nearest) = nearest(zone, &source.lines, route) else { continue };
        if nearest.distance_m > half_width_m {
            let message = format!(
                "the checkpoint \"{id}\" is {:.0} m off the line (nearest at {}), farther than the half width of {half_width_m} m; \
                 move it, widen the corridor or drop it from `checkpoints`",
                nearest.distance_m,
                lon_lat(nearest.position)
            );
            found.push(Fault::new("checkpoint_off_corridor", source.place.clone(), message));
            continue;
        }
        if let Some((_, before)) = last.filter(|(chainage, _)| *chainage > nearest.chainage_m) {
            let message =
                format!("the checkpoint \"{id}\" lies before \"{before}\" along the line, but is listed after it");
            found.push(Fault::warning("checkpoint_order", source.place.clone(), message));
        }
        last = Some((nearest.chainage_m, id));
    }
}

/// Where a zone comes closest to a line.
struct Closest {
    distance_m: f64,
    chainage_m: f64,
    position: Position,
}

/// The least distance between two polylines that do not cross is at a vertex of one of them; zero if they cross or a
/// vertex of the line lies inside.
fn nearest(zone: &ZoneSource, lines: &[Vec<Position>], route: &Route) -> Option<Closest> {
    let area = Area::new(&zone.polygons);
    let line = || lines.iter().flatten();
    let edges = || zone.polygons.iter().flatten().flat_map(|ring| ring.windows(2));
    let at = |point: Position, distance_m: f64| {
        let on_line = route.nearest(point, None);
        Closest { distance_m, chainage_m: on_line.chainage_m, position: point }
    };
    let (low, high) = area.bounds();
    let near =
        |p: &Position| (low.lat_e6..=high.lat_e6).contains(&p.lat_e6) && (low.lon_e6..=high.lon_e6).contains(&p.lon_e6);
    if let Some(inside) = line().find(|p| near(p) && area.contains(**p)) {
        return Some(at(*inside, 0.0));
    }
    let crossing = lines.iter().flat_map(|line| line.windows(2)).find_map(|step| {
        edges().find(|edge| ring::meet(step[0], step[1], edge[0], edge[1])).map(|edge| at(edge[0], 0.0))
    });
    if crossing.is_some() {
        return crossing;
    }
    let corners =
        zone.polygons.iter().flatten().flatten().map(|corner| at(*corner, route.nearest(*corner, None).distance_m));
    let vertices = line().map(|vertex| at(*vertex, area.nearest_boundary(*vertex).distance_m));
    corners.chain(vertices).min_by(|a, b| a.distance_m.total_cmp(&b.distance_m))
}
