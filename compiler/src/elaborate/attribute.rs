//! `x.channels`, `x.shape[0]`, `widths[i]`, and `fc.weight`: what stands behind a dot or in brackets.

use super::Elaborator;
use super::path::join;
use super::scope::Val;
use crate::model::ValueRef;
use crate::op::value::Value;
use crate::types::Shape;
use netc_grammar::ast::{Access, Expr, ExprKind, Ident};
use netc_grammar::{Diagnostic, Span, did_you_mean};

/// Attributes of a value that are known before the run.
pub const ATTRIBUTES: &[&str] = &["channels", "features", "height", "length", "rank", "shape", "width"];

impl<'a> Elaborator<'a, '_> {
    /// Follows a path from a value, or from a label to a parameter.
    pub fn access(&mut self, base: &'a Expr, path: &'a [Access], span: Span) -> Val {
        if let ExprKind::Name(name) = &base.kind {
            let value = self.frame().find(&name.text).is_some();
            let attribute = matches!(path.first(), Some(Access::Member(member)) if is_attribute(&member.text));
            if !value || (!attribute && matches!(path.first(), Some(Access::Member(_)))) {
                return self.parameter_value(name, path, span, value);
            }
        }
        let mut value = self.expression(base);
        for step in path {
            value = match step {
                Access::Member(member) => self.member(value, member),
                Access::Index { index, span } => self.index(value, index, *span),
            };
        }
        value
    }

    fn member(&mut self, value: Val, member: &Ident) -> Val {
        let tensor = match value {
            Val::Unknown => return Val::Unknown,
            Val::Tensor(tensor) => tensor,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error("E0213", format!("{found} has no attribute `{}`", member.text))
                        .at(member.span, "")
                        .help("only tensors have attributes such as `channels`; `len(list)` counts a list"),
                );
                return Val::Unknown;
            }
        };
        let shape = &self.ty(tensor).shape;
        if let Some(value) = attribute(shape, &member.text) {
            return Val::Const(value);
        }
        let (shape, layer) = (shape.clone(), self.graph[tensor.layer].span);
        let help = match did_you_mean(&member.text, ATTRIBUTES.iter().copied()) {
            Some(near) if attribute(&shape, near).is_some() => format!("did you mean `{near}`?"),
            _ => "`x.shape[0]` works for every shape; maps have channels, height and width".to_string(),
        };
        self.report(
            Diagnostic::error("E0213", format!("a value of shape {shape} has no `{}`", member.text))
                .at(member.span, "")
                .note(layer, format!("{shape}"))
                .help(help),
        );
        Val::Unknown
    }

    fn index(&mut self, value: Val, index: &'a Expr, span: Span) -> Val {
        let Some(position) = self.integer(index, "a position") else { return Val::Unknown };
        let (count, get): (i64, Box<dyn Fn(i64) -> Val>) = match value {
            Val::Unknown => return Val::Unknown,
            Val::Const(Value::List(items)) => {
                (items.len() as i64, Box::new(move |i| Val::Const(items[i as usize].clone())))
            }
            Val::Const(Value::Range(low, high)) => {
                (high.saturating_sub(low).max(0), Box::new(move |i| Val::Const(Value::Int(low.saturating_add(i)))))
            }
            Val::Many(items) => (items.len() as i64, Box::new(move |i| items[i as usize].clone())),
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error("E0407", format!("{found} has no positions"))
                        .at(span, "")
                        .help("brackets take an item of a list; of a tensor use the operator `slice`"),
                );
                return Val::Unknown;
            }
        };
        let from_start = if position < 0 { position.checked_add(count) } else { Some(position) };
        match from_start {
            Some(position) if (0..count).contains(&position) => get(position),
            _ => {
                self.report(
                    Diagnostic::error("E0409", format!("position {position} is outside: there are {count} items"))
                        .at(span, "")
                        .help("positions start at 0; −1 is the last"),
                );
                Val::Unknown
            }
        }
    }

    /// `fc.weight`: the parameter with this path, from the scope that is evaluated or from the network.
    fn parameter_value(&mut self, base: &'a Ident, path: &'a [Access], span: Span, is_value: bool) -> Val {
        let mut name = base.text.clone();
        for (position, step) in path.iter().enumerate() {
            match step {
                Access::Member(member) => {
                    name = join(&name, &member.text);
                    if let Some(id) = self.find_param(&name) {
                        let value = Val::Tensor(self.param_value(id, span));
                        return self.follow(value, &path[position + 1..]);
                    }
                }
                Access::Index { .. } => break,
            }
        }
        if is_value {
            let value = match self.frame().find(&base.text) {
                Some(super::scope::Binding::Value(value)) => value.clone(),
                _ => Val::Unknown,
            };
            return self.follow(value, path);
        }
        if self.reports.has_errors() {
            // The layer may be one that failed.
            return Val::Unknown;
        }
        let prefix = self.scope().path.params().to_string();
        let known: Vec<&str> = self.params.iter().take(10_000).map(|param| param.path.as_str()).collect();
        let wanted = join(&prefix, &name);
        let near = did_you_mean(&wanted, known.iter().copied()).or_else(|| did_you_mean(&name, known.iter().copied()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a parameter is named by its layer's path and its own name, such as `fc.weight`; \
                     `netc check` lists the paths"
                .to_string(),
        };
        let message = format!("there is no value or parameter `{name}` here");
        self.report(Diagnostic::error("E0213", message).at(span, "").help(help));
        Val::Unknown
    }

    fn follow(&mut self, mut value: Val, path: &'a [Access]) -> Val {
        for step in path {
            value = match step {
                Access::Member(member) => self.member(value, member),
                Access::Index { index, span } => self.index(value, index, *span),
            };
        }
        value
    }

    /// A parameter by its path inside the current scope, or from the network.
    pub fn find_param(&mut self, name: &str) -> Option<crate::model::ParamId> {
        let prefix = self.scope().path.params().to_string();
        let inside = self.param_paths.get(&join(&prefix, name)).copied();
        inside.or_else(|| self.param_paths.get(name).copied())
    }

    /// A value with a label at this path, seen from the network.
    pub fn labelled_value(&self, name: &str) -> Option<ValueRef> {
        self.labels.get(name).copied()
    }
}

/// Whether a word is an attribute that some value has.
pub fn is_attribute(word: &str) -> bool {
    ATTRIBUTES.contains(&word)
}

/// A shape's attribute as a compile-time value.
pub fn attribute(shape: &Shape, name: &str) -> Option<Value> {
    let dims = shape.dims();
    let extent = |axis: usize| dims.get(axis).map(|&extent| Value::Int(extent as i64));
    match (name, dims.len()) {
        ("shape", _) => Some(Value::List(dims.iter().map(|&extent| Value::Int(extent as i64)).collect())),
        ("rank", rank) => Some(Value::Int(rank as i64)),
        ("channels", 1 | 3) => extent(0),
        ("height", 3) => extent(1),
        ("width", 3) => extent(2),
        ("length", 2) => extent(0),
        ("features", 1) => extent(0),
        ("features", 2) => extent(1),
        _ => None,
    }
}
