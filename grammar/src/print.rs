//! The formatter: a tree with its comments back to text.
//!
//! Where the author broke a chain, a list or braces, it stays broken; what is written on one line
//! stays there up to [`KEPT_WIDTH`] columns and is broken to [`FILL_WIDTH`] beyond. Formatting the
//! result changes nothing, and it parses to the same tree.

mod expression;
mod item;
mod layout;
mod stage;
mod statement;

use crate::ast::{Expr, Ident};
use crate::comment::{Comment, CommentKind};
use crate::{Diagnostic, Source, Span, parse};
use layout::Doc;

/// A line that the author did not break may be this long.
pub const KEPT_WIDTH: usize = 144;

/// Lines that have to be broken are broken to this width.
pub const FILL_WIDTH: usize = 100;

/// Layouts until a text stays as it is.
const ROUNDS: usize = 6;

/// Formats a file.
///
/// # Errors
/// Its syntax errors; broken text is never touched.
pub fn format(source: &Source) -> Result<String, Vec<Diagnostic>> {
    let mut text = format_once(source)?;
    // A comment in an odd place (before a `;`, after a `=`) moves to one where it stays, which can
    // change how its new neighbours are laid out.
    for _ in 1..ROUNDS {
        let again = format_once(&Source::new(source.file(), source.name(), text.as_str()))?;
        if again == text {
            break;
        }
        text = again;
    }
    Ok(text)
}

/// One expression of a source on one line, without comments: what a message quotes. It is the same for every layout.
pub fn quote(source: &Source, expression: &Expr) -> String {
    let mut printer = Printer { source, comments: &[], next: 0, marks: 0, groups: 0, keeps_breaks: false };
    let text = layout::lay_out(&printer.expression(expression));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn format_once(source: &Source) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(source);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    let mut printer = Printer { source, comments: &parsed.comments, next: 0, marks: 0, groups: 0, keeps_breaks: true };
    let document = printer.file(&parsed.ast);
    Ok(layout::lay_out(&document))
}

/// Builds the document of a tree; comments are taken from the side table as their places pass by.
struct Printer<'a> {
    source: &'a Source,
    comments: &'a [Comment],
    /// The first comment that is not yet in the document.
    next: usize,
    marks: usize,
    groups: usize,
    /// Whether what is broken in the source stays broken.
    keeps_breaks: bool,
}

/// One line of a statement list: where it stands in the source, and its document.
struct Entry {
    start: u32,
    end: u32,
    document: Doc,
    is_comment: bool,
}

impl Printer<'_> {
    /// Comments that stand before an offset, in the middle of something.
    fn comments_before(&mut self, offset: u32) -> Doc {
        let mut parts = Vec::new();
        while let Some(comment) = self.comments.get(self.next).filter(|comment| comment.span.start < offset) {
            self.next += 1;
            parts.push(self.inner_comment(comment));
        }
        Doc::concat(parts)
    }

    /// Comments that follow `end` on its line, with only blanks and `mark` between, or that were
    /// passed.
    fn trailing_comments(&mut self, end: u32, mark: char) -> Doc {
        let mut parts = vec![self.comments_before(end)];
        let mut from = end;
        while let Some(comment) = self.comments.get(self.next) {
            let between = self.source.slice(Span { start: from, end: comment.span.start, ..comment.span });
            if !between.chars().all(|letter| matches!(letter, ' ' | '\t') || letter == mark) {
                break;
            }
            self.next += 1;
            from = comment.span.end;
            parts.push(self.inner_comment(comment));
        }
        Doc::concat(parts)
    }

    fn inner_comment(&self, comment: &Comment) -> Doc {
        let text = self.comment_text(comment);
        let own_line = self.is_first_on_line(comment.span.start);
        match comment.kind {
            CommentKind::Block if own_line && self.is_last_on_line(comment.span.end) => Doc::Comment { text, own_line },
            CommentKind::Block => Doc::concat(vec![Doc::Space, Doc::Raw(text), Doc::Space]),
            CommentKind::Line | CommentKind::Doc | CommentKind::FileDoc => Doc::Comment { text, own_line },
        }
    }

    /// Comments before an offset as lines of a statement list.
    fn comment_entries(&mut self, offset: u32, entries: &mut Vec<Entry>) {
        while let Some(comment) = self.comments.get(self.next).filter(|comment| comment.span.start < offset) {
            self.next += 1;
            let text = self.comment_text(comment);
            let document = match comment.kind {
                CommentKind::Block => Doc::Raw(text),
                _ => Doc::Comment { text, own_line: false },
            };
            let Span { start, end, .. } = comment.span;
            entries.push(Entry { start, end, document, is_comment: true });
        }
    }

    fn comment_text(&self, comment: &Comment) -> String {
        let text = self.source.slice(comment.span).replace("\r\n", "\n");
        text.trim_end().to_owned()
    }

    fn is_first_on_line(&self, offset: u32) -> bool {
        let before = &self.source.text()[..offset as usize];
        before
            .chars()
            .rev()
            .find(|letter| !matches!(letter, ' ' | '\t' | '\u{FEFF}'))
            .is_none_or(|letter| letter == '\n')
    }

    fn is_last_on_line(&self, offset: u32) -> bool {
        let after = &self.source.text()[offset as usize..];
        after.chars().find(|letter| !matches!(letter, ' ' | '\t' | '\r')).is_none_or(|letter| letter == '\n')
    }

    /// Line breaks in the source between two offsets.
    fn breaks(&self, start: u32, end: u32) -> usize {
        let text = self.source.text().as_bytes().get(start as usize..end as usize).unwrap_or(&[]);
        text.iter().filter(|byte| **byte == b'\n').count()
    }

    fn is_broken(&self, start: u32, end: u32) -> bool {
        let text = self.source.text().as_bytes().get(start as usize..end as usize).unwrap_or(&[]);
        self.keeps_breaks && text.contains(&b'\n')
    }

    fn ident(&mut self, ident: &Ident) -> Doc {
        let comments = self.comments_before(ident.span.start);
        Doc::concat(vec![comments, Doc::text(ident.text.clone())])
    }

    fn new_group(&mut self) -> usize {
        self.groups += 1;
        self.groups - 1
    }

    fn new_mark(&mut self) -> usize {
        self.marks += 1;
        self.marks - 1
    }

    /// A first part and parts that follow it, each on a line of its own if it is `true`, else
    /// filled.
    fn flow(first: Doc, rest: Vec<(bool, Doc)>, indented: bool) -> Doc {
        let nest = |doc: Doc| if indented { Doc::Indent(Box::new(doc)) } else { doc };
        let mut lines = vec![(first, Vec::new())];
        for (breaks, part) in rest {
            match lines.last_mut() {
                Some((_, line)) if !breaks => line.extend([Doc::Fill, part]),
                _ => lines.push((part, Vec::new())),
            }
        }
        let line = |first, rest: Vec<Doc>, nested: bool| {
            let rest = Doc::concat(rest);
            Doc::group(false, Doc::concat(vec![first, if nested { nest(rest) } else { rest }]))
        };
        let mut lines = lines.into_iter();
        let head = lines.next().map(|(first, rest)| line(first, rest, true));
        let following: Vec<_> = lines.flat_map(|(first, rest)| [Doc::Hard, line(first, rest, false)]).collect();
        Doc::concat(vec![head.unwrap_or(Doc::Concat(Vec::new())), nest(Doc::concat(following))])
    }

    /// Items between brackets, separated by commas.
    fn comma_list(&mut self, list: CommaList) -> Doc {
        let CommaList { open, close, padded, items, breaks, dense, closing } = list;
        let comments = self.comments_before(closing);
        let forced = breaks.contains(&true);
        let edge = if padded { Doc::Line } else { Doc::Soft };
        let last = items.len().saturating_sub(1);
        let mut parts = Vec::new();
        for (index, (item, trailing)) in items.into_iter().enumerate() {
            let comma = if index == last && !forced { Doc::IfBroken(",".into()) } else { Doc::text(",") };
            parts.push((breaks.get(index) == Some(&true), Doc::concat(vec![item, comma, trailing])));
        }
        let mut parts = parts.into_iter();
        let first = parts.next().map_or(Doc::Concat(Vec::new()), |(_, first)| first);
        let content = match (forced, dense) {
            (true, _) => Self::flow(first, parts.collect(), false),
            (false, true) => separated(first, parts, &Doc::Fill),
            (false, false) => separated(first, parts, &Doc::Line),
        };
        let inner = Doc::Indent(Box::new(Doc::concat(vec![edge.clone(), content, comments])));
        Doc::bracketed(None, forced, vec![Doc::text(open), inner, edge, Doc::text(close)])
    }

    /// Where the source breaks between items: before each, and before the closing bracket.
    fn gaps(&self, open: u32, spans: impl Iterator<Item = Span>, closing: u32) -> Vec<bool> {
        let mut from = open + 1;
        let mut breaks = Vec::new();
        for span in spans {
            breaks.push(self.is_broken(from, span.start));
            from = span.end;
        }
        breaks.push(self.is_broken(from, closing));
        breaks
    }
}

fn separated(first: Doc, rest: impl Iterator<Item = (bool, Doc)>, separator: &Doc) -> Doc {
    let mut parts = vec![first];
    parts.extend(rest.flat_map(|(_, part)| [separator.clone(), part]));
    Doc::concat(parts)
}

/// What [`Printer::comma_list`] needs.
struct CommaList {
    open: &'static str,
    close: &'static str,
    /// Whether a blank stands inside the brackets on one line.
    padded: bool,
    /// Each item with the comments that follow it on its line.
    items: Vec<(Doc, Doc)>,
    /// Whether the source breaks before each item, and before the closing bracket.
    breaks: Vec<bool>,
    /// Whether a list that has to be broken is filled, as numbers are.
    dense: bool,
    /// Offset of the closing bracket.
    closing: u32,
}
