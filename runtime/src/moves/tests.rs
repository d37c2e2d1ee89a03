//! Copies, fills and draws against the reference, bit for bit.

use netc_plan::kernels::{pack, transpose_packed};
use netc_plan::reference::{self, Memory};
use netc_plan::{Axis, CopyAxis, CopyPlan, Distribution, FillPlan, Kernel, RandomPlan, Reach, philox};

use crate::{Call, Isa};

struct Vectors {
    data: [Vec<f32>; 2],
    base: [i64; 2],
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

fn vector(reach: Reach) -> (Vec<f32>, i64) {
    let key = philox::key(1, 2);
    ((0..=(reach.high - reach.low) as u64).map(|i| philox::uniform(key, 0, i) + 1.0).collect(), -reach.low)
}

/// Runs the kernel with its units together and one by one, and the reference; all of the destination must agree.
fn check(name: &str, kernel: &Kernel, destination: Reach, source: (Vec<f32>, i64), reference: impl Fn(&mut Vectors)) {
    kernel.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    let make = || {
        let (data, base) = vector(destination);
        Vectors { data: [data, source.0.clone()], base: [base, source.1] }
    };
    let mut expected = make();
    reference(&mut expected);
    for (isa, together) in Isa::available().iter().flat_map(|&isa| [(isa, true), (isa, false)]) {
        let mut memory = make();
        let bases = memory.base.map(|base| base as isize);
        let [to, from] = &mut memory.data;
        let pointers = [to.as_mut_ptr().wrapping_offset(bases[0]), from.as_mut_ptr().wrapping_offset(bases[1])];
        let call = Call::new(kernel, None, isa).unwrap();
        for step in call.steps(pointers.as_ptr()) {
            let size = if together { step.units } else { 1 };
            for begin in (0..step.units).step_by(size as usize) {
                // SAFETY: the vectors cover the plan's reach.
                unsafe { (step.function)(step.plan, step.pointers, begin, begin + size, core::ptr::null_mut()) };
            }
        }
        for (at, (got, want)) in memory.data[0].iter().zip(&expected.data[0]).enumerate() {
            assert_eq!(
                got.to_bits(),
                want.to_bits(),
                "{name}, {isa:?}, together {together}, element {at}: {got} {want}"
            );
        }
    }
}

fn check_copy(name: &str, plan: &CopyPlan) {
    let source = vector(plan.reach_source().unwrap());
    check(name, &Kernel::Copy(*plan), plan.reach_destination().unwrap(), source, |memory| {
        reference::copy(plan, memory);
    });
}

#[test]
fn copies_transpose_pad_and_reverse() {
    let new = CopyAxis::new;
    let table: &[(&str, &[CopyAxis])] = &[
        ("one element", &[]),
        ("a row", &[new(100, 1, 1)]),
        ("a large row", &[new(100_000, 1, 1)]),
        ("a broadcast row", &[new(100, 0, 1)]),
        ("a reversed row", &[new(100, -1, 1)]),
        ("into every third", &[new(50, 1, 3)]),
        ("a transpose", &[new(37, 1, 50), new(50, 37, 1)]),
        ("a large transpose", &[new(300, 1, 257), new(257, 300, 1)]),
        ("a broadcast over columns", &[new(40, 1, 33), new(33, 0, 1)]),
        (
            "channel-first to channel-last with a halo",
            &[new(2, 3 * 20, 7 * 6 * 3), new(3, 20, 1), new(4, 5, 6 * 3).padded(1, 2), new(5, 1, 3).padded(1, 0)],
        ),
        (
            "colours of an image to the end of long rows",
            &[new(3, 2 * 1500, 1), new(2, 1500, 1507 * 3), new(1500, 1, 3).padded(3, 4)],
        ),
        ("taps innermost, in rows far apart", &[new(9, 37 * 150, 1), new(150, 37, 9), new(37, 1, 150 * 9)]),
        ("a large box of the same", &[new(9, 70 * 200, 1), new(200, 70, 9), new(70, 1, 200 * 9)]),
        (
            "a box so large that it is written past the caches",
            &[new(9, 256 * 240, 1), new(256, 240, 9), new(240, 1, 2304)],
        ),
        (
            "taps of filters to panels",
            &[new(32, 9 * 40, 1), new(40, 9, 32), new(9, 1, 40 * 32), new(2, 32 * 360, 32 * 360)],
        ),
        ("taps of few filters, split", &[new(5, 9 * 40, 1), new(40, 9, 5), new(9, 1, 2000)]),
        ("five columns without gaps", &[new(5, 50, 1), new(41, 1, 5).padded(2, 0)]),
        (
            "taps of filters to padded panels",
            &[new(18, 36, 1).padded(0, 6), new(4, 9, 24), new(9, 1, 96), new(2, 648, 864)],
        ),
        ("two columns without gaps", &[new(2, 100, 1), new(3, 30, 60), new(30, 1, 2)]),
        ("taps and channels merge on both sides", &[new(20, 6 * 25, 1), new(6, 25, 25 * 20), new(25, 1, 20)]),
        (
            "taps from five filters each",
            &[new(9, 40 * 35, 1), new(40, 35, 9 * 7), new(35, 1, 9 * 7 * 40), new(7, 9 * 1400, 9)],
        ),
        ("padding alone", &[CopyAxis { extent: 5, before: 2, valid: 0, source: 1, destination: 1 }]),
        ("a padded row", &[new(20, 1, 1).padded(3, 4)]),
        ("padded rows", &[new(6, 20, 27).padded(1, 1), new(20, 1, 1).padded(3, 4)]),
        ("rows of four vectors", &[new(6, 40, 70).padded(1, 1), new(40, 1, 1).padded(7, 17)]),
        ("rows of more", &[new(6, 40, 70).padded(1, 1), new(40, 1, 1).padded(8, 17)]),
        ("rows behind a vector of zeros", &[new(3, 5, 40), new(5, 1, 1).padded(18, 9)]),
        ("rows in reverse, split", &[new(900, -30, 36), new(30, 1, 1).padded(2, 3)]),
        (
            "seven axes",
            &[new(2, 1, 64), new(2, 2, 32), new(2, 4, 16), new(2, 8, 8), new(2, 16, 4), new(2, 32, 2), new(2, 64, 1)],
        ),
    ];
    for (name, axes) in table {
        check_copy(name, &CopyPlan::new(axes).unwrap());
    }
    for n in [1, 10, 32, 33, 75] {
        let packing = pack(&[(3, 8 * i64::from(n)), (8, i64::from(n))], n, 1);
        for part in packing.into_iter().chain(transpose_packed(3, 40, n, true)).flatten() {
            check_copy(&format!("packing and transposing {n} columns"), &part.plan);
        }
    }
}

#[test]
fn fills_reach_every_element_and_no_other() {
    let boxes: &[&[Axis]] = &[
        &[],
        &[Axis { extent: 200_000, stride: 1 }],
        &[Axis { extent: 9, stride: 3 }],
        &[Axis { extent: 4, stride: -20 }, Axis { extent: 7, stride: 1 }],
        &[Axis { extent: 5, stride: 2 }, Axis { extent: 4, stride: 100 }, Axis { extent: 3, stride: 25 }],
    ];
    for (row, axes) in boxes.iter().enumerate() {
        let mut plan = FillPlan { axes: [Axis::UNUSED; 8], value: -7.5 };
        plan.axes[..axes.len()].copy_from_slice(axes);
        check(&format!("box {row}"), &Kernel::Fill(plan), plan.reach().unwrap(), (vec![], 0), |memory| {
            reference::fill(&plan, memory);
        });
    }
}

#[test]
fn draws_depend_on_logical_positions_alone() {
    let boxes: &[&[Axis]] = &[
        &[],
        &[Axis { extent: 30_001, stride: 1 }],
        &[Axis { extent: 70, stride: 1 }, Axis { extent: 90, stride: 70 }],
        &[Axis { extent: 3, stride: 100 }, Axis { extent: 5, stride: -7 }],
    ];
    let (seed, step) = (0x1234_5678_9abc_def0u64, 0x1_0000_0003u64);
    let words = [seed as u32, (seed >> 32) as u32, step as u32, (step >> 32) as u32].map(f32::from_bits);
    for (row, axes) in boxes.iter().enumerate() {
        for (distribution, first) in [
            (Distribution::Uniform, 0),
            (Distribution::Normal, 0),
            (Distribution::Uniform, 7),
            (Distribution::Normal, 1 << 33),
        ] {
            let mut plan =
                RandomPlan { axes: [Axis::UNUSED; 8], stream: philox::stream("layer", 1), first, distribution };
            plan.axes[..axes.len()].copy_from_slice(axes);
            let name = format!("box {row}, {distribution:?} from {first}");
            check(&name, &Kernel::Random(plan), plan.reach().unwrap(), (words.to_vec(), 0), |memory| {
                reference::random(&plan, memory, seed, step);
            });
        }
    }
}
