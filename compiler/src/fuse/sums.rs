//! Sums of a graph that is being made ready: each once, and none that follows from others.

use crate::prim::builder::Builder;
use crate::prim::scalar::{Binary, Scalar, ScalarOp, ScalarProgram, Unary};
use crate::prim::{Prim, ValueId, View};
use std::collections::HashMap;

/// Maps behind each other through which a sum is followed.
const DEPTH: usize = 4;

/// Sums so far: what is summed, and along which axes.
#[derive(Default)]
pub(super) struct Sums(HashMap<(ValueId, Vec<usize>), ValueId>);

impl Sums {
    /// Σ value over axes. Where the value is affine in others, with factors and summands that stay the same along the
    /// axes, its sum is the same of their sums: if these are there already, or if the value is a multiple of one other
    /// that is read by this sum alone. So the gradients of a normalisation's shift and of its mean are one sum, and
    /// that of a convolution's bias before it is none.
    pub fn sum(&mut self, builder: &mut Builder, value: ValueId, axes: &[usize], is_alone: bool) -> ValueId {
        if let Some(&known) = self.0.get(&(value, axes.to_vec())) {
            return known;
        }
        let affine = Affine::of(builder, value, axes);
        let follows = |it: &Affine| it.varying().all(|input| self.follows(builder, input, axes, DEPTH));
        let sum = match affine.filter(|it| is_alone && it.is_multiple() || follows(it)) {
            Some(affine) => self.of_others(builder, axes, affine),
            None => builder.sum(value, axes),
        };
        self.0.insert((value, axes.to_vec()), sum);
        sum
    }

    /// Σ (x − Σx/n)² / n
    pub fn variance(&mut self, builder: &mut Builder, x: ValueId, axes: &[usize]) -> ValueId {
        let shape = builder.shape(x).to_vec();
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
        let total = self.sum(builder, x, axes, false);
        let mean = builder.map1(total, |x| x / count as f64);
        let mean = builder.broadcast_along(mean, &shape, kept);
        let squares = builder.map2(x, mean, |x, mean| {
            let deviation = x - mean;
            deviation.clone() * deviation
        });
        let total = self.sum(builder, squares, axes, false);
        builder.map1(total, |x| x / count as f64)
    }

    /// Whether a sum is there, or follows from some that are.
    fn follows(&self, builder: &Builder, value: ValueId, axes: &[usize], depth: usize) -> bool {
        self.0.contains_key(&(value, axes.to_vec()))
            || depth > 0
                && Affine::of(builder, value, axes)
                    .is_some_and(|it| it.varying().all(|input| self.follows(builder, input, axes, depth - 1)))
    }

    fn of_others(&mut self, builder: &mut Builder, axes: &[usize], affine: Affine) -> ValueId {
        let mut totals = Vec::with_capacity(affine.inputs.len());
        for input in affine.inputs {
            totals.push(match input {
                Input::Varying(value) => self.sum(builder, value, axes, false),
                Input::Fixed(source, places) => builder.broadcast_along(source, &affine.kept, places),
            });
        }
        let summands = affine.constant.map(|constant| constant * affine.count);
        let sum = summands.map_or(affine.linear.clone(), |summands| affine.linear + summands);
        builder.map_program(ScalarProgram::new(&sum), &totals)
    }
}

/// A map that is affine in those of its inputs that vary along the axes of a sum.
struct Affine {
    inputs: Vec<Input>,
    /// What varies, in terms of the inputs.
    linear: Scalar,
    /// What is added to that, in terms of fixed inputs.
    constant: Option<Scalar>,
    /// Extents of the sum.
    kept: Vec<usize>,
    /// Summands.
    count: f64,
}

enum Input {
    Varying(ValueId),
    /// What is the same along the axes is a broadcast of this; its axes become these of the sum's.
    Fixed(ValueId, Vec<usize>),
}

/// An operation as what varies and what does not; one of them is there.
#[derive(Clone)]
struct Form {
    linear: Option<Scalar>,
    constant: Option<Scalar>,
}

impl Affine {
    fn of(builder: &Builder, value: ValueId, axes: &[usize]) -> Option<Affine> {
        let node = builder.graph.node(value);
        let Prim::Map(program) = &node.prim else { return None };
        let is_float = |value: &ValueId| builder.dtype(*value).is_float();
        if !is_float(&value) || !node.inputs.iter().all(is_float) {
            return None;
        }
        let inputs: Vec<Input> = node.inputs.iter().map(|&input| classify(builder, input, axes)).collect();
        let mut forms: Vec<Option<Form>> = Vec::with_capacity(program.ops.len());
        for &op in &program.ops {
            let form = form_of(op, &forms, |input| matches!(inputs[input], Input::Varying(_)));
            forms.push(form);
        }
        let Form { linear: Some(linear), constant } = forms.pop()?? else { return None };
        let shape = &node.ty.shape;
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let kept = (0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect();
        Some(Affine { inputs, linear, constant, kept, count: count as f64 })
    }

    fn varying(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.inputs.iter().filter_map(|input| match input {
            Input::Varying(value) => Some(*value),
            Input::Fixed(..) => None,
        })
    }

    fn is_multiple(&self) -> bool {
        self.constant.is_none() && self.varying().count() == 1
    }
}

fn classify(builder: &Builder, input: ValueId, axes: &[usize]) -> Input {
    let node = builder.graph.node(input);
    let Prim::View(View::Broadcast(becomes)) = &node.prim else { return Input::Varying(input) };
    let kept: Vec<usize> = (0..node.ty.shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let places = becomes.iter().map(|axis| kept.iter().position(|other| other == axis));
    match places.collect::<Option<Vec<usize>>>() {
        Some(places) => Input::Fixed(node.inputs[0], places),
        None => Input::Varying(input),
    }
}

/// `None` where an operation is not affine.
fn form_of(op: ScalarOp, forms: &[Option<Form>], varies: impl Fn(usize) -> bool) -> Option<Form> {
    let at = |id: u16| forms[usize::from(id)].clone();
    let fixed = |constant: Scalar| Form { linear: None, constant: Some(constant) };
    match op {
        ScalarOp::Input(index) if varies(usize::from(index)) => {
            Some(Form { linear: Some(Scalar::input(usize::from(index))), constant: None })
        }
        ScalarOp::Input(index) => Some(fixed(Scalar::input(usize::from(index)))),
        ScalarOp::Const(value) => Some(fixed(Scalar::from(value))),
        ScalarOp::Position(_) => None,
        ScalarOp::Unary(Unary::Neg, x) => Some(at(x)?.each(|part| -part)),
        ScalarOp::Binary(Binary::Add, x, y) => Some(at(x)?.plus(at(y)?)),
        ScalarOp::Binary(Binary::Sub, x, y) => Some(at(x)?.plus(at(y)?.each(|part| -part))),
        ScalarOp::Binary(Binary::Mul, x, y) => match (at(x)?, at(y)?) {
            (x, Form { linear: None, constant: Some(y) }) => Some(x.each(|part| part * &y)),
            (Form { linear: None, constant: Some(x) }, y) => Some(y.each(|part| &x * part)),
            _ => None,
        },
        ScalarOp::Binary(Binary::Div, x, y) => match (at(x)?, at(y)?) {
            (x, Form { linear: None, constant: Some(y) }) => Some(x.each(|part| part / &y)),
            _ => None,
        },
        _ => {
            for operand in op.operands() {
                at(operand)?.fixed()?;
            }
            Some(fixed(op.rebuilt(|operand| at(operand).and_then(Form::fixed).expect("checked above"))))
        }
    }
}

impl Form {
    /// The whole operation, if nothing of it varies.
    fn fixed(self) -> Option<Scalar> {
        self.constant.filter(|_| self.linear.is_none())
    }

    fn each(self, change: impl Fn(Scalar) -> Scalar) -> Form {
        Form { linear: self.linear.map(&change), constant: self.constant.map(&change) }
    }

    fn plus(self, other: Form) -> Form {
        let sum = |x: Option<Scalar>, y: Option<Scalar>| match (x, y) {
            (Some(x), Some(y)) => Some(x + y),
            (x, y) => x.or(y),
        };
        Form { linear: sum(self.linear, other.linear), constant: sum(self.constant, other.constant) }
    }
}
