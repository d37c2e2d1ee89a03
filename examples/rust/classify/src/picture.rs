//! Pictures as grey values, and the digit in them.

use png::{ColorType, Decoder, Transformations};
use std::io::BufReader;
use std::path::Path;

/// Rows and columns of what the network sees.
const SIZE: usize = 8;
/// Most pixels that are read.
const LARGEST: usize = 1 << 26;

/// A picture as ink: 0 is background, 1 the strongest stroke.
pub struct Picture {
    width: usize,
    ink: Vec<f32>,
}

/// Reads a PNG file.
///
/// # Errors
/// When the file cannot be read, is no picture, or is empty of contrast.
pub fn read(path: &Path) -> Result<Picture, Box<dyn std::error::Error>> {
    let mut decoder = Decoder::new(BufReader::new(std::fs::File::open(path)?));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let bytes = reader.output_buffer_size().filter(|&bytes| bytes <= 4 * LARGEST).ok_or("the picture is too large")?;
    let mut pixels = vec![0; bytes];
    let frame = reader.next_frame(&mut pixels)?;
    let (channels, has_alpha) = match frame.color_type {
        ColorType::Grayscale => (1, false),
        ColorType::GrayscaleAlpha => (2, true),
        ColorType::Rgb => (3, false),
        ColorType::Rgba | ColorType::Indexed => (4, true),
    };
    let grey = pixels[..frame.buffer_size()].chunks_exact(channels).map(|pixel| {
        let (colors, alpha) = if has_alpha { pixel.split_at(channels - 1) } else { (pixel, &[255][..]) };
        let mean = colors.iter().map(|&color| f32::from(color)).sum::<f32>() / colors.len() as f32;
        // What is transparent shows white paper.
        255.0 + (mean - 255.0) * f32::from(alpha[0]) / 255.0
    });
    Picture::new(frame.width as usize, grey.collect())
}

impl Picture {
    /// Grey values as ink; the edge of the picture is background.
    fn new(width: usize, grey: Vec<f32>) -> Result<Picture, Box<dyn std::error::Error>> {
        let height = grey.len() / width.max(1);
        let edge = grey.iter().enumerate().filter(|(at, _)| {
            let (row, column) = (at / width, at % width);
            row == 0 || column == 0 || row + 1 == height || column + 1 == width
        });
        let (sum, count) = edge.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
        let background = sum / f32::max(count, 1.0);
        let strongest = grey.iter().map(|value| (value - background).abs()).fold(0.0, f32::max);
        if strongest < 16.0 {
            return Err("nothing stands out from the background".into());
        }
        Ok(Picture { width, ink: grey.iter().map(|value| (value - background).abs() / strongest).collect() })
    }

    /// The digit cut out and scaled to 8×8, as high as the field; each value is the mean of the pixels below it.
    pub fn digit(&self) -> [[f32; SIZE]; SIZE] {
        let inked = || self.ink.iter().enumerate().filter(|&(_, &ink)| ink > 0.3).map(|(at, _)| at);
        let rows = inked().map(|at| at / self.width).min().unwrap_or(0)
            ..inked().map(|at| at / self.width).max().unwrap_or(0) + 1;
        let columns = inked().map(|at| at % self.width).min().unwrap_or(0)
            ..inked().map(|at| at % self.width).max().unwrap_or(0) + 1;
        let side = rows.len().max(columns.len()) as f32;
        let top = (rows.start + rows.end) as f32 / 2.0 - side / 2.0;
        let left = (columns.start + columns.end) as f32 / 2.0 - side / 2.0;
        let cell = side / SIZE as f32;
        std::array::from_fn(|row| {
            std::array::from_fn(|column| self.mean(top + row as f32 * cell, left + column as f32 * cell, cell))
        })
    }

    /// Mean ink of a square, weighted by how much of each pixel lies in it; outside of the picture there is none.
    fn mean(&self, top: f32, left: f32, side: f32) -> f32 {
        let height = self.ink.len() / self.width;
        let within = |from: f32, limit: usize| {
            (from.max(0.0) as usize..((from + side).ceil().max(0.0) as usize).min(limit))
                .map(move |at| (at, (from + side).min(at as f32 + 1.0) - from.max(at as f32)))
        };
        let mut sum = 0.0;
        for (row, high) in within(top, height) {
            for (column, wide) in within(left, self.width) {
                sum += high * wide * self.ink[row * self.width + column];
            }
        }
        sum / (side * side)
    }
}
