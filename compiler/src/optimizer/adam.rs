//! `adam`: steps scaled by running moments of the gradient (Kingma and Ba, 2015), by PyTorch's formulas.

use super::{Optimizer, Slot, Update, Updated, all_or, decayed, flushed, refuse};
use crate::declare_op;
use crate::op::Misuse;
use crate::op::argument::Argument;
use crate::op::value::Value;
use crate::prim::builder::Builder;

/// β₁ and β₂.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Betas(pub [f64; 2]);

impl Argument for Betas {
    const EXPECTED: &'static str = "two numbers such as `[0.9, 0.999]`";
    fn from_value(value: &Value) -> Result<Betas, String> {
        match value {
            Value::List(items) if items.len() == 2 => {
                Ok(Betas([f64::from_value(&items[0])?, f64::from_value(&items[1])?]))
            }
            other => Err(format!("must be {}, not {} `{other}`", Self::EXPECTED, other.kind())),
        }
    }
    fn show(&self) -> String {
        format!("[{}, {}]", self.0[0], self.0[1])
    }
}

declare_op! {
    /// g ← g + weight_decay·p; m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
    /// p ← p − rate · m̂ / (√v̂ + eps) with m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ).
    pub struct Adam = "adam"() {
        /// Learning rate, before the schedule.
        rate | lr: f64 = 1e-3,
        /// Decays of the running mean and of the running mean of squares: β₁ and β₂.
        betas: Betas = Betas([0.9, 0.999]),
        /// Added to the root, against division by zero.
        eps: f64 = 1e-8,
        /// Factor of the parameter that is added to its gradient.
        weight_decay: f64 = 0.0,
    }
}

impl Optimizer for Adam {
    fn check(&self) -> Result<(), Vec<Misuse>> {
        let mut problems = Vec::new();
        refuse(&mut problems, "rate", self.rate, self.rate > 0.0, "positive");
        for beta in self.betas.0 {
            refuse(&mut problems, "betas", beta, (0.0..1.0).contains(&beta), "at least 0 and less than 1");
        }
        refuse(&mut problems, "eps", self.eps, self.eps > 0.0, "positive");
        refuse(&mut problems, "weight_decay", self.weight_decay, self.weight_decay >= 0.0, "at least 0");
        all_or(problems)
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    /// The corrections hold 1 − βᵗ as c ← β·c + (1 − β) from 0: exact where 1 − βᵗ of a product would cancel.
    fn slots(&self) -> Vec<Slot> {
        vec![
            Slot { name: "exp_avg", start: 0.0, scalar: false },
            Slot { name: "exp_avg_sq", start: 0.0, scalar: false },
            Slot { name: "correction1", start: 0.0, scalar: true },
            Slot { name: "correction2", start: 0.0, scalar: true },
        ]
    }

    fn update(&self, graph: &mut Builder, state: Update<'_>) -> Updated {
        let ([beta1, beta2], eps) = (self.betas.0, self.eps);
        let gradient = decayed(graph, &state, self.weight_decay);
        let &[mean, square, correction1, correction2] = state.slots else {
            unreachable!("`slots` declares four");
        };
        let mean = graph.map2(mean, gradient, |m, g| flushed(&(m * beta1 + &(g * (1.0 - beta1)))));
        let square = graph.map2(square, gradient, |v, g| flushed(&(v * beta2 + &(&(g * g) * (1.0 - beta2)))));
        let correction1 = graph.map1(correction1, |c| c * beta1 + (1.0 - beta1));
        let correction2 = graph.map1(correction2, |c| c * beta2 + (1.0 - beta2));
        let step = graph.map2(state.rate, correction1, |rate, c| rate / c);
        let root = graph.map1(correction2, |c| c.sqrt());
        let param = graph.map(&[state.param, mean, square, step, root], |args| {
            let [p, m, v, step, root] = args else { unreachable!("five inputs") };
            p - &(step * &(m / &(&v.sqrt() / root + eps)))
        });
        Updated { param, slots: vec![mean, square, correction1, correction2] }
    }
}
