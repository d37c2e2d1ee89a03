//! `start = safetensors("encoder.safetensors", into = encoder, map = { "backbone.*": "encoder.*" })`.

use super::Setting;
use crate::elaborate::Elaborator;
use crate::model::ParamId;
use crate::model::recipe::Start;
use crate::op::value::Value;
use netc_grammar::ast::{Expr, ExprKind};
use netc_grammar::{Diagnostic, Span, did_you_mean};
use std::collections::BTreeMap;

/// Arguments after the path.
const KEYS: &[&str] = &["into", "map"];

impl<'a> Elaborator<'a, '_> {
    /// Weights of a file that take the place of starting values; the file is opened when training begins.
    pub fn start_from(&mut self, (expr, _): Setting<'a>) -> Option<Start> {
        let expr = expr.unparenthesized();
        let call = match &expr.kind {
            ExprKind::Call(call) if call.callee.single().is_some_and(|name| name.text == "safetensors") => call,
            _ => {
                self.refuse_start(
                    expr.span,
                    "`start` takes a weights file".into(),
                    "write `safetensors(\"weights.safetensors\")`",
                );
                return None;
            }
        };
        let mut start = Start {
            path: String::new(),
            params: (0..self.params.len() as u32).map(ParamId).collect(),
            into: Vec::new(),
            map: Vec::new(),
            file: self.sources.get(call.span.file).map_or(String::new(), |source| source.name().to_string()),
            span: call.span,
        };
        for (position, argument) in call.arguments.iter().enumerate() {
            match argument.name.as_ref().map(|name| name.text.as_str()) {
                None if position == 0 => match self.argument(&argument.value, None)? {
                    Value::Text(path) => start.path = path,
                    other => {
                        let message = format!("the weights file is a path in quotes, not {} `{other}`", other.kind());
                        self.refuse_start(argument.span, message, "write `safetensors(\"weights.safetensors\")`");
                        return None;
                    }
                },
                Some("into") => {
                    let labels = self.word_or_value(&argument.value, false)?;
                    start.params = self.under(&labels, argument.span, "into")?;
                    start.into = super::select::prefixes(&labels);
                }
                Some("map") => start.map = self.name_map(&argument.value)?,
                name => {
                    let near = name.and_then(|name| did_you_mean(name, KEYS.iter().copied()));
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "it takes a path, then `into = label` and `map = { \"from.*\": \"to.*\" }`".to_string(),
                    };
                    let shown = name.map_or("a second path".to_string(), |name| format!("`{name}`"));
                    self.refuse_start(argument.span, format!("`safetensors` takes no {shown}"), &help);
                    return None;
                }
            }
        }
        if start.path.is_empty() {
            let help = "write `safetensors(\"weights.safetensors\")`";
            self.refuse_start(call.span, "`safetensors` needs the path of a file".into(), help);
            return None;
        }
        Some(start)
    }

    /// `{ "backbone.*": "encoder.*" }`
    fn name_map(&mut self, expr: &'a Expr) -> Option<Vec<(String, String)>> {
        let ExprKind::Map(entries) = &expr.unparenthesized().kind else {
            self.refuse_start(
                expr.span,
                "`map` takes names in braces".into(),
                "write `map = { \"backbone.*\": \"encoder.*\" }`",
            );
            return None;
        };
        let mut map = Vec::new();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for entry in entries {
            if let Some(first) = seen.insert(&entry.key, entry.key_span) {
                self.report(
                    Diagnostic::error("E0506", format!("{:?} is given twice", entry.key))
                        .at(entry.key_span, "")
                        .note(first, "first given here")
                        .help("keep one of the two: a tensor has one path in the network"),
                );
                return None;
            }
            let to = match self.argument(&entry.value, None)? {
                Value::Text(to) => to,
                other => {
                    let message =
                        format!("a name of the file leads to a path in quotes, not {} `{other}`", other.kind());
                    self.refuse_start(entry.value.span, message, "write `\"backbone.*\": \"encoder.*\"`");
                    return None;
                }
            };
            let stars = |text: &str| text.matches('*').count();
            if stars(&entry.key) > 1 || stars(&entry.key) != stars(&to) {
                let message = format!("{:?} and {to:?} do not have one `*` each, or none", entry.key);
                let help = "`*` stands for the same text on both sides: `\"backbone.*\": \"encoder.*\"`";
                self.refuse_start(entry.key_span.to(entry.value.span), message, help);
                return None;
            }
            map.push((entry.key.clone(), to));
        }
        Some(map)
    }

    fn refuse_start(&mut self, span: Span, message: String, help: &str) {
        self.report(Diagnostic::error("E0506", message).at(span, "").help(help));
    }
}
