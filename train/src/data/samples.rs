//! `read_samples`: one file that the user names, as samples of one input, for prediction.

use super::csv::{Selection, read_csv};
use super::dataset::{Column, Declared, Values};
use super::{idx, npy, png};
use crate::error::{Fault, TrainError};
use crate::file::{Bound, read_plain};
use std::path::Path;

/// Reads NPY, PNG, IDX (plain or gzip) or CSV, told apart by their first bytes, as samples of `declared`.
///
/// NPY and IDX hold the samples along their first axis; a PNG is one sample. Of a table, `columns` are taken by name;
/// without names the whole row is the sample.
pub fn read_samples(
    path: &Path,
    declared: &Declared,
    columns: Option<&[String]>,
    max_bytes: u64,
) -> Result<Column, TrainError> {
    let file = path.display().to_string();
    let bytes = read_plain(path, Bound::memory(max_bytes))?;
    let column = match bytes.as_slice() {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => npy::read_npy(&file, &bytes)?.into_column(&file, declared, 1.0)?,
        [0x89, b'P', b'N', b'G', ..] => png::read_png(&file, &bytes, max_bytes)?.into_column(&file, declared)?,
        [0, 0, _, _, ..] | [0x1f, 0x8b, ..] => {
            let raw = idx::read_idx(&file, &bytes, max_bytes)?;
            let divisor = idx::divisor(&raw);
            raw.into_column(&file, declared, divisor)?
        }
        [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] | [b'B', b'M', ..] | [b'R', b'I', b'F', b'F', ..] => {
            let what = "of pictures only PNG is read, and this is a JPEG, GIF, BMP or WebP file";
            return Err(Fault::new(what).file(file).fix("convert it to PNG").input());
        }
        _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) => {
            return Err(Fault::new("this is no PNG file").file(file).fix("export the picture again as PNG").input());
        }
        _ => {
            let names = match columns {
                Some(names) => names.to_vec(),
                None => {
                    let names = header(&file, &bytes)?;
                    let (given, wanted) = (names.len(), declared.per_sample());
                    // A table without a header has its own message, from the reader.
                    if given != wanted && given > 0 {
                        let what =
                            format!("a row of this table has {given} values, `{}` takes {wanted}", declared.name);
                        let why = format!("`{}` is declared with shape {:?}", declared.name, declared.shape);
                        let fix = "give a row of that length for each sample";
                        return Err(Fault::new(what).file(file).why(why).fix(fix).input());
                    }
                    names
                }
            };
            let selection = Selection { declared: declared.clone(), names };
            read_csv(&file, &bytes, &[selection])?.remove(0)
        }
    };
    if column.values.is_empty() {
        let fix = "add rows below the header, or name another file";
        return Err(Fault::new("there is no sample in this file").file(file).fix(fix).input());
    }
    Ok(column)
}

impl Column {
    /// Samples in this column.
    pub fn samples(&self) -> usize {
        self.values.len() / self.per_sample().max(1)
    }

    /// The sample at `index` alone; fails if there are not as many.
    pub fn sample(&self, index: usize) -> Result<Column, TrainError> {
        let n = self.per_sample().max(1);
        if index >= self.samples() {
            let what = format!("there is no sample {index}: `{}` has {}, counted from 0", self.name, self.samples());
            return Err(Fault::new(what).input());
        }
        let values = match &self.values {
            Values::F32(values) => Values::F32(values[index * n..(index + 1) * n].to_vec()),
            Values::I32(values) => Values::I32(values[index * n..(index + 1) * n].to_vec()),
        };
        Ok(Column { name: self.name.clone(), shape: self.shape.clone(), values })
    }
}

/// All names of a table's header.
fn header(file: &str, bytes: &[u8]) -> Result<Vec<String>, TrainError> {
    let mut reader = csv::Reader::from_reader(bytes);
    match reader.headers() {
        Ok(names) => Ok(names.iter().map(|name| name.trim().to_string()).collect()),
        Err(error) => Err(Fault::new("this is not a file of samples")
            .file(file)
            .why(error.to_string())
            .fix("give an NPY, PNG, IDX or CSV file")
            .input()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DType;

    fn read(bytes: &[u8], shape: &[usize], columns: Option<&[String]>) -> Result<Column, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, bytes).unwrap();
        let declared = Declared { name: "x".into(), shape: shape.to_vec(), dtype: DType::F32 };
        read_samples(&path, &declared, columns, 1 << 20)
    }

    #[test]
    fn the_first_bytes_tell_the_format() {
        let mut npy = Vec::new();
        npy::write_npy(&mut npy, &[2, 2], &Values::F32(vec![1.0, 2.0, 3.0, 4.0])).unwrap();
        let idx = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 255, 0, 51, 0];
        let mut png = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut png, 2, 1);
        encoder.set_color(::png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[255, 0]).unwrap();
        let table = b"a,b\n1,2\n3,4\n";
        for (bytes, shape, values) in [
            (&npy[..], &[2][..], vec![1.0, 2.0, 3.0, 4.0]),
            (&idx, &[2], vec![1.0, 0.0, 0.2, 0.0]),
            (&png, &[1, 1, 2], vec![1.0, 0.0]),
            (table, &[2], vec![1.0, 2.0, 3.0, 4.0]),
        ] {
            assert_eq!(read(bytes, shape, None).unwrap().values, Values::F32(values));
        }
        let swapped = read(table, &[2], Some(&["b".into(), "a".into()])).unwrap();
        assert_eq!(swapped.sample(1).unwrap().values, Values::F32(vec![4.0, 3.0]));
        assert_eq!((swapped.samples(), swapped.sample(2).unwrap_err().exit_code()), (2, 1));
    }

    #[test]
    fn files_of_another_kind_are_refused() {
        for (bytes, words) in [
            (&b""[..], "this table is empty"),
            (b"a,b,c\n1,2,3\n", "a row of this table has 3 values, `x` takes 2"),
            (b"a,b\n", "no sample in this file"),
            (b"\xff\xfe\xfd,b\n1,2\n", "not a file of samples"),
        ] {
            let error = read(bytes, &[2], None).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
