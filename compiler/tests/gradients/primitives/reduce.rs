//! Reductions over every position and number of axes.

use crate::suite::Case;
use netc_compiler::prim::ReduceOp;

const SHAPES: &[(&[usize], &[usize])] = &[
    (&[5], &[0]),
    (&[2, 3], &[0]),
    (&[2, 3], &[1]),
    (&[2, 3], &[0, 1]),
    (&[1, 4], &[0]),
    (&[4, 1], &[0]),
    (&[2, 3, 4], &[1]),
    (&[2, 3, 4], &[0, 2]),
    (&[2, 3, 4], &[1, 2]),
    (&[2, 3, 2, 2], &[0, 2, 3]),
    (&[2, 2, 3, 2], &[1, 3]),
    (&[1, 1], &[0, 1]),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in [ReduceOp::Sum, ReduceOp::Max, ReduceOp::Variance] {
        for &(shape, axes) in SHAPES {
            let name = format!("{op:?} of {shape:?} over {axes:?}");
            cases.push(Case::new(name, &[shape], move |graph, x| {
                let reduced = graph.reduce(op, x[0], axes);
                graph.map1(reduced, |x| x * 2.0 + x * x)
            }));
        }
    }
    cases.push(Case::new("a tie shares the gradient", &[&[2, 3]], |graph, x| {
        let twice = graph.concat(&[x[0], x[0]], 1);
        graph.reduce(ReduceOp::Max, twice, &[1])
    }));
    cases.push(Case::new("softmax", &[&[2, 5]], |graph, x| {
        let top = graph.reduce(ReduceOp::Max, x[0], &[1]);
        let top = graph.detach(top);
        let top = graph.broadcast_along(top, &[2, 5], vec![0]);
        let powers = graph.map2(x[0], top, |x, top| (x - top).exp());
        let sum = graph.sum(powers, &[1]);
        let sum = graph.broadcast_along(sum, &[2, 5], vec![0]);
        graph.map2(powers, sum, |x, sum| x / sum)
    }));
    cases.push(Case::new("normalised", &[&[3, 4]], |graph, x| {
        let mean = graph.mean(x[0], &[0]);
        let variance = graph.reduce(ReduceOp::Variance, x[0], &[0]);
        graph.map(&[x[0], mean, variance], |a| (&a[0] - &a[1]) / (&a[2] + 1e-5).sqrt())
    }));
    cases.push(
        Case::new("the position of the maximum has no gradient", &[&[2, 3], &[2]], |graph, x| {
            let at = graph.reduce(ReduceOp::Argmax, x[0], &[1]);
            graph.map2(at, x[1], |at, y| at.cast(netc_compiler::types::DType::F32) * y)
        })
        .blocked(&[0]),
    );
    cases
}
