//! 3×3 convolutions of stride 1 and their gradients by Winograd's tiles, where that is cheaper.

use super::algorithm;
use super::call::at;
use super::closed::closed;
use super::contract::Strided;
use super::emit::{Finish, emit_epilogue};
use super::layout::Place;
use super::{Lowering, Request};
use crate::prim::{ConvForm, ConvGeometry, Prim, ValueId};
use crate::program::affine::Affine;
use crate::program::{BufferId, Scalar, Segment, Step, Var};
use netc_plan::winograd::TileSize;
use netc_plan::{Epilogue, Kernel, MapOperand, MapStrides, WinogradFilterPlan, WinogradPlan, WinogradWeightsPlan};

/// A convolution over maps of two axes, forward or as the input gradient of one.
pub(super) struct Tiled<'a> {
    pub sum: ValueId,
    pub output: ValueId,
    pub from: &'a Place,
    pub to: &'a Place,
    pub weight: ValueId,
    pub w: &'a Strided,
    /// Whether the filter is transposed and its taps reversed.
    pub adjoint: bool,
    /// Rows and columns of the windows whose maxima `to` takes; 1 for every output.
    pub pool: u32,
}

impl Lowering<'_> {
    /// Appends the steps of a convolution if tiles suit it; else gives false and appends nothing.
    pub(super) fn tiled(&mut self, geometry: &ConvGeometry, tiled: &Tiled<'_>) -> Result<bool, Request> {
        let Some(mut plan) = self.tile_plan(geometry, tiled) else { return Ok(false) };
        let xs = &tiled.from.layout.strides;
        let is_fixed = self.is_fixed(tiled.weight);
        let ws = &tiled.w.strides;
        let (filter, w_base, first) = if tiled.adjoint {
            let filter = algorithm::filter(&plan, [-ws[2], -ws[3], ws[0], ws[1]]);
            (filter, tiled.w.base + 2 * (ws[2] + ws[3]), [0, 1].map(|axis| geometry.low[axis] as i64 - 2))
        } else {
            let filter = algorithm::filter(&plan, [ws[2], ws[3], ws[1], ws[0]]);
            (filter, tiled.w.base, [0, 1].map(|axis| -(geometry.low[axis] as i64)))
        };
        let x_base = tiled.from.layout.base + first[0] * xs[2] + first[1] * xs[3];
        let finish = self.tile_epilogue(tiled, &plan)?;
        let u = self.filter_points(tiled, filter, w_base, is_fixed);
        let mut operands = vec![at((tiled.to.buffer, tiled.to.layout.base)), at((tiled.from.buffer, x_base)), (u, 0)];
        if plan.shared {
            let name = format!("{}.tiles", self.name(tiled.output));
            operands.push((self.buffer(name, Segment::Arena, plan.shared_floats() as usize, Scalar::F32), 0));
        }
        let mut generated = None;
        if let Some(Finish { kernel, operands: extra }) = finish {
            let known = closed(&kernel);
            let order: Vec<usize> = known.as_ref().map_or((0..extra.len()).collect(), |(_, order)| order.clone());
            plan.operand_count = order.len() as u32;
            let mut bases: Vec<(BufferId, usize)> = Vec::new();
            for (slot, (buffer, index)) in plan.operands.iter_mut().zip(order.iter().map(|&operand| &extra[operand])) {
                let [image, row, pixel, n] = [0, 1, 2, 3].map(|var| index.factor(Var(var)));
                *slot = MapOperand { strides: MapStrides { image, row, pixel }, n };
                bases.push(at((*buffer, index.constant)));
            }
            plan.epilogue = known.map_or(Epilogue::Generated, |(epilogue, _)| epilogue);
            if plan.epilogue == Epilogue::Generated {
                generated = Some((self.kernel(kernel), bases));
            } else {
                operands.extend(bases);
            }
        }
        let origin = self.origin(tiled.sum);
        self.push(Step::Call { kernel: Kernel::Winograd(plan), operands, epilogue: generated, origin });
        Ok(true)
    }

    /// The plan of a convolution that tiles suit, without its epilogue.
    pub(super) fn tile_plan(&self, geometry: &ConvGeometry, tiled: &Tiled<'_>) -> Option<WinogradPlan> {
        let kernel = &self.prims().ty(tiled.weight).shape;
        let shape = &self.prims().ty(tiled.output).shape;
        let (xs, ys) = (&tiled.from.layout.strides, &tiled.to.layout.strides);
        if !is_simple(geometry, kernel) || xs[1] != 1 || ys[1] != 1 {
            return None;
        }
        let mut plan = WinogradPlan {
            tile: TileSize::Four,
            images: shape[0] as u32,
            height: shape[2] as u32,
            width: shape[3] as u32,
            k: kernel[if tiled.adjoint { 0 } else { 1 }] as u32,
            n: shape[1] as u32,
            x: strides(xs),
            y: strides(ys),
            shared: false,
            pool: tiled.pool,
            epilogue: Epilogue::None,
            operand_count: 0,
            operands: [MapOperand::CHANNELS; 8],
        };
        plan.tile = algorithm::tiles(&plan, self.is_fixed(tiled.weight), self.numerics)?;
        plan.shared = algorithm::shares(&plan);
        Some(plan)
    }

    /// The plan of a weight gradient that tiles suit, without strides.
    pub(super) fn weights_plan(&self, gradient: ValueId) -> Option<WinogradWeightsPlan> {
        let node = self.prims().node(gradient);
        let Prim::Conv { form: ConvForm::WeightGradient, geometry } = &node.prim else { return None };
        let kernel = &node.ty.shape;
        if !is_simple(geometry, kernel) {
            return None;
        }
        let map = &self.prims().ty(node.inputs[1]).shape;
        let plan = WinogradWeightsPlan {
            tile: TileSize::Four,
            images: map[0] as u32,
            height: map[2] as u32,
            width: map[3] as u32,
            k: kernel[1] as u32,
            n: kernel[0] as u32,
            x: MapStrides::NONE,
            y: MapStrides::NONE,
            w: [0; 4],
            block: 1,
            chunk: 0,
        };
        algorithm::weights(&plan, self.numerics)
    }

    /// Appends the steps of a weight gradient if tiles suit it; else gives false and appends nothing.
    pub(super) fn tiled_weights(
        &mut self,
        output: ValueId,
        geometry: &ConvGeometry,
        (x, y, w): (&Place, &Place, &Place),
    ) -> bool {
        let Some(mut plan) = self.weights_plan(output) else { return false };
        let (xs, ys, ws) = (&x.layout.strides, &y.layout.strides, &w.layout.strides);
        assert!(xs[1] == 1 && ys[1] == 1, "maps have their channels innermost");
        (plan.x, plan.y, plan.w) = (strides(xs), strides(ys), [ws[2], ws[3], ws[1], ws[0]]);
        let x_base = x.layout.base - geometry.low[0] as i64 * xs[2] - geometry.low[1] as i64 * xs[3];
        let mut operands = vec![at((w.buffer, w.layout.base)), at((x.buffer, x_base)), at((y.buffer, y.layout.base))];
        if plan.shared_floats() > 0 {
            let name = format!("{}.slots", self.name(output));
            operands.push((self.buffer(name, Segment::Arena, plan.shared_floats() as usize, Scalar::F32), 0));
        }
        let origin = self.origin(output);
        self.push(Step::Call { kernel: Kernel::WinogradWeights(plan), operands, epilogue: None, origin });
        true
    }

    /// What is done to the outputs, over images, rows, pixels and channels.
    pub(super) fn tile_epilogue(&self, tiled: &Tiled<'_>, plan: &WinogradPlan) -> Result<Option<Finish>, Request> {
        if tiled.sum == tiled.output {
            return Ok(None);
        }
        let index = [0, 3, 1, 2].map(|var| Affine::var(Var(var)));
        let extents = [plan.images, plan.height, plan.width, plan.n];
        let scalar_of = |buffer: BufferId| self.buffers[buffer.0 as usize].scalar;
        let pair = (tiled.sum, tiled.output);
        emit_epilogue(self.prims(), &self.places, pair, &index, &extents, scalar_of).map(Some).map_err(Request::Stored)
    }

    /// The transformed filter, made once of the same memory.
    fn filter_points(&mut self, tiled: &Tiled<'_>, plan: WinogradFilterPlan, w_base: i64, is_fixed: bool) -> BufferId {
        let key = (self.is_late, (tiled.w.buffer, w_base), plan);
        if let Some(&known) = self.filters.get(&key) {
            return known;
        }
        let name = format!("{}.points", self.buffers[tiled.w.buffer.0 as usize].name);
        let buffer = self.buffer(name, Segment::Arena, plan.len() as usize, Scalar::F32);
        let origin = self.origin(tiled.sum);
        let is_prepared = std::mem::replace(&mut self.is_prepared, is_fixed);
        let operands = vec![(buffer, 0), at((tiled.w.buffer, w_base))];
        self.push(Step::Call { kernel: Kernel::WinogradFilter(plan), operands, epilogue: None, origin });
        self.is_prepared = is_prepared;
        self.filters.insert(key, buffer);
        buffer
    }
}

/// Whether a kernel is 3×3 with stride 1 and one group.
fn is_simple(geometry: &ConvGeometry, kernel: &[usize]) -> bool {
    kernel[2..] == [3, 3] && geometry.groups == 1 && geometry.stride[..] == [1, 1] && geometry.dilation[..] == [1, 1]
}

/// Strides of a map over images, rows and pixels.
fn strides(axes: &[i64]) -> MapStrides {
    MapStrides { image: axes[0], row: axes[2], pixel: axes[3] }
}
