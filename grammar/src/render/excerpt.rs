//! The lines that a diagnostic shows, escaped and cropped, as files for codespan.
//!
//! codespan sees a small file per source that holds only the labelled lines; line and column
//! numbers are those of the source.
use super::escape::{escape_terminal, push_escaped, shown_width};
use crate::{Diagnostic, FileId, Label, Source, Sources};
use codespan_reporting::diagnostic::{self as codespan, LabelStyle};
use codespan_reporting::files::{Error, Files};
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines with more characters than this are cropped around their first label.
const WIDEST: usize = 120;
/// Characters shown before that label.
const LEAD: usize = 40;

/// The excerpts that one diagnostic needs.
pub(super) struct Excerpts {
    files: Vec<Excerpt>,
    labels: Vec<codespan::Label<usize>>,
}

struct Excerpt {
    name: String,
    text: String,
    /// Start of each line in `text`, and its number in the source.
    lines: Vec<(usize, usize)>,
    /// Columns in the source of the labels' starts in `text`.
    columns: BTreeMap<usize, usize>,
}

impl Excerpts {
    pub fn of(diagnostic: &Diagnostic, sources: &Sources) -> Excerpts {
        let mut by_file: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
        for label in &diagnostic.labels {
            by_file.entry(label.span.file).or_default().push(label);
        }
        let mut excerpts = Excerpts { files: Vec::new(), labels: Vec::new() };
        for (file, labels) in by_file {
            if let Some(source) = sources.get(file) {
                excerpts.add(source, &labels);
            }
        }
        let order = |label: &codespan::Label<usize>| label.style != LabelStyle::Primary;
        excerpts.labels.sort_by_key(order);
        excerpts
    }

    pub fn take_labels(&mut self) -> Vec<codespan::Label<usize>> {
        std::mem::take(&mut self.labels)
    }

    fn add(&mut self, source: &Source, labels: &[&Label]) {
        let mut by_line: BTreeMap<usize, Vec<&Label>> = BTreeMap::new();
        for &label in labels {
            by_line.entry(source.line_index(label.span.start as usize)).or_default().push(label);
        }
        let mut excerpt = Excerpt {
            name: escape_terminal(source.name()),
            text: String::new(),
            lines: Vec::new(),
            columns: BTreeMap::new(),
        };
        let id = self.files.len();
        for (line, labels) in by_line {
            let range = source.line_range(line).unwrap_or(0..0);
            excerpt.lines.push((excerpt.text.len(), line + 1));
            for (label, place) in labels.iter().zip(excerpt.push_line(source, range, &labels)) {
                let column = source.position(label.span.start).column;
                excerpt.columns.insert(place.start, column);
                let style = if label.primary { LabelStyle::Primary } else { LabelStyle::Secondary };
                let text = escape_terminal(&label.text);
                self.labels.push(codespan::Label::new(style, id, place).with_message(text));
            }
        }
        self.files.push(excerpt);
    }
}

impl Excerpt {
    /// Adds a line and gives the labels' ranges in the excerpt. A label over several lines is
    /// shown to the end of its first.
    fn push_line(&mut self, source: &Source, range: Range<usize>, labels: &[&Label]) -> Vec<Range<usize>> {
        let line = source.text()[range.clone()].trim_end_matches(['\n', '\r']);
        let first = labels.iter().map(|label| label.span.start as usize).min().unwrap_or(range.start);
        let (from, to) = window(line, first - range.start);
        let mut places: Vec<_> = labels.iter().map(|_| 0..0).collect();
        let mut mark = |at: usize, place: usize| {
            for (label, found) in labels.iter().zip(&mut places) {
                if at <= label.span.start as usize {
                    found.start = place;
                }
                if at <= label.span.end as usize {
                    found.end = place;
                }
            }
        };
        if from > 0 {
            self.text.push('…');
        }
        for (offset, character) in line[from..to].char_indices() {
            mark(range.start + from + offset, self.text.len());
            match character {
                '\t' => self.text.push_str("    "),
                other => push_escaped(&mut self.text, other),
            }
        }
        mark(range.start + to, self.text.len());
        if to < line.len() {
            self.text.push('…');
        }
        self.text.push('\n');
        places
    }
}

/// The part of a line to show, in bytes.
fn window(line: &str, label: usize) -> (usize, usize) {
    let label = (0..=label.min(line.len())).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
    let end = |from: usize| within(line[from..].char_indices(), WIDEST).map_or(line.len(), |at| from + at);
    if end(0) == line.len() {
        return (0, line.len());
    }
    let before = line[..label].char_indices().rev();
    let from = within(before, LEAD).map_or(0, |at| at + line[at..].chars().next().map_or(0, char::len_utf8));
    (from, end(from))
}

/// Offset of the first character that no longer fits the width.
fn within(characters: impl Iterator<Item = (usize, char)>, width: usize) -> Option<usize> {
    let mut shown = 0;
    for (at, character) in characters {
        shown += shown_width(character);
        if shown > width {
            return Some(at);
        }
    }
    None
}

impl<'a> Files<'a> for Excerpts {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id)?.lines.partition_point(|&(start, _)| start <= byte).saturating_sub(1))
    }

    fn line_number(&'a self, id: usize, line: usize) -> Result<usize, Error> {
        let lines = &self.file(id)?.lines;
        let found = lines.get(line).ok_or(Error::LineTooLarge { given: line, max: lines.len() })?;
        Ok(found.1)
    }

    fn column_number(&'a self, id: usize, _: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id)?.columns.get(&byte).copied().unwrap_or(1))
    }

    fn line_range(&'a self, id: usize, line: usize) -> Result<Range<usize>, Error> {
        let file = self.file(id)?;
        let max = file.lines.len();
        let (start, _) = *file.lines.get(line).ok_or(Error::LineTooLarge { given: line, max })?;
        let end = file.lines.get(line + 1).map_or(file.text.len(), |&(next, _)| next);
        Ok(start..end)
    }
}

impl Excerpts {
    fn file(&self, id: usize) -> Result<&Excerpt, Error> {
        self.files.get(id).ok_or(Error::FileMissing)
    }
}
