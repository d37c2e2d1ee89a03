//! Holding samples out: a random fraction, stratified by class, or the last rows of the table.

use super::dataset::{Column, Dataset, Values};
use crate::error::{Fault, TrainError};
use netc_plan::philox::shuffle;

/// What the rows are held out for; each purpose draws its own random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The one test at the end.
    Test,
    /// Watching the training.
    Validate,
}

/// Row numbers that stay and that are held out, both ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// For training.
    pub kept: Vec<u32>,
    /// Held out.
    pub held: Vec<u32>,
}

/// Splits a random `fraction` off, rounded up to whole samples.
///
/// With exactly one integer column whose samples are single numbers, every class gives its share (largest remainder).
pub fn random_rows(dataset: &Dataset, fraction: f64, purpose: Purpose, seed: u64) -> Result<Rows, TrainError> {
    let held = held_count(dataset.count(), fraction, purpose)?;
    let classes = classes_of(dataset);
    let mut rows = Vec::new();
    for ((class, members), share) in classes.iter().enumerate().zip(shares(&classes, held, dataset.count())) {
        let mut members = members.clone();
        // Epochs count from 0, so numbers with the top bit set are free for splits.
        let turn = 1 << 63 | (purpose as u64) << 32 | class as u64;
        shuffle(seed, turn, &mut members);
        rows.extend_from_slice(&members[..share]);
    }
    rows.sort_unstable();
    Ok(complement(dataset.count(), rows))
}

/// Splits the last `fraction` of the rows off, rounded up to whole samples.
pub fn last_rows(dataset: &Dataset, fraction: f64, purpose: Purpose) -> Result<Rows, TrainError> {
    let held = held_count(dataset.count(), fraction, purpose)?;
    let rows = (0..dataset.count()).skip(dataset.count() - held).filter_map(|row| u32::try_from(row).ok()).collect();
    Ok(complement(dataset.count(), rows))
}

fn held_count(count: usize, fraction: f64, purpose: Purpose) -> Result<usize, TrainError> {
    let word = match purpose {
        Purpose::Test => "test",
        Purpose::Validate => "validate",
    };
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Fault::new(format!("`{word}` must be between 0% and 100%, it is {}%", fraction * 100.0)).input());
    }
    // The allowance undoes the rounding of decimal fractions: 10% of 70 is 7.000000000000001.
    let held = (count as f64 * fraction - 1e-9).ceil().max(1.0) as usize;
    if held >= count {
        return Err(Fault::new(format!("`{word}` leaves nothing to train on"))
            .why(format!("{}% of {count} samples are {held}", fraction * 100.0))
            .fix("hold out less or give more data")
            .input());
    }
    Ok(held)
}

/// Rows by class where there is one column of class numbers, else all rows as one group.
fn classes_of(dataset: &Dataset) -> Vec<Vec<u32>> {
    let is_class = |column: &&Column| matches!(column.values, Values::I32(_));
    let mut found = dataset.columns().iter().filter(is_class);
    let only = match (found.next(), found.next()) {
        (Some(column), None) if column.per_sample() == 1 => column.values.i32(),
        _ => None,
    };
    let rows = (0..dataset.count()).filter_map(|row| u32::try_from(row).ok());
    let Some(labels) = only else { return vec![rows.collect()] };
    let mut groups = std::collections::BTreeMap::<i32, Vec<u32>>::new();
    for (row, &label) in rows.zip(labels) {
        groups.entry(label).or_default().push(row);
    }
    groups.into_values().collect()
}

/// How many rows each class gives: its exact share rounded down, the rest to the largest remainders.
fn shares(classes: &[Vec<u32>], held: usize, count: usize) -> Vec<usize> {
    let exact = |class: &Vec<u32>| class.len() as u128 * held as u128;
    let count = count as u128;
    let mut shares: Vec<usize> = classes.iter().map(|class| (exact(class) / count) as usize).collect();
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(exact(&classes[class]) % count));
    let missing = held - shares.iter().sum::<usize>();
    for &class in order.iter().take(missing) {
        shares[class] += 1;
    }
    shares
}

fn complement(count: usize, held: Vec<u32>) -> Rows {
    let mut next = held.iter().copied().peekable();
    let kept = (0..count).filter_map(|row| u32::try_from(row).ok()).filter(|&row| next.next_if_eq(&row).is_none());
    Rows { kept: kept.collect(), held }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(labels: Vec<i32>) -> Dataset {
        let column = Column { name: "label".into(), shape: vec![], values: Values::I32(labels) };
        Dataset::new("t", vec![column]).unwrap()
    }

    fn class_counts(dataset: &Dataset, rows: &[u32], classes: usize) -> Vec<usize> {
        let labels = dataset.columns()[0].values.i32().unwrap();
        let mut counts = vec![0; classes];
        rows.iter().for_each(|&row| counts[labels[row as usize] as usize] += 1);
        counts
    }

    #[test]
    fn every_class_gives_its_share_and_no_row_is_lost() {
        let labels: Vec<i32> = (0..1797).map(|i| (i * i + i / 7) % 10).collect();
        let dataset = labelled(labels);
        let rows = random_rows(&dataset, 0.2, Purpose::Test, 7).unwrap();
        assert_eq!((rows.held.len(), rows.kept.len()), (360, 1437));
        let mut all: Vec<u32> = rows.held.iter().chain(&rows.kept).copied().collect();
        all.sort_unstable();
        assert!(all.iter().enumerate().all(|(i, &row)| i == row as usize));
        let whole = class_counts(&dataset, &all, 10);
        for (held, all) in class_counts(&dataset, &rows.held, 10).into_iter().zip(whole) {
            assert!((held as f64 - all as f64 * 360.0 / 1797.0).abs() < 1.0, "{held} of {all}");
        }
    }

    #[test]
    fn seed_and_purpose_decide_and_nothing_else() {
        let dataset = labelled((0..200).map(|i| i % 2).collect());
        let rows = |purpose, seed| random_rows(&dataset, 0.1, purpose, seed).unwrap();
        assert_eq!(rows(Purpose::Test, 1), rows(Purpose::Test, 1));
        assert_ne!(rows(Purpose::Test, 1), rows(Purpose::Test, 2));
        assert_ne!(rows(Purpose::Test, 1), rows(Purpose::Validate, 1));
    }

    #[test]
    fn one_class_and_tables_without_classes_split_too() {
        assert_eq!(random_rows(&labelled(vec![3; 10]), 0.2, Purpose::Test, 0).unwrap().held.len(), 2);
        let column = Column { name: "x".into(), shape: vec![], values: Values::F32(vec![0.0; 442]) };
        let dataset = Dataset::new("t", vec![column]).unwrap();
        assert_eq!(random_rows(&dataset, 0.2, Purpose::Test, 0).unwrap().held.len(), 89);
    }

    #[test]
    fn the_last_fifth_of_the_digits_is_360_rows() {
        let dataset = labelled(vec![0; 1797]);
        let rows = last_rows(&dataset, 0.2, Purpose::Test).unwrap();
        assert_eq!((rows.held[0], rows.held.len(), rows.kept.len()), (1437, 360, 1437));
    }

    #[test]
    fn fractions_are_checked_and_rounded_up_exactly() {
        for (count, fraction, held) in
            [(70, 0.1, Ok(7)), (71, 0.1, Ok(8)), (4, 0.01, Ok(1)), (1, 0.5, Err(())), (2, 0.9, Err(()))]
        {
            assert_eq!(held_count(count, fraction, Purpose::Test).map_err(|_| ()), held, "{count} {fraction}");
        }
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(held_count(100, fraction, Purpose::Validate).unwrap_err().exit_code(), 1);
        }
    }
}
