//! Mutated programs: whatever the text, an answer and no panic, and places inside the text.
use netc_grammar::{Source, format, parse, render};

mod generator;

const PIECES: [&str; 32] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    "\"",
    "/*",
    "*/",
    "//",
    "->",
    "let ",
    "network n ",
    "if ",
    "else ",
    "for i in ",
    "= ",
    ": ",
    ", ",
    "\0",
    "\u{202E}",
    "é",
    "−",
    "\\",
    "9",
    "%",
    "..",
    "#[",
    "\r",
    "\n",
    "input ",
];

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

fn mutated(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut letters: Vec<String> = generator::program(seed, seed.is_multiple_of(2)).chars().map(String::from).collect();
    for _ in 0..=random.below(6) {
        let at = random.below(letters.len());
        let piece = PIECES[random.below(PIECES.len())].to_owned();
        match random.below(4) {
            _ if letters.is_empty() => letters.push(piece),
            0 => letters.insert(at, piece),
            1 => letters[at] = piece,
            2 => {
                letters.remove(at);
            }
            _ => letters.truncate(at.max(1)),
        }
    }
    letters.concat()
}

#[test]
fn mutated_programs_are_answered() {
    for seed in 0..1500 {
        let text = mutated(seed);
        let source = Source::main("test.net", text.as_str());
        let parsed = parse(&source);
        for diagnostic in &parsed.diagnostics {
            let span = diagnostic.span().expect("a place");
            assert!(span.end as usize <= text.len(), "{diagnostic:?}\n{text}");
            assert!(text.get(span.range()).is_some(), "not on characters: {diagnostic:?}\n{text}");
        }
        let shown = render(&parsed.diagnostics, &source.clone().into(), false);
        assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
        match format(&source) {
            Ok(formatted) => {
                let again = parse(&Source::main("test.net", formatted.as_str()));
                assert_eq!(again.ast.outline(), parsed.ast.outline(), "{text}\n{formatted}");
            }
            Err(diagnostics) => assert!(!diagnostics.is_empty()),
        }
    }
}
