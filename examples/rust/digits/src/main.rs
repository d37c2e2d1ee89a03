//! Recognises a handwritten digit; network and trained weights are part of the program.
//!
//! Reads 8 lines of 8 characters from the standard input, from ` ` (paper) over `.`, `+` to `#` (ink). The weights were
//! trained by `netc train examples/digits/cnn.net`.

use netc::network;
use std::io::{ErrorKind, Read, Write};
use std::process::ExitCode;

network!("../../digits/cnn.net" as Digits, weights = "digits.safetensors");

/// Characters from paper to ink.
const GREYS: &str = " .:+*#";

fn main() -> ExitCode {
    let mut drawing = String::new();
    if std::io::stdin().read_to_string(&mut drawing).is_err() {
        eprintln!("the drawing is not text");
        return ExitCode::FAILURE;
    }
    let digits = Digits::trained();
    let probability = digits.predict(&mut Digits::workspace(), &[read(&drawing)]).to_owned();
    let lines = probability.iter().enumerate().map(|(digit, probability)| {
        format!("{digit} {:5.1} % {}\n", 100.0 * probability, "#".repeat((40.0 * probability) as usize))
    });
    match std::io::stdout().write_all(lines.collect::<String>().as_bytes()) {
        // A reader that left has seen what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("standard output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Grey values from 0 to 1; what is missing is paper.
fn read(drawing: &str) -> [[f32; 8]; 8] {
    let mut image = [[0.0; 8]; 8];
    for (row, line) in image.iter_mut().zip(drawing.lines()) {
        for (pixel, character) in row.iter_mut().zip(line.chars()) {
            *pixel = GREYS.find(character).unwrap_or(0) as f32 / (GREYS.len() - 1) as f32;
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_seven_is_recognised() {
        let probability = *Digits::trained().predict(&mut Digits::workspace(), &[read(include_str!("../seven.txt"))]);
        let best = (0..10).max_by(|&a, &b| probability[a].total_cmp(&probability[b]));
        assert_eq!(best, Some(7), "{probability:?}");
    }
}
