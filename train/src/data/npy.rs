//! NPY files (NumPy's array format, versions 1 to 3): a Python dictionary as header, then the values.

use super::dataset::Values;
use super::raw::{Raw, RawValues};
use crate::error::{Fault, TrainError};
use crate::file::Reader;
use std::io::{self, Write};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Parses an NPY file of `<f4`, `<f8`, `|u1` and signed integers of 1 to 8 bytes, in C or Fortran order.
pub fn read_npy(file: &str, bytes: &[u8]) -> Result<Raw, TrainError> {
    let mut reader = Reader::new(file, bytes);
    if reader.take(6, "the magic string")? != MAGIC {
        return Err(Fault::new("this is not an NPY file").file(file).why("it does not start with \\x93NUMPY").input());
    }
    let version = reader.u8("the version")?;
    reader.u8("the version")?;
    let length = match version {
        1 => usize::from(reader.u16_le("the header length")?),
        2 | 3 => usize::try_from(reader.u32_le("the header length")?).unwrap_or(usize::MAX),
        _ => {
            return Err(Fault::new(format!("NPY version {version} is unknown"))
                .file(file)
                .why("1, 2 and 3 are read")
                .input());
        }
    };
    let header = reader.take(length, "the header")?;
    let header =
        parse_header(header).map_err(|why| Fault::new("the NPY header is malformed").file(file).why(why).input())?;
    let width: usize = match header.descr.as_str() {
        "|u1" | "|i1" => 1,
        "<i2" => 2,
        "<f4" | "<i4" => 4,
        "<f8" | "<i8" => 8,
        other => {
            return Err(Fault::new(format!("arrays of type `{other}` are not read"))
                .file(file)
                .why("f4, f8, u1, i1, i2, i4 and i8 are, with the low byte first")
                .fix("convert it: `numpy.save(path, array.astype(\"float32\"))`")
                .input());
        }
    };
    let needed = header.shape.iter().try_fold(width, |product, &extent| product.checked_mul(extent));
    let Some(needed) = needed.filter(|&n| n <= reader.remaining()) else {
        return Err(Fault::new("the file ends before its last value")
            .file(file)
            .why(format!(
                "shape {:?} of {width}-byte values does not fit in the {} bytes that follow the header",
                header.shape,
                reader.remaining()
            ))
            .fix("the file is truncated or its header is wrong: write it again")
            .input());
    };
    let data = reader.take(needed, "the values")?;
    reader.finish()?;
    let values = match header.descr.as_str() {
        "|u1" => RawValues::U8(data.to_vec()),
        "|i1" => RawValues::I64(data.iter().map(|&byte| i64::from(byte.cast_signed())).collect()),
        "<i2" => RawValues::I64(words(data).map(|word| i64::from(i16::from_le_bytes(word))).collect()),
        "<i4" => RawValues::I64(words(data).map(|word| i64::from(i32::from_le_bytes(word))).collect()),
        "<i8" => RawValues::I64(words(data).map(i64::from_le_bytes).collect()),
        "<f4" => RawValues::F32(words(data).map(f32::from_le_bytes).collect()),
        _ => RawValues::F64(words(data).map(f64::from_le_bytes).collect()),
    };
    let values = if header.fortran { to_row_major(values, &header.shape) } else { values };
    Ok(Raw { shape: header.shape, values })
}

/// Writes an array as NPY version 1 (2 where the shape is long), in C order.
pub fn write_npy(to: &mut dyn Write, shape: &[usize], values: &Values) -> io::Result<()> {
    let descr = match values {
        Values::F32(_) => "<f4",
        Values::I32(_) => "<i4",
    };
    let extents: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let extents =
        if shape.len() == 1 { extents.trim_end().to_string() } else { extents.trim_end_matches(", ").to_string() };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({extents}), }}");
    let short = header.len() + 64 < usize::from(u16::MAX);
    let prefix = if short { 10 } else { 12 };
    // NumPy aligns the data to 64 bytes and ends the header with a line feed.
    while !(prefix + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    to.write_all(MAGIC)?;
    match u16::try_from(header.len()) {
        Ok(length) if short => {
            to.write_all(&[1, 0])?;
            to.write_all(&length.to_le_bytes())?;
        }
        _ => {
            let length = u32::try_from(header.len()).map_err(io::Error::other)?;
            to.write_all(&[2, 0])?;
            to.write_all(&length.to_le_bytes())?;
        }
    }
    to.write_all(header.as_bytes())?;
    match values {
        Values::F32(values) => values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes())),
        Values::I32(values) => values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes())),
    }
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.as_chunks::<N>().0.iter().copied()
}

fn to_row_major(values: RawValues, shape: &[usize]) -> RawValues {
    match values {
        RawValues::U8(values) => RawValues::U8(transposed(&values, shape)),
        RawValues::I64(values) => RawValues::I64(transposed(&values, shape)),
        RawValues::F32(values) => RawValues::F32(transposed(&values, shape)),
        RawValues::F64(values) => RawValues::F64(transposed(&values, shape)),
    }
}

/// Column-major values in row-major order: walks the output and keeps the input offset in step.
fn transposed<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    // Without values nothing in the file bounds the other extents, so their products may not be formed.
    if values.is_empty() {
        return Vec::new();
    }
    let mut strides = Vec::new();
    let mut stride = 1usize;
    for &extent in shape {
        strides.push(stride);
        stride *= extent;
    }
    let mut index = vec![0usize; shape.len()];
    let mut from = 0usize;
    let mut output = Vec::new();
    while output.len() < values.len() {
        output.push(values[from]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    output
}

struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, keys in any order.
fn parse_header(bytes: &[u8]) -> Result<Header, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_string())?;
    let mut rest = eat(text.trim(), "{")?;
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    while !rest.starts_with('}') {
        let (key, after) = quoted(rest)?;
        rest = eat(after, ":")?;
        rest = match key {
            "descr" => {
                let (value, after) = quoted(rest)?;
                descr = Some(value.to_string());
                after
            }
            "fortran_order" => {
                let (word, value) = if rest.starts_with("True") { ("True", true) } else { ("False", false) };
                fortran = Some(value);
                eat(rest, word)?
            }
            "shape" => {
                let (value, after) = tuple(rest)?;
                shape = Some(value);
                after
            }
            other => return Err(format!("the key `{other}` is unknown")),
        };
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    let missing = |key: &str| format!("the key `{key}` is missing");
    Ok(Header {
        descr: descr.ok_or_else(|| missing("descr"))?,
        fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

fn eat<'a>(text: &'a str, wanted: &str) -> Result<&'a str, String> {
    text.strip_prefix(wanted)
        .map(str::trim_start)
        .ok_or_else(|| format!("`{wanted}` is missing before `{}`", text.chars().take(20).collect::<String>()))
}

fn quoted(text: &str) -> Result<(&str, &str), String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or("a quoted word is missing")?;
    let (word, rest) = text[1..].split_once(quote).ok_or("a quote is not closed")?;
    Ok((word, rest.trim_start()))
}

fn tuple(text: &str) -> Result<(Vec<usize>, &str), String> {
    let inside = eat(text, "(")?;
    let (list, rest) = inside.split_once(')').ok_or("the shape is not closed")?;
    let mut shape = Vec::new();
    for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        shape.push(word.trim_end_matches('L').parse().map_err(|_| format!("`{word}` is not an extent"))?);
    }
    if shape.len() > 8 {
        return Err(format!("rank {} is above 8", shape.len()));
    }
    Ok((shape, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes()),
            _ => bytes.extend(u32::try_from(header.len()).unwrap().to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn what_is_written_is_read_back_and_data_is_aligned() {
        for (shape, values) in [
            (vec![2, 3], Values::F32(vec![1.0, -2.5, 3.0, f32::MIN_POSITIVE, 0.0, 6.0])),
            (vec![3], Values::I32(vec![1, -2, 3])),
            (vec![], Values::F32(vec![7.0])),
        ] {
            let mut bytes = Vec::new();
            write_npy(&mut bytes, &shape, &values).unwrap();
            assert!((bytes.len() - values.len() * 4).is_multiple_of(64));
            let raw = read_npy("a.npy", &bytes).unwrap();
            assert_eq!(raw.shape, shape);
            match (raw.values, values) {
                (RawValues::F32(read), Values::F32(written)) => assert_eq!(read, written),
                (RawValues::I64(read), Values::I32(written)) => {
                    assert_eq!(read, written.into_iter().map(i64::from).collect::<Vec<_>>());
                }
                other => panic!("{other:?}"),
            }
            for length in 0..bytes.len() {
                assert_eq!(read_npy("cut", &bytes[..length]).unwrap_err().exit_code(), 1);
            }
        }
    }

    #[test]
    fn versions_types_and_orders_of_numpy_are_read() {
        // numpy.asfortranarray([[1, 2, 3], [4, 5, 6]]) stores 1 4 2 5 3 6.
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
        for version in 1..=3 {
            let raw = read_npy("f", &file(version, header, &[1, 4, 2, 5, 3, 6])).unwrap();
            assert_eq!(raw.values, RawValues::U8(vec![1, 2, 3, 4, 5, 6]));
        }
        let cube: Vec<u8> = (0..24).collect();
        let header = "{'shape': (2, 3, 4), 'fortran_order': True, 'descr': '|u1'}";
        let RawValues::U8(values) = read_npy("f", &file(1, header, &cube)).unwrap().values else { panic!() };
        for (i, j, k) in [(0, 0, 0), (1, 2, 3), (1, 0, 2), (0, 2, 1)] {
            assert_eq!(usize::from(values[i * 12 + j * 4 + k]), i + 2 * j + 6 * k);
        }
        let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }";
        assert_eq!(read_npy("f", &file(1, header, &(-5i64).to_le_bytes())).unwrap().values, RawValues::I64(vec![-5]));
    }

    #[test]
    fn a_header_of_no_elements_is_read_whatever_the_other_extents() {
        for order in ["True", "False"] {
            let header =
                format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': (0, 1099511627776, 1099511627776), }}");
            let raw = read_npy("none.npy", &file(1, &header, &[])).unwrap();
            assert_eq!(raw, Raw { shape: vec![0, 1 << 40, 1 << 40], values: RawValues::F32(Vec::new()) });
        }
    }

    #[test]
    fn files_that_numpy_wrote_are_read() {
        let raw = read_npy("f", include_bytes!("../../tests/reference/fortran_f4.npy")).unwrap();
        let values = RawValues::F32(vec![0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
        assert_eq!(raw, Raw { shape: vec![2, 3], values });
        let raw = read_npy("c", include_bytes!("../../tests/reference/c_i8_v3.npy")).unwrap();
        assert_eq!(raw, Raw { shape: vec![2, 2], values: RawValues::I64(vec![1, -2, 3, 1 << 40]) });
    }

    #[test]
    fn malformed_files_say_what_is_wrong() {
        for (header, words) in [
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 1), }", "ends before its last value"),
            (
                "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }",
                "ends before",
            ),
            ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "`>f4` are not read"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "`|O` are not read"),
            ("{'descr': '<f4', 'shape': (1,), }", "`fortran_order` is missing"),
            ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", "`False` is missing"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "`-1` is not an extent"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", "rank 9"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1", "not closed"),
            ("import os", "`{` is missing"),
            ("{'descr", "a quote is not closed"),
            ("{'pickle': '", "the key `pickle` is unknown"),
        ] {
            let error = read_npy("bad.npy", &file(1, header, &[0; 4])).unwrap_err();
            assert_eq!(error.exit_code(), 1);
            assert!(error.to_string().contains(words), "{header}: {error}");
        }
    }
}
