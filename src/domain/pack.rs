//! Bytes that are mostly zero, in less room: what a codec of fixed widths writes of small numbers and things that are not there.
//!
//! Eight bytes become a mask, a bit for each that is not zero, and those bytes; a zero mask is followed by how many more
//! groups of eight are zero throughout. The idea is that of Cap'n Proto's packing. The length stands in front.

/// Packs.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 2 + 8);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    let mut groups = bytes.chunks(8).peekable();
    while let Some(group) = groups.next() {
        if is_zero(group) {
            let mut more = 0u8;
            while more < u8::MAX && groups.next_if(|group| is_zero(group)).is_some() {
                more += 1;
            }
            out.extend_from_slice(&[0, more]);
            continue;
        }
        // The mask and the bytes behind it; every byte is written, one that is zero is written over by the next.
        let mut packed = [0u8; 10];
        let mut len = 1;
        packed[0] = mask(group);
        if packed[0] & packed[0].wrapping_add(1) == 0 {
            // A small number: what is not zero stands in front.
            packed[1..=group.len()].copy_from_slice(group);
            len += packed[0].count_ones() as usize;
        } else {
            for byte in group {
                packed[len] = *byte;
                len += usize::from(*byte != 0);
            }
        }
        out.extend_from_slice(&packed[..len]);
    }
    out
}

/// A bit for each byte of a group of up to eight that is not zero, the first one lowest.
fn mask(group: &[u8]) -> u8 {
    const SEVEN: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let Some(word) = group.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)) else {
        return group.iter().zip(0..).fold(0, |mask, (byte, bit)| mask | u8::from(*byte != 0) << bit);
    };
    // The highest bit of each byte that is not zero, and these eight gathered by a product in which none of them meet.
    let high = (((word & SEVEN) + SEVEN) | word) & !SEVEN;
    ((high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Whether a group of up to eight bytes is zero throughout.
fn is_zero(group: &[u8]) -> bool {
    match group.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word) == 0,
        None => group.iter().all(|byte| *byte == 0),
    }
}

/// The bytes that were packed; `None` of anything else.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, mut rest) = packed.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    // No packed byte stands for more than 1024 bytes: what claims more is damaged, and must not take the memory for it.
    if length / 1_024 > packed.len() {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    while out.len() < length {
        let (mask, behind) = rest.split_first()?;
        rest = behind;
        let group = (length - out.len()).min(8);
        if *mask == 0 {
            let (more, behind) = rest.split_first()?;
            rest = behind;
            let zeros = (8 + 8 * usize::from(*more)).min(length - out.len());
            out.resize(out.len() + zeros, 0);
            continue;
        }
        for bit in 0..group {
            if mask >> bit & 1 == 0 {
                out.push(0);
            } else {
                let (byte, behind) = rest.split_first()?;
                rest = behind;
                out.push(*byte);
            }
        }
    }
    rest.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_take_no_room() {
        assert_eq!(pack(&[0; 4_096]).len(), 4 + 2 * 2);
        assert_eq!(pack(&[]), [0; 4]);
        assert_eq!(pack(&[0, 7, 0, 0, 0, 0, 0, 9]), [8, 0, 0, 0, 0b1000_0010, 7, 9]);
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(bytes in prop::collection::vec(prop_oneof![5 => Just(0u8), 1 => any::<u8>()], 0..400)) {
            let packed = pack(&bytes);
            prop_assert_eq!(unpack(&packed), Some(bytes));
            for cut in 0..packed.len() {
                prop_assert_eq!(unpack(&packed[..cut]), None, "cut at {}", cut);
            }
        }

        #[test]
        fn a_mask_is_what_each_byte_says(word: u64, holes: u64, length in 1usize..=8) {
            for word in [word, word & holes.wrapping_mul(0xFF), (word & 0x0101_0101_0101_0101 & holes) * 0xFF] {
                let bytes = word.to_le_bytes();
                let each = |bit: usize| u8::from(bytes[bit] != 0) << bit;
                prop_assert_eq!(mask(&bytes[..length]), (0..length).map(each).sum::<u8>());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }
}
