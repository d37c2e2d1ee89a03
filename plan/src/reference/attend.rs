//! The meaning of attention, to the bit.

use super::{Memory, for_each_position};
use crate::kernels::{AttendPlan, attend_pointer};
use crate::math::{Scalar, exp, portable};

/// Partial sums of the divisor.
const LANES: u32 = 16;
/// Features of values that are summed side by side.
const FEATURES: usize = 64;

/// Computes `plan` on `memory`.
pub fn attend<M: Memory<Element = f32>>(plan: &AttendPlan, memory: &mut M) {
    for_each_position(plan.outer.map(|axis| axis.extent), |outer| {
        let at = |strides: [i64; 6]| outer.iter().zip(strides).map(|(&at, stride)| i64::from(at) * stride).sum();
        let bases: [i64; 4] = [
            at(plan.outer.map(|axis| axis.o)),
            at(plan.outer.map(|axis| axis.q)),
            at(plan.outer.map(|axis| axis.k)),
            at(plan.outer.map(|axis| axis.v)),
        ];
        for t in 0..plan.queries.extent {
            query(plan, memory, bases, t);
        }
    });
}

/// One query at the bases of its outer position.
fn query<M: Memory<Element = f32>>(plan: &AttendPlan, memory: &mut M, [o, q, k, v]: [i64; 4], t: u32) {
    let mut largest = f32::NEG_INFINITY;
    for s in 0..plan.seen(t) {
        let score = score(plan, memory, (q, k), t, s);
        largest = if largest < score || score.is_nan() { score } else { largest };
    }
    let mut first = 0;
    while first < plan.width.extent {
        let features = (plan.width.extent - first).min(FEATURES as u32);
        let (mut divisors, mut sums) = ([0.0f32; LANES as usize], [0.0f32; FEATURES]);
        for s in 0..plan.reached(t) {
            let weight = match s < plan.seen(t) {
                true => exp(&mut Scalar, score(plan, memory, (q, k), t, s) - largest),
                false => 0.0,
            };
            divisors[(s % LANES) as usize] += weight;
            for (e, sum) in sums[..features as usize].iter_mut().enumerate() {
                let feature = i64::from(first) + e as i64;
                let offset = v + i64::from(s) * plan.keys.second + feature * plan.width.first;
                *sum = portable::mul_add(weight, memory.load(attend_pointer::V, offset), *sum);
            }
        }
        let divisor = in_halves(divisors);
        for (e, sum) in sums[..features as usize].iter().enumerate() {
            let feature = i64::from(first) + e as i64;
            let offset = o + i64::from(t) * plan.queries.second + feature * plan.width.second;
            memory.store(attend_pointer::O, offset, sum / divisor);
        }
        first += features;
    }
}

/// p[l] = p[l] + p[l + h] for h = 8, 4, 2, 1.
fn in_halves(mut sums: [f32; LANES as usize]) -> f32 {
    let mut half = LANES as usize / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

fn score<M: Memory<Element = f32>>(plan: &AttendPlan, memory: &M, (q, k): (i64, i64), t: u32, s: u32) -> f32 {
    let mut sum = 0.0f32;
    for d in 0..i64::from(plan.depth.extent) {
        let query = memory.load(attend_pointer::Q, q + i64::from(t) * plan.queries.first + d * plan.depth.first);
        let key = memory.load(attend_pointer::K, k + i64::from(s) * plan.keys.first + d * plan.depth.second);
        sum = portable::mul_add(query, key, sum);
    }
    sum * plan.scale
}
