//! `sgd`: stochastic gradient descent with momentum, Nesterov's variant and weight decay, by PyTorch's formulas.

use super::{Optimizer, Slot, Update, Updated, all_or, decayed, flushed, refuse};
use crate::declare_op;
use crate::op::Misuse;
use crate::prim::ValueId;
use crate::prim::builder::Builder;

declare_op! {
    /// g ← g + weight_decay·p; v ← momentum·v + g; p ← p − rate·v, with Nesterov p ← p − rate·(g + momentum·v).
    pub struct Sgd = "sgd"() {
        /// Learning rate, before the schedule.
        rate | lr: f64,
        /// How much of the last direction is kept.
        momentum: f64 = 0.0,
        /// Factor of the parameter that is added to its gradient.
        weight_decay: f64 = 0.0,
        /// Whether the gradient is taken ahead of the step.
        nesterov: bool = false,
    }
}

impl Optimizer for Sgd {
    fn check(&self) -> Result<(), Vec<Misuse>> {
        let mut problems = Vec::new();
        refuse(&mut problems, "rate", self.rate, self.rate > 0.0, "positive");
        let holds = (0.0..1.0).contains(&self.momentum);
        refuse(&mut problems, "momentum", self.momentum, holds, "at least 0 and less than 1");
        refuse(&mut problems, "weight_decay", self.weight_decay, self.weight_decay >= 0.0, "at least 0");
        if self.nesterov && self.momentum == 0.0 {
            let problem = Misuse::new("`nesterov` needs a momentum").argument("nesterov");
            problems.push(problem.help("add `momentum = 0.9`"));
        }
        all_or(problems)
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn slots(&self) -> Vec<Slot> {
        if self.momentum == 0.0 {
            return Vec::new();
        }
        vec![Slot { name: "momentum_buffer", start: 0.0, scalar: false }]
    }

    fn update(&self, graph: &mut Builder, state: Update<'_>) -> Updated {
        let gradient = decayed(graph, &state, self.weight_decay);
        let Some(&velocity) = state.slots.first() else {
            let param = graph.map(&[state.param, gradient, state.rate], |args| &args[0] - &(&args[2] * &args[1]));
            return Updated { param, slots: Vec::new() };
        };
        let velocity = graph.map2(velocity, gradient, |v, g| flushed(&(v * self.momentum + g)));
        let direction: ValueId =
            if self.nesterov { graph.map2(gradient, velocity, |g, v| g + &(v * self.momentum)) } else { velocity };
        let param = graph.map(&[state.param, direction, state.rate], |args| &args[0] - &(&args[2] * &args[1]));
        Updated { param, slots: vec![velocity] }
    }
}
