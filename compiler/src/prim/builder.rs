//! Appends primitives to a graph; types of results are derived here and in the primitives' files, and nowhere else.

use super::scalar::{Scalar, ScalarOp, ScalarProgram, Unary};
use super::{Mode, Node, OriginId, Phase, Prim, PrimGraph, Source, State, StateId, ValueId, ValueType};
use crate::types::DType;

/// Appends to a [`PrimGraph`]; knows which layer and phase new nodes belong to.
#[derive(Debug)]
pub struct Builder {
    /// The graph so far.
    pub graph: PrimGraph,
    /// The layer that new nodes come from.
    pub origin: OriginId,
    /// The phase of new nodes.
    pub phase: Phase,
    /// Whether running statistics of the current layer stay as they are.
    pub frozen: bool,
    /// Current version of each state within the step.
    pub versions: Vec<Option<ValueId>>,
    /// Random tensors drawn so far by the current layer.
    pub draws: u32,
}

impl Builder {
    /// Goes on with a graph whose states are at the versions that its updates give.
    pub fn resume(graph: PrimGraph) -> Builder {
        let mut versions = vec![None; graph.states.len()];
        for (index, node) in graph.nodes.iter().enumerate() {
            if let Prim::Source(Source::State(state)) = node.prim {
                versions[state.0 as usize].get_or_insert(ValueId(index as u32));
            }
        }
        for &(state, value) in &graph.updates {
            versions[state.0 as usize] = Some(value);
        }
        Builder { graph, origin: OriginId(0), phase: Phase::Forward, frozen: false, versions, draws: 0 }
    }

    /// Whether dropout drops and normalisation uses the batch.
    pub fn training(&self) -> bool {
        self.graph.mode.trains() && !self.frozen
    }

    /// What the graph is for.
    pub fn mode(&self) -> Mode {
        self.graph.mode
    }

    /// The extents of a value.
    pub fn shape(&self, value: ValueId) -> &[usize] {
        &self.graph.ty(value).shape
    }

    /// The element type of a value.
    pub fn dtype(&self, value: ValueId) -> DType {
        self.graph.ty(value).dtype
    }

    /// Appends a node of a known type.
    pub fn push(&mut self, prim: Prim, inputs: Vec<ValueId>, ty: ValueType) -> ValueId {
        self.graph.nodes.push(Node { prim, inputs, ty, origin: self.origin, phase: self.phase });
        ValueId((self.graph.nodes.len() - 1) as u32)
    }

    /// The same number everywhere.
    pub fn fill(&mut self, value: f64, shape: &[usize]) -> ValueId {
        self.push(Prim::Source(Source::Fill(value)), vec![], f32s(shape))
    }

    /// A tensor that outlives the step, besides those that the graph has.
    pub fn add_state(&mut self, state: State) -> StateId {
        self.graph.states.push(state);
        self.versions.push(None);
        StateId((self.graph.states.len() - 1) as u32)
    }

    /// The current version of a state.
    pub fn read(&mut self, state: StateId) -> ValueId {
        if let Some(value) = self.versions[state.0 as usize] {
            return value;
        }
        let shape = self.graph.states[state.0 as usize].shape.clone();
        let value = self.push(Prim::Source(Source::State(state)), vec![], f32s(&shape));
        self.versions[state.0 as usize] = Some(value);
        value
    }

    /// A new version of a state, by any value that read its current one (as `Params` gives it).
    ///
    /// # Panics
    /// If `current` is not the current version of a state: an error in an operator, never in a model.
    pub fn write(&mut self, current: ValueId, value: ValueId) {
        let state = self.versions.iter().position(|&version| version == Some(current));
        let state = StateId(state.expect("only the current version of a state can be replaced") as u32);
        self.versions[state.0 as usize] = Some(value);
        self.graph.updates.retain(|&(known, _)| known != state);
        self.graph.updates.push((state, value));
    }

    /// A scalar program on elements of the inputs, which are broadcast from the right as in NumPy.
    pub fn map(&mut self, inputs: &[ValueId], program: impl FnOnce(&[Scalar]) -> Scalar) -> ValueId {
        let shape = broadcast_shape(inputs.iter().map(|&value| self.shape(value)));
        let aligned: Vec<ValueId> = inputs.iter().map(|&value| self.broadcast_to(value, &shape)).collect();
        let arguments: Vec<Scalar> = (0..inputs.len()).map(Scalar::input).collect();
        self.map_aligned(ScalarProgram::new(&program(&arguments)), aligned, shape)
    }

    /// A program on those of `operands`, all of one shape, that it reads; each only once.
    pub fn map_program(&mut self, mut program: ScalarProgram, operands: &[ValueId]) -> ValueId {
        let shape = self.shape(operands[0]).to_vec();
        let mut read: Vec<ValueId> = Vec::new();
        for op in &mut program.ops {
            if let ScalarOp::Input(index) = op {
                let operand = operands[*index as usize];
                let known = read.iter().position(|&other| other == operand);
                *index = known.unwrap_or(read.len()) as u16;
                if known.is_none() {
                    read.push(operand);
                }
            }
        }
        self.map_aligned(program, read, shape)
    }

    fn map_aligned(&mut self, program: ScalarProgram, inputs: Vec<ValueId>, shape: Vec<usize>) -> ValueId {
        let types: Vec<DType> = inputs.iter().map(|&value| self.dtype(value)).collect();
        let dtype = result_type(&program, &types, &shape);
        self.push(Prim::Map(program), inputs, ValueType { dtype, shape })
    }

    /// A program on one input.
    pub fn map1(&mut self, x: ValueId, program: impl FnOnce(&Scalar) -> Scalar) -> ValueId {
        self.map(&[x], |args| program(&args[0]))
    }

    /// A program on two inputs.
    pub fn map2(&mut self, x: ValueId, y: ValueId, program: impl FnOnce(&Scalar, &Scalar) -> Scalar) -> ValueId {
        self.map(&[x, y], |args| program(&args[0], &args[1]))
    }

    /// x + y
    pub fn add(&mut self, x: ValueId, y: ValueId) -> ValueId {
        self.map2(x, y, |x, y| x + y)
    }

    /// x · y
    pub fn mul(&mut self, x: ValueId, y: ValueId) -> ValueId {
        self.map2(x, y, |x, y| x * y)
    }

    /// x · factor
    pub fn scale(&mut self, x: ValueId, factor: f64) -> ValueId {
        self.map1(x, |x| x * factor)
    }

    /// Uniform numbers in [0, 1), a new draw of the current layer.
    pub fn random(&mut self, shape: &[usize]) -> ValueId {
        let path = &self.graph.layers[self.origin.0 as usize];
        let key = netc_plan::philox::stream(path, u64::from(self.draws));
        self.draws += 1;
        self.push(Prim::Random { key }, vec![], f32s(shape))
    }

    /// The identity without a gradient.
    pub fn detach(&mut self, value: ValueId) -> ValueId {
        let ty = self.graph.ty(value).clone();
        self.push(Prim::Detach, vec![value], ty)
    }
}

fn f32s(shape: &[usize]) -> ValueType {
    ValueType { dtype: DType::F32, shape: shape.to_vec() }
}

/// The common shape by NumPy's rule; operators check the agreement of extents in `infer`.
fn broadcast_shape<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> Vec<usize> {
    let mut common: Vec<usize> = Vec::new();
    for shape in shapes {
        while common.len() < shape.len() {
            common.insert(0, 1);
        }
        let lead = common.len() - shape.len();
        for (axis, &extent) in shape.iter().enumerate() {
            if common[lead + axis] == 1 {
                common[lead + axis] = extent;
            }
        }
    }
    common
}

/// The element type of a scalar program's result.
pub fn result_type(program: &ScalarProgram, inputs: &[DType], shape: &[usize]) -> DType {
    operation_types(program, inputs, shape)[program.result() as usize]
}

/// The element type of every operation of a scalar program, from the types of its inputs and the shape of its result.
pub fn operation_types(program: &ScalarProgram, inputs: &[DType], shape: &[usize]) -> Vec<DType> {
    let mut types: Vec<DType> = Vec::with_capacity(program.ops.len());
    for op in &program.ops {
        types.push(match *op {
            ScalarOp::Input(index) => inputs[index as usize],
            ScalarOp::Const(_) => DType::F32,
            ScalarOp::Position(axis) => DType::Int { bound: shape[axis as usize] as u32 },
            ScalarOp::Unary(Unary::Not, _) => DType::Bool,
            ScalarOp::Unary(_, x) => types[x as usize],
            ScalarOp::Binary(op, ..) if op.is_comparison() => DType::Bool,
            ScalarOp::Binary(_, x, _) => types[x as usize],
            ScalarOp::Select(_, x, _) => types[x as usize],
            ScalarOp::Cast(dtype, _) => dtype,
        });
    }
    types
}
