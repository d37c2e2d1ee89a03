//! What a peer is told to compute, and what it makes of it.

use std::path::PathBuf;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// One prediction or training step.
pub type Run = Box<dyn FnMut() -> Result<(), Error>>;

/// A workload that is ready to be timed, and the version of the peer's crate.
pub struct Prepared {
    pub version: &'static str,
    pub run: Run,
}

/// Targets of a training step.
pub struct Target {
    pub classes: usize,
    pub shape: Vec<usize>,
}

pub struct Task {
    /// The network's name, as in `workloads/`.
    pub name: String,
    pub shape: Vec<usize>,
    /// Nothing where predictions are timed.
    pub target: Option<Target>,
    pub threads: usize,
    folder: PathBuf,
}

impl Task {
    /// Fails unless rayon, which runs the peers' loops, has been told the same threads.
    pub fn new(workload: &str, threads: &str, folder: &str) -> Result<Self, Error> {
        type Row = (String, Vec<usize>, Option<(usize, Vec<usize>)>);
        let (name, shape, target): Row = serde_json::from_str(workload)?;
        let target = target.map(|(classes, shape)| Target { classes, shape });
        for variable in ["RAYON_NUM_THREADS", "RTEN_NUM_THREADS"] {
            if std::env::var(variable).as_deref() != Ok(threads) {
                return Err(format!("{variable} must be {threads} too").into());
            }
        }
        Ok(Self { name, shape, target, threads: threads.parse()?, folder: folder.into() })
    }

    /// The file that `models.py` exports.
    pub fn onnx(&self) -> PathBuf {
        self.folder.join(format!("{}_{}.onnx", self.name, self.shape[0]))
    }

    /// Numbers between −1 and 1.
    pub fn input(&self) -> Vec<f32> {
        (0..self.shape.iter().product()).map(|index: usize| (index as f32).sin()).collect()
    }

    /// A class for each place of the targets.
    pub fn labels(target: &Target) -> Vec<usize> {
        (0..target.shape.iter().product()).map(|index: usize| index % target.classes).collect()
    }

    /// Shape of the predictions.
    fn output(&self) -> Vec<usize> {
        let batch = self.shape[0];
        match self.name.as_str() {
            "tiny" => vec![batch, 3],
            "mlp" | "cnn" => vec![batch, 10],
            "unet" => vec![batch, 2, self.shape[2], self.shape[3]],
            "transformer" => self.shape.clone(),
            _ => vec![batch, 1000],
        }
    }

    /// Fails unless predictions have the right shape and are numbers that differ.
    pub fn check(&self, shape: &[usize], values: &[f32]) -> Result<(), Error> {
        if shape != self.output() {
            return Err(format!("predictions are {shape:?}, not {:?}", self.output()).into());
        }
        let is_sound = values.iter().all(|value| value.is_finite()) && values.iter().any(|value| *value != values[0]);
        if is_sound { Ok(()) } else { Err("predictions are not finite, or all the same".into()) }
    }

    /// Fails unless a loss is a number.
    pub fn check_loss(loss: f32) -> Result<(), Error> {
        if loss.is_finite() { Ok(()) } else { Err(format!("the loss is {loss}").into()) }
    }
}

/// The version of a crate that this program is linked with.
pub fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let package = lock.split("[[package]]\n").find(|package| package.starts_with(&format!("name = \"{name}\"\n")));
    package.and_then(|package| package.split('"').nth(3)).unwrap_or("unknown")
}
