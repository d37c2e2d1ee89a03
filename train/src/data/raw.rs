//! `Raw`: an array as its file stores it, checked and converted to the column that the recipe declares.

use super::dataset::{Column, DType, Declared, Values};
use crate::error::{Fault, TrainError};

/// Array values in the width that the file has, widened to one of four kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum RawValues {
    /// Unsigned bytes.
    U8(Vec<u8>),
    /// Any other integer.
    I64(Vec<i64>),
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
}

impl RawValues {
    fn value(&self, index: usize) -> f64 {
        match self {
            RawValues::U8(values) => f64::from(values[index]),
            // Integers beyond 2⁵³ are far out of range for labels and rounded by f32 anyway.
            RawValues::I64(values) => values[index] as f64,
            RawValues::F32(values) => f64::from(values[index]),
            RawValues::F64(values) => values[index],
        }
    }
}

/// An array from a file: shape (first axis: samples) and values in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Extents; the first one counts samples.
    pub shape: Vec<usize>,
    /// Values, as many as the extents' product.
    pub values: RawValues,
}

impl Raw {
    /// The column `declared.name` from this array, every value divided by `divisor` where floats are declared.
    ///
    /// The shape of a sample must be the declared one up to extents of 1, or be flattened to the declared vector.
    pub fn into_column(self, file: &str, declared: &Declared, divisor: f32) -> Result<Column, TrainError> {
        let sample = self.shape.get(1..).unwrap_or_default();
        require_shape(file, sample, declared)?;
        let per_sample = declared.per_sample().max(1);
        let count = self.shape.first().copied().unwrap_or(1) * per_sample;
        let place = |index: usize| Fault::default().file(file).at_sample(index / per_sample);
        let values = match declared.dtype {
            DType::F32 => Values::F32(self.floats(count, divisor, &declared.name, place)?),
            DType::Int { n } => {
                let mut labels = Vec::new();
                for index in 0..count {
                    labels.push(label(self.values.value(index), n).map_err(|why| {
                        let mut fault = place(index);
                        fault.what = format!("`{}` must be an integer in 0..{n}{}", declared.name, fault.what);
                        fault
                            .why(why)
                            .fix(format!("correct the value or declare `{}` with the range it has", declared.name))
                            .input()
                    })?);
                }
                Values::I32(labels)
            }
        };
        Ok(Column { name: declared.name.clone(), shape: declared.shape.clone(), values })
    }

    fn floats(
        self,
        count: usize,
        divisor: f32,
        name: &str,
        place: impl Fn(usize) -> Fault,
    ) -> Result<Vec<f32>, TrainError> {
        let floats: Vec<f32> = match self.values {
            RawValues::F32(values) if divisor == 1.0 => values,
            values => (0..count).map(|index| values.value(index) as f32 / divisor).collect(),
        };
        match floats.iter().position(|value| !value.is_finite()) {
            None => Ok(floats),
            Some(index) => {
                let mut fault = place(index);
                fault.what = format!("`{name}` holds {}{}", floats[index], fault.what);
                Err(fault.why("training needs finite numbers").fix("remove or fill in the sample").input())
            }
        }
    }
}

impl Fault {
    fn at_sample(mut self, sample: usize) -> Fault {
        self.what = format!(", in sample {sample}");
        self
    }
}

/// `value` as a class below `n`, or why it is none.
pub(super) fn label(value: f64, n: u32) -> Result<i32, String> {
    if value.fract() != 0.0 || !value.is_finite() {
        return Err(format!("{value} is not an integer"));
    }
    if value < 0.0 || value >= f64::from(n) {
        return Err(format!(
            "{value} is outside 0..{n}{}",
            if value == f64::from(n) { "; the last class is one less, because counting starts at 0" } else { "" }
        ));
    }
    // In range and integral, so the conversion is exact; `n` above 2³¹ is refused when it is declared.
    Ok(value as i32)
}

/// Checks the shape of a sample in a file against the declaration.
pub(super) fn require_shape(file: &str, found: &[usize], declared: &Declared) -> Result<(), TrainError> {
    let without_ones = |shape: &[usize]| shape.iter().copied().filter(|&extent| extent != 1).collect::<Vec<usize>>();
    let elements = found.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
    let same = without_ones(found) == without_ones(&declared.shape)
        || (declared.shape.len() == 1 && elements == Some(declared.shape[0]));
    if same {
        return Ok(());
    }
    Err(Fault::new(format!("a sample of `{}` has another shape than declared", declared.name))
        .file(file)
        .why(format!("the file holds {found:?}, the network declares {:?}", declared.shape))
        .fix(format!("declare `{}: {found:?}` or use data of the declared shape", declared.name))
        .input())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(shape: &[usize], dtype: DType) -> Declared {
        Declared { name: "v".into(), shape: shape.to_vec(), dtype }
    }

    #[test]
    fn labels_out_of_range_are_rejected_with_their_sample() {
        for (values, words) in [
            (RawValues::I64(vec![0, 10]), "10 is outside 0..10; the last class is one less"),
            (RawValues::I64(vec![0, -1]), "-1 is outside 0..10"),
            (RawValues::F64(vec![0.0, 2.5]), "2.5 is not an integer"),
            (RawValues::F32(vec![0.0, f32::NAN]), "NaN is not an integer"),
        ] {
            let raw = Raw { shape: vec![2], values };
            let error = raw.into_column("y.npy", &declared(&[], DType::Int { n: 10 }), 1.0).unwrap_err();
            let text = error.to_string();
            assert_eq!(error.exit_code(), 1);
            assert!(text.contains(words) && text.contains("in sample 1") && text.starts_with("y.npy: "), "{text}");
        }
        let raw = Raw { shape: vec![3], values: RawValues::F64(vec![0.0, 9.0, 3.0]) };
        let column = raw.into_column("y", &declared(&[], DType::Int { n: 10 }), 1.0).unwrap();
        assert_eq!(column.values, Values::I32(vec![0, 9, 3]));
    }

    #[test]
    fn values_that_are_not_finite_are_rejected_with_their_sample() {
        for values in [RawValues::F32(vec![1.0, 2.0, 3.0, f32::INFINITY]), RawValues::F64(vec![1.0, 2.0, 3.0, 1e300])] {
            let error =
                Raw { shape: vec![2, 2], values }.into_column("x", &declared(&[2], DType::F32), 1.0).unwrap_err();
            assert!(error.to_string().contains("`v` holds inf, in sample 1"), "{error}");
        }
    }

    #[test]
    fn shapes_agree_up_to_extents_of_one_or_by_flattening() {
        for (found, wanted, fits) in [
            (&[28, 28][..], &[1, 28, 28][..], true),
            (&[28, 28], &[784], true),
            (&[1], &[], true),
            (&[], &[1], true),
            (&[28, 28], &[14, 56], false),
            (&[28, 28], &[3, 28, 28], false),
            (&[2], &[], false),
        ] {
            assert_eq!(require_shape("f", found, &declared(wanted, DType::F32)).is_ok(), fits, "{found:?} {wanted:?}");
        }
    }
}
