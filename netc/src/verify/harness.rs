//! Runs a generated network on the values of a file, on every instruction set, and writes the bits of its results.

#[path = "network.rs"]
mod network;

use netc::Isa;
use netc::rt::{Predicts, Program, Run, Storage, Trains, Training, Version, Workspace, allocate};
use std::io::Write;

type Words = std::vec::IntoIter<f32>;

fn main() -> std::io::Result<()> {
    let bytes = std::fs::read("values")?;
    let (chunks, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let mut out = Vec::new();
    for isa in Isa::available() {
        isa.limit();
        let mut words = values.clone().into_iter();
        predict::<network::Network0>(&mut words, &mut out);
        // trains
    }
    let bytes: Vec<u8> = out.into_iter().flat_map(f32::to_le_bytes).collect();
    std::io::stdout().write_all(&bytes)
}

/// The rate, the seed and the parameters.
fn begin<N: netc::rt::Network>(words: &mut Words) -> (f32, u64, impl Storage + use<N>) {
    let rate = words.next().unwrap_or_default();
    let mut half = || u64::from(words.next().unwrap_or_default().to_bits());
    let seed = half() | half() << 32;
    let mut params = allocate(N::PARAMETER_FLOATS);
    for info in N::PARAMETERS {
        info.of_mut(params.floats_mut()).iter_mut().zip(words.by_ref()).for_each(|(to, from)| *to = from);
    }
    (rate, seed, params)
}

/// Copies the next values to the program's inputs.
fn give(run: &mut Run<'_>, program: &'static Program, words: &mut Words) {
    for &(at, length) in program.inputs {
        let elements: Vec<f32> = words.by_ref().take(length).collect();
        run.give_elements(at, &elements);
    }
}

fn predict<N: Predicts<1>>(words: &mut Words, out: &mut Vec<f32>) {
    let (_, _, params) = begin::<N>(words);
    let mut workspace = Workspace::<N>::new();
    let mut run = workspace.begin(N::PREDICT);
    give(&mut run, N::PREDICT, words);
    out.push(f32::from(run.predict(params.floats(), Version::fresh())));
    let results = run.results();
    for &(at, length) in N::PREDICT.outputs {
        out.extend_from_slice(results.elements(at, length));
    }
}

#[allow(dead_code, reason = "networks without a recipe do not train")]
fn train<N: Trains<B>, const B: usize>(words: &mut Words, out: &mut Vec<f32>) {
    let (_, seed, params) = begin::<N>(words);
    let mut training = Training::<N>::new();
    training.set_seed(seed);
    let mut run = training.begin(N::GRADIENTS);
    give(&mut run, N::GRADIENTS, words);
    out.push(f32::from(run.predict(params.floats(), Version::fresh())));
    out.push(run.number(N::GRADIENTS.loss));
    let results = run.results();
    for (info, at) in N::PARAMETERS.iter().zip(N::GRADIENTS.gradients) {
        if let Some(at) = *at {
            out.extend_from_slice(results.elements(at, info.elements()));
        }
    }

    let (rate, seed, mut params) = begin::<N>(words);
    let mut training = Training::<N>::new();
    training.set_seed(seed);
    training.set_rate(rate);
    let mut run = training.begin(N::STEP);
    give(&mut run, N::STEP, words);
    out.push(f32::from(run.step(params.floats_mut())));
    out.push(run.number(N::STEP.loss));
    for info in N::PARAMETERS {
        out.extend_from_slice(info.of(params.floats()));
    }
    for slot in N::SLOTS.iter().copied().flatten() {
        out.extend_from_slice(&training.slots()[slot.at..slot.at + slot.elements]);
    }
}
