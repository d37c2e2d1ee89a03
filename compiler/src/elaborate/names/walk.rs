//! The walk over statements and expressions that feeds the table of names.

use super::super::{call, function, param};
use super::{Kind, Names, Unknown};
use crate::op::Entry;
use crate::op::declare::Arity;
use crate::op::foreign::foreign_operator;
use crate::ops;
use netc_grammar::Diagnostic;
use netc_grammar::ast::{
    Access, Body, Call, Chain, Expr, ExprKind, Fragment, Ident, If, Let, Pattern, Stage, StageKind, StatementKind,
    TensorType,
};

type Words = &'static [&'static str];

impl<'a> Names<'_, 'a, '_> {
    pub(super) fn body(&mut self, body: &'a Body) {
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Input(declaration) => {
                    self.tensor_type(&declaration.ty);
                    self.declare(&declaration.name, Kind::Input);
                }
                StatementKind::Let(binding) => self.binding(binding, Kind::Let),
                StatementKind::Layer { name, value } => {
                    self.stage(value, 1);
                    self.redefinition(name);
                    self.declare(name, Kind::Layer);
                    self.table.label(name);
                }
                StatementKind::Param { declaration, init } => {
                    self.tensor_type(&declaration.ty);
                    match init.as_ref().map(|init| (init, param::sampling(init))) {
                        Some((_, Some(call))) => self.sampled(call),
                        Some((init, None)) => self.expression(init, call::DESCRIPTIONS),
                        None => {}
                    }
                    self.declare(&declaration.name, Kind::Param);
                }
                StatementKind::Output { name, value } => {
                    self.expression(value, &[]);
                    self.declare(name, Kind::Silent);
                }
                StatementKind::Return(value) | StatementKind::Value(value) => self.expression(value, &[]),
                StatementKind::If(branch) => self.branches(branch, &[]),
                StatementKind::Bad(names) => names.iter().for_each(|name| self.declare(name, Kind::Silent)),
            }
        }
        if let Some(result) = &body.result {
            self.expression(result, &[]);
        }
    }

    /// `sample(data)`: where no value is called so, `data` stands for the inputs.
    fn sampled(&mut self, call: &'a Call) {
        for argument in &call.arguments {
            match &argument.value.unparenthesized().kind {
                ExprKind::Name(name) if name.text == "data" => drop(self.table.use_name(&name.text)),
                _ => self.expression(&argument.value, &[]),
            }
        }
    }

    pub(super) fn binding(&mut self, binding: &'a Let, kind: Kind) {
        self.expression(&binding.value, &[]);
        self.pattern(&binding.pattern, kind);
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pattern, kind: Kind) {
        match pattern {
            Pattern::Name(name) => self.declare(name, kind),
            Pattern::Tuple { names, .. } => names.iter().for_each(|name| self.declare(name, kind)),
        }
    }

    fn branches(&mut self, branch: &'a If<Body>, words: Words) {
        for arm in &branch.arms {
            self.expression(&arm.condition, &[]);
        }
        for body in branch.arms.iter().map(|arm| &arm.body).chain(&branch.otherwise) {
            self.table.open();
            match (body.statements.is_empty(), &body.result) {
                (true, Some(result)) => self.expression(result, words),
                _ => self.body(body),
            }
            self.table.close();
        }
    }

    pub(super) fn tensor_type(&mut self, ty: &'a TensorType) {
        for extent in ty.dims.iter().flatten() {
            self.expression(&extent.size, &[]);
        }
        if let Some((low, high)) = ty.range.as_deref() {
            self.expression(low, &[]);
            self.expression(high, &[]);
        }
    }

    /// `words` are those of the argument that the expression is given to.
    pub(super) fn expression(&mut self, expr: &'a Expr, words: Words) {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Bool(_) | ExprKind::String(_) => {}
            ExprKind::Name(name) => {
                if !words.contains(&name.text.as_str()) {
                    self.value(name, words);
                }
            }
            ExprKind::Access { base, path } => {
                match &base.kind {
                    // A name that is no value is a label; evaluation follows the path.
                    ExprKind::Name(name) => drop(self.table.use_name(&name.text)),
                    _ => self.expression(base, &[]),
                }
                for step in path {
                    if let Access::Index { index, .. } = step {
                        self.expression(index, &[]);
                    }
                }
            }
            ExprKind::Call(call) => self.call(call, 0),
            ExprKind::Labelled { label, value } => {
                self.table.label(label);
                self.expression(value, &[]);
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expression(item, words)),
            ExprKind::Tuple(items) => items.iter().for_each(|item| self.expression(item, &[])),
            ExprKind::Map(entries) => entries.iter().for_each(|entry| self.expression(&entry.value, &[])),
            ExprKind::Paren(inner) => self.expression(inner, words),
            ExprKind::If(branch) => self.branches(branch, words),
            ExprKind::For(turns) => {
                self.expression(&turns.list, &[]);
                self.table.open();
                self.pattern(&turns.pattern, Kind::Silent);
                self.body(&turns.body);
                self.table.close();
            }
            ExprKind::Body(body) => {
                self.table.open();
                self.body(body);
                self.table.close();
            }
            ExprKind::Prefixed { value, .. } => self.expression(value, &[]),
            ExprKind::Infixed { first, rest } => {
                self.expression(first, &[]);
                rest.iter().for_each(|infix| self.expression(&infix.value, &[]));
            }
            ExprKind::Chain(chain) => self.chain(chain),
        }
    }

    fn value(&mut self, name: &'a Ident, words: &'static [&'static str]) {
        match self.table.use_name(&name.text) {
            Some(Kind::Layer) => self.reports.add(
                Diagnostic::error("E0303", format!("`{}` is a layer, not a value", name.text)).at(name.span, "").help(
                    format!("lead a value into it: `x -> {}`; its parameters are `{}.weight`", name.text, name.text),
                ),
            ),
            Some(_) => {}
            None => self.table.unknown.push(Unknown { name, kind: Kind::Let, words }),
        }
    }

    fn chain(&mut self, chain: &'a Chain) {
        self.expression(&chain.head, &[]);
        chain.stages.iter().for_each(|stage| self.stage(stage, 1));
    }

    fn fragment(&mut self, fragment: &'a Fragment) {
        fragment.stages.iter().for_each(|stage| self.stage(stage, 1));
    }

    fn stage(&mut self, stage: &'a Stage, piped: usize) {
        if let Some(label) = &stage.label {
            self.table.label(label);
        }
        match &stage.kind {
            StageKind::Call(call) => self.call(call, piped),
            StageKind::Fragment(fragment) => self.fragment(fragment),
            StageKind::If(branch) => {
                for arm in &branch.arms {
                    self.expression(&arm.condition, &[]);
                    self.fragment(&arm.body);
                }
                branch.otherwise.iter().for_each(|fragment| self.fragment(fragment));
            }
            StageKind::For(turns) => {
                self.expression(&turns.list, &[]);
                self.table.open();
                self.pattern(&turns.pattern, Kind::Silent);
                self.fragment(&turns.body);
                self.table.close();
            }
        }
    }

    /// A call whose first `piped` positions are taken by the pipe.
    pub(super) fn call(&mut self, call: &'a Call, piped: usize) {
        let callee = &call.callee.segments[0];
        let name = callee.text.as_str();
        let single = call.callee.single().is_some();
        if single && self.table.use_name(name) == Some(Kind::Layer) {
            return call.arguments.iter().for_each(|argument| self.expression(&argument.value, &[]));
        }
        if let Some((&block, _)) = self.program.blocks.get_key_value(name).filter(|_| single) {
            self.called.insert(block);
            return call.arguments.iter().for_each(|argument| self.expression(&argument.value, &[]));
        }
        if !single && self.table.use_name(name).is_some() {
            self.no_methods(call);
            return call.arguments.iter().for_each(|argument| self.expression(&argument.value, &[]));
        }
        let entry = ops::lookup(name).filter(|_| single);
        let is_function = function::is_function(name);
        let is_rule = call::DESCRIPTIONS.contains(&name);
        let broken = self.program.broken.contains(name) || self.table.use_name(name) == Some(Kind::Silent);
        if single && (entry.is_some() || is_function || is_rule || broken) {
            return self.operator(call, piped, entry, is_rule);
        }
        self.table.unknown.push(Unknown { name: callee, kind: Kind::Callable, words: &[] });
        for argument in &call.arguments {
            match argument.name {
                Some(_) => self.unjudged(&argument.value),
                None => self.expression(&argument.value, &[]),
            }
        }
    }

    /// What is given to an argument that is not known: a name may be a word of it.
    fn unjudged(&mut self, value: &'a Expr) {
        match &value.kind {
            ExprKind::Name(name) => drop(self.table.use_name(&name.text)),
            _ => self.expression(value, &[]),
        }
    }

    /// `x.view(…)`: what other frameworks call on a value, an operator does.
    fn no_methods(&mut self, call: &'a Call) {
        let [value, .., method] = call.callee.segments.as_slice() else { return };
        let operator = foreign_operator(&method.text).unwrap_or(&method.text);
        self.reports.add(
            Diagnostic::error("E0202", format!("values have no methods such as `{}`", method.text))
                .at(method.span, "")
                .help(format!("lead the value into an operator: `{} -> {operator}(…)`", value.text)),
        );
    }

    /// The arguments of a call, each with the words that it declares.
    pub(super) fn operator(&mut self, call: &'a Call, piped: usize, entry: Option<&'static Entry>, is_rule: bool) {
        let inputs = match entry.map(|entry| entry.arity) {
            Some(Arity::Named(names)) => names.len(),
            _ => usize::MAX,
        };
        let mut position = piped;
        for argument in &call.arguments {
            let spelling = match (&argument.name, entry) {
                (Some(name), Some(entry)) => {
                    let found = entry.spellings.iter().find(|spelling| spelling.matches(&name.text));
                    let is_input = matches!(entry.arity, Arity::Named(names) if names.contains(&name.text.as_str()));
                    if found.is_none() && !is_input {
                        self.unjudged(&argument.value);
                        continue;
                    }
                    found
                }
                (None, Some(entry)) => {
                    position += 1;
                    position.checked_sub(inputs.saturating_add(1)).and_then(|index| entry.spellings.get(index))
                }
                (_, None) => None,
            };
            let words = match spelling {
                Some(spelling) => spelling.words,
                None if is_rule => call::DESCRIPTIONS,
                None => &[],
            };
            self.expression(&argument.value, words);
        }
    }
}
