//! Joins lines that prettyplease broke: it lays out for 89 columns, netc's code has 120.

/// Columns of a line.
const WIDTH: usize = 120;

/// What a continued line begins with.
const CONTINUES: &[&str] = &[".", "+ ", "- ", "* ", "/ ", "| ", "& ", "&& "];

/// Lines of code with as few breaks as fit; nothing in them may be a comment or hold brackets in a string.
pub(super) fn join<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for line in lines {
        joined.push(line.to_string());
        while arguments(&mut joined) || continuation(&mut joined) {}
    }
    joined
}

/// Joins the last line with the one that it continues.
fn continuation(lines: &mut Vec<String>) -> bool {
    let [.., before, last] = &lines[..] else { return false };
    let rest = last.trim_start();
    let gap = if rest.starts_with('.') { "" } else { " " };
    let continues = CONTINUES.iter().any(|mark| rest.starts_with(mark));
    let ends = before.ends_with([';', ',', '{', '}', '(', '[']);
    if !continues || ends || columns(before) + gap.len() + columns(rest) > WIDTH {
        return false;
    }
    let line = format!("{before}{gap}{rest}");
    lines.truncate(lines.len() - 2);
    lines.push(line);
    true
}

/// Joins the arguments of a call, the last line of which closes it.
fn arguments(lines: &mut Vec<String>) -> bool {
    let Some(last) = lines.last().filter(|last| last.trim_start().starts_with(')')) else { return false };
    // Open brackets that the lines after the present one close.
    let mut open = 1;
    let mut first = lines.len() - 1;
    while open > 0 {
        let Some(before) = first.checked_sub(1) else { return false };
        first = before;
        open -= balance(&lines[first]);
    }
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
