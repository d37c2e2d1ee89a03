//! Types of inputs, targets and free parameters.
use super::definition::Place;
use super::item::shorten;
use super::{Builder, Rule};
use crate::Diagnostic;
use crate::ast::{ElementType, ExprKind, Extent, InfixOp, TensorType};
use crate::diagnostic::did_you_mean;
use pest::iterators::Pair;

const ELEMENTS: [(&str, ElementType); 5] = [
    ("float", ElementType::F32),
    ("f32", ElementType::F32),
    ("f64", ElementType::F64),
    ("bool", ElementType::Bool),
    ("int", ElementType::Int),
];

impl Builder<'_> {
    /// `[1, 28, 28]`, `int[128] in 0..5000`
    pub(super) fn tensor_type(&mut self, pair: Pair<'_, Rule>) -> TensorType {
        let mut ty = TensorType { element: None, dims: None, range: None, span: self.span(&pair) };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::element => ty.element = self.element(&part),
                Rule::extents => ty.dims = Some(part.into_inner().filter_map(|extent| self.extent(extent)).collect()),
                Rule::operation => ty.range = self.range(part),
                _ => {}
            }
        }
        match ty.element {
            Some(ElementType::Int) if ty.range.is_none() => {
                let diagnostic = Diagnostic::error("E0118", "an `int` needs the range of its values")
                    .at(ty.span, "which values?")
                    .help("write `int in 0..n`, `n` excluded");
                self.report(diagnostic);
            }
            None | Some(ElementType::F32 | ElementType::F64 | ElementType::Bool) if ty.range.is_some() => {
                let diagnostic = Diagnostic::error("E0118", "only an `int` has a range")
                    .at(ty.span, "not an `int`")
                    .help("write `int in a..b`, `int[…] in a..b`, or remove the range");
                self.report(diagnostic);
            }
            _ => {}
        }
        ty
    }

    fn element(&mut self, pair: &Pair<'_, Rule>) -> Option<ElementType> {
        let text = pair.as_str().trim_end();
        if let Some((_, element)) = ELEMENTS.iter().find(|(name, _)| *name == text) {
            return Some(*element);
        }
        let meant = match text {
            "integer" | "i32" | "i64" | "u8" | "long" | "uint8" | "int64" => Some("int"),
            "float32" | "real" | "tensor" | "number" => Some("float"),
            "float64" | "double" => Some("f64"),
            "boolean" => Some("bool"),
            other => did_you_mean(other, ELEMENTS.map(|(name, _)| name)),
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "types are `[1, 28, 28]` (f32), `f64[3]`, `bool`, `int in 0..10`, `int[128] in 0..5000`".into(),
        };
        let message = format!("there is no element type `{}`", shorten(text));
        let diagnostic = Diagnostic::error("E0118", message).at(self.span(pair), "unknown type").help(help);
        self.report(diagnostic);
        None
    }

    fn extent(&mut self, pair: Pair<'_, Rule>) -> Option<Extent> {
        let mut axis = None;
        let mut size = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => axis = Some(self.ident(&part)),
                Rule::operation => size = Some(self.operation(part, Place::Outside)),
                _ => {}
            }
        }
        Some(Extent { axis, size: size? })
    }

    fn range(&mut self, pair: Pair<'_, Rule>) -> Option<Box<(crate::ast::Expr, crate::ast::Expr)>> {
        let value = self.operation(pair, Place::Outside);
        let span = value.span;
        if let ExprKind::Infixed { first, mut rest } = value.kind
            && let Some(last) = rest.pop_if(|last| last.op == InfixOp::Range)
        {
            return Some(Box::new((*first, last.value)));
        }
        let diagnostic = Diagnostic::error("E0118", "expected a range after `in`")
            .at(span, "not a range")
            .help("write `in 0..n`, `n` excluded");
        self.report(diagnostic);
        // Zero values; the error is reported.
        let zero = || crate::ast::Expr {
            kind: ExprKind::Number(crate::ast::Number { value: crate::ast::NumberValue::Int(0), unit: None }),
            span,
        };
        Some(Box::new((zero(), zero())))
    }
}
