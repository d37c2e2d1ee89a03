//! A policy learns to balance a pole by policy gradients: REINFORCE (Williams, 1992) with returns brought to mean 0 and
//! deviation 1.
//!
//! The loss is the cross-entropy of the actions that were taken, weighted by the return that followed them. Networks,
//! gradients and optimiser come from `network!`; nothing is allocated in predictions and steps.

mod environment;

use environment::{CartPole, LONGEST, Random, State};
use netc::network;
use std::error::Error;
use std::io::{Write, stdout};

network! {
    /// Probabilities of pushing the cart to the left and to the right.
    network policy {
        input state: [4];
        let logits = state -> dense(32) -> tanh -> dense(2);
        output probability = softmax(logits, axis = channel);
    }

    train policy {
        target action: int in 0..2;
        target weight: [1];
        let chosen = sum(one_hot(action, 2) * log_softmax(logits, axis = channel), axis = channel, keep = true);
        loss      = mean(-weight * chosen);
        optimizer = adam(rate = 1e-2);
        batch     = 512;
        seed      = 1;
    }
}

/// Samples of a training step: the recipe's batch.
const BATCH: usize = 512;
/// Steps of the environment between two updates of the policy's data.
const STEPS: usize = 8 * BATCH;
/// How much a reward is worth one step later.
const DISCOUNT: f32 = 0.99;
/// Rounds after which an unsolved run ends.
const ROUNDS: usize = 200;
/// The mean return over [`EPISODES`] that counts as solved.
const SOLVED: f32 = 475.0;
const EPISODES: usize = 100;

/// What was seen, done and gained.
#[derive(Default)]
struct Experience {
    states: Vec<State>,
    actions: Vec<u32>,
    weights: Vec<[f32; 1]>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut policy = Policy::new(seed);
    let mut workspace = Policy::workspace();
    let mut training = Policy::training();
    let mut random = Random(seed);
    for round in 0..ROUNDS {
        let (experience, episodes) = play(&policy, &mut workspace, &mut random);
        learn(&mut policy, &mut training, &experience);
        let mean = experience.states.len() as f32 / episodes as f32;
        writeln!(stdout(), "round {round:3}: mean return {mean:5.1}")?;
        if round % 5 == 4 {
            let mean = evaluate(&policy, &mut workspace, &mut random);
            writeln!(stdout(), "           {mean:.1} over {EPISODES} episodes without chance")?;
            if mean >= SOLVED {
                let steps = training.steps();
                writeln!(
                    stdout(),
                    "solved: mean return {mean:.1} over {EPISODES} episodes after {steps} steps of training"
                )?;
                return Ok(());
            }
        }
    }
    Err(format!("not solved after {ROUNDS} rounds").into())
}

/// Plays whole episodes, actions drawn by the policy, until there is enough to learn from.
fn play(policy: &Policy, workspace: &mut netc::Workspace<Policy>, random: &mut Random) -> (Experience, usize) {
    let mut experience = Experience::default();
    let mut episodes = 0;
    while experience.states.len() < STEPS {
        let first = experience.states.len();
        let mut cart = CartPole::start(random);
        loop {
            let state = cart.state();
            let right = random.below_one() < policy.predict(workspace, &state)[1];
            experience.states.push(state);
            experience.actions.push(u32::from(right));
            if !cart.step(right) {
                break;
            }
        }
        episodes += 1;
        let mut gain = 0.0;
        experience.weights.resize(experience.states.len(), [0.0]);
        for weight in experience.weights[first..].iter_mut().rev() {
            gain = 1.0 + DISCOUNT * gain;
            *weight = [gain];
        }
    }
    standardize(&mut experience.weights);
    (experience, episodes)
}

/// Mean 0, deviation 1: a return counts by how much better it is than the others.
fn standardize(weights: &mut [[f32; 1]]) {
    let count = weights.len() as f32;
    let mean = weights.iter().flatten().sum::<f32>() / count;
    let variance = weights.iter().flatten().map(|weight| (weight - mean).powi(2)).sum::<f32>() / count;
    for weight in weights.iter_mut().flatten() {
        *weight = (*weight - mean) / variance.sqrt().max(1e-6);
    }
}

/// One training step for each whole batch.
fn learn(policy: &mut Policy, training: &mut netc::Training<Policy>, experience: &Experience) {
    let (states, _) = experience.states.as_chunks::<BATCH>();
    let (actions, _) = experience.actions.as_chunks::<BATCH>();
    let (weights, _) = experience.weights.as_chunks::<BATCH>();
    for ((states, actions), weights) in states.iter().zip(actions).zip(weights) {
        let loss = policy.train_step(training, states, actions, weights);
        assert!(loss.is_ok_and(f32::is_finite), "actions are 0 or 1, and losses finite");
    }
}

/// Mean return of episodes in which the likelier action is taken.
fn evaluate(policy: &Policy, workspace: &mut netc::Workspace<Policy>, random: &mut Random) -> f32 {
    let mut total = 0;
    for _ in 0..EPISODES {
        let mut cart = CartPole::start(random);
        let mut steps = 1;
        while cart.step(policy.predict(workspace, &cart.state())[1] > 0.5) {
            steps += 1;
        }
        assert!(steps <= LONGEST);
        total += steps;
    }
    total as f32 / EPISODES as f32
}
