//! Reductions over every position and number of axes.

use crate::suite::Case;
use netc_compiler::prim::ReduceOp;
use netc_compiler::types::DType;

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
    let positions: [(&[usize], usize); 12] = [
        (&[5], 0),
        (&[1], 0),
        (&[2, 3], 0),
        (&[2, 3], 1),
        (&[4, 1], 0),
        (&[1, 4], 0),
        (&[2, 3, 4], 0),
        (&[2, 3, 4], 1),
        (&[2, 3, 4], 2),
        (&[2, 1, 2, 2], 0),
        (&[2, 2, 3, 2], 1),
        (&[2, 2, 3, 2], 3),
    ];
    for (shape, axis) in positions {
        let mut rest = shape.to_vec();
        rest.remove(axis);
        let name = format!("the position of the maximum of {shape:?} along {axis} has no gradient");
        let case = Case::new(name, &[shape, &rest], move |graph, x| {
            let at = graph.reduce(ReduceOp::Argmax, x[0], &[axis]);
            graph.map2(at, x[1], |at, y| at.cast(DType::F32) * y)
        });
        cases.push(case.blocked(&[0]));
    }
    cases
}
