//! Collected diagnostics: each code once per place, `#[allow(…)]` respected, in the order of the text.

use netc_grammar::ast::{
    Ast, Attribute, Body, CheckStatement, Expr, ExprKind, ItemKind, StatementKind, TrainStatement,
};
use netc_grammar::{Diagnostic, FileId, Severity, Span};
use std::collections::HashSet;

/// Diagnostics so far.
#[derive(Debug, Default)]
pub struct Reports {
    list: Vec<Diagnostic>,
    known: HashSet<(&'static str, Option<Span>)>,
}

impl Reports {
    /// Adds a diagnostic unless its code was already given at its place.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        if self.known.insert((diagnostic.code, diagnostic.span())) {
            self.list.push(diagnostic);
        }
    }

    /// Whether a code was given at a place.
    pub fn has(&self, code: &'static str, span: Span) -> bool {
        self.known.contains(&(code, Some(span)))
    }

    /// Whether anything rejects the input.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// How many diagnostics there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them, by file and place; with `deny`, warnings are errors.
    pub fn finish(mut self, files: &[Ast], deny: bool) -> Vec<Diagnostic> {
        let allowed = Allowed::collect(files);
        self.silence_consequences();
        self.list.sort_by_key(|diagnostic| diagnostic.span().map(|span| (span.file, span.start, span.end)));
        let mut kept = allowed.filter(self.list);
        if deny {
            for diagnostic in &mut kept {
                diagnostic.severity = Severity::Error;
            }
        }
        kept
    }
}

impl Reports {
    /// Where the text is broken, the parser put something in its place, and what a broken statement uses is not
    /// known: neither errors about the one nor warnings about the other say anything. Where brackets nest too deep,
    /// parts are missing from what looks whole, so that meaning is judged nowhere.
    fn silence_consequences(&mut self) {
        let mut broken: Vec<(FileId, u32)> =
            self.list.iter().filter(|found| is_syntax(found)).filter_map(start).collect();
        if broken.is_empty() {
            return;
        }
        broken.sort_unstable();
        let too_deep = self.list.iter().any(|found| found.code == "E0010");
        self.list.retain(|found| {
            let Some(span) = found.span().filter(|_| !is_syntax(found)) else { return true };
            let next = broken.partition_point(|&place| place < (span.file, span.start));
            let inside =
                broken.get(next).is_some_and(|&(file, at)| file == span.file && at < span.end.max(span.start + 1));
            !inside && !too_deep && !found.code.starts_with("W02")
        });
    }
}

fn is_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.starts_with("E00") || diagnostic.code.starts_with("E01")
}

fn start(diagnostic: &Diagnostic) -> Option<(FileId, u32)> {
    diagnostic.span().map(|span| (span.file, span.start))
}

/// Statements with `#[allow(…)]`, in the order of the text; they nest like brackets.
#[derive(Debug, Default)]
struct Allowed {
    regions: Vec<(Span, Vec<String>)>,
}

impl Allowed {
    fn collect(files: &[Ast]) -> Allowed {
        let mut allowed = Allowed::default();
        for item in files.iter().flat_map(|ast| &ast.items) {
            allowed.add(&item.attributes, item.span);
            match &item.kind {
                ItemKind::Network(definition) | ItemKind::Block(definition) => allowed.body(&definition.body),
                ItemKind::Train(train) => {
                    for TrainStatement { attributes, span, .. } in &train.statements {
                        allowed.add(attributes, *span);
                    }
                }
                ItemKind::Check(check) => {
                    for CheckStatement { attributes, span, .. } in &check.statements {
                        allowed.add(attributes, *span);
                    }
                }
                ItemKind::Import(_) | ItemKind::Bad(_) => {}
            }
        }
        allowed.regions.sort_by_key(|(span, _)| (span.file, span.start, std::cmp::Reverse(span.end)));
        allowed
    }

    fn add(&mut self, attributes: &[Attribute], span: Span) {
        if !attributes.is_empty() {
            let codes = attributes.iter().flat_map(|attribute| &attribute.arguments);
            self.regions.push((span, codes.map(|code| code.text.to_ascii_uppercase()).collect()));
        }
    }

    fn body(&mut self, body: &Body) {
        for statement in &body.statements {
            self.add(&statement.attributes, statement.span);
            if let StatementKind::If(branch) = &statement.kind {
                self.bodies(branch);
            }
        }
        if let Some(Expr { kind: ExprKind::If(branch), .. }) = body.result.as_deref() {
            self.bodies(branch);
        }
    }

    fn bodies(&mut self, branch: &netc_grammar::ast::If<Body>) {
        for body in branch.arms.iter().map(|arm| &arm.body).chain(&branch.otherwise) {
            self.body(body);
        }
    }

    /// Drops the warnings that lie in a region that allows them; both lists are sorted.
    fn filter(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut open: Vec<&(Span, Vec<String>)> = Vec::new();
        let mut next = self.regions.iter().peekable();
        let mut kept = Vec::with_capacity(diagnostics.len());
        for diagnostic in diagnostics {
            let Some(span) = diagnostic.span() else {
                kept.push(diagnostic);
                continue;
            };
            while let Some(region) = next.next_if(|(region, _)| (region.file, region.start) <= (span.file, span.start))
            {
                open.retain(|(outer, _)| outer.contains(region.0));
                open.push(region);
            }
            open.retain(|(region, _)| region.file == span.file && span.start < region.end);
            let allows = |region: &&(Span, Vec<String>)| region.1.iter().any(|code| code == diagnostic.code);
            if diagnostic.is_error() || !open.iter().any(allows) {
                kept.push(diagnostic);
            }
        }
        kept
    }
}
