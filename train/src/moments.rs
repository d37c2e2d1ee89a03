//! `Moments`: mean and deviation per feature over the training part, which `standardize` holds as buffers.

use netc_compiler::model::init::Statistic;

/// Running mean and sum of squared deviations per feature, by Welford's update in f64; equal order, equal bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    inner: usize,
    counts: Vec<u64>,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// For samples of `features` × `inner` values: a vector has inner = 1, a map height·width values per channel.
    pub fn new(features: usize, inner: usize) -> Moments {
        let inner = inner.max(1);
        Moments { inner, counts: vec![0; features], means: vec![0.0; features], squares: vec![0.0; features] }
    }

    /// Adds samples, one after the other in row-major order.
    pub fn add(&mut self, samples: &[f32]) {
        let features = self.means.len().max(1);
        for (run, values) in samples.chunks(self.inner).enumerate() {
            let feature = run % features;
            for &value in values {
                self.counts[feature] += 1;
                let delta = f64::from(value) - self.means[feature];
                self.means[feature] += delta / self.counts[feature] as f64;
                self.squares[feature] += delta * (f64::from(value) - self.means[feature]);
            }
        }
    }

    /// The statistic of each feature. The deviation is the population's, √(Σ(x − mean)²/n), and 1 where a feature is
    /// constant.
    pub fn statistic(&self, statistic: Statistic) -> Vec<f32> {
        match statistic {
            Statistic::Mean => self.means.iter().map(|&mean| mean as f32).collect(),
            Statistic::Deviation => {
                let deviation = |(&squares, &count): (&f64, &u64)| match (squares / count.max(1) as f64).sqrt() as f32 {
                    0.0 => 1.0,
                    deviation => deviation,
                };
                self.squares.iter().zip(&self.counts).map(deviation).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_vectors_and_channels_of_maps_have_their_moments() {
        let mut vector = Moments::new(3, 1);
        vector.add(&[1.0, 10.0, 7.0, 2.0, 10.0, 7.0]);
        vector.add(&[6.0, 40.0, 7.0]);
        assert_eq!(vector.statistic(Statistic::Mean), [3.0, 20.0, 7.0]);
        // Squared deviations 4 + 1 + 9 and 100 + 100 + 400, over three samples.
        assert_eq!(vector.statistic(Statistic::Deviation), [(14f64 / 3.0).sqrt() as f32, 200f64.sqrt() as f32, 1.0]);
        let mut map = Moments::new(2, 2);
        map.add(&[1.0, 3.0, 0.0, 0.0, 5.0, 7.0, 2.0, 2.0]);
        assert_eq!(map.statistic(Statistic::Mean), [4.0, 1.0]);
        assert_eq!(map.statistic(Statistic::Deviation), [5f32.sqrt(), 1.0]);
    }

    #[test]
    fn large_offsets_do_not_cancel() {
        let mut moments = Moments::new(1, 1);
        moments.add(&[10_000_000.0, 10_000_001.0, 10_000_002.0]);
        assert_eq!(moments.statistic(Statistic::Deviation), [(2f64 / 3.0).sqrt() as f32]);
    }
}
