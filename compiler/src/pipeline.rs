//! The middle of the compiler as one function: a model becomes the primitives of one mode, with gradients and updates
//! where the mode asks for them.

use crate::differentiate::{Wanted, differentiate};
use crate::expand::expand;
use crate::fuse::{KernelGraph, fuse};
use crate::lower::{Choices, lower};
use crate::model::{Model, Named, ParamId};
use crate::op::ParamKind;
use crate::optimizer::{Decay, Trained, apply_optimizer};
use crate::prim::{Mode, PrimGraph, Role, StateId};
use crate::program::{Program, Sizes, Verified, Violation, verify};
use crate::simplify::{fold_scales, simplify};

/// What a mode computes: outputs, loss and metrics, gradients of the trained parameters, or the whole update.
///
/// `Gradients` and `Step` need a recipe; without one they give the graph without a loss.
pub fn primitives(model: &Model, mode: Mode, batch: usize, taps: &[Named]) -> PrimGraph {
    let graph = expand(model, mode, batch, taps);
    let loss = graph.results.iter().find(|(role, _)| *role == Role::Loss).map(|&(_, value)| value);
    let (Some(loss), Some(recipe)) = (loss, &model.recipe) else { return graph };
    if !mode.trains() {
        return graph;
    }
    let trained = trained(model);
    let wanted: Vec<Wanted> = trained.iter().map(|&id| Wanted::State(StateId(id.0))).collect();
    let graph = differentiate(graph, loss, &wanted);
    if mode == Mode::Gradients {
        return graph;
    }
    let updates: Vec<Trained<'_>> = trained
        .iter()
        .map(|&id| {
            let optimizer = recipe.optimizer_of(id);
            let decay = recipe.decay == Decay::All || model.param(id).shape.len() > 1;
            Trained { state: StateId(id.0), optimizer, pace: optimizer.rate() / recipe.rate, decay }
        })
        .collect();
    apply_optimizer(graph, &updates)
}

/// The parameters that the optimiser changes, in the model's order.
pub fn trained(model: &Model) -> Vec<ParamId> {
    let frozen = |id: &ParamId| model.recipe.as_ref().is_some_and(|recipe| recipe.frozen.contains(id));
    (0..model.params.len() as u32)
        .map(ParamId)
        .filter(|id| model.param(*id).kind == ParamKind::Trainable && !frozen(id))
        .collect()
}

/// A model as fused kernels for one mode and batch, before loops and layouts.
pub fn kernels(model: &Model, mode: Mode, batch: usize, taps: &[Named]) -> KernelGraph {
    fuse(&simplified(primitives(model, mode, batch, taps)))
}

/// A model as a verified loop program for one mode and batch.
///
/// # Errors
/// A violation is an error in netc, never in a model.
pub fn program(
    model: &Model,
    mode: Mode,
    batch: usize,
    taps: &[Named],
    choices: &Choices,
) -> Result<Verified<Program>, Violation> {
    compile(primitives(model, mode, batch, taps), choices)
}

/// Elements that the program of a mode and batch occupies, without the proof that it can be run.
pub fn sizes(model: &Model, mode: Mode, batch: usize, choices: &Choices) -> Sizes {
    lower(&kernels(model, mode, batch, &[]), choices).sizes
}

/// The rest of the way from primitives: simplified, fused, lowered, verified.
///
/// # Errors
/// A violation is an error in netc, never in a graph.
pub fn compile(graph: PrimGraph, choices: &Choices) -> Result<Verified<Program>, Violation> {
    verify(lower(&fuse(&simplified(graph)), choices))
}

/// Simplified, with scales folded into weights, which leaves more to simplify.
fn simplified(graph: PrimGraph) -> PrimGraph {
    simplify(fold_scales(simplify(graph)))
}
