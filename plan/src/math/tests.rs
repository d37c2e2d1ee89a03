//! Accuracy of every function against double precision, over all singles in strides.
//!
//! `NETC_MATH_STRIDE=1` visits all 2³² singles (about an hour in all).

use super::*;

#[path = "erf_table.rs"]
mod erf_table;

/// Distance of `got` from the true value in units in the last place of the single nearest to it.
fn ulps(got: f32, want: f64) -> f64 {
    let nearest = want as f32;
    if nearest.is_infinite() || got.is_infinite() {
        return if got == nearest { 0.0 } else { f64::INFINITY };
    }
    let exponent = ((nearest.to_bits() >> 23 & 0xff).max(1)).cast_signed() - 150;
    (f64::from(got) - want).abs() / f64::from(exponent).exp2()
}

fn stride() -> usize {
    std::env::var("NETC_MATH_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(8191)
}

/// The worst error over all singles for which `range` holds; NaN must give NaN.
fn check(name: &str, bound: f64, got: fn(f32) -> f32, want: fn(f64) -> f64, range: fn(f32) -> bool) {
    let mut worst = (0.0, 0.0);
    for bits in (0..=u32::MAX).step_by(stride()) {
        let x = f32::from_bits(bits);
        if !range(x) {
            continue;
        }
        let (y, true_y) = (got(x), want(f64::from(x)));
        if true_y.is_nan() {
            assert!(y.is_nan(), "{name}({x:e}) = {y:e}, not NaN");
            continue;
        }
        let error = ulps(y, true_y);
        if error > worst.0 || error.is_nan() {
            worst = (error, x);
        }
    }
    println!("{name}: {:.3} ulp at {:e}", worst.0, worst.1);
    assert!(worst.0 <= bound, "{name}: {} ulp at {:e}", worst.0, worst.1);
}

#[test]
fn functions_are_accurate_everywhere() {
    let all = |_: f32| true;
    check("exp", 1.5, |x| exp(&mut Scalar, x), f64::exp, all);
    check("log", 1.0, |x| log(&mut Scalar, x), f64::ln, all);
    check("tanh", 2.0, |x| tanh(&mut Scalar, x), f64::tanh, all);
    let true_sigmoid = |x: f64| {
        if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) }
    };
    check("sigmoid", 3.0, |x| sigmoid(&mut Scalar, x), true_sigmoid, all);
}

#[test]
fn sine_and_cosine_are_accurate_in_their_range() {
    let worst = |got: fn(f32) -> f32, want: fn(f64) -> f64, limit: f32| {
        let mut worst: f64 = 0.0;
        for turn in -200_000..=200_000 {
            let x = turn as f32 / 200_000.0 * limit;
            worst = worst.max((f64::from(got(x)) - want(f64::from(x))).abs());
        }
        worst
    };
    let bound = 1.5 * f64::from(f32::EPSILON);
    assert!(worst(|x| sin(&mut Scalar, x), f64::sin, 8192.0) < bound);
    assert!(worst(|x| cos(&mut Scalar, x), f64::cos, 8192.0) < bound);
    assert!(worst(|x| sin_turns(&mut Scalar, x), |u| (u * core::f64::consts::TAU).sin(), 1.0) < bound);
    assert!(worst(|x| cos_turns(&mut Scalar, x), |u| (u * core::f64::consts::TAU).cos(), 1.0) < bound);
    for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(sin(&mut Scalar, x).is_nan() && cos_turns(&mut Scalar, x).is_nan());
    }
}

/// 2/√π · e^−x² · Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!: all terms positive, so that nothing cancels.
fn erf_f64(x: f64) -> f64 {
    if x.abs() > 6.0 || x.is_nan() {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-18 {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    core::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[test]
fn erf_is_accurate_everywhere() {
    for &(x, want) in erf_table::ERF {
        let got = erf_f64(f64::from(x));
        assert!((got - want).abs() <= 1e-14, "the series at {x}: {got}, the C library: {want}");
    }
    let all = |_: f32| true;
    check("erf", 3.5, |x| erf(&mut Scalar, x), erf_f64, all);
}

#[test]
fn limits_are_exact() {
    let infinity = f32::INFINITY;
    type Row = (fn(f32) -> f32, f32, f32);
    let table: &[Row] = &[
        (|x| exp(&mut Scalar, x), 0.0, 1.0),
        (|x| exp(&mut Scalar, x), infinity, infinity),
        (|x| exp(&mut Scalar, x), -infinity, 0.0),
        (|x| exp(&mut Scalar, x), 88.722_83, f32::from_bits(0x7f7f_ff84)),
        (|x| exp(&mut Scalar, x), 88.722_84, infinity),
        (|x| exp(&mut Scalar, x), -103.5, f32::from_bits(1)),
        (|x| log(&mut Scalar, x), 0.0, -infinity),
        (|x| log(&mut Scalar, x), -0.0, -infinity),
        (|x| log(&mut Scalar, x), 1.0, 0.0),
        (|x| log(&mut Scalar, x), infinity, infinity),
        (|x| tanh(&mut Scalar, x), infinity, 1.0),
        (|x| tanh(&mut Scalar, x), -infinity, -1.0),
        (|x| tanh(&mut Scalar, x), -0.0, -0.0),
        (|x| sigmoid(&mut Scalar, x), -infinity, 0.0),
        (|x| sigmoid(&mut Scalar, x), infinity, 1.0),
        (|x| sigmoid(&mut Scalar, x), 0.0, 0.5),
        (|x| erf(&mut Scalar, x), infinity, 1.0),
        (|x| erf(&mut Scalar, x), -infinity, -1.0),
        (|x| erf(&mut Scalar, x), -0.0, -0.0),
    ];
    for (row, &(function, x, want)) in table.iter().enumerate() {
        let got = function(x);
        assert_eq!(got.to_bits(), want.to_bits(), "row {row}: f({x}) = {got:e}, not {want:e}");
        assert!(function(f32::NAN).is_nan(), "row {row}: NaN must pass");
    }
    assert!(log(&mut Scalar, -1.0).is_nan() && log(&mut Scalar, -infinity).is_nan());
}
