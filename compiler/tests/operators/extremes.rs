//! Values and gradients in f32 where formulas overflow, cancel or have kinks.

use crate::call::{operator, types};
use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::model::init::Init;
use netc_compiler::op::{Operand, ParamKind, Params};
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::evaluate::{Given, evaluate};
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, PrimGraph, Role, State, StateId, StateRole};
use netc_compiler::types::DType;

/// A graph without nodes whose states are the leaves.
fn empty_graph(mode: Mode, batch: usize, leaves: &[Vec<usize>]) -> PrimGraph {
    let states = leaves.iter().enumerate().map(|(index, shape)| State {
        path: format!("leaf{index}"),
        shape: shape.clone(),
        init: Init::Constant(0.0),
        role: StateRole::Param(ParamKind::Trainable),
    });
    PrimGraph {
        name: "case".to_string(),
        mode,
        batch,
        nodes: Vec::new(),
        layers: vec!["case".to_string()],
        inputs: Vec::new(),
        states: states.collect(),
        results: Vec::new(),
        updates: Vec::new(),
    }
}

/// The graph of one operator on unbatched leaves; its results summed as a loss.
fn graph(call: &str, inputs: &str) -> PrimGraph {
    let inputs = types(inputs);
    let leaves: Vec<_> = inputs.iter().map(|ty| ty.shape.concrete(1)).collect();
    let op = operator(call).expect("legal arguments");
    op.infer(&inputs).expect("legal inputs");
    let mut builder = Builder::resume(empty_graph(Mode::Gradients, 1, &leaves));
    let operands: Vec<Operand> = inputs
        .iter()
        .enumerate()
        .map(|(i, ty)| Operand { value: builder.read(StateId(i as u32)), ty: ty.clone() })
        .collect();
    let result = op.expand(&mut builder, &operands, &Params::default())[0];
    let axes: Vec<usize> = (0..builder.shape(result).len()).collect();
    let loss = builder.sum(result, &axes);
    builder.graph.results = vec![(Role::Output("y".to_string()), result), (Role::Loss, loss)];
    differentiate(builder.graph, loss, &[Wanted::State(StateId(0))])
}

/// Result and gradient by the first input.
fn run(call: &str, inputs: &str, values: &[&[f32]]) -> (Vec<f32>, Vec<f32>) {
    let states: Vec<Tensor<f32>> = values.iter().map(|values| Tensor::from_f32(values)).collect();
    let given = Given { inputs: &[], states: &states, upstreams: &[], rate: 0.0, seed: 1, step: 0 };
    let results = evaluate(&graph(call, inputs), given).results;
    (results[0].real().to_vec(), results[2].real().to_vec())
}

fn close(found: &[f32], wanted: &[f32]) -> bool {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * b.abs().max(1e-5) || a == b;
    found.len() == wanted.len() && found.iter().zip(wanted).all(near)
}

#[test]
fn formulas_hold_at_their_ends() {
    let tiny = 1e-40;
    for (call, inputs, values, result, gradient) in [
        // The derivative at a logit of exactly zero is σ(0) − y, not −y.
        (
            "binary_cross_entropy_with_logits()",
            "fixed [1]; fixed [1]",
            vec![vec![0.0], vec![1.0]],
            vec![std::f32::consts::LN_2],
            vec![-0.5],
        ),
        (
            "binary_cross_entropy_with_logits()",
            "fixed [1]; fixed [1]",
            vec![vec![200.0], vec![0.0]],
            vec![200.0],
            vec![1.0],
        ),
        (
            "binary_cross_entropy_with_logits()",
            "fixed [1]; fixed [1]",
            vec![vec![-200.0], vec![1.0]],
            vec![200.0],
            vec![-1.0],
        ),
        (
            "binary_cross_entropy_with_logits()",
            "fixed [1]; fixed [1]",
            vec![vec![-200.0], vec![0.0]],
            vec![0.0],
            vec![0.0],
        ),
        // Logarithms are clamped at −100, and no gradient is infinite or undefined.
        ("binary_cross_entropy()", "fixed [1]; fixed [1]", vec![vec![0.0], vec![1.0]], vec![100.0], vec![0.0]),
        ("binary_cross_entropy()", "fixed [1]; fixed [1]", vec![vec![0.0], vec![0.0]], vec![0.0], vec![1.0]),
        ("binary_cross_entropy()", "fixed [1]; fixed [1]", vec![vec![1.0], vec![0.0]], vec![100.0], vec![0.0]),
        ("binary_cross_entropy()", "fixed [1]; fixed [1]", vec![vec![1.0], vec![1.0]], vec![0.0], vec![-1.0]),
        ("binary_cross_entropy()", "fixed [1]; fixed [1]", vec![vec![tiny], vec![0.0]], vec![0.0], vec![1.0]),
        (
            "cross_entropy_of()",
            "fixed [2]; fixed [2]",
            vec![vec![0.0, 1.0], vec![0.0, 1.0]],
            vec![0.0],
            vec![0.0, -1.0],
        ),
        (
            "cross_entropy_of()",
            "fixed [2]; fixed [2]",
            vec![vec![0.0, 1.0], vec![1.0, 0.0]],
            vec![100.0],
            vec![0.0, 0.0],
        ),
        ("softmax()", "fixed [2]", vec![vec![1000.0, 0.0]], vec![1.0, 0.0], vec![0.0, 0.0]),
        ("log_softmax()", "fixed [2]", vec![vec![1000.0, 0.0]], vec![0.0, -1000.0], vec![-1.0, 1.0]),
        ("relu()", "fixed [3]", vec![vec![-1.0, 0.0, 2.0]], vec![0.0, 0.0, 2.0], vec![0.0, 0.0, 1.0]),
        ("abs()", "fixed [3]", vec![vec![-1.0, 0.0, 2.0]], vec![1.0, 0.0, 2.0], vec![-1.0, 0.0, 1.0]),
        ("leaky_relu(0.5)", "fixed [3]", vec![vec![-1.0, 0.0, 2.0]], vec![-0.5, 0.0, 2.0], vec![0.5, 0.5, 1.0]),
        ("sigmoid()", "fixed [2]", vec![vec![-200.0, 200.0]], vec![0.0, 1.0], vec![0.0, 0.0]),
        ("gelu()", "fixed [2]", vec![vec![-20.0, 20.0]], vec![0.0, 20.0], vec![0.0, 1.0]),
        ("gelu(form = tanh)", "fixed [2]", vec![vec![-20.0, 20.0]], vec![0.0, 20.0], vec![0.0, 1.0]),
        ("pow(0)", "fixed [2]", vec![vec![0.0, 3.0]], vec![1.0, 1.0], vec![0.0, 0.0]),
        ("pow(2)", "fixed [2]", vec![vec![0.0, -3.0]], vec![0.0, 9.0], vec![0.0, -6.0]),
        ("maximum()", "fixed [1]; fixed [1]", vec![vec![2.0], vec![2.0]], vec![2.0], vec![1.0]),
        ("max()", "fixed [3]", vec![vec![1.0, 5.0, 2.0]], vec![5.0], vec![0.0, 1.0, 0.0]),
        ("max_pool(2)", "fixed [1, 2, 2]", vec![vec![-5.0, -1.0, -2.0, -7.0]], vec![-1.0], vec![0.0, 1.0, 0.0, 0.0]),
        // The border of a maximum is −∞, not 0; that of a mean is 0.
        ("max_pool(2, pad = 1)", "fixed [1, 1, 1]", vec![vec![-5.0]], vec![-5.0], vec![1.0]),
        ("avg_pool(2, pad = 1)", "fixed [1, 1, 1]", vec![vec![8.0]], vec![2.0], vec![0.25]),
        ("avg_pool(2, pad = 1, count_pad = false)", "fixed [1, 1, 1]", vec![vec![8.0]], vec![8.0], vec![1.0]),
    ] {
        let slices: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
        let (found, found_gradient) = run(call, inputs, &slices);
        assert!(close(&found, &result), "{call} of {values:?}: {found:?} instead of {result:?}");
        assert!(
            close(&found_gradient, &gradient),
            "{call} of {values:?}: gradient {found_gradient:?} instead of {gradient:?}"
        );
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    for call in
        ["relu()", "leaky_relu()", "sigmoid()", "tanh()", "gelu()", "exp()", "abs()", "softmax()", "sum()", "max()"]
    {
        let (found, _) = run(call, "fixed [2]", &[&[f32::NAN, 1.0]]);
        assert!(found[0].is_nan(), "{call} hides a NaN: {found:?}");
    }
}

#[test]
fn dropout_keeps_the_mean_while_training_only() {
    let ones = vec![1.0f32; 10_000];
    let (found, gradient) = run("dropout(0.25)", "fixed [10000]", &[&ones]);
    let zeros = found.iter().filter(|&&x| x == 0.0).count();
    assert!((2300..2700).contains(&zeros), "{zeros} zeros of 10000 at a rate of a quarter");
    assert!(found.iter().all(|&x| x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-6));
    assert_eq!(found, gradient, "the gradient uses the same zeros");

    let mut builder = Builder::resume(empty_graph(Mode::Predict, 1, &[vec![10_000]]));
    let x = Operand { value: builder.read(StateId(0)), ty: types("fixed [10000]").remove(0) };
    let result =
        operator("dropout(0.25)").expect("legal").expand(&mut builder, std::slice::from_ref(&x), &Params::default());
    assert_eq!(result, [x.value], "predictions pass unchanged");
}

#[test]
fn batch_norm_keeps_running_statistics_unless_frozen() {
    let batch = 4;
    for (frozen, mode, writes) in [(false, Mode::Step, 2), (true, Mode::Step, 0), (false, Mode::Evaluate, 0)] {
        let leaves = [vec![batch, 1], vec![1], vec![1], vec![1], vec![1]];
        let mut builder = Builder::resume(empty_graph(mode, batch, &leaves));
        builder.frozen = frozen;
        let values: Vec<_> = (0..5).map(|i| builder.read(StateId(i))).collect();
        let names = ["weight", "bias", "running_mean", "running_var"];
        let params = Params::new(names.into_iter().zip(values[1..].iter().copied()).collect());
        let x = Operand { value: values[0], ty: types("[1]").remove(0) };
        let op = operator("batch_norm()").expect("legal");
        let result = op.expand(&mut builder, &[x], &params)[0];
        builder.graph.results = vec![(Role::Output("y".to_string()), result)];
        let states = [&[1.0f32, 3.0, 5.0, 7.0][..], &[2.0], &[10.0], &[1.0], &[4.0]].map(Tensor::<f32>::from_f32);
        let given = Given { inputs: &[], states: &states, upstreams: &[], rate: 0.0, seed: 1, step: 0 };
        let outcome = evaluate(&builder.graph, given);
        assert_eq!(outcome.updates.len(), writes);
        let (mean, variance) = if writes > 0 { (4.0, 5.0) } else { (1.0, 4.0) };
        let wanted: Vec<f32> =
            [1.0f32, 3.0, 5.0, 7.0].iter().map(|x| (x - mean) / (variance + 1e-5f32).sqrt() * 2.0 + 10.0).collect();
        assert!(close(outcome.results[0].real(), &wanted), "{:?} instead of {wanted:?}", outcome.results[0]);
        for (update, wanted) in outcome.updates.iter().zip([0.9 * 1.0 + 0.1 * 4.0, 0.9 * 4.0 + 0.1 * 5.0 * 4.0 / 3.0]) {
            assert!(close(update.1.real(), &[wanted]), "{update:?} instead of {wanted}");
        }
    }
}

#[test]
fn metrics_sum_over_the_batch() {
    for (call, inputs, values, sum) in [
        // Three samples of two classes; the first of equal scores counts.
        (
            "metric accuracy()",
            "[2]; [2]",
            [&[0.2f32, 0.8, 0.6, 0.4, 0.5, 0.5][..], &[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]],
            2.0,
        ),
        ("metric accuracy()", "[1]; [1]", [&[0.7, 0.4, 0.5], &[1.0, 1.0, 0.0]], 2.0),
        ("metric accuracy(threshold = 0.3)", "[1]; [1]", [&[0.7, 0.4, 0.5], &[1.0, 1.0, 0.0]], 2.0),
        (
            "metric binary_accuracy()",
            "[2]; [2]",
            [&[0.7, 0.4, 0.5, 0.1, 0.9, 0.2], &[1.0, 1.0, 0.0, 0.0, 1.0, 0.0]],
            5.0,
        ),
        ("metric mse()", "[1]; [1]", [&[1.0, 2.0, 3.0], &[0.0, 4.0, 3.0]], 5.0),
        ("metric mae()", "[1]; [1]", [&[1.0, 2.0, 3.0], &[0.0, 4.0, 3.0]], 3.0),
    ] {
        let found = sum_of(call, inputs, &values);
        assert_eq!(found, sum, "{call} of {values:?}");
    }
}

#[test]
fn accuracy_counts_the_label_among_the_scores() {
    for (inputs, scores, labels, right) in [
        ("[3]; int 3 []", &[0.1f32, 0.9, 0.0, 3.0, 2.0, 1.0, 0.0, 0.0, 5.0][..], &[1.0f32, 1.0, 2.0][..], 2.0),
        ("[1]; int 2 []", &[0.9, 0.2, 0.6], &[1.0, 0.0, 0.0], 2.0),
        // A map of two classes and three pixels per sample.
        (
            "[2, 1, 3]; int 2 [1, 3]",
            &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
            &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0],
            5.0,
        ),
    ] {
        assert_eq!(sum_of("metric accuracy()", inputs, &[scores, labels]), right, "{inputs}");
    }
}

/// A metric's result for a batch of three samples; class numbers are given as numbers.
fn sum_of(call: &str, inputs: &str, values: &[&[f32]]) -> f32 {
    let batch = 3;
    let types = types(inputs);
    let leaves: Vec<_> = types.iter().map(|ty| ty.shape.concrete(batch)).collect();
    let op = operator(call).expect("legal arguments");
    let signature = op.infer(&types).expect("legal inputs");
    let mut builder = Builder::resume(empty_graph(Mode::Evaluate, batch, &leaves));
    let mut operands = Vec::new();
    for (i, ty) in types.iter().enumerate() {
        let leaf = builder.read(StateId(i as u32));
        let value = if ty.dtype == DType::F32 { leaf } else { builder.map1(leaf, |x| x.cast(ty.dtype)) };
        operands.push(Operand { value, ty: ty.clone() });
    }
    let result = op.expand(&mut builder, &operands, &Params::default())[0];
    assert_eq!(builder.shape(result), signature.outputs[0].shape.concrete(batch));
    builder.graph.results = vec![(Role::Metric("m".to_string()), result)];
    let states: Vec<Tensor<f32>> = values.iter().map(|values| Tensor::from_f32(values)).collect();
    let given = Given { inputs: &[], states: &states, upstreams: &[], rate: 0.0, seed: 1, step: 0 };
    evaluate(&builder.graph, given).results[0].real()[0]
}
