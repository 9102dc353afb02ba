//! Asking memory ahead of time: a value is on its way while something else is worked on.
//!
//! Nothing is read and nothing changes; where the machine has no such instruction nothing happens at all.

/// Asks for the lines of a value.
#[inline]
pub fn ask_for<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of::<T>()).step_by(64) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let at = core::ptr::from_ref(value).cast::<i8>().wrapping_add(line);
        // SAFETY: a prefetch reads nothing; here the address even lies within a value.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
