//! What an instruction set must offer: operations on one of its registers.

/// An instruction set's registers of floats and integers, and its masks.
///
/// # Safety
/// Methods may be called only where the instructions exist; [`super::wide`] is reached through [`super::dispatch`] alone.
pub(crate) trait Register: Copy + 'static {
    /// Lanes of a register.
    const LANES: usize;
    type F: Copy;
    type I: Copy;
    type M: Copy;

    /// # Safety
    /// `LANES` floats may be read.
    unsafe fn load(from: *const f32) -> Self::F;
    /// # Safety
    /// `LANES` floats may be written.
    unsafe fn store(value: Self::F, to: *mut f32);

    fn splat(value: f32) -> Self::F;
    fn splat_int(value: i32) -> Self::I;
    fn add(a: Self::F, b: Self::F) -> Self::F;
    fn sub(a: Self::F, b: Self::F) -> Self::F;
    fn mul(a: Self::F, b: Self::F) -> Self::F;
    fn div(a: Self::F, b: Self::F) -> Self::F;
    fn sqrt(a: Self::F) -> Self::F;
    fn floor(a: Self::F) -> Self::F;
    fn less(a: Self::F, b: Self::F) -> Self::M;
    fn less_equal(a: Self::F, b: Self::F) -> Self::M;
    fn equal(a: Self::F, b: Self::F) -> Self::M;
    /// Whether either is NaN.
    fn unordered(a: Self::F, b: Self::F) -> Self::M;
    fn select(condition: Self::M, yes: Self::F, no: Self::F) -> Self::F;
    fn and(a: Self::M, b: Self::M) -> Self::M;
    fn or(a: Self::M, b: Self::M) -> Self::M;
    fn not(a: Self::M) -> Self::M;
    fn bits_of(a: Self::F) -> Self::I;
    fn float_of_bits(a: Self::I) -> Self::F;
    fn float_of_int(a: Self::I) -> Self::F;
    fn int_add(a: Self::I, b: Self::I) -> Self::I;
    fn int_sub(a: Self::I, b: Self::I) -> Self::I;
    fn int_and(a: Self::I, b: Self::I) -> Self::I;
    fn int_or(a: Self::I, b: Self::I) -> Self::I;
    fn int_xor(a: Self::I, b: Self::I) -> Self::I;
    fn shift_left(a: Self::I, bits: u32) -> Self::I;
    fn shift_right(a: Self::I, bits: u32) -> Self::I;
    fn int_less(a: Self::I, b: Self::I) -> Self::M;
    fn int_equal(a: Self::I, b: Self::I) -> Self::M;
}
