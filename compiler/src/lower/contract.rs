//! Einstein contractions as calls: which operand is read row by row, which axis becomes the columns.

use super::call::{Axis, Call, LONG_CHUNK, Tap};
use super::layout::Layout;
use super::{Lowering, Request};
use crate::prim::{Prim, ValueId, View};
use crate::program::affine::Affine;
use crate::program::{BufferId, Var};

/// A value as strided memory.
#[derive(Clone, Debug)]
pub(super) struct Strided {
    pub buffer: BufferId,
    pub base: i64,
    pub strides: Vec<i64>,
}

/// The order in memory of a contraction's result: the innermost axis comes from one operand alone.
pub(super) fn result_order(left: &[u8], right: &[u8], out: &[u8], shape: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..out.len()).collect();
    let is_own = |axis: &usize| shape[*axis] > 1 && (left.contains(&out[*axis]) != right.contains(&out[*axis]));
    if let Some(axis) = (0..out.len()).rev().find(is_own) {
        let is_innermost = (axis + 1..out.len()).all(|inner| shape[inner] == 1);
        if !is_innermost {
            order.retain(|&known| known != axis);
            order.push(axis);
        }
    }
    order
}

impl Lowering<'_> {
    /// The call for a contraction whose finished values are `output`.
    pub(super) fn contract(&mut self, sum: ValueId, output: ValueId) -> Result<(), Request> {
        let node = self.prims().node(sum).clone();
        let Prim::Contract { left, right, out } = &node.prim else { unreachable!("called for contractions") };
        let shape = &node.ty.shape;
        let place = self.place(output)?;
        let mut order: Vec<usize> = (0..out.len()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse((place.layout.strides[axis], std::cmp::Reverse(axis))));
        let is_own = |axis: &usize| left.contains(&out[*axis]) != right.contains(&out[*axis]);
        let innermost = order.iter().rev().copied().find(|&axis| shape[axis] > 1);
        let column = innermost.filter(|axis| is_own(axis) && place.layout.strides[*axis] == 1);
        let swaps = column.is_some_and(|axis| left.contains(&out[axis]));
        let (a_at, b_at) = if swaps { (1, 0) } else { (0, 1) };
        let (a_labels, b_labels) = if swaps { (right, left) } else { (left, right) };
        let (a, b) = (self.strided(node.inputs[a_at])?, self.strided(node.inputs[b_at])?);
        let stride = |labels: &[u8], strided: &Strided, label: u8| {
            labels.iter().position(|&known| known == label).map_or(0, |axis| strided.strides[axis])
        };
        let mut rows = Vec::new();
        let mut index = vec![Affine::default(); out.len()];
        let others: Vec<usize> = order.into_iter().filter(|&axis| Some(axis) != column).collect();
        for &axis in &others {
            let label = out[axis];
            index[axis] = Affine::var(Var(rows.len() as u16));
            let (of_a, of_b) = (stride(a_labels, &a, label), stride(b_labels, &b, label));
            rows.push(Axis::new(shape[axis], of_a, of_b, place.layout.strides[axis]));
        }
        let mut columns = (1, 1);
        if let Some(axis) = column {
            index[axis] = Affine::var(Var(rows.len() as u16));
            columns = (shape[axis], stride(b_labels, &b, out[axis]));
        }
        let a_shape = &self.prims().ty(node.inputs[a_at]).shape;
        let summed = (0..a_labels.len()).filter(|&axis| !out.contains(&a_labels[axis]));
        let mut taps: Vec<Tap> =
            summed.map(|axis| Tap::new(a_shape[axis], a.strides[axis], stride(b_labels, &b, a_labels[axis]))).collect();
        taps.sort_by_key(|tap| std::cmp::Reverse((tap.a.abs(), tap.b.abs())));
        self.call(Call {
            sum,
            output,
            index,
            rows,
            maxima: 0,
            taps,
            columns: columns.0,
            column_stride: columns.1,
            map: Vec::new(),
            a: (a.buffer, a.base),
            b: (b.buffer, b.base),
            c: (place.buffer, place.layout.base),
            packs: true,
            b_fixed: self.is_fixed(node.inputs[b_at]),
            chunk_terms: LONG_CHUNK,
        })
    }

    /// A stored value or source, seen through views.
    pub(super) fn strided(&self, value: ValueId) -> Result<Strided, Request> {
        if let Some(place) = &self.places.of[value.0 as usize] {
            let Layout { base, strides, .. } = place.layout.clone();
            return Ok(Strided { buffer: place.buffer, base, strides });
        }
        let node = self.prims().node(value);
        let Prim::View(view) = &node.prim else {
            return if node.prim == Prim::Detach { self.strided(node.inputs[0]) } else { Err(Request::Stored(value)) };
        };
        let input = node.inputs[0];
        let from = &self.prims().ty(input).shape;
        let to = &node.ty.shape;
        if let (View::Reshape, Some(copy)) = (view, self.places.plain.get(&input)) {
            return Ok(Strided { buffer: copy.buffer, base: 0, strides: Layout::plain(to).strides });
        }
        let Strided { buffer, mut base, strides } = self.strided(input)?;
        let strides = match view {
            View::Reshape => reshape(from, &strides, to).ok_or(Request::Stored(input))?,
            View::Permute(axes) => axes.iter().map(|&axis| strides[axis]).collect(),
            View::Broadcast(axes) => {
                let mut wide = vec![0; to.len()];
                for (axis, &into) in axes.iter().enumerate() {
                    wide[into] = if from[axis] == 1 { 0 } else { strides[axis] };
                }
                wide
            }
            View::Slice { start, step } => {
                base += start.iter().zip(&strides).map(|(&start, stride)| start as i64 * stride).sum::<i64>();
                step.iter().zip(&strides).map(|(&step, stride)| step as i64 * stride).collect()
            }
            View::Flip(axes) => {
                let mut flipped = strides.clone();
                for &axis in axes {
                    base += (from[axis] as i64 - 1) * strides[axis];
                    flipped[axis] = -strides[axis];
                }
                flipped
            }
        };
        Ok(Strided { buffer, base, strides })
    }
}

/// Strides of the same elements under other extents, if there are any.
fn reshape(from: &[usize], strides: &[i64], to: &[usize]) -> Option<Vec<i64>> {
    let mut old: Vec<(usize, i64)> = Vec::new();
    for (&extent, &stride) in from.iter().zip(strides).filter(|(extent, _)| **extent > 1) {
        match old.last_mut() {
            Some(outer) if outer.1 == stride * extent as i64 => *outer = (outer.0 * extent, stride),
            _ => old.push((extent, stride)),
        }
    }
    let mut result = vec![0; to.len()];
    let mut axis = to.len();
    while let Some((mut left, mut stride)) = old.pop() {
        while left > 1 {
            axis = axis.checked_sub(1)?;
            if !left.is_multiple_of(to[axis]) {
                return None;
            }
            result[axis] = stride;
            stride *= to[axis] as i64;
            left /= to[axis];
        }
    }
    to[..axis].iter().all(|&extent| extent == 1).then_some(result)
}
