//! Chains: a value led through stages, and the names that stages get.

use super::Elaborator;
use super::path::{LayerPath, PathScope};
use super::scope::{Binding, Val};
use crate::op::value::Value;
use netc_grammar::ast::{Chain, Expr, ExprKind, For, Fragment, Ident, If, Stage, StageKind};
use netc_grammar::{Diagnostic, Span};
use std::collections::hash_map::Entry;

impl<'a> Elaborator<'a, '_> {
    /// A value led through stages.
    pub fn chain(&mut self, chain: &'a Chain) -> Val {
        let value = self.expression(&chain.head);
        self.stages(&chain.stages, value, chain.head.span)
    }

    fn stages(&mut self, stages: &'a [Stage], mut value: Val, mut span: Span) -> Val {
        for stage in stages {
            if self.halted {
                return Val::Unknown;
            }
            value = self.stage(stage, value, span, None);
            span = stage.span;
        }
        value
    }

    /// One stage; `place` is its path where something around it named it.
    pub fn stage(&mut self, stage: &'a Stage, value: Val, span: Span, place: Option<LayerPath>) -> Val {
        let place = match (&stage.label, place) {
            (None, place) => place,
            (Some(label), _) => {
                let path = self.scope().label(&label.text);
                Some(self.claim(path, label.span))
            }
        };
        let label = stage.label.as_ref().and(place.as_ref()).map(|path| path.text.clone());
        let result = match &stage.kind {
            StageKind::Call(call) => self.call(call, Some((value, span)), place),
            StageKind::Fragment(fragment) => self.fragment(fragment, value, span, place),
            StageKind::If(branch) => self.choose(branch, value, span, place),
            StageKind::For(turns) => self.turns(turns, value, span, place),
        };
        if let (Some(path), Val::Tensor(tensor)) = (label, &result) {
            self.labels.insert(path, *tensor);
        }
        result
    }

    /// `conv1: conv2d(x, 32)` where a value is wanted.
    pub fn labelled(&mut self, label: &'a Ident, value: &'a Expr) -> Val {
        let path = self.scope().label(&label.text);
        let path = self.claim(path, label.span);
        let text = path.text.clone();
        let result = match &value.kind {
            ExprKind::Call(call) => self.call(call, None, Some(path)),
            _ => {
                self.scopes.push(PathScope::inside(path));
                let result = self.expression(value);
                self.scopes.pop();
                result
            }
        };
        if let Val::Tensor(tensor) = result {
            self.labels.insert(text, tensor);
        }
        result
    }

    fn fragment(&mut self, fragment: &'a Fragment, value: Val, span: Span, place: Option<LayerPath>) -> Val {
        match (place, fragment.stages.as_slice()) {
            (None, stages) => self.stages(stages, value, span),
            (Some(path), [single]) if single.label.is_none() => self.stage(single, value, span, Some(path)),
            (Some(path), stages) => {
                self.scopes.push(PathScope::inside(path));
                let result = self.stages(stages, value, span);
                self.scopes.pop();
                result
            }
        }
    }

    fn choose(&mut self, branch: &'a If<Fragment>, value: Val, span: Span, place: Option<LayerPath>) -> Val {
        for arm in &branch.arms {
            match self.condition(&arm.condition) {
                Some(true) => return self.fragment(&arm.body, value, span, place),
                Some(false) => {}
                None => return Val::Unknown,
            }
        }
        match &branch.otherwise {
            Some(fragment) => self.fragment(fragment, value, span, place),
            None => value,
        }
    }

    fn turns(&mut self, turns: &'a For<Fragment>, value: Val, span: Span, place: Option<LayerPath>) -> Val {
        let Some(items) = self.loop_items(&turns.list) else { return Val::Unknown };
        let scoped = place.is_some();
        if let Some(path) = place {
            self.scopes.push(PathScope::inside(path));
        }
        let positional = self.scope().positional;
        let mut each_turn = None;
        let (mut value, mut span) = (value, span);
        for item in items {
            if !self.spend(turns.span) {
                value = Val::Unknown;
                break;
            }
            self.frame().open();
            self.bind_pattern(&turns.pattern, Val::Const(item), turns.list.span);
            let each_turn = *each_turn.get_or_insert_with(|| positional && turns.body.stages.iter().any(has_label));
            if each_turn {
                let (path, _) = self.scope().open("turn");
                let path = self.claim(path, turns.span);
                self.scopes.push(PathScope::inside(path));
            }
            value = self.stages(&turns.body.stages, value, span);
            span = turns.span;
            if each_turn {
                self.scopes.pop();
            }
            self.frame().close();
        }
        if scoped {
            self.scopes.pop();
        }
        value
    }

    /// The items of a list or range; nothing where it failed or has more items than the budget.
    pub fn loop_items(&mut self, list: &'a Expr) -> Option<Box<dyn Iterator<Item = Value>>> {
        let value = self.expression(list);
        match value {
            Val::Const(Value::List(items)) => Some(Box::new(items.into_iter())),
            Val::Const(Value::Range(low, high)) => Some(Box::new((low..high).map(Value::Int))),
            Val::Unknown => None,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error("E0407", format!("`for` goes over a list or a range, not {found}"))
                        .at(list.span, "")
                        .help("write `0..n` to count, or a list such as `[64, 128]`"),
                );
                None
            }
        }
    }

    /// Makes a path this stage's own; an error where another stage has it.
    pub fn claim(&mut self, path: LayerPath, span: Span) -> LayerPath {
        if path.is_again() {
            return path;
        }
        let Some(&first) = self.claimed.get(&path.text) else {
            self.claimed.insert(path.text.clone(), span);
            return path;
        };
        let turns = first == span;
        let diagnostic = Diagnostic::error("E0206", format!("two layers have the path `{}`", path.text));
        let diagnostic = if turns {
            diagnostic
                .at(span, "each turn of a loop, or each of two calls, makes it again")
                .help("label what is around it, such as the loop: `blocks: for …`; its turns then have their own paths")
        } else {
            diagnostic.at(span, "").note(first, "the first one").help("give one of them another label")
        };
        self.report(diagnostic);
        let mut count = 2;
        loop {
            let free = LayerPath::new(format!("{}#{count}", path.text));
            if self.claimed.insert(free.text.clone(), span).is_none() {
                return free;
            }
            count += 1;
        }
    }

    /// The path of an unlabelled stage, free of collisions with labels.
    pub fn open_path(&mut self, callee: &str, span: Span) -> LayerPath {
        loop {
            let (path, own) = self.scope().open(callee);
            if own || path.is_again() {
                return path;
            }
            if let Entry::Vacant(free) = self.claimed.entry(path.text.clone()) {
                free.insert(span);
                return path;
            }
        }
    }

    /// A further or first use of a shared layer.
    pub fn apply_shared(&mut self, index: usize, piped: Option<(Val, Span)>, span: Span) -> Val {
        let shared = &mut self.shared[index];
        shared.uses += 1;
        let (stage, turn) = (shared.stage, shared.uses);
        let path = if turn == 1 { shared.path.clone() } else { LayerPath::again(&shared.path, turn) };
        if turn == 1 {
            shared.first = Some(span);
        }
        let Some((value, value_span)) = piped else {
            self.report(
                Diagnostic::error("E0403", format!("the layer `{}` needs a value", path.params()))
                    .at(span, "")
                    .help(format!("lead one into it: `x -> {}`, or write `{}(x)`", path.params(), path.params())),
            );
            return Val::Unknown;
        };
        self.stage(stage, value, value_span, Some(path))
    }

    /// The index of a shared layer in the current frame.
    pub fn find_shared(&mut self, name: &str) -> Option<usize> {
        match self.frame().find(name) {
            Some(Binding::Shared(index)) => Some(*index),
            _ => None,
        }
    }
}

/// Whether a stage, or a stage inside its braces, has a label.
fn has_label(stage: &Stage) -> bool {
    stage.label.is_some()
        || match &stage.kind {
            StageKind::Call(_) => false,
            StageKind::Fragment(fragment) => fragment.stages.iter().any(has_label),
            StageKind::If(branch) => {
                let bodies = branch.arms.iter().map(|arm| &arm.body).chain(&branch.otherwise);
                bodies.flat_map(|body| &body.stages).any(has_label)
            }
            StageKind::For(turns) => turns.body.stages.iter().any(has_label),
        }
}
