//! Descriptions in a recipe: `sgd(rate = 0.1)`, `early(watch = val_loss)`, where a bare name may be a word.

use crate::elaborate::Elaborator;
use crate::elaborate::call::CallSpans;
use crate::elaborate::scope::{Binding, Val};
use crate::op::Misuse;
use crate::op::declare::{Declare, Given};
use crate::op::value::{Call, Value};
use netc_grammar::ast::{Access, Arg, Expr, ExprKind};
use netc_grammar::{Diagnostic, Span, did_you_mean};

/// A name with arguments and their places.
pub struct Described {
    /// What is called.
    pub name: String,
    /// Its arguments.
    pub given: Vec<Given>,
    /// Where they stand.
    pub spans: CallSpans,
}

impl<'a> Elaborator<'a, '_> {
    /// `cosine` or `cosine(warmup = 1 epochs)`. `names` says whether names of the network have their values.
    pub fn described(&mut self, expr: &'a Expr, names: bool) -> Option<Described> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => Some(Described {
                name: name.text.clone(),
                given: Vec::new(),
                spans: CallSpans { call: expr.span, ..CallSpans::default() },
            }),
            ExprKind::Call(call) if call.callee.single().is_some() => {
                let name = call.callee.single().map(|name| name.text.clone()).unwrap_or_default();
                let mut described =
                    Described { name, given: Vec::new(), spans: CallSpans { call: call.span, ..CallSpans::default() } };
                let mut failed = false;
                for Arg { name, value, span } in &call.arguments {
                    match self.word_or_value(value, names) {
                        Some(value) => {
                            described.given.push(Given { name: name.as_ref().map(|name| name.text.clone()), value });
                            described.spans.given.push(*span);
                        }
                        None => failed = true,
                    }
                }
                (!failed).then_some(described)
            }
            _ => {
                let value = self.expression(expr);
                if !matches!(value, Val::Unknown) {
                    let found = self.describe(&value);
                    let help = match &value {
                        Val::Const(Value::Text(name)) => format!("write it without quotes: `{name}(…)`"),
                        _ => "for example `sgd(rate = 0.1)`".to_string(),
                    };
                    self.report(
                        Diagnostic::error("E0506", format!("this must be a name with arguments, not {found}"))
                            .at(expr.span, "")
                            .help(help),
                    );
                }
                None
            }
        }
    }

    /// A value; bare names that are no compile-time values stand for themselves.
    pub fn word_or_value(&mut self, expr: &'a Expr, names: bool) -> Option<Value> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => match self.frame().find(&name.text) {
                Some(Binding::Value(Val::Const(value))) if names => Some(value.clone()),
                _ => Some(Value::Word(name.text.clone())),
            },
            ExprKind::Access { base, path } => match &base.kind {
                // A path of labels, as in `freeze = [layer1.0]`.
                ExprKind::Name(name) if path.iter().all(|step| matches!(step, Access::Member(_))) => {
                    let mut text = name.text.clone();
                    for step in path {
                        if let Access::Member(member) = step {
                            text = format!("{text}.{}", member.text);
                        }
                    }
                    Some(Value::Word(text))
                }
                _ => self.argument(expr, None),
            },
            ExprKind::List(items) => items
                .iter()
                .map(|item| self.word_or_value(item, names))
                .collect::<Option<Vec<Value>>>()
                .map(Value::List),
            ExprKind::Call(call) if !self.is_computed(call) => {
                let described = self.described(expr, names)?;
                let arguments = described.given.into_iter().map(|given| (given.name, given.value)).collect();
                Some(Value::Call(Box::new(Call { name: described.name, arguments })))
            }
            _ => self.argument(expr, None),
        }
    }

    fn is_computed(&self, call: &netc_grammar::ast::Call) -> bool {
        call.callee.single().is_some_and(|name| crate::elaborate::function::is_function(&name.text))
    }
    /// The arguments of a description, read and reported.
    pub fn read<D: Declare>(&mut self, described: &mut Described) -> Option<D> {
        described.name_arguments(D::SPELLINGS);
        D::read(&described.given).map_err(|problems| self.misuses(&problems, described)).ok()
    }

    /// What is wrong with a description, at its arguments.
    pub fn misuses(&mut self, problems: &[Misuse], described: &Described) {
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
    pub fn name_arguments(&mut self, spellings: &'static [crate::op::declare::Spelling]) {
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
