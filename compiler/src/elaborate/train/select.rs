//! Which parameters a recipe means: `freeze = [encoder, "layer1.*"]`, and the same in groups and in `start`.

use crate::elaborate::Elaborator;
use crate::model::ParamId;
use crate::model::is_below;
use crate::op::value::Value;
use netc_grammar::ast::Expr;
use netc_grammar::{Diagnostic, Span, did_you_mean};
use std::collections::BTreeSet;

impl<'a> Elaborator<'a, '_> {
    /// Parameters that the optimiser must not touch; their layers keep statistics.
    pub fn freeze(&mut self, expr: &'a Expr) -> Option<BTreeSet<ParamId>> {
        let labels = self.word_or_value(expr, false)?;
        let frozen = self.under(&labels, expr.span, "freeze")?;
        for layer in self.graph.node_weights_mut() {
            layer.frozen = !layer.params.is_empty() && layer.params.iter().all(|(_, id)| frozen.contains(id));
        }
        Some(frozen)
    }

    /// Parameters and buffers under a label or path, or under each of a list.
    pub fn under(&mut self, labels: &Value, span: Span, key: &str) -> Option<BTreeSet<ParamId>> {
        let mut found = BTreeSet::new();
        for label in items(labels) {
            let (Value::Word(path) | Value::Text(path)) = label else {
                let message = format!("`{key}` takes labels, not {} `{label}`", label.kind());
                let diagnostic = Diagnostic::error("E0508", message).at(span, "");
                self.report(diagnostic.help("name layers by their labels, or by paths in quotes such as \"layer1.0\""));
                return None;
            };
            let prefix = prefix(path);
            let before = found.len();
            let ids = (0..self.params.len() as u32).map(ParamId);
            found.extend(ids.filter(|id| is_below(&self.params[id.0 as usize].path, prefix)));
            if found.len() == before {
                self.report_no_path(path, prefix, span);
                return None;
            }
        }
        Some(found)
    }

    fn report_no_path(&mut self, path: &str, prefix: &str, span: Span) {
        let mut known = BTreeSet::new();
        for param in &self.params {
            known.extend(param.path.match_indices('.').map(|(end, _)| &param.path[..end]));
            known.insert(param.path.as_str());
        }
        let help = match did_you_mean(prefix, known) {
            Some(near) if near != prefix => format!("did you mean `{near}`?"),
            _ => "name layers by their labels, or by paths in quotes such as \"layer1.0\"; `netc check` lists them"
                .into(),
        };
        let message = format!("nothing with parameters has the path `{path}`");
        self.report(Diagnostic::error("E0508", message).at(span, "").help(help));
    }
}

/// The paths that labels stand for, without a `.*` at the end.
pub fn prefixes(labels: &Value) -> Vec<String> {
    let paths = items(labels).iter().filter_map(|label| match label {
        Value::Word(path) | Value::Text(path) => Some(prefix(path).to_string()),
        _ => None,
    });
    paths.collect()
}

fn items(labels: &Value) -> &[Value] {
    match labels {
        Value::List(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn prefix(path: &str) -> &str {
    path.strip_suffix(".*").unwrap_or(path)
}
