//! burn on its CPU backend `flex`: builds the network with random weights.

use crate::networks::{Activation, Conv, Layer, Network, network};
use crate::task::{Error, Prepared, Run, Target, Task, version};
use ::burn::module::Module;
use ::burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use ::burn::nn::loss::CrossEntropyLossConfig;
use ::burn::nn::pool::MaxPool2dConfig;
use ::burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d};
use ::burn::optim::momentum::MomentumConfig;
use ::burn::optim::{GradientsParams, SgdConfig};
use ::burn::tensor::{Device, Int, Tensor, TensorData, activation};
use std::slice::Iter;

/// All weights, in the order in which the layers meet them.
#[derive(Module, Debug)]
struct Weights {
    convolutions: Vec<Conv2d>,
    norms: Vec<BatchNorm>,
    ups: Vec<ConvTranspose2d>,
    dense: Vec<Linear>,
    dropout: Dropout,
}

/// The weights that the layers have not met yet.
struct Rest<'a> {
    convolutions: Iter<'a, Conv2d>,
    norms: Iter<'a, BatchNorm>,
    ups: Iter<'a, ConvTranspose2d>,
}

pub fn prepare(task: &Task) -> Result<Option<Prepared>, Error> {
    let Some(network) = network(&task.name) else { return Ok(None) };
    let device = if task.target.is_some() { Device::flex().autodiff() } else { Device::flex() };
    let weights = build(&network, &device);
    let run = if task.shape.len() == 4 {
        let input = Tensor::<4>::from_data(TensorData::new(task.input(), task.shape.clone()), &device);
        match &task.target {
            Some(target) => training(network, weights, input, target, &device),
            None if network.head.is_empty() => predictions(task, move || pixels(&network, &weights, input.clone()))?,
            None => predictions(task, move || classes(&network, &weights, input.clone()))?,
        }
    } else if task.target.is_none() {
        let input = Tensor::<2>::from_data(TensorData::new(task.input(), task.shape.clone()), &device);
        predictions(task, move || head(&network, &weights, input.clone()))?
    } else {
        return Ok(None);
    };
    Ok(Some(Prepared { version: version("burn"), run }))
}

fn predictions<const D: usize>(task: &Task, predict: impl Fn() -> Tensor<D> + 'static) -> Result<Run, Error> {
    let output = predict();
    task.check(&output.dims(), &output.into_data().try_to_vec::<f32>()?)?;
    Ok(Box::new(move || {
        predict();
        Ok(())
    }))
}

/// Steps of stochastic gradient descent with momentum.
fn training(network: Network, weights: Weights, input: Tensor<4>, target: &Target, device: &Device) -> Run {
    let labels: Vec<i64> = Task::labels(target).into_iter().map(|label| label as i64).collect();
    let shape = [labels.len()];
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, shape), device);
    let outputs = target.classes;
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    let criterion = CrossEntropyLossConfig::new().init(device);
    let mut current = Some(weights);
    Box::new(move || {
        let weights = current.take().ok_or("an earlier step has failed")?;
        let logits = if network.head.is_empty() {
            pixels(&network, &weights, input.clone()).permute([0, 2, 3, 1]).reshape([shape[0], outputs])
        } else {
            classes(&network, &weights, input.clone())
        };
        let loss = criterion.forward(logits, labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &weights);
        current = Some(optimizer.step(0.01, weights, gradients));
        Task::check_loss(loss.into_scalar())
    })
}

fn build(network: &Network, device: &Device) -> Weights {
    let dense = network.head.windows(2).map(|sizes| LinearConfig::new(sizes[0], sizes[1]).init(device)).collect();
    let (convolutions, norms, ups) = (Vec::new(), Vec::new(), Vec::new());
    let dropout = DropoutConfig::new(if network.has_dropout { 0.5 } else { 0.0 }).init();
    let mut weights = Weights { convolutions, norms, ups, dense, dropout };
    weights.append(&network.body, device);
    weights
}

impl Weights {
    fn append(&mut self, layers: &[Layer], device: &Device) {
        for layer in layers {
            match layer {
                Layer::Conv(layer) => self.append_convolution(layer, device),
                Layer::MaxPool { .. } | Layer::MeanPool => {}
                Layer::Residual { main, skip } => {
                    self.append(skip, device);
                    self.append(main, device);
                }
                Layer::Concat(below) => self.append(below, device),
                &Layer::Up { inputs, outputs } => {
                    let config = ConvTranspose2dConfig::new([inputs, outputs], [2, 2]).with_stride([2, 2]);
                    self.ups.push(config.init(device));
                }
            }
        }
    }

    fn append_convolution(&mut self, layer: &Conv, device: &Device) {
        let config = Conv2dConfig::new([layer.inputs, layer.outputs], [layer.kernel; 2])
            .with_stride([layer.stride; 2])
            .with_padding(padding(layer.kernel / 2))
            .with_bias(layer.has_bias);
        self.convolutions.push(config.init(device));
        if layer.has_norm {
            self.norms.push(BatchNormConfig::new(layer.outputs).init(device));
        }
    }
}

fn padding(pad: usize) -> PaddingConfig2d {
    if pad == 0 { PaddingConfig2d::Valid } else { PaddingConfig2d::Explicit(pad, pad, pad, pad) }
}

/// Images after all layers that take images.
fn pixels(network: &Network, weights: &Weights, x: Tensor<4>) -> Tensor<4> {
    let mut rest =
        Rest { convolutions: weights.convolutions.iter(), norms: weights.norms.iter(), ups: weights.ups.iter() };
    rest.walk(&network.body, x)
}

fn classes(network: &Network, weights: &Weights, x: Tensor<4>) -> Tensor<2> {
    head(network, weights, pixels(network, weights, x).flatten(1, 3))
}

fn head(network: &Network, weights: &Weights, mut x: Tensor<2>) -> Tensor<2> {
    for (index, dense) in weights.dense.iter().enumerate() {
        x = dense.forward(x);
        if index + 1 < weights.dense.len() {
            x = match network.activation {
                Activation::Relu => activation::relu(x),
                Activation::Tanh => activation::tanh(x),
            };
            x = weights.dropout.forward(x);
        }
    }
    x
}

impl Rest<'_> {
    fn walk(&mut self, layers: &[Layer], x: Tensor<4>) -> Tensor<4> {
        layers.iter().fold(x, |x, layer| match layer {
            Layer::Conv(layer) => self.convolution(layer, x),
            &Layer::MaxPool { kernel, stride, pad } => {
                let config = MaxPool2dConfig::new([kernel; 2]).with_strides([stride; 2]).with_padding(padding(pad));
                config.init().forward(x)
            }
            Layer::MeanPool => x.mean_dim(3).mean_dim(2),
            Layer::Residual { main, skip } => {
                let beside = self.walk(skip, x.clone());
                activation::relu(self.walk(main, x) + beside)
            }
            Layer::Concat(below) => Tensor::cat(vec![self.walk(below, x.clone()), x], 1),
            Layer::Up { .. } => match self.ups.next() {
                Some(up) => up.forward(x),
                None => x,
            },
        })
    }

    fn convolution(&mut self, layer: &Conv, x: Tensor<4>) -> Tensor<4> {
        let x = match self.convolutions.next() {
            Some(conv) => conv.forward(x),
            None => x,
        };
        let x = match layer.has_norm.then(|| self.norms.next()).flatten() {
            Some(norm) => norm.forward(x),
            None => x,
        };
        if layer.has_relu { activation::relu(x) } else { x }
    }
}
