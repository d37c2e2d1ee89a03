//! What a network is and costs: per layer and in total. Parameters come from the model, multiply-adds and operations
//! from its primitives, memory from the compiled program, receptive fields from a walk over the graph.

mod assertion;
mod count;
mod field;

pub use assertion::Held;
pub use count::backward;
pub use field::{AxisField, ReceptiveField};

use crate::expand::expand_all;
use crate::model::{LayerId, LayerKind, Model, ParamId, Section, ValueRef};
use crate::op::ParamKind;
use crate::prim::Mode;
use crate::prim::cost::Cost;
use crate::types::Shape;
use netc_grammar::Diagnostic;
use std::collections::BTreeSet;

/// Figures of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its name.
    pub network: String,
    /// Samples that memory is stated for; everything else is per sample.
    pub batch: usize,
    /// Names and shapes without the batch.
    pub inputs: Vec<(String, Shape)>,
    /// Names and shapes without the batch.
    pub outputs: Vec<(String, Shape)>,
    /// One row per layer, in the order of the text.
    pub layers: Vec<Row>,
    /// Calls of blocks as ranges of `layers`.
    pub blocks: Vec<Block>,
    /// Sums.
    pub total: Total,
    /// The assertions and whether they hold.
    pub assertions: Vec<Held>,
}

impl Summary {
    /// Errors of assertions whose figures have no result.
    pub fn faults(&self) -> Vec<Diagnostic> {
        self.assertions.iter().filter_map(|held| held.fault.clone()).collect()
    }
}

/// A layer's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which layer of the model.
    pub layer: LayerId,
    /// Its path.
    pub path: String,
    /// Its operator's name.
    pub name: String,
    /// The operator with its resolved arguments, as they would be written.
    pub op: String,
    /// Shape of its first result without the batch.
    pub output: Shape,
    /// Trained and frozen numbers that it owns; 0 where a shared layer is used again.
    pub params: u64,
    /// Forward multiply-adds of one sample.
    pub macs: u64,
    /// Forward floating-point operations of one sample.
    pub flops: u64,
    /// What one position of its first result can see of the first input that is a map or a sequence.
    pub receptive_field: Option<ReceptiveField>,
}

/// A call of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its path.
    pub path: String,
    /// The call as it would be written: `basic(64, stride = 2)`.
    pub op: String,
    /// The rows of its layers.
    pub rows: std::ops::Range<usize>,
    /// Whether it calls no other block.
    pub innermost: bool,
}

/// Sums over the network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Total {
    /// Trained and frozen numbers.
    pub params: u64,
    /// Those that the optimiser changes.
    pub trainable: u64,
    /// Those that it does not.
    pub frozen: u64,
    /// Running statistics and fitted numbers.
    pub buffers: u64,
    /// Multiply-adds of one sample.
    pub macs_forward: u64,
    /// Of its gradients; none for the first layer's input.
    pub macs_backward: u64,
    /// Floating-point operations of one sample.
    pub flops_forward: u64,
    /// Of its gradients.
    pub flops_backward: u64,
    /// Memory of a prediction at the stated batch; `None` where it was not planned.
    pub memory_predict: Option<MemoryPlan>,
    /// Memory of a training step at the stated batch; `None` without a recipe.
    pub memory_train: Option<MemoryPlan>,
}

/// Bytes of one compiled program, by owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Parameters and buffers.
    pub params: u64,
    /// The optimiser's tensors.
    pub state: u64,
    /// Values that depend on parameters and constants alone, and the constants.
    pub derived: u64,
    /// Intermediate values.
    pub arena: u64,
    /// Inputs, targets, results, per-step numbers and the mark of a loss that is not finite.
    pub inputs: u64,
    /// Scratch of all threads.
    pub scratch: u64,
}

impl MemoryPlan {
    /// Bytes of an element: all are 32 bits wide.
    const ELEMENT: u64 = 4;

    /// From the sizes of a program, at a number of threads.
    pub fn of(sizes: &crate::program::Sizes, threads: usize) -> MemoryPlan {
        let bytes = |elements: usize| (elements as u64).saturating_mul(MemoryPlan::ELEMENT);
        MemoryPlan {
            params: bytes(sizes.params),
            state: bytes(sizes.state),
            derived: bytes(sizes.derived).saturating_add(bytes(sizes.constants)),
            arena: bytes(sizes.arena),
            inputs: [sizes.inputs, sizes.outputs, sizes.scalars, 1].into_iter().map(bytes).fold(0, u64::saturating_add),
            scratch: bytes(netc_plan::scratch::of_threads(sizes.scratch, threads).1),
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        let parts = [self.params, self.state, self.derived, self.arena, self.inputs, self.scratch];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// The memory that a mode needs at a batch, from the plan of the compiled program; `None` where it is not known.
pub type Memory<'a> = dyn Fn(&Model, Mode, usize) -> Option<MemoryPlan> + 'a;

/// Layers of a network beyond which a check had better not plan its memory, which takes as long as all other figures.
pub const PLANNED_LAYERS: usize = 50_000;

/// The memory of nothing: for callers that only count.
pub fn no_memory(_: &Model, _: Mode, _: usize) -> Option<MemoryPlan> {
    None
}

/// The cost of all gradients: [`backward`], which a caller may have begun beside the other figures.
pub type Backward<'a> = dyn Fn(&Model) -> Cost + 'a;

/// Figures of a model. `memory` plans a program; it is asked once per mode and batch that is shown or asserted.
pub fn summarize(model: &Model, batch: usize, memory: &Memory<'_>, backward: &Backward<'_>) -> Summary {
    let expanded = expand_all(model, Mode::Predict, 1, &[]);
    let forward = count::by_origin(&expanded.graph);
    let fields = field::fields(&expanded.graph);
    let field_of = |value: ValueRef| {
        let id = *expanded.values.get(value.layer.index())?.get(value.output)?;
        fields[id.0 as usize].first()
    };
    let trained: BTreeSet<ParamId> = crate::pipeline::trained(model).into_iter().collect();
    let mut counted: BTreeSet<ParamId> = BTreeSet::new();
    let mut rows_before = Vec::with_capacity(model.graph.node_count() + 1);
    let mut layers = Vec::new();
    for id in model.graph.node_indices() {
        rows_before.push(layers.len());
        let layer = model.layer(id);
        let LayerKind::Apply(op) = &layer.kind else { continue };
        if layer.section != Section::Network {
            continue;
        }
        let cost = forward[id.index()];
        layers.push(Row {
            layer: id,
            path: layer.path.clone(),
            name: op.name().to_string(),
            op: op_text(model, id),
            output: layer.outputs[0].shape.clone(),
            params: layer.params.iter().map(|&(_, id)| numbers(model, id, &mut counted)).sum(),
            macs: cost.macs,
            flops: cost.flops,
            receptive_field: field_of(ValueRef { layer: id, output: 0 }),
        });
    }
    rows_before.push(layers.len());
    let blocks = model.blocks.iter().map(|call| Block {
        path: call.path.clone(),
        op: call.text.clone(),
        rows: rows_before[call.layers.start as usize]..rows_before[call.layers.end as usize],
        innermost: call.innermost,
    });
    let blocks = blocks.collect();
    let backward = backward(model);
    let sum = forward.iter().zip(model.graph.node_weights()).filter(|(_, layer)| layer.section == Section::Network);
    let mut total_forward = Cost::default();
    sum.for_each(|(&cost, _)| total_forward += cost);
    let elements = |keep: &dyn Fn(usize) -> bool| -> u64 {
        let kept = model.params.iter().enumerate().filter(|(index, _)| keep(*index));
        kept.map(|(_, param)| param.shape.iter().product::<u64>()).sum()
    };
    let is_buffer = |index: usize| model.params[index].kind == ParamKind::Buffer;
    let is_trained = |index: usize| trained.contains(&ParamId(index as u32));
    let has_recipe = model.recipe.is_some();
    let total = Total {
        params: elements(&|index| !is_buffer(index)),
        trainable: elements(&is_trained),
        frozen: elements(&|index| !is_buffer(index) && !is_trained(index)),
        buffers: elements(&is_buffer),
        macs_forward: total_forward.macs,
        macs_backward: backward.macs,
        flops_forward: total_forward.flops,
        flops_backward: backward.flops,
        memory_predict: memory(model, Mode::Predict, batch),
        memory_train: if has_recipe { memory(model, Mode::Step, batch) } else { None },
    };
    let assertions = assertion::judge(model, &total, &|value| field_of(value), memory);
    let named = |list: &[crate::model::Named]| {
        list.iter().map(|named| (named.name.clone(), model.ty(named.value).shape.clone())).collect()
    };
    Summary {
        network: model.name.clone(),
        batch,
        inputs: named(&model.inputs),
        outputs: named(&model.outputs),
        layers,
        blocks,
        total,
        assertions,
    }
}

/// Arguments that are shown also with their defaults, because layers differ by little else.
const SHOWN: &[&str] = &["rate", "slope"];

/// `conv2d(64, kernel = 3, pad = 1)`: the first argument by position, then those that differ from their defaults.
pub fn op_text(model: &Model, id: LayerId) -> String {
    let LayerKind::Apply(op) = &model.layer(id).kind else { return model.layer(id).path.clone() };
    let defaults = crate::ops::lookup(op.name()).map_or(&[][..], |entry| entry.spellings);
    let mut parts = Vec::new();
    for (index, (name, text)) in op.arguments().into_iter().enumerate() {
        let required = defaults.get(index).is_some_and(|_| index == 0) && is_required(op.name(), index);
        if required {
            parts.push(text);
        } else if is_resolved(op.name(), index, &text) || SHOWN.contains(&name) {
            parts.push(format!("{name} = {text}"));
        }
    }
    if parts.is_empty() { op.name().to_string() } else { format!("{}({})", op.name(), parts.join(", ")) }
}

fn is_required(operator: &str, index: usize) -> bool {
    count::default_of(operator, index).is_none()
}

/// Whether an argument says more than its default.
fn is_resolved(operator: &str, index: usize, text: &str) -> bool {
    match count::default_of(operator, index) {
        Some(default) => default != text,
        None => true,
    }
}

fn numbers(model: &Model, id: ParamId, counted: &mut BTreeSet<ParamId>) -> u64 {
    let param = model.param(id);
    if param.kind == ParamKind::Buffer || !counted.insert(id) {
        return 0;
    }
    param.shape.iter().product()
}
