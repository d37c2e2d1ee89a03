//! Conditions on the inputs of operators, each with its message and fix: kinds of elements, ranks, equal shapes.

use super::Misuse;
use crate::types::{DType, TensorType};

/// What the elements of a value are, in words.
pub fn kind_of(ty: &TensorType) -> String {
    match ty.dtype {
        DType::F32 | DType::F64 => "numbers".to_string(),
        DType::Bool => "truth values".to_string(),
        DType::Int { bound } => format!("class numbers (int in 0..{bound})"),
    }
}

/// All inputs hold numbers, not class numbers or truth values.
pub fn require_numbers(inputs: &[TensorType]) -> Result<(), Misuse> {
    match inputs.iter().position(|ty| !matches!(ty.dtype, DType::F32 | DType::F64)) {
        None => Ok(()),
        Some(index) => Err(Misuse::new(format!("this takes numbers, not {}", kind_of(&inputs[index])))
            .input(index)
            .help("turn class numbers into numbers with `one_hot`, or declare the value without `int`")),
    }
}

/// The input at `index` holds class numbers; their bound.
pub fn require_classes(inputs: &[TensorType], index: usize) -> Result<u32, Misuse> {
    match inputs[index].dtype {
        DType::Int { bound } => Ok(bound),
        _ => Err(Misuse::new(format!("the labels must be class numbers, not {}", kind_of(&inputs[index])))
            .input(index)
            .help("declare them as `target label: int in 0..classes;`")),
    }
}

/// An input holds a map [channels, height, width]; its extents.
pub fn require_map(operator: &str, ty: &TensorType) -> Result<[u64; 3], Misuse> {
    require_numbers(std::slice::from_ref(ty))?;
    let problem = |help: String| {
        Err(Misuse::new(format!("`{operator}` takes a map [channels, height, width], not {}", ty.shape))
            .input(0)
            .why(format!("{} has {}, a map has 3", ty.shape, super::axes::count(ty.shape.rank())))
            .help(help))
    };
    match *ty.shape.dims() {
        [channels, height, width] => Ok([channels, height, width]),
        [] => problem("give an image: `input image: [1, 28, 28];`".to_string()),
        [n] => problem(format!(
            "for a vector use `dense`; if the {n} numbers are a map, say so before: `reshape([channels, height, width])`"
        )),
        [height, width] => problem(format!("if this is one grey map, write `reshape([1, {height}, {width}])` before")),
        _ => problem("bring it to three axes with `reshape` before".to_string()),
    }
}

/// Two inputs have the same shape (one of them may lack the batch).
pub fn require_same_shape(operator: &str, inputs: &[TensorType]) -> Result<(), Misuse> {
    let (left, right) = (&inputs[0].shape, &inputs[1].shape);
    if left.dims() == right.dims() {
        return Ok(());
    }
    let help = if left.elements() == right.elements() {
        format!("both have {} numbers: write `reshape({left})` for the second", left.elements())
    } else {
        "give both the same shape; losses do not broadcast".to_string()
    };
    Err(Misuse::new(format!("`{operator}` compares {left} with {right}; the shapes must be equal")).input(1).help(help))
}

/// A number lies in a range, given in words: "at least 0 and less than 1".
pub fn require_range(name: &'static str, value: f64, holds: bool, range: &str) -> Result<(), Misuse> {
    if holds {
        return Ok(());
    }
    Err(Misuse::new(format!("`{name}` must be {range}, but is {value}"))
        .argument(name)
        .help(format!("give a number that is {range}")))
}
