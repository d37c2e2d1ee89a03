//! Declarations: the network's arguments, inputs and outputs, and their types.

use super::Elaborator;
use super::path::LayerPath;
use super::scope::{Binding, Val};
use crate::model::{Layer, LayerKind, Named, Section, ValueRef};
use crate::op::value::Value;
use crate::types::{DType, Shape, TensorType};
use netc_grammar::ast::{self, Declaration, Definition, ElementType, Expr, Ident};
use netc_grammar::{Diagnostic, Span, did_you_mean};

/// Names that an axis of an input may be given.
const AXES: &[&str] = &["channel", "height", "width", "time"];

impl<'a> Elaborator<'a, '_> {
    /// Binds the network's arguments to `--set` values, else to their defaults.
    pub fn network_arguments(&mut self, definition: &'a Definition) {
        let program = self.program;
        for parameter in &definition.parameters {
            let name = &parameter.name.text;
            let expr = program.setting(name).or(parameter.default.as_ref());
            let value = match expr {
                Some(expr) => (self.expression(expr), expr.span),
                None => {
                    self.report(
                        Diagnostic::error("E0403", format!("the network needs the argument `{name}`"))
                            .at(parameter.span, "declared here without a default")
                            .help(format!("give it a value, or a default: `{name}: … = …`")),
                    );
                    (Val::Unknown, parameter.span)
                }
            };
            if matches!(value.0, Val::Unknown) && !self.reports.has_errors() {
                // A word of a setting that nothing defines; words of the file were looked at before.
                self.report(
                    Diagnostic::error("E0214", format!("the argument `{name}` cannot be set to this"))
                        .at(value.1, "no value known before the run")
                        .help(format!("give a value of its type, such as `{name} = 5`; a text stands in quotes")),
                );
            }
            let value = self.fit(parameter, value).unwrap_or(Val::Unknown);
            self.frame().bind(name, Binding::Value(value));
        }
        for (key, span) in program.settings.network_keys() {
            if !definition.parameters.iter().any(|parameter| parameter.name.text == key) {
                let names: Vec<&str> = definition.parameters.iter().map(|p| p.name.text.as_str()).collect();
                let help = match (did_you_mean(key, names.iter().copied()), names.is_empty()) {
                    (Some(near), _) => format!("did you mean `{near}`?"),
                    (None, true) => "it takes none; `train.` before a key sets the recipe".to_string(),
                    (None, false) => format!("it takes {}; `train.` before a key sets the recipe", names.join(", ")),
                };
                let message = format!("the network `{}` has no argument `{key}`", definition.name.text);
                self.report(Diagnostic::error("E0214", message).at(span, "").help(help));
            }
        }
    }

    /// `input image: [1, 28, 28];`
    pub fn input(&mut self, declaration: &'a Declaration) {
        let name = &declaration.name;
        let value = match self.declared_type(&declaration.ty, true) {
            Some(ty) => {
                let path = self.claim(LayerPath::new(name.text.clone()), name.span);
                let value = self.add_source(path.text, LayerKind::Input, ty, declaration.ty.span);
                self.inputs.push(Named { name: name.text.clone(), value, span: name.span });
                Val::Tensor(value)
            }
            None => Val::Unknown,
        };
        if let Val::Tensor(tensor) = value {
            self.labels.entry(name.text.clone()).or_insert(tensor);
        }
        self.frame().bind(&name.text, Binding::Value(value));
    }

    /// A node that computes nothing.
    pub fn add_source(&mut self, path: String, kind: LayerKind, ty: TensorType, span: Span) -> ValueRef {
        let layer = self.add_layer(Layer {
            path,
            kind,
            params: Vec::new(),
            outputs: vec![ty],
            span,
            section: self.section,
            frozen: false,
        });
        ValueRef { layer, output: 0 }
    }

    /// `output y = …;`
    pub fn output(&mut self, name: &'a Ident, value: Val) {
        match &value {
            Val::Tensor(tensor) => {
                if self.section == Section::Network && !self.ty(*tensor).shape.is_batched() {
                    self.report(
                        Diagnostic::error("E0309", format!("the output `{}` is the same for every sample", name.text))
                            .at(name.span, "no input leads to it")
                            .help("an output depends on an input"),
                    );
                }
                self.outputs.push(Named { name: name.text.clone(), value: *tensor, span: name.span });
                self.labels.entry(name.text.clone()).or_insert(*tensor);
            }
            Val::Unknown => {
                // A place for it, so that nobody says that there is no output.
                self.frame().bind(&name.text, Binding::Value(Val::Unknown));
                return;
            }
            other => {
                let found = self.describe(other);
                let help = match other {
                    Val::Many(_) => "take the results apart, and give each its own `output`",
                    _ => "an output is computed from inputs",
                };
                self.report(
                    Diagnostic::error("E0303", format!("the output `{}` must be a tensor, not {found}", name.text))
                        .at(name.span, "")
                        .help(help),
                );
            }
        }
        self.frame().bind(&name.text, Binding::Value(value));
    }

    /// The type of an input, target or parameter.
    pub fn declared_type(&mut self, ty: &'a ast::TensorType, batched: bool) -> Option<TensorType> {
        let dtype = match ty.element {
            None | Some(ElementType::F32) => DType::F32,
            Some(ElementType::Bool) => DType::Bool,
            Some(ElementType::F64) => {
                self.report(
                    Diagnostic::error("E0304", "netc computes in f32; f64 is used by the gradient check alone")
                        .at(ty.span, "")
                        .help("leave the type out: `[1, 28, 28]`"),
                );
                return None;
            }
            Some(ElementType::Int) => self.integer_type(ty)?,
        };
        let mut dims = Vec::new();
        for extent in ty.dims.iter().flatten() {
            if let Some(axis) = &extent.axis
                && !AXES.contains(&axis.text.as_str())
            {
                let help = did_you_mean(&axis.text, AXES.iter().copied())
                    .map_or(format!("axes are called {}", AXES.join(", ")), |near| format!("did you mean `{near}`?"));
                let message = format!("there is no axis called `{}`", axis.text);
                self.report(Diagnostic::error("E0304", message).at(axis.span, "").help(help));
                return None;
            }
            match self.integer(&extent.size, "an extent")? {
                n if n >= 0 => dims.push(n as u64),
                n => {
                    let diagnostic = Diagnostic::error("E0304", format!("an extent cannot be {n}"));
                    self.report(
                        diagnostic
                            .at(extent.size.span, "")
                            .help("every extent is at least 1; shapes are written without the batch"),
                    );
                    return None;
                }
            }
        }
        match Shape::new(batched, dims) {
            Ok(shape) => Some(TensorType { dtype, shape }),
            Err(error) => {
                self.report(
                    Diagnostic::error("E0304", format!("this shape is refused: {error}"))
                        .at(ty.span, "")
                        .help("every extent is at least 1 and a tensor of one sample has at most 2^34 elements"),
                );
                None
            }
        }
    }

    fn integer_type(&mut self, ty: &'a ast::TensorType) -> Option<DType> {
        let Some((low, high)) = ty.range.as_deref() else {
            self.report(
                Diagnostic::error("E0304", "an integer type needs its range")
                    .at(ty.span, "")
                    .help("for example `int in 0..10`"),
            );
            return None;
        };
        let (start, end) = (self.integer(low, "the range")?, self.integer(high, "the range")?);
        match u32::try_from(end) {
            Ok(bound) if start == 0 && bound > 0 && end <= i64::from(i32::MAX) => Some(DType::Int { bound }),
            _ => {
                self.report(
                    Diagnostic::error("E0304", format!("the range {start}..{end} is refused"))
                        .at(low.span.to(high.span), "")
                        .help("class numbers start at 0 and the end, which is excluded, is at most 2^31 − 1: `0..10`"),
                );
                None
            }
        }
    }

    /// A compile-time integer.
    pub fn integer(&mut self, expr: &'a Expr, what: &str) -> Option<i64> {
        let words = std::mem::take(&mut self.words);
        let value = self.expression(expr);
        self.words = words;
        match value {
            Val::Const(Value::Int(n)) => Some(n),
            Val::Unknown => None,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error("E0407", format!("{what} must be an integer, not {found}"))
                        .at(expr.span, "")
                        .help("use whole numbers; `floor_div(a, b)` divides to one"),
                );
                None
            }
        }
    }
}
