//! Classifies an image: `classify photo.png` says which digit the picture shows.
//!
//! The picture may have any size, dark on bright or bright on dark; the digit is cut out and scaled to what the network
//! was trained on.

mod picture;

use netc::network;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

network!("../../digits/cnn.net" as Digits, weights = "../digits/digits.safetensors");

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: classify IMAGE.png");
        return ExitCode::from(2);
    };
    let picture = match picture::read(path.as_ref()) {
        Ok(picture) => picture,
        Err(problem) => {
            eprintln!("{}: {problem}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let network = Digits::trained();
    let mut workspace = Digits::workspace();
    let probability = network.predict(&mut workspace, &[picture.digit()]);
    let mut ranking: Vec<(usize, f32)> = probability.iter().copied().enumerate().collect();
    ranking.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let lines = ranking.iter().take(3).map(|(digit, probability)| format!("{digit}  {:5.1} %\n", 100.0 * probability));
    match std::io::stdout().write_all(lines.collect::<String>().as_bytes()) {
        // A reader that left has seen what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("standard output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_digits_are_recognised() {
        let (network, mut workspace) = (Digits::trained(), Digits::workspace());
        for (file, digit) in [("one.png", 1), ("four.png", 4), ("seven.png", 7)] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let picture = picture::read(&path).expect("a picture");
            let probability = *network.predict(&mut workspace, &[picture.digit()]);
            let best = (0..10).max_by(|&a, &b| probability[a].total_cmp(&probability[b]));
            assert_eq!(best, Some(digit), "{file}: {probability:?}");
        }
    }
}
