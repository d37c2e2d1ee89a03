//! Pooling and its opposite: fewer or more pixels per channel.

mod avg_pool;
mod global_avg_pool;
mod max_pool;
mod upsample;

use super::Family;
use crate::op::entry;
use crate::op::prelude::*;
use crate::op::sliding::{Placement, Sliding, require_small_border};

/// The table.
pub static FAMILY: Family = Family {
    title: "Pooling",
    entries: &[
        entry::<max_pool::MaxPool>(),
        entry::<avg_pool::AvgPool>(),
        entry::<global_avg_pool::GlobalAvgPool>(),
        entry::<upsample::Upsample>(),
    ],
};

fn infer_pool(sliding: &Sliding<'_>, input: &TensorType) -> Result<Signature, Misuse> {
    let [channels, height, width] = require_map(sliding.operator, input)?;
    let placement = sliding.place([height, width])?;
    require_small_border(sliding, &placement, [height, width])?;
    let taps = sliding.kernel.0.iter().map(|&extent| extent as u64).product::<u64>();
    if taps > crate::types::MAX_EXTENT {
        return Err(Misuse::new(format!("a window of {taps} pixels is too large"))
            .argument("kernel")
            .help("use `global_avg_pool`, or pool in steps"));
    }
    let padded = |axis: usize, extent: u64| {
        extent + (placement.low[axis] + placement.high[axis] + placement.overhang[axis]) as u64
    };
    Shape::new(input.shape.is_batched(), vec![channels, padded(0, height), padded(1, width)])?;
    let [rows, columns] = placement.out;
    Ok(Signature::of(TensorType::f32(Shape::new(input.shape.is_batched(), vec![channels, rows, columns])?)))
}

/// The operand with a border of `value` on its last two axes, wide enough for every window, and where the windows are.
fn bordered(graph: &mut Builder, sliding: &Sliding<'_>, input: &Operand, value: f64) -> (ValueId, Placement) {
    let dims = input.ty.shape.dims();
    let placement = sliding.place([dims[1], dims[2]]).expect("`infer` accepted this window");
    let rank = graph.shape(input.value).len();
    let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
    for axis in 0..2 {
        low[rank - 2 + axis] = placement.low[axis];
        high[rank - 2 + axis] = placement.high[axis] + placement.overhang[axis];
    }
    (graph.pad(input.value, low, high, value), placement)
}
