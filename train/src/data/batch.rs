//! `Batch`: some rows of a dataset, for one step. Nothing is copied before a network takes them.

use super::dataset::{Dataset, Values};

/// Some samples of a dataset, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'d> {
    dataset: &'d Dataset,
    rows: &'d [u32],
}

/// What a batch has of one column.
#[derive(Debug, Clone, Copy)]
pub enum Chosen<'d> {
    /// Floats.
    F32(Samples<'d, f32>),
    /// Integers.
    I32(Samples<'d, i32>),
}

/// Samples of a column, in the batch's order.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'d, T> {
    column: &'d [T],
    per_sample: usize,
    rows: &'d [u32],
}

impl<'d> Batch<'d> {
    /// The given rows of `dataset`; values of rows that it does not have panic when they are asked for.
    pub fn new(dataset: &'d Dataset, rows: &'d [u32]) -> Batch<'d> {
        Batch { dataset, rows }
    }

    /// Samples in this batch.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// The values of the column of that name.
    pub fn column(&self, name: &str) -> Option<Chosen<'d>> {
        let column = self.dataset.column(name)?;
        let (per_sample, rows) = (column.per_sample(), self.rows);
        Some(match &column.values {
            Values::F32(column) => Chosen::F32(Samples { column, per_sample, rows }),
            Values::I32(column) => Chosen::I32(Samples { column, per_sample, rows }),
        })
    }
}

impl<'d, T: Copy> Samples<'d, T> {
    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// All values, if the samples lie one after the other.
    pub fn whole(&self) -> Option<&'d [T]> {
        let &first = self.rows.first()?;
        let follow = (first..).zip(self.rows).all(|(row, &found)| row == found);
        let start = first as usize * self.per_sample;
        follow.then(|| &self.column[start..start + self.rows.len() * self.per_sample])
    }

    /// Sample by sample.
    pub fn each(self) -> impl Iterator<Item = &'d [T]> {
        self.rows.iter().map(move |&row| {
            let start = row as usize * self.per_sample;
            &self.column[start..start + self.per_sample]
        })
    }

    /// Copies of all values.
    pub fn to_vec(self) -> Vec<T> {
        let mut values = Vec::with_capacity(self.rows.len() * self.per_sample);
        self.each().for_each(|sample| values.extend_from_slice(sample));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Column;

    #[test]
    fn rows_come_in_the_order_asked_for() {
        let column = |name: &str, shape: &[usize], values| Column { name: name.into(), shape: shape.to_vec(), values };
        let x = column("x", &[2], Values::F32(vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5]));
        let y = column("y", &[], Values::I32(vec![7, 8, 9]));
        let dataset = Dataset::new("t", vec![x, y]).unwrap();
        let found = |rows: &[u32]| {
            let batch = Batch::new(&dataset, rows);
            let Some((Chosen::F32(x), Chosen::I32(y))) = batch.column("x").zip(batch.column("y")) else { panic!() };
            assert_eq!(batch.size(), rows.len());
            assert!(x.whole().is_none_or(|whole| whole == x.to_vec()));
            (x.to_vec(), y.to_vec(), x.whole().is_some(), y.whole().is_some())
        };
        assert_eq!(found(&[2, 0]), (vec![2.0, 2.5, 0.0, 0.5], vec![9, 7], false, false));
        assert_eq!(found(&[1]), (vec![1.0, 1.5], vec![8], true, true));
        assert_eq!(found(&[1, 2]), (vec![1.0, 1.5, 2.0, 2.5], vec![8, 9], true, true));
        assert!(Batch::new(&dataset, &[0]).column("z").is_none());
    }
}
