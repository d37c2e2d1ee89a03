//! The examples of the documentation: fenced ```` ```net ```` parts of Markdown, so that tests can
//! run every one.

/// A fenced example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text; whole files only.
    pub text: String,
    /// Whether it shows a mistake: `net,fails`. Others (`net`, `net,passes`) are correct.
    pub fails: bool,
    /// The name under which other examples of the page import it: `net,file=blocks.net`.
    pub file: Option<String>,
    /// The line of the page on which the text starts, from 1.
    pub line: usize,
}

/// All examples of a page in order.
///
/// In a fence marked `escaped`, `\u{202e}` stands for the character itself.
pub fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<(Vec<&str>, Example)> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let words: Vec<_> = info.trim().split(',').collect();
                let file = words.iter().find_map(|word| word.strip_prefix("file=")).map(str::to_owned);
                let fails = words.contains(&"fails");
                open = Some((words, Example { text: String::new(), fails, file, line: index + 2 }));
            }
            (Some(_), Some(_)) => {
                if let Some((words, mut example)) = open.take().filter(|(words, _)| words.first() == Some(&"net")) {
                    if words.contains(&"escaped") {
                        example.text = unescape(&example.text);
                    }
                    found.push(example);
                }
            }
            (Some((_, example)), None) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn unescape(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let escape = part.split_once('}').and_then(|(digits, rest)| {
            let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
            Some((character, rest))
        });
        match escape {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => {
                plain.push_str("\\u{");
                plain.push_str(part);
            }
        }
    }
    plain
}
