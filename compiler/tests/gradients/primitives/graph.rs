//! Whole graphs: several readers, several paths, blocked paths, random numbers.

use crate::suite::Case;
use netc_compiler::prim::ConvGeometry;

/// Shapes of values that are detached, and that chance drops out of.
const SHAPES: [&[usize]; 12] = [
    &[],
    &[1],
    &[3],
    &[9],
    &[1, 4],
    &[2, 8],
    &[5, 1],
    &[2, 3, 2],
    &[1, 1, 4],
    &[3, 2, 2],
    &[2, 2, 3, 2],
    &[1, 3, 2, 2],
];

pub fn cases() -> Vec<Case> {
    let detached = SHAPES.map(|shape| {
        let case = Case::new(format!("detached {shape:?}"), &[shape, shape], |graph, x| {
            let still = graph.detach(x[0]);
            graph.mul(still, x[1])
        });
        case.blocked(&[0])
    });
    let dropped = SHAPES.map(|shape| {
        Case::new(format!("dropped out of {shape:?}"), &[shape], move |graph, x| {
            let draw = graph.random(shape);
            graph.map2(draw, x[0], |draw, x| draw.less(0.25).select(0.0, x * (1.0 / 0.75)))
        })
    });
    detached.into_iter().chain(dropped).chain(paths()).collect()
}

/// Several readers and paths.
fn paths() -> Vec<Case> {
    vec![
        Case::new("several readers", &[&[2, 3]], |graph, x| {
            let (a, b) = (graph.map1(x[0], |x| x.tanh()), graph.map1(x[0], |x| x.exp()));
            let ab = graph.mul(a, b);
            let all = graph.add(ab, x[0]);
            graph.mul(all, a)
        }),
        Case::new("unused leaf", &[&[3], &[2]], |graph, x| graph.scale(x[0], 2.0)),
        Case::new("a leaf is the result", &[&[3]], |_, x| x[0]),
        Case::new("a constant result", &[&[3]], |graph, _| graph.fill(2.0, &[3])),
        Case::new("two layers", &[&[3, 2], &[4, 2], &[4], &[1, 4]], |graph, x| {
            let hidden = graph.contract("nk", x[0], "mk", x[1], "nm");
            let hidden = graph.add(hidden, x[2]);
            let hidden = graph.map1(hidden, |x| x.tanh());
            let y = graph.contract("nk", hidden, "mk", x[3], "nm");
            graph.map1(y, |y| y.sigmoid())
        }),
        Case::new("residual", &[&[1, 2, 3, 3], &[2, 2, 3, 3]], |graph, x| {
            let geometry =
                ConvGeometry { stride: vec![1, 1], low: vec![1, 1], high: vec![1, 1], dilation: vec![1, 1], groups: 1 };
            let main = graph.conv(x[0], x[1], geometry.clone());
            let main = graph.map1(main, |x| x.relu());
            let main = graph.conv(main, x[1], geometry);
            let sum = graph.add(main, x[0]);
            graph.map1(sum, |x| x.relu())
        }),
    ]
}
