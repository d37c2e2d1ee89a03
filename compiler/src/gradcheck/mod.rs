//! Checks gradients of a whole network in f64: analytic ones of the primitive graph against central differences.
//!
//! Per trained tensor one random direction through all of its entries, and some entries alone; for large networks one
//! direction through all tensors at once. Where a step crosses a kink (a sign at `relu`, a winner of a maximum
//! changes) the difference says nothing: the step is made smaller, then another direction is drawn, and what remains
//! is counted and may be at most 1 % of all probes.

mod sample;

pub use sample::{sample_inputs, sample_states};

use crate::prim::cost::cost;
use crate::prim::evaluate::{Given, evaluate, reevaluate, trace};
use crate::prim::tensor::Tensor;
use crate::prim::{Phase, Prim, PrimGraph, Role, Source, StateId};
use crate::simplify::remove_unread;
use netc_plan::philox;

/// Multiply-adds of a forward pass above which all tensors are checked in one direction.
pub const JOINT_ABOVE: u64 = 1_000_000_000;
/// Steps are this times (1 + norm of what is moved).
const STEP: f64 = 1e-5;
/// Smaller steps and other directions that are tried at a kink.
const RETRIES: usize = 4;

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
    let mut report = Report { loss: prober.loss, checks: Vec::new(), probes: 0, kinks: 0 };
    if jointly {
        let check = prober.check(&gradients, "all parameters".to_string(), &mut report.probes);
        each(&check);
        report.checks.push(check);
    } else {
        prober.known = trace(&forward, given);
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

struct Prober<'a> {
    graph: &'a PrimGraph,
    given: Given<'a, f64>,
    /// The states, of which some are moved for a moment.
    states: Vec<Tensor<f64>>,
    /// All values at the unmoved point; empty where everything is run again.
    known: Vec<Tensor<f64>>,
    loss: f64,
    options: &'a Options,
    draws: u64,
}

/// A displacement of states per unit of the step, and the derivative that the gradients give along it.
struct Direction {
    moves: Vec<(StateId, Vec<f64>)>,
    analytic: f64,
    /// What the derivative would be along a typical direction: errors are relative to it where the true one is small.
    typical: f64,
}

impl Prober<'_> {
    fn check(&mut self, gradients: &[(StateId, &[f64])], path: String, probes: &mut usize) -> Check {
        let stale = self.stale(gradients);
        let mut kinks = 0;
        *probes += 1;
        let along = self.probe(&stale, |prober| prober.random_direction(gradients));
        kinks += usize::from(along.is_none());
        let (analytic, numeric, error) = along.unwrap_or((f64::NAN, f64::NAN, 0.0));
        let mut worst_entry = 0.0f64;
        let entries = if gradients.len() == 1 { self.options.entries.min(gradients[0].1.len()) } else { 0 };
        for _ in 0..entries {
            *probes += 1;
            match self.probe(&stale, |prober| prober.random_entry(gradients[0])) {
                Some((.., error)) if error.is_nan() => worst_entry = f64::INFINITY,
                Some((.., error)) => worst_entry = worst_entry.max(error),
                None => kinks += 1,
            }
        }
        let passes = error <= self.options.tolerance && worst_entry <= self.options.tolerance;
        let elements = gradients.iter().map(|(_, gradient)| gradient.len()).sum();
        Check { path, elements, analytic, numeric, error, worst_entry, kinks, passes }
    }

    /// Which nodes depend on the tensors that move.
    fn stale(&self, gradients: &[(StateId, &[f64])]) -> Vec<bool> {
        if self.known.is_empty() {
            return vec![true; self.graph.nodes.len()];
        }
        let mut stale: Vec<bool> = Vec::with_capacity(self.graph.nodes.len());
        for node in &self.graph.nodes {
            stale.push(match &node.prim {
                Prim::Source(Source::State(state)) => gradients.iter().any(|(moved, _)| moved == state),
                _ => node.inputs.iter().any(|input| stale[input.0 as usize]),
            });
        }
        stale
    }

    /// Analytic and numeric derivative and their error, or `None` where every direction crossed a kink.
    fn probe(&mut self, stale: &[bool], draw: impl Fn(&mut Self) -> Direction) -> Option<(f64, f64, f64)> {
        for _ in 0..RETRIES {
            let direction = draw(self);
            let mut step = STEP;
            for _ in 0..RETRIES {
                let (above, below) = (self.loss_at(&direction, step, stale), self.loss_at(&direction, -step, stale));
                let numeric = (above.0 - below.0) / (2.0 * step);
                let error = self.error(direction.analytic, numeric, direction.typical, step);
                if above.1 == below.1 || error <= self.options.tolerance {
                    return Some((direction.analytic, numeric, error));
                }
                step /= 10.0;
            }
        }
        None
    }

    /// The distance relative to the derivative; none where the derivative is so small that rounding explains it.
    fn error(&self, analytic: f64, numeric: f64, typical: f64, step: f64) -> f64 {
        let rounding = 1e-13 * (1.0 + self.loss.abs()) / step;
        let distance = (analytic - numeric).abs();
        let error = distance / analytic.abs().max(numeric.abs()).max(typical);
        let agrees = error <= self.options.tolerance;
        if distance <= rounding && !agrees { 0.0 } else { error }
    }

    fn loss_at(&mut self, direction: &Direction, step: f64, stale: &[bool]) -> (f64, u64) {
        let mut kept = Vec::with_capacity(direction.moves.len());
        for (state, moves) in &direction.moves {
            let moved = &mut self.states[state.0 as usize];
            kept.push(moved.clone());
            if let Tensor::Real(values) = moved {
                values.iter_mut().zip(moves).for_each(|(value, by)| *value += step * by);
            }
        }
        let given = Given { states: &self.states, ..self.given };
        let outcome = reevaluate(self.graph, given, &self.known, stale);
        for ((state, _), kept) in direction.moves.iter().zip(kept) {
            self.states[state.0 as usize] = kept;
        }
        (outcome.results[0].real()[0], outcome.branches)
    }

    fn next_key(&mut self) -> u64 {
        self.draws += 1;
        philox::key(self.options.seed, philox::stream("gradcheck", self.draws))
    }

    /// Normal in all entries; as long as the tensor and 1 together.
    fn random_direction(&mut self, gradients: &[(StateId, &[f64])]) -> Direction {
        let mut direction = Direction { moves: Vec::new(), analytic: 0.0, typical: 0.0 };
        let mut squares = 0.0;
        for &(state, gradient) in gradients {
            let key = self.next_key();
            let draw = |i: usize| f64::from(philox::normal(key, 0, i as u64));
            let mut moves: Vec<f64> = (0..gradient.len()).map(draw).collect();
            let length = (1.0 + norm(self.given.states[state.0 as usize].real())) / norm(&moves).max(f64::MIN_POSITIVE);
            moves.iter_mut().for_each(|by| *by *= length);
            direction.analytic += moves.iter().zip(gradient).map(|(by, gradient)| by * gradient).sum::<f64>();
            squares += (norm(&moves) * norm(gradient)).powi(2) / gradient.len() as f64;
            direction.moves.push((state, moves));
        }
        direction.typical = squares.sqrt();
        direction
    }

    fn random_entry(&mut self, (state, gradient): (StateId, &[f64])) -> Direction {
        let key = self.next_key();
        let draw = f64::from(philox::uniform(key, 0, 0)) + f64::from(philox::uniform(key, 0, 1)) / 16_777_216.0;
        let entry = ((draw * gradient.len() as f64) as usize).min(gradient.len() - 1);
        let length = 1.0 + self.given.states[state.0 as usize].real()[entry].abs();
        let mut moves = vec![0.0; gradient.len()];
        moves[entry] = length;
        let typical = length * norm(gradient) / (gradient.len() as f64).sqrt();
        Direction { moves: vec![(state, moves)], analytic: length * gradient[entry], typical }
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}
