//! Sixteen lanes as one or more registers of an instruction set.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Sub};

use netc_plan::math;

use super::math::Sequence;
use super::register::Register;
use super::{Float, Int, LANES, Mask};

/// Sixteen floats in `N` registers.
#[derive(Clone, Copy)]
pub struct Floats<R: Register, const N: usize>(pub(super) [R::F; N]);
/// Sixteen integers in `N` registers.
#[derive(Clone, Copy)]
pub struct Ints<R: Register, const N: usize>(pub(super) [R::I; N]);
/// Sixteen truths in `N` registers.
#[derive(Clone, Copy)]
pub struct Masks<R: Register, const N: usize>(pub(super) [R::M; N]);

/// One value per register: a loop, not a closure, because a closure would be compiled without the instruction set.
macro_rules! each {
    ($n:ident, $register:ident => $value:expr) => {{
        let mut values = [{
            let $register = 0;
            $value
        }; $n];
        let mut $register = 1;
        while $register < $n {
            values[$register] = $value;
            $register += 1;
        }
        values
    }};
}
pub(super) use each;

macro_rules! operators {
    ($($values:ident $operator:ident $method:ident $operation:ident;)*) => {
        $(impl<R: Register, const N: usize> $operator for $values<R, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(each!(N, r => R::$operation(self.0[r], other.0[r])))
            }
        })*
    };
}
operators! {
    Floats Add add add;
    Floats Sub sub sub;
    Floats Mul mul mul;
    Floats Div div div;
    Ints Add add int_add;
    Ints Sub sub int_sub;
    Masks BitAnd bitand and;
    Masks BitOr bitor or;
}

impl<R: Register, const N: usize> Neg for Floats<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        let sign = R::splat_int(i32::MIN);
        Self(each!(N, r => R::float_of_bits(R::int_xor(R::bits_of(self.0[r]), sign))))
    }
}

impl<R: Register, const N: usize> Floats<R, N> {
    /// self · factor + addend, rounded once.
    #[inline(always)]
    pub(super) fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(each!(N, r => R::mul_add(self.0[r], factor.0[r], addend.0[r])))
    }

    /// self · 2ⁿ, rounded once; `n` twice, as integers and as floats.
    #[inline(always)]
    pub(super) fn scale(self, n: Ints<R, N>, whole: Self) -> Self {
        Self(each!(N, r => R::scale(self.0[r], n.0[r], whole.0[r])))
    }

    /// a < b ? a : b
    #[inline(always)]
    pub(super) fn smaller(self, other: Self) -> Self {
        Self(each!(N, r => R::smaller(self.0[r], other.0[r])))
    }

    #[inline(always)]
    fn compare(self, other: Self, comparison: impl Fn(R::F, R::F) -> R::M) -> Masks<R, N> {
        Masks(each!(N, r => comparison(self.0[r], other.0[r])))
    }

    /// `other` where it is beyond by `comparison`, or NaN.
    #[inline(always)]
    fn beyond(self, other: Self, is_beyond: Masks<R, N>) -> Self {
        let is_nan = other.compare(other, R::unordered);
        (is_beyond | is_nan).select(other, self)
    }
}

/// Functions of math. They are long, so a program has each once where every processor has the registers; elsewhere
/// a function of its own would be compiled without the instruction set.
macro_rules! functions {
    ($($function:ident)*) => {
        $(#[inline(always)]
        fn $function(self) -> Self {
            #[inline(never)]
            fn once<R: Register, const N: usize>(x: Floats<R, N>) -> Floats<R, N> {
                math::$function(&mut Sequence::new(), x)
            }
            if R::IS_EVERYWHERE {
                return once(self);
            }
            math::$function(&mut Sequence::new(), self)
        })*
    };
}

impl<R: Register, const N: usize> Float for Floats<R, N> {
    type I = Ints<R, N>;
    type M = Masks<R, N>;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([R::splat(value); N])
    }

    #[inline(always)]
    fn load(from: &[f32], at: isize) -> Self {
        match from.get(at as usize..).and_then(|rest| rest.first_chunk::<LANES>()) {
            // SAFETY: the chunk has sixteen elements, and `N` registers have as many lanes.
            Some(chunk) => Self(each!(N, r => unsafe { R::load(chunk.as_ptr().add(r * R::LANES)) })),
            None => Self(R::load_rest(from.get(at as usize..).unwrap_or_default())),
        }
    }

    #[inline(always)]
    fn from_array(values: [f32; LANES]) -> Self {
        // SAFETY: there are sixteen elements.
        Self(each!(N, r => unsafe { R::load(values.as_ptr().add(r * R::LANES)) }))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32], at: isize, count: usize) {
        match to.get_mut(at as usize..).and_then(|rest| rest.first_chunk_mut::<LANES>()) {
            Some(chunk) if count == LANES => {
                let mut r = 0;
                while r < N {
                    // SAFETY: the chunk has sixteen elements, and `N` registers have as many lanes.
                    unsafe { R::store(self.0[r], chunk.as_mut_ptr().add(r * R::LANES)) };
                    r += 1;
                }
            }
            _ => {
                let rest = to.get_mut(at as usize..).unwrap_or_default();
                let count = if count < rest.len() { count } else { rest.len() };
                R::store_rest(self.0, rest.get_mut(..count).unwrap_or_default());
            }
        }
    }

    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut values = [0.0; LANES];
        let mut r = 0;
        while r < N {
            // SAFETY: there are sixteen elements.
            unsafe { R::store(self.0[r], values.as_mut_ptr().add(r * R::LANES)) };
            r += 1;
        }
        values
    }

    #[inline(always)]
    fn abs(self) -> Self {
        let mask = R::splat_int(i32::MAX);
        Self(each!(N, r => R::float_of_bits(R::int_and(R::bits_of(self.0[r]), mask))))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(each!(N, r => R::sqrt(self.0[r])))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(each!(N, r => R::floor(self.0[r])))
    }
    functions! { exp log tanh sigmoid erf }
    #[inline(always)]
    fn relu(self) -> Self {
        let zero = Self::splat(0.0);
        self.less(zero).select(zero, self)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.beyond(other, self.less(other))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.beyond(other, other.less(self))
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(each!(N, r => R::larger(self.0[r], other.0[r])))
    }
    #[inline(always)]
    fn less(self, other: Self) -> Masks<R, N> {
        self.compare(other, R::less)
    }
    #[inline(always)]
    fn less_equal(self, other: Self) -> Masks<R, N> {
        self.compare(other, R::less_equal)
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Masks<R, N> {
        self.compare(other, R::equal)
    }
    #[inline(always)]
    fn to_int(self) -> Ints<R, N> {
        Ints::from_array(self.to_array().map(|value| value as i32))
    }

    #[inline(always)]
    fn mul_add_first(self, factor: Self, addend: Self, count: usize) -> Self {
        let mut sums = addend;
        let mut r = 0;
        while r < N && r * R::LANES < count {
            sums.0[r] = R::mul_add(self.0[r], factor.0[r], addend.0[r]);
            r += 1;
        }
        sums
    }
    #[inline(always)]
    fn add_first(self, other: Self, count: usize) -> Self {
        first(count, self + other, self)
    }
    #[inline(always)]
    fn max_first(self, other: Self, count: usize) -> Self {
        first(count, self.max(other), self)
    }
    #[inline(always)]
    fn larger_first(self, other: Self, count: usize) -> Self {
        first(count, self.larger(other), self)
    }
    #[inline(always)]
    fn sum_halves(self) -> f32 {
        halves(self.to_array(), |low, high| low + high)
    }
    #[inline(always)]
    fn max_halves(self) -> f32 {
        halves(self.to_array(), |low, high| if low < high || high.is_nan() { high } else { low })
    }
    #[inline(always)]
    fn larger_halves(self) -> f32 {
        halves(self.to_array(), |low, high| if high < low { low } else { high })
    }
}

/// `changed` in the first lanes, `kept` in the others.
#[inline(always)]
fn first<R: Register, const N: usize>(count: usize, changed: Floats<R, N>, kept: Floats<R, N>) -> Floats<R, N> {
    if count == LANES {
        return changed;
    }
    Ints::<R, N>::ramp(0, 1).less(Ints::splat(count as i32)).select(changed, kept)
}

#[inline(always)]
fn halves(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        let mut lane = 0;
        while lane < half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
            lane += 1;
        }
        half /= 2;
    }
    lanes[0]
}
