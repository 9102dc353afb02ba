//! The comma-joined names of each set of flags that occurs: few sets, many rows.

use std::collections::BTreeMap;

/// See the module.
pub(super) struct Joined(BTreeMap<u16, String>);

impl Joined {
    pub fn of(sets: impl Iterator<Item = u16>, names: impl Fn(u16) -> Vec<&'static str>) -> Joined {
        let mut joined = BTreeMap::new();
        for bits in sets {
            joined.entry(bits).or_insert_with(|| names(bits).join(","));
        }
        Joined(joined)
    }

    pub fn text(&self, bits: u16) -> &str {
        self.0.get(&bits).map_or("", String::as_str)
    }
}
