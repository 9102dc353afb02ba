//! Names near a misspelt one.

/// At most three of `names` that differ from `wanted` little enough to be meant, nearest first.
pub fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let most = 1 + wanted.chars().count() / 3;
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (steps(&wanted, &name.to_lowercase()), name))
        .filter(|(far, name)| *far <= most || (wanted.len() >= 3 && name.contains(wanted.as_str())))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Insertions, removals and replacements from `a` to `b` (Levenshtein), row by row.
fn steps(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, of_a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, of_b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(of_a != *of_b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_come_first_and_far_ones_not_at_all() {
        let names = ["speed", "seq", "course", "cross_track_m", "chainage_m"];
        assert_eq!(near("spede", names), ["speed"]);
        assert_eq!(near("SPEED", names), ["speed"]);
        assert_eq!(near("track", names), ["cross_track_m"]);
        assert!(near("zzzzz", names).is_empty());
    }

    #[test]
    fn steps_are_symmetric() {
        for (a, b, far) in [("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("ş", "s", 1)] {
            assert_eq!((steps(a, b), steps(b, a)), (far, far));
        }
    }
}
