//! Free parameters: `param token: [1, d] = normal(0, 0.02);`, also with rows of the data as their start.

use super::scope::{Binding, Val};
use super::{Elaborator, call};
use crate::model::init::Init;
use crate::model::{Named, Param, Section, ValueRef};
use crate::op::argument::{Argument, Initialiser};
use crate::op::value::Value;
use crate::op::{Misuse, ParamKind};
use crate::types::{DType, TensorType};
use netc_grammar::ast::{Call, Declaration, Expr, ExprKind, Ident};
use netc_grammar::{Diagnostic, Span};

impl<'a> Elaborator<'a, '_> {
    /// Declares a free parameter, or finds the one of a shared layer's first use.
    pub fn free_param(&mut self, declaration: &'a Declaration, init: Option<&'a Expr>) {
        let name = &declaration.name;
        let value = self.make_param(declaration, init).unwrap_or(Val::Unknown);
        self.frame().bind(&name.text, Binding::Value(value));
    }

    fn make_param(&mut self, declaration: &'a Declaration, init: Option<&'a Expr>) -> Option<Val> {
        let name = &declaration.name;
        let ty = self.declared_type(&declaration.ty, false)?;
        if ty.dtype != DType::F32 {
            self.report(
                Diagnostic::error("E0304", format!("the parameter `{}` must hold numbers (f32)", name.text))
                    .at(declaration.ty.span, "")
                    .help("write its shape alone: `[16, 3]`"),
            );
            return None;
        }
        let Some(init) = init else {
            self.report(
                Diagnostic::error("E0403", format!("the parameter `{}` needs a start", name.text))
                    .at(declaration.ty.span, "")
                    .help("say how it starts: `= normal(0, 0.02)` or `= constant(0)`"),
            );
            return None;
        };
        let start = match sampling(init) {
            Some(call) => Init::Sample(self.sampled(call, ty.shape.dims())?),
            None => self.start(init, &ty)?,
        };
        let path = self.scope().label(&name.text);
        let path = self.claim(path, name.span);
        let key = path.params().to_string();
        let id = match self.param_paths.get(&key) {
            Some(&id) if path.is_again() => id,
            _ => {
                let shape = ty.shape.dims().to_vec();
                self.add_param(Param { path: key, shape, init: start, kind: ParamKind::Trainable, span: name.span })
            }
        };
        Some(Val::Tensor(self.param_value(id, name.span)))
    }

    /// An initialiser or given numbers.
    fn start(&mut self, init: &'a Expr, ty: &TensorType) -> Option<Init> {
        let words = std::mem::replace(&mut self.words, call::DESCRIPTIONS);
        let value = self.expression(init);
        self.words = words;
        let found = self.describe(&value);
        let value = match value {
            Val::Const(value) => value,
            Val::Unknown => return None,
            _ => Value::Text(String::new()),
        };
        let resolved = Initialiser::from_value(&value)
            .map_err(|_| {
                Misuse::new(format!("a parameter cannot start as {found}")).help("for example `normal(0, 0.02)`")
            })
            .and_then(|rule| rule.resolve(ty.shape.dims()));
        match resolved {
            Ok(start) => Some(start),
            Err(problem) => {
                let diagnostic = Diagnostic::error("E0402", problem.message).at(init.span, "");
                self.report(diagnostic.maybe_help(problem.help));
                None
            }
        }
    }

    /// The value that `sample(data)` or `sample(features)` takes rows of: the only input that fits, or the named value.
    fn sampled(&mut self, call: &'a Call, shape: &[u64]) -> Option<ValueRef> {
        let name = match call.arguments.as_slice() {
            [argument] if argument.name.is_none() => match &argument.value.unparenthesized().kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        let Some(name) = name else {
            self.report(
                Diagnostic::error("E0402", "`sample` takes `data`, or the name of a value")
                    .at(call.span, "")
                    .help("write `sample(data)`, or `sample(features)` after `let features = …;`"),
            );
            return None;
        };
        match self.frame().find(&name.text).cloned() {
            Some(Binding::Value(Val::Tensor(value))) => self.sampled_value(name, value, shape),
            None if name.text == "data" => self.sampled_input(name.span, shape),
            // The names were looked at before, so this was reported.
            None | Some(Binding::Value(Val::Unknown)) => None,
            _ => {
                self.report(
                    Diagnostic::error("E0402", format!("`{}` is no value with rows to draw", name.text))
                        .at(name.span, "")
                        .help("write `sample(data)`, or name an input or a value that is computed from one"),
                );
                None
            }
        }
    }

    fn sampled_value(&mut self, name: &Ident, value: ValueRef, shape: &[u64]) -> Option<ValueRef> {
        if self.has_rows(value, shape) {
            return Some(value);
        }
        let ty = self.ty(value).clone();
        self.report(
            Diagnostic::error("E0402", format!("rows of `{}` do not fit a parameter of shape {shape:?}", name.text))
                .at(name.span, "")
                .why(format!("the first axis counts the rows, and a row of `{}` is {ty}", name.text))
                .help(format!("declare the parameter as [rows, {}]", extents(ty.shape.dims()))),
        );
        None
    }

    fn sampled_input(&mut self, span: Span, shape: &[u64]) -> Option<ValueRef> {
        let fitting: Vec<&Named> = self.inputs.iter().filter(|input| self.has_rows(input.value, shape)).collect();
        if let [only] = fitting.as_slice() {
            return Some(only.value);
        }
        let row = extents(shape.get(1..).unwrap_or_default());
        let (message, help) = match fitting.first() {
            None => (
                format!("no input before this has samples of shape [{row}]"),
                "the first axis of the parameter counts the rows, the others are the shape of an input".to_string(),
            ),
            Some(first) => {
                (format!("several inputs have samples of shape [{row}]"), format!("name one: `sample({})`", first.name))
            }
        };
        self.report(Diagnostic::error("E0402", message).at(span, "").help(help));
        None
    }

    /// Whether the axes after the first of a parameter are one sample of `value`, also as one flat axis.
    fn has_rows(&self, value: ValueRef, shape: &[u64]) -> bool {
        let ty = self.ty(value);
        let (Some((_, row)), dims) = (shape.split_first(), ty.shape.dims()) else { return false };
        let flat = || row.len() == 1 && row[0] == ty.shape.elements();
        self.section == Section::Network && ty.dtype == DType::F32 && ty.shape.is_batched() && (row == dims || flat())
    }
}

/// `sample(…)` as a start.
pub fn sampling(init: &Expr) -> Option<&Call> {
    match &init.unparenthesized().kind {
        ExprKind::Call(call) if call.callee.single().is_some_and(|name| name.text == "sample") => Some(call),
        _ => None,
    }
}

fn extents(dims: &[u64]) -> String {
    dims.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
