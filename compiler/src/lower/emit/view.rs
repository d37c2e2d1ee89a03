//! Coordinates through views: permutations, slices and broadcasts are affine; reshapes are, once loops are split.

use super::{Emitter, Guard, Origin, Refusal, Split, address};
use crate::lower::layout::Layout;
use crate::prim::{Prim, ValueId, View};
use crate::program::Expr;
use crate::program::affine::Affine;

impl Emitter<'_> {
    pub(super) fn pull_view(
        &mut self,
        value: ValueId,
        view: &View,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let input = self.graph.node(value).inputs[0];
        if let View::Reshape = view {
            let strides = Layout::plain(&self.graph.ty(value).shape).strides;
            return self.pull_linear(input, address(&strides, 0, index), guard);
        }
        let index = coordinates(view, &self.graph.ty(input).shape, index);
        self.pull(input, &index, guard)
    }

    /// The element at a row-major position.
    fn pull_linear(&mut self, value: ValueId, position: Affine, guard: &Guard) -> Result<Expr, Refusal> {
        let node = self.graph.node(value);
        if let Some(place) = self.place(value) {
            if place.layout.is_plain(&node.ty.shape) {
                return Ok(self.load(value, place.buffer, position, guard));
            }
            let copy = self.places.plain.get(&value).map(|place| place.buffer);
            return match (self.unflatten(value, &position, guard), copy) {
                (Ok(index), _) => self.pull(value, &index, guard),
                (Err(_), Some(buffer)) => Ok(self.load(value, buffer, position, guard)),
                (Err(refusal), None) => Err(refusal),
            };
        }
        if let Prim::View(View::Reshape) | Prim::Detach = node.prim {
            return self.pull_linear(node.inputs[0], position, guard);
        }
        let index = self.unflatten(value, &position, guard)?;
        self.pull(value, &index, guard)
    }

    /// Coordinates of a row-major position. Each term must belong to one axis: a loop that runs over more is split.
    fn unflatten(&self, value: ValueId, position: &Affine, guard: &Guard) -> Result<Vec<Affine>, Refusal> {
        let shape = &self.graph.ty(value).shape;
        let strides = Layout::plain(shape).strides;
        let refused = Refusal::Store(value);
        if position.constant < 0 || !guard.bounds.is_empty() && self.interval(position).0 < 0 {
            return Err(refused);
        }
        let mut index = vec![Affine::default(); shape.len()];
        let mut rest = position.constant;
        for axis in 0..shape.len() {
            index[axis].constant = rest / strides[axis];
            rest %= strides[axis];
        }
        for &(var, factor) in &position.terms {
            let axis = (0..shape.len()).find(|&axis| shape[axis] > 1 && strides[axis] <= factor);
            let Some(axis) = axis else { return Err(refused) };
            let info = &self.vars[usize::from(var.0)];
            let end = strides[axis] * shape[axis] as i64;
            if factor * (i64::from(info.extent) - 1) >= end {
                let turns = end / factor;
                let fits = end % factor == 0 && turns > 1 && i64::from(info.extent) % turns == 0;
                if !fits || info.origin == Origin::Inner {
                    return Err(refused);
                }
                return Err(Refusal::Split(info.origin, Split::Block(turns as u32), value));
            }
            if factor % strides[axis] != 0 {
                // A digit below this axis that reaches into it: cut it at the axis.
                return Err(refused);
            }
            index[axis] = index[axis].plus(&Affine::var(var), factor / strides[axis]);
        }
        let fits = |axis: usize| {
            let (low, high) = self.interval(&index[axis]);
            low >= 0 && high < shape[axis] as i64
        };
        if (0..shape.len()).all(fits) { Ok(index) } else { Err(refused) }
    }
}

/// Coordinates in the input of a view other than a reshape.
pub(crate) fn coordinates(view: &View, input: &[usize], index: &[Affine]) -> Vec<Affine> {
    match view {
        View::Reshape => unreachable!("reshapes are read by position"),
        View::Broadcast(axes) => {
            let position = |(axis, &into): (usize, &usize)| {
                if input[axis] == 1 { Affine::default() } else { index[into].clone() }
            };
            axes.iter().enumerate().map(position).collect()
        }
        View::Permute(axes) => {
            let mut positions = vec![Affine::default(); axes.len()];
            for (position, &axis) in index.iter().zip(axes) {
                positions[axis] = position.clone();
            }
            positions
        }
        View::Slice { start, step } => {
            let position = |axis: usize| index[axis].times(step[axis] as i64).offset(start[axis] as i64);
            (0..index.len()).map(position).collect()
        }
        View::Flip(axes) => {
            let mut positions = index.to_vec();
            for &axis in axes {
                positions[axis] = index[axis].times(-1).offset(input[axis] as i64 - 1);
            }
            positions
        }
    }
}
