//! Folds what follows a contraction per output channel into its weights: x·s + t after conv(·, w) becomes
//! conv(·, w·s) + t. Batch normalisation while predicting is the case that matters.
//!
//! Only where s and t depend on parameters and constants alone, so that w·s is computed once, by `prepare`. The
//! rounding differs from the unfolded graph; all executors run the folded one.

use super::affine::{Form, form_of};
use crate::prim::builder::Builder;
use crate::prim::scalar::{Scalar, ScalarId, ScalarOp, ScalarProgram};
use crate::prim::{ConvForm, Node, Prim, PrimGraph, Source, ValueId, ValueType, View};

/// The graph with scales folded. Graphs that update states or hold gradients are returned as they are.
pub fn fold_scales(graph: PrimGraph) -> PrimGraph {
    if graph.mode.trains() || !graph.updates.is_empty() {
        return graph;
    }
    let readers = count_readers(&graph);
    let fixed = fixed(&graph);
    let old = graph.nodes.clone();
    let mut builder = Builder::resume(PrimGraph { nodes: Vec::new(), ..graph });
    let mut fold =
        Fold { old: &old, readers, fixed, places: Vec::with_capacity(old.len()), folded: vec![None; old.len()] };
    for index in 0..old.len() {
        let place = fold.place(&mut builder, index);
        fold.places.push(place);
    }
    let places = fold.places;
    builder.graph.results.iter_mut().for_each(|(_, value)| *value = places[value.0 as usize]);
    super::remove_unread(builder.graph)
}

/// How often each value is read; results count.
fn count_readers(graph: &PrimGraph) -> Vec<u32> {
    let mut readers = vec![0; graph.nodes.len()];
    let inputs = graph.nodes.iter().flat_map(|node| node.inputs.iter().copied());
    for value in inputs.chain(graph.results.iter().map(|&(_, value)| value)) {
        readers[value.0 as usize] += 1;
    }
    readers
}

/// Which values depend on parameters and constants alone.
fn fixed(graph: &PrimGraph) -> Vec<bool> {
    let mut fixed: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        fixed.push(match node.prim {
            Prim::Source(Source::State(_) | Source::Fill(_) | Source::Constant(_)) => true,
            Prim::Source(_) | Prim::Random { .. } => false,
            _ => node.inputs.iter().all(|input| fixed[input.0 as usize]),
        });
    }
    fixed
}

/// A value that equals contraction(x, w·scale) + shift; factors have one entry per channel, in the new graph.
#[derive(Clone, Copy)]
struct Folded {
    contraction: usize,
    axis: usize,
    scale: Option<ValueId>,
    shift: Option<ValueId>,
}

struct Fold<'a> {
    old: &'a [Node],
    readers: Vec<u32>,
    fixed: Vec<bool>,
    places: Vec<ValueId>,
    folded: Vec<Option<Folded>>,
}

/// The last operation of a program that is affine in one input with fixed coefficients.
struct Affine {
    input: usize,
    operation: ScalarId,
    scale: Option<Scalar>,
    shift: Option<Scalar>,
}

impl Fold<'_> {
    fn place(&mut self, builder: &mut Builder, index: usize) -> ValueId {
        let node = &self.old[index];
        (builder.origin, builder.phase) = (node.origin, node.phase);
        if let Prim::Map(program) = &node.prim
            && let Some(value) = self.fold(builder, index, program)
        {
            return value;
        }
        let inputs = node.inputs.iter().map(|input| self.places[input.0 as usize]).collect();
        builder.push(node.prim.clone(), inputs, node.ty.clone())
    }

    /// The value of a map after folding, or `None` where there is nothing to fold.
    fn fold(&mut self, builder: &mut Builder, index: usize, program: &ScalarProgram) -> Option<ValueId> {
        let node = &self.old[index];
        let affine = self.affine(node, program)?;
        let base = node.inputs[affine.input].0 as usize;
        let before = self.folded[base].or_else(|| {
            self.channel_axis(base).map(|axis| Folded { contraction: base, axis, scale: None, shift: None })
        })?;
        let channels = self.old[base].ty.shape[before.axis];
        let mut operands = Vec::with_capacity(node.inputs.len());
        for (position, &input) in node.inputs.iter().enumerate() {
            let value = (position != affine.input).then(|| self.per_channel(builder, input, before.axis, channels));
            operands.push(value.flatten());
        }
        let readable = |expression: &Option<Scalar>| expression.as_ref().is_none_or(|e| reads_only(e, &operands));
        if !readable(&affine.scale) || !readable(&affine.shift) {
            return None;
        }
        let mut emit = |expression: Scalar| emit(builder, &expression, &operands, channels);
        let (scale, shift) = (affine.scale.map(&mut emit), affine.shift.map(&mut emit));
        let shift = match (before.shift, scale, shift) {
            (Some(old), Some(scale), Some(shift)) => {
                Some(builder.map(&[old, scale, shift], |args| &args[0] * &args[1] + &args[2]))
            }
            (Some(old), Some(scale), None) => Some(builder.mul(old, scale)),
            (Some(old), None, Some(shift)) => Some(builder.add(old, shift)),
            (old, _, shift) => shift.or(old),
        };
        let scale = match (before.scale, scale) {
            (Some(old), Some(scale)) => Some(builder.mul(old, scale)),
            (old, scale) => scale.or(old),
        };
        let now = Folded { scale, shift, ..before };
        let whole = affine.operation == program.result();
        if whole {
            self.folded[index] = Some(now);
        }
        let scale = now.scale?;
        let product = self.scaled(builder, &now, scale);
        let shape = node.ty.shape.clone();
        let shift = now.shift.map(|shift| builder.broadcast_along(shift, &shape, vec![now.axis]));
        if whole {
            return Some(shift.map_or(product, |shift| builder.add(product, shift)));
        }
        let mut values = operands_of(self, node);
        values[affine.input] = product;
        values.extend(shift);
        Some(self.rest(builder, node, program, &affine.operation, affine.input, shift.is_some(), &values))
    }

    /// The contraction with scaled weights.
    fn scaled(&self, builder: &mut Builder, folded: &Folded, scale: ValueId) -> ValueId {
        let node = &self.old[folded.contraction];
        let (x, w) = (self.places[node.inputs[0].0 as usize], self.places[node.inputs[1].0 as usize]);
        let shape = builder.shape(w).to_vec();
        let factor = builder.broadcast_along(scale, &shape, vec![weight_axis(node, folded.axis)]);
        let w = builder.mul(w, factor);
        builder.push(node.prim.clone(), vec![x, w], node.ty.clone())
    }

    /// What the program does after its affine part, on the product and the shift.
    #[expect(clippy::too_many_arguments, reason = "the parts of one program")]
    fn rest(
        &self,
        builder: &mut Builder,
        node: &Node,
        program: &ScalarProgram,
        affine: &ScalarId,
        input: usize,
        shifted: bool,
        values: &[ValueId],
    ) -> ValueId {
        let mut parts: Vec<Scalar> = Vec::with_capacity(program.ops.len());
        for (id, op) in program.ops.iter().enumerate() {
            let next = if id == *affine as usize {
                let product = Scalar::input(input);
                if shifted { product + Scalar::input(node.inputs.len()) } else { product }
            } else {
                op.rebuilt(|operand| parts[operand as usize].clone())
            };
            parts.push(next);
        }
        let rest = ScalarProgram::new(&parts[program.result() as usize]);
        builder.map_program(rest, values)
    }

    /// Finds the affine part of a program: one input that is a contraction read only here, all other operands fixed.
    fn affine(&self, node: &Node, program: &ScalarProgram) -> Option<Affine> {
        let carries = |input: &ValueId| {
            let at = input.0 as usize;
            self.readers[at] == 1 && (self.folded[at].is_some() || self.channel_axis(at).is_some())
        };
        let mut candidates = (0..node.inputs.len()).filter(|&input| carries(&node.inputs[input]));
        candidates.find_map(|input| self.affine_in(node, program, input))
    }

    fn affine_in(&self, node: &Node, program: &ScalarProgram, input: usize) -> Option<Affine> {
        let mut forms: Vec<Form> = Vec::with_capacity(program.ops.len());
        let mut last = None;
        for (id, op) in program.ops.iter().enumerate() {
            let form = form_of(*op, &forms, |index| {
                if index == input {
                    Form::Affine { scale: None, shift: None }
                } else if self.fixed[node.inputs[index].0 as usize] {
                    Form::Fixed(Scalar::input(index))
                } else {
                    Form::Other
                }
            });
            if matches!(form, Form::Affine { .. }) {
                last = Some(id);
            }
            forms.push(form);
        }
        let operation = last?;
        let Form::Affine { scale, shift } = forms[operation].clone() else { return None };
        let inside = |id: ScalarId| matches!(forms[id as usize], Form::Affine { .. });
        let outside = program.ops.iter().enumerate().filter(|&(id, _)| !inside(id as ScalarId));
        let leaks = outside.into_iter().any(|(_, op)| op.operands().any(|id| inside(id) && id as usize != operation));
        let moves = scale.is_some() || shift.is_some();
        (moves && !leaks).then_some(Affine { input, operation: operation as ScalarId, scale, shift })
    }

    /// The axis of the output channels of a contraction with fixed weights.
    fn channel_axis(&self, index: usize) -> Option<usize> {
        let node = &self.old[index];
        let fixed_weights = node.inputs.len() == 2 && self.fixed[node.inputs[1].0 as usize];
        match &node.prim {
            Prim::Conv { form: ConvForm::Forward, .. } if fixed_weights => Some(1),
            Prim::Conv { form: ConvForm::InputGradient, geometry } if fixed_weights && geometry.groups == 1 => Some(1),
            Prim::Contract { left, right, out } if fixed_weights => {
                let channel = |label: &u8| right.contains(label) && !left.contains(label);
                out.iter().position(channel)
            }
            _ => None,
        }
    }

    /// A fixed operand with one entry per channel: what it is broadcast from.
    fn per_channel(&self, builder: &mut Builder, input: ValueId, axis: usize, channels: usize) -> Option<ValueId> {
        let node = &self.old[input.0 as usize];
        if !self.fixed[input.0 as usize] {
            return None;
        }
        if let Prim::Source(Source::Fill(value)) = node.prim {
            return Some(builder.fill(value, &[channels]));
        }
        let Prim::View(View::Broadcast(axes)) = &node.prim else { return None };
        let from = node.inputs[0];
        let shape = &self.old[from.0 as usize].ty.shape;
        let varies = |&i: &usize| shape[i] > 1;
        let varying: Vec<usize> = (0..shape.len()).filter(varies).map(|i| axes[i]).collect();
        let value = self.places[from.0 as usize];
        match varying.as_slice() {
            [] => {
                let one = builder.reshape(value, &[1]);
                Some(builder.broadcast_along(one, &[channels], vec![0]))
            }
            [only] if *only == axis => Some(builder.reshape(value, &[channels])),
            _ => None,
        }
    }
}

fn operands_of(fold: &Fold<'_>, node: &Node) -> Vec<ValueId> {
    node.inputs.iter().map(|input| fold.places[input.0 as usize]).collect()
}

/// The axis of the weights that belongs to an axis of the result.
fn weight_axis(node: &Node, axis: usize) -> usize {
    match &node.prim {
        Prim::Conv { form: ConvForm::Forward, .. } => 0,
        Prim::Contract { right, out, .. } => right.iter().position(|label| *label == out[axis]).unwrap_or(0),
        _ => 1,
    }
}

fn reads_only(expression: &Scalar, operands: &[Option<ValueId>]) -> bool {
    let reads = |op: &ScalarOp| match op {
        ScalarOp::Input(index) => operands[*index as usize].is_some(),
        _ => true,
    };
    ScalarProgram::new(expression).ops.iter().all(reads)
}

/// A fixed expression as a value with one entry per channel.
fn emit(builder: &mut Builder, expression: &Scalar, operands: &[Option<ValueId>], channels: usize) -> ValueId {
    let program = ScalarProgram::new(expression);
    if let [ScalarOp::Const(value)] = program.ops.as_slice() {
        return builder.fill(*value, &[channels]);
    }
    let unread = operands.iter().flatten().next().copied();
    let Some(any) = unread else {
        return builder.push(Prim::Map(program), vec![], per_channel_type(channels));
    };
    let operands: Vec<ValueId> = operands.iter().map(|operand| operand.unwrap_or(any)).collect();
    builder.map_program(program, &operands)
}

fn per_channel_type(channels: usize) -> ValueType {
    ValueType { dtype: crate::types::DType::F32, shape: vec![channels] }
}
