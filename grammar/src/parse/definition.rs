//! Networks and blocks: parameters, bodies, and which statement may stand where.
use super::item::{describe, shorten};
use super::statement::{Any, AnyKind};
use super::{Builder, Rule};
use crate::Diagnostic;
use crate::ast::{Body, Definition, Expr, ExprKind, Ident, If, Parameter, ParameterType, Statement, StatementKind};
use crate::diagnostic::did_you_mean;
use pest::iterators::Pair;

/// What a body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Network,
    Block,
    /// A `train` or a `check`, or a default value.
    Outside,
}

const PARAMETER_TYPES: [(&str, ParameterType); 5] = [
    ("int", ParameterType::Int),
    ("float", ParameterType::Float),
    ("bool", ParameterType::Bool),
    ("string", ParameterType::String),
    ("list", ParameterType::List),
];

impl Builder<'_> {
    /// A `network` or `block` pair.
    pub(super) fn definition(&mut self, pair: Pair<'_, Rule>) -> Definition {
        let place = if pair.as_rule() == Rule::network { Place::Network } else { Place::Block };
        let whole = self.span(&pair);
        let mut name = Ident { text: String::new(), span: whole };
        let mut parameters = Vec::new();
        let mut body = Body { statements: Vec::new(), result: None, span: whole };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = self.ident(&part),
                Rule::parameters => {
                    parameters = part.into_inner().map(|parameter| self.parameter(parameter, place)).collect();
                }
                Rule::body => body = self.body(part, place),
                _ => {}
            }
        }
        if place == Place::Network
            && let Some(result) = body.result.take()
        {
            let diagnostic = Diagnostic::error("E0109", "a network does not end in a value")
                .at(result.span, "this value goes nowhere")
                .help("name it: `output name = …;`");
            self.report(diagnostic);
        }
        Definition { name, parameters, body }
    }

    fn parameter(&mut self, pair: Pair<'_, Rule>, place: Place) -> Parameter {
        let span = self.span(&pair);
        let docs = self.docs(pair.as_span().start());
        let mut parameter =
            Parameter { docs, name: Ident { text: String::new(), span }, ty: None, default: None, span };
        let mut typed = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => parameter.name = self.ident(&part),
                Rule::word => {
                    typed = true;
                    parameter.ty = self.parameter_type(&part);
                }
                Rule::expression => parameter.default = Some(self.expression(part, Place::Outside)),
                _ => {}
            }
        }
        if !typed && (place == Place::Network || parameter.default.is_some()) {
            self.untyped(&mut parameter, place);
        }
        parameter
    }

    /// Reports a parameter that needs a type, and goes on with the one that its default has.
    fn untyped(&mut self, parameter: &mut Parameter, place: Place) {
        let name = shorten(&parameter.name.text);
        let ty = parameter.default.as_ref().map(|value| type_of(value).unwrap_or(ParameterType::Int));
        let word = PARAMETER_TYPES.iter().find(|(_, known)| Some(*known) == ty).map(|(word, _)| word);
        let help = match word {
            Some(word) => format!("give it a type: `{name}: {word} = …`"),
            None => format!("write `{name}: int`, or for a tensor `input {name}: […];` in the braces"),
        };
        let diagnostic = match &parameter.default {
            Some(default) if place == Place::Block => {
                Diagnostic::error("E0119", format!("`{name}` has a default but no type"))
                    .at(default.span, "a value that is piped in has no default")
            }
            _ => Diagnostic::error("E0119", format!("the argument `{name}` of a network needs a type"))
                .at(parameter.span, "no type"),
        };
        self.report(diagnostic.help(help));
        parameter.ty = ty;
    }

    fn parameter_type(&mut self, word: &Pair<'_, Rule>) -> Option<ParameterType> {
        let text = word.as_str();
        if let Some((_, ty)) = PARAMETER_TYPES.iter().find(|(name, _)| *name == text) {
            return Some(*ty);
        }
        let known = PARAMETER_TYPES.map(|(name, _)| name);
        let meant = match text {
            "integer" | "usize" | "i64" | "i32" | "u32" | "number" => Some("int"),
            "f32" | "f64" | "double" | "real" => Some("float"),
            "boolean" => Some("bool"),
            "str" | "String" | "text" => Some("string"),
            "array" | "vec" | "ints" | "tuple" => Some("list"),
            other => did_you_mean(other, known),
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "types of arguments are int, float, bool, string and list; a value that is piped in has none".into()
            }
        };
        let message = format!("there is no argument type `{}`", shorten(text));
        let diagnostic = Diagnostic::error("E0118", message).at(self.span(word), "unknown type").help(help);
        self.report(diagnostic);
        // Any type serves to go on; the error is reported.
        let guess = PARAMETER_TYPES.iter().find(|(name, _)| Some(*name) == meant);
        Some(guess.map_or(ParameterType::Int, |(_, ty)| *ty))
    }

    /// A `body`, or a `braces` pair that holds statements.
    pub(super) fn body(&mut self, pair: Pair<'_, Rule>, place: Place) -> Body {
        let span = self.span(&pair);
        let mut statements = self.any_statements(pair, place);
        let result = statements.pop_if(|last| last.ends_in_value()).and_then(Any::into_value).map(Box::new);
        self.demand_semicolons(&statements);
        let statements = statements.into_iter().filter_map(|any| self.placed(any, place)).collect();
        Body { statements, result, span }
    }

    /// The statement, if it may stand in this place; else it is reported.
    fn placed(&mut self, any: Any, place: Place) -> Option<Statement> {
        let Any { attributes, docs, kind, span, .. } = any;
        let (what, help) = match (kind, place) {
            (AnyKind::Plain(StatementKind::Return(_)), Place::Network) => {
                ("a `return`", "a network gives its values by `output name = …;`".to_owned())
            }
            (AnyKind::Plain(kind @ (StatementKind::Input(_) | StatementKind::Output { .. })), Place::Block) => {
                let help = match &kind {
                    StatementKind::Input(input) => format!(
                        "make it a parameter: `block name({})`; only networks have inputs",
                        shorten(&input.name.text)
                    ),
                    _ => "a block gives its value by `return …;`".to_owned(),
                };
                (describe(&kind), help)
            }
            (AnyKind::Plain(kind), Place::Network | Place::Block)
            | (AnyKind::Plain(kind @ (StatementKind::Let(_) | StatementKind::Bad(_))), Place::Outside) => {
                return Some(Statement { attributes, docs, kind, span });
            }
            (AnyKind::Plain(kind), Place::Outside) => {
                (describe(&kind), "inside a value only `let` may stand before the result".to_owned())
            }
            (AnyKind::Setting { key, value }, _) => {
                let name = shorten(&key.text);
                let diagnostic = Diagnostic::error("E0109", format!("`{name} = …` is no statement here"))
                    .at(key.span, "settings belong in `train`")
                    .help(format!("to name a value write `let {name} = …;`"));
                self.report(diagnostic);
                let pattern = crate::ast::Pattern::Name(key);
                let kind = StatementKind::Let(crate::ast::Let { pattern, value });
                return Some(Statement { attributes, docs, kind, span });
            }
            (AnyKind::Target(_), _) => ("a `target`", "targets are declared in `train`".to_owned()),
        };
        let place = match place {
            Place::Network => "a network",
            Place::Block => "a block",
            Place::Outside => "a value",
        };
        let diagnostic =
            Diagnostic::error("E0109", format!("{what} cannot stand in {place}")).at(span, "not here").help(help);
        self.report(diagnostic);
        None
    }

    /// Reports values without `;` that are not last.
    pub(super) fn demand_semicolons(&mut self, statements: &[Any]) {
        let open = statements.iter().filter(|any| !any.terminated && any.is_value());
        let missing: Vec<_> = open.map(|any| any.span).collect();
        for span in missing {
            let diagnostic = Diagnostic::error("E0101", "expected `;` after this value")
                .at(span.after(), "expected `;` here")
                .help("add `;`");
            self.report(diagnostic);
        }
    }
}

/// The type of a default that is written out.
fn type_of(default: &Expr) -> Option<ParameterType> {
    match &default.kind {
        ExprKind::Number(number) if number.as_int().is_some() => Some(ParameterType::Int),
        ExprKind::Number(_) => Some(ParameterType::Float),
        ExprKind::Bool(_) => Some(ParameterType::Bool),
        ExprKind::String(_) => Some(ParameterType::String),
        ExprKind::List(_) => Some(ParameterType::List),
        _ => None,
    }
}

/// Whether an `if` gives a value: its first branch ends in one.
pub(super) fn gives_value(branches: &If<Body>) -> bool {
    branches.arms.first().is_some_and(|arm| arm.body.result.is_some())
}

impl Any {
    /// Whether this statement, being the last, is what its body ends in.
    fn ends_in_value(&self) -> bool {
        !self.terminated
            && match &self.kind {
                AnyKind::Plain(StatementKind::Value(_)) => true,
                AnyKind::Plain(StatementKind::If(branches)) => gives_value(branches),
                _ => false,
            }
    }

    fn into_value(self) -> Option<Expr> {
        match self.kind {
            AnyKind::Plain(StatementKind::Value(value)) => Some(value),
            AnyKind::Plain(StatementKind::If(branches)) => {
                Some(Expr { span: branches.span, kind: ExprKind::If(branches) })
            }
            _ => None,
        }
    }

    fn is_value(&self) -> bool {
        matches!(self.kind, AnyKind::Plain(StatementKind::Value(_)))
    }
}
