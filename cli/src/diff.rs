//! Two texts to a unified diff that is safe to print.

use netc_grammar::escape_terminal;
use similar::TextDiff;

/// The difference between two texts with three lines of context; empty when they are equal.
pub fn unified(before: (&str, &str), after: (&str, &str)) -> String {
    let diff = TextDiff::from_lines(before.1, after.1);
    let mut diff = diff.unified_diff();
    let text = diff.header(&escape_terminal(before.0), &escape_terminal(after.0)).to_string();
    let mut safe = String::with_capacity(text.len());
    for line in text.lines() {
        for (index, part) in line.split('\t').enumerate() {
            if index > 0 {
                safe.push('\t');
            }
            safe.push_str(&escape_terminal(part));
        }
        safe.push('\n');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_both_sides_and_escapes_what_they_hold() {
        let diff = unified(("a.net", "one\ntwo\n"), ("b.net", "one\n\u{1b}[2Jtwo\n"));
        assert_eq!(diff, "--- a.net\n+++ b.net\n@@ -1,2 +1,2 @@\n one\n-two\n+\\u{1b}[2Jtwo\n");
        assert_eq!(unified(("a", "same\n"), ("b", "same\n")), "");
    }
}
