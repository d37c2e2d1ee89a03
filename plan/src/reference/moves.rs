//! The meaning of kernels that move, fill and draw.

use super::{Element, Memory, for_each_position};
use crate::kernels::{CopyPlan, Distribution, FillPlan, RandomPlan};
use crate::philox;

/// Pointer 0 is the destination of every kernel here, pointer 1 the source of a copy.
const DESTINATION: usize = 0;
const SOURCE: usize = 1;

/// Computes `plan` on `memory`.
pub fn copy<M: Memory>(plan: &CopyPlan, memory: &mut M) {
    for_each_position(plan.axes.map(|axis| axis.extent), |position| {
        let (mut source, mut destination, mut is_valid) = (0, 0, true);
        for (axis, &at) in plan.axes.iter().zip(position) {
            destination += i64::from(at) * axis.destination;
            source += (i64::from(at) - i64::from(axis.before)) * axis.source;
            is_valid &= at.checked_sub(axis.before).is_some_and(|at| at < axis.valid);
        }
        let value = if is_valid { memory.load(SOURCE, source) } else { M::Element::ZERO };
        memory.store(DESTINATION, destination, value);
    });
}

/// Computes `plan` on `memory`.
pub fn fill<M: Memory>(plan: &FillPlan, memory: &mut M) {
    for_each_position(plan.axes.map(|axis| axis.extent), |position| {
        let offset = plan.axes.iter().zip(position).map(|(axis, &at)| i64::from(at) * axis.stride).sum();
        memory.store(DESTINATION, offset, M::Element::from_f32(plan.value));
    });
}

/// Computes `plan` on `memory` with the seed and step that executors find behind pointer 1.
pub fn random<M: Memory>(plan: &RandomPlan, memory: &mut M, seed: u64, step: u64) {
    let key = philox::key(seed, plan.stream);
    let mut index = plan.first;
    for_each_position(plan.axes.map(|axis| axis.extent), |position| {
        let offset = plan.axes.iter().zip(position).map(|(axis, &at)| i64::from(at) * axis.stride).sum();
        let value = match plan.distribution {
            Distribution::Uniform => philox::uniform(key, step, index),
            Distribution::Normal => philox::normal(key, step, index),
        };
        memory.store(DESTINATION, offset, M::Element::from_f32(value));
        index += 1;
    });
}
