//! Indents lines by the brackets around them: joined lines have other brackets before them than prettyplease laid out.

use super::join::continues;

/// Columns of a level.
const LEVEL: usize = 4;

/// An open bracket.
struct Open {
    /// Columns before the line that it is on.
    indent: usize,
    /// Whether its line goes on after it.
    is_inside: bool,
}

/// The lines, each with the indentation that its brackets give; nothing in them may be a comment or hold brackets in a
/// string.
pub(super) fn indent(lines: &[String]) -> Vec<String> {
    let mut open: Vec<Open> = Vec::new();
    let mut is_open = false;
    let mut indented = Vec::new();
    for line in lines {
        let text = line.trim_start();
        let closes = text.chars().take_while(|c| is_close(*c)).count();
        let closed =
            closes.checked_sub(1).and_then(|outer| open.len().checked_sub(outer + 1)).map(|at| open[at].indent);
        let around = match open.last() {
            Some(Open { indent, is_inside: true }) => *indent,
            Some(Open { indent, is_inside: false }) => indent + LEVEL,
            None => 0,
        };
        let further = if is_open || continues(text) { LEVEL } else { 0 };
        let columns = closed.unwrap_or(around + further);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if is_close(character) {
                open.pop();
            } else if matches!(character, '(' | '[' | '{') {
                open.push(Open { indent: columns, is_inside: characters.peek().is_some() });
            }
        }
        is_open = text.ends_with('=');
        indented.push(format!("{:columns$}{text}", ""));
    }
    indented
}

fn is_close(character: char) -> bool {
    matches!(character, ')' | ']' | '}')
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn a_line_is_indented_by_the_brackets_around_it() {
        let text = "const _: () = {
    for i in 0..4 {
        a.max(
            f(x),
        ).min(
            g(y),
        );
        (a + (if b {
            c
        } else {
            d
        }))
            .store(p, 1);
        ((a.select(
            0,
        )
            + b)
            * c);
        let x =
            y;
    }
}";
        let flat: Vec<String> = text.lines().map(|line| line.trim().to_string()).collect();
        assert_eq!(indent(&flat).join("\n"), text);
    }
}
