//! Whole imports, from a file to the lines of a log.

use super::*;
use clap::Parser;
use std::fs;
use std::path::Path;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    import: ImportArgs,
}

/// Imports the files with further options; the lines of the log, or the exit code.
fn import(dir: &Path, format: &str, files: &[(&str, &str)], options: &[&str]) -> Result<Vec<String>, ExitCode> {
    let out = dir.join("out.ndjson");
    let _ = fs::remove_file(&out);
    let mut words = vec!["import".to_owned(), format.to_owned(), "--out".to_owned(), out.display().to_string()];
    words.extend(options.iter().map(|o| (*o).to_owned()));
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
        words.push(dir.join(name).display().to_string());
    }
    let result = run(&Cli::try_parse_from(words).unwrap().import);
    let leftovers =
        fs::read_dir(dir).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "part"));
    assert_eq!(leftovers.count(), 0);
    match result {
        Ok(()) => {
            let lines: Vec<String> = fs::read_to_string(out).unwrap().lines().map(str::to_owned).collect();
            for line in &lines {
                assert!(crate::edge::wire::decode(line.as_bytes()).is_ok(), "{line}");
            }
            Ok(lines)
        }
        Err(failure) => {
            assert!(!out.exists());
            Err(failure.code)
        }
    }
}

#[test]
fn a_table_with_bad_rows_is_ordered_by_time_and_opens_journeys() {
    let dir = tempfile::tempdir().unwrap();
    let table = "\u{feff}Plaka;Tarih;Saat;Enlem;Boylam;Hız (km/sa);Yön\r\n\
        34 ABC 01;01.05.2026;11:00:10;41,0;29,0;36;90\r\n\
        34 ABC 01;01.05.2026;11:00:00;40,9;29,0;72;x\r\n\
        34 ABC 01;01.05.2026;noon;40,9;29,0;72;90\r\n\
        ;01.05.2026;11:00:00;40,9;29,0;72;90\r\n\
        34 ABC 01;01.05.2026;11:00:20;NaN;29,0;72;90\r\n\
        34 ABC 01;01.05.2026;11:00:20;91;29,0;72;90\r\n\
        TRK-7;01.05.2026;11:00:05;40,5;28,5;;\r\n\
        TRK-7\r\n";
    let options = ["--time-zone", "Europe/Istanbul", "--activate", "kapikule-habur"];
    let lines = import(dir.path(), "csv", &[("table.csv", table)], &options).unwrap();
    let expected = [
        r#"{"type":"activate","unit":"34-ABC-01","journey":"J-34-ABC-01","time":"2026-05-01T08:00:00.000Z","corridor":"kapikule-habur"}"#,
        r#"{"type":"fix","unit":"34-ABC-01","fix_time":"2026-05-01T08:00:00.000Z","lat":40.900000,"lon":29.000000,"speed":20.00,"_field_dropped":true}"#,
        r#"{"type":"activate","unit":"TRK-7","journey":"J-TRK-7","time":"2026-05-01T08:00:05.000Z","corridor":"kapikule-habur"}"#,
        r#"{"type":"fix","unit":"TRK-7","fix_time":"2026-05-01T08:00:05.000Z","lat":40.500000,"lon":28.500000}"#,
        r#"{"type":"deactivate","unit":"TRK-7","journey":"J-TRK-7","time":"2026-05-01T08:00:06.000Z"}"#,
        r#"{"type":"fix","unit":"34-ABC-01","fix_time":"2026-05-01T08:00:10.000Z","lat":41.000000,"lon":29.000000,"speed":10.00,"course":90.0}"#,
        r#"{"type":"deactivate","unit":"34-ABC-01","journey":"J-34-ABC-01","time":"2026-05-01T08:00:11.000Z"}"#,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_order_of_the_file_can_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let table = "a,when,y,x,v\nu,1777622410,40,29,10\nu,1777622400,41,29,20\n";
    let options =
        ["--keep-order", "--activate", "c", "--deactivate-after", "2", "--unit-column", "a", "--speed-unit", "kn"];
    let lines =
        import(dir.path(), "csv", &[("t.csv", table)], &[&options[..], &["--map", "fix_time=when,speed=v"]].concat());
    let starts = [
        r#"{"type":"activate","unit":"u","journey":"J-u","time":"2026-05-01T08:00:00.000Z""#,
        r#"{"type":"fix","unit":"u","fix_time":"2026-05-01T08:00:10.000Z","lat":40.000000,"lon":29.000000,"speed":5.14"#,
        r#"{"type":"fix","unit":"u","fix_time":"2026-05-01T08:00:00.000Z""#,
        r#"{"type":"deactivate","unit":"u","journey":"J-u","time":"2026-05-01T08:02:10.000Z""#,
    ];
    let lines = lines.unwrap();
    assert_eq!(lines.len(), starts.len());
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn a_table_without_a_unit_is_one_unit() {
    let dir = tempfile::tempdir().unwrap();
    let table = "time\tlat\tlon\n2026-05-01T08:00:00Z\t40\t29\n";
    let files = [("bus 7.tsv", table)];
    assert!(import(dir.path(), "csv", &files, &[]).unwrap()[0].contains(r#""unit":"bus-7""#));
    assert!(import(dir.path(), "csv", &files, &["--unit", "x"]).unwrap()[0].contains(r#""unit":"x""#));
    let named = [("b.csv", "id,time,lat,lon\n1,2026-05-01T08:00:00Z,40,29\n")];
    assert!(import(dir.path(), "csv", &named, &["--unit", "x"]).unwrap()[0].contains(r#""unit":"x""#));
}

#[test]
fn tracks_of_a_gpx_file() {
    let dir = tempfile::tempdir().unwrap();
    let gpx = r#"<?xml version="1.0"?><gpx xmlns:x="urn:x"><metadata><name>all</name></metadata>
        <wpt lat="1" lon="1"/><trk><name>Van &amp; Co</name><trkseg>
        <trkpt lat="52.629151" lon="-8.661746"><ele>19.5</ele><time>2019-02-18T07:45:50Z</time>
          <extensions><x:TrackPointExtension><x:speed>3.5</x:speed><x:course>181.25</x:course></x:TrackPointExtension></extensions></trkpt>
        <trkpt lat="52.6" lon="-8.6"/>
        <trkpt lat="abc" lon="-8.6"><time>2019-02-18T07:45:52Z</time></trkpt>
        <trkpt lat="52.6" lon="-8.6"><time>2019-02-18T07:45:52Z</time></trkpt>
        </trkseg></trk><trk><trkseg><trkpt lon="1" lat="2"><time>2019-02-18T07:45:40Z</time></trkpt>
        </trkseg></trk><trk></oops>"#;
    let lines = import(dir.path(), "gpx", &[("ride.gpx", gpx)], &[]).unwrap();
    let expected = [
        r#"{"type":"fix","unit":"ride","fix_time":"2019-02-18T07:45:40.000Z","lat":2.000000,"lon":1.000000}"#,
        r#"{"type":"fix","unit":"Van---Co","fix_time":"2019-02-18T07:45:50.000Z","lat":52.629151,"lon":-8.661746,"speed":3.50,"course":181.3,"altitude":19.5}"#,
        r#"{"type":"fix","unit":"Van---Co","fix_time":"2019-02-18T07:45:52.000Z","lat":52.600000,"lon":-8.600000}"#,
    ];
    assert_eq!(lines, expected);
}

/// A forwarded position; times are seconds after 12:00.
fn forwarded(fix: &str, device: &str, server: &str, rest: &str, attributes: &str) -> String {
    format!(
        concat!(
            r#"{{"position":{{"id":0,"attributes":{{{attributes}}},"deviceId":42,"serverTime":{server},"#,
            r#""deviceTime":{device},"fixTime":{fix},{rest}"speed":43.2,"course":118.0,"address":null,"accuracy":0.0}},"#,
            r#""device":{{"id":42,"uniqueId":"860000000000042"}}}}"#
        ),
        attributes = attributes,
        server = server,
        device = device,
        fix = fix,
        rest = rest
    )
}

#[test]
fn traccar_positions_and_stale_ones() {
    let dir = tempfile::tempdir().unwrap();
    let at = |second: u32| format!(r#""2025-08-12T12:00:{second:02}.123+00:00""#);
    let place = r#""valid":true,"latitude":41.716667,"longitude":26.416667,"altitude":57.0,"#;
    let alarm = r#""sat":11,"batteryLevel":83,"alarm":"tampering,lowBattery,overspeed","motion":true"#;
    let lines = [
        forwarded(&at(0), &at(0), &at(1), place, alarm),
        forwarded(&at(0), &at(5), &at(6), place, r#""batteryLevel":82"#),
        forwarded(&at(9), &at(9), &at(10), &format!(r#""outdated":true,{place}"#), ""),
        forwarded(r#""1980-01-06T00:00:00.000+00:00""#, &at(11), &at(11), place, ""),
        forwarded("null", "null", &at(12), place, ""),
        forwarded(&at(13), &at(13), &at(13), r#""latitude":"NaN","longitude":1.0,"#, ""),
        r#"{"event":{"type":"deviceOffline"},"device":{"uniqueId":"1"}}"#.to_owned(),
        "{broken".to_owned(),
        forwarded(&at(20), &at(20), &at(20), r#""valid":false,"latitude":41,"longitude":26,"altitude":"NaN","#, ""),
    ];
    let text = lines.join("\n");
    let imported = import(dir.path(), "traccar", &[("positions.json", &text)], &[]).unwrap();
    let beat = |second: u32, rest: &str| {
        format!(
            r#"{{"type":"heartbeat","unit":"860000000000042","receive_time":"2025-08-12T12:00:{second:02}.123Z"{rest}}}"#
        )
    };
    let expected = [
        concat!(
            r#"{"type":"fix","unit":"860000000000042","fix_time":"2025-08-12T12:00:00.123Z","lat":41.716667,"#,
            r#""lon":26.416667,"receive_time":"2025-08-12T12:00:01.123Z","speed":22.22,"course":118.0,"#,
            r#""altitude":57.0,"satellites":11,"battery":83,"motion":true,"alarms":["tamper","low_battery"]}"#
        )
        .to_owned(),
        beat(6, r#","battery":82"#),
        beat(10, ""),
        beat(11, ""),
        beat(12, ""),
        concat!(
            r#"{"type":"fix","unit":"860000000000042","fix_time":"2025-08-12T12:00:20.123Z","lat":41.000000,"#,
            r#""lon":26.000000,"receive_time":"2025-08-12T12:00:20.123Z","speed":22.22,"course":118.0,"#,
            r#""valid":false,"_field_dropped":true}"#
        )
        .to_owned(),
    ];
    assert_eq!(imported, expected);

    let report = "valid,time,latitude,longitude,speed\ntrue,2025-08-12T12:00:00Z,41,26,10\n";
    let imported = import(dir.path(), "traccar", &[("route.csv", report)], &[]).unwrap();
    assert!(imported[0].contains(r#""speed":5.14"#), "{imported:?}");

    let array = r#" [{"deviceId":7,"fixTime":"2025-08-12T12:00:00Z","latitude":1,"longitude":2,"speed":0}]"#;
    let imported = import(dir.path(), "traccar", &[("positions.json", array)], &[]).unwrap();
    assert!(imported[0].contains(r#""unit":"7""#), "{imported:?}");
}

#[test]
fn what_ends_an_import() {
    let dir = tempfile::tempdir().unwrap();
    let row = [("t.csv", "time,lat,lon\n2026-05-01T08:00:00Z,40,29\n")];
    let missing = dir.path().join("nope.csv").display().to_string();
    for (files, options, code) in [
        (&row[..], vec!["--time-zone", "Mars"], ExitCode::Usage),
        (&row, vec!["--unit", "a b"], ExitCode::Usage),
        (&row, vec!["--map", "lat=Breite"], ExitCode::Usage),
        (&row, vec![missing.as_str()], ExitCode::Missing),
        (&[("t.csv", "time,lat\n")], vec![], ExitCode::Usage),
        (&[("t.csv", "time,lat,lon\nx,1,2\n")], vec![], ExitCode::Other),
        (&[("t.csv", "")], vec![], ExitCode::Usage),
        (&[("t.csv.gz", "not gzip")], vec![], ExitCode::Missing),
    ] {
        assert_eq!(import(dir.path(), "csv", files, &options), Err(code), "{files:?} {options:?}");
    }
}
