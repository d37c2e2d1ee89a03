//! The loops around a kernel's outputs.

use super::{Emitter, Guard, Loops, Origin, Places, Refusal, Split, Splits, address};
use crate::fuse::{Output, TOGETHER, order};
use crate::lower::layout::Place;
use crate::prim::{PrimGraph, ValueId};
use crate::program::affine::Affine;
use crate::program::{BufferId, Extent, Scalar, Stmt, Var};

/// Emissions of one kernel before its value is stored apart.
const ATTEMPTS: usize = 24;

/// A kernel's code before its units are decided.
pub(crate) struct Emitted {
    /// Buffers in the order of the parameters, and whether they are written.
    pub touched: Vec<(BufferId, bool)>,
    /// Extents of the loop variables.
    pub vars: Vec<u32>,
    /// Types of the locals.
    pub locals: Vec<Scalar>,
    /// All loops.
    pub body: Vec<Stmt>,
}

/// Loops that compute the outputs, all of the first one's extents; or the value that must be stored before, or be
/// stored by a kernel of its own if it is an output.
pub(crate) fn emit_loops(graph: &PrimGraph, places: &Places, outputs: &[Output]) -> Result<Emitted, ValueId> {
    let mut splits = Splits::new();
    let mut reasons: Vec<ValueId> = Vec::new();
    for _ in 0..ATTEMPTS {
        let own: Vec<ValueId> = outputs.iter().map(|output| output.into).collect();
        let mut emitter = Emitter::new(graph, places, own, &splits);
        match emitter.outputs(outputs) {
            Ok(()) => return Ok(emitter.finish()),
            Err(Refusal::Store(value)) => return Err(value),
            Err(Refusal::Split(origin, split, reason)) => {
                reasons.push(reason);
                if !add(&mut splits, origin, split, extent(graph, outputs[0].value, origin)) {
                    break;
                }
            }
        }
    }
    // One of the values that want different loops must be computed apart from the others, best one that is not yet.
    let is_output = |value: &ValueId| outputs.iter().any(|output| [output.value, output.into].contains(value));
    let inner = reasons.iter().rev().find(|value| !is_output(value));
    Err(*inner.or(reasons.last()).unwrap_or(&outputs[0].value))
}

fn extent(graph: &PrimGraph, output: ValueId, origin: Origin) -> u32 {
    match origin {
        Origin::Output { axis, .. } => graph.ty(output).shape[axis] as u32,
        Origin::Fold { of, axis, .. } => graph.ty(graph.node(of).inputs[0]).shape[axis] as u32,
        Origin::Inner => 1,
    }
}

/// Records a split; false if the axis is already split in a way that does not allow it.
fn add(splits: &mut Splits, origin: Origin, split: Split, extent: u32) -> bool {
    let digit = match origin {
        Origin::Output { digit, .. } | Origin::Fold { digit, .. } => digit,
        Origin::Inner => return false,
    };
    let known = splits.get(&origin.digit(0)).cloned();
    let new = match (split, known) {
        (Split::Remainders(divisor), None) => Loops::Remainders(divisor),
        (Split::Block(turns), None) => Loops::Digits(vec![extent / turns, turns]),
        (Split::Block(turns), Some(Loops::Digits(mut digits))) => {
            digits[digit] /= turns;
            digits.insert(digit + 1, turns);
            Loops::Digits(digits)
        }
        _ => return false,
    };
    splits.insert(origin.digit(0), new);
    true
}

/// The point at which loops stand.
struct Point {
    /// Coordinates of the outputs.
    index: Vec<Affine>,
    /// Axes that a loop walks in steps of this divisor, all of whose remainders are computed together.
    steps: Vec<(usize, u32)>,
}

impl Point {
    /// The coordinates of everything that is computed here, row-major in the remainders.
    fn indices(&self) -> Vec<Vec<Affine>> {
        self.steps.iter().fold(vec![self.index.clone()], |all, &(axis, divisor)| {
            let at = |index: &Vec<Affine>, rest: u32| {
                let mut index = index.clone();
                index[axis] = index[axis].clone().offset(i64::from(rest));
                index
            };
            all.iter().flat_map(|index| (0..divisor).map(move |rest| at(index, rest))).collect()
        })
    }
}

impl Emitter<'_> {
    fn outputs(&mut self, outputs: &[Output]) -> Result<(), Refusal> {
        let value = outputs[0].value;
        let rank = self.graph.ty(value).shape.len();
        let order = order::axes(rank, self.places.last[outputs[0].into.0 as usize]);
        self.axis(outputs, &order, &mut Point { index: vec![Affine::default(); rank], steps: Vec::new() })
    }

    fn axis(&mut self, outputs: &[Output], order: &[usize], point: &mut Point) -> Result<(), Refusal> {
        let Some((&axis, inner)) = order.split_first() else { return self.store(outputs, point) };
        let extent = self.graph.ty(outputs[0].value).shape[axis] as u32;
        let origin = Origin::Output { axis, digit: 0 };
        match self.splits.get(&origin).cloned() {
            None if extent == 1 => {
                point.index[axis] = Affine::default();
                self.axis(outputs, inner, point)
            }
            None => self.digits(outputs, inner, point, axis, &[extent]),
            Some(Loops::Digits(digits)) => self.digits(outputs, inner, point, axis, &digits),
            Some(Loops::Remainders(divisor)) if extent.is_multiple_of(divisor) && divisor <= TOGETHER => {
                let turns = extent / divisor;
                let var = self.open(turns, origin, false);
                point.index[axis] = Affine::var(var).times(i64::from(divisor));
                point.steps.push((axis, divisor));
                self.axis(outputs, inner, point)?;
                point.steps.pop();
                self.close_loop(var, turns);
                Ok(())
            }
            Some(Loops::Remainders(divisor)) => {
                for rest in 0..divisor.min(extent) {
                    let turns = (extent - rest).div_ceil(divisor);
                    if turns == 1 {
                        point.index[axis] = Affine::constant(i64::from(rest));
                        self.axis(outputs, inner, point)?;
                        continue;
                    }
                    let var = self.open(turns, origin, false);
                    point.index[axis] = Affine::var(var).times(i64::from(divisor)).offset(i64::from(rest));
                    self.axis(outputs, inner, point)?;
                    self.close_loop(var, turns);
                }
                Ok(())
            }
        }
    }

    fn digits(
        &mut self,
        outputs: &[Output],
        inner: &[usize],
        point: &mut Point,
        axis: usize,
        digits: &[u32],
    ) -> Result<(), Refusal> {
        let mut position = Affine::default();
        let mut vars = Vec::new();
        for (digit, &turns) in digits.iter().enumerate() {
            let var = self.open(turns, Origin::Output { axis, digit }, false);
            vars.push((var, turns));
            position = position.times(i64::from(turns)).plus(&Affine::var(var), 1);
        }
        point.index[axis] = position;
        self.axis(outputs, inner, point)?;
        for (var, turns) in vars.into_iter().rev() {
            self.close_loop(var, turns);
        }
        Ok(())
    }

    fn close_loop(&mut self, var: Var, turns: u32) {
        let body = self.close();
        self.innermost().push(Stmt::For { var, extent: Extent::Fixed(turns), lanes: false, body });
    }

    /// All values are computed before the first is stored, since one may take the memory of what another reads.
    fn store(&mut self, outputs: &[Output], point: &Point) -> Result<(), Refusal> {
        let mut values = Vec::new();
        for index in point.indices() {
            for output in outputs {
                let is_part = output.value != output.into;
                let value = match (is_part, self.place(output.value)) {
                    (false, _) | (true, None) => self.pull(output.value, &index, &Guard::default())?,
                    (true, Some(place)) => {
                        let address = address(&place.layout.strides, place.layout.base, &index);
                        self.load(output.value, place.buffer, address, &Guard::default())
                    }
                };
                values.push((output, index.clone(), value));
            }
        }
        let places = self.places;
        for (output, index, value) in values {
            let Place { buffer, layout } =
                places.of[output.into.0 as usize].as_ref().expect("stored values have places");
            let start: i64 = layout.strides.iter().zip(&output.offset).map(|(stride, &at)| stride * at as i64).sum();
            let param = self.param(*buffer, true);
            let index = address(&layout.strides, layout.base + start, &index);
            self.innermost().push(Stmt::Store { param, index, value });
        }
        Ok(())
    }

    fn finish(mut self) -> Emitted {
        let body = self.close();
        let vars = self.vars.iter().map(|var| var.extent).collect();
        Emitted { touched: self.touched, vars, locals: self.locals, body }
    }
}
