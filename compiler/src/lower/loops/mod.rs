//! From emitted loops to a finished kernel: locals that are read once disappear, loops that walk memory as one become
//! one, the innermost become lanes, transposed memory is
//! walked in tiles, and the outermost is dealt out as units.

mod lanes;
mod merge;
mod number;
mod single;
mod tile;
mod units;

pub(crate) use single::inline_single;

use super::emit::Emitted;
use crate::program::{LoopKernel, Param};

/// The finished kernel.
pub(crate) fn finish(name: String, params: Vec<Param>, emitted: Emitted) -> LoopKernel {
    let Emitted { mut vars, locals, mut body, .. } = emitted;
    inline_single(&mut body);
    merge::merge(&mut body, &mut vars);
    lanes::fold_in_lanes(&mut body);
    lanes::mark(&mut body);
    tile::tile(&mut body, &mut vars);
    let (unit, units) = units::split(&mut body, &mut vars);
    let kernel = LoopKernel { name, params, unit, units, vars: vars.len() as u16, locals, body };
    number::renumber(kernel)
}

/// The finished epilogue: one unit, loops as they are.
pub(crate) fn finish_epilogue(mut kernel: LoopKernel) -> LoopKernel {
    inline_single(&mut kernel.body);
    number::renumber(kernel)
}
