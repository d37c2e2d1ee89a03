//! An allocator for programs that compile networks and run them: many small objects for a moment, then a few large
//! blocks for long.

use mimalloc::MiMalloc;
use netc_runtime::Arena;
use std::alloc::{GlobalAlloc, Layout, System};

/// Mimalloc, but the system's allocator for blocks that are aligned to huge pages: it maps them as they are, where
/// mimalloc adds a huge page before and fills the last one.
///
/// A third of a check's time would be spent on small objects with the system's allocator. Mimalloc asks for no huge
/// pages (its feature `no_thp`): each that holds an object which stays would keep 2 MiB from going back.
pub struct Heap;

impl Heap {
    /// Gives free memory back to the system at once: what this thread and threads that have ended freed. By itself
    /// mimalloc keeps it for a second, and training would begin beside what the compiler left.
    pub fn give_back() {
        // SAFETY: the function has no requirements; it touches only memory that mimalloc knows to be free.
        unsafe { libmimalloc_sys::mi_collect(true) };
    }
}

// SAFETY: a block's layout alone says which of two allocators it belongs to, so that both see only their own blocks.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { if layout.align() < Arena::HUGE_PAGE { MiMalloc.alloc(layout) } else { System.alloc(layout) } }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe {
            if layout.align() < Arena::HUGE_PAGE { MiMalloc.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`: the block was allocated with this layout.
        unsafe {
            if layout.align() < Arena::HUGE_PAGE {
                MiMalloc.dealloc(block, layout)
            } else {
                System.dealloc(block, layout)
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `realloc`; the alignment stays.
        unsafe {
            if layout.align() < Arena::HUGE_PAGE {
                MiMalloc.realloc(block, layout, size)
            } else {
                System.realloc(block, layout, size)
            }
        }
    }
}
