//! Calls of blocks: arguments bound to parameters, the body evaluated in names and paths of its own.

use super::path::{LayerPath, PathScope};
use super::scope::{Binding, Frame, Val};
use super::statement::Flow;
use super::{CALL_DEPTH, Elaborator, function};
use crate::model::BlockCall;
use crate::op::value::Value;
use netc_grammar::ast::{Arg, Call, Definition, Expr, ExprKind, Parameter, ParameterType, StageKind, StatementKind};
use netc_grammar::{Diagnostic, Span, did_you_mean};

impl<'a> Elaborator<'a, '_> {
    /// Evaluates a block's body with the call's arguments.
    pub fn call_block(
        &mut self,
        block: &'a Definition,
        call: &'a Call,
        piped: Option<(Val, Span)>,
        place: Option<LayerPath>,
    ) -> Val {
        if !self.spend(call.span) {
            return Val::Unknown;
        }
        let name = block.name.text.as_str();
        if self.frames.len() > CALL_DEPTH {
            self.halted = true;
            self.report(
                Diagnostic::error("E0211", format!("`{name}` calls itself more than {CALL_DEPTH} deep"))
                    .at(call.span, "this call never comes to an end")
                    .note(block.name.span, "the block")
                    .help("count down in an argument and stop: `if depth == 0 { return x; }`"),
            );
            return Val::Unknown;
        }
        let slots = self.assign(block, call, piped);
        let Some(slots) = slots else { return Val::Unknown };
        let place = match place {
            Some(path) => path,
            None => self.open_path(name, call.span),
        };
        let words = std::mem::take(&mut self.words);
        self.frames.push(Frame::new(0));
        let bound = self.bind_parameters(block, slots, call.span);
        let result = if bound {
            let path = place.text.clone();
            let (first, calls) = (self.graph.node_count() as u32, self.blocks.len());
            let scope = if is_one_stage(block) { PathScope::direct(place) } else { PathScope::inside(place) };
            self.scopes.push(scope);
            let flow = self.statements(&block.body);
            self.scopes.pop();
            let text = self.call_text(block);
            let layers = first..self.graph.node_count() as u32;
            let innermost = self.blocks.len() == calls;
            self.blocks.push(BlockCall { path, text, layers, innermost });
            self.block_value(block, flow)
        } else {
            Val::Unknown
        };
        self.frames.pop();
        self.words = words;
        result
    }

    /// `basic(channels = 64, stride = 2)`
    fn call_text(&mut self, block: &Definition) -> String {
        let mut parts = Vec::new();
        for parameter in block.parameters.iter().filter(|parameter| parameter.ty.is_some()) {
            if let Some(Binding::Value(Val::Const(value))) = self.frame().find(&parameter.name.text) {
                let shown = value.to_string();
                parts.push(format!("{} = {}", parameter.name.text, if shown.len() > 24 { "…" } else { &shown }));
            }
        }
        if parts.is_empty() { block.name.text.clone() } else { format!("{}({})", block.name.text, parts.join(", ")) }
    }

    fn block_value(&mut self, block: &Definition, flow: Flow) -> Val {
        match flow {
            Flow::Value(value) | Flow::Return(value) => value,
            Flow::Undecided => Val::Unknown,
            Flow::Next => {
                self.report(
                    Diagnostic::error("E0215", format!("the block `{}` ends without a value", block.name.text))
                        .at(block.name.span, "")
                        .help("end it with `return …;`"),
                );
                Val::Unknown
            }
        }
    }

    /// One value per parameter where one is given; nothing where the call does not fit the block.
    fn assign(
        &mut self,
        block: &'a Definition,
        call: &'a Call,
        piped: Option<(Val, Span)>,
    ) -> Option<Vec<Option<(Val, Span)>>> {
        let parameters = &block.parameters;
        let mut slots: Vec<Option<(Val, Span)>> = vec![None; parameters.len()];
        let mut next = 0;
        let mut fits = true;
        if let Some(piped) = piped {
            match slots.first_mut() {
                Some(slot) => *slot = Some(piped),
                None => fits = self.surplus(block, piped.1),
            }
            next = 1;
        }
        for Arg { name, value, span } in &call.arguments {
            let value = (self.expression(value), value.span);
            let index = match name {
                None => {
                    next += 1;
                    next - 1
                }
                Some(name) => {
                    let Some(index) = parameters.iter().position(|parameter| parameter.name.text == name.text) else {
                        fits = self.unknown_argument(block, &name.text, *span);
                        continue;
                    };
                    index
                }
            };
            match slots.get_mut(index) {
                None => fits = self.surplus(block, *span),
                Some(slot @ None) => *slot = Some(value),
                Some(Some(_)) => {
                    let message = format!("`{}` is given twice", parameters[index].name.text);
                    let help = "the piped value is the first argument; name the others";
                    self.report(Diagnostic::error("E0404", message).at(*span, "").help(help));
                    fits = false;
                }
            }
        }
        for (slot, parameter) in slots.iter().zip(parameters) {
            if slot.is_none() && parameter.default.is_none() {
                let name = &parameter.name.text;
                let help = if parameter.ty.is_none() && parameters.first().is_some_and(|first| first == parameter) {
                    format!("lead a value into it: `x -> {}(…)`", block.name.text)
                } else {
                    format!("add `{name} = …`")
                };
                self.report(
                    Diagnostic::error("E0403", format!("the block `{}` needs the argument `{name}`", block.name.text))
                        .at(call.span, "")
                        .note(parameter.span, "declared here without a default")
                        .help(help),
                );
                fits = false;
            }
        }
        fits.then_some(slots)
    }

    fn surplus(&mut self, block: &Definition, span: Span) -> bool {
        let names: Vec<&str> = block.parameters.iter().map(|parameter| parameter.name.text.as_str()).collect();
        self.report(
            Diagnostic::error("E0401", format!("the block `{}` has too many arguments", block.name.text))
                .at(span, "")
                .help(format!("it takes ({})", names.join(", "))),
        );
        false
    }

    fn unknown_argument(&mut self, block: &Definition, name: &str, span: Span) -> bool {
        let names = || block.parameters.iter().map(|parameter| parameter.name.text.as_str());
        let list = names().collect::<Vec<_>>().join(", ");
        let help = match did_you_mean(name, names()) {
            Some(near) => format!("did you mean `{near}`? (it takes {list})"),
            None => format!("it takes {list}"),
        };
        let message = format!("the block `{}` has no argument `{name}`", block.name.text);
        self.report(Diagnostic::error("E0401", message).at(span, "").help(help));
        false
    }

    /// Binds the parameters in the new frame; defaults see the parameters before them.
    fn bind_parameters(&mut self, block: &'a Definition, slots: Vec<Option<(Val, Span)>>, call: Span) -> bool {
        let mut context: Vec<String> = Vec::new();
        let mut fits = true;
        for (slot, parameter) in slots.into_iter().zip(&block.parameters) {
            let value = match (slot, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => (self.expression(default), default.span),
                (None, None) => (Val::Unknown, call),
            };
            let value = self.fit(parameter, value);
            match &value {
                Some(Val::Const(value @ (Value::Int(_) | Value::Bool(_)))) if context.len() < 3 => {
                    context.push(format!("{} = {value}", parameter.name.text));
                }
                _ => {}
            }
            fits &= value.is_some();
            self.frame().bind(&parameter.name.text, Binding::Value(value.unwrap_or(Val::Unknown)));
        }
        if !context.is_empty() {
            self.contexts.push(format!(" at {}", context.join(", ")).into());
        }
        self.frame().context = if context.is_empty() { 0 } else { (self.contexts.len() - 1) as u32 };
        fits
    }

    /// The value as the parameter's type wants it.
    pub fn fit(&mut self, parameter: &Parameter, (value, span): (Val, Span)) -> Option<Val> {
        let wanted = match (parameter.ty, value) {
            (_, Val::Unknown) => return Some(Val::Unknown),
            (None, value @ (Val::Tensor(_) | Val::Many(_))) => return Some(value),
            (Some(ParameterType::Int), Val::Const(Value::Int(n))) => return Some(Val::Const(Value::Int(n))),
            (Some(ParameterType::Float), Val::Const(Value::Int(n))) => {
                return Some(Val::Const(Value::Float(n as f64)));
            }
            (Some(ParameterType::Float), Val::Const(Value::Float(x))) => return Some(Val::Const(Value::Float(x))),
            (Some(ParameterType::Bool), Val::Const(Value::Bool(b))) => return Some(Val::Const(Value::Bool(b))),
            (Some(ParameterType::String), Val::Const(Value::Text(text) | Value::Word(text))) => {
                return Some(Val::Const(Value::Text(text)));
            }
            (Some(ParameterType::List), Val::Const(list @ (Value::List(_) | Value::Range(..)))) => {
                return Some(Val::Const(list));
            }
            (ty, value) => {
                let wanted = match ty {
                    None => "a tensor",
                    Some(ParameterType::Int) => "an integer",
                    Some(ParameterType::Float) => "a number",
                    Some(ParameterType::Bool) => "`true` or `false`",
                    Some(ParameterType::String) => "a text",
                    Some(ParameterType::List) => "a list",
                };
                (wanted, value)
            }
        };
        let (wanted, found) = wanted;
        let name = &parameter.name.text;
        let help = match (parameter.ty, type_word(&found)) {
            (None, Some(ty)) => format!("without a type `{name}` is a tensor: declare `{name}: {ty}`"),
            _ => format!("give {wanted}"),
        };
        self.report(
            Diagnostic::error("E0402", format!("`{name}` must be {wanted}, not {}", self.describe(&found)))
                .at(span, "")
                .note(parameter.span, "declared here")
                .help(help),
        );
        None
    }
}

/// The type that a parameter needs to take a constant.
fn type_word(value: &Val) -> Option<&'static str> {
    match value {
        Val::Const(Value::Int(_)) => Some("int"),
        Val::Const(Value::Float(_)) => Some("float"),
        Val::Const(Value::Bool(_)) => Some("bool"),
        Val::Const(Value::Text(_)) => Some("string"),
        Val::Const(Value::List(_) | Value::Range(..)) => Some("list"),
        _ => None,
    }
}

/// Whether a block only leads a value through one unlabelled stage: such a body adds nothing to paths.
fn is_one_stage(block: &Definition) -> bool {
    let result = match (block.body.statements.as_slice(), &block.body.result) {
        ([], Some(result)) => result.as_ref(),
        ([only], None) => match &only.kind {
            StatementKind::Return(result) => result,
            _ => return false,
        },
        _ => return false,
    };
    match &result.unparenthesized().kind {
        ExprKind::Chain(chain) => match chain.stages.as_slice() {
            [stage] => {
                let simple = match &stage.kind {
                    StageKind::Call(call) => call.arguments.iter().all(|argument| is_plain(&argument.value)),
                    _ => false,
                };
                simple && stage.label.is_none() && matches!(chain.head.kind, ExprKind::Name(_))
            }
            _ => false,
        },
        ExprKind::Call(call) => call.arguments.iter().all(|argument| is_plain(&argument.value)),
        _ => false,
    }
}

/// Whether an expression certainly makes no layer.
fn is_plain(expr: &Expr) -> bool {
    match &expr.unparenthesized().kind {
        ExprKind::Number(_) | ExprKind::Bool(_) | ExprKind::String(_) | ExprKind::Name(_) => true,
        ExprKind::Access { base, .. } => is_plain(base),
        ExprKind::List(items) => items.iter().all(is_plain),
        ExprKind::Prefixed { value, .. } => is_plain(value),
        ExprKind::Infixed { first, rest } => is_plain(first) && rest.iter().all(|infix| is_plain(&infix.value)),
        ExprKind::Call(call) => {
            let name = call.callee.single().map_or("", |name| name.text.as_str());
            let known = function::is_function(name) || super::call::DESCRIPTIONS.contains(&name);
            known && call.arguments.iter().all(|argument| is_plain(&argument.value))
        }
        _ => false,
    }
}
