//! IDX files (MNIST's format, plain or gzip): magic, extents, values, everything with the high byte first.

use super::raw::{Raw, RawValues};
use crate::error::{Fault, TrainError};
use crate::file::Reader;
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Elements that one tensor may have.
const MAX_ELEMENTS: u64 = 1 << 34;

/// Parses the bytes of an IDX file; gzip is recognised by its magic and unpacked to at most `limit` bytes.
pub fn read_idx(file: &str, bytes: &[u8], limit: u64) -> Result<Raw, TrainError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let unpacked = MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut plain);
        unpacked.map_err(|error| {
            Fault::new("the gzip data is damaged").file(file).why(error.to_string()).fix("copy the file again").input()
        })?;
        if u64::try_from(plain.len()).is_ok_and(|n| n > limit) {
            return Err(Fault::new("this file unpacks to more than the memory limit")
                .file(file)
                .why(format!("at most {limit} bytes are read"))
                .limit());
        }
        return parse(file, &plain);
    }
    parse(file, bytes)
}

fn parse(file: &str, bytes: &[u8]) -> Result<Raw, TrainError> {
    let mut reader = Reader::new(file, bytes);
    let magic: [u8; 4] = reader.array("the magic number")?;
    let [0, 0, kind, rank @ 1..=8] = magic else {
        return Err(Fault::new("this is not an IDX file")
            .file(file)
            .why(format!("it starts with {magic:02x?} instead of 00 00, a value type and a rank from 1 to 8"))
            .input());
    };
    let mut shape = Vec::new();
    let mut elements = 1u64;
    for axis in 0..rank {
        let extent = reader.u32_be("the extents")?;
        shape.push(extent as usize);
        elements = elements.checked_mul(u64::from(extent)).filter(|&n| n <= MAX_ELEMENTS).ok_or_else(|| {
            Fault::new("this file claims more than 2³⁴ values")
                .file(file)
                .why(format!("up to axis {axis} its extents are {shape:?}"))
                .fix("the file is damaged, or no IDX file: fetch it again")
                .limit()
        })?;
    }
    let width: usize = match kind {
        0x08 | 0x09 => 1,
        0x0b => 2,
        0x0c | 0x0d => 4,
        0x0e => 8,
        _ => {
            return Err(Fault::new(format!("IDX has no value type 0x{kind:02x}")).file(file).input());
        }
    };
    let length = usize::try_from(elements).ok().and_then(|n| n.checked_mul(width));
    let Some(length) = length.filter(|&n| n <= reader.remaining()) else {
        return Err(Fault::new("the file ends before its last value")
            .file(file)
            .why(format!(
                "extents {shape:?} need {elements} values of {width} bytes, {} bytes are there",
                reader.remaining()
            ))
            .fix("the file is truncated: fetch it again")
            .input());
    };
    let data = reader.take(length, "the values")?;
    reader.finish()?;
    let values = match kind {
        0x08 => RawValues::U8(data.to_vec()),
        0x09 => RawValues::I64(data.iter().map(|&byte| i64::from(byte.cast_signed())).collect()),
        0x0b => RawValues::I64(words(data).map(|word| i64::from(i16::from_be_bytes(word))).collect()),
        0x0c => RawValues::I64(words(data).map(|word| i64::from(i32::from_be_bytes(word))).collect()),
        0x0d => RawValues::F32(words(data).map(f32::from_be_bytes).collect()),
        _ => RawValues::F64(words(data).map(f64::from_be_bytes).collect()),
    };
    Ok(Raw { shape, values })
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.as_chunks::<N>().0.iter().copied()
}

/// What the values of an image are divided by.
pub(super) fn divisor(raw: &Raw) -> f32 {
    match raw.values {
        RawValues::U8(_) => 255.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const LIMIT: u64 = 1 << 20;

    fn sample() -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];
        bytes.extend([0, 51, 255, 7, 8, 9]);
        bytes
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzip_files_hold_the_same_array() {
        let raw = read_idx("a", &sample(), LIMIT).unwrap();
        assert_eq!(raw.shape, [2, 1, 3]);
        assert_eq!(raw.values, RawValues::U8(vec![0, 51, 255, 7, 8, 9]));
        assert_eq!(read_idx("a.gz", &packed(&sample()), LIMIT).unwrap(), raw);
    }

    #[test]
    fn every_value_type_is_read_high_byte_first() {
        for (kind, bytes, values) in [
            (0x09, vec![0xff], RawValues::I64(vec![-1])),
            (0x0b, vec![0x01, 0x02], RawValues::I64(vec![258])),
            (0x0c, vec![0xff, 0xff, 0xff, 0xfe], RawValues::I64(vec![-2])),
            (0x0d, 1.5f32.to_be_bytes().to_vec(), RawValues::F32(vec![1.5])),
            (0x0e, 2.25f64.to_be_bytes().to_vec(), RawValues::F64(vec![2.25])),
        ] {
            let mut file = vec![0, 0, kind, 1, 0, 0, 0, 1];
            file.extend(bytes);
            assert_eq!(read_idx("a", &file, LIMIT).unwrap().values, values);
        }
    }

    #[test]
    fn truncation_at_every_byte_is_a_clean_error() {
        for whole in [sample(), packed(&sample())] {
            for length in 0..whole.len() {
                let error = read_idx("cut.idx", &whole[..length], LIMIT).unwrap_err();
                assert_eq!(error.exit_code(), 1, "{length}: {error}");
                assert!(error.to_string().starts_with("cut.idx: "), "{error}");
            }
        }
    }

    #[test]
    fn claims_beyond_the_bytes_are_refused_before_allocation() {
        let mut huge = vec![0, 0, 8, 2];
        huge.extend([0xff; 8]);
        assert!(matches!(read_idx("a", &huge, LIMIT), Err(TrainError::Limit(_))));
        let mut long = vec![0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff];
        long.extend([0; 16]);
        assert!(read_idx("a", &long, LIMIT).unwrap_err().to_string().contains("ends before its last value"));
        let bomb = packed(&vec![0; 1 << 22]);
        assert_eq!(read_idx("bomb", &bomb, LIMIT).unwrap_err().exit_code(), 3);
        assert!(read_idx("a", b"\x89PNG\r\n\x1a\n", LIMIT).unwrap_err().to_string().contains("not an IDX file"));
        let mut tail = sample();
        tail.push(0);
        assert!(read_idx("a", &tail, LIMIT).unwrap_err().to_string().contains("goes on after its end"));
    }
}
