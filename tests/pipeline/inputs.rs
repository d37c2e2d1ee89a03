//! Inputs are read where the caller has them: from any address, as they are at each call, and not after it.

use netc::{Data, Network, Session};
use netc_compiler::prim::Mode;
use std::time::Duration;

const NETWORK: &str = "network small {
        input image: [3, 12, 12];
        input extra: [7];
        let maps = image -> conv2d(40, kernel = 3, pad = 1) -> relu -> max_pool(2) -> flatten;
        output logits = concat(maps -> dense(33), extra -> dense(64)) -> relu -> dense(5);
    }
    train small {
        target label: int in 0..5;
        loss = cross_entropy(logits, label);
        optimizer = sgd(rate = 0.1);
        batch = 3;
        epochs = 1;
    }";
const BATCH: usize = 3;

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 31 + seed * 17) % 29) as f32 * 0.1 - 1.4).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn predict(session: &mut Session, image: &[f32], extra: &[f32]) -> Vec<u32> {
    let inputs = [("image", Data::F32(image)), ("extra", Data::F32(extra))];
    bits(&session.predict(&inputs).expect("the inputs fit"))
}

#[test]
fn values_may_lie_anywhere() {
    let network = Network::parse(NETWORK).expect("the network is valid");
    let mut session = network.session(BATCH);
    let (image, extra) = (values(BATCH * 432, 1), values(BATCH * 7, 2));
    let expected = predict(&mut session, &image, &extra);
    for shift in [1, 2, 3, 5, 8, 13] {
        let shifted = [vec![f32::NAN; shift], image.clone(), vec![f32::NAN; 40]].concat();
        let got = predict(&mut session, &shifted[shift..shift + image.len()], &extra);
        assert_eq!(got, expected, "{shift} floats after an aligned address");
    }
}

#[test]
fn each_call_reads_what_it_is_given() {
    let network = Network::parse(NETWORK).expect("the network is valid");
    let mut session = network.session(BATCH);
    let extra = values(BATCH * 7, 2);
    let mut image = values(BATCH * 432, 1);
    let before = predict(&mut session, &image, &extra);
    image.iter_mut().for_each(|value| *value += 1.0);
    let after = predict(&mut session, &image, &extra);
    assert_ne!(before, after);
    // A call that fails leaves nothing behind of the values that it took.
    {
        let gone = values(BATCH * 432, 5);
        let inputs = [("image", Data::F32(&gone)), ("extra", Data::F32(&extra[1..]))];
        assert!(session.predict(&inputs).is_err());
    }
    assert_eq!(predict(&mut session, &image, &extra), after);
    assert_eq!(predict(&mut network.session(BATCH), &image, &extra), after);
}

#[test]
fn steps_read_floats_in_place_and_copy_integers() {
    let image = values(BATCH * 432, 1);
    let extra = values(BATCH * 7, 2);
    let run = |shift: usize| {
        let network = Network::parse(NETWORK).expect("the network is valid");
        let mut session = network.session(BATCH);
        let shifted = [vec![0.5; shift], image.clone()].concat();
        let inputs =
            [("image", Data::F32(&shifted[shift..])), ("extra", Data::F32(&extra)), ("label", Data::Int(&[4, 0, 2]))];
        [0; 3].map(|_| session.step(&inputs).expect("the inputs fit").to_bits())
    };
    assert_eq!(run(0), run(3));
}

#[test]
fn an_output_may_be_an_input() {
    let network = Network::parse("network same { input x: [2, 3]; output y = x -> flatten; output z = x -> relu; }")
        .expect("the network is valid");
    let mut session = network.session(2);
    for seed in 0..3 {
        let given = values(12, seed);
        let prediction = session.predict(&given).expect("the inputs fit");
        assert_eq!(bits(&prediction), bits(&given));
    }
}

/// 0/0 shows whether a line reads the memory that inputs have without a caller.
#[test]
fn timed_lines_read_what_runs_read() {
    let text = "network ratio { input x: [64]; output y = (x / (x * x)) -> tanh -> dense(256) -> dense(2); }
        train ratio {
            target t: [2];
            loss = mse(y, t);
            optimizer = sgd(rate = 1e-6);
            batch = 64;
            epochs = 1;
        }";
    let network = Network::parse(text).expect("the network is valid");
    let mut bench = network.bench(Mode::Step, 64).expect("there is a recipe");
    let lines = bench.profile(Duration::ZERO).expect("losses are finite");
    assert!(lines.len() > 1, "the network is too large for one function");
}
