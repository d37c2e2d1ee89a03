//! Simplification keeps every bit and finds what it should; folded scales stay within rounding.

use super::build::{padded, run, small_network, start};
use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::evaluate::{Given, evaluate};
use netc_compiler::prim::scalar::Scalar;
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{ConvForm, Mode, Prim, PrimGraph, ReduceOp, Role, StateId, ValueId};
use netc_compiler::simplify::{fold_scales, simplify};
use netc_compiler::types::DType;

type Build = fn(&mut Builder, ValueId) -> ValueId;

/// Name, what is built from an input [2, 3, 4], and the nodes that stay, the input included.
const GRAPHS: &[(&str, usize, Build)] = &[
    ("x · 1 + 2", 2, |g, x| g.map1(x, |x| x * 1.0 + 2.0)),
    ("x / 1", 1, |g, x| g.map1(x, |x| x / 1.0)),
    ("x − 0", 1, |g, x| g.map1(x, |x| x - 0.0)),
    ("x + 0 may change the sign of a zero", 2, |g, x| g.map1(x, |x| x + 0.0)),
    ("−−x", 1, |g, x| g.map1(x, |x| -(-x))),
    ("constants fold", 2, |g, x| g.map1(x, |x| x * (Scalar::from(0.1) + 0.2).sqrt())),
    ("known comparison", 1, |g, x| g.map1(x, |x| Scalar::from(1.0).less(2.0).select(x, 0.0))),
    ("both sides equal", 1, |g, x| g.map1(x, |x| x.less(0.0).select(x, x))),
    ("reshape of reshape", 2, |g, x| {
        let y = g.reshape(x, &[6, 4]);
        g.reshape(y, &[24])
    }),
    ("there and back", 1, |g, x| {
        let y = g.reshape(x, &[6, 4]);
        g.reshape(y, &[2, 3, 4])
    }),
    ("permute of permute", 2, |g, x| {
        let y = g.permute(x, &[2, 0, 1]);
        g.permute(y, &[0, 2, 1])
    }),
    ("permuted back", 1, |g, x| {
        let y = g.permute(x, &[2, 0, 1]);
        g.permute(y, &[1, 2, 0])
    }),
    ("flipped twice", 1, |g, x| {
        let y = g.flip(x, &[1, 2]);
        g.flip(y, &[1, 2])
    }),
    ("flips join", 2, |g, x| {
        let y = g.flip(x, &[0, 1]);
        g.flip(y, &[1, 2])
    }),
    ("slice of slice", 2, |g, x| {
        let y = g.slice(x, 2, 1, 3, 1);
        g.slice(y, 2, 0, 2, 2)
    }),
    ("broadcast of broadcast", 3, |g, x| {
        let y = g.reduce(ReduceOp::Sum, x, &[0, 2]);
        let y = g.broadcast_along(y, &[3, 2], vec![0]);
        g.broadcast_along(y, &[3, 5, 2], vec![0, 2])
    }),
    ("fill through views", 2, |g, x| {
        let two = g.fill(2.0, &[]);
        let two = g.broadcast_to(two, &[3, 4]);
        let two = g.permute(two, &[1, 0]);
        let two = g.reshape(two, &[3, 4]);
        g.mul(x, two)
    }),
    ("duplicates", 3, |g, x| {
        let (a, b) = (g.map1(x, |x| x.exp()), g.map1(x, |x| x.exp()));
        g.add(a, b)
    }),
    ("duplicate windows and detached values", 3, |g, x| {
        let (a, b) = (g.reduce(ReduceOp::Max, x, &[1]), g.reduce(ReduceOp::Max, x, &[1]));
        let b = g.detach(b);
        g.map2(a, b, |a, b| a * 2.0 - b)
    }),
    ("nothing read", 1, |g, x| {
        g.map1(x, |x| x.exp());
        x
    }),
    ("sum over single elements", 2, |g, x| {
        let y = g.slice(x, 1, 0, 1, 1);
        let y = g.sum(y, &[1]);
        g.reshape(y, &[2, 1, 4])
    }),
    ("border of the same filling", 1, |g, _| {
        let zeros = g.fill(0.0, &[2, 2]);
        g.pad(zeros, vec![1, 0], vec![0, 1], 0.0)
    }),
    ("joined fills", 1, |g, _| {
        let (a, b) = (g.fill(3.0, &[2, 2]), g.fill(3.0, &[2, 1]));
        g.concat(&[a, b], 1)
    }),
    ("division by a power of two", 2, |g, x| g.map1(x, |x| x / 8.0)),
    ("cast back", 2, |g, x| g.map1(x, |x| x.floor().cast(DType::F32) + 1.0)),
    ("two draws are one value", 3, |g, x| {
        let a = g.random(&[2, 3, 4]);
        g.draws = 0;
        let b = g.random(&[2, 3, 4]);
        g.map(&[x, a, b], |v| &v[0] * &v[1] + &v[2])
    }),
];

fn bits(tensor: &Tensor<f32>) -> Vec<u32> {
    match tensor {
        Tensor::Real(values) => values.iter().map(|value| value.to_bits()).collect(),
        Tensor::Int(values) => values.iter().map(|&value| value as u32).collect(),
    }
}

fn same_bits(before: &PrimGraph, after: &PrimGraph, name: &str) {
    let (old, new) = (run::<f32>(before), run::<f32>(after));
    for (old, new) in old.results.iter().zip(&new.results) {
        assert_eq!(bits(old), bits(new), "{name}");
    }
    let updates =
        |outcome: &[(StateId, Tensor<f32>)]| -> Vec<_> { outcome.iter().map(|(s, t)| (*s, bits(t))).collect() };
    assert_eq!(updates(&old.updates), updates(&new.updates), "{name}");
}

#[test]
fn rules_keep_every_bit_and_shorten_the_graph() {
    for &(name, nodes, build) in GRAPHS {
        let (mut graph, x) = start(Mode::Predict, &[&[2, 3, 4]], &[]);
        let y = build(&mut graph, x[0]);
        graph.graph.results = vec![(Role::Output("y".to_string()), y)];
        let simple = simplify(graph.graph.clone());
        assert_eq!(simple.nodes.len(), nodes, "{name}:\n{simple}");
        same_bits(&graph.graph, &simple, name);
        assert_eq!(simplify(simple.clone()), simple, "{name}");
    }
}

#[test]
fn special_numbers_keep_their_bits() {
    let programs: [fn(&Scalar) -> Scalar; 10] = [
        |x| x * 1.0,
        |x| x - 0.0,
        |x| x + -0.0,
        |x| -(-x),
        |x| x / 4.0,
        |x| x / 1e-45,
        |x| (-x).abs() + (-(x * -1.0)),
        |x| 2.0 - (-x),
        |x| (-x) * (-x),
        |x| x.abs().relu() + x.relu().relu(),
    ];
    let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 1e-45, -3e-45, f32::MAX, 1.5, -7.25];
    for (index, program) in programs.iter().enumerate() {
        let (mut graph, x) = start(Mode::Predict, &[&[special.len()]], &[]);
        let y = graph.map1(x[0], program);
        graph.graph.results = vec![(Role::Output("y".to_string()), y)];
        let inputs = [Tensor::Real(special.to_vec())];
        let given = Given { inputs: &inputs, states: &[], upstreams: &[], rate: 0.0, seed: 0, step: 0 };
        let (old, new) = (evaluate(&graph.graph, given), evaluate(&simplify(graph.graph), given));
        assert_eq!(bits(&old.results[0]), bits(&new.results[0]), "program {index}");
    }
}

#[test]
fn a_training_graph_keeps_its_bits() {
    let (graph, loss) = small_network();
    let graph = differentiate(graph, loss, &[Wanted::State(StateId(0)), Wanted::State(StateId(1))]);
    let simple = simplify(graph.clone());
    assert!(simple.nodes.len() < graph.nodes.len());
    same_bits(&graph, &simple, "training graph");
}

type Network = fn(&mut Builder, ValueId, &[ValueId]) -> ValueId;

/// Batch normalisation while predicting, over channels at axis 1.
fn normalise(g: &mut Builder, x: ValueId, p: &[ValueId]) -> ValueId {
    let shape = g.shape(x).to_vec();
    let operands: Vec<ValueId> = p.iter().map(|&p| g.broadcast_along(p, &shape, vec![1])).collect();
    g.map(&[x, operands[0], operands[1], operands[2], operands[3]], |a| {
        (&a[0] - &a[1]) / (&a[2] * &a[2] + 1e-5).sqrt() * &a[3] + &a[4]
    })
}

/// Name, shapes of input and weight, maps over full tensors, the network over weight, mean, deviation, scale, shift.
type Entry = (&'static str, &'static [usize], &'static [usize], usize, Network);

const NETWORKS: &[Entry] = &[
    ("convolution", &[2, 2, 4, 4], &[3, 2, 3, 3], 1, |g, x, p| {
        let y = g.conv(x, p[0], padded(1));
        normalise(g, y, &p[1..])
    }),
    ("convolution with bias, then relu", &[2, 2, 4, 4], &[3, 2, 3, 3], 2, |g, x, p| {
        let y = g.conv(x, p[0], padded(1));
        let bias = g.broadcast_along(p[1], &[2, 3, 4, 4], vec![1]);
        let y = g.add(y, bias);
        let y = normalise(g, y, &p[1..]);
        g.map1(y, |y| y.relu())
    }),
    ("activation in the same map", &[2, 2, 4, 4], &[3, 2, 1, 1], 1, |g, x, p| {
        let y = g.conv(x, p[0], padded(0));
        let s = g.broadcast_along(p[1], &[2, 3, 4, 4], vec![1]);
        let t = g.broadcast_along(p[2], &[2, 3, 4, 4], vec![1]);
        g.map(&[y, s, t], |a| (&a[0] * &a[1] - &a[2]).tanh())
    }),
    ("transposed convolution", &[2, 2, 4, 4], &[2, 3, 2, 2], 1, |g, x, p| {
        let y = g.conv_adjoint(ConvForm::InputGradient, x, p[0], padded(0), &[2, 3, 5, 5]);
        normalise(g, y, &p[1..])
    }),
    ("dense", &[4, 5], &[3, 5], 1, |g, x, p| {
        let y = g.contract("nk", x, "mk", p[0], "nm");
        normalise(g, y, &p[1..])
    }),
];

fn network(entry: &Entry, mode: Mode) -> PrimGraph {
    let &(_, input, weight, _, build) = entry;
    let channels: &[usize] = &[3];
    let params = [("w", weight), ("mean", channels), ("deviation", channels), ("scale", channels), ("shift", channels)];
    let (mut graph, x) = start(mode, &[input], &params);
    let p: Vec<ValueId> = (0..5).map(|i| graph.read(StateId(i))).collect();
    let y = build(&mut graph, x[0], &p);
    graph.graph.results = vec![(Role::Output("y".to_string()), y)];
    graph.graph
}

#[test]
fn scales_after_contractions_move_into_the_weights() {
    for entry in NETWORKS {
        let name = entry.0;
        let graph = simplify(network(entry, Mode::Predict));
        let folded = simplify(fold_scales(graph.clone()));
        let (old, new) = (run::<f64>(&graph), run::<f64>(&folded));
        for (old, new) in old.results[0].real().iter().zip(new.results[0].real()) {
            assert!((old - new).abs() <= 1e-12 * (1.0 + old.abs()), "{name}: {old} became {new}\n{folded}");
        }
        let input = folded.inputs[0].1.shape[0];
        let full = |prim: &Prim, shape: &[usize]| matches!(prim, Prim::Map(_)) && shape.len() > 1 && shape[0] == input;
        let maps =
            folded.nodes.iter().filter(|node| full(&node.prim, &node.ty.shape) && depends_on_input(&folded, node));
        assert_eq!(maps.count(), entry.3, "{name}:\n{folded}");
        let multiplies = folded.nodes.iter().any(|node| match &node.prim {
            Prim::Map(program) => depends_on_input(&folded, node) && program.to_string().contains('*'),
            _ => false,
        });
        assert!(!multiplies, "{name} still scales:\n{folded}");
    }
}

fn depends_on_input(graph: &PrimGraph, node: &netc_compiler::prim::Node) -> bool {
    match node.prim {
        Prim::Source(netc_compiler::prim::Source::Input(_)) => true,
        _ => node.inputs.iter().any(|&input| depends_on_input(graph, graph.node(input))),
    }
}

#[test]
fn training_graphs_are_not_folded() {
    let graph = network(&NETWORKS[0], Mode::Step);
    assert_eq!(fold_scales(graph.clone()), graph);
}

#[test]
fn a_contraction_with_two_readers_is_not_folded() {
    let (mut graph, x) = start(Mode::Predict, &[&[4, 5]], &[("w", &[3, 5]), ("s", &[3])]);
    let (w, s) = (graph.read(StateId(0)), graph.read(StateId(1)));
    let y = graph.contract("nk", x[0], "mk", w, "nm");
    let s = graph.broadcast_along(s, &[4, 3], vec![1]);
    let z = graph.mul(y, s);
    graph.graph.results = vec![(Role::Output("y".to_string()), y), (Role::Output("z".to_string()), z)];
    assert_eq!(fold_scales(graph.graph.clone()), graph.graph);
}
