//! UCI Optical Recognition of Handwritten Digits as scikit-learn ships it, embedded.
//!
//! 1,797 grey pictures of 8×8 pixels in 0..=16, the test part of the original set: thirteen writers, who follow one
//! another, so that the last fifth is written by others than the rest. Licence CC BY 4.0, see the NOTICE file.

use super::raw::{Raw, RawValues};
use crate::error::{Fault, TrainError};
use flate2::read::GzDecoder;
use std::io::Read;

/// Pictures in the set.
pub const COUNT: usize = 1797;

const PIXELS: usize = 64;

/// The pixels of all pictures row by row, then the 1,797 labels, one byte each.
const PACKED: &[u8] = include_bytes!("../../data/digits.gz");

/// What a pixel is divided by to lie in [0, 1].
pub(super) const DIVISOR: f32 = 16.0;

/// `image` of shape 1,797 × 8 × 8 in 0..=16 and `label` in 0..10.
pub fn read_digits() -> Result<(Raw, Raw), TrainError> {
    let damaged = |why: String| Fault::new("the embedded digits are damaged").why(why).io();
    let mut bytes = Vec::new();
    GzDecoder::new(PACKED).read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
    if bytes.len() != COUNT * (PIXELS + 1) {
        return Err(damaged(format!("{} bytes", bytes.len())));
    }
    let labels = bytes.split_off(COUNT * PIXELS);
    let image = Raw { shape: vec![COUNT, 8, 8], values: RawValues::U8(bytes) };
    Ok((image, Raw { shape: vec![COUNT], values: RawValues::U8(labels) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_the_one_that_scikit_learn_ships() {
        let (image, label) = read_digits().unwrap();
        let (RawValues::U8(pixels), RawValues::U8(labels)) = (image.values, label.values) else { panic!() };
        assert_eq!(pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>(), 561_718);
        assert_eq!(pixels.iter().max(), Some(&16));
        assert_eq!(pixels[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
        assert_eq!(pixels[PIXELS * (COUNT - 1)..][..8], [0, 0, 10, 14, 8, 1, 0, 0]);
        let mut counts = [0; 10];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(labels[COUNT - 1], 8);
    }
}
