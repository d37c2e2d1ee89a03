//! The primitive graph: what a network means, in about a dozen primitives on tensors whose every extent is a number.
//!
//! An append-only vector in SSA form: index order is topological order. Every node carries the layer that it came
//! from, so that costs and errors find their way back. Elementwise primitives do not broadcast: `View::Broadcast`
//! says so where it happens, and its gradient is a sum.

pub(crate) mod attend;
pub mod builder;
pub(crate) mod concat;
pub(crate) mod contract;
pub(crate) mod conv;
pub mod cost;
pub mod derivative;
pub mod evaluate;
mod graph;
pub(crate) mod map;
pub(crate) mod pad;
pub mod print;
mod print_scalar;
pub(crate) mod reduce;
pub mod scalar;
pub mod tensor;
pub mod verify;
pub(crate) mod view;
pub(crate) mod window;

pub(crate) use graph::Reverse;
pub use graph::{Mode, Node, Phase, PrimGraph, Role, State, StateRole};

use crate::types::DType;
use scalar::ScalarProgram;

/// Index of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

/// Index into [`PrimGraph::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// Index into [`PrimGraph::layers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub u32);

/// Element type and extents, the batch included as a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// Element type.
    pub dtype: DType,
    /// Extents.
    pub shape: Vec<usize>,
}

impl ValueType {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A value read from outside the graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The n-th input of the network, or target (targets follow the inputs).
    Input(u32),
    /// The current version of a tensor that outlives the step.
    State(StateId),
    /// A per-step number from the caller.
    Scalar(StepScalar),
    /// The same number everywhere.
    Fill(f64),
    /// Given numbers in logical order.
    Constant(std::sync::Arc<[f32]>),
    /// The gradient of the result that the caller gives; stands in for a loss where there is none.
    Upstream(u32),
}

/// Per-step numbers from the caller, f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepScalar {
    /// The learning rate after the schedule.
    Rate,
}

/// A primitive. One result each.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// A value from outside.
    Source(Source),
    /// A small scalar program on each element; inputs have the shape of the result.
    Map(ScalarProgram),
    /// Removes axes; the accumulation order is fixed by `lower`.
    Reduce {
        /// What is computed.
        op: ReduceOp,
        /// Axes of the input, ascending.
        axes: Vec<usize>,
    },
    /// Any batched matrix product, in Einstein notation: axes of the two inputs and of the result by label.
    /// A label in both inputs and not in the result is summed. Every label of the result is in an input, and
    /// every label that is summed is in both inputs. No label repeats within one operand.
    Contract {
        /// Labels of the axes of the first input.
        left: Vec<u8>,
        /// Labels of the axes of the second input.
        right: Vec<u8>,
        /// Labels of the axes of the result.
        out: Vec<u8>,
    },
    /// Cross-correlation or one of its two adjoints.
    Conv {
        /// Which of the three.
        form: ConvForm,
        /// Strides, borders, dilation, groups.
        geometry: ConvGeometry,
    },
    /// Sliding windows over the trailing axes, without border (a `Pad` goes before).
    Window {
        /// What is computed.
        op: WindowOp,
        /// Kernel, strides, dilation.
        geometry: WindowGeometry,
    },
    /// The same elements under other coordinates.
    View(View),
    /// Adds a border, and gaps between elements, filled with `value`.
    Pad {
        /// Per axis: elements before.
        low: Vec<usize>,
        /// Per axis: elements after.
        high: Vec<usize>,
        /// Per axis: elements between neighbours.
        interior: Vec<usize>,
        /// The filling.
        value: f64,
    },
    /// Joins the inputs along one axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// Uniform numbers in [0, 1): a pure function of seed, step, layer and logical element index.
    Random {
        /// Hash of the layer path and draw number.
        key: u64,
    },
    /// Scaled dot-product attention: (q [.., T, d], k [.., S, d], v [.., S, e]) → [.., T, e], every query the mean of
    /// the values weighted by softmax(scale · q·kᵀ) over the keys.
    Attend {
        /// Whether query t sees keys 0 to t alone.
        causal: bool,
        /// Factor of the products before the softmax.
        scale: f64,
    },
    /// The identity, through which no gradient flows.
    Detach,
}

impl Prim {
    /// Whether this is the gradient of a convolution's weights, which arises with channels innermost.
    pub fn is_weight_gradient(&self) -> bool {
        matches!(self, Prim::Conv { form: ConvForm::WeightGradient, .. })
    }
}

/// What a `Reduce` computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Sum.
    Sum,
    /// Maximum, in which NaN sticks.
    Max,
    /// Position of the first maximum, along exactly one axis; NaN counts as largest.
    Argmax,
    /// Population variance: mean of the squared deviations from the mean, in two passes.
    Variance,
}

/// Forms of `Conv`. x: [N, C, …], w: [O, C/groups, …kernel], y: [N, O, …].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConvForm {
    /// (x, w) → y
    Forward,
    /// (y's gradient, w) → x's gradient; also the meaning of a transposed convolution. The result's type gives x's
    /// size.
    InputGradient,
    /// (x, y's gradient) → w's gradient. The result's type gives the kernel.
    WeightGradient,
}

/// Geometry of a convolution, per spatial axis. y = ⌊(x + low + high − dilation·(kernel − 1) − 1)/stride⌋ + 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvGeometry {
    /// Step of the window.
    pub stride: Vec<usize>,
    /// Border before; zero.
    pub low: Vec<usize>,
    /// Border after; zero.
    pub high: Vec<usize>,
    /// Distance of taps.
    pub dilation: Vec<usize>,
    /// Independent channel groups.
    pub groups: usize,
}

/// Window operations. x: […, spatial], y: […, windows].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowOp {
    /// x → y: largest value, in which NaN sticks.
    Max,
    /// x → y: sum.
    Sum,
    /// x → y: index of the tap (row-major in the kernel) that holds the first largest value.
    Pick,
    /// y → x: each element gets the sum of its windows' values. The adjoint of `Sum`.
    SpreadSum,
    /// (y, picks) → x: each window's value goes to its picked element. The adjoint of `Max`.
    SpreadPick,
}

/// Geometry of windows over the last `kernel.len()` axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WindowGeometry {
    /// Extents of a window.
    pub kernel: Vec<usize>,
    /// Steps.
    pub stride: Vec<usize>,
    /// Distances of taps.
    pub dilation: Vec<usize>,
}

/// The same elements under other coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// Same row-major order, other extents.
    Reshape,
    /// Axis `i` of the result is axis `axes[i]` of the input.
    Permute(Vec<usize>),
    /// Axis `i` of the input is axis `axes[i]` of the result (ascending); extents are equal, or 1 in the input.
    Broadcast(Vec<usize>),
    /// Per axis: first element and step; the result's type gives the counts.
    Slice {
        /// First element.
        start: Vec<usize>,
        /// Step.
        step: Vec<usize>,
    },
    /// Reversed along these axes.
    Flip(Vec<usize>),
}
