//! Generated loops: maps, reductions, rows, views.

use super::check::{check, start, with_gradients};
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::scalar::Scalar;
use netc_compiler::prim::{Mode, ReduceOp, Role, ValueId};
use netc_compiler::types::DType;

type Case = (&'static str, &'static [usize], fn(&mut Builder, ValueId) -> ValueId);

fn softmax(graph: &mut Builder, x: ValueId, axis: usize) -> ValueId {
    let shape = graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|&other| other != axis).collect();
    let max = graph.reduce(ReduceOp::Max, x, &[axis]);
    let max = graph.broadcast_along(max, &shape, kept.clone());
    let e = graph.map2(x, max, |x, max| (x - max).exp());
    let sum = graph.sum(e, &[axis]);
    let sum = graph.broadcast_along(sum, &shape, kept);
    graph.map2(e, sum, |e, sum| e / sum)
}

fn normalise(graph: &mut Builder, x: ValueId, axes: &[usize]) -> ValueId {
    let shape = graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let mean = graph.mean(x, axes);
    let variance = graph.reduce(ReduceOp::Variance, x, axes);
    let scale = graph.map1(variance, |v| 1.0 / (v + 1e-5).sqrt());
    let mean = graph.broadcast_along(mean, &shape, kept.clone());
    let scale = graph.broadcast_along(scale, &shape, kept);
    graph.map(&[x, mean, scale], |x| (&x[0] - &x[1]) * &x[2])
}

const CASES: &[Case] = &[
    ("relu", &[3, 5], |g, x| g.map1(x, |x| x.relu())),
    ("gelu", &[64, 65], |g, x| g.map1(x, |x| x * ((x / std::f64::consts::SQRT_2).erf() + 1.0) * 0.5)),
    ("long map", &[1 << 16], |g, x| g.map1(x, |x| x.tanh() * x)),
    ("position", &[4, 5], |g, x| g.map1(x, |x| Scalar::position(1).cast(DType::F32) * x)),
    ("sum of all", &[6, 50], |g, x| g.sum(x, &[0, 1])),
    ("sum of rows", &[6, 50], |g, x| g.sum(x, &[1])),
    ("sum of columns", &[50, 6], |g, x| g.sum(x, &[0])),
    ("sum between", &[4, 7, 5], |g, x| g.sum(x, &[1])),
    ("sum around", &[4, 7, 5], |g, x| g.sum(x, &[0, 2])),
    ("max of rows", &[6, 50], |g, x| g.reduce(ReduceOp::Max, x, &[1])),
    ("long sum", &[300, 400], |g, x| g.sum(x, &[0, 1])),
    ("long sum of columns", &[3000, 30], |g, x| g.sum(x, &[0])),
    ("variance of rows", &[6, 50], |g, x| g.reduce(ReduceOp::Variance, x, &[1])),
    ("sum of scaled columns", &[50, 6], |g, x| {
        let first = g.slice(x, 0, 0, 1, 1);
        let first = g.reshape(first, &[6]);
        let factor = g.broadcast_along(first, &[50, 6], vec![1]);
        let scaled = g.map2(x, factor, |x, factor| -(x * 3.0 * factor) / (factor * factor + 1.0));
        let sum = g.sum(scaled, &[0]);
        let plain = g.sum(x, &[0]);
        g.add(sum, plain)
    }),
    ("sum of shifted columns", &[50, 6], |g, x| {
        let first = g.slice(x, 0, 0, 1, 1);
        let first = g.reshape(first, &[6]);
        let shift = g.broadcast_along(first, &[50, 6], vec![1]);
        let plain = g.sum(x, &[0]);
        let shifted = g.map2(x, shift, |x, shift| (x - shift) / (shift * shift + 1.0) + 3.0);
        let sum = g.sum(shifted, &[0]);
        g.add(sum, plain)
    }),
    ("long variance of columns", &[4096, 24], |g, x| g.reduce(ReduceOp::Variance, x, &[0])),
    ("softmax of rows", &[8, 40], |g, x| softmax(g, x, 1)),
    ("softmax of columns", &[8, 40], |g, x| softmax(g, x, 0)),
    ("softmax between", &[3, 4, 5], |g, x| softmax(g, x, 1)),
    ("large softmax", &[200, 100], |g, x| softmax(g, x, 1)),
    ("layer norm", &[6, 5, 32], |g, x| normalise(g, x, &[2])),
    ("batch norm", &[64, 12], |g, x| normalise(g, x, &[0])),
    ("norm of maps", &[4, 3, 6, 6], |g, x| normalise(g, x, &[0, 2, 3])),
    ("norm per sample", &[4, 3, 6, 6], |g, x| normalise(g, x, &[1, 2, 3])),
    ("outer views", &[4, 6], |g, x| {
        let x = g.permute(x, &[1, 0]);
        let x = g.flip(x, &[0]);
        let x = g.slice(x, 0, 1, 2, 2);
        g.map1(x, |x| x.exp())
    }),
    ("reshape of a map", &[4, 6], |g, x| {
        let x = g.map1(x, |x| x.exp());
        let x = g.reshape(x, &[2, 12]);
        g.sum(x, &[1])
    }),
    ("reshape that does not nest", &[4, 6], |g, x| {
        let x = g.map1(x, |x| x.exp());
        let x = g.permute(x, &[1, 0]);
        let x = g.reshape(x, &[3, 8]);
        let y = g.sum(x, &[0]);
        g.map1(y, |y| y * 2.0)
    }),
    ("reshape to coprime extents", &[3, 8], |g, x| {
        let x = g.map1(x, |x| x.exp());
        let x = g.permute(x, &[1, 0]);
        let x = g.map1(x, |x| x * 3.0);
        let x = g.reshape(x, &[2, 12]);
        let x = g.permute(x, &[1, 0]);
        g.map1(x, |y| y * 2.0)
    }),
    ("pad", &[4, 6], |g, x| {
        let x = g.map1(x, |x| x.exp());
        let x = g.pad(x, vec![1, 2], vec![0, 3], 0.5);
        g.map1(x, |x| x * 2.0)
    }),
    ("pad with gaps", &[4, 6], |g, x| g.pad_gaps(x, vec![1, 2], vec![0, 3], vec![2, 1], 0.5)),
    ("concat", &[4, 6], |g, x| {
        let y = g.map1(x, |x| x.exp());
        let z = g.slice(x, 1, 2, 3, 1);
        g.concat(&[x, y, z], 1)
    }),
    ("concat that is read", &[4, 6], |g, x| {
        let y = g.map1(x, |x| x.exp());
        let both = g.concat(&[x, y], 1);
        g.sum(both, &[1])
    }),
    ("concat outermost", &[4, 6], |g, x| {
        let y = g.map1(x, |x| x.exp());
        let both = g.concat(&[x, y], 0);
        g.map1(both, |x| x * x)
    }),
];

#[test]
fn loops_mean_their_graphs() {
    for &(name, shape, build) in CASES {
        let (mut graph, x, w) = start(Mode::Gradients, &[shape], &[shape]);
        let x = graph.mul(x[0], w[0]);
        let y = build(&mut graph, x);
        check(name, with_gradients(graph, y));
        let (mut graph, x, w) = start(Mode::Predict, &[shape], &[shape]);
        let x = graph.mul(x[0], w[0]);
        let y = build(&mut graph, x);
        graph.graph.results.push((Role::Output("y".into()), y));
        check(name, graph.graph);
    }
}

#[test]
fn searches_find_the_first_largest() {
    let (mut graph, x, _) = start(Mode::Predict, &[&[6, 50]], &[]);
    let at = graph.reduce(ReduceOp::Argmax, x[0], &[1]);
    let at = graph.map1(at, |x| x.cast(DType::F32) + 1.0);
    graph.graph.results.push((Role::Output("at".into()), at));
    check("argmax", graph.graph);
}

/// The gradient of a parameter that nothing reads, and an output that depends on nothing.
#[test]
fn results_may_be_constants() {
    for mode in [Mode::Predict, Mode::Gradients] {
        let (mut graph, x, _) = start(mode, &[&[2, 3]], &[&[4]]);
        let five = graph.fill(5.0, &[2, 3]);
        graph.graph.results.push((Role::Output("five".into()), five));
        let y = graph.map(&[x[0], five], |x| &x[0] * &x[1]);
        check("constants", with_gradients(graph, y));
    }
}
