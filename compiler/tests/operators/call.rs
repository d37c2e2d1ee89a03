//! From text to what an operator is given: `conv2d(3, kernel = 3)` and input types such as `[2, 5, 5]`.

use netc_compiler::op::declare::Given;
use netc_compiler::op::value::{Call, Value};
use netc_compiler::op::{Misuse, Op};
use netc_compiler::ops;
use netc_compiler::types::{DType, Shape, TensorType};
use netc_grammar::Source;
use netc_grammar::ast::{Expr, ExprKind, ItemKind, NumberValue, StatementKind};
use std::sync::Arc;

/// The operator of a call in netc's syntax, all inputs left out. `metric accuracy()` is taken from the metrics.
pub fn operator(text: &str) -> Result<Arc<dyn Op>, Vec<Misuse>> {
    let (text, metric) = text.strip_prefix("metric ").map_or((text, false), |rest| (rest, true));
    let call = call(text);
    let given: Vec<Given> = call.arguments.into_iter().map(|(name, value)| Given { name, value }).collect();
    let entry =
        if metric { ops::metric::lookup(&call.name).map(|metric| &metric.entry) } else { ops::lookup(&call.name) };
    (entry.unwrap_or_else(|| panic!("no operator `{}`", call.name)).read)(&given)
}

/// A call as a value, by netc's own grammar.
pub fn call(text: &str) -> Call {
    let source = Source::main("call.net", format!("network case() {{ output y = {text}; }}"));
    let parsed = netc_grammar::parse(&source);
    assert!(!parsed.has_errors(), "{text}: {:?}", parsed.diagnostics);
    let ItemKind::Network(network) = &parsed.ast.items[0].kind else { panic!("{text}: not a network") };
    let StatementKind::Output { value: expression, .. } = &network.body.statements[0].kind else {
        panic!("{text}: not an output")
    };
    match value(expression) {
        Value::Call(call) => *call,
        other => panic!("{text}: {other} is no call"),
    }
}

fn value(expression: &Expr) -> Value {
    match &expression.unparenthesized().kind {
        ExprKind::Number(number) => match (number.value, number.as_int()) {
            (NumberValue::Int(_), Some(n)) => Value::Int(n),
            _ => Value::Float(number.as_float()),
        },
        ExprKind::Bool(truth) => Value::Bool(*truth),
        ExprKind::String(text) => Value::Text(text.clone()),
        ExprKind::Name(name) => Value::Word(name.text.clone()),
        ExprKind::List(items) => Value::List(items.iter().map(value).collect()),
        ExprKind::Prefixed { value: inner, .. } => match value(inner) {
            Value::Int(n) => Value::Int(-n),
            Value::Float(x) => Value::Float(-x),
            other => panic!("minus before {other}"),
        },
        ExprKind::Call(call) => Value::Call(Box::new(Call {
            name: call.callee.single().expect("a plain name").text.clone(),
            arguments: call
                .arguments
                .iter()
                .map(|argument| (argument.name.as_ref().map(|name| name.text.clone()), value(&argument.value)))
                .collect(),
        })),
        other => panic!("no value: {other:?}"),
    }
}

/// Types, separated by `;`: `[2, 3]` has a batch, `fixed [2, 3]` has none, `int 4 [2]` holds classes in 0..4.
pub fn types(text: &str) -> Vec<TensorType> {
    text.split(';').map(|part| one_type(part.trim())).collect()
}

fn one_type(text: &str) -> TensorType {
    let (text, batched) = text.strip_prefix("fixed ").map_or((text, true), |rest| (rest, false));
    let (dtype, shape) = match text.strip_prefix("int ") {
        Some(rest) => {
            let (bound, shape) = rest.split_once(' ').expect("a bound and a shape");
            (DType::Int { bound: bound.parse().expect("a bound") }, shape)
        }
        None => (DType::F32, text),
    };
    let inner = shape.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).expect("a shape in brackets");
    let dims: Vec<u64> =
        inner.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().expect("an extent")).collect();
    TensorType { dtype, shape: Shape::new(batched, dims).expect("a legal shape") }
}
