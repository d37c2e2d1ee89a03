//! Layers as they are made: inputs as tensors, shapes inferred, parameters created or found, edges added.

use super::Elaborator;
use super::call::CallSpans;
use super::path::LayerPath;
use super::scope::Val;
use crate::model::{Edge, Layer, LayerId, LayerKind, Param, ParamId, Section, ValueRef};
use crate::op::declare::Arity;
use crate::op::value::Value;
use crate::op::{Misuse, Op, ParamSpec};
use crate::types::{Shape, TensorType};
use netc_grammar::{Diagnostic, Span};
use std::sync::Arc;

impl<'a> Elaborator<'a, '_> {
    /// The inputs of an operator as results of layers; numbers become constants. Nothing where one is unknown or
    /// the count is wrong.
    pub fn tensors(
        &mut self,
        operator: &str,
        arity: Arity,
        inputs: Vec<(Val, Span)>,
        call: Span,
    ) -> Option<Vec<ValueRef>> {
        let (wanted, list) = match arity {
            Arity::Named(names) => (names.len(), names.join(", ")),
            Arity::Any(name) => (inputs.len().max(1), format!("{name}, …")),
        };
        if inputs.iter().any(|(value, _)| matches!(value, Val::Unknown)) {
            return None;
        }
        if inputs.len() != wanted {
            let found = match inputs.len() {
                0 => "none is given".to_string(),
                1 => "one is given".to_string(),
                n => format!("{n} are given"),
            };
            let call_as = if wanted == 1 { format!("x -> {operator}") } else { format!("{operator}({list})") };
            self.report(
                Diagnostic::error("E0403", format!("`{operator}` takes {wanted} value(s), but {found}"))
                    .at(call, "")
                    .help(format!("call it as `{call_as}`")),
            );
            return None;
        }
        let mut tensors = Vec::with_capacity(inputs.len());
        for (value, span) in inputs {
            match value {
                Val::Tensor(tensor) => tensors.push(tensor),
                Val::Const(Value::Int(n)) => tensors.push(self.constant(n as f64, span)),
                Val::Const(Value::Float(x)) => tensors.push(self.constant(x, span)),
                other => {
                    let found = self.describe(&other);
                    let help = match other {
                        Val::Many(_) => "take the results apart: `let (a, b) = …;`",
                        _ => "a tensor comes first, then the arguments",
                    };
                    self.report(
                        Diagnostic::error("E0303", format!("`{operator}` needs a tensor here, not {found}"))
                            .at(span, "")
                            .help(help),
                    );
                    return None;
                }
            }
        }
        Some(tensors)
    }

    /// A number as a value of the graph.
    pub fn constant(&mut self, number: f64, span: Span) -> ValueRef {
        let key = (self.section == Section::Network, number.to_bits());
        if let Some(&layer) = self.constants.get(&key) {
            return ValueRef { layer, output: 0 };
        }
        let layer = self.add_layer(Layer {
            path: number.to_string(),
            kind: LayerKind::Constant(number),
            params: Vec::new(),
            outputs: vec![TensorType::f32(Shape::scalar())],
            span,
            section: self.section,
            frozen: false,
        });
        self.constants.insert(key, layer);
        ValueRef { layer, output: 0 }
    }

    /// A parameter as a value of the graph.
    pub fn param_value(&mut self, id: ParamId, span: Span) -> ValueRef {
        let key = (self.section == Section::Network, id);
        if let Some(&layer) = self.param_values.get(&key) {
            return ValueRef { layer, output: 0 };
        }
        let param = &self.params[id.0 as usize];
        let shape = Shape::fixed(param.shape.clone()).unwrap_or_else(|_| Shape::scalar());
        let layer = self.add_layer(Layer {
            path: param.path.clone(),
            kind: LayerKind::Param(id),
            params: Vec::new(),
            outputs: vec![TensorType::f32(shape)],
            span,
            section: self.section,
            frozen: false,
        });
        self.param_values.insert(key, layer);
        ValueRef { layer, output: 0 }
    }

    /// Adds a node and remembers which call made it.
    pub fn add_layer(&mut self, layer: Layer) -> LayerId {
        let context = self.frame().context;
        self.layer_contexts.push(context);
        self.graph.add_node(layer)
    }

    /// Infers the types of a layer's results and adds it with its parameters and edges.
    pub fn instantiate(&mut self, op: Arc<dyn Op>, inputs: Vec<ValueRef>, path: LayerPath, spans: &CallSpans) -> Val {
        if !self.spend(spans.call) {
            return Val::Unknown;
        }
        let types: Vec<TensorType> = inputs.iter().map(|&input| self.ty(input).clone()).collect();
        let signature = match op.infer(&types).and_then(|signature| self.keeps_samples(&types, signature)) {
            Ok(signature) => signature,
            Err(misuse) => {
                self.misuse(op.name(), &misuse, spans, &inputs);
                return Val::Unknown;
            }
        };
        let mut params = Vec::with_capacity(signature.params.len());
        for spec in signature.params {
            match self.parameter(spec.clone(), &path, spans.call) {
                Some(id) => params.push((spec.name, id)),
                None => return Val::Unknown,
            }
        }
        let count = signature.outputs.len();
        let layer = self.add_layer(Layer {
            path: path.text,
            kind: LayerKind::Apply(op),
            params,
            outputs: signature.outputs,
            span: spans.call,
            section: self.section,
            frozen: false,
        });
        for (position, (value, ty)) in inputs.into_iter().zip(types).enumerate() {
            self.graph.add_edge(value.layer, layer, Edge { output: value.output, input: position, ty });
        }
        match count {
            1 => Val::Tensor(ValueRef { layer, output: 0 }),
            _ => Val::Many((0..count).map(|output| Val::Tensor(ValueRef { layer, output })).collect()),
        }
    }

    /// In a network every sample is computed for itself, so no result may lose the batch.
    fn keeps_samples(
        &self,
        inputs: &[TensorType],
        signature: crate::op::Signature,
    ) -> Result<crate::op::Signature, Misuse> {
        let lost = self.section == Section::Network
            && inputs.iter().any(|ty| ty.shape.is_batched())
            && signature.outputs.iter().any(|ty| !ty.shape.is_batched());
        if lost {
            return Err(Misuse::new("this would mix the samples of a batch; a network computes each for itself")
                .help("losses and metrics stand in `train { … }`"));
        }
        Ok(signature)
    }

    /// Creates a parameter, or finds the one of a shared layer's first use.
    fn parameter(&mut self, spec: ParamSpec, layer: &LayerPath, span: Span) -> Option<ParamId> {
        let path = super::path::join(layer.params(), spec.name);
        let Some(&known) = self.param_paths.get(&path) else {
            return Some(self.add_param(Param { path, shape: spec.shape, init: spec.init, kind: spec.kind, span }));
        };
        let first = &self.params[known.0 as usize];
        if first.shape == spec.shape && layer.is_again() {
            return Some(known);
        }
        let diagnostic = if layer.is_again() {
            Diagnostic::error("E0306", format!("the shared layer `{}` cannot take this shape", layer.params()))
                .at(span, format!("here `{}` would be {:?}", path, spec.shape))
                .note(first.span, format!("the first use made it {:?}", first.shape))
                .help("all uses of a shared layer have inputs of one shape; declare a second layer for the other")
        } else {
            Diagnostic::error("E0206", format!("two parameters have the path `{path}`"))
                .at(span, "")
                .note(first.span, "the first one")
                .help("label the layers differently")
        };
        self.report(diagnostic);
        None
    }

    /// Adds a parameter with its path.
    pub fn add_param(&mut self, param: Param) -> ParamId {
        let id = ParamId(u32::try_from(self.params.len()).unwrap_or(u32::MAX));
        self.param_paths.insert(param.path.clone(), id);
        self.params.push(param);
        id
    }

    /// The type of a value.
    pub fn ty(&self, value: ValueRef) -> &TensorType {
        &self.graph[value.layer].outputs[value.output]
    }
}
