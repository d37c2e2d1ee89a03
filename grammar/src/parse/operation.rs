//! Precedence: a row of operands and operators to a tree of one node per level.
//!
//! Rows of any length cost no stack: each level is one pass over a vector.
use super::definition::Place;
use super::{Builder, Rule};
use crate::Diagnostic;
use crate::ast::{Expr, ExprKind, Infix, InfixOp, Precedence, Prefix, PrefixOp};
use pest::iterators::Pair;

/// An operand with the operator before it; the first operand has none.
struct Term {
    operator: Option<(InfixOp, crate::Span)>,
    prefixes: Vec<Prefix>,
    value: Expr,
}

/// Levels that are grouped from the left, tightest first.
const LEVELS: [Precedence; 6] =
    [Precedence::Product, Precedence::Sum, Precedence::Compare, Precedence::And, Precedence::Or, Precedence::Range];

impl Builder<'_> {
    /// An `operation` pair.
    pub(super) fn operation(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        self.terms(pair.into_inner(), place)
    }

    /// Prefixes, operands and operators in a row; there is at least one operand.
    pub(super) fn terms<'i>(&mut self, parts: impl Iterator<Item = Pair<'i, Rule>>, place: Place) -> Expr {
        let mut span = self.source.span(0, 0);
        let mut terms: Vec<Term> = Vec::new();
        let mut operator = None;
        let mut prefixes = Vec::new();
        for part in parts {
            match part.as_rule() {
                Rule::prefix => {
                    let op = if part.as_str() == "-" { PrefixOp::Negate } else { PrefixOp::Not };
                    prefixes.push(Prefix { op, span: self.span(&part) });
                }
                Rule::infix => {
                    let spelling = part.as_str();
                    let found = InfixOp::SPELLINGS.iter().find(|(known, _)| *known == spelling);
                    operator = found.map(|&(_, op)| (op, self.span(&part)));
                }
                _ => {
                    let value = self.operand(part, place);
                    span = value.span;
                    let prefixes = std::mem::take(&mut prefixes);
                    terms.push(Term { operator: operator.take(), prefixes, value });
                }
            }
        }
        let mut terms = self.powers(terms);
        for level in LEVELS {
            terms = self.grouped(terms, level);
        }
        match terms.into_iter().next() {
            Some(term) => prefixed(term.prefixes, term.value),
            None => Expr { kind: ExprKind::Tuple(Vec::new()), span },
        }
    }

    /// Joins operands of `^`, then applies prefixes: `-x^2` is `-(x^2)`.
    fn powers(&mut self, terms: Vec<Term>) -> Vec<Term> {
        if terms.len() == 1 {
            return terms;
        }
        let mut joined: Vec<Term> = Vec::with_capacity(terms.len());
        let mut terms = terms.into_iter().peekable();
        while let Some(mut term) = terms.next() {
            let mut rest: Vec<Infix> = Vec::new();
            while let Some(next) = terms.next_if(|next| matches!(next.operator, Some((InfixOp::Power, _)))) {
                let Some((op, op_span)) = next.operator else { continue };
                let followed = terms.peek().is_some_and(|after| matches!(after.operator, Some((InfixOp::Power, _))));
                if followed && !next.prefixes.is_empty() {
                    let diagnostic = Diagnostic::error("E0114", "a sign between two `^` can be read in two ways")
                        .at(next.value.span, "needs parentheses")
                        .help("write `a^(-b)^c` or `a^(-b^c)`");
                    self.report(diagnostic);
                }
                rest.push(Infix { op, op_span, value: prefixed(next.prefixes, next.value) });
            }
            term.value = sequence(term.value, rest);
            joined.push(term);
        }
        joined
    }

    /// Joins neighbours whose operators have this precedence.
    fn grouped(&mut self, terms: Vec<Term>, level: Precedence) -> Vec<Term> {
        let at_level = |term: &Term| term.operator.is_some_and(|(op, _)| op.precedence() == level);
        if !terms.iter().any(at_level) {
            return terms;
        }
        let mut joined: Vec<Term> = Vec::with_capacity(terms.len());
        let mut terms = terms.into_iter().peekable();
        while let Some(term) = terms.next() {
            let mut rest: Vec<Infix> = Vec::new();
            while let Some(next) = terms.next_if(at_level) {
                let Some((op, op_span)) = next.operator else { continue };
                rest.push(Infix { op, op_span, value: prefixed(next.prefixes, next.value) });
            }
            let Term { operator, prefixes, value } = term;
            if rest.is_empty() {
                joined.push(Term { operator, prefixes, value });
                continue;
            }
            if let (Precedence::Compare | Precedence::Range, [first, second, ..]) = (level, rest.as_slice()) {
                self.report_unchainable(level, first, second);
                rest.truncate(1);
            }
            joined.push(Term { operator, prefixes: Vec::new(), value: sequence(prefixed(prefixes, value), rest) });
        }
        joined
    }

    fn report_unchainable(&mut self, level: Precedence, first: &Infix, second: &Infix) {
        let (message, help) = match level {
            Precedence::Range => ("a range has two ends", "write `a..b`, or put the inner range in parentheses"),
            _ => (
                "comparisons cannot be chained",
                "write `a < b && b < c`; in a `check`, two assertions: `a < b; b < c;`",
            ),
        };
        let diagnostic = Diagnostic::error("E0114", message)
            .at(second.op_span, "second operator")
            .note(first.op_span, "first operator")
            .help(help);
        self.report(diagnostic);
    }
}

fn sequence(first: Expr, rest: Vec<Infix>) -> Expr {
    match rest.last() {
        None => first,
        Some(last) => {
            let span = first.span.to(last.value.span);
            Expr { kind: ExprKind::Infixed { first: Box::new(first), rest }, span }
        }
    }
}

fn prefixed(prefixes: Vec<Prefix>, value: Expr) -> Expr {
    match prefixes.first() {
        None => value,
        Some(first) => {
            let span = first.span.to(value.span);
            Expr { kind: ExprKind::Prefixed { prefixes, value: Box::new(value) }, span }
        }
    }
}
