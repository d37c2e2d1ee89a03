//! Calls: what a callee is, and how an operator's inputs and arguments are read.

use super::argument::{flatten, input_index};
use super::path::LayerPath;
use super::scope::Val;
use super::{Elaborator, function};
use crate::op::Entry;
use crate::op::declare::Given;
use crate::op::value::{Call as Description, Value};
use crate::ops;
use netc_grammar::ast::Call;
use netc_grammar::{Diagnostic, Span};

/// Calls that describe and are not layers: rules for starting values.
pub const DESCRIPTIONS: &[&str] = crate::op::initialiser::NAMES;

/// Where the parts of a call stand, for messages.
#[derive(Debug, Default)]
pub struct CallSpans {
    /// The callee with its arguments.
    pub call: Span,
    /// Each given argument, in the order in which the operator sees them.
    pub given: Vec<Span>,
    /// Their names: netc's spelling.
    pub names: Vec<&'static str>,
    /// Each tensor input.
    pub inputs: Vec<Span>,
}

impl<'a> Elaborator<'a, '_> {
    /// Calls a layer, block, operator, function or description.
    pub fn call(&mut self, call: &'a Call, piped: Option<(Val, Span)>, place: Option<LayerPath>) -> Val {
        let Some(callee) = call.callee.single() else { return Val::Unknown };
        let name = callee.text.as_str();
        if let Some(index) = self.find_shared(name) {
            return self.call_shared(index, call, piped);
        }
        if let Some(&block) = self.program.blocks.get(name) {
            return self.call_block(block, call, piped, place);
        }
        let operator = ops::lookup(name);
        let mut first = piped;
        if function::is_function(name) {
            match self.call_function(name, operator.is_some(), call, &mut first) {
                Some(value) => return value,
                None if operator.is_none() => return Val::Unknown,
                None => {}
            }
        }
        match operator {
            Some(entry) => self.call_operator(entry, call, first, place),
            None if DESCRIPTIONS.contains(&name) => self.description(name, call),
            None => Val::Unknown,
        }
    }

    fn call_shared(&mut self, index: usize, call: &'a Call, piped: Option<(Val, Span)>) -> Val {
        let mut values = call.arguments.iter();
        let piped = match piped {
            Some(piped) => Some(piped),
            None => values.next().map(|argument| (self.expression(&argument.value), argument.value.span)),
        };
        if let Some(surplus) = values.next() {
            self.report(
                Diagnostic::error("E0401", "a shared layer takes one value and nothing else")
                    .at(surplus.span, "")
                    .help("its arguments stand where it is declared: `layer name = dense(64);`"),
            );
        }
        self.apply_shared(index, piped, call.span)
    }

    /// A compile-time function; nothing if the call is the operator of the same name, whose first input was then
    /// evaluated into `first`.
    fn call_function(
        &mut self,
        name: &str,
        is_operator: bool,
        call: &'a Call,
        first: &mut Option<(Val, Span)>,
    ) -> Option<Val> {
        let mut rest = call.arguments.iter();
        if first.is_none() {
            let argument = rest.next();
            *first = argument.map(|argument| (self.expression(&argument.value), argument.value.span));
        }
        match first {
            Some((Val::Const(_), _)) => {}
            Some((Val::Unknown, _)) if !is_operator => return Some(Val::Unknown),
            _ if is_operator => return None,
            _ => {}
        }
        let mut values = Vec::new();
        for value in first.take().into_iter().map(|(value, _)| value).collect::<Vec<_>>() {
            values.push(value);
        }
        for argument in rest {
            values.push(self.expression(&argument.value));
        }
        let mut constants = Vec::new();
        for value in values {
            match value {
                Val::Const(value) => constants.push(value),
                Val::Unknown => return Some(Val::Unknown),
                other => {
                    let found = self.describe(&other);
                    let diagnostic =
                        Diagnostic::error("E0407", format!("`{name}` works before the run, not on {found}"));
                    self.report(diagnostic.at(call.span, "").help("give it numbers such as `x.channels`"));
                    return Some(Val::Unknown);
                }
            }
        }
        let result = function::call(name, &constants);
        Some(self.computed(result, call.span))
    }

    /// `normal(0, 0.02)`: a description with its arguments.
    fn description(&mut self, name: &str, call: &'a Call) -> Val {
        let saved = std::mem::replace(&mut self.words, DESCRIPTIONS);
        let mut arguments = Vec::new();
        let mut failed = false;
        for argument in &call.arguments {
            match self.expression(&argument.value) {
                Val::Const(value) => arguments.push((argument.name.as_ref().map(|name| name.text.clone()), value)),
                Val::Unknown => failed = true,
                other => {
                    failed = true;
                    let found = self.describe(&other);
                    self.report(
                        Diagnostic::error("E0402", format!("`{name}` takes numbers known before the run, not {found}"))
                            .at(argument.value.span, "")
                            .help("for example `normal(0, 0.02)`"),
                    );
                }
            }
        }
        self.words = saved;
        if failed {
            return Val::Unknown;
        }
        Val::Const(Value::Call(Box::new(Description { name: name.to_string(), arguments })))
    }

    /// Reads inputs and arguments of an operator and makes its layer.
    pub fn call_operator(
        &mut self,
        entry: &'static Entry,
        call: &'a Call,
        piped: Option<(Val, Span)>,
        place: Option<LayerPath>,
    ) -> Val {
        let mut spans = CallSpans { call: call.span, ..CallSpans::default() };
        let mut inputs: Vec<(Val, Span)> = Vec::new();
        let mut given: Vec<Given> = Vec::new();
        let mut failed = false;
        // A first input that was evaluated already stands in the arguments too, unless it was piped.
        let skip = usize::from(piped.as_ref().is_some_and(|(_, span)| {
            call.arguments.first().is_some_and(|argument| argument.name.is_none() && argument.value.span == *span)
        }));
        inputs.extend(piped);
        let mut positions = 0;
        for argument in call.arguments.iter().skip(skip) {
            if let Some(index) = input_index(entry, argument, inputs.len()) {
                let value = self.expression(&argument.value);
                match index {
                    Some(index) if index < inputs.len() => {
                        let diagnostic = Diagnostic::error("E0404", "this input is given twice");
                        self.report(diagnostic.at(argument.span, "").help("keep one of the two"));
                        failed = true;
                    }
                    _ => inputs.push((value, argument.value.span)),
                }
                continue;
            }
            let spelling = match &argument.name {
                Some(name) => entry.spellings.iter().find(|spelling| spelling.matches(&name.text)),
                None => entry.spellings.get(positions),
            };
            positions += usize::from(argument.name.is_none());
            if let (None, Some(name)) = (spelling, &argument.name) {
                // What its value may be is unknown too; the reader of the arguments reports the name.
                given.push(Given { name: Some(name.text.clone()), value: Value::Bool(true) });
                spans.given.push(argument.span);
                spans.names.push("");
                continue;
            }
            match self.argument(&argument.value, spelling) {
                Some(value) => {
                    given.push(Given { name: argument.name.as_ref().map(|name| name.text.clone()), value });
                    spans.given.push(argument.span);
                    spans.names.push(spelling.map_or("", |spelling| spelling.name));
                }
                None => failed = true,
            }
        }
        self.finish_call(entry, inputs, given, spans, failed, place)
    }

    /// Reads the arguments, checks the inputs and makes the layer.
    fn finish_call(
        &mut self,
        entry: &'static Entry,
        inputs: Vec<(Val, Span)>,
        mut given: Vec<Given>,
        mut spans: CallSpans,
        failed: bool,
        place: Option<LayerPath>,
    ) -> Val {
        let name = entry.name;
        let inputs = flatten(inputs, entry.arity);
        let call = spans.call;
        spans.inputs = inputs.iter().map(|(_, span)| *span).collect();
        // A failed argument may be the one that is missing: then nothing is said about missing ones.
        if self.section != crate::model::Section::Network
            && entry.spellings.iter().any(|spelling| spelling.name == "batch")
            && given.iter().all(|argument| argument.name.as_deref() != Some("batch"))
        {
            given.push(Given { name: Some("batch".to_string()), value: Value::Bool(true) });
            spans.given.push(call);
            spans.names.push("batch");
        }
        let op = match (entry.read)(&given) {
            Ok(op) => Some(op),
            Err(problems) => {
                for problem in problems {
                    if !(failed && problem.given.is_none()) {
                        self.argument_misuse(&problem, &spans);
                    }
                }
                None
            }
        };
        let inputs = self.tensors(name, entry.arity, inputs, call);
        match (op, inputs) {
            (Some(op), Some(inputs)) if !failed => {
                let path = place.unwrap_or_else(|| self.open_path(name, call));
                self.instantiate(op, inputs, path, &spans)
            }
            _ => Val::Unknown,
        }
    }

    /// An operator of the language itself: `a + b`, `-a`.
    pub fn apply_named(
        &mut self,
        name: &str,
        operands: Vec<(Val, Span)>,
        arguments: Vec<(Given, &'static str, Span)>,
        span: Span,
    ) -> Val {
        let Some(entry) = ops::lookup(name) else { return Val::Unknown };
        let path = loop {
            let path = self.scope().by_operator(name);
            if path.is_again() || !self.claimed.contains_key(&path.text) {
                break path;
            }
        };
        let path = self.claim(path, span);
        let mut spans = CallSpans { call: span, ..CallSpans::default() };
        let mut given = Vec::new();
        for (argument, name, span) in arguments {
            given.push(argument);
            spans.names.push(name);
            spans.given.push(span);
        }
        self.finish_call(entry, operands, given, spans, false, Some(path))
    }
}
