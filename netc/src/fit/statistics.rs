//! What training needs to know of values inside the network: statistics for `standardize`, the first layer that breaks.

use super::give::give;
use super::sample::sample;
use crate::session::result;
use crate::{Error, Network, Session};
use netc_compiler::model::init::{Init, Statistic};
use netc_compiler::model::{LayerId, LayerKind, ParamId, Section};
use netc_compiler::pipeline;
use netc_compiler::prim::evaluate::{Given, evaluate};
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, Role};
use netc_train::data::{Batch, Chosen, Dataset};
use netc_train::moments::Moments;
use netc_train::stepper::Scalars;
use std::collections::BTreeSet;

/// Samples that are looked at together.
const BATCH: usize = 256;

/// Fits what starts from the training part: statistics of a layer's input, and sampled rows; layer after layer, because
/// what a later layer sees depends on the earlier ones. Parameters that `known` holds stay as they are.
pub(super) fn fit(network: &Network, training: &Dataset, known: &BTreeSet<ParamId>) -> Result<(), Error> {
    let model = network.model();
    for id in model.graph.node_indices() {
        let layer = model.layer(id);
        if let (LayerKind::Param(param), Section::Network) = (&layer.kind, layer.section)
            && let Init::Sample(value) = model.param(*param).init
            && !known.contains(param)
        {
            sample(network, training, model.param(*param), value)?;
        }
        let fitted: Vec<(ParamId, Statistic)> = layer
            .params
            .iter()
            .filter_map(|&(_, param)| match model.param(param).init {
                Init::Fit { statistic, .. } if !known.contains(&param) => Some((param, statistic)),
                _ => None,
            })
            .collect();
        let Some(&(first, _)) = fitted.first() else { continue };
        let features = model.param(first).shape.iter().product::<u64>() as usize;
        let moments = moments(network, training, id, features)?;
        for (param, statistic) in fitted {
            network.set_parameter(&model.param(param).path, &moments.statistic(statistic))?;
        }
    }
    Ok(())
}

/// Moments per feature (or channel) of a layer's input.
fn moments(network: &Network, training: &Dataset, layer: LayerId, features: usize) -> Result<Moments, Error> {
    let input = network.model().inputs_of(layer)[0];
    let per_sample = network.model().ty(input).shape.elements() as usize;
    let mut moments = Moments::new(features, per_sample / features.max(1));
    let rows: Vec<u32> = (0..training.count() as u32).collect();
    let mut session: Option<Session> = None;
    for rows in rows.chunks(BATCH) {
        let batch = Batch::new(training, rows);
        if session.as_ref().is_none_or(|session| session.batch() != rows.len()) {
            session = Some(network.session(rows.len()).tap_value("input", input));
        }
        let Some(session) = &mut session else { continue };
        let scalars = netc_jit::Scalars::default();
        let (instance, _) = session.run_with(Mode::Predict, scalars, |name, ty, to| give(batch, name, ty, to))?;
        moments.add(result(instance, |role| *role == Role::Tap("input".into())).unwrap_or_default());
    }
    Ok(moments)
}

/// Replays a training step without fusion and names the first layer with a value that is not finite.
pub(super) fn first_non_finite_layer(network: &Network, batch: Batch<'_>, scalars: &Scalars) -> Option<String> {
    let model = network.model();
    let mut graph = pipeline::primitives(model, Mode::Gradients, batch.size(), &[]);
    graph.results = graph.ids().map(|id| (Role::Loss, id)).collect();
    let inputs = graph.inputs.iter().map(|(name, _)| {
        Some(match batch.column(name)? {
            Chosen::F32(samples) => Tensor::from_f32(&samples.to_vec()),
            Chosen::I32(samples) => Tensor::Int(samples.to_vec()),
        })
    });
    let inputs: Vec<Tensor<f32>> = inputs.collect::<Option<_>>()?;
    let states = (0..graph.states.len()).map(|index| Tensor::from_f32(&network.inner.values.read(index)));
    let states: Vec<Tensor<f32>> = states.collect();
    let given = Given {
        inputs: &inputs,
        states: &states,
        upstreams: &[],
        rate: f64::from(scalars.rate),
        seed: scalars.seed,
        step: scalars.step,
    };
    let outcome = evaluate(&graph, given);
    let broken = outcome
        .results
        .iter()
        .position(|tensor| matches!(tensor, Tensor::Real(values) if values.iter().any(|value| !value.is_finite())))?;
    let origin = graph.nodes[broken].origin;
    Some(graph.layers[origin.0 as usize].clone())
}
