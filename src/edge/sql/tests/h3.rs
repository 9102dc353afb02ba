//! H3 against values of its documentation, and against itself.

use super::fixture::{Lake, rows};

#[test]
fn known_values() {
    let (_lake, session) = Lake::empty().session_kept();
    for (expression, expected) in [
        // h3geo.org, quick start: latLngToCell -r 10 of the Statue of Liberty; the 7th-resolution example of h3-js.
        ("h3_cell(40.689167, -74.044444, 10)", "8a2a1072b59ffff"),
        ("h3_cell(37.3615593, -122.0553238, 7)", "87283472bffffff"),
        ("h3_parent('8a2a1072b59ffff', 9)", "892a1072b5bffff"),
        ("h3_parent('8a2a1072b59ffff', 10)", "8a2a1072b59ffff"),
        ("h3_parent('8a2a1072b59ffff', 11)", ""),
        ("h3_resolution('87283472bffffff')", "7"),
        // cellToLatLng of the README of h3-js: 37.35171820183272, -122.05032565263946.
        ("round(h3_center_lat('87283472bffffff'), 9)", "37.351718202"),
        ("round(h3_center_lon('87283472bffffff'), 9)", "-122.050325653"),
        ("h3_distance('87283472bffffff', '87283472bffffff')", "0"),
        ("h3_distance('87283472bffffff', '8a2a1072b59ffff')", ""),
        ("array_length(h3_disk('87283472bffffff', 2))", "19"),
        ("array_has(h3_disk('87283472bffffff', 1), '87283472bffffff')", "true"),
        ("h3_is_cell('87283472bffffff')", "true"),
        ("h3_is_cell('istanbul')", "false"),
        ("h3_cell(91, 0, 5)", ""),
        ("h3_cell(null, 29, 5)", ""),
        ("h3_cell('nan'::double, 29, 5)", ""),
        ("h3_cell(41, 29, 5) = h3_cell(41.0, 29.0, 5)", "true"),
    ] {
        assert_eq!(rows(&session, &format!("SELECT {expression}")), [expected], "{expression}");
    }
}

#[test]
fn cells_of_a_column_count_by_place() {
    let (_lake, session) = Lake::small().session_kept();
    let sql = "SELECT h3_cell(lat, lon, 3) AS cell, count(*) FROM tracks GROUP BY cell ORDER BY 2 DESC, 1";
    assert_eq!(rows(&session, sql), ["832d34fffffffff,3", "832d12fffffffff,1", "832da5fffffffff,1"]);
    let sql = "SELECT max(h3_distance(h3_cell(lat, lon, 8), h3_parent(h3_cell(lat, lon, 15), 8))) FROM tracks";
    // Hexagons do not nest exactly: the parent may be a neighbour.
    assert!(["0", "1"].contains(&rows(&session, sql)[0].as_str()));
    let sql = "SELECT count(*) FROM (SELECT unnest(h3_disk(h3_cell(lat, lon, 5), 1)) FROM tracks WHERE unit = 'A')";
    assert_eq!(rows(&session, sql), ["21"]);
}
