//! `split`: one axis in several parts, each a result.

use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

/// How an axis is divided.
#[derive(Clone, Debug, PartialEq)]
pub enum Parts {
    /// Into this many equal parts.
    Equal(usize),
    /// Into parts of these sizes.
    Sizes(Vec<usize>),
}

impl Argument for Parts {
    const EXPECTED: &'static str = "a number of equal parts or a list of sizes";
    fn from_value(value: &Value) -> Result<Parts, String> {
        match value {
            Value::List(items) if !items.is_empty() => Vec::from_value(value).map(Parts::Sizes),
            Value::Int(_) => usize::from_value(value).map(Parts::Equal),
            other => Err(format!("must be {}, not {} `{other}`", Self::EXPECTED, other.kind())),
        }
    }
    fn show(&self) -> String {
        match self {
            Parts::Equal(n) => n.to_string(),
            Parts::Sizes(sizes) => sizes.show(),
        }
    }
}

declare_op! {
    /// One axis cut into parts; each part is a result: `let (q, k, v) = x -> split(3, axis = -1);`.
    pub struct Split = "split"(x) {
        /// Number of equal parts, or the list of their sizes.
        parts: Parts,
        /// Along which axis; may be left out for a vector.
        axis: Option<Axis> = None,
    }
}

/// More results than anyone can name.
const MOST_PARTS: usize = 1024;

impl Split {
    /// Axis and sizes.
    fn resolve(&self, shape: &Shape) -> Result<(usize, Vec<usize>), Misuse> {
        let axis = resolve_or_only("split", self.axis, shape)?;
        let extent = shape.dims()[axis];
        match &self.parts {
            Parts::Equal(n) if *n > MOST_PARTS => Err(Misuse::new(format!("{n} parts are more than {MOST_PARTS}"))
                .argument("parts")
                .help("use `reshape` to make the parts an axis")),
            Parts::Equal(n) if !extent.is_multiple_of(*n as u64) => {
                Err(Misuse::new(format!("axis {axis} of {shape} does not divide into {n} equal parts"))
                    .argument("parts")
                    .why(format!("{extent}/{n} is not whole"))
                    .help(format!("give the sizes as a list that adds up to {extent}")))
            }
            Parts::Equal(n) => Ok((axis, vec![(extent / *n as u64) as usize; *n])),
            Parts::Sizes(sizes) => {
                let total: u64 = sizes.iter().map(|&size| size as u64).sum();
                if total == extent && sizes.len() <= MOST_PARTS {
                    return Ok((axis, sizes.clone()));
                }
                Err(Misuse::new(format!("the sizes add up to {total}, but axis {axis} of {shape} has {extent}"))
                    .argument("parts")
                    .help(format!("give sizes that add up to {extent}")))
            }
        }
    }
}

impl Op for Split {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let shape = &inputs[0].shape;
        let (axis, sizes) = self.resolve(shape)?;
        let mut outputs = Vec::new();
        for size in sizes {
            let mut dims = shape.dims().to_vec();
            dims[axis] = size as u64;
            outputs.push(TensorType { dtype: inputs[0].dtype, shape: Shape::new(shape.is_batched(), dims)? });
        }
        Ok(Signature { outputs, params: Vec::new() })
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let (axis, sizes) = self.resolve(&inputs[0].ty.shape).expect("`infer` accepted these parts");
        let axis = inputs[0].axis(axis);
        let mut start = 0;
        let mut parts = Vec::new();
        for size in sizes {
            parts.push(graph.slice(inputs[0].value, axis, start, size, 1));
            start += size;
        }
        parts
    }
}
