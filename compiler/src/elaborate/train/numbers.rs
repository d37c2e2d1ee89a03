//! The numbers of a recipe: optimiser, schedule, batch, epochs, early stopping, what is frozen.

use super::Setting;
use super::describe::Described;
use crate::declare_op;
use crate::elaborate::Elaborator;
use crate::elaborate::scope::Val;
use crate::model::ParamId;
use crate::model::recipe::{EarlyStop, Metric, Policy, Schedule};
use crate::op::Misuse;
use crate::op::argument::Argument;
use crate::op::declare::Declare;
use crate::op::value::{Clock, Value};
use crate::optimizer::{self, Optimizer};
use netc_grammar::ast::Expr;
use netc_grammar::{Diagnostic, Span, did_you_mean};
use std::sync::Arc;

/// A number of epochs or steps; a bare number counts epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length(f64, Clock);

impl Argument for Length {
    const EXPECTED: &'static str = "a length such as `3 epochs` or `500 steps`";
    fn from_value(value: &Value) -> Result<Length, String> {
        match value {
            Value::Duration(n, clock) if n.is_finite() && *n > 0.0 => Ok(Length(*n, *clock)),
            Value::Int(n) if *n > 0 => Ok(Length(*n as f64, Clock::Epochs)),
            other => Err(format!("must be {}, not {} `{other}`", Self::EXPECTED, other.kind())),
        }
    }
    fn show(&self) -> String {
        Value::Duration(self.0, self.1).to_string()
    }
}

/// What is watched: `val_loss`.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched(String);

impl Argument for Watched {
    const EXPECTED: &'static str = "`val_loss`, or `val_` and the name of a metric";
    fn from_value(value: &Value) -> Result<Watched, String> {
        match value {
            Value::Word(word) | Value::Text(word) => Ok(Watched(word.clone())),
            other => Err(format!("must be {}, not {} `{other}`", Self::EXPECTED, other.kind())),
        }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

declare_op! {
    /// The same rate throughout.
    pub struct Constant = "constant"() {
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Multiplied by a factor after every stair.
    pub struct Stairs = "step"() {
        /// Length of a stair.
        every | step_size: Length,
        /// Multiplier per stair.
        factor | gamma: f64 = 0.1,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Multiplied by a factor after every epoch.
    pub struct Exponential = "exponential"() {
        /// Multiplier per epoch.
        factor | gamma: f64,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Half a cosine down to `floor` times the rate.
    pub struct Cosine = "cosine"() {
        /// Factor at the end.
        floor: f64 = 0.0,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Stops when nothing improves any more.
    pub struct Early = "early"() {
        /// What is watched.
        watch: Watched = Watched("val_loss".to_string()),
        /// Epochs without improvement that are tolerated.
        patience: usize = 3,
        /// Least change that counts.
        min_delta: f64 = 0.0,
    }
}

impl<'a> Elaborator<'a, '_> {
    /// `sgd(rate = 0.1)`
    pub fn optimizer(&mut self, setting: Option<Setting<'a>>, train: Span, broken: bool) -> Option<Arc<dyn Optimizer>> {
        let Some((expr, _)) = setting else {
            if !broken {
                self.report(
                    Diagnostic::error("E0502", "this recipe has no optimizer")
                        .at(train, "")
                        .help("say how parameters are updated: `optimizer = sgd(rate = 0.1);`"),
                );
            }
            return None;
        };
        let mut described = self.described(expr, true)?;
        let Some(entry) = optimizer::lookup(&described.name) else {
            let names: Vec<&str> = optimizer::all().iter().map(|entry| entry.name).collect();
            self.unknown_word("optimiser", &described.name, &names, described.spans.call);
            return None;
        };
        described.name_arguments(entry.spellings);
        (entry.read)(&described.given).map_err(|problems| self.misuses(&problems, &described)).ok()
    }

    /// `cosine(warmup = 1 epochs)`; constant where nothing is said.
    pub fn schedule(&mut self, setting: Option<Setting<'a>>) -> Option<Schedule> {
        let Some((expr, _)) = setting else { return Some(Schedule { policy: Policy::Constant, warmup: None }) };
        let mut described = self.described(expr, true)?;
        let length = |length: Option<Length>| length.map(|Length(n, clock)| (n, clock));
        let (policy, warmup) = match described.name.as_str() {
            "constant" => {
                let read = self.read::<Constant>(&mut described)?;
                (Policy::Constant, read.warmup)
            }
            "step" => {
                let read = self.read::<Stairs>(&mut described)?;
                self.factor(read.factor, &described)?;
                (Policy::Step { every: (read.every.0, read.every.1), factor: read.factor }, read.warmup)
            }
            "exponential" => {
                let read = self.read::<Exponential>(&mut described)?;
                self.factor(read.factor, &described)?;
                (Policy::Exponential { factor: read.factor }, read.warmup)
            }
            "cosine" => {
                let read = self.read::<Cosine>(&mut described)?;
                if !(0.0..=1.0).contains(&read.floor) {
                    let problem = Misuse::new(format!("`floor` must be between 0 and 1, but is {}", read.floor));
                    self.misuses(&[problem.argument("floor").help("leave it out for 0")], &described);
                    return None;
                }
                (Policy::Cosine { floor: read.floor }, read.warmup)
            }
            other => {
                let names = ["constant", "step", "exponential", "cosine"];
                self.unknown_word("schedule", other, &names, described.spans.call);
                return None;
            }
        };
        Some(Schedule { policy, warmup: length(warmup) })
    }

    fn factor(&mut self, factor: f64, described: &Described) -> Option<()> {
        if factor > 0.0 && factor <= 1.0 {
            return Some(());
        }
        let problem = Misuse::new(format!("`factor` must be above 0 and at most 1, but is {factor}"));
        self.misuses(&[problem.argument("factor").help("for example 0.1")], described);
        None
    }

    /// `early(watch = val_loss, patience = 3)`
    pub fn stop(&mut self, setting: Option<Setting<'a>>, metrics: &[Metric]) -> Option<Option<EarlyStop>> {
        let Some((expr, _)) = setting else { return Some(None) };
        let mut described = self.described(expr, true)?;
        if described.name != "early" {
            self.unknown_word("rule for stopping", &described.name, &["early"], described.spans.call);
            return None;
        }
        let read = self.read::<Early>(&mut described)?;
        let names: Vec<String> = std::iter::once("val_loss".to_string())
            .chain(metrics.iter().map(|metric| format!("val_{}", metric.name)))
            .collect();
        if !names.contains(&read.watch.0) && !self.reports.has_errors() {
            let near = did_you_mean(&read.watch.0, names.iter().map(String::as_str));
            let problem = Misuse::new(format!("`{}` is not measured while training", read.watch.0)).argument("watch");
            let help =
                near.map_or(format!("watch one of {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            self.misuses(&[problem.help(help)], &described);
            return None;
        }
        if read.min_delta < 0.0 {
            let problem = Misuse::new(format!("`min_delta` must not be negative, but is {}", read.min_delta));
            self.misuses(&[problem.argument("min_delta").help("leave it out for 0")], &described);
            return None;
        }
        Some(Some(EarlyStop { watch: read.watch.0, patience: read.patience, min_delta: read.min_delta }))
    }

    /// A whole number of at least `least`.
    pub fn whole(&mut self, setting: Option<Setting<'a>>, key: &str, least: i64, default: i64) -> Option<i64> {
        let Some((expr, _)) = setting else { return Some(default) };
        let n = self.integer(expr, &format!("`{key}`"))?;
        let most = if key == "seed" { i64::MAX } else { crate::types::MAX_EXTENT as i64 };
        if (least..=most).contains(&n) {
            return Some(n);
        }
        let message = if n < least {
            format!("`{key}` must be at least {least}, but is {n}")
        } else {
            format!("`{key}` is {n}, more than the limit of {most}")
        };
        self.report(
            Diagnostic::error("E0506", message)
                .at(expr.span, "")
                .help(format!("for example `{key} = {}`", default.max(1))),
        );
        None
    }

    /// `epochs = 12`, also `12 epochs`.
    pub fn epochs(&mut self, setting: Option<Setting<'a>>) -> Option<usize> {
        let Some((expr, key)) = setting else { return Some(10) };
        let value = self.expression(expr);
        if let Val::Const(Value::Duration(n, Clock::Epochs)) = value
            && n >= 1.0
            && n.fract() == 0.0
            && n < 2e9
        {
            return Some(n as usize);
        }
        self.whole(Some((expr, key)), "epochs", 1, 10).map(|n| n as usize)
    }

    /// `freeze = [encoder, "layer1.*"]`: parameters that the optimiser must not touch; their layers keep statistics.
    pub fn freeze(&mut self, expr: &'a Expr) -> Option<Vec<ParamId>> {
        let value = self.word_or_value(expr, false)?;
        let items = match value {
            Value::List(items) => items,
            single => vec![single],
        };
        let mut patterns = Vec::new();
        for item in items {
            match item {
                Value::Word(word) | Value::Text(word) => {
                    let prefix = word.strip_suffix(".*").unwrap_or(&word).to_string();
                    let inside = |path: &str| {
                        path == prefix || path.strip_prefix(&prefix).is_some_and(|rest| rest.starts_with('.'))
                    };
                    if !self.params.iter().any(|param| inside(&param.path)) {
                        self.report(
                            Diagnostic::error("E0508", format!("nothing with parameters has the path `{word}`"))
                                .at(expr.span, "")
                                .help("name labels, or paths in quotes such as \"layer1.0\"; `netc check` lists them"),
                        );
                        return None;
                    }
                    patterns.push(prefix);
                }
                other => {
                    self.report(
                        Diagnostic::error("E0508", format!("`freeze` takes labels, not {} `{other}`", other.kind()))
                            .at(expr.span, "")
                            .help("for example `freeze = [encoder]`"),
                    );
                    return None;
                }
            }
        }
        let inside = |path: &str| {
            patterns.iter().any(|prefix| {
                path == prefix || path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let frozen: Vec<ParamId> =
            (0..self.params.len() as u32).map(ParamId).filter(|id| inside(&self.params[id.0 as usize].path)).collect();
        let set: std::collections::BTreeSet<ParamId> = frozen.iter().copied().collect();
        for layer in self.graph.node_weights_mut() {
            layer.frozen = !layer.params.is_empty() && layer.params.iter().all(|(_, id)| set.contains(id));
        }
        Some(frozen)
    }

    fn read<D: Declare>(&mut self, described: &mut Described) -> Option<D> {
        described.name_arguments(D::SPELLINGS);
        D::read(&described.given).map_err(|problems| self.misuses(&problems, described)).ok()
    }

    fn misuses(&mut self, problems: &[Misuse], described: &Described) {
        for problem in problems {
            self.argument_misuse(problem, &described.spans);
        }
    }

    /// A word that is none of a closed list.
    pub fn unknown_word(&mut self, what: &str, word: &str, known: &[&str], span: Span) {
        let help = match did_you_mean(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        self.report(Diagnostic::error("E0506", format!("there is no {what} `{word}`")).at(span, "").help(help));
    }
}

impl Described {
    /// Gives each argument's place its name in netc's spelling.
    fn name_arguments(&mut self, spellings: &'static [crate::op::declare::Spelling]) {
        let mut next = 0;
        self.spans.names = self
            .given
            .iter()
            .map(|given| {
                let spelling = match &given.name {
                    Some(name) => spellings.iter().find(|spelling| spelling.matches(name)),
                    None => {
                        next += 1;
                        spellings.get(next - 1)
                    }
                };
                spelling.map_or("", |spelling| spelling.name)
            })
            .collect();
    }
}
