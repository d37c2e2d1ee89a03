//! Cases per operator, from the table `operators.txt`: every operator of the registry must have at least twelve. An
//! operator of one tensor whose arguments all have defaults needs no line.

use crate::suite::{Case, uniform};
use netc_compiler::op::declare::{Arity, Given};
use netc_compiler::op::value::Value;
use netc_compiler::op::{Entry, Op, Operand, ParamSpec, Params};
use netc_compiler::ops;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::{Prim, Source, ValueId, ValueType};
use netc_compiler::types::{DType, Shape, TensorType};
use std::sync::Arc;

/// Operators that nothing can be differentiated through: their results are class indicators.
#[allow(dead_code, reason = "the mutation runner asks for cases alone")]
pub const WITHOUT_GRADIENT: &[&str] = &["one_hot"];

const TABLE: &str = include_str!("operators.txt");

/// Inputs of operators that are not in the table.
const INPUTS: &str = "[1] ; [5] ; [2, 3] ; [3, 2, 2] ; fixed [4] ; [ ]";

/// The operator of every line, and its cases; then the operators without a line.
pub fn cases() -> Vec<(String, Case)> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut cases: Vec<(String, Case)> = lines.flat_map(line_cases).collect();
    for entry in ops::all() {
        if cases.iter().all(|(name, _)| name != entry.name) && takes_any_tensor(entry) {
            cases.extend(line_cases(&format!("{} | {INPUTS}", entry.name)));
        }
    }
    cases
}

/// Whether an operator without arguments takes each of [`INPUTS`].
fn takes_any_tensor(entry: &Entry) -> bool {
    let Ok(op) = (entry.read)(&[]) else { return false };
    matches!(entry.arity, Arity::Named([_])) && INPUTS.split(';').all(|text| op.infer(&[input(text.trim()).ty]).is_ok())
}

fn line_cases(line: &str) -> Vec<(String, Case)> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let (still, name) = match fields[0].strip_prefix("still ") {
        Some(name) => (true, name),
        None => (false, fields[0]),
    };
    let mut cases = Vec::new();
    for inputs in fields[1].split(';').map(str::trim) {
        for arguments in fields.get(2).unwrap_or(&"").split(';').map(str::trim) {
            for batch in [2, 3] {
                let title = format!("{}({inputs}; {arguments}) batch {batch}", fields[0]);
                cases.push((name.to_string(), case(title, name, inputs, arguments, batch, still)));
            }
        }
    }
    cases
}

/// What one input is: its type, and the range of its entries.
#[derive(Clone)]
struct Input {
    ty: TensorType,
    low: f64,
    high: f64,
}

fn case(title: String, name: &str, inputs: &str, arguments: &str, batch: usize, still: bool) -> Case {
    let inputs: Vec<Input> = top_level(inputs).iter().map(|text| input(text)).collect();
    let entry = ops::lookup(name).unwrap_or_else(|| panic!("{title}: no such operator"));
    let op = (entry.read)(&given(arguments)).unwrap_or_else(|problems| panic!("{title}: {problems:?}"));
    let types: Vec<TensorType> = inputs.iter().map(|input| input.ty.clone()).collect();
    let signature = op.infer(&types).unwrap_or_else(|misuse| panic!("{title}: {} {:?}", misuse.message, misuse.why));
    let mut leaves: Vec<(Vec<usize>, f64, f64)> = Vec::new();
    for input in inputs.iter().filter(|input| input.ty.dtype.is_float()) {
        leaves.push((input.ty.shape.concrete(batch), input.low, input.high));
    }
    let n_inputs = leaves.len();
    for param in &signature.params {
        let positive = matches!(param.name, "running_var" | "deviation");
        let shape = param.shape.iter().map(|&extent| extent as usize).collect();
        leaves.push((shape, if positive { 0.5 } else { -1.0 }, 1.5));
    }
    let blocked = if name == "detach" { vec![0] } else { vec![] };
    let build = move |graph: &mut Builder, leaves: &[ValueId]| {
        (graph.graph.batch, graph.frozen) = (batch, still);
        expand(graph, op.as_ref(), &inputs, &signature.params, leaves, n_inputs)
    };
    let mut case = Case { name: title, leaves, build: Box::new(build), blocked };
    case.blocked.sort_unstable();
    case
}

fn expand(
    graph: &mut Builder,
    op: &dyn Op,
    inputs: &[Input],
    params: &[ParamSpec],
    leaves: &[ValueId],
    n_inputs: usize,
) -> ValueId {
    let mut floats = leaves[..n_inputs].iter();
    let mut operands = Vec::new();
    for input in inputs {
        let value = match input.ty.dtype {
            DType::Int { bound } => labels(graph, bound, &input.ty.shape),
            _ => *floats.next().expect("one leaf per input of real numbers"),
        };
        operands.push(Operand { value, ty: input.ty.clone() });
    }
    let named = params.iter().map(|param| param.name).zip(leaves[n_inputs..].iter().copied()).collect();
    let results = op.expand(graph, &operands, &Params::new(named));
    if let [single] = results.as_slice() {
        return *single;
    }
    let flat: Vec<ValueId> = results
        .iter()
        .map(|&result| {
            let elements = graph.shape(result).iter().product();
            graph.reshape(result, &[elements])
        })
        .collect();
    graph.concat(&flat, 0)
}

fn labels(graph: &mut Builder, bound: u32, shape: &Shape) -> ValueId {
    let shape = shape.concrete(graph.graph.batch);
    let numbers = uniform(71, shape.iter().product(), 0.0, f64::from(bound));
    let labels: Arc<[f32]> = numbers.iter().map(|number| number.floor() as f32).collect();
    let ty = ValueType { dtype: DType::Int { bound }, shape };
    graph.push(Prim::Source(Source::Constant(labels)), vec![], ty)
}

/// `fixed 0.1..0.9 [2, 3]`
fn input(text: &str) -> Input {
    let (before, dims) = text.split_once('[').unwrap_or_else(|| panic!("`{text}` has no shape"));
    let dims = dims.trim_end_matches(']').split(',').map(str::trim).filter(|extent| !extent.is_empty());
    let dims: Vec<u64> = dims.map(|extent| extent.parse().expect("an extent")).collect();
    let (mut batched, mut dtype, mut low, mut high) = (true, DType::F32, -1.0, 1.0);
    let mut words = before.split_whitespace();
    while let Some(word) = words.next() {
        if word == "fixed" {
            batched = false;
        } else if word == "int" {
            let bound = words.next().and_then(|bound| bound.parse().ok());
            dtype = DType::Int { bound: bound.expect("a bound") };
        } else if let Some((from, to)) = word.split_once("..") {
            (low, high) = (from.parse().expect("a number"), to.parse().expect("a number"));
        } else {
            panic!("`{word}` in `{text}`");
        }
    }
    let shape = Shape::new(batched, dims).expect("a valid shape");
    Input { ty: TensorType { dtype, shape }, low, high }
}

/// `3, kernel = [3, 2], pad = same`
fn given(text: &str) -> Vec<Given> {
    let argument = |text: &&str| match text.split_once('=') {
        Some((name, text)) => Given { name: Some(name.trim().to_string()), value: value(text.trim()) },
        None => Given { name: None, value: value(text) },
    };
    top_level(text).iter().map(argument).collect()
}

fn value(text: &str) -> Value {
    if let Some(items) = text.strip_prefix('[') {
        return Value::List(top_level(items.trim_end_matches(']')).into_iter().map(value).collect());
    }
    let number = text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Float));
    match (text, number) {
        ("true" | "false", _) => Value::Bool(text == "true"),
        (_, Ok(number)) => number,
        (word, Err(_)) => Value::Word(word.to_string()),
    }
}

/// Parts between the commas that stand outside brackets.
fn top_level(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
