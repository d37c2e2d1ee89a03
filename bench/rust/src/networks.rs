//! The workloads as lists of layers, for the peers that build networks in code: the same as the files in `workloads/`.

/// A convolution, its normalisation and its activation.
#[derive(Clone, Copy)]
pub struct Conv {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
    pub has_bias: bool,
    pub has_norm: bool,
    pub has_relu: bool,
}

/// What happens to images.
pub enum Layer {
    Conv(Conv),
    MaxPool {
        kernel: usize,
        stride: usize,
        pad: usize,
    },
    /// The mean of each channel.
    MeanPool,
    /// The sum of two ways, then ReLU.
    Residual {
        main: Vec<Layer>,
        skip: Vec<Layer>,
    },
    /// The channels that the layers make, then those of their input.
    Concat(Vec<Layer>),
    /// A transposed convolution that doubles height and width.
    Up {
        inputs: usize,
        outputs: usize,
    },
}

#[derive(Clone, Copy)]
pub enum Activation {
    Relu,
    Tanh,
}

pub struct Network {
    pub body: Vec<Layer>,
    /// Sizes between dense layers, none for a network that ends with images.
    pub head: Vec<usize>,
    /// After each dense layer but the last.
    pub activation: Activation,
    /// Whether each of these activations loses half of its values in training.
    pub has_dropout: bool,
}

/// The network of this name, where there is one of these layers.
pub fn network(name: &str) -> Option<Network> {
    let (body, head) = match name {
        "tiny" => (Vec::new(), vec![4, 16, 16, 3]),
        "mlp" => (Vec::new(), vec![784, 512, 512, 10]),
        "cnn" => (vec![plain(1, 32), halve(), plain(32, 64), halve()], vec![64 * 49, 128, 10]),
        "resnet18" => (resnet18(), vec![512, 1000]),
        "vgg16" => (vgg16(), vec![512 * 49, 4096, 4096, 1000]),
        "unet" => (unet(), Vec::new()),
        _ => return None,
    };
    let activation = if name == "tiny" { Activation::Tanh } else { Activation::Relu };
    Some(Network { body, head, activation, has_dropout: matches!(name, "cnn" | "vgg16") })
}

fn plain(inputs: usize, outputs: usize) -> Layer {
    Layer::Conv(Conv { inputs, outputs, kernel: 3, stride: 1, has_bias: true, has_norm: false, has_relu: true })
}

fn halve() -> Layer {
    Layer::MaxPool { kernel: 2, stride: 2, pad: 0 }
}

/// Without bias, normalised.
fn normalised(inputs: usize, outputs: usize, kernel: usize, stride: usize, has_relu: bool) -> Layer {
    Layer::Conv(Conv { inputs, outputs, kernel, stride, has_bias: false, has_norm: true, has_relu })
}

fn resnet18() -> Vec<Layer> {
    let mut layers = vec![normalised(3, 64, 7, 2, true), Layer::MaxPool { kernel: 3, stride: 2, pad: 1 }];
    let mut inputs = 64;
    for (outputs, stride) in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)] {
        let main = vec![normalised(inputs, outputs, 3, stride, true), normalised(outputs, outputs, 3, 1, false)];
        let skip = if stride == 1 { Vec::new() } else { vec![normalised(inputs, outputs, 1, stride, false)] };
        layers.push(Layer::Residual { main, skip });
        inputs = outputs;
    }
    layers.push(Layer::MeanPool);
    layers
}

fn vgg16() -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut inputs = 3;
    for (outputs, turns) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..turns {
            layers.push(plain(inputs, outputs));
            inputs = outputs;
        }
        layers.push(halve());
    }
    layers
}

fn unet() -> Vec<Layer> {
    let last = Conv { inputs: 32, outputs: 2, kernel: 1, stride: 1, has_bias: true, has_norm: false, has_relu: false };
    let mut layers = level(3, 32, 4);
    layers.push(Layer::Conv(last));
    layers
}

fn double(inputs: usize, outputs: usize) -> [Layer; 2] {
    [(inputs, outputs), (outputs, outputs)].map(|(inputs, outputs)| {
        Layer::Conv(Conv { inputs, outputs, kernel: 3, stride: 1, has_bias: true, has_norm: true, has_relu: true })
    })
}

/// One level of a U-Net with everything below it.
fn level(inputs: usize, channels: usize, depth: usize) -> Vec<Layer> {
    let mut layers = Vec::from(double(inputs, channels));
    if depth > 0 {
        let mut below = vec![halve()];
        below.extend(level(channels, 2 * channels, depth - 1));
        below.push(Layer::Up { inputs: 2 * channels, outputs: channels });
        layers.push(Layer::Concat(below));
        layers.extend(double(2 * channels, channels));
    }
    layers
}
