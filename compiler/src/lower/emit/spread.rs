//! The adjoints of windows, read backwards: each element asks which windows it lies in.
//!
//! Element i lies in window q at tap t where i = stride·q + dilation·t. Once the loop over i is split by its remainder
//! r modulo the stride, the taps that can reach it are known, and q is affine.

use super::window::number;
use super::{Emitter, Guard, Origin, Refusal};
use crate::prim::scalar::Binary;
use crate::prim::{ValueId, WindowGeometry, WindowOp};
use crate::program::affine::Affine;
use crate::program::{Expr, FoldOp};

/// Taps of one axis that reach the elements of a remainder: first + step·j for j below count, in window
/// start − back·j.
struct Reaching {
    first: i64,
    step: i64,
    count: u32,
    start: Affine,
    back: i64,
}

impl Emitter<'_> {
    pub(super) fn spread(
        &mut self,
        value: ValueId,
        op: WindowOp,
        geometry: &WindowGeometry,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let inputs = &self.graph.node(value).inputs;
        let rank = geometry.kernel.len();
        let lead = index.len() - rank;
        let mut axes = Vec::with_capacity(rank);
        for axis in 0..rank {
            match self.reaching(value, geometry, axis, &index[lead + axis])? {
                Some(reaching) => axes.push(reaching),
                None => return Ok(Expr::F32(0.0)),
            }
        }
        let loops: Vec<(Origin, u32)> =
            axes.iter().filter(|axis| axis.count > 1).map(|axis| (Origin::Inner, axis.count)).collect();
        self.fold(value, FoldOp::Sum, &loops, |emitter, positions| {
            let mut positions = positions.iter();
            let mut window = index.to_vec();
            let mut taps = Vec::with_capacity(rank);
            for (axis, reaching) in axes.iter().enumerate() {
                let turn = if reaching.count > 1 { positions.next().cloned() } else { None }.unwrap_or_default();
                window[lead + axis] = reaching.start.plus(&turn, -reaching.back);
                taps.push(turn.times(reaching.step).offset(reaching.first));
            }
            let element = emitter.inside(inputs[0], &window, lead..lead + rank, 0.0, guard)?;
            if op == WindowOp::SpreadSum {
                return Ok(element);
            }
            let pick = emitter.inside(inputs[1], &window, lead..lead + rank, 0.0, guard)?;
            let tap = Expr::Position(number(&geometry.kernel, &taps));
            let is_picked = Expr::Binary(Binary::Equal, Box::new(pick), Box::new(tap));
            Ok(Expr::Select(Box::new(is_picked), Box::new(element), Box::new(Expr::F32(0.0))))
        })
    }

    fn reaching(
        &self,
        value: ValueId,
        geometry: &WindowGeometry,
        axis: usize,
        position: &Affine,
    ) -> Result<Option<Reaching>, Refusal> {
        let (stride, dilation) = (geometry.stride[axis] as i64, geometry.dilation[axis] as i64);
        let (quotient, rest) = self.divide(value, position, stride)?;
        let taps = geometry.kernel[axis] as i64;
        let Some(first) = (0..taps).find(|tap| (rest - tap * dilation) % stride == 0) else { return Ok(None) };
        let step = stride / greatest_common_divisor(stride, dilation);
        let count = (taps - first + step - 1) / step;
        let start = quotient.offset((rest - first * dilation) / stride);
        Ok(Some(Reaching { first, step, count: count as u32, start, back: step * dilation / stride }))
    }
}

fn greatest_common_divisor(mut x: i64, mut y: i64) -> i64 {
    while y != 0 {
        (x, y) = (y, x % y);
    }
    x
}
