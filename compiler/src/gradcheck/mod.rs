//! Checks gradients of a whole network in f64: analytic ones of the primitive graph against central differences.
//!
//! Per trained tensor one random direction through all of its entries, and some entries alone; for large networks one
//! direction through all tensors at once. Differences of several steps are extrapolated to the step 0. Where a step
//! crosses a kink (a sign at `relu`, a winner of a maximum changes) its difference says nothing: the step is made
//! smaller, then another direction is drawn, and what remains is counted and may be at most 1 % of all probes.

mod prober;
mod sample;

pub use sample::{sample_inputs, sample_states, samples};

use crate::prim::cost::cost;
use crate::prim::evaluate::{Given, evaluate, trace};
use crate::prim::tensor::Tensor;
use crate::prim::{Phase, Prim, PrimGraph, Role, StateId};
use crate::simplify::remove_unread;
use prober::Prober;

/// Multiply-adds of a forward pass above which all tensors are checked in one direction.
pub const JOINT_ABOVE: u64 = 1_000_000_000;
/// What the caller chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Seed of directions, sampled entries and of random numbers in the network.
    pub seed: u64,
    /// Entries per tensor that are checked alone.
    pub entries: usize,
    /// Largest relative error that passes.
    pub tolerance: f64,
    /// One direction through all tensors; by default where a forward pass has more than [`JOINT_ABOVE`] multiply-adds.
    pub jointly: Option<bool>,
}

impl Default for Options {
    fn default() -> Options {
        Options { seed: 1, entries: 4, tolerance: 1e-5, jointly: None }
    }
}

/// The check of one tensor, or of all at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The parameter's path; `all parameters` where they are checked at once.
    pub path: String,
    /// Number of entries.
    pub elements: usize,
    /// Derivative along the random direction by the gradient.
    pub analytic: f64,
    /// The same by differences; NaN where every direction crossed a kink.
    pub numeric: f64,
    /// Their distance, relative to the larger one or to the gradient's typical entry.
    pub error: f64,
    /// The largest error of the entries that were checked alone.
    pub worst_entry: f64,
    /// Probes that stayed on a kink.
    pub kinks: usize,
    /// Whether all errors are within the tolerance.
    pub passes: bool,
}

/// All checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The loss at the point where gradients were checked.
    pub loss: f64,
    /// One per tensor.
    pub checks: Vec<Check>,
    /// Directions and entries that were compared, kinks included.
    pub probes: usize,
    /// Probes that stayed on a kink.
    pub kinks: usize,
}

impl Report {
    /// Whether the loss is finite, every tensor passes, and at most 1 % of the probes (or one) stayed on a kink.
    pub fn passes(&self) -> bool {
        let allowed = (self.probes / 100).max(1);
        self.loss.is_finite() && self.kinks <= allowed && self.checks.iter().all(|check| check.passes)
    }
}

/// Compares the gradients among the results of `graph` with differences of its loss, at the given inputs (targets
/// included) and states. `each` hears of every check as it is made.
///
/// # Panics
/// If the graph has no loss: the caller builds graphs of mode `Gradients` from models with a recipe.
pub fn gradcheck(
    graph: &PrimGraph,
    inputs: &[Tensor<f64>],
    states: &[Tensor<f64>],
    options: &Options,
    each: &mut dyn FnMut(&Check),
) -> Report {
    let given = Given { inputs, states, upstreams: &[], rate: 0.0, seed: options.seed, step: 0 };
    let loss = graph.results.iter().position(|(role, _)| *role == Role::Loss);
    let loss = loss.expect("a graph of mode `Gradients` has a loss");
    let results = evaluate(graph, given).results;
    let gradients: Vec<(StateId, &[f64])> = graph
        .results
        .iter()
        .zip(&results)
        .filter_map(|((role, _), result)| match role {
            Role::Gradient(state) => Some((*state, result.real())),
            _ => None,
        })
        .collect();
    let mut forward = graph.clone();
    forward.results = vec![graph.results[loss].clone()];
    forward.updates.clear();
    let forward = remove_unread(forward);
    let macs = forward.nodes.iter().filter(|node| node.phase != Phase::Backward).map(|node| cost(&forward, node).macs);
    let jointly = options.jointly.unwrap_or_else(|| macs.fold(0, u64::saturating_add) > JOINT_ABOVE);
    let mut prober = Prober {
        graph: &forward,
        given,
        states: states.to_vec(),
        known: Vec::new(),
        loss: results[loss].real()[0],
        options,
        draws: 0,
    };
    let detaches = forward.nodes.iter().any(|node| node.prim == Prim::Detach);
    if !jointly || detaches {
        prober.known = trace(&forward, given);
    }
    let mut report = Report { loss: prober.loss, checks: Vec::new(), probes: 0, kinks: 0 };
    if jointly {
        let check = prober.check(&gradients, "all parameters".to_string(), &mut report.probes);
        each(&check);
        report.checks.push(check);
    } else {
        for gradient in &gradients {
            let path = graph.states[gradient.0.0 as usize].path.clone();
            let check = prober.check(std::slice::from_ref(gradient), path, &mut report.probes);
            each(&check);
            report.checks.push(check);
        }
    }
    report.kinks = report.checks.iter().map(|check| check.kinks).sum();
    report
}
