//! `Source`: where samples come from, as the recipe says, and loading it into a `Dataset`.

use super::csv::{Selection, read_csv};
use super::dataset::{Column, Dataset, Declared};
use super::{digits, idx, npy};
use crate::error::{Fault, TrainError};
use crate::file::{Bound, read_inside};
use std::path::Path;

/// A data source of the recipe. Keys are names of inputs and targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `digits`: the embedded UCI digits with the columns `image` and `label`.
    Digits,
    /// `idx(image = "…", label = "…")`: one file per key.
    Idx(Vec<(String, String)>),
    /// `npy(x = "…", y = "…")`: one file per key.
    Npy(Vec<(String, String)>),
    /// `csv("…", x = [a, b], y = c)`: header names per key.
    Csv {
        /// The table.
        file: String,
        /// Header names of each key, in order.
        columns: Vec<(String, Vec<String>)>,
    },
}

/// Where files are looked for and how much may be read.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// The folder of the `.net` file; sources lie in it or below.
    pub base: &'a Path,
    /// Largest file in bytes, also after unpacking.
    pub max_bytes: u64,
}

impl<'a> Folder<'a> {
    /// Files below `base` of up to 16 GiB.
    pub fn new(base: &'a Path) -> Folder<'a> {
        Folder { base, max_bytes: 1 << 34 }
    }
}

impl Source {
    /// The source as a message names it: its first file, or `digits`.
    pub fn name(&self) -> &str {
        match self {
            Source::Digits => "digits",
            Source::Idx(files) | Source::Npy(files) => files.first().map_or("idx", |(_, path)| path),
            Source::Csv { file, .. } => file,
        }
    }

    fn keys(&self) -> Vec<&str> {
        match self {
            Source::Digits => vec!["image", "label"],
            Source::Idx(files) | Source::Npy(files) => files.iter().map(|(key, _)| key.as_str()).collect(),
            Source::Csv { columns, .. } => columns.iter().map(|(key, _)| key.as_str()).collect(),
        }
    }
}

/// Loads every declared input and target from `source`, in the order of the declarations.
///
/// Missing keys are errors, and so are keys that nothing declares (except for `digits`, whose labels may be left).
/// Values are checked against shape, range and finiteness here, once.
pub fn load(source: &Source, declared: &[Declared], folder: Folder) -> Result<Dataset, TrainError> {
    require_keys(source, declared)?;
    let columns = match source {
        Source::Digits => {
            let (image, label) = digits::read_digits()?;
            let column = |declared: &Declared| match declared.name.as_str() {
                "image" => image.clone().into_column("digits", declared, digits::DIVISOR),
                _ => label.clone().into_column("digits", declared, 1.0),
            };
            declared.iter().map(column).collect::<Result<Vec<Column>, TrainError>>()?
        }
        Source::Idx(files) => from_files(files, declared, |path, declared| {
            let bytes = read_inside(folder.base, path, Bound::memory(folder.max_bytes))?;
            let raw = idx::read_idx(path, &bytes, folder.max_bytes)?;
            let divisor = idx::divisor(&raw);
            raw.into_column(path, declared, divisor)
        })?,
        Source::Npy(files) => from_files(files, declared, |path, declared| {
            let bytes = read_inside(folder.base, path, Bound::memory(folder.max_bytes))?;
            npy::read_npy(path, &bytes)?.into_column(path, declared, 1.0)
        })?,
        Source::Csv { file, columns } => {
            let selection = |declared: &Declared| {
                let names = columns.iter().find(|(key, _)| *key == declared.name).map(|(_, names)| names.clone());
                Selection { declared: declared.clone(), names: names.unwrap_or_default() }
            };
            let selections: Vec<Selection> = declared.iter().map(selection).collect();
            read_csv(file, &read_inside(folder.base, file, Bound::memory(folder.max_bytes))?, &selections)?
        }
    };
    Dataset::new(source.name(), columns)
}

fn from_files(
    files: &[(String, String)],
    declared: &[Declared],
    read: impl Fn(&str, &Declared) -> Result<Column, TrainError>,
) -> Result<Vec<Column>, TrainError> {
    let mut columns = Vec::new();
    for declared in declared {
        for (_, path) in files.iter().filter(|(key, _)| *key == declared.name) {
            columns.push(read(path, declared)?);
        }
    }
    Ok(columns)
}

fn require_keys(source: &Source, declared: &[Declared]) -> Result<(), TrainError> {
    let keys = source.keys();
    let names: Vec<&str> = declared.iter().map(|declared| declared.name.as_str()).collect();
    for (position, key) in keys.iter().enumerate() {
        if keys[..position].contains(key) {
            return Err(Fault::new(format!("`{key}` is given twice in this data source")).input());
        }
        if !names.contains(key) && *source != Source::Digits {
            return Err(Fault::new(format!("no input or target is called `{key}`"))
                .why(format!("the recipe declares {}", names.join(", ")))
                .fix(format!("remove `{key}` from the data source or declare it"))
                .input());
        }
    }
    match names.iter().find(|name| !keys.contains(name)) {
        None => Ok(()),
        Some(missing) => Err(Fault::new(format!("the data source does not give `{missing}`"))
            .why(format!("it gives {}", keys.join(", ")))
            .fix(match source {
                Source::Digits => "`digits` has an `image` and a `label`: name input and target so".to_string(),
                _ => format!("add `{missing} = …` to it"),
            })
            .input()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DType, Values};

    fn declared(name: &str, shape: &[usize], dtype: DType) -> Declared {
        Declared { name: name.into(), shape: shape.to_vec(), dtype }
    }

    #[test]
    fn digits_are_scaled_to_one_and_shaped_as_declared() {
        let here = Folder::new(Path::new("."));
        let wanted = [declared("image", &[1, 8, 8], DType::F32), declared("label", &[], DType::Int { n: 10 })];
        let dataset = load(&Source::Digits, &wanted, here).unwrap();
        assert_eq!(dataset.count(), 1797);
        let Values::F32(pixels) = &dataset.column("image").unwrap().values else { panic!() };
        assert_eq!(pixels[2..5], [0.3125, 0.8125, 0.5625]);
        assert!(pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        assert_eq!(load(&Source::Digits, &[declared("image", &[64], DType::F32)], here).unwrap().columns().len(), 1);
        let five = [wanted[0].clone(), declared("label", &[], DType::Int { n: 5 })];
        let error = load(&Source::Digits, &five, here).unwrap_err().to_string();
        assert!(error.contains("5 is outside 0..5"), "{error}");
    }

    #[test]
    fn keys_and_declarations_must_agree() {
        let here = Folder::new(Path::new("."));
        let x = [declared("x", &[2], DType::F32)];
        let table = |keys: &[&str]| Source::Csv {
            file: "t.csv".into(),
            columns: keys.iter().map(|key| (key.to_string(), vec!["a".into(), "b".into()])).collect(),
        };
        for (source, words) in [
            (table(&["x", "y"]), "no input or target is called `y`"),
            (table(&["x", "x"]), "`x` is given twice"),
            (table(&[]), "does not give `x`"),
            (Source::Digits, "`digits` has an `image` and a `label`"),
            (table(&["x"]), "there is no such file"),
            (Source::Idx(vec![("x".into(), "../x".into())]), "leaves the folder"),
        ] {
            let error = load(&source, &x, here).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn images_and_labels_of_different_counts_are_refused() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("image"), [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 255, 51, 0]).unwrap();
        std::fs::write(base.path().join("label"), [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 1]).unwrap();
        let source = Source::Idx(vec![("label".into(), "label".into()), ("image".into(), "image".into())]);
        let wanted = [declared("image", &[2], DType::F32), declared("label", &[], DType::Int { n: 2 })];
        let error = load(&source, &wanted, Folder::new(base.path())).unwrap_err().to_string();
        assert!(error.contains("`image` has 2 samples, `label` has 3 samples"), "{error}");
        std::fs::write(base.path().join("label"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]).unwrap();
        let dataset = load(&source, &wanted, Folder::new(base.path())).unwrap();
        assert_eq!(dataset.columns()[0].values, Values::F32(vec![0.0, 1.0, 0.2, 0.0]));
    }
}
