//! Sums that fusion finds to be one.

use super::build::start;
use netc_compiler::fuse::fuse;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::{Mode, Prim, Role, ValueId};

type Build = fn(&mut Builder, x: ValueId, factor: ValueId) -> ValueId;

/// Name, how many sums stay, and what is built from x [8, 6] and a factor for each column, broadcast to x's shape.
const GRAPHS: &[(&str, usize, Build)] = &[
    ("the same sum twice", 1, |g, x, _| {
        let (one, two) = (g.sum(x, &[0]), g.sum(x, &[0]));
        g.add(one, two)
    }),
    ("a sum of multiples", 1, |g, x, factor| {
        let multiples = g.map2(x, factor, |x, factor| -(x * factor) / (factor * 2.0));
        let (one, two) = (g.sum(multiples, &[0]), g.sum(x, &[0]));
        g.add(one, two)
    }),
    ("a factor that varies along the sum", 2, |g, x, factor| {
        let multiples = g.mul(x, factor);
        let (one, two) = (g.sum(multiples, &[1]), g.sum(x, &[1]));
        g.add(one, two)
    }),
    ("an affine value whose sum comes first", 2, |g, x, factor| {
        let shifted = g.map2(x, factor, |x, factor| x * factor + factor);
        let (one, two) = (g.sum(shifted, &[0]), g.sum(x, &[0]));
        g.add(one, two)
    }),
    ("an affine value of a known sum, behind others", 1, |g, x, factor| {
        let known = g.sum(x, &[0]);
        let shifted = g.map2(x, factor, |x, factor| x * factor - factor);
        let whole = g.map2(shifted, x, |shifted, x| x - shifted);
        let sum = g.sum(whole, &[0]);
        g.add(known, sum)
    }),
    ("a square of a known sum", 2, |g, x, _| {
        let known = g.sum(x, &[0]);
        let square = g.mul(x, x);
        let sum = g.sum(square, &[0]);
        g.add(known, sum)
    }),
    ("multiples that a result is too", 2, |g, x, factor| {
        let multiples = g.mul(x, factor);
        let (one, two) = (g.sum(multiples, &[0]), g.sum(x, &[0]));
        let (both, shape) = (g.add(one, two), g.shape(x).to_vec());
        let both = g.broadcast_along(both, &shape, vec![1]);
        g.add(multiples, both)
    }),
];

#[test]
fn multiples_are_summed_with_what_they_are_multiples_of() {
    for (name, expected, build) in GRAPHS {
        let (mut graph, inputs) = start(Mode::Predict, &[&[8, 6], &[6]], &[]);
        let factor = graph.broadcast_along(inputs[1], &[8, 6], vec![1]);
        let result = build(&mut graph, inputs[0], factor);
        graph.graph.results = vec![(Role::Output("y".to_string()), result)];
        let fused = fuse(&graph.graph);
        let found = fused.prims.nodes.iter().filter(|node| matches!(node.prim, Prim::Reduce { .. })).count();
        assert_eq!(found, *expected, "{name}");
    }
}
