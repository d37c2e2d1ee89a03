//! Nested arrays as tensors: the shape is in the type, the elements are one slice.

/// An element of a tensor that a caller sees.
pub trait Element: Copy {}
impl Element for f32 {}
/// Classes and other integers.
impl Element for u32 {}

/// `f32`, `[f32; 3]`, `[[f32; 3]; 2]`, …: a tensor in row-major order.
pub trait Nested: Sized {
    /// What it consists of.
    type Element: Element;
    /// How many elements it has.
    const ELEMENTS: usize;

    /// The elements of several tensors.
    fn flatten(several: &[Self]) -> &[Self::Element];
    /// The same, to be written.
    fn flatten_mut(several: &mut [Self]) -> &mut [Self::Element];
    /// Elements as tensors, if there is a whole number of them.
    fn group(elements: &[Self::Element]) -> Option<&[Self]>;
    /// The same, to be written.
    fn group_mut(elements: &mut [Self::Element]) -> Option<&mut [Self]>;

    /// The elements.
    fn flat(&self) -> &[Self::Element] {
        Self::flatten(core::slice::from_ref(self))
    }
    /// A tensor of exactly these elements.
    fn from_flat(elements: &[Self::Element]) -> Option<&Self> {
        Self::group(elements).filter(|several| several.len() == 1)?.first()
    }
    /// The same, to be written.
    fn from_flat_mut(elements: &mut [Self::Element]) -> Option<&mut Self> {
        match Self::group_mut(elements)? {
            [one] => Some(one),
            _ => None,
        }
    }
}

macro_rules! number {
    ($number:ty) => {
        impl Nested for $number {
            type Element = $number;
            const ELEMENTS: usize = 1;
            fn flatten(several: &[Self]) -> &[Self] {
                several
            }
            fn flatten_mut(several: &mut [Self]) -> &mut [Self] {
                several
            }
            fn group(elements: &[Self]) -> Option<&[Self]> {
                Some(elements)
            }
            fn group_mut(elements: &mut [Self]) -> Option<&mut [Self]> {
                Some(elements)
            }
        }
    };
}
number!(f32);
number!(u32);

impl<T: Nested, const N: usize> Nested for [T; N] {
    type Element = T::Element;
    const ELEMENTS: usize = N * T::ELEMENTS;

    fn flatten(several: &[Self]) -> &[T::Element] {
        T::flatten(several.as_flattened())
    }
    fn flatten_mut(several: &mut [Self]) -> &mut [T::Element] {
        T::flatten_mut(several.as_flattened_mut())
    }
    fn group(elements: &[T::Element]) -> Option<&[Self]> {
        let (groups, rest) = T::group(elements)?.as_chunks::<N>();
        rest.is_empty().then_some(groups)
    }
    fn group_mut(elements: &mut [T::Element]) -> Option<&mut [Self]> {
        let (groups, rest) = T::group_mut(elements)?.as_chunks_mut::<N>();
        rest.is_empty().then_some(groups)
    }
}
