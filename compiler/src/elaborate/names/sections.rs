//! The walk over `train` and `check` sections, where a name may be a value, a word or a figure.

use super::{Kind, Names};
use crate::ops::metric;
use netc_grammar::ast::{Check, CheckStatementKind, Expr, ExprKind, Train, TrainStatementKind};

impl<'a> Names<'_, 'a, '_> {
    /// A recipe: names in `loss`, `metrics` and `let` are values; elsewhere they may be words.
    pub(super) fn train(&mut self, train: &'a Train) {
        for statement in &train.statements {
            match &statement.kind {
                TrainStatementKind::Target(declaration) => {
                    self.tensor_type(&declaration.ty);
                    self.declare(&declaration.name, Kind::Silent);
                }
                TrainStatementKind::Let(binding) => self.binding(binding, Kind::Let),
                TrainStatementKind::Setting { key, value } => match key.text.as_str() {
                    "loss" => self.expression(value, &[]),
                    "metrics" => self.metrics(value),
                    "data" | "test" | "start" => {}
                    _ => self.mention(value),
                },
                TrainStatementKind::Bad(names) => {
                    names.iter().for_each(|name| self.declare(name, Kind::Silent));
                }
            }
        }
    }

    /// Metrics have a table of their own, which holds for the outermost calls.
    fn metrics(&mut self, expr: &'a Expr) {
        match &expr.unparenthesized().kind {
            ExprKind::List(items) => items.iter().for_each(|item| self.metrics(item)),
            ExprKind::Labelled { value, .. } => self.metrics(value),
            ExprKind::Call(call) => match call.callee.single().and_then(|name| metric::lookup(&name.text)) {
                Some(found) => self.operator(call, 0, Some(&found.entry), false),
                None => self.call(call, 0),
            },
            _ => self.expression(expr, &[]),
        }
    }

    /// Assertions: names are figures or values; evaluation judges them.
    pub(super) fn check(&mut self, check: &'a Check) {
        for statement in &check.statements {
            match &statement.kind {
                CheckStatementKind::Let(binding) => {
                    self.mention(&binding.value);
                    self.pattern(&binding.pattern, Kind::Let);
                }
                CheckStatementKind::Assert(condition) => self.mention(condition),
                CheckStatementKind::Bad(names) => {
                    names.iter().for_each(|name| self.declare(name, Kind::Silent));
                }
            }
        }
    }

    /// Marks every name in an expression as used and judges none.
    fn mention(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(name) => drop(self.table.use_name(&name.text)),
            ExprKind::Access { base, .. } => self.mention(base),
            ExprKind::Call(call) => call.arguments.iter().for_each(|argument| self.mention(&argument.value)),
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|item| self.mention(item)),
            ExprKind::Paren(inner) | ExprKind::Prefixed { value: inner, .. } => self.mention(inner),
            ExprKind::Infixed { first, rest } => {
                self.mention(first);
                rest.iter().for_each(|infix| self.mention(&infix.value));
            }
            _ => {}
        }
    }
}
