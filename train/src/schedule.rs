//! Learning-rate schedules: the factor on the base rate at each optimiser step.

use netc_compiler::model::recipe::{Policy, Schedule};
use netc_compiler::op::value::Clock;
use std::f64::consts::PI;

/// How many steps a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Steps of one epoch, the last partial batch included.
    pub steps_per_epoch: u64,
    /// Epochs of the whole run.
    pub epochs: u64,
}

impl Pace {
    /// A duration in whole steps.
    fn steps(&self, (amount, clock): (f64, Clock)) -> u64 {
        let steps = match clock {
            Clock::Epochs => amount * self.steps_per_epoch as f64,
            Clock::Steps => amount,
        };
        // A float-to-integer cast saturates; a schedule longer than the run never ends.
        steps.max(0.0).round() as u64
    }
}

/// Factor on the base rate at `step` (from 0).
///
/// The warm-up of w steps gives (step + 1)/w; the policy then counts from its end: t = step − w. As in PyTorch, `step`
/// is StepLR, factor^⌊t/every⌋; `exponential` is ExponentialLR, factor^epoch; `cosine` is CosineAnnealingLR called at
/// each step, floor + (1 − floor)·(1 + cos(πt/T))/2 with T the steps that remain after the warm-up.
pub fn factor(schedule: &Schedule, pace: Pace, step: u64) -> f64 {
    let warmup = schedule.warmup.map_or(0, |duration| pace.steps(duration));
    if step < warmup {
        return (step + 1) as f64 / warmup as f64;
    }
    let t = step - warmup;
    match &schedule.policy {
        Policy::Constant => 1.0,
        Policy::Step { every, factor } => power(*factor, t / pace.steps(*every).max(1)),
        Policy::Exponential { factor } => power(*factor, t / pace.steps_per_epoch.max(1)),
        Policy::Cosine { floor } => {
            let total = pace.steps_per_epoch.saturating_mul(pace.epochs).saturating_sub(warmup).max(1);
            let turn = t.min(total) as f64 / total as f64;
            floor + (1.0 - floor) * 0.5 * (1.0 + (PI * turn).cos())
        }
    }
}

/// `base` to an integer power by squaring, so that the result does not depend on the platform's `pow`.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { steps_per_epoch: 2, epochs: 5 };

    fn rates(policy: Policy, warmup: Option<(f64, Clock)>) -> Vec<f64> {
        let schedule = Schedule { policy, warmup };
        (0..10).map(|step| 0.1 * factor(&schedule, PACE, step)).collect()
    }

    /// The expected columns are `get_last_lr()` of torch.optim.lr_scheduler with a base rate of 0.1; the warm-up is
    /// SequentialLR of LinearLR(1/w, total_iters = w − 1) and the policy, milestone w.
    #[test]
    fn rates_are_those_of_pytorch() {
        for (policy, warmup, expected) in include!("../tests/reference/lr_scheduler.in") {
            let rates = rates(policy.clone(), warmup);
            for (step, (rate, expected)) in rates.iter().zip(expected).enumerate() {
                assert!((rate - expected).abs() < 1e-15, "{policy:?} {warmup:?} step {step}: {rate} not {expected}");
            }
        }
    }

    #[test]
    fn a_warm_up_longer_than_the_run_only_rises() {
        let rates = rates(Policy::Cosine { floor: 0.0 }, Some((100.0, Clock::Epochs)));
        assert!((rates[9] - 0.1 * 10.0 / 200.0).abs() < 1e-15);
        assert!(factor(&Schedule { policy: Policy::Constant, warmup: Some((1e300, Clock::Epochs)) }, PACE, 3) > 0.0);
    }
}
