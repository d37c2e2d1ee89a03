//! The documentation of a type: the network's own, its layer table and its text.

use crate::model::Model;
use crate::summarize::Summary;

/// Markdown for the type of a network.
pub fn documentation(own: &str, model: &Model, summary: &Summary, source: &str) -> String {
    let mut text = match own.trim() {
        "" => format!("The network `{}`.", model.name),
        own => own.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n"),
    };
    text.push_str("\n\n| layer | operator | output | parameters | multiply-adds |\n|---|---|---|--:|--:|\n");
    for row in &summary.layers {
        let (path, op, output) = (&row.path, &row.op, &row.output);
        text.push_str(&format!("| `{path}` | `{op}` | `{output}` | {} | {} |\n", row.params, row.macs));
    }
    let total = &summary.total;
    text.push_str(&format!("| | | | **{}** | **{}** |\n\n", total.params, total.macs_forward));
    if model.recipe.is_none() {
        text.push_str(
            "It has no `train` section: it predicts, and has no `training`, `gradients` and `train_step`.\n\n",
        );
    }
    // A fence longer than any run of ticks in the text.
    let ticks = source.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1;
    let fence = "`".repeat(ticks);
    text.push_str(&format!("{fence}text\n{}\n{fence}\n", source.trim_end()));
    text
}
