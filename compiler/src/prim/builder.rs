//! Appends primitives to a graph; types of results are derived here and nowhere else.

use super::scalar::{Scalar, ScalarProgram};
use super::{
    ConvForm, ConvGeometry, Mode, Node, OriginId, Phase, Prim, PrimGraph, ReduceOp, Source, StateId, ValueId,
    ValueType, View, WindowGeometry, WindowOp,
};
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
        let state = state.expect("only the current version of a state can be replaced");
        self.versions[state] = Some(value);
        let state = StateId(state as u32);
        self.graph.updates.retain(|&(known, _)| known != state);
        self.graph.updates.push((state, value));
    }

    /// A scalar program on elements of the inputs, which are broadcast from the right as in NumPy.
    pub fn map(&mut self, inputs: &[ValueId], program: impl FnOnce(&[Scalar]) -> Scalar) -> ValueId {
        let shape = broadcast_shape(inputs.iter().map(|&value| self.shape(value)));
        let aligned: Vec<ValueId> = inputs.iter().map(|&value| self.broadcast_to(value, &shape)).collect();
        let arguments: Vec<Scalar> = (0..inputs.len()).map(Scalar::input).collect();
        let program = ScalarProgram::new(&program(&arguments));
        let types: Vec<DType> = inputs.iter().map(|&value| self.dtype(value)).collect();
        let dtype = result_type(&program, &types, &shape);
        self.push(Prim::Map(program), aligned, ValueType { dtype, shape })
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

    /// Broadcast from the right as in NumPy.
    pub fn broadcast_to(&mut self, value: ValueId, shape: &[usize]) -> ValueId {
        let lead = shape.len() - self.shape(value).len();
        let axes: Vec<usize> = (lead..shape.len()).collect();
        self.broadcast_along(value, shape, axes)
    }

    /// Axis `i` of the value becomes axis `axes[i]` of the result.
    pub fn broadcast_along(&mut self, value: ValueId, shape: &[usize], axes: Vec<usize>) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        let ty = ValueType { dtype: self.dtype(value), shape: shape.to_vec() };
        self.push(Prim::View(View::Broadcast(axes)), vec![value], ty)
    }

    /// Removes axes (ascending).
    pub fn reduce(&mut self, op: ReduceOp, value: ValueId, axes: &[usize]) -> ValueId {
        if axes.is_empty() && matches!(op, ReduceOp::Sum | ReduceOp::Max) {
            return value;
        }
        let input = self.graph.ty(value).clone();
        let kept = (0..input.shape.len()).filter(|axis| !axes.contains(axis));
        let shape: Vec<usize> = kept.map(|axis| input.shape[axis]).collect();
        let dtype = match op {
            ReduceOp::Argmax => DType::Int { bound: axes.iter().map(|&axis| input.shape[axis] as u32).product() },
            _ => input.dtype,
        };
        self.push(Prim::Reduce { op, axes: axes.to_vec() }, vec![value], ValueType { dtype, shape })
    }

    /// Sum over axes.
    pub fn sum(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        self.reduce(ReduceOp::Sum, value, axes)
    }

    /// Arithmetic mean over axes.
    pub fn mean(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        let count: usize = axes.iter().map(|&axis| self.shape(value)[axis]).product();
        let sum = self.sum(value, axes);
        self.map1(sum, |x| x / count as f64)
    }

    /// Batched matrix product in Einstein notation, one byte per axis: `contract("nk", x, "mk", w, "nm")`.
    pub fn contract(&mut self, left: &str, x: ValueId, right: &str, y: ValueId, out: &str) -> ValueId {
        self.contract_labels(left.into(), x, right.into(), y, out.into())
    }

    /// The same with labels as bytes.
    pub fn contract_labels(&mut self, left: Vec<u8>, x: ValueId, right: Vec<u8>, y: ValueId, out: Vec<u8>) -> ValueId {
        let extent = |label: &u8| {
            let in_left = left.iter().position(|known| known == label).map(|axis| self.shape(x)[axis]);
            in_left.or_else(|| right.iter().position(|known| known == label).map(|axis| self.shape(y)[axis]))
        };
        let shape: Vec<usize> = out.iter().filter_map(extent).collect();
        self.push(Prim::Contract { left, right, out }, vec![x, y], f32s(&shape))
    }

    /// Cross-correlation of x [N, C, …] with w [O, C/groups, …].
    pub fn conv(&mut self, x: ValueId, w: ValueId, geometry: ConvGeometry) -> ValueId {
        let (input, kernel) = (self.shape(x), self.shape(w));
        let mut shape = vec![input[0], kernel[0]];
        for axis in 0..geometry.stride.len() {
            let reach = geometry.dilation[axis] * (kernel[axis + 2] - 1) + 1;
            let padded = input[axis + 2] + geometry.low[axis] + geometry.high[axis];
            shape.push((padded - reach) / geometry.stride[axis] + 1);
        }
        self.push(Prim::Conv { form: ConvForm::Forward, geometry }, vec![x, w], f32s(&shape))
    }

    /// One of the adjoints of a convolution, with the type of its result.
    pub fn conv_adjoint(
        &mut self,
        form: ConvForm,
        x: ValueId,
        y: ValueId,
        geometry: ConvGeometry,
        shape: &[usize],
    ) -> ValueId {
        self.push(Prim::Conv { form, geometry }, vec![x, y], f32s(shape))
    }

    /// `Max`, `Sum` or `Pick` over sliding windows of the trailing axes.
    pub fn window(&mut self, op: WindowOp, value: ValueId, geometry: WindowGeometry) -> ValueId {
        let mut shape = self.shape(value).to_vec();
        let lead = shape.len() - geometry.kernel.len();
        for axis in 0..geometry.kernel.len() {
            let reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1;
            shape[lead + axis] = (shape[lead + axis] - reach) / geometry.stride[axis] + 1;
        }
        let dtype = match op {
            WindowOp::Pick => DType::Int { bound: geometry.kernel.iter().product::<usize>() as u32 },
            _ => self.dtype(value),
        };
        self.push(Prim::Window { op, geometry }, vec![value], ValueType { dtype, shape })
    }

    /// The adjoint of a window operation: values of windows back to `shape`.
    pub fn spread(&mut self, op: WindowOp, inputs: Vec<ValueId>, geometry: WindowGeometry, shape: &[usize]) -> ValueId {
        self.push(Prim::Window { op, geometry }, inputs, f32s(shape))
    }

    /// The same elements in row-major order under other extents.
    pub fn reshape(&mut self, value: ValueId, shape: &[usize]) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        let ty = ValueType { dtype: self.dtype(value), shape: shape.to_vec() };
        self.push(Prim::View(View::Reshape), vec![value], ty)
    }

    /// Axis `i` of the result is axis `axes[i]` of the value.
    pub fn permute(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        if axes.iter().copied().eq(0..axes.len()) {
            return value;
        }
        let shape = axes.iter().map(|&axis| self.shape(value)[axis]).collect();
        let ty = ValueType { dtype: self.dtype(value), shape };
        self.push(Prim::View(View::Permute(axes.to_vec())), vec![value], ty)
    }

    /// `count` elements along one axis from `start`, every `step`-th.
    pub fn slice(&mut self, value: ValueId, axis: usize, start: usize, count: usize, step: usize) -> ValueId {
        let mut shape = self.shape(value).to_vec();
        let (mut starts, mut steps) = (vec![0; shape.len()], vec![1; shape.len()]);
        (starts[axis], steps[axis], shape[axis]) = (start, step, count);
        self.slice_all(value, starts, steps, shape)
    }

    /// A slice along all axes at once.
    pub fn slice_all(&mut self, value: ValueId, start: Vec<usize>, step: Vec<usize>, shape: Vec<usize>) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        let ty = ValueType { dtype: self.dtype(value), shape };
        self.push(Prim::View(View::Slice { start, step }), vec![value], ty)
    }

    /// Reversed along axes.
    pub fn flip(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        let ty = self.graph.ty(value).clone();
        self.push(Prim::View(View::Flip(axes.to_vec())), vec![value], ty)
    }

    /// A border of `value` around all axes.
    pub fn pad(&mut self, x: ValueId, low: Vec<usize>, high: Vec<usize>, value: f64) -> ValueId {
        let interior = vec![0; low.len()];
        self.pad_gaps(x, low, high, interior, value)
    }

    /// A border and gaps between elements.
    pub fn pad_gaps(
        &mut self,
        x: ValueId,
        low: Vec<usize>,
        high: Vec<usize>,
        interior: Vec<usize>,
        value: f64,
    ) -> ValueId {
        let input = self.graph.ty(x);
        let extent = |axis: usize| {
            let n = input.shape[axis];
            low[axis] + high[axis] + n + n.saturating_sub(1) * interior[axis]
        };
        let shape: Vec<usize> = (0..low.len()).map(extent).collect();
        if shape == input.shape {
            return x;
        }
        let ty = ValueType { dtype: input.dtype, shape };
        self.push(Prim::Pad { low, high, interior, value }, vec![x], ty)
    }

    /// Joined along one axis.
    pub fn concat(&mut self, values: &[ValueId], axis: usize) -> ValueId {
        let mut ty = self.graph.ty(values[0]).clone();
        ty.shape[axis] = values.iter().map(|&value| self.shape(value)[axis]).sum();
        self.push(Prim::Concat { axis }, values.to_vec(), ty)
    }

    /// Uniform numbers in [0, 1), a new draw of the current layer.
    pub fn random(&mut self, shape: &[usize]) -> ValueId {
        let path = &self.graph.layers[self.origin.0 as usize];
        let key = draw_key(path, self.draws);
        self.draws += 1;
        self.push(Prim::Random { key }, vec![], f32s(shape))
    }

    /// The identity without a gradient.
    pub fn detach(&mut self, value: ValueId) -> ValueId {
        let ty = self.graph.ty(value).clone();
        self.push(Prim::Detach, vec![value], ty)
    }
}

/// FNV-1a over the layer's path and the number of the draw.
fn draw_key(path: &str, draw: u32) -> u64 {
    let bytes = path.bytes().chain(draw.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
    use super::scalar::ScalarOp;
    let mut types: Vec<DType> = Vec::with_capacity(program.ops.len());
    for op in &program.ops {
        types.push(match *op {
            ScalarOp::Input(index) => inputs[index as usize],
            ScalarOp::Const(_) => DType::F32,
            ScalarOp::Position(axis) => DType::Int { bound: shape[axis as usize] as u32 },
            ScalarOp::Unary(super::scalar::Unary::Not, _) => DType::Bool,
            ScalarOp::Unary(_, x) => types[x as usize],
            ScalarOp::Binary(op, ..) if op.is_comparison() => DType::Bool,
            ScalarOp::Binary(_, x, _) => types[x as usize],
            ScalarOp::Select(_, x, _) => types[x as usize],
            ScalarOp::Cast(dtype, _) => dtype,
        });
    }
    types[program.result() as usize]
}
