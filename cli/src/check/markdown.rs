//! The table for documents.

use super::rows::{field, lines, number, shape};
use netc_compiler::summarize::Summary;
use std::fmt::Write;

/// A heading, the table, the totals and the assertions.
pub fn document(summary: &Summary, expand: bool) -> String {
    let mut text = format!("## {}\n\n", summary.network);
    text.push_str("| layer | operator | output | parameters | MACs | receptive field |\n|---|---|---|--:|--:|--:|\n");
    for line in lines(summary, expand) {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} |",
            line.path,
            line.op.replace('|', "\\|"),
            shape(line.output),
            number(line.params),
            number(line.macs),
            field(line.field)
        );
    }
    let total = &summary.total;
    let _ = writeln!(text, "\n- parameters: {} (trainable {})", number(total.params), number(total.trainable));
    let pair = |name: &str, forward, backward| {
        format!("- {name} of one sample: {} forward, {} backward\n", number(forward), number(backward))
    };
    text.push_str(&pair("MACs", total.macs_forward, total.macs_backward));
    text.push_str(&pair("FLOPs", total.flops_forward, total.flops_backward));
    for assertion in &summary.assertions {
        let word = if assertion.holds { "holds" } else { "**fails**" };
        let _ = writeln!(text, "- `{}` {word}", assertion.text);
    }
    text
}
