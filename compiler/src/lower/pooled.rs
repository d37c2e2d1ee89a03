//! A convolution whose finished sums only a pooling of windows reads: one call that keeps the maxima, so that the sums
//! are never stored.

use super::call::{Call, LONG_CHUNK};
use super::closed::closed;
use super::emit::Finish;
use super::winograd::Tiled;
use super::{Lowering, Request};
use crate::fuse::Kernel;
use crate::prim::{ConvForm, Prim, ValueId, WindowGeometry, WindowOp};
use crate::program::Var;
use netc_plan::{Epilogue, WinogradPlan};

/// Multiply-adds below which a call is not worth it: executors may run small programs as straight code, which knows
/// products and poolings apart.
const LEAST: u64 = 1 << 15;

/// A pooling by the maximum.
pub(super) struct Pooling {
    /// What it gives.
    pub value: ValueId,
    /// Its windows.
    pub windows: WindowGeometry,
}

impl Lowering<'_> {
    /// Appends the steps of a convolution and the pooling behind it, if they suit one call; else gives false and
    /// appends nothing.
    pub(super) fn convolve_pooled(&mut self, sum: ValueId, kernel: &Kernel) -> Result<bool, Request> {
        let node = self.prims().node(sum).clone();
        let Prim::Conv { form: ConvForm::Forward, geometry } = &node.prim else { return Ok(false) };
        let Some(pooling) = self.pooling(kernel) else { return Ok(false) };
        let output = kernel.outputs[0].into;
        let (x, w) = (self.map(node.inputs[0])?, self.strided(node.inputs[1])?);
        let to = self.place(pooling.value)?;
        if to.layout.strides[1] != 1 {
            return Ok(false);
        }
        let tiled = Tiled { sum, output, from: &x, to: &to, weight: node.inputs[1], w: &w, adjoint: false, pool: 2 };
        let (is_apt, call) = if let Some(plan) = self.tile_plan(geometry, &tiled) {
            (self.tiles_can_pool(&tiled, &plan, &pooling.windows), None)
        } else {
            let call = self.forward_call((sum, output), geometry, &node.inputs, &to, Some(&pooling))?;
            (self.call_can_pool(&call), Some(call))
        };
        if !is_apt {
            return Ok(false);
        }
        let shape = self.prims().ty(pooling.value).shape.clone();
        self.zero_halo(to.buffer, &to.layout, &shape, pooling.value);
        match call {
            Some(call) => self.call(call)?,
            None => _ = self.tiled(geometry, &tiled)?,
        }
        self.pooled.insert(pooling.value);
        Ok(true)
    }

    /// Whether a call of direct products is worth it and ends with an epilogue that it applies to the maxima of its
    /// sums.
    fn call_can_pool(&self, call: &Call) -> bool {
        let terms: u64 = call.taps.iter().map(|tap| u64::from(tap.extent)).product();
        let sums: u64 = call.rows.iter().map(|row| u64::from(row.extent)).product::<u64>() * call.columns as u64;
        if terms >= 2 * LONG_CHUNK || sums * terms < LEAST {
            return false;
        }
        let column = Var(call.rows.len() as u16);
        let windows = (call.rows.len() - call.maxima..call.rows.len()).map(|row| Var(row as u16));
        let Ok(finish) = self.finish(call) else { return false };
        let mut operands = finish.iter().flat_map(|finish| &finish.operands);
        applied_to_sums(finish.as_ref(), column).is_some_and(|epilogue| epilogue.gate().is_none())
            && operands.all(|(_, index)| windows.clone().all(|var| index.factor(var) == 0))
    }

    /// Whether windows lie within tiles, whose epilogue is applied before outputs are stored.
    fn tiles_can_pool(&self, tiled: &Tiled<'_>, plan: &WinogradPlan, windows: &WindowGeometry) -> bool {
        let WindowGeometry { kernel, stride, dilation } = windows;
        (&kernel[..], &stride[..], &dilation[..]) == (&[2, 2], &[2, 2], &[1, 1])
            && plan.height.is_multiple_of(2)
            && plan.width.is_multiple_of(2)
            && self.tile_epilogue(tiled, plan).is_ok_and(|finish| applied_to_sums(finish.as_ref(), Var(3)).is_some())
    }

    /// The pooling that alone reads what a kernel writes, and whose kernel computes nothing else.
    fn pooling(&self, kernel: &Kernel) -> Option<Pooling> {
        let [output] = &kernel.outputs[..] else { return None };
        let [value] = self.readers[output.into.0 as usize][..] else { return None };
        let Prim::Window { op: WindowOp::Max, geometry } = &self.prims().node(value).prim else { return None };
        let is_private = output.value == output.into
            && !self.wanted_plain.contains(&output.into)
            && self.prims().results.iter().all(|result| result.1 != output.into);
        let writer = &self.graph.kernels[*self.writers.get(&value)?];
        let is_alone = matches!(&writer.outputs[..], [only] if only.value == value && only.into == value);
        // Windows that overlap would compute sums twice; more axes than two would not fit a call.
        let is_apart = geometry.kernel.iter().zip(&geometry.stride).all(|(kernel, stride)| kernel <= stride);
        let fits = geometry.kernel.len() <= 2;
        (is_private && is_alone && is_apart && fits).then(|| Pooling { value, windows: geometry.clone() })
    }
}

/// The member of the closed set that an epilogue is, if its operands have an element for each column.
fn applied_to_sums(finish: Option<&Finish>, column: Var) -> Option<Epilogue> {
    let Some(Finish { kernel, operands }) = finish else { return Some(Epilogue::None) };
    let (epilogue, _) = closed(kernel)?;
    operands.iter().all(|(_, index)| index.factor(column) == 1).then_some(epilogue)
}
