//! Attention as a call: queries, keys and values read in place through their strides.

use super::contract::Strided;
use super::layout::Layout;
use super::{Lowering, Request};
use crate::prim::{Prim, ValueId};
use crate::program::{Scalar, Segment, Step};
use netc_plan::{AttendAxis, AttendPlan, Kernel, SharedAxis};

/// The order in memory of a result [.., heads, T, e]: the features of all heads beside each other, as the layer after
/// reads them.
pub(super) fn result_order(rank: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rank).collect();
    if rank >= 4 {
        order.swap(rank - 3, rank - 2);
    }
    order
}

impl Lowering<'_> {
    /// The call for an attention.
    pub(super) fn attend(&mut self, id: ValueId) -> Result<(), Request> {
        let node = self.prims().node(id).clone();
        let Prim::Attend { causal, scale } = node.prim else { unreachable!("called for attention") };
        let place = self.place(id)?;
        let [q, k, v] = [0, 1, 2].map(|operand| self.strided(node.inputs[operand]));
        let (q, k, v) = (q?, k?, v?);
        let lead = node.ty.shape.len() - 2;
        let v = if v.strides[lead + 1] == 1
            || v.strides.len() == lead + 2 && self.prims().ty(node.inputs[2]).shape[lead + 1] == 1
        {
            v
        } else {
            self.with_contiguous_rows(node.inputs[2], &v)
        };
        let extent = |input: usize, axis: usize| self.prims().ty(node.inputs[input]).shape[axis] as u32;
        let o = &place.layout.strides;
        let mut outer: Vec<AttendAxis> = Vec::new();
        for axis in (0..lead).filter(|&axis| node.ty.shape[axis] > 1) {
            let next = AttendAxis {
                extent: extent(0, axis),
                q: q.strides[axis],
                k: k.strides[axis],
                v: v.strides[axis],
                o: o[axis],
            };
            let steps = i64::from(next.extent);
            match outer.last_mut() {
                Some(last)
                    if [last.q, last.k, last.v, last.o] == [next.q, next.k, next.v, next.o].map(|x| x * steps) =>
                {
                    *last = AttendAxis { extent: last.extent * next.extent, ..next };
                }
                _ => outer.push(next),
            }
        }
        let shared = |extent, first, second| SharedAxis { extent, first, second };
        let mut plan = AttendPlan {
            outer: [AttendAxis::UNUSED; 6],
            queries: shared(extent(0, lead), q.strides[lead], o[lead]),
            keys: shared(extent(1, lead), k.strides[lead], v.strides[lead]),
            depth: shared(extent(0, lead + 1), q.strides[lead + 1], k.strides[lead + 1]),
            width: shared(extent(2, lead + 1), 1, o[lead + 1]),
            scale: scale as f32,
            causal,
        };
        assert!(outer.len() <= 6, "a value has at most eight axes");
        plan.outer[..outer.len()].copy_from_slice(&outer);
        let at = |strided: &Strided| (strided.buffer, strided.base as usize);
        let operands = vec![(place.buffer, place.layout.base as usize), at(&q), at(&k), at(&v)];
        let origin = self.origin(id);
        self.push(Step::Call { kernel: Kernel::Attend(plan), operands, epilogue: None, origin });
        Ok(())
    }

    /// A row-major copy of values whose features do not lie side by side.
    fn with_contiguous_rows(&mut self, value: ValueId, from: &Strided) -> Strided {
        let shape = self.prims().ty(value).shape.clone();
        let layout = Layout::plain(&shape);
        let name = format!("{}.rows", self.name(value));
        let buffer = self.buffer(name, Segment::Arena, layout.elements, Scalar::F32);
        self.copy(from, &shape, buffer, &layout, value);
        Strided { buffer, base: 0, strides: layout.strides }
    }
}
