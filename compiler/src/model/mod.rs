//! The checked network: a graph of layers whose every edge has a type, its parameters, recipe and assertions.
//!
//! `elaborate` builds it; node order is a topological order, because a value exists before it is used. Shapes keep
//! the batch symbolic; every extent becomes a number in `expand`.

pub mod init;
pub mod initial;
mod print;
pub mod recipe;

use crate::op::{Op, ParamKind};
use crate::types::TensorType;
use init::Init;
use netc_grammar::Span;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A layer of the model's graph.
pub type LayerId = NodeIndex<u32>;

/// One result of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueRef {
    /// The layer that computes it.
    pub layer: LayerId,
    /// Which of its results.
    pub output: usize,
}

/// Index into [`Model::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u32);

/// A tensor that outlives one step: trainable weights, frozen weights, buffers.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// PyTorch's path: `layer1.0.conv1.weight`.
    pub path: String,
    /// Shape in PyTorch's order.
    pub shape: Vec<u64>,
    /// Starting values.
    pub init: Init,
    /// Who changes it.
    pub kind: ParamKind,
    /// Where it was declared.
    pub span: Span,
}

/// What a node of the graph is.
#[derive(Clone, Debug)]
pub enum LayerKind {
    /// A tensor that the caller gives: an input of the network.
    Input,
    /// A tensor that the data gives while training: a target.
    Target,
    /// A parameter or buffer standing as a value in an expression.
    Param(ParamId),
    /// A number, as a scalar tensor.
    Constant(f64),
    /// An operator.
    Apply(Arc<dyn Op>),
}

/// Which part of the file a layer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The network: counted by `check`, run by `predict`.
    Network,
    /// The loss expression.
    Loss,
    /// A metric expression.
    Metric,
}

/// A node of the model's graph.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Path by decision: labels, else positions; unique. Inputs and targets have their names.
    pub path: String,
    /// What it is.
    pub kind: LayerKind,
    /// Its parameters by the name that the operator gave them; a shared layer's nodes have the same ids.
    pub params: Vec<(&'static str, ParamId)>,
    /// Types of its results.
    pub outputs: Vec<TensorType>,
    /// The stage or expression that it came from.
    pub span: Span,
    /// Part of the file.
    pub section: Section,
    /// Whether its parameters and running statistics stay as they are while training.
    pub frozen: bool,
}

/// An edge: result `output` of the source feeds input `input` of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Result of the source layer.
    pub output: usize,
    /// Position among the target's inputs.
    pub input: usize,
    /// Its type.
    pub ty: TensorType,
}

/// A named value: an output, or a labelled value that can be tapped.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The name in the source.
    pub name: String,
    /// The value.
    pub value: ValueRef,
    /// Where it is named.
    pub span: Span,
}

/// A call of a block: a range of layers that came from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCall {
    /// Path of the call.
    pub path: String,
    /// The call as it would be written, the piped value left out: `basic(channels = 64, stride = 2)`.
    pub text: String,
    /// Indices of its layers.
    pub layers: std::ops::Range<u32>,
    /// Whether it calls no other block.
    pub innermost: bool,
}

/// A statement of a `check` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// The text as written.
    pub text: String,
    /// What is to hold, over the summary's figures.
    pub condition: recipe::Condition,
    /// Where it stands.
    pub span: Span,
}

/// A network after all checks.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network's name.
    pub name: String,
    /// Layers and typed edges.
    pub graph: DiGraph<Layer, Edge, u32>,
    /// Inputs in order.
    pub inputs: Vec<Named>,
    /// Outputs in order.
    pub outputs: Vec<Named>,
    /// `let` names and labels at any depth, by path, for `--tap`.
    pub labels: BTreeMap<String, ValueRef>,
    /// Calls of blocks in the order of their ends, for folding tables.
    pub blocks: Vec<BlockCall>,
    /// Parameters and buffers in order of their first use.
    pub params: Vec<Param>,
    /// The recipe, if the file has one for this network.
    pub recipe: Option<recipe::Recipe>,
    /// Statements of the `check` sections.
    pub assertions: Vec<Assertion>,
    /// What `let`s of `check` sections compute, each of those before it.
    pub figures: Vec<recipe::Quantity>,
}

/// Whether a path is `prefix`, or lies below it.
pub fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Model {
    /// The layer behind an id.
    pub fn layer(&self, id: LayerId) -> &Layer {
        &self.graph[id]
    }

    /// The type of a value.
    pub fn ty(&self, value: ValueRef) -> &TensorType {
        &self.graph[value.layer].outputs[value.output]
    }

    /// The parameter behind an id.
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.0 as usize]
    }

    /// The values that feed a layer, in the order of its inputs.
    pub fn inputs_of(&self, id: LayerId) -> Vec<ValueRef> {
        use petgraph::visit::EdgeRef;
        let mut inputs: Vec<(usize, ValueRef)> = self
            .graph
            .edges_directed(id, petgraph::Direction::Incoming)
            .map(|edge| (edge.weight().input, ValueRef { layer: edge.source(), output: edge.weight().output }))
            .collect();
        inputs.sort_unstable_by_key(|&(position, _)| position);
        inputs.into_iter().map(|(_, value)| value).collect()
    }
}
