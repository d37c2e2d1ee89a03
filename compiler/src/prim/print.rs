//! The text form of a primitive graph: one line per value, the same bytes for the same graph.
//!
//! ```text
//! %12 = conv forward %3, %7 stride 1 pad 1 : f32[8, 32, 14, 14]  // conv1
//! %13 = map relu(x0 + x1) of %12, %9 : f32[8, 32, 14, 14]  // conv1
//! ```

use super::{
    ConvForm, ConvGeometry, Node, Phase, Prim, PrimGraph, ReduceOp, Role, Source, StateRole, StepScalar, ValueId,
    ValueType, View, WindowGeometry, WindowOp,
};
use crate::model::init::Init;
use crate::op::ParamKind;
use crate::types::DType;
use std::fmt;

impl fmt::Display for PrimGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "graph {} {} batch {}", self.name, format!("{:?}", self.mode).to_lowercase(), self.batch)?;
        for (index, (name, ty)) in self.inputs.iter().enumerate() {
            writeln!(f, "input {index} {name} : {ty}")?;
        }
        for (index, state) in self.states.iter().enumerate() {
            let role = match state.role {
                StateRole::Param(ParamKind::Trainable) => "param".to_string(),
                StateRole::Param(ParamKind::Frozen) => "frozen".to_string(),
                StateRole::Param(ParamKind::Buffer) => "buffer".to_string(),
                StateRole::Slot(of) => format!("slot of {}", of.0),
            };
            writeln!(f, "state {index} {} : {role} f32{:?} = {}", state.path, state.shape, Start(&state.init))?;
        }
        let mut phase = None;
        for id in self.ids() {
            let node = self.node(id);
            if phase.replace(node.phase) != Some(node.phase) {
                writeln!(f, "\n{}:", phase_name(node.phase))?;
            }
            write!(f, "{id} = ")?;
            self.write_node(f, node)?;
            let layer = self.layers.get(node.origin.0 as usize).map_or("", String::as_str);
            writeln!(f, " : {}  // {layer}", node.ty)?;
        }
        writeln!(f)?;
        for (role, value) in &self.results {
            match role {
                Role::Output(name) => writeln!(f, "output {name} = {value}")?,
                Role::Tap(name) => writeln!(f, "tap {name} = {value}")?,
                Role::Loss => writeln!(f, "loss = {value}")?,
                Role::Metric(name) => writeln!(f, "metric {name} = {value}")?,
                Role::Gradient(state) => {
                    writeln!(f, "gradient {} = {value}", self.states[state.0 as usize].path)?;
                }
                Role::InputGradient(index) => {
                    writeln!(f, "gradient of input {} = {value}", self.inputs[*index as usize].0)?;
                }
            }
        }
        for (state, value) in &self.updates {
            writeln!(f, "update {} = {value}", self.states[state.0 as usize].path)?;
        }
        Ok(())
    }
}

impl PrimGraph {
    pub(crate) fn write_node(&self, f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
        match &node.prim {
            Prim::Source(source) => match source {
                Source::Input(index) => {
                    write!(f, "input {}", self.inputs.get(*index as usize).map_or("?", |(name, _)| name))
                }
                Source::State(state) => write!(f, "state {}", self.states[state.0 as usize].path),
                Source::Scalar(StepScalar::Rate) => f.write_str("rate"),
                Source::Fill(value) => write!(f, "fill {value:?}"),
                Source::Constant(values) => write!(f, "constant {}", Numbers(values)),
                Source::Upstream(index) => write!(f, "upstream {index}"),
            },
            Prim::Map(program) => write!(f, "map {program} of {}", Ids(&node.inputs)),
            Prim::Reduce { op, axes } => {
                let name = match op {
                    ReduceOp::Sum => "sum",
                    ReduceOp::Max => "max",
                    ReduceOp::Argmax => "argmax",
                    ReduceOp::Variance => "variance",
                };
                write!(f, "reduce {name} {} over {axes:?}", Ids(&node.inputs))
            }
            Prim::Contract { left, right, out } => {
                let text = |labels: &[u8]| String::from_utf8_lossy(labels).into_owned();
                write!(f, "contract {},{}->{} {}", text(left), text(right), text(out), Ids(&node.inputs))
            }
            Prim::Conv { form, geometry } => {
                let form = match form {
                    ConvForm::Forward => "forward",
                    ConvForm::InputGradient => "input_gradient",
                    ConvForm::WeightGradient => "weight_gradient",
                };
                write!(f, "conv {form} {}{geometry}", Ids(&node.inputs))
            }
            Prim::Window { op, geometry } => {
                let op = match op {
                    WindowOp::Max => "max",
                    WindowOp::Sum => "sum",
                    WindowOp::Pick => "pick",
                    WindowOp::SpreadSum => "spread_sum",
                    WindowOp::SpreadPick => "spread_pick",
                };
                write!(f, "window {op} {}{geometry}", Ids(&node.inputs))
            }
            Prim::View(view) => match view {
                View::Reshape => write!(f, "reshape {}", Ids(&node.inputs)),
                View::Permute(axes) => write!(f, "permute {} by {axes:?}", Ids(&node.inputs)),
                View::Broadcast(axes) => write!(f, "broadcast {} along {axes:?}", Ids(&node.inputs)),
                View::Slice { start, step } => {
                    write!(f, "slice {} from {start:?}", Ids(&node.inputs))?;
                    if step.iter().any(|&step| step != 1) { write!(f, " step {step:?}") } else { Ok(()) }
                }
                View::Flip(axes) => write!(f, "flip {} along {axes:?}", Ids(&node.inputs)),
            },
            Prim::Pad { low, high, interior, value } => {
                write!(f, "pad {} low {low:?} high {high:?}", Ids(&node.inputs))?;
                if interior.iter().any(|&gap| gap != 0) {
                    write!(f, " between {interior:?}")?;
                }
                write!(f, " with {value:?}")
            }
            Prim::Concat { axis } => write!(f, "concat {} along {axis}", Ids(&node.inputs)),
            Prim::Random { key } => write!(f, "random key {key:016x}"),
            Prim::Attend { causal, scale } => {
                let masked = if *causal { " causal" } else { "" };
                write!(f, "attend {} scale {scale:?}{masked}", Ids(&node.inputs))
            }
            Prim::Detach => write!(f, "detach {}", Ids(&node.inputs)),
        }
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Forward => "forward",
        Phase::Loss => "loss",
        Phase::Backward => "backward",
        Phase::Update => "update",
    }
}

impl fmt::Display for ValueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            DType::Int { bound } => write!(f, "int<{bound}>{:?}", self.shape),
            other => write!(f, "{other}{:?}", self.shape),
        }
    }
}

struct Ids<'a>(&'a [ValueId]);

impl fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// The first numbers of a list, and how many there are.
struct Numbers<'a>(&'a [f32]);

impl fmt::Display for Numbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        match self.0.len() {
            0..=SHOWN => write!(f, "{:?}", self.0),
            n => {
                let bytes = self.0.iter().flat_map(|value| value.to_le_bytes());
                let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
                write!(f, "{n} numbers hash {hash:016x}")
            }
        }
    }
}

struct Start<'a>(&'a Init);

impl fmt::Display for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Init::Constant(value) => write!(f, "{value:?}"),
            Init::Uniform { low, high } => write!(f, "uniform({low:?}, {high:?})"),
            Init::Normal { mean, deviation } => write!(f, "normal({mean:?}, {deviation:?})"),
            Init::Given(values) => write!(f, "{}", Numbers(values)),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Values per spatial axis: one number where all are equal.
struct PerAxis<'a>(&'a [usize]);

impl fmt::Display for PerAxis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => write!(f, "{first}"),
            all => write!(f, "{all:?}"),
        }
    }
}

impl fmt::Display for ConvGeometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " stride {}", PerAxis(&self.stride))?;
        if self.low == self.high {
            write!(f, " pad {}", PerAxis(&self.low))?;
        } else {
            write!(f, " low {} high {}", PerAxis(&self.low), PerAxis(&self.high))?;
        }
        if self.dilation.iter().any(|&d| d != 1) {
            write!(f, " dilation {}", PerAxis(&self.dilation))?;
        }
        if self.groups != 1 {
            write!(f, " groups {}", self.groups)?;
        }
        Ok(())
    }
}

impl fmt::Display for WindowGeometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " kernel {:?} stride {}", self.kernel, PerAxis(&self.stride))?;
        if self.dilation.iter().any(|&d| d != 1) {
            write!(f, " dilation {}", PerAxis(&self.dilation))?;
        }
        Ok(())
    }
}
