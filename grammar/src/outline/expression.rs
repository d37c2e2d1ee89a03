//! Expressions and stages in the text form.
use super::{Outline, pattern};
use crate::ast::{
    Access, Body, Call, Expr, ExprKind, For, Fragment, If, Number, NumberValue, Path, PrefixOp, Stage, StageKind, Unit,
};

impl Outline {
    pub(super) fn expression(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Number(value) => self.line(number(*value)),
            ExprKind::Bool(value) => self.line(value.to_string()),
            ExprKind::String(value) => self.line(format!("{value:?}")),
            ExprKind::Name(name) => self.line(format!("name {}", name.text)),
            ExprKind::Access { base, path } => self.nested("access", |outline| {
                outline.expression(base);
                for access in path {
                    match access {
                        Access::Member(name) => outline.line(format!("member {}", name.text)),
                        Access::Index { index, .. } => outline.nested("index", |outline| outline.expression(index)),
                    }
                }
            }),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Labelled { label, value } => {
                self.nested(format!("label {}", label.text), |outline| outline.expression(value));
            }
            ExprKind::List(items) => self.nested("list", |outline| outline.expressions(items)),
            ExprKind::Tuple(items) => self.nested("tuple", |outline| outline.expressions(items)),
            ExprKind::Map(entries) => self.nested("map", |outline| {
                for entry in entries {
                    outline.nested(format!("{:?}", entry.key), |outline| outline.expression(&entry.value));
                }
            }),
            ExprKind::Paren(inner) => self.nested("parentheses", |outline| outline.expression(inner)),
            ExprKind::If(branches) => self.if_value(branches),
            ExprKind::For(turns) => self.for_turns(turns, Outline::body),
            ExprKind::Body(body) => self.nested("body", |outline| outline.body(body)),
            ExprKind::Prefixed { prefixes, value } => {
                let spelling = |op| if op == PrefixOp::Negate { '-' } else { '!' };
                let spelled: String = prefixes.iter().map(|prefix| spelling(prefix.op)).collect();
                self.nested(format!("prefix {spelled}"), |outline| outline.expression(value));
            }
            ExprKind::Infixed { first, rest } => self.nested("sequence", |outline| {
                outline.expression(first);
                for infix in rest {
                    outline.nested(infix.op.spelling(), |outline| outline.expression(&infix.value));
                }
            }),
            ExprKind::Chain(chain) => self.nested("chain", |outline| {
                outline.expression(&chain.head);
                outline.stages(&chain.stages);
            }),
        }
    }

    fn expressions(&mut self, items: &[Expr]) {
        for item in items {
            self.expression(item);
        }
    }

    fn call(&mut self, call: &Call) {
        self.nested(format!("call {}", path(&call.callee)), |outline| {
            for argument in &call.arguments {
                match &argument.name {
                    Some(name) => {
                        outline.nested(format!("{} =", name.text), |outline| outline.expression(&argument.value))
                    }
                    None => outline.expression(&argument.value),
                }
            }
        });
    }

    pub(super) fn if_value(&mut self, branches: &If<Body>) {
        self.branches(branches, Outline::body);
    }

    fn branches<B>(&mut self, branches: &If<B>, inside: impl Fn(&mut Self, &B)) {
        for arm in &branches.arms {
            self.nested("if", |outline| outline.expression(&arm.condition));
            self.nested("then", |outline| inside(outline, &arm.body));
        }
        if let Some(body) = &branches.otherwise {
            self.nested("else", |outline| inside(outline, body));
        }
    }

    fn for_turns<B>(&mut self, turns: &For<B>, inside: impl Fn(&mut Self, &B)) {
        self.nested(format!("for {}", pattern(&turns.pattern)), |outline| {
            outline.nested("in", |outline| outline.expression(&turns.list));
            inside(outline, &turns.body);
        });
    }

    fn stages(&mut self, stages: &[Stage]) {
        for stage in stages {
            self.stage(stage);
        }
    }

    pub(super) fn stage(&mut self, stage: &Stage) {
        let inside = |outline: &mut Self| match &stage.kind {
            StageKind::Call(call) => outline.call(call),
            StageKind::If(branches) => outline.branches(branches, Outline::fragment),
            StageKind::For(turns) => outline.for_turns(turns, Outline::fragment),
            StageKind::Fragment(fragment) => outline.nested("fragment", |outline| outline.fragment(fragment)),
        };
        match &stage.label {
            Some(label) => self.nested(format!("stage {}", label.text), inside),
            None => self.nested("stage", inside),
        }
    }

    fn fragment(&mut self, fragment: &Fragment) {
        self.stages(&fragment.stages);
    }
}

fn path(path: &Path) -> String {
    path.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(".")
}

fn number(number: Number) -> String {
    let value = match number.value {
        NumberValue::Int(value) => format!("int {value}"),
        NumberValue::Float(value) => format!("float {value:?}"),
    };
    match number.unit {
        None => value,
        Some(Unit::Bytes(bytes)) => format!("{value} times {bytes} bytes"),
        Some(unit) => format!("{value} {}", format!("{unit:?}").to_lowercase()),
    }
}
