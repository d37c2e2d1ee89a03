//! Updates are appended per parameter, with their slots, and moments do not turn subnormal.

use super::build::{run, small_network, start};
use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::op::declare::{Declare, Given as Argument};
use netc_compiler::op::value::Value;
use netc_compiler::optimizer::{Adam, Optimizer, Sgd, Trained, apply_optimizer};
use netc_compiler::prim::evaluate::{Given, evaluate};
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, Phase, Role, StateId, StateRole};

fn argument(name: &str, value: f64) -> Argument {
    Argument { name: Some(name.to_string()), value: Value::Float(value) }
}

fn trained(state: u32, optimizer: &dyn Optimizer) -> Trained<'_> {
    Trained { state: StateId(state), optimizer, pace: 1.0, decay: true }
}

#[test]
fn a_plain_step_goes_against_the_gradient() {
    let sgd = Sgd::read(&[argument("rate", 0.1)]).expect("valid arguments");
    let (graph, loss) = small_network();
    let wanted = [Wanted::State(StateId(0)), Wanted::State(StateId(1))];
    let gradients = differentiate(graph, loss, &wanted);
    let before: Vec<Tensor<f64>> = run(&gradients).results.split_off(2);
    let step = apply_optimizer(gradients, &[trained(0, &sgd), trained(1, &sgd)]);
    assert!(step.results.iter().all(|(role, _)| !matches!(role, Role::Gradient(_))));
    assert_eq!(step.states.len(), 2 + 2 * sgd.slots().len());
    let outcome = run::<f64>(&step);
    assert_eq!(outcome.results.len(), 2);
    for (state, new) in outcome.updates.iter().filter(|(state, _)| state.0 < 2) {
        let old = super::build::numbers::<f64>(200 + u64::from(state.0), new.len());
        let gradient = &before[state.0 as usize];
        for ((old, new), gradient) in old.real().iter().zip(new.real()).zip(gradient.real()) {
            assert!((new - (old - 0.1 * gradient)).abs() < 1e-15, "{old} -> {new} by {gradient}");
        }
    }
}

#[test]
fn frozen_parameters_and_their_slots_are_left_out() {
    let adam = Adam::read(&[argument("rate", 0.1)]).expect("valid arguments");
    let (graph, loss) = small_network();
    let gradients = differentiate(graph, loss, &[Wanted::State(StateId(1))]);
    let step = apply_optimizer(gradients, &[trained(1, &adam)]);
    let slots: Vec<&str> = step.states[2..].iter().map(|state| state.path.as_str()).collect();
    assert!(slots.iter().all(|path| path.starts_with("conv1.bias/")), "{slots:?}");
    assert!(step.states[2..].iter().all(|state| state.role == StateRole::Slot(StateId(1))));
    assert!(step.updates.iter().all(|&(state, _)| state != StateId(0)));
    assert!(step.updates.iter().all(|&(_, value)| step.node(value).phase == Phase::Update));
}

#[test]
fn moments_are_flushed_below_the_normal_range() {
    let tiny = f32::MIN_POSITIVE / 4.0;
    let sgd = Sgd::read(&[argument("rate", 0.1), argument("momentum", 0.5)]).expect("valid arguments");
    let adam = Adam::read(&[argument("rate", 0.1)]).expect("valid arguments");
    let optimizers: [&dyn Optimizer; 2] = [&sgd, &adam];
    for optimizer in optimizers {
        let (mut graph, _) = start(Mode::Step, &[], &[("w", &[3])]);
        let w = graph.read(StateId(0));
        let scaled = graph.scale(w, f64::from(tiny));
        let loss = graph.sum(scaled, &[0]);
        graph.graph.results = vec![(Role::Loss, loss)];
        let gradients = differentiate(graph.graph, loss, &[Wanted::State(StateId(0))]);
        let step = apply_optimizer(gradients, &[trained(0, optimizer)]);
        let states: Vec<Tensor<f32>> =
            step.states.iter().map(|state| Tensor::Real(vec![0.0; state.shape.iter().product()])).collect();
        let given = Given { inputs: &[], states: &states, upstreams: &[], rate: 0.1, seed: 0, step: 0 };
        let mut moments = 0;
        for (state, new) in evaluate(&step, given).updates {
            if !step.states[state.0 as usize].shape.is_empty() && state.0 > 0 {
                moments += 1;
                assert_eq!(new, Tensor::Real(vec![0.0; 3]), "{}", step.states[state.0 as usize].path);
            }
        }
        assert!(moments > 0);
    }
}
