//! The one escaping function for everything that goes to a terminal.

/// Whether a character shows itself and nothing else: no control character, no bidirectional or
/// zero-width formatting, no line or paragraph separator.
fn is_plain(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' => false,
        '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => false,
        other => !other.is_control(),
    }
}

/// One character as it may be shown on a terminal.
pub(super) fn push_escaped(text: &mut String, character: char) {
    if is_plain(character) {
        text.push(character);
    } else {
        text.extend(character.escape_default());
    }
}

/// How many characters [`push_escaped`] adds.
pub(super) fn shown_width(character: char) -> usize {
    if is_plain(character) { 1 } else { character.escape_default().len() }
}

/// Makes text from a user safe to print: every character that could move the cursor, change
/// colours, reorder or hide text is written as its escape, line breaks included.
pub fn escape_terminal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(&mut escaped, character);
    }
    escaped
}
