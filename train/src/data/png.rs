//! PNG images: to channel, height, width with values in [0, 1].

use super::dataset::{Column, DType, Declared, Values};
use crate::error::{Fault, TrainError};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;

/// Pixels that an image may have.
pub const MAX_PIXELS: u64 = 1 << 28;

/// Deflate never expands data by more than this factor (RFC 1951: 258 bytes from two bits).
const MAX_EXPANSION: u64 = 1032;

/// A picture in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// `[channels, height, width]`; 1 channel for grey, 3 for red, green, blue.
    pub shape: [usize; 3],
    /// Channel by channel, row by row, in [0, 1].
    pub values: Vec<f32>,
}

/// Decodes a PNG file. Palettes are expanded; transparency is refused unless every pixel is opaque.
///
/// What is decoded and the values that are made of it take at most `limit` bytes together; the header is held against
/// that before anything is decoded.
pub fn read_png(file: &str, bytes: &[u8], limit: u64) -> Result<Image, TrainError> {
    let damaged = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => over_limit(file, limit, "its rows and notes take more".into()),
        error => {
            let fault = Fault::new("this PNG file is damaged").file(file).why(error.to_string());
            fault.fix("copy or export it again").input()
        }
    };
    let own = usize::try_from(limit).unwrap_or(usize::MAX).min(1 << 30);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: own });
    decoder.set_transformations(Transformations::EXPAND);
    let header = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (header.width, header.height);
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(Fault::new(format!("{width} × {height} pixels are more than an image may have"))
            .file(file)
            .why(format!("the limit is {MAX_PIXELS} pixels"))
            .fix("scale it to the size that the network takes")
            .limit());
    }
    let require = |color, depth| match pixels * bytes_per_pixel(color, depth) {
        needed if needed > limit => {
            Err(over_limit(file, limit, format!("its {width} × {height} pixels take {needed} bytes")))
        }
        _ => Ok(()),
    };
    require(header.color_type, header.bit_depth)?;
    if pixels / 8 > (bytes.len() as u64).saturating_mul(MAX_EXPANSION) {
        return Err(Fault::new("this PNG file is truncated")
            .file(file)
            .why(format!("{} bytes cannot hold {width} × {height} pixels", bytes.len()))
            .input());
    }
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (color, depth) = reader.output_color_type();
    // What stands between header and pixels may have added transparency.
    require(color, depth)?;
    let size = reader.output_buffer_size().ok_or_else(|| Fault::new("this image is too large").file(file).limit())?;
    let mut data = vec![0; size];
    let info = reader.next_frame(&mut data).map_err(damaged)?;
    reader.finish().map_err(damaged)?;
    data.truncate(info.buffer_size());
    let (channels, stored) = channels(color);
    let values = match depth {
        BitDepth::Sixteen => {
            planes(data.as_chunks::<2>().0, channels, stored, |&word| f32::from(u16::from_be_bytes(word)) / 65535.0)
        }
        _ => planes(&data, channels, stored, |&byte| f32::from(byte) / 255.0),
    };
    let values = values.ok_or_else(|| {
        Fault::new("this image has transparent pixels")
            .file(file)
            .why("what lies behind them is not defined")
            .fix("flatten it onto a background")
            .input()
    })?;
    Ok(Image { shape: [channels, info.height as usize, info.width as usize], values })
}

fn over_limit(file: &str, limit: u64, why: String) -> TrainError {
    Fault::new("this image unpacks to more than the memory limit")
        .file(file)
        .why(format!("{why}, the limit is {limit}"))
        .fix("scale it to the size that the network takes, or raise `--max-memory`")
        .limit()
}

/// Channels of the picture, and those that are stored: transparency comes last and is not kept.
fn channels(color: ColorType) -> (usize, usize) {
    match color {
        ColorType::Grayscale => (1, 1),
        ColorType::GrayscaleAlpha => (1, 2),
        ColorType::Rgb | ColorType::Indexed => (3, 3),
        ColorType::Rgba => (3, 4),
    }
}

/// Bytes of a decoded pixel, depths below eight being expanded, and of its values.
fn bytes_per_pixel(color: ColorType, depth: BitDepth) -> u64 {
    let (channels, stored) = channels(color);
    let decoded = if depth == BitDepth::Sixteen { 2 * stored } else { stored };
    (decoded + size_of::<f32>() * channels) as u64
}

/// The values of one channel after the other; none if a pixel is transparent.
fn planes<T>(samples: &[T], channels: usize, stored: usize, value: impl Fn(&T) -> f32) -> Option<Vec<f32>> {
    if stored > channels && samples.chunks_exact(stored).any(|pixel| value(&pixel[channels]) != 1.0) {
        return None;
    }
    let mut values = Vec::with_capacity(samples.len() / stored * channels);
    for channel in 0..channels {
        values.extend(samples.iter().skip(channel).step_by(stored).map(&value));
    }
    Some(values)
}

impl Image {
    /// One sample of the input `declared`, whose shape must be the image's.
    pub fn into_column(self, file: &str, declared: &Declared) -> Result<Column, TrainError> {
        let shape = self.shape;
        let same = declared.shape == shape || (shape[0] == 1 && declared.shape == shape[1..]);
        if !same || declared.dtype != DType::F32 {
            return Err(Fault::new(format!("this image does not fit the input `{}`", declared.name))
                .file(file)
                .why(format!("it is {shape:?} (channels, height, width), the network declares {:?}", declared.shape))
                .fix(match (shape[0], declared.shape.first()) {
                    (3, Some(1)) => "convert it to grey",
                    (1, Some(3)) => "convert it to red, green, blue",
                    _ => "scale or crop it",
                })
                .input());
        }
        Ok(Column { name: declared.name.clone(), shape: declared.shape.clone(), values: Values::F32(self.values) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1 << 34;

    fn encoded(color: ColorType, depth: BitDepth, width: u32, height: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn grey_and_colour_become_channel_planes() {
        let grey = read_png("g", &encoded(ColorType::Grayscale, BitDepth::Eight, 2, 1, &[0, 51]), LIMIT).unwrap();
        assert_eq!(grey, Image { shape: [1, 1, 2], values: vec![0.0, 0.2] });
        let colour = [255, 0, 0, 0, 255, 51, 0, 0, 0, 1, 2, 3];
        let rgb = read_png("c", &encoded(ColorType::Rgb, BitDepth::Eight, 2, 2, &colour), LIMIT).unwrap();
        assert_eq!(rgb.shape, [3, 2, 2]);
        assert_eq!(rgb.values[..8], [1.0, 0.0, 0.0, 1.0 / 255.0, 0.0, 1.0, 0.0, 2.0 / 255.0]);
        let deep =
            read_png("d", &encoded(ColorType::Grayscale, BitDepth::Sixteen, 1, 1, &[0xff, 0xff]), LIMIT).unwrap();
        assert_eq!(deep.values, [1.0]);
        let bits = read_png("b", &encoded(ColorType::Grayscale, BitDepth::One, 2, 1, &[0b0100_0000]), LIMIT).unwrap();
        assert_eq!(bits.values, [0.0, 1.0]);
        let opaque =
            read_png("o", &encoded(ColorType::Rgba, BitDepth::Eight, 1, 1, &[255, 0, 51, 255]), LIMIT).unwrap();
        assert_eq!(opaque.values, [1.0, 0.0, 0.2]);
        let clear = read_png("t", &encoded(ColorType::GrayscaleAlpha, BitDepth::Eight, 1, 1, &[255, 7]), LIMIT);
        assert!(clear.unwrap_err().to_string().contains("transparent"));
    }

    #[test]
    fn truncated_damaged_and_oversized_files_are_refused() {
        let whole = encoded(ColorType::Rgb, BitDepth::Eight, 5, 4, &[77; 60]);
        for length in 0..whole.len() {
            let error = read_png("cut.png", &whole[..length], LIMIT).unwrap_err();
            assert_eq!(error.exit_code(), 1, "{length}: {error}");
        }
        let mut bad_crc = whole.clone();
        let at = bad_crc.len() - 20;
        bad_crc[at] ^= 1;
        assert!(read_png("crc.png", &bad_crc, LIMIT).unwrap_err().to_string().contains("damaged"));

        for (side, code) in [(65_535u32, 3), (16_384, 1)] {
            let error = read_png("huge.png", &header_alone(side, 8, 2), LIMIT).unwrap_err();
            assert_eq!(error.exit_code(), code, "{error}");
        }
    }

    /// A file that ends after the header: whoever decodes it says that it is truncated.
    fn header_alone(side: u32, depth: u8, color: u8) -> Vec<u8> {
        let mut header = vec![b'I', b'H', b'D', b'R'];
        header.extend(side.to_be_bytes());
        header.extend(side.to_be_bytes());
        header.extend([depth, color, 0, 0, 0]);
        let mut checksum = flate2::Crc::new();
        checksum.update(&header);
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        file.extend(header);
        file.extend(checksum.sum().to_be_bytes());
        file
    }

    #[test]
    fn pixels_and_values_are_held_against_the_limit_before_they_are_decoded() {
        // Grey of 1 bit and of 16, colour of 8, a palette, transparency of 8: decoded bytes and values of a pixel.
        for (depth, color, per_pixel) in [(1, 0, 1 + 4), (16, 0, 2 + 4), (8, 2, 3 + 12), (8, 3, 3 + 12), (8, 6, 4 + 12)]
        {
            let file = header_alone(100, depth, color);
            let error = read_png("big.png", &file, 10_000 * per_pixel - 1).unwrap_err();
            let why = format!("its 100 × 100 pixels take {} bytes, the limit is", 10_000 * per_pixel);
            assert!(matches!(error, TrainError::Limit(_)) && error.to_string().contains(&why), "{error}");
            assert_eq!(read_png("big.png", &file, 10_000 * per_pixel).unwrap_err().exit_code(), 1, "{depth} {color}");
        }
        let image = encoded(ColorType::Rgb, BitDepth::Eight, 10, 10, &[77; 300]);
        assert!(read_png("fits.png", &image, 100 * (3 + 12)).is_ok());
        // Transparency that only a later chunk announces is decoded, so it counts.
        let mut keyed = Vec::new();
        let mut encoder = png::Encoder::new(&mut keyed, 10, 10);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_trns(vec![0, 9]);
        encoder.write_header().unwrap().write_image_data(&[77; 100]).unwrap();
        assert!(read_png("keyed.png", &keyed, 100 * (2 + 4)).is_ok());
        let error = read_png("keyed.png", &keyed, 100 * (2 + 4) - 1).unwrap_err();
        assert!(error.to_string().contains("take 600 bytes"), "{error}");
    }

    #[test]
    fn an_image_must_have_the_declared_shape() {
        let image = Image { shape: [3, 2, 2], values: vec![0.5; 12] };
        let declared = |shape: &[usize]| Declared { name: "photo".into(), shape: shape.to_vec(), dtype: DType::F32 };
        assert!(image.clone().into_column("p", &declared(&[3, 2, 2])).is_ok());
        let error = image.into_column("p.png", &declared(&[1, 2, 2])).unwrap_err().to_string();
        assert!(error.contains("convert it to grey"), "{error}");
        let grey = Image { shape: [1, 2, 2], values: vec![0.5; 4] };
        assert!(grey.into_column("p", &declared(&[2, 2])).is_ok());
    }
}
