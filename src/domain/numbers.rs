//! Numbers of things by their ids: a table that can be asked for ahead of time, which those of the libraries cannot.
//!
//! Open addressing; a slot holds half of the id's hash beside the number, so that a look at the ids themselves (they lie
//! with the things) is needed once, to be sure. Nothing is ever removed, and nothing is iterated: the order of the slots
//! decides nothing.

use super::ahead::ask_for;

/// A hash of an id, the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hash(u32);

impl Hash {
    /// Eight bytes at a time, each time multiplied and folded.
    pub fn of(id: &str) -> Hash {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut state = id.len() as u64;
        for chunk in id.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            state = (state ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
            state ^= state >> 32;
        }
        Hash((state.wrapping_mul(ODD) >> 32) as u32)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// A power of two of them: the hash in the upper half, the number and one in the lower; 0 is free.
    slots: Vec<u64>,
    count: usize,
}

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers { slots: vec![0; 16], count: 0 }
    }
}

impl Numbers {
    /// The number of an id with this hash; `is` tells whether a number is that of the id.
    #[inline]
    pub fn get(&self, hash: Hash, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.home(hash);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return None;
            }
            let number = slot as u32 - 1;
            if (slot >> 32) as u32 == hash.0 && is(number) {
                return Some(number);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Asks memory for what [`Numbers::get`] looks at first.
    pub fn ask_for(&self, hash: Hash) {
        ask_for(&self.slots[self.home(hash)]);
    }

    /// Gives an id that has none a number.
    pub fn insert(&mut self, hash: Hash, number: u32) {
        // At most half of the slots are taken, so that there is always a free one, and not far.
        if 2 * (self.count + 1) > self.slots.len() {
            let wider = vec![0; 2 * self.slots.len()];
            for slot in std::mem::replace(&mut self.slots, wider).into_iter().filter(|slot| *slot != 0) {
                self.put(slot);
            }
        }
        self.put(u64::from(hash.0) << 32 | (u64::from(number) + 1));
        self.count += 1;
    }

    fn put(&mut self, slot: u64) {
        let mut place = self.home(Hash((slot >> 32) as u32));
        while self.slots[place] != 0 {
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.slots[place] = slot;
    }

    fn home(&self, hash: Hash) -> usize {
        hash.0 as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_its_number_and_others_have_none() {
        let ids: Vec<String> = (0..5_000).map(|n| format!("{n:0width$}", width = 1 + n % 24)).collect();
        let ids = Vec::from_iter(std::collections::BTreeSet::from_iter(ids));
        let mut numbers = Numbers::default();
        let find = |numbers: &Numbers, id: &str| numbers.get(Hash::of(id), |number| ids[number as usize] == id);
        for (number, id) in (0..).zip(&ids) {
            assert_eq!(find(&numbers, id), None);
            numbers.insert(Hash::of(id), number);
            assert_eq!(find(&numbers, id), Some(number));
        }
        for (number, id) in (0..).zip(&ids) {
            assert_eq!(find(&numbers, id), Some(number));
            assert_eq!(find(&numbers, &format!("{id}x")), None);
        }
        assert!(numbers.slots.len() < 8 * ids.len());
    }

    #[test]
    fn ids_of_one_hash_are_told_apart_by_themselves() {
        let mut numbers = Numbers::default();
        (0..20).for_each(|number| numbers.insert(Hash(7), number));
        for wanted in 0..20 {
            assert_eq!(numbers.get(Hash(7), |number| number == wanted), Some(wanted));
        }
        assert_eq!(numbers.get(Hash(7), |_| false), None);
    }

    #[test]
    fn hashes_of_like_ids_spread() {
        let homes: std::collections::BTreeSet<u32> =
            (0..4_096).map(|n| Hash::of(&format!("TR-{n:06}")).0 % 8_192).collect();
        assert!(homes.len() > 3_000, "{}", homes.len());
    }
}
