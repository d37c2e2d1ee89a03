//! Comments: kept beside the tree, in the order of the text, for the formatter and the docs.
use crate::Span;

/// One comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its markers, without the line break.
    pub span: Span,
    /// Which kind.
    pub kind: CommentKind,
}

/// The kinds of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommentKind {
    /// `// …` to the end of the line.
    Line,
    /// `/* … */`, which may hold others and line breaks.
    Block,
    /// `/// …`: documents what follows.
    Doc,
    /// `//! …`: documents the file.
    FileDoc,
}

impl CommentKind {
    /// The kind of a line comment; four slashes are no documentation, as in Rust.
    pub(crate) fn of_line(text: &str) -> CommentKind {
        if text.starts_with("///") && !text.starts_with("////") {
            CommentKind::Doc
        } else if text.starts_with("//!") {
            CommentKind::FileDoc
        } else {
            CommentKind::Line
        }
    }
}
