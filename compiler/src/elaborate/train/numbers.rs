//! The numbers of a recipe: batch, epochs, seed, early stopping.

use super::Setting;
use crate::declare_op;
use crate::elaborate::Elaborator;
use crate::elaborate::scope::Val;
use crate::model::recipe::{EarlyStop, Metric};
use crate::op::Misuse;
use crate::op::argument::Argument;
use crate::op::declare::{Declaration, Declare};
use crate::op::value::{Clock, Value};
use netc_grammar::{Diagnostic, did_you_mean};

/// What is watched: `val_loss`.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched(String);

impl Argument for Watched {
    const EXPECTED: &'static str = "`val_loss`, `train_loss`, or `val_` and the name of a metric";
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

/// Declarations of all rules for stopping, for the reference page.
pub fn declarations() -> Vec<Declaration> {
    vec![Early::declaration()]
}

impl<'a> Elaborator<'a, '_> {
    /// `early(watch = val_loss, patience = 3)`; `validates` says whether samples are held out for validation.
    pub fn stop(
        &mut self,
        setting: Option<Setting<'a>>,
        metrics: &[Metric],
        validates: bool,
    ) -> Option<Option<EarlyStop>> {
        let Some((expr, _)) = setting else { return Some(None) };
        let mut described = self.described(expr, true)?;
        if described.name != "early" {
            self.unknown_word("rule for stopping", &described.name, &["early"], described.spans.call);
            return None;
        }
        let read = self.read::<Early>(&mut described)?;
        let watched = read.watch.0.as_str();
        let of_validation: Vec<String> = std::iter::once("val_loss".to_string())
            .chain(metrics.iter().map(|metric| format!("val_{}", metric.name)))
            .collect();
        let validated = of_validation.iter().any(|name| name == watched);
        let measured = watched == "train_loss" || (validated && validates);
        // Where metrics are broken, nobody knows their names.
        if !measured && (validated || !self.reports.has_errors()) {
            let (message, help) = if validated {
                (
                    format!("`{watched}` is measured on samples for validation, and this recipe has none"),
                    "add `validate = 10%;`, or write `watch = train_loss`".to_string(),
                )
            } else {
                let mut names = vec!["train_loss"];
                names.extend(of_validation.iter().map(String::as_str).filter(|_| validates));
                let help = match did_you_mean(watched, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("watch one of {}", names.join(", ")),
                };
                (format!("`{watched}` is not measured while training"), help)
            };
            let mut problem = Misuse::new(message).help(help);
            if described.spans.names.contains(&"watch") {
                problem = problem.argument("watch");
            }
            self.misuses(&[problem], &described);
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
}
