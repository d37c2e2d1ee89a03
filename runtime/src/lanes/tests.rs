//! Every instruction set against the meaning of each operation on single numbers, bit for bit.

use netc_plan::math::{self, Scalar};

use super::{Float, Int, Kernel, LANES, Lanes, Mask, blocks, dispatch, portable};
use crate::Isa;

/// Numbers at which operations differ: signs, zeros, subnormals, halves, infinities, NaN.
const FLOATS: [f32; LANES] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.3,
    -7.75,
    1e-41,
    -3e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    88.5,
    -104.0,
    2147483648.0,
    0.624,
    4.5,
];
const INTS: [i32; LANES] = [0, 1, -1, 7, -7, i32::MAX, i32::MIN, 3, 100, -100, 65536, 46341, 2, 5, -2, 12];

type Case<T> = (&'static str, T);
/// A function of lanes and the same of one number.
type Pair<T> = (fn(T) -> T, fn(f32) -> f32);

struct Run<'a>(&'a mut dyn FnMut(&str, usize, u32, u32));

fn same(got: f32, want: f32) -> (u32, u32) {
    if got.is_nan() && want.is_nan() { (0, 0) } else { (got.to_bits(), want.to_bits()) }
}

impl Kernel for Run<'_> {
    fn run<L: Lanes>(self) {
        let unary: [Case<Pair<L::F>>; 10] = [
            ("neg", (|x| -x, |x| -x)),
            ("abs", (L::F::abs, f32::abs)),
            ("sqrt", (L::F::sqrt, f32::sqrt)),
            ("floor", (L::F::floor, f32::floor)),
            ("exp", (L::F::exp, |x| math::exp(&mut Scalar, x))),
            ("log", (L::F::log, |x| math::log(&mut Scalar, x))),
            ("tanh", (L::F::tanh, |x| math::tanh(&mut Scalar, x))),
            ("sigmoid", (L::F::sigmoid, |x| math::sigmoid(&mut Scalar, x))),
            ("erf", (L::F::erf, |x| math::erf(&mut Scalar, x))),
            ("relu", (L::F::relu, |x| if x < 0.0 { 0.0 } else { x })),
        ];
        for (name, (lanes, scalar)) in unary {
            let got = lanes(L::F::load(&FLOATS, 0)).to_array();
            for (lane, (got, x)) in got.into_iter().zip(FLOATS).enumerate() {
                let (got, want) = same(got, scalar(x));
                (self.0)(name, lane, got, want);
            }
        }
        let truth = |mask: L::M| mask.to_int().to_float();
        let larger = |x: f32, y: f32| if x < y || y.is_nan() { y } else { x };
        let smaller = |x: f32, y: f32| if y < x || y.is_nan() { y } else { x };
        for turn in 0..LANES {
            let mut others = FLOATS;
            others.rotate_left(turn);
            let (a, b) = (L::F::load(&FLOATS, 0), L::F::from_array(others));
            let results = [
                ("add", a + b),
                ("sub", a - b),
                ("mul", a * b),
                ("div", a / b),
                ("max", a.max(b)),
                ("min", a.min(b)),
                ("less", truth(a.less(b))),
                ("less_equal", truth(a.less_equal(b))),
                ("equal", truth(a.equal(b))),
                ("mul_add", a.mul_add_first(b, L::F::from_array(INTS.map(|x| x as f32)), LANES)),
                ("select", (!a.less(b) & b.less_equal(b)).select(a, b)),
            ];
            for (name, got) in results {
                for (lane, got) in got.to_array().into_iter().enumerate() {
                    let (x, y) = (FLOATS[lane], others[lane]);
                    let want = match name {
                        "add" => x + y,
                        "sub" => x - y,
                        "mul" => x * y,
                        "div" => x / y,
                        "mul_add" => x.mul_add(y, INTS[lane] as f32),
                        "max" => larger(x, y),
                        "min" => smaller(x, y),
                        "less" => f32::from(x < y),
                        "less_equal" => f32::from(x <= y),
                        "equal" => f32::from(x == y),
                        _ if x < y || y.is_nan() => y,
                        _ => x,
                    };
                    let (got, want) = same(got, want);
                    (self.0)(name, lane, got, want);
                }
            }
            let mut ints = INTS;
            ints.rotate_left(turn);
            let int =
                |values: [i32; LANES]| L::I::from_bits(L::F::from_array(values.map(|x| f32::from_bits(x as u32))));
            let (a, b) = (int(INTS), int(ints));
            for (name, got) in [
                ("int add", a + b),
                ("int sub", a - b),
                ("int mul", a * b),
                ("int div", a.div(b)),
                ("int max", a.max(b)),
                ("int min", a.min(b)),
                ("int abs", a.abs()),
                ("int less", a.less(b).to_int()),
                ("int less_equal", a.less_equal(b).to_int()),
                ("int truth", (a.truth() | b.truth()).to_int()),
                ("ramp", L::I::ramp(turn as i32, -3)),
                ("to_int", L::F::from_array(FLOATS).to_int()),
            ] {
                for (lane, got) in got.to_bits().to_array().into_iter().enumerate() {
                    let (x, y) = (INTS[lane], ints[lane]);
                    let want = match name {
                        "int add" => x.wrapping_add(y),
                        "int sub" => x.wrapping_sub(y),
                        "int mul" => x.wrapping_mul(y),
                        "int div" => x.checked_div(y).unwrap_or(0),
                        "int max" => x.max(y),
                        "int min" => x.min(y),
                        "int abs" => x.wrapping_abs(),
                        "int less" => i32::from(x < y),
                        "int less_equal" => i32::from(x <= y),
                        "int truth" => i32::from(x != 0 || y != 0),
                        "ramp" => turn as i32 - 3 * lane as i32,
                        _ => FLOATS[lane] as i32,
                    };
                    (self.0)(name, lane, got.to_bits(), want as u32);
                }
            }
        }
        let values: Vec<f32> = (0..37).map(|index| index as f32 * 0.37 - 3.0).collect();
        let (mut sum, mut most) = (L::F::splat(0.0), L::F::splat(f32::NEG_INFINITY));
        let mut copy = vec![0.0; values.len()];
        let (mut sums, mut mosts) = ([0.0f32; LANES], [f32::NEG_INFINITY; LANES]);
        for (at, count) in blocks(values.len()) {
            let x = L::F::load(&values, at);
            (sum, most) = (sum.add_first(x, count), most.max_first(x, count));
            x.store(&mut copy, at, count);
        }
        for (index, &value) in values.iter().enumerate() {
            sums[index % LANES] += value;
            mosts[index % LANES] = larger(mosts[index % LANES], value);
        }
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                sums[lane] += sums[lane + half];
                mosts[lane] = larger(mosts[lane], mosts[lane + half]);
            }
        }
        (self.0)("sum", 0, sum.sum_halves().to_bits(), sums[0].to_bits());
        (self.0)("maximum", 0, most.max_halves().to_bits(), mosts[0].to_bits());
        (self.0)("copy", 0, u32::from(copy == values), 1);
    }
}

#[test]
fn every_instruction_set_gives_the_bits_of_single_numbers() {
    let mut compared = 0;
    for &isa in Isa::available() {
        Isa::limit(isa);
        dispatch(Run(&mut |name, lane, got, want| {
            assert_eq!(got, want, "{name} in lane {lane} on {isa}");
            compared += 1;
        }));
    }
    Isa::limit(Isa::detect());
    Run(&mut |name, lane, got, want| assert_eq!(got, want, "{name} in lane {lane} on single numbers"))
        .run::<portable::Portable>();
    assert!(compared > 4000);
}

#[test]
fn slices_that_end_early_are_neither_read_nor_written_beyond() {
    struct Ends;
    impl Kernel for Ends {
        fn run<L: Lanes>(self) {
            let values = [1.0, 2.0, 3.0];
            assert_eq!(L::F::load(&values, 1).to_array()[..4], [2.0, 3.0, 0.0, 0.0]);
            assert_eq!(L::F::load(&values, 9).to_array(), [0.0; LANES]);
            let mut target = [0.0; 3];
            L::F::splat(5.0).store(&mut target, 2, LANES);
            L::F::splat(7.0).store(&mut target, 9, LANES);
            assert_eq!(target, [0.0, 0.0, 5.0]);
        }
    }
    dispatch(Ends);
}
