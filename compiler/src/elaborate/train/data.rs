//! Data sources of a recipe: `csv("houses.csv", features = [area, windows])`, and what is held out of them.

use super::Setting;
use crate::elaborate::Elaborator;
use crate::model::Named;
use crate::model::recipe::{DataSource, HeldOut};
use crate::op::value::{Call, Value};
use netc_grammar::ast::{Expr, ExprKind};
use netc_grammar::{Diagnostic, did_you_mean};

/// Kinds of sources.
const SOURCES: &[&str] = &["csv", "digits", "idx", "npy"];

impl<'a> Elaborator<'a, '_> {
    /// A source with a key for every input and target.
    pub fn data(&mut self, expr: &'a Expr, targets: &[Named]) -> Option<DataSource> {
        let described = self.described(expr, false)?;
        let kind = described.name.as_str();
        if !SOURCES.contains(&kind) {
            let help = match did_you_mean(kind, SOURCES.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the sources are {}", SOURCES.join(", ")),
            };
            let message = format!("there is no data source `{kind}`");
            self.report(Diagnostic::error("E0603", message).at(described.spans.call, "").help(help));
            return None;
        }
        let names: Vec<String> = self.inputs.iter().chain(targets).map(|named| named.name.clone()).collect();
        let mut keys = Vec::new();
        let mut fits = true;
        for (given, span) in described.given.iter().zip(&described.spans.given) {
            let Some(key) = &given.name else { continue };
            if !names.contains(key) {
                fits = false;
                let help = match did_you_mean(key, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("keys are the names of inputs and targets: {}", names.join(", ")),
                };
                let message = format!("the network has no input or target `{key}`");
                self.report(Diagnostic::error("E0601", message).at(*span, "").help(help));
            }
            keys.push(key.clone());
        }
        let has =
            |name: &String| if kind == "digits" { name == "image" || name == "label" } else { keys.contains(name) };
        let missing: Vec<String> = names.iter().filter(|name| !has(name)).map(|name| format!("`{name}`")).collect();
        if !missing.is_empty() && fits && !self.reports.has_errors() {
            fits = false;
            let message = format!("the data gives nothing for {}", missing.join(" and "));
            let help = if kind == "digits" {
                "`digits` gives `image` and `label`: call input and target so".to_string()
            } else {
                "add a key for each: `name = …`".to_string()
            };
            self.report(Diagnostic::error("E0602", message).at(described.spans.call, "").help(help));
        }
        let span = described.spans.call;
        let file = self.sources.get(span.file).map_or(String::new(), |source| source.name().to_string());
        let arguments = described.given.into_iter().map(|given| (given.name, given.value)).collect();
        fits.then_some(DataSource { kind: described.name, arguments, span, file })
    }

    /// `20%`, `last(20%)` or a source.
    pub fn held_out(&mut self, (expr, _): Setting<'a>, key: &str, targets: &[Named]) -> Option<HeldOut> {
        let is_source = match &expr.unparenthesized().kind {
            ExprKind::Name(name) => SOURCES.contains(&name.text.as_str()),
            ExprKind::Call(call) => call.callee.single().is_some_and(|name| name.text != "last"),
            _ => false,
        };
        if is_source {
            return self.data(expr, targets).map(HeldOut::Data);
        }
        let value = self.word_or_value(expr, true)?;
        let (fraction, last) = match &value {
            Value::Call(call) => match call.as_ref() {
                Call { name, arguments } if name == "last" && arguments.len() == 1 => (arguments[0].1.clone(), true),
                _ => (value.clone(), false),
            },
            _ => (value.clone(), false),
        };
        match fraction {
            Value::Int(0) if !last => Some(HeldOut::Nothing),
            Value::Float(fraction) if fraction > 0.0 && fraction < 1.0 => {
                Some(if last { HeldOut::Last(fraction) } else { HeldOut::Fraction(fraction) })
            }
            other => {
                let message = format!("`{key}` must be a part between 0 % and 100 %, not {} `{other}`", other.kind());
                self.report(
                    Diagnostic::error("E0506", message)
                        .at(expr.span, "")
                        .help(format!("write `{key} = 20%`, `{key} = last(20%)` or a data source")),
                );
                None
            }
        }
    }
}
