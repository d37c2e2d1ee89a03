//! From the recipe's `data`, `test` and `validate` to the parts that the loop trains, validates and tests on.

use super::dataset::{DType, Dataset, Declared};
use super::source::{Folder, Source, load};
use super::split::{Purpose, last_rows, random_rows};
use crate::error::{Fault, TrainError};
use netc_compiler::model::Model;
use netc_compiler::model::recipe::{DataSource, HeldOut, Recipe};
use netc_compiler::op::value::Value;
use netc_compiler::types::DType as ModelDType;
use std::path::{Path, PathBuf};

/// The samples of a run.
#[derive(Debug, Clone)]
pub struct Parts {
    /// What weights are fitted to.
    pub training: Dataset,
    /// What decides on the best epoch.
    pub validation: Option<Dataset>,
    /// What is opened once, after that.
    pub test: Option<TestPart>,
}

/// Test samples, not looked at before the best epoch is chosen.
#[derive(Debug, Clone)]
pub enum TestPart {
    /// Rows that were taken out of the training data.
    Rows(Dataset),
    /// Data of its own, not yet opened.
    Unopened {
        /// Where it is.
        source: Source,
        /// Folder that its paths start at.
        base: PathBuf,
        /// Inputs and targets to load.
        declared: Vec<Declared>,
        /// Largest file in bytes.
        max_bytes: u64,
    },
}

impl TestPart {
    /// The samples; opens the files if there are any.
    pub fn open(self) -> Result<Dataset, TrainError> {
        match self {
            TestPart::Rows(dataset) => Ok(dataset),
            TestPart::Unopened { source, base, declared, max_bytes } => {
                load(&source, &declared, Folder { base: &base, max_bytes })
            }
        }
    }
}

/// Inputs of the network and targets of its recipe, as data must provide them.
pub fn declarations(model: &Model) -> Result<Vec<Declared>, TrainError> {
    let targets = model.recipe.iter().flat_map(|recipe| &recipe.targets);
    let declaration = |named: &netc_compiler::model::Named| {
        let ty = model.ty(named.value);
        let dtype = match ty.dtype {
            ModelDType::F32 => DType::F32,
            ModelDType::Int { bound } => DType::Int { n: bound },
            other => {
                let what = format!("`{}` of type {other} cannot be fed from data", named.name);
                return Err(Fault::new(what).fix("declare it as f32 or `int in 0..n`").input());
            }
        };
        let shape = ty.shape.dims().iter().map(|&extent| usize::try_from(extent).unwrap_or(usize::MAX)).collect();
        Ok(Declared { name: named.name.clone(), shape, dtype })
    };
    model.inputs.iter().chain(targets).map(declaration).collect()
}

/// Opens the recipe's data.
pub fn open(recipe: &Recipe, declared: &[Declared], max_bytes: u64) -> Result<Parts, TrainError> {
    let Some(data) = &recipe.data else {
        return Err(Fault::new("this recipe names no data").fix("add `data = …;` to the `train` section").input());
    };
    open_parts(data, &recipe.test, &recipe.validate, recipe.seed, declared, max_bytes)
}

/// Opens `data`: the test part is taken first, the validation part from what it leaves.
pub fn open_parts(
    data: &DataSource,
    test: &HeldOut,
    validate: &HeldOut,
    seed: u64,
    declared: &[Declared],
    max_bytes: u64,
) -> Result<Parts, TrainError> {
    let load_all = |data: &DataSource| {
        let (source, base) = resolve(data)?;
        load(&source, declared, Folder { base: &base, max_bytes })
    };
    let whole = load_all(data)?;
    let (training, test) = match test {
        HeldOut::Data(data) => {
            let (source, base) = resolve(data)?;
            (whole, Some(TestPart::Unopened { source, base, declared: declared.to_vec(), max_bytes }))
        }
        held => {
            let (training, held) = hold_out(whole, held, Purpose::Test, seed)?;
            (training, held.map(TestPart::Rows))
        }
    };
    let (training, validation) = match validate {
        HeldOut::Data(data) => (training, Some(load_all(data)?)),
        held => hold_out(training, held, Purpose::Validate, seed)?,
    };
    Ok(Parts { training, validation, test })
}

/// The samples that stay and those held out; a source of its own is not this function's business.
fn hold_out(
    whole: Dataset,
    held: &HeldOut,
    purpose: Purpose,
    seed: u64,
) -> Result<(Dataset, Option<Dataset>), TrainError> {
    let rows = match held {
        HeldOut::Nothing | HeldOut::Data(_) => return Ok((whole, None)),
        HeldOut::Fraction(fraction) => random_rows(&whole, *fraction, purpose, seed)?,
        HeldOut::Last(fraction) => last_rows(&whole, *fraction, purpose)?,
    };
    Ok((whole.select(&rows.kept), Some(whole.select(&rows.held))))
}

/// The source that a call in the recipe describes, and the folder that its paths start at: the one of its file.
pub fn resolve(data: &DataSource) -> Result<(Source, PathBuf), TrainError> {
    let base = Path::new(&data.file).parent().unwrap_or(Path::new("")).to_path_buf();
    let wrong = |what: String, fix: &str| Err(Fault::new(what).file(&data.file).fix(fix).input());
    let source = match data.kind.as_str() {
        "digits" if data.arguments.is_empty() => Source::Digits,
        "digits" => return wrong("`digits` takes no arguments".into(), "write `data = digits;`"),
        "idx" | "npy" => {
            let mut files = Vec::new();
            for argument in &data.arguments {
                match argument {
                    (Some(key), Value::Text(path)) => files.push((key.clone(), path.clone())),
                    (_, value) => {
                        let what = format!("`{}` takes a file for each name, not {}", data.kind, value.kind());
                        return wrong(what, "write it as `name = \"path\"`");
                    }
                }
            }
            if data.kind == "idx" { Source::Idx(files) } else { Source::Npy(files) }
        }
        "csv" => {
            let Some(((None, Value::Text(file)), columns)) = data.arguments.split_first() else {
                return wrong("`csv` needs a path first".into(), "write `csv(\"table.csv\", x = [a, b], y = c)`");
            };
            let mut picked = Vec::new();
            for (key, value) in columns {
                let names = match value {
                    Value::List(names) => names.iter().map(word).collect(),
                    single => word(single).map(|name| vec![name]),
                };
                match (key, names) {
                    (Some(key), Some(names)) => picked.push((key.clone(), names)),
                    _ => {
                        return wrong(
                            format!("`{value}` is not a list of column names"),
                            "write `name = [column, column]`",
                        );
                    }
                }
            }
            Source::Csv { file: file.clone(), columns: picked }
        }
        other => {
            return wrong(format!("there is no data source `{other}`"), "the sources are digits, idx, csv and npy");
        }
    };
    Ok((source, base))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::Word(name) | Value::Text(name) => Some(name.clone()),
        _ => None,
    }
}
