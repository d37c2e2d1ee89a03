//! The model becomes primitives: each operator says its meaning, for one mode and one number of samples.
//!
//! Origins are the model's layers: [`OriginId`] equals the layer's index.

use crate::model::{Layer, LayerId, LayerKind, Model, Named, Section, ValueRef};
use crate::op::{Operand, Params};
use crate::prim::builder::Builder;
use crate::prim::{
    Mode, OriginId, Phase, Prim, PrimGraph, Role, Source, State, StateId, StateRole, ValueId, ValueType,
};

/// A graph, and where each result of each layer is in it.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The graph.
    pub graph: PrimGraph,
    /// Per layer of the model its results; empty for layers of other sections than the mode needs.
    pub values: Vec<Vec<ValueId>>,
}

/// The meaning of a model: outputs for `Predict`; outputs, loss and metrics for `Evaluate`; the loss for `Gradients`
/// and `Step`. Tapped values are further results.
pub fn expand(model: &Model, mode: Mode, batch: usize, taps: &[Named]) -> PrimGraph {
    expand_all(model, mode, batch, taps).graph
}

/// The same with the place of every layer's results.
pub fn expand_all(model: &Model, mode: Mode, batch: usize, taps: &[Named]) -> Expanded {
    let with_targets = mode != Mode::Predict;
    let targets = model.recipe.iter().flat_map(|recipe| &recipe.targets).filter(|_| with_targets);
    let sources: Vec<&Named> = model.inputs.iter().chain(targets).collect();
    let mut builder = Builder::resume(empty(model, mode, batch, &sources));
    let mut values: Vec<Vec<ValueId>> = vec![Vec::new(); model.graph.node_count()];
    for id in model.graph.node_indices() {
        let layer = model.layer(id);
        if !runs(layer.section, mode) {
            continue;
        }
        builder.origin = OriginId(id.index() as u32);
        builder.phase = if layer.section == Section::Network { Phase::Forward } else { Phase::Loss };
        builder.frozen = layer.frozen;
        builder.draws = 0;
        values[id.index()] = meaning(model, id, layer, &mut builder, &values, &sources);
    }
    let at = |value: ValueRef| values[value.layer.index()].get(value.output).copied();
    let mut results = Vec::new();
    if matches!(mode, Mode::Predict | Mode::Evaluate) {
        results.extend(model.outputs.iter().map(|output| (Role::Output(output.name.clone()), at(output.value))));
    }
    results.extend(taps.iter().map(|tap| (Role::Tap(tap.name.clone()), at(tap.value))));
    if let Some(recipe) = model.recipe.as_ref().filter(|_| with_targets) {
        results.push((Role::Loss, at(recipe.loss)));
        for metric in recipe.metrics.iter().filter(|_| mode == Mode::Evaluate) {
            let value = at(metric.value).map(|value| match metric.is_mean {
                true => builder.scale(value, batch as f64),
                false => value,
            });
            results.push((Role::Metric(metric.name.clone()), value));
        }
    }
    builder.graph.results.extend(results.into_iter().filter_map(|(role, value)| Some((role, value?))));
    Expanded { graph: builder.graph, values }
}

fn runs(section: Section, mode: Mode) -> bool {
    match section {
        Section::Network => true,
        Section::Loss => mode != Mode::Predict,
        Section::Metric => mode == Mode::Evaluate,
    }
}

fn empty(model: &Model, mode: Mode, batch: usize, sources: &[&Named]) -> PrimGraph {
    let states = model.params.iter().map(|param| State {
        path: param.path.clone(),
        shape: param.shape.iter().map(|&extent| extent as usize).collect(),
        init: param.init.clone(),
        role: StateRole::Param(param.kind),
    });
    PrimGraph {
        name: model.name.clone(),
        mode,
        batch,
        // About as many as most networks need, so that growing does not move them: gradients double them.
        nodes: Vec::with_capacity(model.graph.node_count() * if mode.trains() { 8 } else { 4 }),
        layers: model.graph.node_weights().map(|layer| layer.path.clone()).collect(),
        inputs: sources.iter().map(|source| (source.name.clone(), concrete(model, source.value, batch))).collect(),
        states: states.collect(),
        results: Vec::new(),
        updates: Vec::new(),
    }
}

fn concrete(model: &Model, value: ValueRef, batch: usize) -> ValueType {
    let ty = model.ty(value);
    ValueType { dtype: ty.dtype, shape: ty.shape.concrete(batch) }
}

fn meaning(
    model: &Model,
    id: LayerId,
    layer: &Layer,
    builder: &mut Builder,
    values: &[Vec<ValueId>],
    sources: &[&Named],
) -> Vec<ValueId> {
    match &layer.kind {
        LayerKind::Input | LayerKind::Target => {
            let Some(index) = sources.iter().position(|source| source.value.layer == id) else { return Vec::new() };
            let ty = concrete(model, ValueRef { layer: id, output: 0 }, builder.graph.batch);
            vec![builder.push(Prim::Source(Source::Input(index as u32)), vec![], ty)]
        }
        LayerKind::Param(param) => vec![builder.read(StateId(param.0))],
        LayerKind::Constant(number) => vec![builder.fill(*number, &[])],
        LayerKind::Apply(op) => {
            let operands: Vec<Operand> = model
                .inputs_of(id)
                .into_iter()
                .map(|input| Operand { value: values[input.layer.index()][input.output], ty: model.ty(input).clone() })
                .collect();
            let params = layer.params.iter().map(|&(name, param)| (name, builder.read(StateId(param.0)))).collect();
            op.expand(builder, &operands, &Params::new(params))
        }
    }
}
