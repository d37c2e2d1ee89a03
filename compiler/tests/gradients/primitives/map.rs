//! Maps: every scalar operation alone, inside a program, as its result, and with shared operands.

use crate::suite::Case;
use netc_compiler::prim::scalar::Scalar;
use netc_compiler::types::DType;

type Program = fn(&[Scalar]) -> Scalar;

/// Name, number of inputs, range of entries, program.
const PROGRAMS: &[(&str, usize, f64, f64, Program)] = &[
    ("identity", 1, -1.0, 1.0, |a| a[0].clone()),
    ("scaled", 1, -1.0, 1.0, |a| &a[0] * 3.0),
    ("shifted", 1, -1.0, 1.0, |a| &a[0] + 0.7),
    ("negated", 1, -1.0, 1.0, |a| -&a[0]),
    ("abs", 1, -2.0, 2.0, |a| a[0].abs()),
    ("abs inside", 1, -2.0, 2.0, |a| a[0].abs() * &a[0]),
    ("sqrt", 1, 0.2, 3.0, |a| a[0].sqrt()),
    ("sqrt inside", 1, 0.2, 3.0, |a| a[0].sqrt() * &a[0]),
    ("exp", 1, -1.5, 1.5, |a| a[0].exp()),
    ("exp inside", 1, -1.5, 1.5, |a| a[0].exp() * &a[0]),
    ("log", 1, 0.3, 3.0, |a| a[0].log()),
    ("log inside", 1, 0.3, 3.0, |a| a[0].log() * &a[0]),
    ("tanh", 1, -2.0, 2.0, |a| a[0].tanh()),
    ("tanh inside", 1, -2.0, 2.0, |a| 2.0 - a[0].tanh()),
    ("sigmoid", 1, -3.0, 3.0, |a| a[0].sigmoid()),
    ("sigmoid inside", 1, -3.0, 3.0, |a| a[0].sigmoid() * &a[0]),
    ("erf", 1, -2.0, 2.0, |a| a[0].erf()),
    ("gelu", 1, -3.0, 3.0, |a| &a[0] * 0.5 * (1.0 + (&a[0] * std::f64::consts::FRAC_1_SQRT_2).erf())),
    ("relu", 1, -1.0, 1.0, |a| a[0].relu()),
    ("relu inside", 1, -1.0, 1.0, |a| a[0].relu() * &a[0]),
    ("leaky relu", 1, -1.0, 1.0, |a| a[0].greater(0.0).select(&a[0], &a[0] * 0.01)),
    ("floor", 1, -3.0, 3.0, |a| &a[0] - a[0].floor()),
    ("sum", 2, -1.0, 1.0, |a| &a[0] + &a[1]),
    ("difference", 2, -1.0, 1.0, |a| &a[0] - &a[1]),
    ("product", 2, -1.0, 1.0, |a| &a[0] * &a[1]),
    ("quotient", 2, 0.5, 2.0, |a| &a[0] / &a[1]),
    ("quotient inside", 2, 0.5, 2.0, |a| &a[0] / &a[1] * &a[0]),
    ("constant over x", 1, 0.5, 2.0, |a| 3.0 / &a[0]),
    ("square", 1, -1.0, 1.0, |a| &a[0] * &a[0]),
    ("maximum", 2, -1.0, 1.0, |a| a[0].maximum(&a[1])),
    ("minimum", 2, -1.0, 1.0, |a| a[0].minimum(&a[1])),
    ("maximum with constant", 1, -1.0, 1.0, |a| a[0].maximum(0.25)),
    ("clamp", 1, -1.0, 1.0, |a| a[0].maximum(-0.5).minimum(0.5) * &a[0]),
    ("select", 3, -1.0, 1.0, |a| a[0].less(&a[1]).select(&a[1] * &a[2], &a[2] * 3.0)),
    ("select inside", 3, -1.0, 1.0, |a| a[2].greater(0.1).select(&a[0], &a[1]).tanh() + &a[0]),
    ("three inputs", 3, 0.5, 1.5, |a| &a[0] * &a[1] / &a[2] + a[0].log()),
    ("shared subexpression", 2, -1.0, 1.0, |a| {
        let sum = &a[0] + &a[1];
        let twice = &sum * &sum;
        &twice * &sum - &twice
    }),
    ("cross-entropy of a logit", 2, -1.0, 1.0, |a| {
        a[0].maximum(0.0) - &a[0] * &a[1] + (1.0 + (-a[0].abs()).exp()).log()
    }),
    ("position", 1, -1.0, 1.0, |a| &a[0] * Scalar::position(1).cast(DType::F32)),
    ("one hot", 1, -1.0, 1.0, |a| Scalar::position(1).equals(Scalar::position(0)).select(&a[0], &a[0] * 0.5)),
    ("huber", 2, -2.0, 2.0, |a| {
        let d = &a[0] - &a[1];
        let near = d.abs().less(1.0);
        near.select(&d * &d * 0.5, d.abs() - 0.5)
    }),
    ("cast to the same type", 1, -1.0, 1.0, |a| a[0].cast(DType::F32) * &a[0]),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &(name, inputs, low, high, program) in PROGRAMS {
        let leaves: Vec<&[usize]> = vec![&[3, 4]; inputs];
        cases.push(Case::between(name, &leaves, low, high, move |graph, x| graph.map(x, program)));
    }
    cases.push(Case::new("one value as both inputs", &[&[5]], |graph, x| graph.mul(x[0], x[0])));
    cases.push(Case::between("the result is not its own operand", &[&[4]], 0.5, 2.0, |graph, x| {
        graph.map1(x[0], |x| x.exp().sqrt())
    }));
    cases.push(Case::new("broadcast operands", &[&[2, 3], &[3], &[2, 1]], |graph, x| {
        graph.map(x, |a| &a[0] * &a[1] + a[2].tanh() * &a[0])
    }));
    cases.push(Case::new("comparison alone", &[&[6], &[6]], |graph, x| {
        let mask = graph.map2(x[0], x[1], |x, y| x.less(y));
        graph.map2(mask, x[1], |mask, y| mask.select(y, 0.5))
    }));
    cases.push(Case::new("no gradient at the kinks", &[&[4]], |graph, x| {
        let still = graph.detach(x[0]);
        graph.map2(x[0], still, |x, still| (x - still).abs() * 3.0 + (x - still).relu())
    }));
    cases.push(Case::between("the first of a tie", &[&[4]], 0.5, 1.0, |graph, x| {
        let (moving, still) = (graph.scale(x[0], 2.0), graph.scale(x[0], 2.0));
        let still = graph.detach(still);
        let high = graph.map2(moving, still, |x, y| x.maximum(y));
        let low = graph.map2(moving, still, |x, y| x.minimum(y));
        graph.map2(high, low, |high, low| high + low * 3.0)
    }));
    cases
}
