//! Convolutions: weighted sums over a window that slides over a map.

mod conv2d;
mod conv_transpose2d;

use super::Family;
use crate::op::prelude::*;
use crate::op::{batch, entry};

/// The table.
pub static FAMILY: Family = Family {
    title: "Convolutions",
    entries: &[entry::<conv2d::Conv2d>(), entry::<conv_transpose2d::ConvTranspose2d>()],
};

/// Refuses groups that do not divide the channels on both sides.
fn require_groups(groups: usize, input: u64, output: usize) -> Result<(), Misuse> {
    let output = output as u64;
    let divides = |n: u64| input.is_multiple_of(n) && output.is_multiple_of(n);
    for (side, channels) in [("input", input), ("output", output)] {
        if !channels.is_multiple_of(groups as u64) {
            let divisors = (1..=input.min(output).min(4096)).filter(|&n| divides(n)).take(8);
            let divisors: Vec<String> = divisors.map(|n| n.to_string()).collect();
            return Err(Misuse::new(format!("{groups} groups do not divide the {channels} {side} channels"))
                .argument("groups")
                .why(format!("every group takes {channels}/{groups} channels"))
                .help(format!("use a number of groups that divides {input} and {output}: {}", divisors.join(", "))));
        }
    }
    Ok(())
}

/// Adds the bias per channel to [batch, channels, height, width] and gives the result its type.
fn finish(graph: &mut Builder, map: ValueId, params: &Params, shape: &Shape) -> Vec<ValueId> {
    let map = match params.find("bias") {
        Some(bias) => {
            let extents = graph.shape(map).to_vec();
            let bias = graph.broadcast_along(bias, &extents, vec![1]);
            graph.add(map, bias)
        }
        None => map,
    };
    vec![batch::as_shape(graph, map, shape)]
}
