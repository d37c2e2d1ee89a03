//! From a graph with gradients to one that also updates: the optimiser's rule once per trained parameter.

use super::{Optimizer, Update};
use crate::model::init::Init;
use crate::prim::builder::Builder;
use crate::prim::{Phase, Prim, PrimGraph, Role, Source, State, StateId, StateRole, StepScalar, ValueId, ValueType};
use crate::types::DType;

/// A parameter that the optimiser changes.
#[derive(Clone, Copy, Debug)]
pub struct Trained<'a> {
    /// The parameter; the graph's results hold its gradient.
    pub state: StateId,
    /// Its rule.
    pub optimizer: &'a dyn Optimizer,
    /// Factor on the step's rate.
    pub pace: f64,
    /// Whether weight decay applies.
    pub decay: bool,
}

/// Appends the update of every trained parameter by its rule. Gradients leave the results; each slot becomes a state
/// named `fc.weight/momentum_buffer`, in the order of parameters and then of slots.
///
/// # Panics
/// If the graph has no gradient for one of them: an error in the caller, never in a model.
pub fn apply_optimizer(graph: PrimGraph, trained: &[Trained<'_>]) -> PrimGraph {
    let mut builder = Builder::resume(graph);
    builder.phase = Phase::Update;
    let gradients: Vec<(StateId, ValueId)> = builder.graph.results.iter().filter_map(gradient).collect();
    builder.graph.results.retain(|result| gradient(result).is_none());
    let ty = ValueType { dtype: DType::F32, shape: Vec::new() };
    let rate = builder.push(Prim::Source(Source::Scalar(StepScalar::Rate)), vec![], ty);
    for &Trained { state, optimizer, pace, decay } in trained {
        let found = gradients.iter().find(|(known, _)| *known == state);
        let &(_, gradient) = found.expect("every trained parameter has a gradient");
        let param = builder.read(state);
        builder.origin = builder.graph.node(param).origin;
        let slots: Vec<ValueId> = optimizer
            .slots()
            .iter()
            .map(|slot| {
                let owner = &builder.graph.states[state.0 as usize];
                let slot = builder.add_state(State {
                    path: format!("{}/{}", owner.path, slot.name),
                    shape: if slot.scalar { Vec::new() } else { owner.shape.clone() },
                    init: Init::Constant(slot.start),
                    role: StateRole::Slot(state),
                });
                builder.read(slot)
            })
            .collect();
        let rate = if pace == 1.0 { rate } else { builder.scale(rate, pace) };
        let updated = optimizer.update(&mut builder, Update { param, gradient, slots: &slots, rate, decay });
        builder.write(param, updated.param);
        for (old, new) in slots.into_iter().zip(updated.slots) {
            builder.write(old, new);
        }
    }
    builder.graph
}

fn gradient(result: &(Role, ValueId)) -> Option<(StateId, ValueId)> {
    match result {
        (Role::Gradient(state), value) => Some((*state, *value)),
        _ => None,
    }
}
