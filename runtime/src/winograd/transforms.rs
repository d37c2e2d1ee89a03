//! The transforms of an instruction set: written once, compiled for each.

use super::filter::FilterFn;
use super::gather::GatherFn;
use super::input::InputFn;
use super::output::OutputFn;

use crate::Isa;

/// The transforms of an instruction set, for tiles of two and of four.
#[derive(Debug)]
pub(super) struct Transforms {
    pub input: [InputFn; 2],
    pub output: [OutputFn; 2],
    pub spread: [InputFn; 2],
    pub gather: [GatherFn; 2],
    pub filter: [FilterFn; 2],
}

impl Transforms {
    /// Those of an instruction set that the processor has.
    pub fn of(isa: Isa) -> &'static Self {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &super::avx512::TRANSFORMS,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &super::avx2::TRANSFORMS,
            _ => &super::portable::TRANSFORMS,
        }
    }
}

/// Compiles all transforms for the instructions of a module, whose vectors of floats and of doubles are given.
macro_rules! transforms {
    ($vector:ty, $doubles:ty $(, #[$feature:meta])?) => {
        pub(super) static TRANSFORMS: super::transforms::Transforms = {
            use netc_plan::winograd::{Four, Two};
            super::transforms::Transforms {
                input: [input::<Two>, input::<Four>],
                output: [output::<Two>, output::<Four>],
                spread: [spread::<Two>, spread::<Four>],
                gather: [gather::<Two>, gather::<Four>],
                filter: [filter::<Two>, filter::<Four>],
            }
        };

        /// # Safety
        /// As `InputFn` says.
        $(#[$feature])?
        unsafe fn input<T: Transform>(inputs: &super::input::Inputs) {
            // SAFETY: by the caller's promise; the function is compiled for the instruction set.
            unsafe { super::input::tiles::<$vector, T, super::input::OfInputs>(inputs) }
        }

        /// # Safety
        /// As `InputFn` says.
        $(#[$feature])?
        unsafe fn spread<T: Transform>(inputs: &super::input::Inputs) {
            // SAFETY: as above.
            unsafe { super::input::tiles::<$vector, T, super::input::OfGradients>(inputs) }
        }

        /// # Safety
        /// As `OutputFn` says.
        $(#[$feature])?
        unsafe fn output<T: Transform>(outputs: &super::output::Outputs<'_>) {
            // SAFETY: as above.
            unsafe { super::output::output::<$vector, T>(outputs) }
        }

        /// # Safety
        /// As `GatherFn` says.
        $(#[$feature])?
        unsafe fn gather<T: Transform>(sums: &super::gather::Row) {
            // SAFETY: as above.
            unsafe { super::gather::row::<$doubles, T>(sums) }
        }

        /// # Safety
        /// As `FilterFn` says.
        $(#[$feature])?
        unsafe fn filter<T: Transform>(filters: &super::filter::Filters<'_>) {
            // SAFETY: as above.
            unsafe { super::filter::filters_of::<$doubles, T>(filters) }
        }
    };
}
pub(super) use transforms;
