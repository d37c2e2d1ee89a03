//! Watching one figure: which epoch was the best so far, and whether to stop.

/// Follows a figure over the epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Whether larger is better.
    pub larger_is_better: bool,
    /// Epochs in a row without improvement after which training stops; `None` never stops.
    pub patience: Option<u64>,
    /// Least change that counts as improvement.
    pub min_delta: f64,
    /// Best epoch (from 1) and its value.
    pub best: Option<(u64, f64)>,
    /// Epochs since then.
    pub waited: u64,
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub fn new(larger_is_better: bool, patience: Option<u64>, min_delta: f64) -> Watch {
        Watch { larger_is_better, patience, min_delta, best: None, waited: 0 }
    }

    /// Takes the value after `epoch` (from 1); true if it is the best so far by more than `min_delta`.
    pub fn observe(&mut self, epoch: u64, value: f64) -> bool {
        let improved = match self.best {
            None => !value.is_nan(),
            Some((_, best)) if self.larger_is_better => value > best + self.min_delta,
            Some((_, best)) => value < best - self.min_delta,
        };
        if improved {
            self.best = Some((epoch, value));
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        improved
    }

    /// Whether the patience is used up.
    pub fn stops(&self) -> bool {
        self.patience.is_some_and(|patience| self.waited >= patience.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_stops_after_patience_epochs_without_enough_improvement() {
        // Larger is better, patience, min_delta, values; best epoch, epochs seen before the stop.
        for (larger, patience, min_delta, values, best, seen) in [
            (false, 2, 0.0, &[1.0, 0.5, 0.6, 0.7, 0.1][..], 2, 4),
            (false, 2, 0.0, &[1.0, 0.5, 0.6, 0.4, 0.5], 4, 5),
            (true, 2, 0.0, &[0.1, 0.9, 0.9, 0.8, 1.0], 2, 4),
            (false, 1, 0.1, &[1.0, 0.95, 0.2], 1, 2),
            (false, 3, 0.0, &[f64::NAN, 2.0, 3.0, 4.0], 2, 4),
            (true, 0, 0.0, &[1.0, 1.0, 2.0], 1, 2),
            (false, 9, 0.0, &[3.0, 2.0, 1.0], 3, 3),
        ] {
            let mut watch = Watch::new(larger, Some(patience), min_delta);
            let mut epochs = 0;
            for (epoch, &value) in (1..).zip(values) {
                watch.observe(epoch, value);
                epochs += 1;
                if watch.stops() {
                    break;
                }
            }
            assert_eq!((watch.best.unwrap().0, epochs), (best, seen), "{values:?}");
        }
    }

    #[test]
    fn without_patience_it_never_stops() {
        let mut watch = Watch::new(false, None, 0.0);
        for epoch in 1..100 {
            watch.observe(epoch, epoch as f64);
            assert!(!watch.stops());
        }
        assert_eq!(watch.best, Some((1, 1.0)));
    }
}
