//! Data sources of a recipe: `csv("houses.csv", features = [area, windows])`, and what is held out of them.

use super::Setting;
use crate::elaborate::Elaborator;
use crate::model::Named;
use crate::model::recipe::{DataSource, HeldOut};
use crate::op::value::{Call, Value};
use netc_grammar::ast::{Expr, ExprKind};
use netc_grammar::{Diagnostic, Span, did_you_mean};

/// A kind of source.
pub struct SourceKind {
    /// Its name in the language.
    pub name: &'static str,
    /// How it is called.
    pub call: &'static str,
    /// What it reads.
    pub docs: &'static str,
}

/// All kinds of sources, sorted by name.
pub const SOURCES: &[SourceKind] = &[
    SourceKind {
        name: "csv",
        call: "csv(\"table.csv\", x = [area, windows], y = price)",
        docs: "A table with a header. A key names its columns, in the order of the elements; a column whose header is no name \
               stands in quotes.",
    },
    SourceKind {
        name: "digits",
        call: "digits",
        docs: "The 1797 handwritten digits of UCI, which netc carries: `image` of 8×8 grey values, divided by 16, and `label`.",
    },
    SourceKind {
        name: "idx",
        call: "idx(image = \"train-images\", label = \"train-labels\")",
        docs: "A file of MNIST's format for each key, plain or gzip. Unsigned bytes reach a real-valued input divided by 255.",
    },
    SourceKind {
        name: "npy",
        call: "npy(x = \"x.npy\", y = \"y.npy\")",
        docs: "A file of NumPy for each key, its first axis the samples.",
    },
];

/// What `test` and `validate` may be besides a source.
pub const HELD_OUT: &str = "\
`test` and `validate` are sources too, or shares of `data`: `20%` is drawn by the seed, `last(20%)` are the last samples as
they lie in the files, for data with an order, such as a time series. A share for `validate` is of what `test` leaves.";

/// The names of all sources.
fn names() -> impl Iterator<Item = &'static str> + Clone {
    SOURCES.iter().map(|source| source.name)
}

impl<'a> Elaborator<'a, '_> {
    /// A source with a key for every input and target.
    pub fn data(&mut self, expr: &'a Expr, targets: &[Named]) -> Option<DataSource> {
        if let ExprKind::String(path) = &expr.unparenthesized().kind {
            self.path_as_data(path, expr.span, targets);
            return None;
        }
        let described = self.described(expr, false)?;
        let kind = described.name.as_str();
        if !names().any(|name| name == kind) {
            let help = match did_you_mean(kind, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the sources are {}", names().collect::<Vec<_>>().join(", ")),
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

    /// `"table.csv"` where a source must stand: which one reads such a file, by its ending.
    fn path_as_data(&mut self, path: &str, span: Span, targets: &[Named]) {
        let keys: Vec<&str> = self.inputs.iter().chain(targets).map(|named| named.name.as_str()).collect();
        let others = |first: usize| keys.iter().skip(first).map(|key| format!(", {key} = …")).collect::<String>();
        let first = keys.first().copied().unwrap_or("x");
        let lower = path.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        let help = if names().any(|name| name == path) {
            format!("write it without quotes: `{path}`")
        } else if ends(&[".csv", ".tsv", ".txt"]) {
            format!("write `csv({path:?}{})`", others(0))
        } else if ends(&[".npy"]) {
            format!("write `npy({first} = {path:?}{})`", others(1))
        } else if ends(&[".npz"]) {
            format!("save each array as a file of its own: `npy({first} = \"{first}.npy\"{})`", others(1))
        } else if ends(&["ubyte", ".idx", ".gz"]) {
            format!("write `idx({first} = {path:?}{})`", others(1))
        } else {
            let calls: Vec<String> = SOURCES.iter().map(|source| format!("`{}`", source.call)).collect();
            format!("say how it is read: {}", calls.join(", "))
        };
        let message = "data come from a source with a key for each input and target, not from a path alone";
        self.report(Diagnostic::error("E0506", message).at(span, "").help(help));
    }

    /// `20%`, `last(20%)` or a source.
    pub fn held_out(&mut self, (expr, _): Setting<'a>, key: &str, targets: &[Named]) -> Option<HeldOut> {
        let is_source = match &expr.unparenthesized().kind {
            ExprKind::Name(name) => names().any(|known| known == name.text),
            ExprKind::Call(call) => call.callee.single().is_some_and(|name| name.text != "last"),
            ExprKind::String(_) => true,
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
