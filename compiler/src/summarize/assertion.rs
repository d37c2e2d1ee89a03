//! Assertions judged over the figures of a summary.

use super::{Memory, ReceptiveField, Total};
use crate::elaborate::arithmetic::{Fault, infix};
use crate::elaborate::function;
use crate::model::recipe::{Comparison, Condition, Quantity};
use crate::model::{Model, ValueRef};
use crate::op::value::Value;
use crate::prim::Mode;
use netc_grammar::ast::InfixOp;
use netc_grammar::{Diagnostic, Span};
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
    /// Why a side has no result: it is divided by zero, or the like.
    pub fault: Option<Diagnostic>,
    /// Where it stands.
    pub span: Span,
}

/// A figure: a number, or a shape.
#[derive(Clone, Debug, PartialEq)]
enum Figure {
    Number(f64),
    List(Vec<f64>),
}

/// Why there is no figure.
#[derive(Clone, Debug)]
enum Missing {
    /// It was not counted or planned.
    Unknown,
    /// Its arithmetic has no result.
    Fault(Fault),
}

type FieldOf<'a> = dyn Fn(ValueRef) -> Option<ReceptiveField> + 'a;

/// Where figures come from.
struct Figures<'a> {
    model: &'a Model,
    total: &'a Total,
    field_of: &'a FieldOf<'a>,
    memory: &'a Memory<'a>,
    /// What the `let`s before have computed.
    named: Vec<Result<Figure, Missing>>,
}

/// Judges every assertion of the model.
pub fn judge(model: &Model, total: &Total, field_of: &FieldOf<'_>, memory: &Memory<'_>) -> Vec<Held> {
    let mut figures = Figures { model, total, field_of, memory, named: Vec::new() };
    for quantity in &model.figures {
        let figure = figures.figure(quantity);
        figures.named.push(figure);
    }
    let judged = model.assertions.iter().map(|assertion| {
        let Condition { left, comparison, right } = &assertion.condition;
        let (left, right) = (figures.figure(left), figures.figure(right));
        let holds = match (&left, &right) {
            (Ok(left), Ok(right)) => compare(left, *comparison, right),
            _ => false,
        };
        let fault = [&left, &right].into_iter().find_map(|side| match side {
            Err(Missing::Fault(fault)) => {
                let help = fault
                    .help
                    .clone()
                    .unwrap_or_else(|| "an assertion whose arithmetic has no result does not hold".to_string());
                Some(Diagnostic::error("E0406", fault.message.clone()).at(assertion.span, "").help(help))
            }
            _ => None,
        });
        Held { text: assertion.text.clone(), holds, actual: left.ok().map(show), fault, span: assertion.span }
    });
    judged.collect()
}

impl Figures<'_> {
    fn figure(&self, quantity: &Quantity) -> Result<Figure, Missing> {
        let count = |n: u64| Ok(Figure::Number(n as f64));
        let bytes = |mode, batch| match (self.memory)(self.model, mode, batch) {
            Some(plan) => count(plan.total()),
            None => Err(Missing::Unknown),
        };
        match quantity {
            Quantity::Literal(value) => of_value(value),
            Quantity::Params => count(self.total.params),
            Quantity::Trainable => count(self.total.trainable),
            Quantity::Macs => count(self.total.macs_forward),
            Quantity::MacsBackward => count(self.total.macs_backward),
            Quantity::Flops => count(self.total.flops_forward),
            Quantity::FlopsBackward => count(self.total.flops_backward),
            Quantity::MemoryPredict(batch) => bytes(Mode::Predict, *batch),
            Quantity::MemoryTrain(batch) => bytes(Mode::Step, *batch),
            Quantity::ReceptiveField(value) => {
                let axes = (self.field_of)(*value).ok_or(Missing::Unknown)?.axes;
                let largest = axes.iter().map(|axis| axis.size).reduce(f64::max);
                largest.map(Figure::Number).ok_or(Missing::Unknown)
            }
            Quantity::Shape(value) => {
                let dims = self.model.ty(*value).shape.dims();
                Ok(Figure::List(dims.iter().map(|&extent| extent as f64).collect()))
            }
            Quantity::Named(index) => self.named.get(*index).cloned().unwrap_or(Err(Missing::Unknown)),
            Quantity::Negative(inner) => Ok(Figure::Number(-self.number(inner)?)),
            Quantity::Infixed(first, rest) => self.infixed(first, rest),
            Quantity::Function(name, arguments) => {
                let values: Result<Vec<Value>, Missing> =
                    arguments.iter().map(|argument| self.figure(argument).map(|figure| to_value(&figure))).collect();
                of_value(&function::call(name, &values?).map_err(Missing::Fault)?)
            }
        }
    }

    fn number(&self, quantity: &Quantity) -> Result<f64, Missing> {
        match self.figure(quantity)? {
            Figure::Number(x) => Ok(x),
            Figure::List(_) => Err(Missing::Unknown),
        }
    }

    /// Floats throughout: a quotient of two counts is rarely whole.
    fn infixed(&self, first: &Quantity, rest: &[(InfixOp, Quantity)]) -> Result<Figure, Missing> {
        let apply = |op, left: f64, right: f64| match infix(op, &Value::Float(left), &Value::Float(right)) {
            Ok(Value::Float(x)) => Ok(x),
            Ok(_) => Err(Missing::Unknown),
            Err(fault) => Err(Missing::Fault(fault)),
        };
        let mut operands = vec![self.number(first)?];
        for (_, quantity) in rest {
            operands.push(self.number(quantity)?);
        }
        if rest.iter().any(|(op, _)| *op == InfixOp::Power) {
            let powers = operands.into_iter().rev().map(Ok).reduce(|power, base| apply(InfixOp::Power, base?, power?));
            return powers.unwrap_or(Err(Missing::Unknown)).map(Figure::Number);
        }
        let mut result = operands[0];
        for ((op, _), &operand) in rest.iter().zip(&operands[1..]) {
            result = apply(*op, result, operand)?;
        }
        Ok(Figure::Number(result))
    }
}

/// A count is an integer of the language where a function takes it.
fn to_value(figure: &Figure) -> Value {
    let number = |x: f64| if x.fract() == 0.0 && x.abs() < 9e15 { Value::Int(x as i64) } else { Value::Float(x) };
    match figure {
        Figure::Number(x) => number(*x),
        Figure::List(items) => Value::List(items.iter().map(|&item| number(item)).collect()),
    }
}

fn of_value(value: &Value) -> Result<Figure, Missing> {
    match value {
        Value::Int(n) => Ok(Figure::Number(*n as f64)),
        Value::Float(x) => Ok(Figure::Number(*x)),
        Value::List(items) => {
            let item = |item: &Value| match of_value(item)? {
                Figure::Number(x) => Ok(x),
                Figure::List(_) => Err(Missing::Unknown),
            };
            items.iter().map(item).collect::<Result<Vec<f64>, Missing>>().map(Figure::List)
        }
        _ => Err(Missing::Unknown),
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
