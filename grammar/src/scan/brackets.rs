//! Matching of brackets: which have no partner, and which are to be blanked so that the rest
//! balances.
use crate::{Diagnostic, Source, limits};

/// How many unclosed brackets a `)` or `]` may skip to find its partner.
const REACH: usize = 32;

/// A bracket that is open.
#[derive(Clone, Copy)]
struct Open {
    at: usize,
    byte: u8,
}

/// A round or square bracket that was still open at a `;`.
struct Dropped {
    open: Open,
    semicolon: usize,
    /// How many brackets were open around it.
    depth: usize,
    /// Whether another message covers it.
    quiet: bool,
}

/// Brackets of a text, read from the left.
#[derive(Default)]
pub(super) struct Brackets {
    open: Vec<Open>,
    dropped: Vec<Dropped>,
    /// How many of the open ones are braces.
    braces: usize,
    /// The opener of the group that nests too deep, while inside it.
    too_deep: Option<usize>,
    reported_depth: bool,
    /// An opening brace whose partner stands further left than it should.
    suspect: Option<usize>,
    /// Closing braces that are missing at the end.
    pub unclosed_braces: usize,
    /// The first brace that is never closed.
    pub first_unclosed: Option<usize>,
    /// The last `}` that closes nothing.
    pub last_stray: Option<usize>,
}

/// Something wrong about a bracket.
pub(super) enum Finding {
    Unclosed { at: usize, byte: u8, closer: Option<usize>, suspect: Option<usize> },
    Stray { at: usize, byte: u8 },
    Semicolon { at: usize, opener: usize },
}

/// What follows from reading a closing bracket.
#[derive(Default)]
pub(super) struct Closed {
    pub findings: Vec<Finding>,
    /// Ranges to blank.
    pub blanks: Vec<(usize, usize)>,
    /// Places that were changed without a finding.
    pub faults: Vec<usize>,
}

fn partner(byte: u8) -> u8 {
    match byte {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

impl Brackets {
    /// Reads an opening bracket; true if it is the first that nests too deep.
    pub fn open(&mut self, at: usize, byte: u8) -> bool {
        let first = self.open.len() == limits::NESTING && self.too_deep.is_none();
        if first {
            self.too_deep = Some(at);
        }
        self.open.push(Open { at, byte });
        self.braces += usize::from(byte == b'{');
        first && !std::mem::replace(&mut self.reported_depth, true)
    }

    /// Reads a `;`, inside which no round or square bracket stays open. Of several that are, only
    /// the outermost is reported.
    pub fn semicolon(&mut self, at: usize) -> Closed {
        let mut closed = Closed::default();
        let too_deep = self.too_deep.is_some();
        let mut outermost = None;
        while let Some(open) = self.open.pop_if(|open| open.byte != b'{') {
            outermost = Some(self.dropped.len());
            self.dropped.push(Dropped { open, semicolon: at, depth: self.open.len(), quiet: true });
        }
        if let Some(dropped) = outermost.and_then(|index| self.dropped.get_mut(index)) {
            dropped.quiet = too_deep;
            self.leave_depth(at, &mut closed);
        }
        closed
    }

    /// Reads a closing bracket. `misplaced` says whether it stands left of the opener's line.
    pub fn close(&mut self, at: usize, byte: u8, misplaced: impl Fn(usize) -> bool) -> Closed {
        let mut closed = Closed::default();
        let wanted = partner(byte);
        let reach = match byte {
            b'}' if self.braces == 0 => 0,
            b'}' => usize::MAX,
            _ => REACH,
        };
        let inner = self.open.iter().rev().take(reach).take_while(|open| open.byte != b'{' || wanted == b'{');
        let Some(above) = inner.map(|open| open.byte).position(|open| open == wanted) else {
            self.close_nothing(at, byte, &mut closed);
            return closed;
        };
        for left in (0..above).rev() {
            if let Some(open) = self.open.pop() {
                closed.blanks.push((open.at, open.at + 1));
                if left > 0 || self.too_deep.is_some() {
                    closed.faults.push(open.at);
                    continue;
                }
                closed.findings.push(Finding::Unclosed {
                    at: open.at,
                    byte: open.byte,
                    closer: Some(at),
                    suspect: None,
                });
            }
        }
        if let Some(open) = self.open.pop() {
            if byte == b'}' {
                self.braces -= 1;
                if self.suspect.is_none() && misplaced(open.at) {
                    self.suspect = Some(open.at);
                }
                self.give_up_dropped(self.open.len() + 1, &mut closed);
            }
            let end = if self.too_deep == Some(open.at) { at + 1 } else { at };
            self.leave_depth(end, &mut closed);
        }
        closed
    }

    /// Reads the end of the text.
    pub fn finish(&mut self, quietly: bool) -> Closed {
        let mut closed = Closed::default();
        self.give_up_dropped(0, &mut closed);
        if let Some(start) = self.too_deep.take() {
            let end = self.open.last().map_or(start + 1, |open| open.at + 1);
            closed.blanks.push((start, end));
            closed.faults.push(start);
            self.open.truncate(limits::NESTING);
            self.blank_open(&mut closed, true);
            return closed;
        }
        self.blank_open(&mut closed, quietly);
        closed
    }

    fn blank_open(&mut self, closed: &mut Closed, quietly: bool) {
        let mut reported = quietly;
        for open in std::mem::take(&mut self.open) {
            if open.byte == b'{' {
                self.unclosed_braces += 1;
                self.first_unclosed.get_or_insert(open.at);
            } else {
                closed.blanks.push((open.at, open.at + 1));
            }
            let covered = if open.byte == b'{' { quietly } else { std::mem::replace(&mut reported, true) };
            if covered {
                closed.faults.push(open.at);
            } else {
                let suspect = self.suspect.take_if(|suspect| open.byte == b'{' && *suspect > open.at);
                closed.findings.push(Finding::Unclosed { at: open.at, byte: open.byte, closer: None, suspect });
            }
        }
    }

    fn close_nothing(&mut self, at: usize, byte: u8, closed: &mut Closed) {
        closed.blanks.push((at, at + 1));
        let depth = self.open.len();
        let same = self.dropped.last().is_some_and(|last| last.depth >= depth && last.open.byte == partner(byte));
        if let Some(dropped) = self.dropped.pop_if(|_| same) {
            let opener = dropped.open.at;
            closed.blanks.extend([(opener, opener + 1), (dropped.semicolon, dropped.semicolon + 1)]);
            closed.faults.push(opener);
            closed.findings.push(Finding::Semicolon { at: dropped.semicolon, opener });
        } else {
            if byte == b'}' {
                self.last_stray = Some(at);
            }
            closed.findings.push(Finding::Stray { at, byte });
        }
    }

    /// Brackets open at a `;` whose partner can no longer come.
    fn give_up_dropped(&mut self, depth: usize, closed: &mut Closed) {
        while let Some(dropped) = self.dropped.pop_if(|dropped| dropped.depth >= depth) {
            let Dropped { open, semicolon, quiet, .. } = dropped;
            closed.blanks.push((open.at, open.at + 1));
            if quiet {
                closed.faults.push(open.at);
                continue;
            }
            let closer = Some(semicolon);
            closed.findings.push(Finding::Unclosed { at: open.at, byte: open.byte, closer, suspect: None });
        }
    }

    fn leave_depth(&mut self, end: usize, closed: &mut Closed) {
        if self.open.len() <= limits::NESTING
            && let Some(start) = self.too_deep.take()
        {
            closed.blanks.push((start, end));
            closed.faults.push(start);
        }
    }
}

impl Finding {
    /// The offset of the bracket or `;`.
    pub fn place(&self) -> usize {
        match *self {
            Finding::Unclosed { at, .. } | Finding::Stray { at, .. } | Finding::Semicolon { at, .. } => at,
        }
    }

    /// Where it is, and what to say about it.
    pub fn explain(self, source: &Source) -> (usize, Diagnostic) {
        let span = |at: usize| source.span(at, at + 1);
        match self {
            Finding::Unclosed { at, byte, closer, suspect } => {
                let (open, close) = (char::from(byte), char::from(partner(byte)));
                let mut diagnostic = Diagnostic::error("E0006", format!("this `{open}` is never closed"))
                    .at(span(at), format!("expected a `{close}` for it"));
                if let Some(closer) = closer {
                    let found = &source.text()[closer..=closer];
                    diagnostic = diagnostic.note(span(closer), format!("`{found}` comes first"));
                }
                if let Some(suspect) = suspect {
                    diagnostic = diagnostic.note(span(suspect), "by its indentation, this one may lack its `}`");
                }
                (at, diagnostic.help(format!("add `{close}`")))
            }
            Finding::Stray { at, byte } => {
                let (close, open) = (char::from(byte), char::from(partner(byte)));
                let diagnostic = Diagnostic::error("E0007", format!("this `{close}` closes nothing"))
                    .at(span(at), format!("there is no open `{open}` before it"))
                    .help(format!("remove it, or add the missing `{open}`"));
                (at, diagnostic)
            }
            Finding::Semicolon { at, opener } => {
                let diagnostic = Diagnostic::error("E0007", "a `;` inside brackets")
                    .at(span(at), "a statement cannot end here")
                    .note(span(opener), "this bracket is still open")
                    .help("separate arguments and items with `,`");
                (at, diagnostic)
            }
        }
    }
}
