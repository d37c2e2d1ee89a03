//! Memory for weights and values: one aligned block.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// A block of zeroed floats, exactly as many as asked for, whose address is a multiple of 64 bytes; large blocks ask
/// for huge pages, which almost double the speed of reading them from memory.
#[derive(Debug)]
pub struct Arena {
    start: NonNull<f32>,
    floats: usize,
    layout: Layout,
}

/// A cache line.
const LINE: usize = 64;

impl Arena {
    /// Bytes of a huge page of x86-64; blocks of at least two, and those of whole ones, are aligned to it.
    pub const HUGE_PAGE: usize = 2 << 20;

    /// `floats` zeros. `None` if there is not that much memory.
    pub fn new(floats: usize) -> Option<Self> {
        let bytes = floats.checked_mul(size_of::<f32>())?;
        let is_large = bytes >= 2 * Self::HUGE_PAGE || bytes == Self::HUGE_PAGE;
        let align = if is_large { Self::HUGE_PAGE } else { LINE };
        let layout = Layout::from_size_align(bytes, align).ok()?;
        if bytes == 0 {
            let start = NonNull::new(std::ptr::without_provenance_mut(align))?;
            return Some(Self { start, floats, layout });
        }
        // SAFETY: the layout's size is not zero.
        let start = NonNull::new(unsafe { alloc(layout) }.cast::<f32>())?;
        if align == Self::HUGE_PAGE {
            advise_huge_pages(start.as_ptr().cast(), layout.size());
        }
        // SAFETY: the block has this size. Pages are first touched here, after the advice.
        unsafe { start.as_ptr().cast::<u8>().write_bytes(0, layout.size()) };
        Some(Self { start, floats, layout })
    }

    /// Number of floats.
    #[inline]
    pub fn len(&self) -> usize {
        self.floats
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.floats == 0
    }

    /// The block's address.
    #[inline]
    pub fn as_ptr(&self) -> *const f32 {
        self.start.as_ptr()
    }

    /// The block's address, for writing through the arena's owner.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.start.as_ptr()
    }

    /// All floats.
    #[inline]
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: the block holds `floats` initialised floats and is borrowed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.floats) }
    }

    /// All floats, to be written.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: the block holds `floats` initialised floats and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.floats) }
    }
}

impl Clone for Arena {
    fn clone(&self) -> Self {
        let Some(mut copy) = Self::new(self.floats) else { handle_alloc_error(self.layout) };
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: allocated in `new` with this layout.
            unsafe { dealloc(self.start.as_ptr().cast(), self.layout) };
        }
    }
}

// SAFETY: the arena owns its block alone, as a boxed slice would.
unsafe impl Send for Arena {}
// SAFETY: a shared arena is only read.
unsafe impl Sync for Arena {}

#[cfg(target_os = "linux")]
fn advise_huge_pages(start: *mut u8, bytes: usize) {
    const MADV_HUGEPAGE: i32 = 14;
    unsafe extern "C" {
        fn madvise(start: *mut core::ffi::c_void, bytes: usize, advice: i32) -> i32;
    }
    // SAFETY: the range is our own block, whose start is page-aligned; the advice changes no content and may fail.
    unsafe { madvise(start.cast(), bytes, MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_start: *mut u8, _bytes: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_and_zeroed() {
        for floats in [0, 1, 17, 1000, 3 << 20] {
            let mut arena = Arena::new(floats).unwrap();
            assert_eq!(arena.as_ptr() as usize % LINE, 0);
            assert_eq!(arena.len(), floats);
            assert!(arena.as_slice().iter().all(|&x| x.to_bits() == 0));
            arena.as_mut_slice().fill(1.0);
            let copy = arena.clone();
            arena.as_mut_slice().fill(2.0);
            assert_eq!(copy.len(), floats);
            assert!(copy.as_slice().iter().all(|&x| x == 1.0));
        }
        assert!(Arena::new(usize::MAX).is_none());
        assert!(Arena::new(usize::MAX / 8).is_none());
    }
}
