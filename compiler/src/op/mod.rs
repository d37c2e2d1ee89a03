//! What an operator is: its declaration, its shape and parameter rule, and its meaning in primitives.
//!
//! Everything else (cost, gradient, both back ends, the reference page) is derived. An operator sees types and
//! values, never spans, the syntax tree or other layers.
//!
//! An argument named `batch` says whether the batch is an ordinary axis for this operator: the elaborator adds
//! `batch = true` for operators that declare it (`sum`, `mean`, `max`) inside `train`, where every value carries the
//! batch.

pub mod argument;
pub mod axes;
pub mod batch;
pub mod broadcast;
pub mod declare;
pub mod foreign;
pub mod initialiser;
pub mod requirement;
pub mod sliding;
pub mod value;
pub mod weights;

use crate::prim::ValueId;
use crate::prim::builder::Builder;
use crate::types::{ShapeError, TensorType};
use std::fmt::Debug;
use std::sync::Arc;

/// What operators' files import.
pub mod prelude {
    pub use super::argument::{Argument, Axis, Bias, Initialiser, Padding, Pair};
    pub use super::broadcast;
    pub use super::declare::{Arity, Declaration, Declared};
    pub use super::requirement::*;
    pub use super::value::Value;
    pub use super::{Misuse, Op, Operand, ParamKind, ParamSpec, Params, Signature};
    pub use crate::declare_op;
    pub use crate::model::init::Init;
    pub use crate::prim::ValueId;
    pub use crate::prim::builder::Builder;
    pub use crate::prim::scalar::Scalar;
    pub use crate::types::{DType, Shape, TensorType};
}

/// A named operation on tensors with its arguments resolved.
///
/// Two required methods and no defaults, so that nothing can be forgotten silently.
pub trait Op: declare::Declared + Debug + Send + Sync {
    /// Types of the results and the parameters that one instance owns, from the types of the inputs.
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse>;

    /// The meaning in primitives; one value per result, of exactly the types that `infer` gave.
    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId>;
}

/// An input of a layer during expansion: its value and the type that the user sees.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The value in the primitive graph; its first axis is the batch where `ty` is batched.
    pub value: ValueId,
    /// The type with the batch implicit.
    pub ty: TensorType,
}

impl Operand {
    /// Position in the primitive graph of a written axis.
    pub fn axis(&self, written: usize) -> usize {
        written + usize::from(self.ty.shape.is_batched())
    }
}

/// What `infer` finds: result types and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// One type per result.
    pub outputs: Vec<TensorType>,
    /// Parameters and buffers in PyTorch's order.
    pub params: Vec<ParamSpec>,
}

impl Signature {
    /// One result and no parameters.
    pub fn of(output: TensorType) -> Signature {
        Signature { outputs: vec![output], params: Vec::new() }
    }

    /// The result has the type of the first input.
    pub fn same_as(inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let first = inputs.first().ok_or_else(|| Misuse::new("an input is missing"))?;
        Ok(Signature::of(first.clone()))
    }

    /// Adds a parameter.
    pub fn with(mut self, param: ParamSpec) -> Signature {
        self.params.push(param);
        self
    }
}

/// Who changes a tensor that belongs to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// The optimiser, along the gradient.
    Trainable,
    /// Nobody: given or frozen weights.
    Frozen,
    /// The layer itself while training (running statistics), or a fit before the first step.
    Buffer,
}

/// A tensor that one instance of an operator owns.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// PyTorch's name within the layer: `weight`, `bias`, `running_mean`.
    pub name: &'static str,
    /// Shape in PyTorch's order, without batch.
    pub shape: Vec<u64>,
    /// Values before training.
    pub init: crate::model::init::Init,
    /// Who changes it.
    pub kind: ParamKind,
}

impl ParamSpec {
    /// A parameter whose shape passes the limits.
    pub fn new(
        name: &'static str,
        shape: Vec<u64>,
        init: crate::model::init::Init,
        kind: ParamKind,
    ) -> Result<ParamSpec, Misuse> {
        let shown = format!("{shape:?}");
        let shape = crate::types::Shape::fixed(shape).map_err(|error| {
            Misuse::new(format!("`{name}` of shape {shown} is refused: {error}")).help("make the layer smaller")
        })?;
        Ok(ParamSpec { name, shape: shape.dims().to_vec(), init, kind })
    }
}

/// Parameters of one layer as values of the graph, by name.
#[derive(Clone, Debug, Default)]
pub struct Params {
    entries: Vec<(&'static str, ValueId)>,
}

impl Params {
    /// From pairs in the order of the signature.
    pub fn new(entries: Vec<(&'static str, ValueId)>) -> Params {
        Params { entries }
    }

    /// The current value of a parameter that the signature declared.
    ///
    /// # Panics
    /// If the signature did not declare `name`: an error in the operator, never in a model.
    pub fn get(&self, name: &str) -> ValueId {
        self.find(name).unwrap_or_else(|| panic!("operator reads undeclared parameter `{name}`"))
    }

    /// The value of an optional parameter.
    pub fn find(&self, name: &str) -> Option<ValueId> {
        self.entries.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }
}

/// Why an operator refuses its inputs or arguments. The elaborator adds code, span, layer and producers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    /// The argument at fault, if it is one.
    pub argument: Option<&'static str>,
    /// The tensor input at fault, if it is one.
    pub input: Option<usize>,
    /// Position among the given arguments of the one at fault, if it was given.
    pub given: Option<usize>,
    /// What is wrong, with the numbers.
    pub message: String,
    /// The formula with the numbers in, if one explains it.
    pub why: Option<String>,
    /// A concrete fix.
    pub help: Option<String>,
}

impl Misuse {
    /// A refusal with a message alone.
    pub fn new(message: impl Into<String>) -> Misuse {
        Misuse { argument: None, input: None, given: None, message: message.into(), why: None, help: None }
    }

    /// Points at an argument.
    pub fn argument(mut self, name: &'static str) -> Misuse {
        self.argument = Some(name);
        self
    }

    /// Points at a tensor input.
    pub fn input(mut self, index: usize) -> Misuse {
        self.input = Some(index);
        self
    }

    /// Points at one of the given arguments, by its position among them.
    pub fn given(mut self, index: usize) -> Misuse {
        self.given = Some(index);
        self
    }

    /// Adds the formula with the numbers in.
    pub fn why(mut self, why: impl Into<String>) -> Misuse {
        self.why = Some(why.into());
        self
    }

    /// Adds a concrete fix.
    pub fn help(mut self, help: impl Into<String>) -> Misuse {
        self.help = Some(help.into());
        self
    }
}

impl From<ShapeError> for Misuse {
    fn from(error: ShapeError) -> Misuse {
        let help = match error {
            ShapeError::Zero { .. } => "make every extent at least 1",
            ShapeError::Extent { .. } | ShapeError::Elements => "make the tensor smaller",
            ShapeError::Rank(_) => "join axes with `reshape` or `flatten`",
        };
        Misuse::new(format!("the result has a shape that netc refuses: {error}")).help(help)
    }
}

/// Builds from the given arguments, or reports everything that is wrong with them.
pub type Read<T> = fn(&[declare::Given]) -> Result<Arc<T>, Vec<Misuse>>;

/// One line of a family's table: how to describe and how to build an operator.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name in the language.
    pub name: &'static str,
    /// Tensor inputs.
    pub arity: declare::Arity,
    /// Spellings of the arguments in positional order, with the bare words that each declares.
    pub spellings: &'static [declare::Spelling],
    /// Name, documentation, inputs and arguments.
    pub declaration: fn() -> Declaration,
    /// Reads the arguments; every problem is reported at once.
    pub read: Read<dyn Op>,
}

pub use declare::Declaration;

/// The line of a table for the operator `O`.
pub const fn entry<O: Op + declare::Declare + 'static>() -> Entry {
    Entry {
        name: O::NAME,
        arity: O::ARITY,
        spellings: O::SPELLINGS,
        declaration: O::declaration,
        read: |given| match O::read(given) {
            Ok(op) => Ok(Arc::new(op)),
            Err(problems) => Err(problems),
        },
    }
}
