//! Dense layers in training, turned: weights are read row by row where they lie, and the layer's input has the columns.
//!
//! A dense layer's result has a row per sample, so its weights, which lie a row per result, would be packed in every
//! step. Where there are fewer samples than weights' rows it costs less to turn the input and the result. A layer that
//! follows reads the turned result as it is.

use super::contract::Strided;
use super::layout::{Layout, Place};
use super::{Lowering, Request};
use crate::prim::{Prim, ValueId};
use crate::program::Segment;

/// Samples are columns, which come in panels of 32: at most so many in a hundred columns of panels may be empty.
const MOST_EMPTY: usize = 20;
/// Results that fill more than a few tiles.
const LEAST_RESULTS: usize = 64;

impl Lowering<'_> {
    /// Where a contraction should write its result so that weights are read in place, if that is not where the result
    /// belongs.
    pub(super) fn turned_place(&mut self, sum: ValueId, output: ValueId, stored: &Place) -> Option<Place> {
        let node = self.prims().node(sum);
        let Prim::Contract { left, right, out } = &node.prim else { return None };
        let shape = &node.ty.shape;
        let (&[sample, result], &[samples, results]) = (&out[..], &shape[..]) else { return None };
        let (input, weights) = (node.inputs[0], node.inputs[1]);
        let is_dense = left.len() == 2 && right.len() == 2 && left.contains(&sample) && right.contains(&result);
        if !is_dense || self.is_fixed(weights) || !stored.layout.is_plain(shape) {
            return None;
        }
        let axis = usize::from(right[0] == result);
        let of_weights = self.strided(weights).ok()?;
        if of_weights.strides[axis] != 1 || of_weights.strides[1 - axis] == 1 {
            return None;
        }
        let terms = self.prims().ty(weights).shape[axis];
        let wide = samples.next_multiple_of(32);
        if results < LEAST_RESULTS || 100 * (wide - samples) > MOST_EMPTY * wide {
            return None;
        }
        let turns_input = if self.turned.contains_key(&input) { 0 } else { samples * terms };
        // The result is written once more, and read.
        if 3 * (turns_input + 2 * samples * results) > 2 * results * terms {
            return None;
        }
        let layout = Layout::new(shape, &[1, 0], &[(0, 0); 2]);
        let name = format!("{}.turned", self.name(output));
        let scalar = self.buffers[stored.buffer.0 as usize].scalar;
        let buffer = self.buffer(name, Segment::Arena, layout.elements, scalar);
        Some(Place { buffer, layout })
    }

    /// Brings a turned result to where it belongs.
    pub(super) fn turn_back(&mut self, output: ValueId, turned: Place, stored: &Place) {
        let Place { buffer, layout: Layout { base, strides, .. } } = turned;
        let from = Strided { buffer, base, strides };
        let shape = self.prims().ty(output).shape.clone();
        self.copy(&from, &shape, stored.buffer, &stored.layout, output);
        self.turned.insert(output, from);
    }

    /// The operand whose columns become the result's: turned as well, for a turned result.
    pub(super) fn columns(&self, value: ValueId, is_turned: bool) -> Result<Strided, Request> {
        let known = self.turned.get(&value).filter(|_| is_turned);
        known.cloned().map_or_else(|| self.strided(value), Ok)
    }
}
