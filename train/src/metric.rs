//! Figures over many batches as (sum, count) pairs, so that a partial batch weighs what it holds.

use std::collections::BTreeMap;

/// A figure that the model reports, as the recipe defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name in logs: `accuracy`.
    pub name: String,
    /// What one sample adds to the count.
    pub count_per_sample: u64,
    /// Whether a larger figure is better.
    pub larger_is_better: bool,
}

/// A sum and how many terms it has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mean {
    /// Sum of the terms.
    pub sum: f64,
    /// Number of terms.
    pub count: u64,
}

impl Mean {
    /// Adds `sum` over `count` terms.
    pub fn add(&mut self, sum: f64, count: u64) {
        self.sum += sum;
        self.count += count;
    }

    /// Sum / count; 0 for no terms.
    pub fn value(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }
}

/// Loss and metrics over a dataset: batch by batch, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    loss: Mean,
    metrics: Vec<(Metric, Mean)>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(metrics: &[Metric]) -> Tally {
        Tally {
            loss: Mean::default(),
            metrics: metrics.iter().map(|metric| (metric.clone(), Mean::default())).collect(),
        }
    }

    /// Adds a batch of `size` samples: its mean loss and each metric's sum, in the order of the metrics.
    pub fn add(&mut self, size: usize, loss: f32, sums: &[f32]) {
        let size = size as u64;
        self.loss.add(f64::from(loss) * size as f64, size);
        for ((metric, mean), &sum) in self.metrics.iter_mut().zip(sums) {
            mean.add(f64::from(sum), size * metric.count_per_sample);
        }
    }

    /// The mean loss over all samples.
    pub fn loss(&self) -> f64 {
        self.loss.value()
    }

    /// `loss` and every metric by name, each behind `prefix`: `val_loss`, `val_accuracy`.
    pub fn figures(&self, prefix: &str) -> BTreeMap<String, f64> {
        let metrics = self.metrics.iter().map(|(metric, mean)| (format!("{prefix}{}", metric.name), mean.value()));
        metrics.chain([(format!("{prefix}loss"), self.loss.value())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_weigh_as_many_samples_as_they_hold() {
        let metric =
            |name: &str, count_per_sample| Metric { name: name.into(), count_per_sample, larger_is_better: true };
        // 5 samples with two outputs each in batches of 4 and 1: right answers 3 + 1, absolute errors 6 + 4.
        let mut tally = Tally::new(&[metric("accuracy", 1), metric("mae", 2)]);
        tally.add(4, 0.5, &[3.0, 6.0]);
        tally.add(1, 1.0, &[1.0, 4.0]);
        let figures = tally.figures("val_");
        assert_eq!(figures["val_accuracy"], 0.8);
        assert_eq!(figures["val_mae"], 1.0);
        assert_eq!(figures["val_loss"], 0.6);
        assert_eq!(tally.loss(), 0.6);
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Mean::default().value(), 0.0);
    }
}
