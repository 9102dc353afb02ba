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
        let (mut packed, mut len) = ([0u8; 10], 1);
        for (bit, byte) in group.iter().enumerate() {
            packed[len] = *byte;
            len += usize::from(*byte != 0);
            packed[0] |= u8::from(*byte != 0) << bit;
        }
        out.extend_from_slice(&packed[..len]);
    }
    out
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
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }
}
