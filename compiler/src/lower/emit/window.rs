//! Windows: few taps are written out, many are folded.

use super::reduce::is_better;
use super::{Emitter, Guard, Origin, Refusal};
use crate::fuse::FEW_TAPS;
use crate::prim::scalar::Binary;
use crate::prim::{ValueId, WindowGeometry, WindowOp};
use crate::program::affine::Affine;
use crate::program::{Expr, FoldOp, Local, Scalar};

impl Emitter<'_> {
    pub(super) fn window(
        &mut self,
        value: ValueId,
        op: WindowOp,
        geometry: &WindowGeometry,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        match op {
            WindowOp::Max => self.slide(value, (FoldOp::Max, Binary::Max), geometry, index, guard),
            WindowOp::Sum => self.slide(value, (FoldOp::Sum, Binary::Add), geometry, index, guard),
            WindowOp::Pick => self.pick(value, geometry, index, guard),
            WindowOp::SpreadSum | WindowOp::SpreadPick => self.spread(value, op, geometry, index, guard),
        }
    }

    fn slide(
        &mut self,
        value: ValueId,
        (fold, binary): (FoldOp, Binary),
        geometry: &WindowGeometry,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let input = self.graph.node(value).inputs[0];
        if geometry.kernel.iter().product::<usize>() <= FEW_TAPS {
            let mut joined: Option<Expr> = None;
            for tap in taps(&geometry.kernel) {
                let position = under(geometry, index, &tap);
                let element = self.pull(input, &position, guard)?;
                joined = Some(match joined {
                    None => element,
                    Some(before) => Expr::Binary(binary, Box::new(before), Box::new(element)),
                });
            }
            return Ok(joined.expect("a window has taps"));
        }
        let loops: Vec<(Origin, u32)> = geometry.kernel.iter().map(|&extent| (Origin::Inner, extent as u32)).collect();
        self.fold(value, fold, &loops, |emitter, taps| emitter.pull(input, &under(geometry, index, taps), guard))
    }

    fn pick(
        &mut self,
        value: ValueId,
        geometry: &WindowGeometry,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let input = self.graph.node(value).inputs[0];
        if geometry.kernel.iter().product::<usize>() <= FEW_TAPS {
            return self.pick_of_few(input, geometry, index, guard);
        }
        let loops: Vec<(usize, u32)> = geometry.kernel.iter().map(|&extent| extent as u32).enumerate().collect();
        self.search(value, &loops, |emitter, taps| {
            let element = emitter.pull(input, &under(geometry, index, taps), guard)?;
            Ok((element, number(&geometry.kernel, taps)))
        })
    }

    /// The same without loops: each tap against the best before it.
    fn pick_of_few(
        &mut self,
        input: ValueId,
        geometry: &WindowGeometry,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let mut best: Option<(Local, Expr)> = None;
        for (number, tap) in taps(&geometry.kernel).into_iter().enumerate() {
            let element = self.pull(input, &under(geometry, index, &tap), guard)?;
            let element = self.define(Scalar::F32, element);
            let number = Expr::I32(number as i32);
            best = Some(match best {
                None => (element, number),
                Some((before, at)) => {
                    let better = self.define(Scalar::I32, is_better(element, before));
                    let choose = |new, old| Expr::Select(Box::new(Expr::Read(better)), Box::new(new), Box::new(old));
                    let at = self.define(Scalar::I32, choose(number, at));
                    let element = self.define(Scalar::F32, choose(Expr::Read(element), Expr::Read(before)));
                    (element, Expr::Read(at))
                }
            });
        }
        Ok(best.expect("a window has taps").1)
    }
}

/// Coordinates in the input of a tap of the window at `index`.
fn under(geometry: &WindowGeometry, index: &[Affine], taps: &[Affine]) -> Vec<Affine> {
    let lead = index.len() - taps.len();
    let mut position = index.to_vec();
    for (axis, tap) in taps.iter().enumerate() {
        let start = index[lead + axis].times(geometry.stride[axis] as i64);
        position[lead + axis] = start.plus(tap, geometry.dilation[axis] as i64);
    }
    position
}

/// The row-major number of a tap.
pub(super) fn number(kernel: &[usize], taps: &[Affine]) -> Affine {
    kernel.iter().zip(taps).fold(Affine::default(), |sum, (&extent, tap)| sum.times(extent as i64).plus(tap, 1))
}

/// All taps of a window in row-major order.
fn taps(kernel: &[usize]) -> Vec<Vec<Affine>> {
    let mut all = vec![Vec::new()];
    for &extent in kernel {
        let longer = |tap: &Vec<Affine>, at: usize| {
            let mut tap = tap.clone();
            tap.push(Affine::constant(at as i64));
            tap
        };
        all = all.iter().flat_map(|tap| (0..extent).map(move |at| longer(tap, at))).collect();
    }
    all
}
