//! Who owns a network's memory.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Memory of floats that a network, a workspace or a training owns or borrows.
pub trait Storage {
    /// All floats.
    fn floats(&self) -> &[f32];
    /// All floats, to be written.
    fn floats_mut(&mut self) -> &mut [f32];
}

impl Storage for &mut [f32] {
    fn floats(&self) -> &[f32] {
        self
    }
    fn floats_mut(&mut self) -> &mut [f32] {
        self
    }
}

impl<const N: usize> Storage for &mut Aligned<N> {
    fn floats(&self) -> &[f32] {
        &self.0
    }
    fn floats_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

#[cfg(feature = "std")]
impl Storage for crate::Arena {
    fn floats(&self) -> &[f32] {
        self.as_slice()
    }
    fn floats_mut(&mut self) -> &mut [f32] {
        self.as_mut_slice()
    }
}

/// `N` floats on a multiple of 64 bytes: static memory for networks without an allocator.
#[repr(C, align(64))]
#[derive(Clone, Debug)]
pub struct Aligned<const N: usize>(pub [f32; N]);

impl<const N: usize> Aligned<N> {
    /// Zeros.
    pub const ZEROED: Self = Self([0.0; N]);
}

/// Where memory comes from unless the caller says otherwise: the allocator, else static memory.
#[cfg(feature = "std")]
pub type Owned = crate::Arena;
/// Where memory comes from unless the caller says otherwise: the allocator, else static memory.
#[cfg(not(feature = "std"))]
pub type Owned = &'static mut [f32];

/// Zeroed memory from the allocator.
///
/// # Panics
/// When there is not that much memory.
#[cfg(feature = "std")]
pub fn allocate(floats: usize) -> Owned {
    match crate::Arena::new(floats) {
        Some(arena) => arena,
        None => panic!("not enough memory for {floats} floats"),
    }
}

/// Memory that a caller gave is smaller than needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall {
    /// Floats that are needed.
    pub needed: usize,
    /// Floats that were given.
    pub given: usize,
}

impl core::fmt::Display for TooSmall {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} floats of memory are needed, {} were given", self.needed, self.given)
    }
}

impl core::error::Error for TooSmall {}

/// Refuses memory of fewer than `needed` floats.
///
/// # Errors
/// When it has fewer.
pub fn require(memory: &impl Storage, needed: usize) -> Result<(), TooSmall> {
    let given = memory.floats().len();
    if given < needed { Err(TooSmall { needed, given }) } else { Ok(()) }
}

/// A state of a network's parameters: no two states in a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(usize);

impl Version {
    /// One that nobody has.
    pub fn fresh() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        #[cfg(target_has_atomic = "ptr")]
        let version = NEXT.fetch_add(1, Ordering::Relaxed);
        // Processors without compare-and-swap have one core.
        #[cfg(not(target_has_atomic = "ptr"))]
        let version = {
            let version = NEXT.load(Ordering::Relaxed);
            NEXT.store(version.wrapping_add(1), Ordering::Relaxed);
            version
        };
        Self(version)
    }
}
