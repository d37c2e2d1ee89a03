//! Copies at the borders of a program: of sources for convolutions, of values for reshapes, of results for the caller.

use super::contract::Strided;
use super::layout::{Layout, Place};
use super::places::role_name;
use super::{Lowering, Request};
use crate::fuse::KernelGraph;
use crate::lower::emit::scalar;
use crate::prim::{Prim, Role, ValueId, ValueType};
use crate::program::{BufferId, Segment, Step};
use netc_plan::{Axis, Distribution, Kernel, RandomPlan};
use std::collections::{BTreeSet, HashMap};

/// Elements of a weight gradient from which a copy in the order of the weights costs less than reading it crosswise.
const LARGE: usize = 1 << 14;

/// Large weight gradients of convolutions, which the optimiser reads beside the weights, whose taps are innermost:
/// those that do not arise so, but with channels innermost, are copied.
pub(super) fn gradients_to_transpose(graph: &KernelGraph) -> BTreeSet<ValueId> {
    let is_large = |&id: &ValueId| {
        let node = graph.prims.node(id);
        node.prim.is_weight_gradient() && node.ty.elements() >= LARGE && graph.is_loaded(id)
    };
    graph.prims.ids().filter(is_large).collect()
}

impl Lowering<'_> {
    /// Sources that convolutions read, with channels innermost and zeros around.
    pub(super) fn copy_sources(&mut self) {
        for (id, place) in self.maps.clone() {
            let shape = self.prims().ty(id).shape.clone();
            let Some(Place { buffer, layout }) = self.places.of[id.0 as usize].clone() else { continue };
            let from = Strided { buffer, base: layout.base, strides: layout.strides };
            self.is_prepared = self.is_fixed(id);
            self.copy(&from, &shape, place.buffer, &place.layout, id);
        }
    }

    /// The row-major copy of a value, if one is wanted and it does not lie so.
    pub(super) fn copy_plain(&mut self, id: ValueId) -> Result<(), Request> {
        if !self.wanted_plain.contains(&id) || self.places.plain.contains_key(&id) {
            return Ok(());
        }
        let ty = self.prims().ty(id).clone();
        let place = self.place(id)?;
        if place.layout.is_plain(&ty.shape) {
            return Ok(());
        }
        let layout = Layout::plain(&ty.shape);
        let name = format!("{}.plain", self.name(id));
        let buffer = self.buffer(name, Segment::Arena, layout.elements, scalar(ty.dtype));
        let from = Strided { buffer: place.buffer, base: place.layout.base, strides: place.layout.strides };
        self.copy(&from, &ty.shape, buffer, &layout, id);
        self.places.plain.insert(id, Place { buffer, layout });
        Ok(())
    }

    /// Random numbers in the order of the logical axes.
    pub(super) fn random(&mut self, id: ValueId) -> Result<(), Request> {
        let node = self.prims().node(id).clone();
        let Prim::Random { key } = node.prim else { unreachable!("called for random values") };
        let place = self.place(id)?;
        let mut axes = [Axis::UNUSED; 8];
        for (axis, &extent) in node.ty.shape.iter().enumerate() {
            axes[axis] = Axis { extent: extent as u32, stride: place.layout.strides[axis] };
        }
        let plan = RandomPlan { axes, stream: key, first: 0, distribution: Distribution::Uniform };
        let operands = vec![(place.buffer, place.layout.base as usize), (self.words, 0)];
        let origin = self.origin(id);
        self.push(Step::Call { kernel: Kernel::Random(plan), operands, epilogue: None, origin });
        Ok(())
    }

    /// A buffer of the caller's for every result, with a copy where the value lies elsewhere.
    pub(super) fn show_results(&mut self) -> Result<Vec<(Role, ValueType, BufferId)>, Request> {
        (self.is_late, self.is_prepared) = (false, false);
        let mut shown: HashMap<ValueId, BufferId> = HashMap::new();
        let mut results = Vec::new();
        for (role, value) in self.prims().results.clone() {
            let ty = self.prims().ty(value).clone();
            let buffer = match shown.get(&value) {
                Some(&buffer) => buffer,
                None if self.is_shown(value) => self.place(value)?.buffer,
                None => {
                    let from = self.strided(value)?;
                    let layout = Layout::plain(&ty.shape);
                    let buffer = self.buffer(role_name(&role), Segment::Outputs, layout.elements, scalar(ty.dtype));
                    self.copy(&from, &ty.shape, buffer, &layout, value);
                    buffer
                }
            };
            shown.insert(value, buffer);
            results.push((role, ty, buffer));
        }
        Ok(results)
    }
}
