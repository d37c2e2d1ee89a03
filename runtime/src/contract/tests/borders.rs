//! Maps that end: terms beyond a border are left out, and no bit changes.

use super::*;
use netc_plan::Border;

/// A convolution over channel-last maps of `size` positions with `pad` zeros around, packed weights, axes merged.
fn convolution([images, size, channels, n]: [u32; 4], [kernel, stride, pad]: [u32; 3]) -> ContractPlan {
    let out = (size + 2 * pad - kernel) / stride + 1;
    let (width, step) = (i64::from(size + 2 * pad), i64::from(stride));
    let (ci, co) = (i64::from(channels), i64::from(n));
    let mut plan = ContractPlan::dense(out, n, kernel * channels);
    plan.outer[1] = OuterAxis { extent: images, a: width * width * ci, b: 0, c: i64::from(out * out) * co };
    plan.outer[4] = OuterAxis { extent: out, a: step * width * ci, b: 0, c: i64::from(out) * co };
    plan.m.a = step * ci;
    plan.taps[2] = TapAxis { extent: kernel, a: width * ci, b: i64::from(kernel) * ci * 32 };
    plan.b_panels = Panels::packed(u64::from(kernel * kernel * channels));
    let border = Border { extent: size, first: -(pad as i32), ..Border::NONE };
    plan.tap_border = Border { outer: [0, 0, 0, 0, stride as i32, 0], ..border };
    plan.k_border = Border { m: stride as i32, run: channels, ..border };
    plan
}

#[test]
fn convolutions_of_maps_with_zeros_around() {
    for (sizes, kernels) in [
        ([2, 7, 40, 64], [3, 1, 1]),
        ([1, 14, 33, 40], [3, 1, 1]),
        ([1, 30, 32, 32], [3, 1, 1]),
        ([2, 9, 35, 33], [3, 2, 1]),
        ([1, 7, 3, 32], [7, 2, 3]),
        ([1, 12, 20, 70], [5, 1, 2]),
        ([1, 2, 64, 32], [3, 1, 1]),
        ([2, 1, 64, 32], [3, 1, 1]),
        ([1, 3, 40, 32], [7, 1, 3]),
    ] {
        let plan = convolution(sizes, kernels);
        check(&format!("{sizes:?} {kernels:?}"), &plan);
        for (chunk, slots) in [(1, false), (2, true)] {
            let chunked = with(plan, |plan| (plan.chunk, plan.slots) = (chunk, slots));
            check(&format!("{sizes:?} {kernels:?} in chunks of {chunk}"), &chunked);
        }
        let in_place = with(in_place(plan, i64::from(plan.n)), |plan| {
            plan.taps[2].b = i64::from(plan.n) * i64::from(plan.k.extent);
        });
        check(&format!("{sizes:?} {kernels:?} with B in place"), &in_place);
    }
}

#[test]
fn pooled_convolutions_of_maps_with_zeros_around() {
    let pooled = with(convolution([2, 8, 40, 32], [3, 1, 1]), |plan| {
        let (step, row) = (plan.outer[4], plan.m.a);
        plan.outer[2] = OuterAxis { extent: 4, a: 2 * step.a, b: 0, c: 4 * 32 };
        plan.outer[1].c = 16 * 32;
        plan.m = RowAxis { extent: 4, a: 2 * row, c: 32 };
        plan.outer[4] = OuterAxis { extent: 2, a: step.a, b: 0, c: 0 };
        plan.outer[5] = OuterAxis { extent: 2, a: row, b: 0, c: 0 };
        plan.maxima = 2;
        plan.tap_border.outer = [0, 0, 2, 0, 1, 0];
        (plan.k_border.outer, plan.k_border.m) = ([0, 0, 0, 0, 0, 1], 2);
        plan.epilogue = Epilogue::BiasRelu;
        plan.operand_count = 1;
        plan.operands[0] = Operand::COLUMNS;
    });
    check("pooled", &pooled);
}

/// A factor that is not finite shows which terms are computed.
#[test]
fn terms_beyond_borders_are_left_out() {
    let plan = convolution([1, 7, 40, 32], [3, 1, 1]);
    let mut initial = Vectors::of(&plan).unwrap();
    clear_beyond(&plan, &mut initial);
    // The kernel's first row, and the first column of each.
    for (row, line) in initial.data[2].chunks_exact_mut(32).enumerate() {
        if row < 120 || row % 120 < 40 {
            line.fill(f32::INFINITY);
        }
    }
    for &isa in Isa::available() {
        let call = Call::new(&Kernel::Contract(plan), None, isa).unwrap();
        let mut memory = initial.clone();
        let pointers = memory.pointers();
        call.steps(pointers.as_ptr()).for_each(|step| run(&step, "together", &mut []));
        let is_finite = |pixel: usize| memory.data[0][32 * pixel..32 * (pixel + 1)].iter().all(|x| x.is_finite());
        let leaves_columns = isa == Isa::Avx512;
        assert_eq!(is_finite(0), leaves_columns, "{isa:?}: the first pixel reads the zeros above and before it");
        assert!(!is_finite(1) && !is_finite(7), "{isa:?}: others do not");
    }
}

#[test]
fn a_border_needs_a_kernel_that_runs_forwards() {
    let backwards = with(convolution([1, 7, 4, 32], [3, 1, 1]), |plan| plan.k_border.tap = -1);
    assert_eq!(backwards.check(), Err(PlanError::Border));
    let by_row = with(convolution([1, 7, 4, 32], [3, 1, 1]), |plan| plan.tap_border.m = 1);
    assert_eq!(by_row.check(), Err(PlanError::Border));
}
