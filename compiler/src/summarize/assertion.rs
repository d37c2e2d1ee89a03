//! Assertions judged over the figures of a summary.

use super::{Memory, ReceptiveField, Total};
use crate::model::recipe::{Comparison, Condition, Quantity};
use crate::model::{Model, ValueRef};
use crate::op::value::Value;
use crate::prim::Mode;
use netc_grammar::Span;
use std::cmp::Ordering;

/// An assertion and whether it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The text as written.
    pub text: String,
    /// Whether it holds; not where a figure could not be found.
    pub holds: bool,
    /// The figure on the left, as it is.
    pub actual: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A figure: a number, or a shape.
#[derive(Clone, Debug, PartialEq)]
enum Figure {
    Number(f64),
    List(Vec<f64>),
}

type FieldOf<'a> = dyn Fn(ValueRef) -> Option<ReceptiveField> + 'a;

/// Judges every assertion of the model.
pub fn judge(model: &Model, total: &Total, field_of: &FieldOf<'_>, memory: &Memory<'_>) -> Vec<Held> {
    let judged = model.assertions.iter().map(|assertion| {
        let Condition { left, comparison, right } = &assertion.condition;
        let figure = |quantity: &Quantity| figure(quantity, model, total, field_of, memory);
        let (left, right) = (figure(left), figure(right));
        let holds = match (&left, &right) {
            (Some(left), Some(right)) => compare(left, *comparison, right),
            _ => false,
        };
        Held { text: assertion.text.clone(), holds, actual: left.map(show), span: assertion.span }
    });
    judged.collect()
}

fn figure(
    quantity: &Quantity,
    model: &Model,
    total: &Total,
    field_of: &FieldOf<'_>,
    memory: &Memory<'_>,
) -> Option<Figure> {
    let number = |n: u64| Some(Figure::Number(n as f64));
    match quantity {
        Quantity::Literal(value) => literal(value),
        Quantity::Params => number(total.params),
        Quantity::Trainable => number(total.trainable),
        Quantity::Macs => number(total.macs_forward),
        Quantity::MacsBackward => number(total.macs_backward),
        Quantity::Flops => number(total.flops_forward),
        Quantity::FlopsBackward => number(total.flops_backward),
        Quantity::MemoryPredict(batch) => number(memory(model, Mode::Predict, *batch)?.total()),
        Quantity::MemoryTrain(batch) => number(memory(model, Mode::Step, *batch)?.total()),
        Quantity::ReceptiveField(value) => {
            let axes = field_of(*value)?.axes;
            axes.iter().map(|axis| axis.size).reduce(f64::max).map(Figure::Number)
        }
        Quantity::Shape(value) => {
            Some(Figure::List(model.ty(*value).shape.dims().iter().map(|&extent| extent as f64).collect()))
        }
        Quantity::Arithmetic(op, left, right) => {
            let Figure::Number(x) = figure(left, model, total, field_of, memory)? else { return None };
            let Figure::Number(y) = figure(right, model, total, field_of, memory)? else { return None };
            Some(Figure::Number(match op {
                '+' => x + y,
                '-' => x - y,
                '*' => x * y,
                _ => x / y,
            }))
        }
    }
}

fn literal(value: &Value) -> Option<Figure> {
    match value {
        Value::Int(n) => Some(Figure::Number(*n as f64)),
        Value::Float(x) => Some(Figure::Number(*x)),
        Value::List(items) => {
            let item = |item: &Value| match literal(item)? {
                Figure::Number(x) => Some(x),
                Figure::List(_) => None,
            };
            items.iter().map(item).collect::<Option<Vec<f64>>>().map(Figure::List)
        }
        _ => None,
    }
}

fn compare(left: &Figure, comparison: Comparison, right: &Figure) -> bool {
    let order = match (left, right) {
        (Figure::Number(x), Figure::Number(y)) => x.partial_cmp(y),
        (Figure::List(x), Figure::List(y)) => Some(if x == y { Ordering::Equal } else { Ordering::Less }),
        _ => None,
    };
    let Some(order) = order else { return false };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterEqual => order.is_ge(),
    }
}

fn show(figure: Figure) -> String {
    match figure {
        Figure::Number(x) => x.to_string(),
        Figure::List(items) => {
            format!("[{}]", items.iter().map(f64::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}
