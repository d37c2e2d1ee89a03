//! `Dataset`: equally long named columns of samples.

use super::batch::{Batch, Chosen};
use crate::error::{Fault, TrainError};

/// What an input or target of the recipe may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// Finite 32-bit floats.
    F32,
    /// Integers from 0 up to but not including `n`.
    Int {
        /// First integer that is out of range.
        n: u32,
    },
}

/// An input or target as the `.net` file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Name of the input or target, and key in the data source.
    pub name: String,
    /// Shape of one sample, without the batch.
    pub shape: Vec<usize>,
    /// What its values may be.
    pub dtype: DType,
}

impl Declared {
    /// Values in one sample.
    pub fn per_sample(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The values of a column or tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Floats.
    F32(Vec<f32>),
    /// Integers.
    I32(Vec<i32>),
}

impl Values {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::I32(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The floats, if they are floats.
    pub fn f32(&self) -> Option<&[f32]> {
        match self {
            Values::F32(values) => Some(values),
            Values::I32(_) => None,
        }
    }

    /// The integers, if they are integers.
    pub fn i32(&self) -> Option<&[i32]> {
        match self {
            Values::F32(_) => None,
            Values::I32(values) => Some(values),
        }
    }
}

/// One value tensor per sample, under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name of the input or target that it feeds.
    pub name: String,
    /// Shape of one sample, without the batch.
    pub shape: Vec<usize>,
    /// Samples one after the other.
    pub values: Values,
}

impl Column {
    /// Values in one sample.
    pub fn per_sample(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Named columns with the same number of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    columns: Vec<Column>,
    count: usize,
}

impl Dataset {
    /// Joins columns; `file` is the source in messages. Fails when they differ in length or there is no sample.
    pub fn new(file: &str, columns: Vec<Column>) -> Result<Dataset, TrainError> {
        let counts: Vec<usize> =
            columns.iter().map(|column| column.values.len() / column.per_sample().max(1)).collect();
        let count = counts.first().copied().unwrap_or(0);
        if counts.iter().any(|&other| other != count) {
            let list: Vec<String> =
                columns.iter().zip(&counts).map(|(column, n)| format!("`{}` has {n} samples", column.name)).collect();
            return Err(Fault::new("the columns have different numbers of samples")
                .file(file)
                .why(list.join(", "))
                .fix("use files that belong together")
                .input());
        }
        if count == 0 {
            return Err(Fault::new("there is no sample in this data")
                .file(file)
                .fix("add rows below the header, or name another file")
                .input());
        }
        if u32::try_from(count).is_err() {
            return Err(Fault::new(format!("{count} samples are more than 4,294,967,295")).file(file).limit());
        }
        Ok(Dataset { columns, count })
    }

    /// Samples.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The columns in the order of the declarations.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// A dataset of the given rows, in that order.
    ///
    /// # Panics
    /// If a row is not below [`Dataset::count`]; rows come from the splits of this crate.
    pub fn select(&self, rows: &[u32]) -> Dataset {
        let batch = Batch::new(self, rows);
        let column = |column: &Column| {
            let values = match batch.column(&column.name)? {
                Chosen::F32(samples) => Values::F32(samples.to_vec()),
                Chosen::I32(samples) => Values::I32(samples.to_vec()),
            };
            Some(Column { name: column.name.clone(), shape: column.shape.clone(), values })
        };
        Dataset { columns: self.columns.iter().filter_map(column).collect(), count: rows.len() }
    }

    /// Columns that cannot teach anything: a constant feature, a label of one class only. The dark corners of pictures
    /// are no news: elements of maps are not looked at.
    pub fn warnings(&self) -> Vec<String> {
        let constant = |column: &Column| match &column.values {
            Values::F32(values) => {
                let n = column.per_sample();
                (0..if column.shape.len() > 1 { 0 } else { n.min(64) })
                    .filter(|&offset| {
                        n <= 64 && self.count > 1 && values.iter().skip(offset).step_by(n).all(|v| *v == values[offset])
                    })
                    .map(|offset| match n {
                        1 => format!("`{}` is {} in every sample", column.name, values[offset]),
                        _ => format!("`{}[{offset}]` is {} in every sample", column.name, values[offset]),
                    })
                    .collect::<Vec<String>>()
            }
            Values::I32(values) => match values.first() {
                Some(first) if self.count > 1 && values.iter().all(|v| v == first) => {
                    vec![format!("`{}` holds only the class {first}", column.name)]
                }
                _ => Vec::new(),
            },
        };
        self.columns.iter().flat_map(constant).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, shape: &[usize], values: Values) -> Column {
        Column { name: name.into(), shape: shape.to_vec(), values }
    }

    #[test]
    fn rows_are_selected_in_the_order_asked_for() {
        let dataset = Dataset::new(
            "t",
            vec![
                column("x", &[2], Values::F32(vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5])),
                column("y", &[], Values::I32(vec![7, 8, 9])),
            ],
        )
        .unwrap();
        let chosen = dataset.select(&[2, 0]);
        assert_eq!(chosen.column("x").unwrap().values, Values::F32(vec![2.0, 2.5, 0.0, 0.5]));
        assert_eq!((chosen.column("y").unwrap().values.i32(), chosen.count()), (Some(&[9, 7][..]), 2));
    }

    #[test]
    fn columns_of_different_length_are_named_with_their_counts() {
        let columns =
            vec![column("image", &[2], Values::F32(vec![0.0; 6])), column("label", &[], Values::I32(vec![0; 2]))];
        let error = Dataset::new("mnist", columns).unwrap_err().to_string();
        assert!(error.contains("`image` has 3 samples, `label` has 2 samples"), "{error}");
        assert!(Dataset::new("empty.csv", vec![column("x", &[2], Values::F32(vec![]))]).is_err());
    }

    #[test]
    fn constant_features_and_single_classes_are_warned_about() {
        let dataset = Dataset::new(
            "t",
            vec![column("x", &[2], Values::F32(vec![1.0, 5.0, 2.0, 5.0])), column("y", &[], Values::I32(vec![3, 3]))],
        )
        .unwrap();
        assert_eq!(dataset.warnings(), ["`x[1]` is 5 in every sample", "`y` holds only the class 3"]);
    }
}
