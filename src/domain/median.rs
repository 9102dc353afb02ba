//! The middle of few numbers, without putting them in order.

/// The upper median: what would stand at `len / 2` if they were sorted; `None` of nothing.
///
/// Each number is asked how many are smaller and how many equal. What is asked for here, delays and intervals of one unit, is
/// mostly the same number again and again, so that the first one asked is the answer; a sort cost a twentieth of a step.
pub(super) fn upper(values: &[u16]) -> Option<u16> {
    let middle = values.len() / 2;
    values.iter().copied().find(|candidate| {
        let smaller = values.iter().filter(|v| *v < candidate).count();
        let equal = values.iter().filter(|v| *v == candidate).count();
        (smaller..smaller + equal).contains(&middle)
    })
}

#[cfg(test)]
mod tests {
    use super::upper;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_sorting_gives(values in prop::collection::vec(prop_oneof![0u16..4, any::<u16>()], 0..17)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            prop_assert_eq!(upper(&values), sorted.get(values.len() / 2).copied());
        }
    }
}
