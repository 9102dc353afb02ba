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

/// The upper median of numbers that come and go one at a time. How many are smaller and how many equal is kept: mostly a
/// change leaves it where it is, and nobody looks at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Middle {
    value: u16,
    smaller: u8,
    equal: u8,
}

impl Middle {
    /// Of these, at most 255.
    pub(super) fn of(values: &[u16]) -> Middle {
        let value = upper(values).unwrap_or(0);
        let count = |of: &dyn Fn(u16) -> bool| values.iter().filter(|v| of(**v)).count() as u8;
        Middle { value, smaller: count(&|v| v < value), equal: count(&|v| v == value) }
    }

    /// The median; 0 of nothing.
    pub(super) fn value(self) -> u16 {
        self.value
    }

    /// One is gone and another has come: now they are `values`.
    pub(super) fn change(&mut self, gone: Option<u16>, come: u16, values: &[u16]) {
        if let Some(gone) = gone {
            self.smaller -= u8::from(gone < self.value);
            self.equal -= u8::from(gone == self.value);
        }
        self.smaller += u8::from(come < self.value);
        self.equal += u8::from(come == self.value);
        let middle = (values.len() / 2) as u8;
        if !(self.smaller..self.smaller + self.equal).contains(&middle) {
            *self = Middle::of(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Middle, upper};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_that_is_kept_is_one_that_is_sought(values in prop::collection::vec(prop_oneof![0u16..4, any::<u16>()], 1..60)) {
            let (mut ring, mut middle) = ([0; 16], Middle::default());
            for (n, value) in values.into_iter().enumerate() {
                let gone = (n >= 16).then_some(ring[n % 16]);
                ring[n % 16] = value;
                let known = &ring[..(n + 1).min(16)];
                middle.change(gone, value, known);
                prop_assert_eq!(middle, Middle::of(known));
                prop_assert_eq!(Some(middle.value()), upper(known));
            }
        }

        #[test]
        fn it_is_what_sorting_gives(values in prop::collection::vec(prop_oneof![0u16..4, any::<u16>()], 0..17)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            prop_assert_eq!(upper(&values), sorted.get(values.len() / 2).copied());
        }
    }
}
