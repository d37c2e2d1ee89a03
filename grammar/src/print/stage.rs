//! Chains and stages.
use super::Printer;
use super::expression::with_id;
use super::layout::Doc;
use crate::Span;
use crate::ast::{For, Fragment, If, Stage, StageKind};

impl Printer<'_> {
    /// Stages after a head, or the stages of a fragment.
    pub(super) fn stages(&mut self, head: Option<(Doc, Span)>, stages: &[Stage]) -> Doc {
        let indented = head.is_some();
        let mut first = None;
        let mut end = 0;
        if let Some((document, span)) = head {
            first = Some(document);
            end = span.end;
        }
        let mut rest = Vec::new();
        for stage in stages {
            let comments = self.comments_before(stage.span.start);
            let document = self.stage(stage);
            let trailing = self.trailing_comments(stage.span.end, ' ');
            if first.is_none() {
                first = Some(Doc::concat(vec![comments, document, trailing]));
            } else {
                let breaks = self.is_broken(end, stage.span.start);
                rest.push((breaks, Doc::concat(vec![comments, Doc::text("-> "), document, trailing])));
            }
            end = stage.span.end;
        }
        Self::flow(first.unwrap_or(Doc::Concat(Vec::new())), rest, indented)
    }

    pub(super) fn stage(&mut self, stage: &Stage) -> Doc {
        let mut parts = Vec::new();
        if let Some(label) = &stage.label {
            parts.push(self.ident(label));
            parts.push(Doc::text(": "));
        }
        parts.push(match &stage.kind {
            StageKind::Call(call) => {
                let callee = self.callee(call);
                if call.arguments.is_empty() {
                    callee
                } else {
                    let arguments = self.arguments(call);
                    Doc::concat(vec![callee, arguments])
                }
            }
            StageKind::If(branches) => self.if_stage(branches),
            StageKind::For(turns) => self.for_stage(turns),
            StageKind::Fragment(fragment) => self.fragment(fragment),
        });
        Doc::concat(parts)
    }

    fn fragment(&mut self, fragment: &Fragment) -> Doc {
        let comments = self.comments_before(fragment.span.start);
        let stages = self.stages(None, &fragment.stages);
        let last = self.comments_before(fragment.span.end.saturating_sub(1));
        let content = Doc::concat(vec![Doc::Line, stages, last]);
        let parts = vec![Doc::text("{"), Doc::Indent(Box::new(content)), Doc::Line, Doc::text("}")];
        let forced = self.is_broken(fragment.span.start, fragment.span.end);
        Doc::concat(vec![comments, Doc::bracketed(None, forced, parts)])
    }

    fn if_stage(&mut self, branches: &If<Fragment>) -> Doc {
        let arms = branches.arms.iter().map(|arm| (&arm.condition, &arm.body, arm.body.span));
        let otherwise = branches.otherwise.as_ref().map(|fragment| (fragment, fragment.span));
        self.branches(arms, otherwise, |printer, fragment, group| with_id(printer.fragment(fragment), group))
    }

    fn for_stage(&mut self, turns: &For<Fragment>) -> Doc {
        let head = self.for_head(&turns.pattern, &turns.list);
        let body = self.fragment(&turns.body);
        Doc::concat(vec![head, body])
    }
}
