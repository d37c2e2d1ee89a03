//! Derivatives of the loss by differences, along directions through states.

use super::{Check, Options};
use crate::prim::evaluate::{Given, reevaluate};
use crate::prim::tensor::Tensor;
use crate::prim::{Prim, PrimGraph, Source, StateId};
use netc_plan::philox;

/// The first step is this times (1 + norm of what is moved).
const STEP: f64 = 1e-5;
/// From one step to the next.
const RATIO: f64 = 4.0;
/// Steps along one direction.
const STEPS: usize = 6;
/// Other directions that are tried where kinks are too close.
const DIRECTIONS: usize = 4;
/// Error of a loss by rounding, relative to 1 + loss.
const ROUNDING: f64 = 1e-13;
/// The largest share of a typical derivative that rounding may explain. Steps at which it would explain more say
/// nothing and are not made.
const SHARE: f64 = 1e-3;
/// The largest first step, for derivatives that are too small to be seen by [`STEP`].
const LARGEST: f64 = 1e-2;

/// What directions are tried on.
pub(super) struct Prober<'a> {
    pub graph: &'a PrimGraph,
    pub given: Given<'a, f64>,
    /// The states, of which some are moved for a moment.
    pub states: Vec<Tensor<f64>>,
    /// All values at the unmoved point; empty where everything is run again.
    pub known: Vec<Tensor<f64>>,
    pub loss: f64,
    pub options: &'a Options,
    pub draws: u64,
}

/// A displacement of states per unit of the step, and the derivative that the gradients give along it.
struct Direction {
    moves: Vec<(StateId, Vec<f64>)>,
    analytic: f64,
    /// What the derivative would be along a typical direction: errors are relative to it where the true one is small.
    typical: f64,
}

impl Prober<'_> {
    /// One direction through some tensors, and entries of it where it is one tensor.
    pub fn check(&mut self, gradients: &[(StateId, &[f64])], path: String, probes: &mut usize) -> Check {
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

    /// Which nodes depend on the tensors that move. What is detached is a constant to gradients, so it stays as it was.
    fn stale(&self, gradients: &[(StateId, &[f64])]) -> Vec<bool> {
        if self.known.is_empty() {
            return vec![true; self.graph.nodes.len()];
        }
        let mut stale: Vec<bool> = Vec::with_capacity(self.graph.nodes.len());
        for node in &self.graph.nodes {
            stale.push(match &node.prim {
                Prim::Source(Source::State(state)) => gradients.iter().any(|(moved, _)| moved == state),
                Prim::Detach => false,
                _ => node.inputs.iter().any(|input| stale[input.0 as usize]),
            });
        }
        stale
    }

    /// Analytic and numeric derivative and their error, or `None` where every direction crossed kinks.
    fn probe(&mut self, stale: &[bool], draw: impl Fn(&mut Self) -> Direction) -> Option<(f64, f64, f64)> {
        for _ in 0..DIRECTIONS {
            let direction = draw(self);
            if let Some((numeric, error)) = self.difference(&direction, stale) {
                return Some((direction.analytic, numeric, error));
            }
        }
        None
    }

    /// The derivative along a direction by central differences and its error, or `None` where fewer than two steps
    /// next to each other cross no kink.
    ///
    /// Ridders' method: with D(h) = D + c₂h² + c₄h⁴ + …, each new step removes one more term of all before it; the
    /// estimate that differs least from its neighbours stands. The search ends where it agrees with the gradient.
    fn difference(&mut self, direction: &Direction, stale: &[bool]) -> Option<(f64, f64)> {
        let mut best: Option<(f64, f64, f64)> = None;
        let mut row: Vec<f64> = Vec::new();
        let size = direction.typical.max(direction.analytic.abs());
        let smallest = self.rounding() / (SHARE * size);
        let mut step = STEP.max(smallest * RATIO.powi(2)).min(LARGEST);
        for made in 0..STEPS {
            if made > 0 && step < smallest {
                break;
            }
            let (above, below) = (self.loss_at(direction, step, stale), self.loss_at(direction, -step, stale));
            let plain = (above.0 - below.0) / (2.0 * step);
            let error = self.error(direction, plain, step);
            if error <= self.options.tolerance {
                return Some((plain, error));
            }
            if above.1 == below.1 {
                let mut next = vec![plain];
                let mut factor = 1.0;
                for (order, &before) in row.iter().enumerate() {
                    factor *= RATIO * RATIO;
                    let better = (next[order] * factor - before) / (factor - 1.0);
                    let doubt = (better - next[order]).abs().max((better - before).abs());
                    if best.is_none_or(|known| doubt < known.1) {
                        best = Some((better, doubt, step));
                        let error = self.error(direction, better, step);
                        if error <= self.options.tolerance {
                            return Some((better, error));
                        }
                    }
                    next.push(better);
                }
                row = next;
            } else {
                row.clear();
            }
            step /= RATIO;
        }
        best.map(|(numeric, _, step)| (numeric, self.error(direction, numeric, step)))
    }

    /// The distance relative to the derivative; none where the derivative is so small that rounding explains it.
    fn error(&self, direction: &Direction, numeric: f64, step: f64) -> f64 {
        let rounding = self.rounding() / step;
        let distance = (direction.analytic - numeric).abs();
        let error = distance / direction.analytic.abs().max(numeric.abs()).max(direction.typical);
        let agrees = error <= self.options.tolerance;
        if distance <= rounding && !agrees { 0.0 } else { error }
    }

    /// Error of the difference of two losses.
    fn rounding(&self) -> f64 {
        ROUNDING * (1.0 + self.loss.abs())
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
