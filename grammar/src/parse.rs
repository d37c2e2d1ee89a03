//! Text to tree: the scan, then pest, then the tree from pest's pairs. The only place that knows
//! pest.
//!
//! All syntax errors of a file are found in one run: what is no statement is skipped as `bad` and
//! explained on its own by [`mistake`].

mod definition;
mod expression;
mod item;
mod literal;
mod mistake;
mod operation;
mod recover;
mod scene;
mod stage;
mod statement;
mod tensor_type;

use crate::ast::{Ast, Ident};
use crate::comment::{Comment, CommentKind};
use crate::scan::{Scan, scan};
use crate::{Diagnostic, Source, Span, limits};
use pest::Parser;
use pest::iterators::Pair;

mod rules {
    /// The parser that pest derives from the grammar.
    #[derive(pest_derive::Parser)]
    #[grammar = "net.pest"]
    pub struct NetParser;
}
use rules::{NetParser, Rule};

/// What parsing gives: a tree even of broken text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The tree; broken statements and items stand in it as `Bad`.
    pub ast: Ast,
    /// All comments in order.
    pub comments: Vec<Comment>,
    /// All syntax errors in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the text has a syntax error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Parses a file. Never fails and never panics; time grows linearly with the text.
pub fn parse(source: &Source) -> Parsed {
    if source.text().len() > limits::SOURCE_BYTES {
        let size = source.text().len();
        let diagnostic = Diagnostic::error("E0001", format!("this file has {size} bytes"))
            .at(source.span(0, 0), format!("at most {} are read", limits::SOURCE_BYTES))
            .help("split it with `import`, and keep numbers in data files");
        return Parsed { ast: Ast::default(), comments: Vec::new(), diagnostics: vec![diagnostic] };
    }
    let scan = scan(source);
    let mut builder = Builder { source, scan: &scan, diagnostics: scan.diagnostics.clone() };
    let ast = match NetParser::parse(Rule::file, &scan.clean) {
        Ok(mut pairs) => pairs.next().map(|file| builder.file(file)).unwrap_or_default(),
        Err(_) => {
            builder.report_exhausted();
            Ast::default()
        }
    };
    let diagnostics = without_consequences(crate::diagnostic::arrange(builder.diagnostics));
    Parsed { ast, diagnostics, comments: scan.comments }
}

/// What nests too deep was blanked: errors about what is around it would be about the rest.
fn without_consequences(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let deep = diagnostics.iter().find(|found| found.code == "E0010").and_then(Diagnostic::span);
    if let Some(deep) = deep {
        diagnostics.retain(|found| found.code == "E0010" || found.span().is_none_or(|around| !around.contains(deep)));
    }
    diagnostics
}

/// Turns pest's pairs into the tree.
struct Builder<'a> {
    source: &'a Source,
    scan: &'a Scan,
    diagnostics: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// The span of a pair without the blanks that pest leaves at its end.
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.trimmed(span.start(), span.end())
    }

    fn trimmed(&self, start: usize, end: usize) -> Span {
        let text = &self.scan.clean.as_bytes()[start..end];
        let blanks = text.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        let length = self.source.text().len();
        self.source.span(start.min(length), (end - blanks).min(length))
    }

    fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Lines of the `///` comments that stand directly before an offset.
    fn docs(&self, start: usize) -> Vec<String> {
        let clean = &self.scan.clean.as_bytes()[..start];
        let blanks = clean.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blanks < "///".len() {
            return Vec::new();
        }
        let from = start - blanks;
        let first = self.scan.comments.partition_point(|comment| (comment.span.start as usize) < from);
        let before = self.scan.comments[first..].iter().take_while(|comment| (comment.span.end as usize) <= start);
        before.filter(|comment| comment.kind == CommentKind::Doc).map(|comment| self.doc_line(comment)).collect()
    }

    fn doc_line(&self, comment: &Comment) -> String {
        let text = self.source.slice(comment.span).get("///".len()..).unwrap_or("");
        text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
    }

    fn report_exhausted(&mut self) {
        let diagnostic = Diagnostic::error("E0010", "brackets nest too deep for the stack of this thread")
            .at(self.source.span(0, 0), "in this file")
            .help("name inner parts with `let`, or move them into blocks");
        self.report(diagnostic);
    }
}
