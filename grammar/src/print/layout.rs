//! Documents to text: decides which groups fit on a line, after Wadler ("A prettier printer").
use super::{FILL_WIDTH, KEPT_WIDTH};

const INDENT: usize = 4;

/// A text with places where it may be broken.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Text without a line break. A blank at the start of a line is dropped.
    Text(String),
    /// Text as it is, perhaps of several lines.
    Raw(String),
    /// A comment that ends its line; with `own_line` also nothing stands before it.
    Comment {
        text: String,
        own_line: bool,
    },
    /// A line break.
    Hard,
    /// An empty line.
    Blank,
    /// A blank between a comment and its neighbour, unless a bracket or comma stands there.
    Space,
    /// A line break in a broken group, else a blank.
    Line,
    /// A line break in a broken group, else nothing.
    Soft,
    /// In a broken group a line break if what follows does not fit, else a blank.
    Fill,
    /// Text that only stands in a broken group.
    IfBroken(String),
    Concat(Vec<Doc>),
    /// Is broken if `forced` or if it does not fit.
    Group {
        id: Option<usize>,
        forced: bool,
        inner: Box<Doc>,
    },
    /// Lines begun inside are indented as the line on which this begins.
    Anchor(Box<Doc>),
    /// Lines begun inside are indented.
    Indent(Box<Doc>),
    /// Remembers the column.
    Mark(usize),
    /// If the group was broken a blank, else a line break to the column of the mark.
    BreakToMark {
        group: usize,
        mark: usize,
    },
}

impl Doc {
    pub fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub fn concat(parts: Vec<Doc>) -> Doc {
        Doc::Concat(parts)
    }

    pub fn group(forced: bool, inner: Doc) -> Doc {
        Doc::Group { id: None, forced, inner: Box::new(inner) }
    }

    /// Something in brackets: its lines are indented from the line of the opening one.
    pub fn bracketed(id: Option<usize>, forced: bool, parts: Vec<Doc>) -> Doc {
        let inner = Box::new(Doc::Anchor(Box::new(Doc::concat(parts))));
        Doc::Group { id, forced, inner }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

type Command<'d> = (usize, Mode, &'d Doc);

/// The text of a document, ended by a line break unless it is empty.
pub(super) fn lay_out(document: &Doc) -> String {
    let mut layout = Layout {
        text: String::new(),
        column: 0,
        line_indent: 0,
        must_break: false,
        wants_space: false,
        marks: Vec::new(),
        broken: Vec::new(),
    };
    let mut stack: Vec<Command<'_>> = vec![(0, Mode::Broken, document)];
    while let Some((indent, mode, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => layout.write(text, indent),
            Doc::Raw(text) => layout.write_raw(text, indent),
            Doc::Comment { text, own_line } => layout.write_comment(text, *own_line, indent),
            Doc::Hard => layout.new_line(),
            Doc::Blank => layout.blank_line(),
            Doc::Space => layout.wants_space = layout.column > 0,
            Doc::Line if mode == Mode::Flat => layout.write(" ", indent),
            Doc::Soft if mode == Mode::Flat => {}
            Doc::Line | Doc::Soft => layout.new_line(),
            Doc::Fill => {
                let fits = mode == Mode::Flat || fits(&stack, &[], layout.column + 1, FILL_WIDTH);
                if fits { layout.write(" ", indent) } else { layout.new_line() }
            }
            Doc::IfBroken(text) if mode == Mode::Broken => layout.write(text, indent),
            Doc::IfBroken(_) => {}
            Doc::Concat(parts) => stack.extend(parts.iter().rev().map(|part| (indent, mode, part))),
            Doc::Group { id, forced, inner } => {
                let column = if layout.column == 0 { indent } else { layout.column };
                let command = (indent, Mode::Flat, &**inner);
                let flat = !forced && fits(&stack, &[command], column, KEPT_WIDTH);
                layout.remember(*id, !flat);
                stack.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inner));
            }
            Doc::Indent(inner) => stack.push((indent + INDENT, mode, inner)),
            Doc::Anchor(inner) => {
                let anchor = if layout.column == 0 { indent } else { layout.line_indent };
                stack.push((anchor, mode, inner));
            }
            Doc::Mark(mark) => {
                if layout.marks.len() <= *mark {
                    layout.marks.resize(*mark + 1, 0);
                }
                layout.marks[*mark] = if layout.column == 0 { indent } else { layout.column };
            }
            Doc::BreakToMark { group, mark } => {
                if layout.broken.get(*group) == Some(&true) {
                    layout.write(" ", indent);
                } else {
                    layout.new_line();
                    layout.start_line(layout.marks.get(*mark).copied().unwrap_or(indent));
                }
            }
        }
    }
    layout.finish()
}

/// Whether the commands, and after them what is on the stack, fit up to the next possible line
/// break.
fn fits(stack: &[Command<'_>], first: &[Command<'_>], column: usize, width: usize) -> bool {
    let mut column = column;
    let mut rest = stack.len();
    let mut pending: Vec<(Mode, &[Doc])> =
        first.iter().map(|&(_, mode, doc)| (mode, std::slice::from_ref(doc))).collect();
    loop {
        if column > width {
            return false;
        }
        let (mode, doc) = match pending.pop() {
            Some((_, [])) => continue,
            Some((mode, [doc, others @ ..])) => {
                pending.push((mode, others));
                (mode, doc)
            }
            None if rest == 0 => return true,
            None => {
                rest -= 1;
                (stack[rest].1, stack[rest].2)
            }
        };
        match doc {
            Doc::Text(text) => column += text.chars().count(),
            Doc::Raw(text) => match text.split_once('\n') {
                Some((line, _)) => return column + line.chars().count() <= width,
                None => column += text.chars().count(),
            },
            Doc::Comment { .. } | Doc::Hard | Doc::Blank | Doc::BreakToMark { .. } => return true,
            Doc::Line | Doc::Soft | Doc::Fill if mode == Mode::Broken => return true,
            Doc::Line | Doc::Fill | Doc::Space => column += 1,
            Doc::IfBroken(text) if mode == Mode::Broken => column += text.chars().count(),
            Doc::Soft | Doc::IfBroken(_) | Doc::Mark(_) => {}
            Doc::Concat(parts) => pending.push((mode, parts)),
            Doc::Group { forced, inner, .. } => {
                pending.push((if *forced { Mode::Broken } else { Mode::Flat }, std::slice::from_ref(inner)));
            }
            Doc::Indent(inner) | Doc::Anchor(inner) => pending.push((mode, std::slice::from_ref(inner))),
        }
    }
}

struct Layout {
    text: String,
    /// Characters on the current line.
    column: usize,
    /// Blanks at its start.
    line_indent: usize,
    /// Whether a comment ended the line.
    must_break: bool,
    /// Whether a comment stands next to what comes.
    wants_space: bool,
    marks: Vec<usize>,
    broken: Vec<bool>,
}

impl Layout {
    fn write(&mut self, text: &str, indent: usize) {
        if self.must_break {
            self.new_line();
        }
        let text = if self.column == 0 { text.trim_start_matches(' ') } else { text };
        if text.is_empty() {
            return;
        }
        if self.column == 0 {
            self.start_line(indent);
        }
        let spaced = std::mem::take(&mut self.wants_space) && !self.text.ends_with([' ', '(', '[']);
        if spaced && !text.starts_with([' ', ',', ';', ')', ']']) {
            self.text.push(' ');
            self.column += 1;
        }
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn write_raw(&mut self, text: &str, indent: usize) {
        self.write(text, indent);
        if let Some((_, last)) = text.rsplit_once('\n') {
            self.column = last.chars().count().max(1);
        }
    }

    fn write_comment(&mut self, text: &str, own_line: bool, indent: usize) {
        if own_line && self.column > 0 {
            self.new_line();
        }
        self.wants_space = self.column > 0 && !self.must_break;
        self.write_raw(text, indent);
        self.must_break = true;
    }

    fn start_line(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.line_indent = indent;
    }

    fn new_line(&mut self) {
        self.must_break = false;
        self.wants_space = false;
        if self.column == 0 {
            return;
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
        self.column = 0;
    }

    fn blank_line(&mut self) {
        self.new_line();
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn remember(&mut self, group: Option<usize>, broken: bool) {
        let Some(group) = group else { return };
        if self.broken.len() <= group {
            self.broken.resize(group + 1, false);
        }
        self.broken[group] = broken;
    }

    fn finish(mut self) -> String {
        self.new_line();
        self.text
    }
}
