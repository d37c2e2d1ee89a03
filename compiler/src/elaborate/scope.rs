//! What names stand for while a body is evaluated: values known before the run, tensors, shared layers.

use crate::model::ValueRef;
use crate::op::value::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub enum Val {
    /// Something failed and was reported; what depends on it stays silent.
    Unknown,
    /// A value known before the run.
    Const(Value),
    /// A result of a layer.
    Tensor(ValueRef),
    /// Several results, or a list that holds tensors.
    Many(Rc<[Val]>),
}

/// What a name is bound to.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A value.
    Value(Val),
    /// Index into the elaborator's shared layers.
    Shared(usize),
}

/// Names of one network or one call of a block; the braces inside it nest.
#[derive(Debug, Default)]
pub struct Frame<'a> {
    bodies: Vec<HashMap<&'a str, Binding>>,
    /// Index of the text that says which call this is: "at depth = 1".
    pub context: u32,
}

impl<'a> Frame<'a> {
    /// The frame of a call, with its first body open.
    pub fn new(context: u32) -> Frame<'a> {
        Frame { bodies: vec![HashMap::new()], context }
    }

    /// Opens braces.
    pub fn open(&mut self) {
        self.bodies.push(HashMap::new());
    }

    /// Closes braces: the names inside are gone.
    pub fn close(&mut self) {
        self.bodies.pop();
    }

    /// Binds a name in the innermost braces; `_` binds nothing. A name that is bound already was reported: nobody
    /// knows which of both is meant.
    pub fn bind(&mut self, name: &'a str, binding: Binding) {
        let binding = if self.find(name).is_some() { Binding::Value(Val::Unknown) } else { binding };
        if let Some(body) = self.bodies.last_mut()
            && name != "_"
        {
            body.insert(name, binding);
        }
    }

    /// What a name is bound to.
    pub fn find(&self, name: &str) -> Option<&Binding> {
        self.bodies.iter().rev().find_map(|body| body.get(name))
    }
}
