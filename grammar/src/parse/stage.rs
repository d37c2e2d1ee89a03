//! What stands after an arrow: calls, fragments, `if` and `for` over fragments.
use super::definition::Place;
use super::{Builder, Rule};
use crate::ast::{Arm, Call, Expr, ExprKind, For, Fragment, If, Path, Pattern, Stage, StageKind};
use pest::iterators::Pair;

impl Builder<'_> {
    /// A `stage` pair.
    pub(super) fn stage(&mut self, pair: Pair<'_, Rule>, place: Place) -> Stage {
        let span = self.span(&pair);
        let mut label = None;
        let mut kind = StageKind::Fragment(Fragment { stages: Vec::new(), span });
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::stage_label => label = Some(self.ident(&part)),
                _ => kind = self.stage_kind(part, place),
            }
        }
        Stage { label, kind, span }
    }

    /// A `call`, `fragment`, `if_stage` or `for_stage` pair.
    pub(super) fn stage_kind(&mut self, pair: Pair<'_, Rule>, place: Place) -> StageKind {
        match pair.as_rule() {
            Rule::if_stage => StageKind::If(Box::new(self.if_stage(pair, place))),
            Rule::for_stage => StageKind::For(Box::new(self.for_stage(pair, place))),
            Rule::fragment => StageKind::Fragment(self.fragment(pair, place)),
            _ => StageKind::Call(self.stage_call(pair, place)),
        }
    }

    fn stage_call(&mut self, pair: Pair<'_, Rule>, place: Place) -> Call {
        let span = self.span(&pair);
        // Nearly always one name: a growing vector would make room for four.
        let mut segments = Vec::with_capacity(1);
        let mut arguments = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => segments.push(self.ident(&part)),
                Rule::member => segments.extend(part.into_inner().next().map(|name| self.ident(&name))),
                _ => arguments = self.arguments(part, place),
            }
        }
        let callee_span = match (segments.first(), segments.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => span,
        };
        Call { callee: Path { segments, span: callee_span }, arguments, span }
    }

    fn fragment(&mut self, pair: Pair<'_, Rule>, place: Place) -> Fragment {
        let span = self.span(&pair);
        let stages = pair.into_inner().filter(|part| part.as_rule() == Rule::stage);
        Fragment { stages: stages.map(|stage| self.stage(stage, place)).collect(), span }
    }

    fn if_stage(&mut self, pair: Pair<'_, Rule>, place: Place) -> If<Fragment> {
        let mut branches = If { arms: Vec::new(), otherwise: None, span: self.span(&pair) };
        let mut condition = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operation => condition = Some(self.operation(part, place)),
                Rule::fragment => {
                    let body = self.fragment(part, place);
                    match condition.take() {
                        Some(condition) => branches.arms.push(Arm { condition, body }),
                        None => branches.otherwise = Some(body),
                    }
                }
                _ => {}
            }
        }
        branches
    }

    fn for_stage(&mut self, pair: Pair<'_, Rule>, place: Place) -> For<Fragment> {
        let span = self.span(&pair);
        let mut pattern = Pattern::Tuple { names: Vec::new(), span };
        let mut list = Expr { kind: ExprKind::List(Vec::new()), span };
        let mut body = Fragment { stages: Vec::new(), span };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pattern => pattern = self.pattern(part),
                Rule::operation => list = self.operation(part, place),
                Rule::fragment => body = self.fragment(part, place),
                _ => {}
            }
        }
        For { pattern, list, body, span }
    }
}
