//! Items of a file: imports, networks, blocks, recipes, assertions.
use super::definition::gives_value;
use super::statement::{Any, AnyKind};
use super::{Builder, Rule};
use crate::Diagnostic;
use crate::ast::{
    Ast, Attribute, Check, CheckStatement, CheckStatementKind, Expr, ExprKind, Import, Item, ItemKind, StatementKind,
    Train, TrainStatement, TrainStatementKind,
};
use crate::comment::CommentKind;
use crate::diagnostic::did_you_mean;
use pest::iterators::Pair;

impl Builder<'_> {
    /// A `file` pair.
    pub(super) fn file(&mut self, pair: Pair<'_, Rule>) -> Ast {
        let mut items = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::item => items.push(self.item(part)),
                Rule::bad_item => items.push(self.bad_item(part)),
                _ => {}
            }
        }
        let code = items.first().map_or(u32::MAX, |item: &Item| item.span.start);
        let comments = self.scan.comments.iter().take_while(|comment| comment.span.start < code);
        let docs = comments.filter(|comment| comment.kind == CommentKind::FileDoc);
        Ast { docs: docs.map(|comment| self.doc_line(comment)).collect(), items }
    }

    fn item(&mut self, pair: Pair<'_, Rule>) -> Item {
        let docs = self.docs(pair.as_span().start());
        let mut attributes = Vec::new();
        let mut span = self.span(&pair);
        let mut kind = ItemKind::Bad(None);
        for part in pair.into_inner() {
            if part.as_rule() == Rule::attribute {
                attributes.extend(self.attribute(part));
                continue;
            }
            span.start = self.span(&part).start;
            kind = match part.as_rule() {
                Rule::import => self.import(part),
                Rule::network => ItemKind::Network(self.definition(part)),
                Rule::block => ItemKind::Block(self.definition(part)),
                Rule::train => ItemKind::Train(self.train(part)),
                _ => ItemKind::Check(self.check(part)),
            };
        }
        Item { attributes, docs, kind, span }
    }

    fn import(&mut self, pair: Pair<'_, Rule>) -> ItemKind {
        match pair.into_inner().find(|part| part.as_rule() == Rule::string) {
            Some(path) => ItemKind::Import(Import { span: self.span(&path), path: self.string(&path) }),
            None => ItemKind::Bad(None),
        }
    }

    /// `#[allow(W0203)]`; `None`, and reported, if it is another or allows nothing.
    pub(super) fn attribute(&mut self, pair: Pair<'_, Rule>) -> Option<Attribute> {
        let span = self.span(&pair);
        let mut words = pair.into_inner().map(|word| self.ident(&word));
        let name = words.next()?;
        let arguments: Vec<_> = words.collect();
        if name.text != "allow" {
            let help = match did_you_mean(&name.text, ["allow"]) {
                Some(_) => "did you mean `allow`?",
                None => "the only attribute is `#[allow(W0203)]`, with codes of warnings",
            };
            let message = format!("there is no attribute `{}`", shorten(&name.text));
            self.report(Diagnostic::error("E0120", message).at(name.span, "unknown").help(help));
            return None;
        }
        if arguments.is_empty() {
            let diagnostic = Diagnostic::error("E0120", "`allow` names no warning")
                .at(span, "expected a code in parentheses")
                .help("write the code that the warning shows, as in `#[allow(W0203)]`");
            self.report(diagnostic);
            return None;
        }
        Some(Attribute { name, arguments, span })
    }

    fn train(&mut self, pair: Pair<'_, Rule>) -> Train {
        let (network, statements, span) = self.named_body(pair);
        let statements = statements.into_iter().filter_map(|any| self.train_statement(any)).collect();
        Train { network, statements, span }
    }

    fn train_statement(&mut self, any: Any) -> Option<TrainStatement> {
        let Any { attributes, docs, kind, span, .. } = any;
        let kind = match kind {
            AnyKind::Target(declaration) => TrainStatementKind::Target(declaration),
            AnyKind::Setting { key, value } => TrainStatementKind::Setting { key, value },
            AnyKind::Plain(StatementKind::Let(statement)) => TrainStatementKind::Let(statement),
            AnyKind::Plain(StatementKind::Bad(names)) => TrainStatementKind::Bad(names),
            AnyKind::Plain(other) => {
                let diagnostic = Diagnostic::error("E0109", format!("{} cannot stand in a `train`", describe(&other)))
                    .at(span, "not a training setting")
                    .help("a recipe holds `target name: type;`, `let name = value;` and settings like `batch = 64;`");
                self.report(diagnostic);
                return None;
            }
        };
        Some(TrainStatement { attributes, docs, kind, span })
    }

    fn check(&mut self, pair: Pair<'_, Rule>) -> Check {
        let (network, statements, span) = self.named_body(pair);
        let statements = statements.into_iter().filter_map(|any| self.check_statement(any)).collect();
        Check { network, statements, span }
    }

    fn check_statement(&mut self, any: Any) -> Option<CheckStatement> {
        let Any { attributes, docs, kind, span, .. } = any;
        let (what, help) = match kind {
            AnyKind::Plain(StatementKind::Let(statement)) => {
                return Some(CheckStatement { attributes, docs, kind: CheckStatementKind::Let(statement), span });
            }
            AnyKind::Plain(StatementKind::Value(value)) => {
                return Some(CheckStatement { attributes, docs, kind: CheckStatementKind::Assert(value), span });
            }
            AnyKind::Plain(StatementKind::If(branches)) if gives_value(&branches) => {
                let value = Expr { span: branches.span, kind: ExprKind::If(branches) };
                return Some(CheckStatement { attributes, docs, kind: CheckStatementKind::Assert(value), span });
            }
            AnyKind::Plain(StatementKind::Bad(names)) => {
                return Some(CheckStatement { attributes, docs, kind: CheckStatementKind::Bad(names), span });
            }
            AnyKind::Setting { key, .. } => (
                format!("`{} = …`", shorten(&key.text)),
                "`=` gives a value; an assertion compares with `==`, `<=` or `>=`",
            ),
            AnyKind::Target(_) => ("`target`".into(), "targets are declared in `train`"),
            AnyKind::Plain(other) => {
                (describe(&other).into(), "a `check` holds assertions like `params <= 5M;` and `let`")
            }
        };
        let diagnostic = Diagnostic::error("E0109", format!("{what} cannot stand in a `check`"))
            .at(span, "not an assertion")
            .help(help);
        self.report(diagnostic);
        None
    }

    fn named_body(&mut self, pair: Pair<'_, Rule>) -> (Option<crate::ast::Ident>, Vec<Any>, crate::Span) {
        let mut network = None;
        let mut statements = Vec::new();
        let mut span = self.span(&pair);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => network = Some(self.ident(&part)),
                Rule::body | Rule::train_body => {
                    span = self.span(&part);
                    statements = self.any_statements(part, super::definition::Place::Outside);
                }
                _ => {}
            }
        }
        self.demand_semicolons(&statements);
        (network, statements, span)
    }
}

/// A statement in words.
pub(super) fn describe(kind: &StatementKind) -> &'static str {
    match kind {
        StatementKind::Input(_) => "an `input`",
        StatementKind::Let(_) => "a `let`",
        StatementKind::Layer { .. } => "a `layer`",
        StatementKind::Param { .. } => "a `param`",
        StatementKind::Output { .. } => "an `output`",
        StatementKind::Return(_) => "a `return`",
        StatementKind::If(_) => "an `if` statement",
        StatementKind::Value(_) => "a value",
        StatementKind::Bad(_) => "this",
    }
}

/// User text for a message: its first 40 characters.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
