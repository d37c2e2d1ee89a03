//! Statements and bodies: `let`, `layer`, `if`, `return`.

use super::scope::{Binding, Val};
use super::{Elaborator, Shared};
use crate::op::value::Value;
use netc_grammar::ast::{Body, Expr, If, Pattern, Statement, StatementKind};
use netc_grammar::{Diagnostic, Span};

/// How a body ended.
pub enum Flow {
    /// Without a value.
    Next,
    /// With the value of its last expression.
    Value(Val),
    /// By `return`.
    Return(Val),
    /// Nobody knows: a condition failed and was reported.
    Undecided,
}

impl<'a> Elaborator<'a, '_> {
    /// Statements in braces; their names end with them.
    pub fn body(&mut self, body: &'a Body) -> Flow {
        self.frame().open();
        let flow = self.statements(body);
        self.frame().close();
        flow
    }

    /// Statements whose names stay.
    pub fn statements(&mut self, body: &'a Body) -> Flow {
        for statement in &body.statements {
            if self.halted {
                return Flow::Return(Val::Unknown);
            }
            if let Flow::Return(value) = self.statement(statement) {
                return Flow::Return(value);
            }
        }
        match &body.result {
            Some(result) => self.result(result),
            None => Flow::Next,
        }
    }

    /// A last `if` may return from inside; every other expression is a value.
    fn result(&mut self, expr: &'a Expr) -> Flow {
        match &expr.kind {
            netc_grammar::ast::ExprKind::If(branch) => self.branch(branch),
            _ => Flow::Value(self.expression(expr)),
        }
    }

    fn statement(&mut self, statement: &'a Statement) -> Flow {
        match &statement.kind {
            StatementKind::Input(declaration) => self.input(declaration),
            StatementKind::Let(binding) => {
                let value = self.expression(&binding.value);
                self.bind_pattern(&binding.pattern, value, binding.value.span);
            }
            StatementKind::Layer { name, value } => {
                let path = self.scope().label(&name.text);
                let path = self.claim(path, name.span);
                self.shared.push(Shared { stage: value, path, uses: 0, first: None });
                let index = self.shared.len() - 1;
                self.frame().bind(&name.text, Binding::Shared(index));
            }
            StatementKind::Param { declaration, init } => self.free_param(declaration, init.as_ref()),
            StatementKind::Output { name, value } => {
                let value = self.expression(value);
                self.output(name, value);
            }
            StatementKind::Return(value) => return Flow::Return(self.expression(value)),
            StatementKind::If(branch) => match self.branch(branch) {
                Flow::Return(value) => return Flow::Return(value),
                Flow::Undecided if self.frames.len() > 1 => return Flow::Return(Val::Unknown),
                Flow::Undecided | Flow::Next | Flow::Value(_) => {}
            },
            StatementKind::Value(value) => {
                self.expression(value);
            }
            StatementKind::Bad(names) => {
                for name in names {
                    self.frame().bind(&name.text, Binding::Value(Val::Unknown));
                }
            }
        }
        Flow::Next
    }

    /// The body of the first arm whose condition holds.
    pub fn branch(&mut self, branch: &'a If<Body>) -> Flow {
        for arm in &branch.arms {
            match self.condition(&arm.condition) {
                Some(true) => return self.body(&arm.body),
                Some(false) => {}
                None => return Flow::Undecided,
            }
        }
        match &branch.otherwise {
            Some(body) => self.body(body),
            None => Flow::Next,
        }
    }

    /// A compile-time truth value, or nothing where it failed.
    pub fn condition(&mut self, expr: &'a Expr) -> Option<bool> {
        let words = std::mem::take(&mut self.words);
        let value = self.expression(expr);
        self.words = words;
        match value {
            Val::Const(Value::Bool(holds)) => Some(holds),
            Val::Unknown => None,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error("E0407", format!("a condition must be a truth value, not {found}"))
                        .at(expr.span, "")
                        .help("compare it: `depth == 0`; the compiler decides `if` before the run, so tensors cannot"),
                );
                None
            }
        }
    }

    /// Binds one name, or several to several results.
    pub fn bind_pattern(&mut self, pattern: &'a Pattern, value: Val, span: Span) {
        match pattern {
            Pattern::Name(name) => {
                if let Val::Tensor(tensor) = value {
                    let path = super::path::join(&self.scope().path.text.clone(), &name.text);
                    self.labels.entry(path).or_insert(tensor);
                }
                self.frame().bind(&name.text, Binding::Value(value));
            }
            Pattern::Tuple { names, span: pattern_span } => {
                let items: Vec<Val> = match &value {
                    Val::Unknown => vec![Val::Unknown; names.len()],
                    Val::Many(items) => items.to_vec(),
                    Val::Const(Value::List(items)) => items.iter().cloned().map(Val::Const).collect(),
                    single => vec![single.clone()],
                };
                let fits = items.len() == names.len();
                if !fits {
                    let found = self.describe(&value);
                    self.report(
                        Diagnostic::error("E0305", format!("{} names cannot take {found}", names.len()))
                            .at(*pattern_span, "")
                            .note(span, format!("this is {found}"))
                            .help("write one name for each result; `_` discards one"),
                    );
                }
                for (index, name) in names.iter().enumerate() {
                    let item = if fits { items[index].clone() } else { Val::Unknown };
                    if let Val::Tensor(tensor) = item {
                        let path = super::path::join(&self.scope().path.text.clone(), &name.text);
                        self.labels.entry(path).or_insert(tensor);
                    }
                    self.frame().bind(&name.text, Binding::Value(item));
                }
            }
        }
    }
}
