//! A network written by hand, with true gradients, that the loop's tests train: standardised pixels, dropout on the
//! inputs, one dense layer, softmax and cross-entropy, SGD with momentum.

use netc_plan::philox;
use netc_train::data::{Batch, Chosen, Column, Dataset, Values};
use netc_train::stepper::{Scalars, Stepper};
use netc_train::weights::Tensor;
use netc_train::{Fault, TrainError};

pub const CLASSES: usize = 10;

#[derive(Debug, Clone)]
pub struct SoftmaxRegression {
    features: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
    mean: Vec<f32>,
    momentum: Vec<f32>,
    pub dropout: f32,
    pub batch_sizes: Vec<usize>,
}

impl SoftmaxRegression {
    pub fn new(features: usize) -> SoftmaxRegression {
        let key = philox::key(1, philox::path_hash("fc.weight"));
        SoftmaxRegression {
            features,
            weight: (0..features * CLASSES).map(|i| 0.1 * philox::normal(key, 0, i as u64)).collect(),
            bias: vec![0.0; CLASSES],
            mean: vec![0.0; features],
            momentum: vec![0.0; (features + 1) * CLASSES],
            dropout: 0.2,
            batch_sizes: Vec::new(),
        }
    }

    fn columns(&self, batch: Batch<'_>) -> (Vec<f32>, Vec<i32>) {
        match (batch.column("image"), batch.column("label")) {
            (Some(Chosen::F32(pixels)), Some(Chosen::I32(labels))) => (pixels.to_vec(), labels.to_vec()),
            _ => panic!("there are pixels and labels"),
        }
    }

    fn probabilities(&self, pixels: &[f32]) -> Vec<f32> {
        let logits: Vec<f32> = (0..CLASSES)
            .map(|class| {
                let row = &self.weight[class * self.features..(class + 1) * self.features];
                row.iter().zip(pixels).map(|(w, x)| w * x).sum::<f32>() + self.bias[class]
            })
            .collect();
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, |a, b| if b > a || b.is_nan() { b } else { a });
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - top).exp()).collect();
        let sum: f32 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }

    /// Pixels of sample `i` after standardisation and dropout.
    fn dropped(&self, pixels: &[f32], i: usize, scalars: &Scalars) -> Vec<f32> {
        let key = philox::key(scalars.seed, philox::stream("dropout", 0));
        let at = (scalars.first + i as u64) * self.features as u64;
        let keep = 1.0 - self.dropout;
        (0..self.features)
            .map(|f| {
                let kept = philox::uniform(key, scalars.step, at + f as u64) < keep;
                if kept { (pixels[i * self.features + f] - self.mean[f]) / keep } else { 0.0 }
            })
            .collect()
    }
}

impl Stepper for SoftmaxRegression {
    fn fit(&mut self, training: &Dataset) -> Result<(), TrainError> {
        let values = training.column("image").unwrap().values.f32().unwrap();
        for (feature, mean) in self.mean.iter_mut().enumerate() {
            let sum: f32 = values.iter().skip(feature).step_by(self.features).sum();
            *mean = sum / training.count() as f32;
        }
        Ok(())
    }

    fn step(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Result<f32, TrainError> {
        self.batch_sizes.push(batch.size());
        let (pixels, labels) = self.columns(batch);
        let n = batch.size() as f32;
        let mut gradient = vec![0.0; self.momentum.len()];
        let mut loss = 0.0;
        for (i, &label) in labels.iter().enumerate() {
            let x = self.dropped(&pixels, i, scalars);
            let p = self.probabilities(&x);
            loss -= p[label as usize].ln() / n;
            for class in 0..CLASSES {
                let error = (p[class] - f32::from(u8::from(class == label as usize))) / n;
                let row = class * self.features;
                x.iter().zip(&mut gradient[row..row + self.features]).for_each(|(x, g)| *g += error * x);
                gradient[self.features * CLASSES + class] += error;
            }
        }
        if !loss.is_finite() {
            return Ok(loss);
        }
        let params = self.weight.iter_mut().chain(&mut self.bias);
        for ((param, momentum), gradient) in params.zip(&mut self.momentum).zip(gradient) {
            *momentum = 0.9 * *momentum + gradient;
            *param -= scalars.rate * *momentum;
        }
        Ok(loss)
    }

    fn evaluate(&mut self, batch: Batch<'_>, sums: &mut Vec<f32>) -> Result<f32, TrainError> {
        let (pixels, labels) = self.columns(batch);
        let (mut loss, mut right) = (0.0, 0.0);
        for (pixels, label) in pixels.chunks(self.features).zip(labels) {
            let x: Vec<f32> = pixels.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
            let p = self.probabilities(&x);
            loss -= p[label as usize].ln() / batch.size() as f32;
            let best = (0..CLASSES).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap();
            right += f32::from(u8::from(best == label as usize));
        }
        sums.push(right);
        Ok(loss)
    }

    fn weights(&self) -> Vec<Tensor> {
        vec![
            tensor("fc.weight", &[CLASSES, self.features], &self.weight),
            tensor("fc.bias", &[CLASSES], &self.bias),
            tensor("standardize.mean", &[self.features], &self.mean),
        ]
    }

    fn slots(&self) -> Vec<Tensor> {
        vec![tensor("momentum", &[self.momentum.len()], &self.momentum)]
    }

    fn load_weights(&mut self, weights: &[Tensor]) -> Result<(), TrainError> {
        let [weight, bias, mean] = weights else { return Err(Fault::new("three tensors are expected").input()) };
        for (to, from) in [(&mut self.weight, weight), (&mut self.bias, bias), (&mut self.mean, mean)] {
            to.copy_from_slice(from.values.f32().unwrap());
        }
        Ok(())
    }

    fn load_slots(&mut self, slots: &[Tensor]) -> Result<(), TrainError> {
        self.momentum.copy_from_slice(slots[0].values.f32().unwrap());
        Ok(())
    }

    fn first_non_finite_layer(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Option<String> {
        let (pixels, _) = self.columns(batch);
        let bad = (0..batch.size()).any(|i| {
            let x = self.dropped(&pixels, i, scalars);
            self.probabilities(&x).iter().any(|p| !p.is_finite())
        });
        bad.then(|| "fc".to_string())
    }
}

fn tensor(path: &str, shape: &[usize], values: &[f32]) -> Tensor {
    Tensor { path: path.into(), shape: shape.to_vec(), values: Values::F32(values.to_vec()) }
}

/// `image` and `label` columns as a dataset.
pub fn dataset(features: usize, pixels: Vec<f32>, labels: Vec<i32>) -> Dataset {
    let column = |name: &str, shape: Vec<usize>, values| Column { name: name.into(), shape, values };
    let columns =
        vec![column("image", vec![features], Values::F32(pixels)), column("label", vec![], Values::I32(labels))];
    Dataset::new("test", columns).unwrap()
}
