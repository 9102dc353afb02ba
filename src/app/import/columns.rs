//! Which column of a table is which field: by `--map`, else by the names that such tables usually have.

use super::SpeedUnit;

macro_rules! columns {
    ($($variant:ident $name:literal [$($alias:literal)*]),+ $(,)?) => {
        /// A field that a column can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column { $($variant),+ }

        impl Column {
            pub(super) const COUNT: usize = [$($name),+].len();
            const ALL: [Column; Self::COUNT] = [$(Column::$variant),+];
            const NAMES: [&'static str; Self::COUNT] = [$($name),+];
            /// Names in use, folded, the better ones first.
            const ALIASES: [&'static [&'static str]; Self::COUNT] = [$(&[$($alias),*]),+];
        }
    };
}

columns! {
    Unit "unit" ["unit" "unitid" "uniqueid" "imei" "deviceid" "device" "devicename" "vehicleid" "vehicle" "plate"
        "plaka" "arac" "cihaz" "trackid" "tripid" "objectid" "id" "name"],
    FixTime "fix_time" ["fixtime" "gpstime" "gnsstime" "eventtime" "timestamp" "datetime" "dateandtime" "tarihsaat"
        "devicetime" "time" "zaman" "tarih" "date" "utc" "ts" "t"],
    Date "date" ["date" "tarih"],
    TimeOfDay "time_of_day" ["time" "saat"],
    ReceiveTime "receive_time" ["receivetime" "servertime" "receivedat"],
    Lat "lat" ["lat" "latitude" "gpslatitude" "gpslat" "positionlat" "enlem" "latitudedeg" "y"],
    Lon "lon" ["lon" "lng" "long" "longitude" "gpslongitude" "gpslon" "positionlong" "positionlon" "boylam"
        "longitudedeg" "x"],
    Speed "speed" ["speed" "gpsspeed" "velocity" "hiz"],
    Course "course" ["course" "heading" "bearing" "direction" "cog" "azimuth" "yon"],
    Altitude "altitude" ["altitude" "alt" "elevation" "ele" "height" "yukseklik" "rakim"],
    Accuracy "accuracy" ["accuracy" "horizontalaccuracy" "hacc" "dogruluk"],
    Hdop "hdop" ["hdop"],
    Satellites "satellites" ["satellites" "sats" "sat" "satellitecount" "uydu"],
    Valid "valid" ["valid" "gpsvalid"],
    Battery "battery" ["battery" "batterylevel" "batterypct" "batarya" "pil"],
    Ignition "ignition" ["ignition" "kontak"],
    Motion "motion" ["motion"],
    Odometer "odometer" ["odometer"],
    Seq "seq" ["seq" "sequence"],
    Alarms "alarms" ["alarms" "alarm"],
}

/// Where each field stands in a row.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    places: [Option<usize>; Column::COUNT],
    /// The unit that the header of the speed column names.
    pub(super) speed_unit: Option<SpeedUnit>,
}

impl Layout {
    /// Finds the columns in a header.
    ///
    /// # Errors
    /// A mapped column is not there, a field is not known, or latitude, longitude or time cannot be found.
    pub(super) fn find(header: &[String], map: &[String], unit_column: Option<&str>) -> Result<Layout, String> {
        let folded: Vec<(String, Option<SpeedUnit>)> = header.iter().map(|name| fold(name)).collect();
        let mut places = [None; Column::COUNT];
        for column in Column::ALL {
            let aliases = Column::ALIASES[column as usize];
            places[column as usize] = aliases.iter().find_map(|a| folded.iter().position(|(name, _)| name == a));
        }
        let named = map
            .iter()
            .map(|pair| pair.split_once('=').ok_or_else(|| format!("--map {pair:?} is not of the form FIELD=COLUMN")));
        for pair in named.chain(unit_column.map(|name| Ok(("unit", name)))) {
            let (field, name) = pair?;
            let column = Column::NAMES.iter().position(|n| *n == field.trim());
            let known = Column::NAMES.join(", ");
            let column = column.ok_or_else(|| format!("--map {field}=… names no field; the fields are {known}"))?;
            let place = header.iter().position(|h| h.trim().eq_ignore_ascii_case(name.trim()));
            places[column] = Some(place.ok_or_else(|| missing(&format!("column {name:?}"), header))?);
            if Column::ALL[column] == Column::FixTime {
                // Told outright: then no date is put in front of it.
                places[Column::Date as usize] = None;
            }
        }
        // A date and a time of day belong together, where the time is not whole by itself.
        let [date, time, whole] = [Column::Date, Column::TimeOfDay, Column::FixTime].map(|c| places[c as usize]);
        let split = date.is_some() && time.is_some() && (whole == date || whole == time);
        if split {
            places[Column::FixTime as usize] = time;
        } else {
            places[Column::Date as usize] = None;
        }
        let layout = Layout { places, speed_unit: places[Column::Speed as usize].and_then(|place| folded[place].1) };
        for column in [Column::Lat, Column::Lon, Column::FixTime] {
            if layout.place(column).is_none() {
                let name = Column::NAMES[column as usize];
                return Err(missing(&format!("column for {name} (name it with --map {name}=COLUMN)"), header));
            }
        }
        Ok(layout)
    }

    /// The place of a field in a row, where the table has it.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}

fn missing(what: &str, header: &[String]) -> String {
    format!("there is no {what}; the columns are {}", header.join(", "))
}

/// Lower-case letters and digits only, without marks of Turkish, and what a header says about a unit of speed.
fn fold(name: &str) -> (String, Option<SpeedUnit>) {
    let mut letters = String::new();
    for c in name.trim_start_matches('\u{feff}').chars().flat_map(char::to_lowercase) {
        match c {
            'ç' => letters.push('c'),
            'ğ' => letters.push('g'),
            'ı' => letters.push('i'),
            'ö' => letters.push('o'),
            'ş' => letters.push('s'),
            'ü' => letters.push('u'),
            c if c.is_ascii_alphanumeric() => letters.push(c),
            _ => {}
        }
    }
    let units = [
        ("kmh", SpeedUnit::Kmh),
        ("kph", SpeedUnit::Kmh),
        ("kmsa", SpeedUnit::Kmh),
        ("mph", SpeedUnit::Mph),
        ("knots", SpeedUnit::Kn),
        ("kn", SpeedUnit::Kn),
        ("mps", SpeedUnit::Ms),
        ("ms", SpeedUnit::Ms),
    ];
    for stem in ["speed", "gpsspeed", "velocity", "hiz"] {
        for (suffix, unit) in units {
            if letters.strip_prefix(stem) == Some(suffix) {
                return (stem.to_owned(), Some(unit));
            }
        }
    }
    for (stem, suffixes) in
        [("altitude", ["m", "meters"]), ("accuracy", ["m", "meters"]), ("course", ["deg", "degrees"])]
    {
        if letters.strip_prefix(stem).is_some_and(|rest| suffixes.contains(&rest)) {
            return (stem.to_owned(), None);
        }
    }
    (letters, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str, map: &[&str]) -> Result<Layout, String> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let map: Vec<String> = map.iter().map(|m| (*m).to_owned()).collect();
        Layout::find(&header, &map, None)
    }

    #[test]
    fn the_usual_names() {
        let layout = find("Plaka,Tarih,Saat,Enlem,Boylam,Hız (km/sa),Yön", &[]).unwrap();
        assert_eq!(layout.speed_unit, Some(SpeedUnit::Kmh));
        let at = |c| layout.place(c);
        assert_eq!([Column::Unit, Column::Date, Column::FixTime, Column::Lat].map(at), [0, 1, 2, 3].map(Some));
        assert_eq!([Column::Lon, Column::Speed, Column::Course].map(at), [4, 5, 6].map(Some));

        let layout = find("id,date,time,timestamp,lat,lng", &[]).unwrap();
        assert_eq!((layout.place(Column::FixTime), layout.place(Column::Date)), (Some(3), None));

        let layout = find("a,b,c,speed_kmh", &["lat=a", "lon=B", "fix_time=c"]).unwrap();
        assert_eq!((layout.place(Column::Lon), layout.speed_unit), (Some(1), Some(SpeedUnit::Kmh)));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(find("lat,time", &[]).unwrap_err().contains("--map lon=COLUMN"));
        assert!(find("lat,lon,time", &["lat=Latitude"]).unwrap_err().contains("lat, lon, time"));
        assert!(find("lat,lon,time", &["height=lat"]).unwrap_err().contains("names no field"));
        assert!(find("lat,lon,time", &["lat"]).unwrap_err().contains("FIELD=COLUMN"));
    }
}
