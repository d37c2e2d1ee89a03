//! candle: builds the network with random weights. Predictions have the normalisations in the convolutions' weights.
//!
//! Its optimiser has no momentum, which is written out here; its padding is of zeros, which is right where pooling
//! follows ReLU.

use crate::networks::{Activation, Conv, Layer, Network, network};
use crate::task::{Error, Prepared, Target, Task, version};
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{
    Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig, Linear, Module, VarBuilder, VarMap, batch_norm,
    conv_transpose2d, conv2d, conv2d_no_bias, linear, loss, ops,
};

enum Built {
    Conv { conv: Conv2d, has_relu: bool },
    MaxPool { kernel: usize, stride: usize, pad: usize },
    MeanPool,
    Residual { main: Vec<Built>, skip: Vec<Built> },
    Concat(Vec<Built>),
    Up(ConvTranspose2d),
}

struct Net {
    body: Vec<Built>,
    head: Vec<Linear>,
    activation: Activation,
    has_dropout: bool,
}

/// Trains the networks without normalisation alone: it has no gradient of pooling whose windows overlap (ResNet-18),
/// and a step of U-Net takes it more than eight seconds.
pub fn prepare(task: &Task) -> std::result::Result<Option<Prepared>, Error> {
    let Some(description) = network(&task.name) else { return Ok(None) };
    if task.target.is_some() && !matches!(task.name.as_str(), "mlp" | "cnn") {
        return Ok(None);
    }
    let variables = VarMap::new();
    let net = build(&description, VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu))?;
    let input = Tensor::from_vec(task.input(), task.shape.as_slice(), &Device::Cpu)?;
    let run = match &task.target {
        Some(target) => training(net, input, target, variables.all_vars())?,
        None => {
            // Variables would record what is computed.
            let named = variables.data().lock().map_err(|_| "a thread that held the variables has panicked")?;
            let constant = named.iter().map(|(name, var)| (name.clone(), var.as_detached_tensor())).collect();
            let net = build(&description, VarBuilder::from_tensors(constant, DType::F32, &Device::Cpu))?;
            let output = net.forward(&input, false)?;
            task.check(output.dims(), &output.flatten_all()?.to_vec1()?)?;
            Box::new(move || {
                net.forward(&input, false)?;
                Ok(())
            })
        }
    };
    Ok(Some(Prepared { version: version("candle-core"), run }))
}

/// Steps of stochastic gradient descent with momentum.
fn training(net: Net, input: Tensor, target: &Target, variables: Vec<Var>) -> Result<crate::task::Run> {
    let labels: Vec<u32> = Task::labels(target).into_iter().map(|label| label as u32).collect();
    let labels = Tensor::new(labels, &Device::Cpu)?;
    let mut velocities = variables.iter().map(|variable| variable.zeros_like()).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move || {
        let loss = loss::cross_entropy(&net.forward(&input, true)?, &labels)?;
        let gradients = loss.backward()?;
        for (variable, velocity) in variables.iter().zip(&mut velocities) {
            if let Some(gradient) = gradients.get(variable) {
                *velocity = ((&*velocity * 0.9)? + gradient)?;
                variable.set(&(variable.as_detached_tensor() - (&*velocity * 0.01)?)?)?;
            }
        }
        Task::check_loss(loss.to_scalar()?)
    }))
}

fn build(network: &Network, weights: VarBuilder) -> Result<Net> {
    let sizes = network.head.windows(2).enumerate();
    let head = sizes.map(|(index, sizes)| linear(sizes[0], sizes[1], weights.pp(format!("head{index}"))));
    Ok(Net {
        body: layers(&network.body, &weights)?,
        head: head.collect::<Result<_>>()?,
        activation: network.activation,
        has_dropout: network.has_dropout,
    })
}

fn layers(list: &[Layer], weights: &VarBuilder) -> Result<Vec<Built>> {
    let built = list.iter().enumerate().map(|(index, layer)| {
        let weights = weights.pp(index);
        Ok(match layer {
            Layer::Conv(layer) => convolution(layer, &weights)?,
            &Layer::MaxPool { kernel, stride, pad } => Built::MaxPool { kernel, stride, pad },
            Layer::MeanPool => Built::MeanPool,
            Layer::Residual { main, skip } => {
                Built::Residual { main: layers(main, &weights.pp("main"))?, skip: layers(skip, &weights.pp("skip"))? }
            }
            Layer::Concat(below) => Built::Concat(layers(below, &weights)?),
            &Layer::Up { inputs, outputs } => {
                let config = ConvTranspose2dConfig { stride: 2, ..Default::default() };
                Built::Up(conv_transpose2d(inputs, outputs, 2, config, weights)?)
            }
        })
    });
    built.collect()
}

fn convolution(layer: &Conv, weights: &VarBuilder) -> Result<Built> {
    let config = Conv2dConfig { padding: layer.kernel / 2, stride: layer.stride, ..Default::default() };
    let make = if layer.has_bias { conv2d } else { conv2d_no_bias };
    let conv = make(layer.inputs, layer.outputs, layer.kernel, config, weights.pp("conv"))?;
    let conv =
        if layer.has_norm { conv.absorb_bn(&batch_norm(layer.outputs, 1e-5, weights.pp("norm"))?)? } else { conv };
    Ok(Built::Conv { conv, has_relu: layer.has_relu })
}

impl Net {
    fn forward(&self, x: &Tensor, is_training: bool) -> Result<Tensor> {
        let mut x = walk(&self.body, x.clone())?;
        if !self.head.is_empty() {
            x = x.flatten_from(1)?;
        }
        for (index, dense) in self.head.iter().enumerate() {
            x = dense.forward(&x)?;
            if index + 1 < self.head.len() {
                x = match self.activation {
                    Activation::Relu => x.relu()?,
                    Activation::Tanh => x.tanh()?,
                };
                x = if self.has_dropout && is_training { ops::dropout(&x, 0.5)? } else { x };
            }
        }
        Ok(x)
    }
}

fn walk(layers: &[Built], mut x: Tensor) -> Result<Tensor> {
    for layer in layers {
        x = match layer {
            Built::Conv { conv, has_relu } => {
                let x = conv.forward(&x)?;
                if *has_relu { x.relu()? } else { x }
            }
            &Built::MaxPool { kernel, stride, pad } => {
                let x = if pad == 0 { x } else { x.pad_with_zeros(2, pad, pad)?.pad_with_zeros(3, pad, pad)? };
                x.max_pool2d_with_stride(kernel, stride)?
            }
            Built::MeanPool => x.mean((2, 3))?,
            Built::Residual { main, skip } => {
                let beside = walk(skip, x.clone())?;
                (walk(main, x)? + beside)?.relu()?
            }
            Built::Concat(below) => Tensor::cat(&[&walk(below, x.clone())?, &x], 1)?,
            Built::Up(up) => up.forward(&x)?,
        };
    }
    Ok(x)
}
