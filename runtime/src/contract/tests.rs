//! Every contraction kernel against the reference, bit for bit.

mod borders;
mod chance;

use netc_plan::kernels::contract_pointer::{COUNT, OPERANDS, SLOTS};
use netc_plan::reference::{self, Memory};
use netc_plan::{
    ContractPlan, Epilogue, EpilogueFn, Kernel, Operand, OuterAxis, Panels, PlanError, Reach, RowAxis, TapAxis, philox,
};

use crate::{Call, Isa, Step};

/// Vectors for every pointer of a call, each based so that its reach fits exactly.
#[derive(Clone)]
struct Vectors {
    data: Vec<Vec<f32>>,
    base: Vec<i64>,
}

impl Memory for Vectors {
    type Element = f32;
    fn load(&self, pointer: usize, offset: i64) -> f32 {
        self.data[pointer][usize::try_from(self.base[pointer] + offset).unwrap()]
    }
    fn store(&mut self, pointer: usize, offset: i64, value: f32) {
        self.data[pointer][usize::try_from(self.base[pointer] + offset).unwrap()] = value;
    }
}

impl Vectors {
    fn of(plan: &ContractPlan) -> Result<Self, PlanError> {
        let mut reaches = vec![plan.reach_c()?, plan.reach_a()?, plan.reach_b()?];
        reaches.push(Reach { low: 0, high: plan.slot_floats() as i64 });
        for index in 0..COUNT - OPERANDS {
            reaches.push(if index < plan.operand_count as usize { plan.reach_operand(index)? } else { Reach::POINT });
        }
        let data = reaches.iter().enumerate().map(|(pointer, reach)| {
            let key = philox::key(5, pointer as u64);
            (0..=(reach.high - reach.low) as u64).map(|i| philox::uniform(key, 0, i) - 0.5).collect()
        });
        Ok(Self { data: data.collect(), base: reaches.iter().map(|reach| -reach.low).collect() })
    }

    fn pointers(&mut self) -> [*mut f32; COUNT] {
        let mut pointers = [core::ptr::null_mut(); COUNT];
        for (pointer, (data, base)) in pointers.iter_mut().zip(self.data.iter_mut().zip(&self.base)) {
            *pointer = data.as_mut_ptr().wrapping_offset(*base as isize);
        }
        pointers
    }
}

/// A generated epilogue of three operands: per column, per row, and one that is written.
unsafe extern "C" fn scale_and_record(pointers: *const *mut f32, columns: u32) {
    for column in 0..columns as usize {
        // SAFETY: the table holds C and three operands; operand 1 has one value per row.
        unsafe {
            let c = (*pointers).add(column);
            let record = (*pointers.add(3)).add(column);
            *c = *c * *(*pointers.add(1)).add(column) + **pointers.add(2);
            *record -= 0.1 * *c;
        }
    }
}

fn scale_and_record_reference(memory: &mut Vectors, offsets: &[i64; 9], columns: u32) {
    for column in 0..i64::from(columns) {
        let c = memory.load(0, offsets[0] + column) * memory.load(OPERANDS, offsets[1] + column)
            + memory.load(OPERANDS + 1, offsets[2]);
        memory.store(0, offsets[0] + column, c);
        let record = memory.load(OPERANDS + 2, offsets[3] + column) - 0.1 * c;
        memory.store(OPERANDS + 2, offsets[3] + column, record);
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

/// All instruction sets, with units in order, one by one and backwards, equal the reference.
fn check(name: &str, plan: &ContractPlan) {
    plan.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut expected = Vectors::of(plan).unwrap();
    clear_beyond(plan, &mut expected);
    let initial = expected.clone();
    reference::contract(plan, &mut expected, scale_and_record_reference);
    expected.data[SLOTS].clear();
    for &isa in Isa::available() {
        for order in ["together", "apart", "backwards"] {
            let call = Call::new(&Kernel::Contract(*plan), Some(scale_and_record as EpilogueFn), isa).unwrap();
            let mut memory = initial.clone();
            let pointers = memory.pointers();
            let mut scratch = vec![f32::NAN; plan.scratch_floats() as usize];
            for step in call.steps(pointers.as_ptr()) {
                run(&step, order, &mut scratch);
            }
            memory.data[SLOTS].clear();
            for (pointer, (got, want)) in memory.data.iter().zip(&expected.data).enumerate() {
                assert!(same(got, want), "{name}: {isa:?}, units {order}, pointer {pointer}\n{got:?}\n{want:?}");
            }
        }
    }
}

/// Puts zeros where terms beyond borders read A.
fn clear_beyond(plan: &ContractPlan, memory: &mut Vectors) {
    if plan.tap_border.is_none() && plan.k_border.is_none() {
        return;
    }
    let [o0, o1, o2, o3, o4, o5] = plan.outer.map(|axis| axis.extent);
    let [t0, t1, t2, t3] = plan.taps.map(|axis| axis.extent);
    let extents = [o0, o1, o2, o3, o4, o5, plan.m.extent, t0, t1, t2, t3, plan.k.extent];
    reference::for_each_position(extents, |at| {
        let [p0, p1, p2, p3, p4, p5, m, term @ ..] = *at;
        let outer = [p0, p1, p2, p3, p4, p5];
        if plan.is_beyond(&outer, m, term) {
            let strides = plan.outer.iter().map(|axis| axis.a).chain([plan.m.a]);
            let strides = strides.chain(plan.taps.iter().map(|axis| axis.a)).chain([plan.k.a]);
            let offset: i64 = at.iter().zip(strides).map(|(&at, stride)| i64::from(at) * stride).sum();
            let columns = if plan.is_by_column() { plan.n } else { 1 };
            (0..i64::from(columns)).for_each(|column| memory.store(1, offset + column, 0.0));
        }
    });
}

fn run(step: &Step, order: &str, scratch: &mut [f32]) {
    let units: Vec<(u32, u32)> = match order {
        "together" => vec![(0, step.units)],
        "apart" => (0..step.units).map(|unit| (unit, unit + 1)).collect(),
        _ => (0..step.units).rev().map(|unit| (unit, unit + 1)).collect(),
    };
    for (begin, end) in units {
        // SAFETY: the tables point into vectors that cover the plan's reach.
        unsafe { (step.function)(step.plan, step.pointers, begin, end, scratch.as_mut_ptr()) };
    }
}

/// B in place, row-major with `ld` columns per row.
fn in_place(mut plan: ContractPlan, ld: i64) -> ContractPlan {
    plan.b_panels = Panels::ROWS;
    plan.k.b = ld;
    plan
}

fn with(mut plan: ContractPlan, change: impl FnOnce(&mut ContractPlan)) -> ContractPlan {
    change(&mut plan);
    plan
}

#[test]
fn dense_products_of_all_tail_shapes() {
    for m in [1, 2, 3, 5, 6, 7, 13, 14, 15, 16, 27, 29, 43, 85, 100] {
        for n in [1, 3, 8, 9, 16, 17, 31, 32, 33, 40, 63, 64, 70] {
            let k = 1 + (m * 7 + n) % 19;
            check(&format!("packed {m}×{n}×{k}"), &ContractPlan::dense(m, n, k));
            check(&format!("in place {m}×{n}×{k}"), &in_place(ContractPlan::dense(m, n, k), i64::from(n) + 3));
        }
    }
}

#[test]
fn long_and_wide_products_fall_into_units() {
    for (m, n, k) in [(1, 700, 900), (2, 130, 2000), (200, 300, 40), (90, 33, 600)] {
        let plan = ContractPlan::dense(m, n, k);
        assert!(plan.units() > 1, "{m}×{n}×{k} is meant to have several units");
        check(&format!("{m}×{n}×{k}"), &plan);
        check(&format!("in place {m}×{n}×{k}"), &in_place(plan, i64::from(n)));
    }
}

/// A convolution over channel-last maps with a halo: `[images, rows, width, channels]`, packed weights.
fn convolution(images: u32, size: u32, channels: u32, n: u32, kernel: u32, stride: u32, dilation: u32) -> ContractPlan {
    let width = i64::from((size - 1) * stride + dilation * (kernel - 1) + 1);
    let (channels_long, n_long) = (i64::from(channels), i64::from(n));
    let mut plan = ContractPlan::dense(size, n, channels);
    let rows = i64::from(stride) * width * channels_long;
    plan.outer[0] =
        OuterAxis { extent: images, a: width * width * channels_long, b: 0, c: i64::from(size * size) * n_long };
    plan.outer[1] = OuterAxis { extent: size, a: rows, b: 0, c: i64::from(size) * n_long };
    plan.m = RowAxis { extent: size, a: i64::from(stride) * channels_long, c: n_long };
    let tap = i64::from(dilation) * channels_long;
    plan.taps[1] = TapAxis { extent: kernel, a: tap * width, b: i64::from(kernel) * channels_long * 32 };
    plan.taps[3] = TapAxis { extent: kernel, a: tap, b: channels_long * 32 };
    plan.b_panels = Panels::packed(u64::from(kernel * kernel * channels));
    plan
}

#[test]
fn convolutions_with_strides_dilation_and_groups() {
    for (images, size, channels, n, kernel, stride, dilation) in [
        (1, 1, 1, 1, 1, 1, 1),
        (2, 5, 3, 10, 3, 1, 1),
        (1, 14, 4, 33, 3, 1, 1),
        (2, 7, 5, 40, 3, 2, 1),
        (1, 6, 2, 24, 5, 1, 2),
        (3, 9, 8, 8, 1, 1, 1),
        (2, 4, 3, 64, 2, 3, 2),
    ] {
        let plan = convolution(images, size, channels, n, kernel, stride, dilation);
        let name = format!("{images} {size} {channels} {n} {kernel} {stride} {dilation}");
        check(&name, &plan);
        // Two groups: input channels apart in A, weights apart in B, output channels apart in C.
        let rows = u64::from(kernel * kernel * channels);
        let grouped = with(plan, |plan| {
            let per_group = Panels::packed_len(rows, u64::from(n)) as i64;
            for axis in plan.outer[..2].iter_mut() {
                (axis.a, axis.c) = (axis.a * 2, axis.c * 2);
            }
            (plan.m.a, plan.m.c) = (plan.m.a * 2, plan.m.c * 2);
            (plan.taps[1].a, plan.taps[3].a) = (plan.taps[1].a * 2, plan.taps[3].a * 2);
            plan.outer[4] = OuterAxis { extent: 2, a: i64::from(channels), b: per_group, c: i64::from(n) };
        });
        check(&format!("groups {name}"), &grouped);
    }
}

#[test]
fn gradients_of_convolutions() {
    // Towards the input of a stride-2 convolution: one phase, taps walk A backwards.
    let backwards = with(convolution(2, 6, 5, 20, 2, 1, 1), |plan| {
        plan.taps[1].a = -plan.taps[1].a;
        plan.taps[3].a = -plan.taps[3].a;
        (plan.m.a, plan.m.c) = (plan.m.a, plan.m.c * 2);
        (plan.outer[0].c, plan.outer[1].c) = (plan.outer[0].c * 4, plan.outer[1].c * 4);
    });
    check("input gradient", &backwards);
    // Towards the weights: taps outside, images and pixels summed, C packed like the weights.
    for (channels, n, chunk, slots) in [
        (3, 10, 0, false),
        (4, 40, 1, false),
        (4, 40, 1, true),
        (15, 33, 2, true),
        (1, 16, 3, true),
        (20, 70, 2, false),
        (45, 33, 2, false),
        (29, 16, 2, true),
    ] {
        let (images, size, width) = (5u32, 4u32, 6i64);
        let (ci, co) = (i64::from(channels), i64::from(n));
        let mut plan = ContractPlan::dense(channels, n, size);
        plan.outer[2] = OuterAxis { extent: 3, a: width * ci, b: 0, c: 3 * ci * 32 };
        plan.outer[3] = OuterAxis { extent: 3, a: ci, b: 0, c: ci * 32 };
        plan.m = RowAxis { extent: channels, a: 1, c: 32 };
        plan.c_panels = Panels::packed(9 * ci as u64).with_outer_inside(2).with_outer_inside(3);
        plan.taps[0] = TapAxis { extent: images, a: width * width * ci, b: i64::from(size * size) * co };
        plan.taps[1] = TapAxis { extent: size, a: width * ci, b: i64::from(size) * co };
        plan.k = TapAxis { extent: size, a: ci, b: co };
        plan.b_panels = Panels::ROWS;
        (plan.chunk, plan.slots) = (chunk, slots);
        check(&format!("weight gradient {channels} {n} {chunk} {slots}"), &plan);
        let update = with(plan, |plan| {
            plan.epilogue = Epilogue::Generated;
            plan.operand_count = 3;
            plan.operands[0] = Operand::COLUMNS;
            plan.operands[1] = Operand::SCALAR;
            let strides = plan.outer.map(|axis| axis.c);
            plan.operands[2] = Operand { outer: strides, m: plan.m.c, n: 1, panels: plan.c_panels };
        });
        check(&format!("update in the weight gradient {channels} {n} {chunk} {slots}"), &update);
    }
}

#[test]
fn operands_staged_in_scratch() {
    for (m, n, k) in [(28, 33, 3), (29, 64, 40), (43, 40, 17), (100, 100, 20), (57, 20, 5), (300, 130, 11)] {
        for (chunk, slots) in [(0, false), (1, false), (1, true)] {
            // A is read by neighbouring rows; B in place.
            let plan = with(in_place(ContractPlan::dense(m, n, k), i64::from(n) + 5), |plan| {
                plan.m.a = 1;
                plan.k.a = i64::from(m) + 3;
                plan.taps[2] = TapAxis { extent: 2, a: -7, b: 1 };
                plan.outer[1] = OuterAxis { extent: 2, a: 11, b: 0, c: i64::from(m * n) + 1 };
                (plan.chunk, plan.slots) = (chunk, slots);
            });
            assert!(plan.merged().stages_a() && plan.scratch_floats() > 0, "{m}×{n}×{k} is meant to be staged");
            check(&format!("{m}×{n}×{k} in chunks of {chunk}, slots {slots}"), &plan);
            let bias = with(plan, |plan| {
                plan.epilogue = Epilogue::BiasRelu;
                plan.operand_count = 1;
                plan.operands[0] = Operand::COLUMNS;
            });
            check(&format!("{m}×{n}×{k} with bias in chunks of {chunk}, slots {slots}"), &bias);
        }
    }
}

#[test]
fn chunks_of_every_reduction_axis() {
    for chunk in [1, 2, 3, 5, 6, 7] {
        for slots in [false, true] {
            let dense = with(ContractPlan::dense(17, 37, 7), |plan| (plan.chunk, plan.slots) = (chunk, slots));
            if !slots || dense.chunks() > 1 {
                check(&format!("k in chunks of {chunk}, slots {slots}"), &dense);
            }
            let taps = with(convolution(2, 5, 3, 20, 3, 1, 1), |plan| (plan.chunk, plan.slots) = (chunk, slots));
            if !slots || taps.chunks() > 1 {
                check(&format!("taps in chunks of {chunk}, slots {slots}"), &taps);
            }
        }
    }
}

#[test]
fn epilogues_of_every_kind() {
    for kind in [
        Epilogue::Bias,
        Epilogue::BiasRelu,
        Epilogue::BiasResidual,
        Epilogue::BiasResidualRelu,
        Epilogue::Gate,
        Epilogue::ResidualGate,
    ] {
        for (m, n) in [(1, 1), (1, 170), (5, 20), (16, 33), (30, 70)] {
            for (chunk, slots) in [(0, false), (4, false), (4, true)] {
                for per_row in [false, true] {
                    let plan = with(ContractPlan::dense(m, n, 9), |plan| {
                        (plan.epilogue, plan.chunk, plan.slots) = (kind, chunk, slots);
                        plan.operand_count = kind.operands().unwrap();
                        plan.operands[0] = if per_row { Operand { m: 1, ..Operand::SCALAR } } else { Operand::COLUMNS };
                        plan.operands[1] = Operand { m: i64::from(n) + 1, ..Operand::COLUMNS };
                    });
                    check(&format!("{kind:?} {m}×{n}, chunk {chunk}, slots {slots}, per row {per_row}"), &plan);
                }
            }
        }
    }
    let residual = with(convolution(2, 7, 4, 40, 3, 1, 1), |plan| {
        plan.epilogue = Epilogue::BiasResidualRelu;
        plan.operand_count = 2;
        plan.operands[0] = Operand::COLUMNS;
        plan.operands[1] = Operand { outer: plan.outer.map(|axis| axis.c), m: plan.m.c, n: 1, panels: Panels::ROWS };
    });
    check("a residual in a convolution", &residual);
}

#[test]
fn strange_numbers_pass_through_every_kernel() {
    strange_numbers_pass(Epilogue::BiasRelu);
    strange_numbers_pass(Epilogue::Gate);
}

fn strange_numbers_pass(epilogue: Epilogue) {
    let plan = with(ContractPlan::dense(9, 20, 3), |plan| {
        plan.epilogue = epilogue;
        plan.operand_count = 1;
        plan.operands[0] = Operand::COLUMNS;
    });
    let strange = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, f32::from_bits(1), f32::MAX, 1e-30];
    let mut initial = Vectors::of(&plan).unwrap();
    for pointer in 1..=OPERANDS {
        for (index, value) in initial.data[pointer].iter_mut().enumerate().filter(|(index, _)| index % 5 == pointer % 5)
        {
            *value = strange[index / 5 % strange.len()];
        }
    }
    let mut expected = initial.clone();
    reference::contract(&plan, &mut expected, |_, _, _| unreachable!());
    assert!(expected.data[0].iter().any(|x| x.is_nan()) && expected.data[0].iter().any(|x| x.is_infinite()));
    for &isa in Isa::available() {
        let call = Call::new(&Kernel::Contract(plan), None, isa).unwrap();
        let mut memory = initial.clone();
        let pointers = memory.pointers();
        call.steps(pointers.as_ptr()).for_each(|step| run(&step, "together", &mut []));
        assert!(same(&memory.data[0], &expected.data[0]), "{isa:?}");
    }
}

#[test]
fn a_generated_epilogue_must_be_given() {
    let plan = with(ContractPlan::dense(2, 2, 2), |plan| plan.epilogue = Epilogue::Generated);
    assert_eq!(Call::new(&Kernel::Contract(plan), None, Isa::detect()).err(), Some(PlanError::Operand));
}
