//! Attention against the reference, bit for bit, over shapes, strides and instruction sets.

use netc_plan::reference::{self, Memory};
use netc_plan::{AttendAxis, AttendPlan, Kernel, SharedAxis, philox};

use crate::{Call, Isa};

struct Vectors([Vec<f32>; 4]);

impl Memory for Vectors {
    type Element = f32;
    fn load(&self, pointer: usize, offset: i64) -> f32 {
        self.0[pointer][usize::try_from(offset).unwrap()]
    }
    fn store(&mut self, pointer: usize, offset: i64, value: f32) {
        self.0[pointer][usize::try_from(offset).unwrap()] = value;
    }
}

impl Vectors {
    fn new(plan: &AttendPlan, change: impl Fn(&mut [Vec<f32>; 4])) -> Vectors {
        let reaches = [plan.reach_o(), plan.reach_q(), plan.reach_k(), plan.reach_v()];
        let mut vectors = [0, 1, 2, 3].map(|operand| {
            let key = philox::key(5, operand as u64);
            let elements = reaches[operand].unwrap().high as u64 + 1;
            (0..elements).map(|i| 4.0 * philox::uniform(key, 0, i) - 2.0).collect::<Vec<f32>>()
        });
        change(&mut vectors);
        Vectors(vectors)
    }
}

/// Heads of [T, H·d] sequences as a network has them: heads beside each other.
fn plan(heads: u32, [t, s]: [u32; 2], [d, e]: [u32; 2], causal: bool) -> AttendPlan {
    let (wide, narrow) = (i64::from(heads * d), i64::from(heads * e));
    let shared = |extent, first, second| SharedAxis { extent, first, second };
    let mut plan = AttendPlan {
        outer: [AttendAxis::UNUSED; 6],
        queries: shared(t, wide, narrow),
        keys: shared(s, wide, narrow),
        depth: shared(d, 1, 1),
        width: shared(e, 1, 1),
        scale: 1.0 / (d as f32).sqrt(),
        causal,
    };
    let (d, e) = (i64::from(d), i64::from(e));
    plan.outer[2] = AttendAxis { extent: heads, q: d, k: d, v: e, o: e };
    plan
}

fn check(name: &str, plan: &AttendPlan, change: impl Fn(&mut [Vec<f32>; 4])) {
    let kernel = Kernel::Attend(*plan);
    kernel.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut expected = Vectors::new(plan, &change);
    reference::attend(plan, &mut expected);
    for (isa, together) in Isa::available().iter().flat_map(|&isa| [(isa, true), (isa, false)]) {
        let mut memory = Vectors::new(plan, &change);
        let pointers = memory.0.each_mut().map(|vector| vector.as_mut_ptr());
        let call = Call::new(&kernel, None, isa).unwrap();
        let mut scratch = vec![f32::NAN; kernel.scratch_floats() as usize];
        for step in call.steps(pointers.as_ptr()) {
            assert_eq!(step.units, kernel.units());
            let size = if together { step.units } else { 1 };
            for begin in (0..step.units).step_by(size as usize) {
                // SAFETY: the vectors cover the plan's reach, and the scratch is as large as it says.
                unsafe { (step.function)(step.plan, step.pointers, begin, begin + size, scratch.as_mut_ptr()) };
            }
        }
        for (at, (got, want)) in memory.0[0].iter().zip(&expected.0[0]).enumerate() {
            let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
            assert!(same, "{name}, {isa:?}, together {together}, element {at}: {got} {want}");
        }
    }
}

#[test]
fn kernels_equal_the_reference() {
    let shapes: &[(u32, [u32; 2], [u32; 2])] = &[
        (1, [1, 1], [1, 1]),
        (1, [1, 40], [3, 5]),
        (2, [5, 7], [4, 4]),
        (3, [33, 33], [8, 40]),
        (1, [64, 65], [16, 33]),
        (8, [128, 128], [32, 32]),
        (2, [130, 130], [20, 64]),
        (1, [200, 31], [7, 1]),
    ];
    for &(heads, steps, features) in shapes {
        for causal in [false, true] {
            let plan = plan(heads, steps, features, causal);
            check(&format!("{heads} heads, {steps:?} steps, {features:?} features, causal {causal}"), &plan, |_| {});
        }
    }
}

#[test]
fn strides_are_followed() {
    let mut plan = plan(2, [9, 10], [6, 3], false);
    // Features of queries and keys apart, the result's features far apart, one set of values for all heads.
    plan.depth = SharedAxis { extent: 6, first: 2, second: 10 };
    plan.queries = SharedAxis { extent: 9, first: 12, second: 1 };
    plan.keys = SharedAxis { extent: 10, first: 1, second: 3 };
    plan.width.second = 9;
    plan.outer[2] = AttendAxis { extent: 2, q: 1, k: 60, v: 0, o: 27 };
    check("strides", &plan, |_| {});
}

#[test]
fn extreme_scores_do_as_the_reference() {
    for causal in [false, true] {
        let plan = plan(1, [40, 40], [4, 8], causal);
        check("large scores", &plan, |vectors| vectors[1].iter_mut().for_each(|q| *q *= 1e19));
        check("infinite and undefined keys", &plan, |vectors| {
            vectors[2][4 * 7] = f32::INFINITY;
            vectors[2][4 * 38] = f32::NAN;
        });
        check("an infinite value", &plan, |vectors| vectors[3][8 * 20 + 3] = f32::INFINITY);
    }
}

#[test]
fn long_sequences_need_little_scratch() {
    let plan = plan(8, [16_384, 16_384], [64, 64], true);
    assert!(plan.scratch_floats() < 32 * 17_000);
    assert!(plan.units() > 8);
}
