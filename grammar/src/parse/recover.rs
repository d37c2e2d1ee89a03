//! What is no statement and no item: reported once, and remembered by the names that it would
//! have defined.
use super::scene::{Token, TokenKind, next_token};
use super::statement::{Any, AnyKind};
use super::{Builder, NetParser, Rule, mistake};
use crate::Span;
use crate::ast::{Ident, Item, ItemKind, StatementKind};
use crate::scan::Scan;
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

/// Where pest gave up, and what it would have taken there.
pub(super) struct Failure {
    pub at: usize,
    pub expected: Vec<Rule>,
}

impl<'a> Builder<'a> {
    /// A `bad` or `bad_setting` pair.
    pub(super) fn bad_statement(&mut self, pair: &Pair<'_, Rule>) -> Any {
        let span = self.span(pair);
        let item_inside = mistake::is_item_keyword(first_word(self.clean(span)));
        let consequence = self.is_fault(span) || (item_inside && self.is_after_open_brace(span));
        if !consequence {
            let is_setting = pair.as_rule() == Rule::bad_setting;
            self.explain(Rule::only_statement, span, is_setting);
        }
        let names = self.defined_names(span);
        let kind = AnyKind::Plain(StatementKind::Bad(names));
        Any { attributes: Vec::new(), docs: Vec::new(), kind, span, terminated: true }
    }

    /// A `bad_item` pair. If it has a body, errors in it are reported too.
    pub(super) fn bad_item(&mut self, pair: Pair<'_, Rule>) -> Item {
        let span = self.span(&pair);
        let before_stray = self.scan.stray_brace.is_some_and(|stray| span.start < stray);
        if !self.is_fault(span) && !before_stray && !self.is_after_open_brace(span) {
            self.explain(Rule::only_item, span, false);
            self.explain_body(span);
        }
        let text = self.clean(span);
        let keyword = first_word(text);
        let name = mistake::is_item_keyword(keyword).then(|| self.name_after_first_word(span)).flatten();
        Item { attributes: Vec::new(), docs: Vec::new(), kind: ItemKind::Bad(name), span }
    }

    /// The names that a broken statement would have defined.
    pub(super) fn defined_names(&self, span: Span) -> Vec<Ident> {
        let text = self.clean(span);
        let ident = |token: &Token<'_>| Ident {
            text: token.text.to_owned(),
            span: self.source.span(span.start as usize + token.start, span.start as usize + token.end),
        };
        let Some(first) = next_token(text, 0) else { return Vec::new() };
        let Some(second) = next_token(text, first.end) else { return Vec::new() };
        match first.text {
            "let" | "layer" | "param" | "input" | "output" | "target" => {
                let mut names = Vec::new();
                let mut token = Some(second);
                while let Some(current) = token.filter(|token| token.is_name() || matches!(token.text, "(" | ",")) {
                    if current.is_name() {
                        names.push(ident(&current));
                        if names.len() == 1 && second.is_name() {
                            break;
                        }
                    }
                    token = next_token(text, current.end);
                }
                names
            }
            _ if first.is_name() && second.text == "=" => vec![ident(&first)],
            _ => Vec::new(),
        }
    }

    fn name_after_first_word(&self, span: Span) -> Option<Ident> {
        let text = self.clean(span);
        let first = next_token(text, 0)?;
        let name = next_token(text, first.end).filter(Token::is_name)?;
        let start = span.start as usize;
        Some(Ident { text: name.text.to_owned(), span: self.source.span(start + name.start, start + name.end) })
    }

    /// Parses bad text alone and says what is wrong with it.
    fn explain(&mut self, rule: Rule, span: Span, is_setting: bool) {
        let text = self.clean(span);
        let failure = match NetParser::parse(rule, text) {
            Ok(_) => Failure { at: 0, expected: Vec::new() },
            Err(error) => Failure {
                at: match error.location {
                    InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
                },
                expected: match error.variant {
                    ErrorVariant::ParsingError { positives, .. } => positives,
                    ErrorVariant::CustomError { .. } => return self.report_exhausted(),
                },
            },
        };
        let diagnostic = mistake::explain(self.source, span.start as usize, text, &failure, rule, is_setting);
        self.report(diagnostic);
    }

    /// Reports what is wrong in the braces of an item whose head is broken.
    fn explain_body(&mut self, span: Span) {
        let text = self.clean(span);
        let keyword = first_word(text);
        let Some(open) = text.find('{').filter(|_| matches!(keyword, "network" | "block" | "train" | "check")) else {
            return;
        };
        let shift = span.start as usize + open;
        let rule = if keyword == "train" { Rule::only_settings } else { Rule::only_body };
        let Ok(pairs) = NetParser::parse(rule, &text[open..]) else { return };
        let bodies = pairs.flat_map(Pair::into_inner);
        let parts =
            bodies.flat_map(Pair::into_inner).filter(|part| matches!(part.as_rule(), Rule::bad | Rule::bad_setting));
        for part in parts.collect::<Vec<_>>() {
            let inner = part.as_span();
            let inner = self.trimmed(shift + inner.start(), shift + inner.end());
            if !self.is_fault(inner) {
                self.explain(Rule::only_statement, inner, part.as_rule() == Rule::bad_setting);
            }
        }
    }

    /// The text that pest saw under a span.
    fn clean(&self, span: Span) -> &'a str {
        self.scan.clean.get(span.range()).unwrap_or("")
    }

    /// Whether the scan changed or reported something in or just after a span.
    pub(super) fn is_fault(&self, span: Span) -> bool {
        touches(self.scan, span)
    }

    fn is_after_open_brace(&self, span: Span) -> bool {
        self.scan.open_brace.is_some_and(|open| span.start > open)
    }
}

/// Whether the scan changed or reported something inside the span or in the blanks after it.
fn touches(scan: &Scan, span: Span) -> bool {
    let first = scan.faults.partition_point(|&at| at < span.start);
    let after = scan.clean.get(span.end as usize..).unwrap_or("");
    scan.faults.get(first).is_some_and(|&at| {
        at <= span.end || after.get(..(at - span.end) as usize).is_some_and(|blanks| blanks.trim().is_empty())
    })
}

fn first_word(text: &str) -> &str {
    match next_token(text, 0) {
        Some(Token { text, kind: TokenKind::Word, .. }) => text,
        _ => "",
    }
}
