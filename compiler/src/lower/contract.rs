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

/// The digits of an axis, innermost first: extents and strides.
type Digits = Vec<(usize, i64)>;

/// Axes that a contraction's plan sums over, at most: its taps and k.
const MOST_TERMS: usize = 5;

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
        let stored = self.place(output)?;
        let turned = self.turned_place(sum, output, &stored);
        let place = turned.as_ref().unwrap_or(&stored);
        let mut order: Vec<usize> = (0..out.len()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse((place.layout.strides[axis], std::cmp::Reverse(axis))));
        let is_own = |axis: &usize| left.contains(&out[*axis]) != right.contains(&out[*axis]);
        let innermost = order.iter().rev().copied().find(|&axis| shape[axis] > 1);
        let column = innermost.filter(|axis| is_own(axis) && place.layout.strides[*axis] == 1);
        let swaps = column.is_some_and(|axis| left.contains(&out[axis]));
        let (a_at, b_at) = if swaps { (1, 0) } else { (0, 1) };
        let (a_labels, b_labels) = if swaps { (right, left) } else { (left, right) };
        let ((a, digits), b) =
            (self.walked(node.inputs[a_at], a_labels, out)?, self.columns(node.inputs[b_at], turned.is_some())?);
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
        let mut taps: Vec<Tap> = Vec::new();
        for axis in (0..a_labels.len()).filter(|&axis| !out.contains(&a_labels[axis])) {
            let mut of_b = stride(b_labels, &b, a_labels[axis]);
            for &(extent, of_a) in &digits[axis] {
                taps.push(Tap::new(extent, of_a, of_b));
                of_b *= extent as i64;
            }
        }
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
            by_column: false,
            map: Vec::new(),
            a: (a.buffer, a.base),
            b: (b.buffer, b.base),
            c: (place.buffer, place.layout.base),
            packs: true,
            b_fixed: self.is_fixed(node.inputs[b_at]),
            chunk_terms: LONG_CHUNK,
        })?;
        if let Some(place) = turned {
            self.turn_back(output, place, &stored);
        }
        Ok(())
    }

    /// An operand, and the digits of each of its axes. An axis that is summed may have several, as that of a map whose
    /// channels are innermost and whose elements are then a row.
    fn walked(&self, value: ValueId, labels: &[u8], out: &[u8]) -> Result<(Strided, Vec<Digits>), Request> {
        let shape = &self.prims().ty(value).shape;
        let refusal = match self.strided(value) {
            Ok(strided) => {
                let digits = shape.iter().zip(&strided.strides).map(|(&extent, &stride)| vec![(extent, stride)]);
                return Ok((strided.clone(), digits.collect()));
            }
            Err(refusal) => refusal,
        };
        let node = self.prims().node(value);
        if node.prim != Prim::View(View::Reshape) {
            return Err(refusal);
        }
        let Strided { buffer, base, strides } = self.strided(node.inputs[0])?;
        let digits = digits(&self.prims().ty(node.inputs[0]).shape, &strides, shape).ok_or(refusal)?;
        let is_summed = |axis: usize| !out.contains(&labels[axis]);
        let terms: usize = (0..shape.len()).filter(|&axis| is_summed(axis)).map(|axis| digits[axis].len()).sum();
        if terms > MOST_TERMS || (0..shape.len()).any(|axis| digits[axis].len() > 1 && !is_summed(axis)) {
            return Err(refusal);
        }
        let strides = digits.iter().map(|digits| digits.first().map_or(0, |digit| digit.1)).collect();
        Ok((Strided { buffer, base, strides }, digits))
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
    let digits = digits(from, strides, to)?;
    digits
        .into_iter()
        .map(|digits| if let [] | [_] = digits[..] { Some(digits.first().map_or(0, |digit| digit.1)) } else { None })
        .collect()
}

/// The axes of the same elements under other extents as digits, if there are any.
fn digits(from: &[usize], strides: &[i64], to: &[usize]) -> Option<Vec<Digits>> {
    let mut old: Vec<(usize, i64)> = Vec::new();
    for (&extent, &stride) in from.iter().zip(strides).filter(|(extent, _)| **extent > 1) {
        match old.last_mut() {
            Some(outer) if outer.1 == stride * extent as i64 => *outer = (outer.0 * extent, stride),
            _ => old.push((extent, stride)),
        }
    }
    let mut digits = vec![Vec::new(); to.len()];
    for (&extent, digits) in to.iter().zip(&mut digits).rev() {
        let mut wanted = extent;
        while wanted > 1 {
            let (left, stride) = old.pop()?;
            if left.is_multiple_of(wanted) {
                digits.push((wanted, stride));
                if left > wanted {
                    old.push((left / wanted, stride * wanted as i64));
                }
                wanted = 1;
            } else if wanted.is_multiple_of(left) {
                digits.push((left, stride));
                wanted /= left;
            } else {
                return None;
            }
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_cut_and_joined() {
        // Two rows of twelve elements as three axes, and as one.
        assert_eq!(reshape(&[2, 12], &[12, 1], &[2, 3, 4]), Some(vec![12, 4, 1]));
        assert_eq!(reshape(&[2, 12], &[12, 1], &[24]), Some(vec![1]));
        assert_eq!(reshape(&[2, 12], &[20, 1], &[24]), None);
        // An axis of one element lies anywhere.
        assert_eq!(reshape(&[2, 1, 5], &[5, 9, 1], &[2, 5, 1]), Some(vec![5, 1, 0]));
        assert_eq!(digits(&[6], &[1], &[4]), None);
    }

    #[test]
    fn a_map_with_channels_innermost_is_a_row_of_two_digits() {
        let rows = digits(&[8, 64, 7, 9], &[4032, 1, 576, 64], &[8, 4032]).unwrap();
        assert_eq!(rows, [vec![(8, 4032)], vec![(63, 64), (64, 1)]]);
    }
}
