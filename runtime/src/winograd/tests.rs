//! Winograd kernels of every instruction set against the reference, bit for bit, and against sums in doubles.

use netc_plan::kernels::contract_pointer::{COUNT, OPERANDS};
use netc_plan::reference::{self, Memory};
use netc_plan::winograd::TileSize;
use netc_plan::{
    Epilogue, Kernel, MapOperand, MapStrides, PlanError, Reach, WinogradFilterPlan, WinogradPlan, WinogradWeightsPlan,
    philox,
};

use crate::{Arena, Call, Isa, Step};

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
    fn new(reaches: &[Reach]) -> Self {
        let data = reaches.iter().enumerate().map(|(pointer, reach)| {
            let key = philox::key(7, pointer as u64);
            (0..=(reach.high - reach.low) as u64).map(|i| philox::uniform(key, 0, i) - 0.5).collect()
        });
        Self { data: data.collect(), base: reaches.iter().map(|reach| -reach.low).collect() }
    }

    fn pointers(&mut self) -> [*mut f32; COUNT] {
        let mut pointers = [core::ptr::null_mut(); COUNT];
        for (pointer, (data, base)) in pointers.iter_mut().zip(self.data.iter_mut().zip(&self.base)) {
            *pointer = data.as_mut_ptr().wrapping_offset(*base as isize);
        }
        pointers
    }
}

fn plan(tile: TileSize, [images, height, width, k, n]: [u32; 5]) -> WinogradPlan {
    // Maps are wider than they need to be, so that strides matter.
    let [rows, columns, inputs, outputs] = [height + 3, width + 5, k + 1, n + 2].map(i64::from);
    WinogradPlan {
        tile,
        images,
        height,
        width,
        k,
        n,
        x: MapStrides { image: rows * columns * inputs, row: columns * inputs, pixel: inputs },
        y: MapStrides { image: rows * columns * outputs, row: columns * outputs, pixel: outputs },
        shared: false,
        pool: 1,
        epilogue: Epilogue::None,
        operand_count: 0,
        operands: [MapOperand::CHANNELS; 8],
    }
}

/// Scales by a value per channel and adds one per position.
unsafe extern "C" fn scale(pointers: *const *mut f32, columns: u32) {
    for column in 0..columns as usize {
        // SAFETY: the table holds y and two operands; operand 1 has one value per position.
        unsafe {
            let y = (*pointers).add(column);
            *y = *y * *(*pointers.add(1)).add(column) + **pointers.add(2);
        }
    }
}

fn scale_reference(memory: &mut Vectors, offsets: &[i64; 9], columns: u32) {
    for column in 0..i64::from(columns) {
        let y = memory.load(0, offsets[0] + column) * memory.load(OPERANDS, offsets[1] + column)
            + memory.load(OPERANDS + 1, offsets[2]);
        memory.store(0, offsets[0] + column, y);
    }
}

/// All instruction sets, with units in order and backwards, equal the reference.
fn check(plan: &WinogradPlan) {
    check_of(plan, |_| {});
}

/// The same of changed inputs, where NaN may be any NaN.
fn check_of(plan: &WinogradPlan, change: impl Fn(&mut [f32])) {
    plan.check().unwrap();
    let through = |floats: u64| Reach { low: 0, high: floats.max(1) as i64 - 1 };
    let mut reaches = vec![
        plan.reach_y().unwrap(),
        plan.reach_x().unwrap(),
        through(plan.filter_floats()),
        through(plan.shared_floats()),
    ];
    reaches.extend((0..plan.operand_count as usize).map(|index| plan.reach_operand(index).unwrap()));
    let mut start = Vectors::new(&reaches);
    change(&mut start.data[1]);
    let mut want = start.clone();
    reference::winograd(plan, &mut want, scale_reference);
    for &isa in Isa::available() {
        let call = Call::new(&Kernel::Winograd(*plan), Some(scale), isa).unwrap();
        for backwards in [false, true] {
            let mut got = start.clone();
            let pointers = got.pointers();
            let mut scratch = Arena::new(plan.scratch_floats() as usize).unwrap();
            scratch.as_mut_slice().fill(f32::NAN);
            let steps: Vec<Step> = call.steps(pointers.as_ptr()).collect();
            for step in steps {
                for unit in 0..step.units {
                    let unit = if backwards { step.units - 1 - unit } else { unit };
                    // SAFETY: the vectors cover the plan's reach, the arena its scratch.
                    unsafe { (step.function)(step.plan, step.pointers, unit, unit + 1, scratch.as_mut_ptr()) };
                }
            }
            let mut pairs = got.data[0].iter().zip(&want.data[0]);
            let same = pairs.all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
            assert!(same, "{isa}: {plan}");
        }
    }
}

#[test]
fn maxima_of_windows_equal_the_reference() {
    for (tile, shape) in [TileSize::Two, TileSize::Four].into_iter().flat_map(|tile| {
        [[1, 2, 2, 1, 1], [2, 6, 10, 5, 20], [1, 14, 14, 33, 64], [3, 8, 4, 16, 45]].map(|shape| (tile, shape))
    }) {
        let mut plan = WinogradPlan { pool: 2, ..plan(tile, shape) };
        // A map with an element for each output, beside y that has one for each window.
        let map = MapOperand { strides: plan.y, n: 1 };
        let kinds = [
            (Epilogue::None, vec![]),
            (Epilogue::BiasRelu, vec![MapOperand::CHANNELS]),
            (Epilogue::BiasResidual, vec![MapOperand::CHANNELS, map]),
            (Epilogue::Gate, vec![map]),
        ];
        for (shared, (epilogue, operands)) in
            [false, true].into_iter().cycle().zip(kinds.clone()).chain([(false, kinds[2].clone())])
        {
            plan.shared = shared;
            plan.epilogue = epilogue;
            plan.operand_count = operands.len() as u32;
            plan.operands[..operands.len()].copy_from_slice(&operands);
            check(&plan);
            check_of(&plan, |x| x.iter_mut().step_by(7 * shape[3] as usize).for_each(|x| *x = f32::NAN));
            check_of(&plan, |x| x.fill(-0.0));
        }
    }
}

#[test]
fn windows_that_tiles_cannot_pool_are_refused() {
    let pooled = |shape| WinogradPlan { pool: 2, ..plan(TileSize::Four, shape) };
    assert_eq!(pooled([1, 6, 6, 4, 4]).check(), Ok(()));
    for shape in [[1, 7, 6, 4, 4], [1, 6, 7, 4, 4]] {
        assert_eq!(pooled(shape).check(), Err(PlanError::Maxima), "{shape:?}");
    }
    let generated = WinogradPlan { epilogue: Epilogue::Generated, ..pooled([1, 6, 6, 4, 4]) };
    let per_row = [MapOperand { strides: MapStrides::NONE, n: 0 }; 8];
    let of_rows =
        WinogradPlan { epilogue: Epilogue::Bias, operand_count: 1, operands: per_row, ..pooled([1, 6, 6, 4, 4]) };
    for plan in [generated, of_rows, WinogradPlan { pool: 3, ..pooled([1, 6, 6, 4, 4]) }] {
        assert_eq!(plan.check(), Err(PlanError::Maxima), "{plan}");
    }
}

#[test]
fn every_instruction_set_equals_the_reference() {
    let shapes = [
        [1, 1, 1, 1, 1],
        [1, 4, 4, 16, 32],
        [2, 5, 7, 3, 5],
        [3, 7, 6, 20, 40],
        [1, 14, 14, 33, 64],
        [2, 9, 30, 16, 70],
        // Blocks that begin and end within maps, tiles with short sides in each.
        [11, 10, 14, 5, 9],
        [70, 2, 1, 3, 4],
    ];
    for tile in [TileSize::Two, TileSize::Four] {
        for (index, shape) in shapes.into_iter().enumerate() {
            let mut plan = plan(tile, shape);
            for shared in [false, true] {
                plan.shared = shared;
                let map = MapOperand { strides: plan.y, n: 1 };
                let rows = MapOperand { strides: MapStrides { image: 90, row: 40, pixel: 1 }, n: 0 };
                let kinds = [
                    (Epilogue::None, vec![]),
                    (Epilogue::Bias, vec![MapOperand::CHANNELS]),
                    (Epilogue::BiasRelu, vec![rows]),
                    (Epilogue::BiasResidual, vec![MapOperand::CHANNELS, rows]),
                    (Epilogue::BiasResidualRelu, vec![MapOperand::CHANNELS, map]),
                    (Epilogue::Gate, vec![map]),
                    (Epilogue::ResidualGate, vec![rows, map]),
                    (Epilogue::ResidualGate, vec![map, map]),
                    (Epilogue::Generated, vec![map, rows]),
                ];
                for (epilogue, operands) in kinds.into_iter().skip(index % 2).step_by(2) {
                    plan.epilogue = epilogue;
                    plan.operand_count = operands.len() as u32;
                    plan.operands[..operands.len()].copy_from_slice(&operands);
                    check(&plan);
                }
            }
        }
    }
}

#[test]
fn filters_equal_the_reference_and_pad_with_zeros() {
    for tile in [TileSize::Two, TileSize::Four] {
        for (k, n) in [(1, 1), (3, 5), (17, 32), (40, 45)] {
            for sign in [1, -1] {
                let (row, column) = (3 * sign, sign);
                let plan = WinogradFilterPlan { tile, k, n, row, column, k_stride: 9 * i64::from(n), n_stride: 9 };
                plan.check().unwrap();
                let reaches = [Reach { low: 0, high: plan.len() as i64 - 1 }, plan.reach_source().unwrap()];
                let start = Vectors::new(&reaches);
                let mut want = start.clone();
                reference::winograd_filter(&plan, &mut want);
                for &isa in Isa::available() {
                    let mut got = start.clone();
                    let pointers = got.pointers();
                    let call = Call::new(&Kernel::WinogradFilter(plan), None, isa).unwrap();
                    for step in call.steps(pointers.as_ptr()) {
                        // SAFETY: the vectors cover the plan's reach.
                        unsafe { (step.function)(step.plan, step.pointers, 0, step.units, core::ptr::null_mut()) };
                    }
                    let same = got.data[0].iter().zip(&want.data[0]).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{isa}: {plan}");
                }
            }
        }
    }
}

/// Memory of the caller's, a slice of floats, may begin at any of them.
#[test]
fn filters_go_to_any_float() {
    for (tile, &isa) in
        [TileSize::Two, TileSize::Four].into_iter().flat_map(|tile| Isa::available().iter().map(move |isa| (tile, isa)))
    {
        let plan = WinogradFilterPlan { tile, k: 5, n: 40, row: 3, column: 1, k_stride: 9, n_stride: 45 };
        let reaches = [Reach { low: 0, high: plan.len() as i64 - 1 }, plan.reach_source().unwrap()];
        let mut source = Vectors::new(&reaches);
        reference::winograd_filter(&plan, &mut source);
        let mut memory = vec![7.0f32; plan.len() as usize + 4];
        for start in 0..4 {
            let pointers = [memory[start..].as_mut_ptr(), source.pointers()[1]];
            let call = Call::new(&Kernel::WinogradFilter(plan), None, isa).unwrap();
            for step in call.steps(pointers.as_ptr()) {
                // SAFETY: the memory from `start` on and the vectors cover the plan's reach.
                unsafe { (step.function)(step.plan, step.pointers, 0, step.units, core::ptr::null_mut()) };
            }
            let got = &memory[start..][..plan.len() as usize];
            let same = got.iter().zip(&source.data[0]).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{isa}, from float {start}: {plan}");
        }
    }
}

/// The largest error over the root mean square, against the convolution in doubles.
fn error(tile: TileSize, shape: [u32; 5]) -> f64 {
    let mut plan = plan(tile, shape);
    let [images, height, width, k, n] = shape;
    plan.shared = true;
    let filter = WinogradFilterPlan { tile, k, n, row: 3, column: 1, k_stride: 9, n_stride: 9 * i64::from(k) };
    let mut w = Vectors::new(&[Reach { low: 0, high: filter.len() as i64 - 1 }, filter.reach_source().unwrap()]);
    reference::winograd_filter(&filter, &mut w);
    let reaches = [plan.reach_y().unwrap(), plan.reach_x().unwrap()];
    let shared = Reach { low: 0, high: plan.shared_floats() as i64 };
    let mut vectors = Vectors::new(&[reaches[0], reaches[1], Reach::POINT, shared]);
    vectors.data[2] = w.data[0].clone();
    let pointers = vectors.pointers();
    let call = Call::new(&Kernel::Winograd(plan), None, Isa::detect()).unwrap();
    let mut scratch = Arena::new(plan.scratch_floats() as usize).unwrap();
    for step in call.steps(pointers.as_ptr()) {
        // SAFETY: the vectors cover the plan's reach, the arena its scratch.
        unsafe { (step.function)(step.plan, step.pointers, 0, step.units, scratch.as_mut_ptr()) };
    }
    let (mut worst, mut squares, mut count) = (0.0f64, 0.0, 0.0);
    for image in 0..images {
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
            for channel in (0..n).step_by(7) {
                let mut sum = 0.0;
                for tap in 0..9u32 {
                    let x = plan.x.at(image, row + tap / 3, column + tap % 3);
                    let weight = i64::from(channel) * filter.n_stride + i64::from(tap);
                    for term in 0..i64::from(k) {
                        sum += f64::from(vectors.load(1, x + term)) * f64::from(w.load(1, weight + 9 * term));
                    }
                }
                let got = f64::from(vectors.load(0, plan.y.at(image, row, column) + i64::from(channel)));
                worst = worst.max((got - sum).abs());
                squares += sum * sum;
                count += 1.0;
            }
        }
    }
    worst / (squares / count).sqrt()
}

#[test]
fn errors_are_far_below_the_bound() {
    for (shape, two, four) in
        [([2, 16, 16, 1, 32], 2e-6, 8e-6), ([1, 28, 28, 64, 64], 4e-6, 1.2e-5), ([1, 14, 14, 512, 64], 8e-6, 3e-5)]
    {
        let errors = [TileSize::Two, TileSize::Four].map(|tile| error(tile, shape));
        assert!(errors[0] < two && errors[1] < four, "{shape:?}: {errors:?}");
    }
}

/// The weight gradient over maps that are wider than they need to be; strides of w as a program lays it out.
fn weights(tile: TileSize, shape: [u32; 5], by_n: bool) -> WinogradWeightsPlan {
    let WinogradPlan { images, height, width, k, n, x, y, .. } = plan(tile, shape);
    let (long_k, long_n) = (i64::from(k), i64::from(n));
    let w = if by_n { [3 * long_k * long_n, long_k * long_n, long_n, 1] } else { [3, 1, 9, 9 * long_k] };
    WinogradWeightsPlan { tile, images, height, width, k, n, x, y, w, block: 5, chunk: 0 }
}

fn run_weights(plan: &WinogradWeightsPlan, isa: Isa, vectors: &mut Vectors) {
    let pointers = vectors.pointers();
    let call = Call::new(&Kernel::WinogradWeights(*plan), None, isa).unwrap();
    let mut scratch = Arena::new(plan.scratch_floats() as usize).unwrap();
    scratch.as_mut_slice().fill(f32::NAN);
    for step in call.steps(pointers.as_ptr()) {
        for unit in (0..step.units).rev() {
            // SAFETY: the vectors cover the plan's reach, the arena its scratch.
            unsafe { (step.function)(step.plan, step.pointers, unit, unit + 1, scratch.as_mut_ptr()) };
        }
    }
}

fn weight_vectors(plan: &WinogradWeightsPlan) -> Vectors {
    plan.check().unwrap();
    let slots = Reach { low: 0, high: plan.shared_floats() as i64 };
    Vectors::new(&[plan.reach_w().unwrap(), plan.reach_x().unwrap(), plan.reach_y().unwrap(), slots])
}

#[test]
fn weight_gradients_of_every_instruction_set_equal_the_reference() {
    for tile in [TileSize::Two, TileSize::Four] {
        for (shape, chunk) in
            [([1, 1, 1, 1, 1], 0), ([2, 5, 7, 3, 5], 0), ([2, 9, 8, 20, 40], 1), ([1, 14, 11, 70, 33], 2)]
        {
            for by_n in [false, true] {
                let plan = WinogradWeightsPlan { chunk, ..weights(tile, shape, by_n) };
                let start = weight_vectors(&plan);
                let mut want = start.clone();
                reference::winograd_weights(&plan, &mut want);
                for &isa in Isa::available() {
                    let mut got = start.clone();
                    run_weights(&plan, isa, &mut got);
                    let same = got.data[0].iter().zip(&want.data[0]).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{isa}: {plan}");
                }
            }
        }
    }
}

#[test]
fn errors_of_weight_gradients_are_far_below_the_bound() {
    for (shape, two, four) in [([2, 16, 16, 8, 32], 4e-6, 8e-6), ([4, 28, 28, 32, 32], 4e-6, 8e-6)] {
        for (tile, bound) in [(TileSize::Two, two), (TileSize::Four, four)] {
            let plan = weights(tile, shape, true).with_blocks();
            let mut vectors = weight_vectors(&plan);
            run_weights(&plan, Isa::detect(), &mut vectors);
            let (mut worst, mut squares, mut count) = (0.0f64, 0.0, 0.0);
            for (tap, k, n) in
                (0..9).flat_map(|tap| (0..plan.k).flat_map(move |k| (0..plan.n).map(move |n| (tap, k, n))))
            {
                let mut sum = 0.0;
                for image in 0..plan.images {
                    for (row, column) in (0..plan.height).flat_map(|row| (0..plan.width).map(move |c| (row, c))) {
                        let x = plan.x.at(image, row + tap / 3, column + tap % 3) + i64::from(k);
                        let y = plan.y.at(image, row, column) + i64::from(n);
                        sum += f64::from(vectors.load(1, x)) * f64::from(vectors.load(2, y));
                    }
                }
                let [down, across, by_k, by_n] = plan.w;
                let at = i64::from(tap / 3) * down + i64::from(tap % 3) * across + i64::from(k) * by_k;
                let got = f64::from(vectors.load(0, at + i64::from(n) * by_n));
                worst = worst.max((got - sum).abs());
                squares += sum * sum;
                count += 1.0;
            }
            let error = worst / (squares / count).sqrt();
            assert!(error < bound, "{plan}: {error}");
        }
    }
}
