//! Nodes and the graph that they form, with what it reads, gives and writes.

use super::{OriginId, Prim, StateId, ValueId, ValueType};
use crate::model::init::Init;
use crate::op::ParamKind;

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it computes.
    pub prim: Prim,
    /// From which values.
    pub inputs: Vec<ValueId>,
    /// Type of the result.
    pub ty: ValueType,
    /// The layer that it came from.
    pub origin: OriginId,
    /// Part of the step that it belongs to.
    pub phase: Phase,
}

/// Part of a step, for costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The network.
    Forward,
    /// Loss and metrics.
    Loss,
    /// Gradients.
    Backward,
    /// The optimiser.
    Update,
}

/// A tensor that outlives one step.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// PyTorch's path, for slots followed by the slot's name: `fc.weight/momentum_buffer`.
    pub path: String,
    /// Shape in PyTorch's order.
    pub shape: Vec<usize>,
    /// Value before the first step.
    pub init: Init,
    /// What it is.
    pub role: StateRole,
}

/// What a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateRole {
    /// A parameter or buffer of the model; index into its `params` equals the state's index.
    Param(ParamKind),
    /// A slot of the optimiser for the parameter with this state.
    Slot(StateId),
}

/// A result by its role.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// An output of the network.
    Output(String),
    /// A labelled value asked for by the caller.
    Tap(String),
    /// The scalar loss.
    Loss,
    /// A metric's sum over the batch.
    Metric(String),
    /// Gradient of the loss by a parameter.
    Gradient(StateId),
    /// Gradient of the loss by an input.
    InputGradient(u32),
}

/// What is asked of a program, and so how operators with two behaviours act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Outputs from inputs; dropout is the identity and running statistics are used.
    Predict,
    /// Outputs, loss and metrics; behaves as `Predict`.
    Evaluate,
    /// Loss and gradients of a training step, nothing is written but what `gradients` returns.
    Gradients,
    /// A whole training step.
    Step,
}

impl Mode {
    /// Whether dropout drops and normalisation uses the batch.
    pub fn trains(self) -> bool {
        matches!(self, Mode::Gradients | Mode::Step)
    }
}

/// What a gradient rule reads: a node's inputs and result, the gradient of the loss by the result, and by which of the
/// inputs the gradient is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reverse<'a> {
    pub inputs: &'a [ValueId],
    pub result: ValueId,
    pub upstream: ValueId,
    pub wanted: &'a [bool],
}

/// A step's meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct PrimGraph {
    /// Network name.
    pub name: String,
    /// What the graph is for.
    pub mode: Mode,
    /// Samples.
    pub batch: usize,
    /// Nodes in topological order.
    pub nodes: Vec<Node>,
    /// Paths of the layers that nodes came from.
    pub layers: Vec<String>,
    /// Inputs and then targets: name and type.
    pub inputs: Vec<(String, ValueType)>,
    /// Tensors that outlive the step; the first ones are the model's parameters in its order.
    pub states: Vec<State>,
    /// Results.
    pub results: Vec<(Role, ValueId)>,
    /// New versions of states, all written at the end of the step.
    pub updates: Vec<(StateId, ValueId)>,
}

impl PrimGraph {
    /// The node behind an id.
    pub fn node(&self, id: ValueId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The type of a value.
    pub fn ty(&self, id: ValueId) -> &ValueType {
        &self.nodes[id.0 as usize].ty
    }

    /// Ids in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = ValueId> + use<> {
        (0..self.nodes.len() as u32).map(ValueId)
    }
}
