//! Comparison of numbers: to the bit between executors, within a tolerance against another library.

use crate::execute::Outcome;
use netc_compiler::program::Program;

/// Relative tolerance against PyTorch.
pub const RELATIVE: f64 = 1e-4;
/// Absolute tolerance, times the scale of the tensor.
pub const ABSOLUTE: f64 = 1e-5;

/// The first place where two runs of a program differ in a bit, in words. All NaNs are one.
pub fn difference(program: &Program, left: &Outcome, right: &Outcome) -> Option<String> {
    if left.finished != right.finished {
        return Some(format!("finished: {} and {}", left.finished, right.finished));
    }
    let results = program.results.iter().zip(left.results.iter().zip(&right.results));
    let results = results.map(|((role, ..), pair)| (format!("{role:?}"), pair));
    let states = program.states.iter().zip(left.states.iter().zip(&right.states));
    let states = states.map(|((state, _), pair)| (format!("state {}", state.path), pair));
    for (what, (left, right)) in results.chain(states) {
        let n_differing = left.iter().zip(right).filter(|(l, r)| !same(**l, **r)).count();
        if let Some(index) = left.iter().zip(right).position(|(&l, &r)| !same(l, r)) {
            let (l, r) = (left[index], right[index]);
            let of = left.len();
            return Some(format!(
                "{what}[{index}]: {l:e} ({:08x}) and {r:e} ({:08x}), {n_differing} of {of} differ",
                l.to_bits(),
                r.to_bits()
            ));
        }
    }
    None
}

fn same(left: f32, right: f32) -> bool {
    left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
}

/// The largest ratio of a distance to what is allowed, and where it was found: at most 1 passes.
#[derive(Clone, Debug, Default)]
pub struct Worst {
    /// The ratio.
    pub ratio: f64,
    /// Of what, with both numbers.
    pub place: String,
}

impl Worst {
    /// Compares tensors element by element. `scale` is the largest magnitude that counts, usually of the tensor.
    pub fn tensors(&mut self, place: &str, got: &[f32], want: &[f64], scale: f64) {
        assert_eq!(got.len(), want.len(), "{place}: number of elements");
        for (index, (&got, &want)) in got.iter().zip(want).enumerate() {
            self.number(|| format!("{place}[{index}]"), f64::from(got), want, scale);
        }
    }

    /// Compares two numbers.
    pub fn number(&mut self, place: impl Fn() -> String, got: f64, want: f64, scale: f64) {
        let distance = (got - want).abs();
        let ratio = if distance == 0.0 { 0.0 } else { distance / (RELATIVE * want.abs() + ABSOLUTE * scale) };
        if ratio.is_nan() || ratio > self.ratio {
            self.ratio = if ratio.is_nan() { f64::INFINITY } else { ratio };
            self.place = format!("{}: {got:e} instead of {want:e}", place());
        }
    }

    /// Keeps the worse of two.
    pub fn merge(&mut self, other: Worst) {
        if other.ratio > self.ratio {
            *self = other;
        }
    }
}

/// The largest magnitude of a tensor.
pub fn scale(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |scale, value| value.abs().max(scale))
}
