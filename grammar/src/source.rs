//! Source texts and places in them: [`Source`] is one file with its line table, [`Span`] a range
//! of bytes in a file, [`Sources`] all files of one compilation (the main file and its imports).

use crate::Diagnostic;

/// Which file of a compilation a span lies in: an index into [`Sources`]. The main file is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of byte offsets in one file.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset past the last byte; never less than `start`.
    pub end: u32,
}

/// `12..18`, with the file in front where it is not the main one: `1:12..18`.
impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.file != FileId::default() {
            write!(f, "{}:", self.file.0)?;
        }
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl Span {
    /// The range `start..end` of `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end: end.max(start) }
    }

    /// The smallest span that holds both; `other` must lie in the same file, else `self` is kept.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just after this one, where something is missing.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// Whether `other` lies inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// As a range of `usize`, to index the text of the file.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A line and a column for people: both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode characters, from 1.
    pub column: usize,
}

/// The text of one file with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    file: FileId,
    name: String,
    text: String,
    /// Offset of the first byte of every line.
    lines: Vec<u32>,
}

impl Source {
    /// A source of the given text. `name` is what messages show, usually the path.
    ///
    /// Text over 4 GiB keeps no line table past that; `parse` refuses it long before.
    pub fn new(file: FileId, name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).map_while(|at| u32::try_from(at).ok()).collect();
        Source { file, name: name.into(), text, lines }
    }

    /// A source from the bytes of a file.
    ///
    /// # Errors
    /// E0002 if they are not UTF-8, with a source that shows the bad bytes as `U+FFFD`.
    pub fn decode(file: FileId, name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Box<(Self, Diagnostic)>> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(Source::new(file, name, text)),
            Err(error) => error,
        };
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes()[at];
        let source = Source::new(file, name, String::from_utf8_lossy(error.as_bytes()));
        let diagnostic = Diagnostic::error("E0002", "this file is not UTF-8 text")
            .at(source.span(at, at + char::REPLACEMENT_CHARACTER.len_utf8()), format!("byte 0x{byte:02x}"))
            .help("save the file as UTF-8");
        Err(Box::new((source, diagnostic)))
    }

    /// The main file of a compilation.
    pub fn main(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source::new(FileId::default(), name, text)
    }

    /// The file's number.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text under a span; empty when the span does not lie on character boundaries of this
    /// text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// A span of this file.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, clamp(start), clamp(end))
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.lines.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.lines[line] as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        Position { line: line + 1, column: self.text[start.min(end)..end].chars().count() + 1 }
    }

    /// Index of the line, from 0, that holds a byte offset.
    pub fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }

    /// The byte range of the line with this index, from 0, its line break included.
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.lines.get(index)? as usize;
        let end = self.lines.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        Some(start..end)
    }

    /// How many lines there are, at least 1.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }
}

/// All files of one compilation, indexed by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// No file yet.
    pub fn new() -> Self {
        Sources::default()
    }

    /// Adds a file and returns its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let file = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source::new(file, name, text));
        file
    }

    /// The file with this number.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The file with this name, as given to [`Sources::add`].
    pub fn find(&self, name: &str) -> Option<&Source> {
        self.files.iter().find(|source| source.name == name)
    }

    /// All files in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }
}

impl From<Source> for Sources {
    /// A compilation of one file; its number becomes 0.
    fn from(source: Source) -> Self {
        Sources { files: vec![Source { file: FileId(0), ..source }] }
    }
}
