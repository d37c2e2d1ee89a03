//! Small programs as one function: which ones, and that their bits are the interpreter's over shapes that fill vectors
//! and shapes that do not.

use netc_compiler::lower::{Choices, Numerics};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::program::{Program, Verified};
use netc_jit::{Isa, Pool};
use netc_tests::compare::difference;
use netc_tests::execute::{Compiled, Given, interpret};
use netc_tests::models;
use std::sync::Arc;

fn program(text: &str, mode: Mode, batch: usize, numerics: Numerics) -> Verified<Program> {
    let model = models::model("straight.net", text);
    let choices = Choices { numerics };
    pipeline::program(&model, mode, batch, &[], &choices).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Two hidden layers of a width.
fn perceptron(inputs: usize, width: usize, activation: &str, outputs: usize) -> String {
    format!(
        "network small {{
            input x: [{inputs}];
            output logits = x -> dense({width}) -> {activation} -> dense({width}) -> {activation} -> dense({outputs});
        }}
        train small {{
            target label: int in 0..{outputs};
            loss = cross_entropy(logits, label);
            optimizer = sgd(rate = 0.01, momentum = 0.9);
            batch = 4;
            epochs = 1;
        }}"
    )
}

/// A product of few terms and many columns, whose code is long though it is soon computed.
fn wide(columns: usize) -> String {
    format!("network small {{ input x: [2]; output y = x -> dense({columns}) -> tanh; }}")
}

/// A small network of maps: padding, pooling, batch normalisation, branches.
fn maps(size: usize, channels: usize) -> String {
    format!(
        "network small {{
            input x: [2, {size}, {size}];
            let maps = x -> conv2d({channels}, kernel = 3, pad = same) -> batch_norm -> relu;
            output logits = concat(maps -> max_pool(2), maps -> avg_pool(2), axis = channel)
                -> conv2d({channels}, kernel = 2) -> flatten -> dense(5) -> softmax;
        }}"
    )
}

fn agrees(text: &str, mode: Mode, batch: usize) {
    for numerics in [Numerics::Default, Numerics::Strict] {
        let program = program(text, mode, batch, numerics);
        let given = Given::drawn(&program, 3, if mode == Mode::Step { 2 } else { 1 });
        let expected = interpret(&program, &given);
        for &isa in Isa::available() {
            let compiled = Compiled::new(&program, isa);
            let is_possible = cfg!(not(target_arch = "x86_64")) || Isa::detect() != Isa::Portable;
            assert_eq!(compiled.is_straight(), is_possible, "{text}, {mode:?}, batch {batch}");
            let found = compiled.run(&Arc::new(Pool::new(2)), &given);
            if let Some(difference) = difference(&program, &expected, &found) {
                panic!("{text}, {mode:?}, batch {batch}, {isa}: {difference}");
            }
        }
    }
}

#[test]
fn widths_around_vectors_and_panels_agree() {
    let activations = ["relu", "tanh", "sigmoid", "gelu", "leaky_relu"];
    let widths = [1, 2, 3, 4, 5, 7, 8, 11, 15, 16, 17, 20, 31, 32, 33, 37, 48, 65];
    for (index, width) in widths.into_iter().enumerate() {
        for (inputs, batch) in [(1, 1), (4, 2), (13, 1)] {
            let text = perceptron(inputs, width, activations[(index + inputs) % activations.len()], 2 + index % 6);
            agrees(&text, Mode::Predict, batch);
        }
    }
}

#[test]
fn long_sums_agree_with_and_without_a_rest() {
    for inputs in [16, 40, 64, 127, 200, 256] {
        agrees(&perceptron(inputs, 24, "relu", 3), Mode::Predict, 1);
    }
}

#[test]
fn training_steps_agree() {
    for (inputs, width, batch) in [(4, 16, 1), (4, 16, 7), (5, 9, 4), (3, 34, 2)] {
        for mode in [Mode::Evaluate, Mode::Gradients, Mode::Step] {
            agrees(&perceptron(inputs, width, "tanh", 3), mode, batch);
        }
    }
}

#[test]
fn small_maps_agree() {
    for (size, channels) in [(4, 3), (5, 4), (6, 9)] {
        for batch in [1, 2] {
            agrees(&maps(size, channels), Mode::Predict, batch);
        }
    }
}

/// A step that stops because its loss is not finite leaves weights as they are, and a good step after it counts.
#[test]
fn a_loss_that_is_not_finite_stops_the_function() {
    let program = program(&perceptron(4, 16, "tanh", 3), Mode::Step, 2, Numerics::Default);
    let mut given = Given::drawn(&program, 7, 1);
    let compiled = Compiled::new(&program, Isa::detect());
    let good = compiled.run(&Arc::new(Pool::new(1)), &given);
    assert!(good.finished && good.states != given.states);
    given.inputs[0][2] = f32::NAN;
    let bad = compiled.run(&Arc::new(Pool::new(1)), &given);
    assert!(!bad.finished);
    assert_eq!(bad.states, given.states);
}

/// What is small: few multiply-adds per step, few operations in all, kinds of steps that can stand in place.
#[test]
fn only_small_programs_are_one_function() {
    if cfg!(target_arch = "x86_64") && Isa::detect() == Isa::Portable {
        return;
    }
    let cases: &[(String, Mode, usize, bool)] = &[
        (perceptron(4, 16, "tanh", 3), Mode::Predict, 1, true),
        (perceptron(4, 16, "tanh", 3), Mode::Predict, 32, true),
        (perceptron(4, 16, "tanh", 3), Mode::Predict, 256, false),
        (perceptron(4, 16, "tanh", 3), Mode::Step, 32, true),
        (perceptron(4, 16, "tanh", 3), Mode::Step, 256, false),
        (perceptron(4, 128, "relu", 3), Mode::Predict, 1, true),
        (perceptron(4, 256, "relu", 3), Mode::Predict, 1, false),
        (perceptron(784, 512, "relu", 10), Mode::Predict, 1, false),
        (perceptron(1, 2000, "relu", 1000), Mode::Predict, 1, false),
        (wide(700), Mode::Predict, 1, true),
        (wide(4000), Mode::Predict, 1, false),
    ];
    for (text, mode, batch, expected) in cases {
        let compiled = Compiled::new(&program(text, *mode, *batch, Numerics::Default), Isa::detect());
        assert_eq!(compiled.is_straight(), *expected, "{text}, {mode:?}, batch {batch}");
    }
}
