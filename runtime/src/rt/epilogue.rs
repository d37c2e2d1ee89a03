//! Generated epilogues: what happens to a row segment of a contraction's result.

use core::marker::PhantomData;

use crate::lanes::{self, Lanes};

/// A generated epilogue over one segment of an output row.
pub trait Epilogue {
    /// For each operand whether it has an element per column; else it has one.
    const OPERANDS: &'static [bool];

    /// Overwrites the segment. To be marked `#[inline(always)]`.
    fn run<L: Lanes>(segment: Segment<'_>);
}

/// A segment of 1 to 32 columns, and the epilogue's operands at it.
#[derive(Debug)]
pub struct Segment<'a> {
    pointers: *const *mut f32,
    columns: usize,
    operands: &'static [bool],
    lifetime: PhantomData<&'a mut [f32]>,
}

impl<'a> Segment<'a> {
    /// The segment of `columns` elements at the first pointer.
    ///
    /// # Safety
    /// The pointers are those of [`netc_plan::EpilogueFn`], with these operands, and live as long as the segment.
    #[inline(always)]
    pub(super) unsafe fn new(pointers: *const *mut f32, columns: usize, operands: &'static [bool]) -> Self {
        Self { pointers, columns, operands, lifetime: PhantomData }
    }

    /// Columns of the segment.
    #[inline(always)]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The result's elements and the operands; ones beyond the epilogue's are empty.
    #[inline(always)]
    pub fn take<const R: usize>(self) -> (&'a mut [f32], [&'a [f32]; R]) {
        let reads = core::array::from_fn(|index| match self.operands.get(index) {
            Some(&is_wide) => {
                let len = if is_wide { self.columns } else { 1 };
                // SAFETY: the contraction gives as many elements of each operand, which nobody writes meanwhile; that
                // a wide operand has an element per column was checked when the call was prepared.
                unsafe { core::slice::from_raw_parts((*self.pointers.add(1 + index)).cast_const(), len) }
            }
            None => &[],
        });
        // SAFETY: the segment of the result is written by this call alone.
        (unsafe { core::slice::from_raw_parts_mut(*self.pointers, self.columns) }, reads)
    }
}

struct Generated<'a, E: Epilogue>(Segment<'a>, PhantomData<E>);

impl<E: Epilogue> lanes::Kernel for Generated<'_, E> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        E::run::<L>(self.0);
    }
}

/// The epilogue as contractions call it.
///
/// # Safety
/// As for [`netc_plan::EpilogueFn`], with the operands of `E`.
pub(super) unsafe extern "C" fn finish<E: Epilogue>(pointers: *const *mut f32, columns: u32) {
    // SAFETY: by the caller's promise.
    let segment = unsafe { Segment::new(pointers, columns as usize, E::OPERANDS) };
    lanes::dispatch(Generated::<E>(segment, PhantomData));
}
