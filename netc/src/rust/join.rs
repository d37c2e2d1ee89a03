//! Joins lines that prettyplease broke: it lays out for 89 columns, netc's code has 120.

/// Columns of a line.
const WIDTH: usize = 120;

/// What a continued line begins with.
const CONTINUES: &[&str] = &[".", "+ ", "- ", "* ", "/ ", "| ", "& ", "&& "];

/// Whether a line goes on with what is before it.
pub(super) fn continues(line: &str) -> bool {
    CONTINUES.iter().any(|mark| line.starts_with(mark))
}

/// Lines of code with as few breaks as fit; nothing in them may be a comment or hold brackets in a string.
pub(super) fn join<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for line in lines {
        joined.push(line.to_string());
        loop {
            let last = joined.len() - 1;
            if arguments(&mut joined) {
                continue;
            }
            // Whether arguments fit decides how a call goes on with what is before it.
            let is_joined = match first_of_arguments(&joined) {
                Some(first) => continuation(&mut joined, first),
                None => !joined[last].ends_with('(') && continuation(&mut joined, last),
            };
            if !is_joined {
                break;
            }
        }
    }
    joined
}

/// Joins a line with the one that it continues.
fn continuation(lines: &mut Vec<String>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let rest = lines[at].trim_start();
    let gap = if rest.starts_with('.') { "" } else { " " };
    let ends = lines[before].ends_with([';', ',', '{', '}', '(', '[']);
    if !continues(rest) || ends || columns(&lines[before]) + gap.len() + columns(rest) > WIDTH {
        return false;
    }
    lines[before] = format!("{}{gap}{rest}", lines[before]);
    lines.remove(at);
    true
}

/// The line that opens what the last line begins with closing; none if that is no call.
fn first_of_arguments(lines: &[String]) -> Option<usize> {
    lines.last().filter(|last| last.trim_start().starts_with(')'))?;
    // Open brackets that the lines after the present one close.
    let mut open = 1;
    let mut first = lines.len() - 1;
    while open > 0 {
        first = first.checked_sub(1)?;
        open -= balance(&lines[first]);
    }
    Some(first)
}

/// Joins the arguments of a call, the last line of which closes it.
fn arguments(lines: &mut Vec<String>) -> bool {
    let Some(first) = first_of_arguments(lines) else { return false };
    let last = &lines[lines.len() - 1];
    let (head, inside) = (&lines[first], &lines[first + 1..lines.len() - 1]);
    let is_block = |line: &String| line.contains(['{', '}', ';']);
    if !head.ends_with('(') || inside.iter().any(is_block) {
        return false;
    }
    let inside = inside.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join(" ");
    let line = format!("{head}{}{}", inside.strip_suffix(',').unwrap_or(&inside), last.trim_start());
    if columns(&line) > WIDTH {
        return false;
    }
    lines.truncate(first);
    lines.push(line);
    true
}

/// Brackets that a line opens and does not close.
fn balance(line: &str) -> isize {
    let count = |marks: [char; 3]| line.matches(marks).count() as isize;
    count(['(', '[', '{']) - count([')', ']', '}'])
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn what_fits_stands_in_one_line() {
        let cases = [
            ("let t = slots\n    .take();", "let t = slots.take();"),
            ("f(\n    a,\n    g(\n        b,\n        c,\n    ),\n)\n    .h();", "f(a, g(b, c)).h();"),
            ("s0 = s0\n    + x\n        .y(\n            z,\n        );", "s0 = s0 + x.y(z);"),
            ("for i in 0..4 {\n    -x;\n}", "for i in 0..4 {\n    -x;\n}"),
        ];
        for (broken, wanted) in cases {
            assert_eq!(join(broken.lines()).join("\n"), wanted);
        }
        let long = format!("f(\n    {},\n    {},\n);", "a".repeat(60), "b".repeat(60));
        assert_eq!(join(long.lines()).join("\n"), long);
    }
}
