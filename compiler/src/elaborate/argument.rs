//! Arguments of calls: which are tensors, what the others are, and errors in them at their place.

use super::Elaborator;
use super::call::CallSpans;
use super::scope::Val;
use crate::op::declare::{Arity, Spelling};
use crate::op::value::Value;
use crate::op::{Entry, Misuse};
use netc_grammar::ast::{Arg, Expr, ExprKind};
use netc_grammar::{Diagnostic, Span};

impl<'a> Elaborator<'a, '_> {
    /// An argument's value; nothing where it failed.
    pub fn argument(&mut self, value: &'a Expr, spelling: Option<&Spelling>) -> Option<Value> {
        let words = spelling.map_or(&[] as &'static [&'static str], |spelling| spelling.words);
        let saved = std::mem::replace(&mut self.words, words);
        let result = self.expression(value);
        self.words = saved;
        match result {
            Val::Const(Value::Text(text)) if words.contains(&text.as_str()) => Some(Value::Word(text)),
            Val::Const(value) => Some(value),
            Val::Unknown => None,
            other => {
                let found = self.describe(&other);
                let name = spelling.map_or("an argument", |spelling| spelling.name);
                if matches!(value.kind, ExprKind::Tuple(_)) {
                    let diagnostic = Diagnostic::error("E0402", format!("`{name}` takes no tuple"));
                    self.report(diagnostic.at(value.span, "").help("several numbers stand in brackets: `[3, 3]`"));
                    return None;
                }
                self.report(
                    Diagnostic::error("E0303", format!("`{name}` must be known before the run, but this is {found}"))
                        .at(value.span, "")
                        .help(
                            "tensors come first, then arguments; numbers of a tensor are `x.channels` or `x.shape[0]`",
                        ),
                );
                None
            }
        }
    }

    /// An error in an operator's arguments, at the argument.
    pub fn argument_misuse(&mut self, problem: &Misuse, spans: &CallSpans) {
        let place = problem.given.and_then(|index| spans.given.get(index)).or_else(|| {
            let named = problem.argument.and_then(|name| spans.names.iter().position(|known| *known == name));
            named.and_then(|index| spans.given.get(index))
        });
        let code = match (problem.given, problem.argument) {
            (Some(_), None) => "E0401",
            (None, Some(_)) if place.is_none() => "E0403",
            _ => "E0402",
        };
        let mut diagnostic = Diagnostic::error(code, problem.message.clone())
            .at(place.copied().unwrap_or(spans.call), "")
            .maybe_help(problem.help.clone());
        if let Some(why) = &problem.why {
            diagnostic = diagnostic.why(why.clone());
        }
        self.report(diagnostic);
    }
}

/// Whether an argument of a call is a tensor input: `Some(None)` for the next one, `Some(Some(i))` for a named one.
pub fn input_index(entry: &Entry, argument: &Arg, known: usize) -> Option<Option<usize>> {
    match (entry.arity, &argument.name) {
        (Arity::Named(names), None) => (known < names.len()).then_some(None),
        (Arity::Named(names), Some(name)) => {
            if entry.spellings.iter().any(|spelling| spelling.matches(&name.text)) {
                return None;
            }
            names.iter().position(|known| *known == name.text).map(Some)
        }
        (Arity::Any(_), None) => Some(None),
        (Arity::Any(_), Some(_)) => None,
    }
}

/// Several results and lists of tensors are several inputs where any number is taken.
pub fn flatten(inputs: Vec<(Val, Span)>, arity: Arity) -> Vec<(Val, Span)> {
    if matches!(arity, Arity::Named(names) if names.len() < 2) {
        return inputs;
    }
    let mut flat = Vec::with_capacity(inputs.len());
    for (value, span) in inputs {
        match value {
            Val::Many(items) => flat.extend(items.iter().map(|item| (item.clone(), span))),
            single => flat.push((single, span)),
        }
    }
    flat
}
