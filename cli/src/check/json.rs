//! One JSON object for other programs; its fields are described in `docs/check.md`.

use netc_compiler::model::{LayerId, LayerKind, Model};
use netc_compiler::summarize::{ReceptiveField, Summary};
use netc_grammar::{Diagnostic, Sources};
use serde_json::{Map, Value, json};

/// Raised when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// A network that passed.
pub fn accepted(model: &Model, summary: &Summary, warnings: &[Diagnostic], sources: &Sources) -> String {
    let named = |list: &[(String, netc_compiler::types::Shape)]| -> Vec<Value> {
        list.iter().map(|(name, shape)| json!({ "name": name, "shape": shape.dims() })).collect()
    };
    let layers: Vec<Value> = summary
        .layers
        .iter()
        .map(|row| {
            json!({
                "path": row.path,
                "op": row.name,
                "arguments": arguments(model, row.layer),
                "output": row.output.dims(),
                "params": row.params,
                "macs": row.macs,
                "flops": row.flops,
                "receptive_field": row.receptive_field.as_ref().map(field),
            })
        })
        .collect();
    let total = &summary.total;
    let assertions: Vec<Value> = summary
        .assertions
        .iter()
        .map(|held| json!({ "text": held.text, "holds": held.holds, "actual": held.actual }))
        .collect();
    text(&json!({
        "schema": SCHEMA,
        "network": summary.network,
        "batch": summary.batch,
        "inputs": named(&summary.inputs),
        "outputs": named(&summary.outputs),
        "layers": layers,
        "total": {
            "params": total.params,
            "trainable": total.trainable,
            "frozen": total.frozen,
            "buffers": total.buffers,
            "macs_forward": total.macs_forward,
            "macs_backward": total.macs_backward,
            "flops_forward": total.flops_forward,
            "flops_backward": total.flops_backward,
            "memory_predict_bytes": total.memory_predict.map(|plan| plan.total()),
            "memory_train_bytes": total.memory_train.map(|plan| plan.total()),
        },
        "assertions": assertions,
        "errors": findings(&summary.faults(), sources, true),
        "warnings": findings(warnings, sources, false),
    }))
}

/// A file with errors: the same object, of which only the last two fields say something.
pub fn rejected(diagnostics: &[Diagnostic], sources: &Sources, batch: u32) -> String {
    text(&json!({
        "schema": SCHEMA,
        "network": null,
        "batch": batch,
        "inputs": [],
        "outputs": [],
        "layers": [],
        "total": null,
        "assertions": [],
        "errors": findings(diagnostics, sources, true),
        "warnings": findings(diagnostics, sources, false),
    }))
}

/// All arguments as they were resolved, defaults included.
fn arguments(model: &Model, layer: LayerId) -> Value {
    let LayerKind::Apply(op) = &model.layer(layer).kind else { return Map::new().into() };
    let arguments = op.arguments().into_iter().map(|(name, text)| (name.to_string(), Value::from(text)));
    arguments.collect::<Map<_, _>>().into()
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

fn findings(diagnostics: &[Diagnostic], sources: &Sources, errors: bool) -> Vec<Value> {
    let chosen = diagnostics.iter().filter(|diagnostic| diagnostic.is_error() == errors);
    chosen
        .map(|diagnostic| {
            let source = diagnostic.span().and_then(|span| Some((sources.get(span.file)?, span)));
            let position = source.map(|(source, span)| source.position(span.start));
            json!({
                "code": diagnostic.code,
                "message": diagnostic.message,
                "file": source.map(|(source, _)| source.name()),
                "line": position.map(|position| position.line),
                "column": position.map(|position| position.column),
                "why": diagnostic.why,
                "help": diagnostic.help,
            })
        })
        .collect()
}

/// Lists with one number per axis.
fn field(field: &ReceptiveField) -> Value {
    let mut object = Map::new();
    let list = |get: &dyn Fn(usize) -> f64| (0..field.axes.len()).map(|axis| number(get(axis))).collect::<Vec<_>>();
    object.insert("size".into(), list(&|axis| field.axes[axis].size).into());
    object.insert("jump".into(), list(&|axis| field.axes[axis].jump).into());
    object.insert("start".into(), list(&|axis| field.axes[axis].start).into());
    object.insert("min_size".into(), list(&|axis| field.axes[axis].min_size).into());
    Value::Object(object)
}

/// Whole numbers without a point; after upsampling a jump may be a fraction.
fn number(x: f64) -> Value {
    if x.fract() == 0.0 && x.abs() < 9e15 { json!(x as i64) } else { json!(x) }
}
