//! `--input` to samples: which file feeds which input, and that all have as many.

use crate::exit::{Exit, Failure};
use netc::{Data, Network};
use netc_compiler::model::Model;
use netc_compiler::op::value::Value;
use netc_grammar::{did_you_mean, escape_terminal};
use netc_train::data::{Column, Declared, Values, declarations, read_samples};
use std::path::Path;

/// One column per input of the network, all of the same length.
pub struct Samples {
    /// In the order of the network's inputs.
    pub columns: Vec<Column>,
    /// Samples.
    pub count: usize,
}

impl Samples {
    /// Reads the files of `--input`; only the sample at `index` if one is asked for.
    ///
    /// # Errors
    /// When an input is missing or named wrongly, or a file does not fit its input.
    pub fn read(network: &Network, inputs: &[String], index: Option<usize>) -> Result<Samples, Failure> {
        let model = network.model();
        let names: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
        let mut files: Vec<Option<&Path>> = vec![None; names.len()];
        for text in inputs {
            let (name, file) = named(text, "--input", "input", &names)?;
            let Some(slot) = names.iter().position(|known| *known == name) else { continue };
            if files[slot].replace(file).is_some() {
                return Err(Failure::usage(format!("the input `{name}` is given twice")));
            }
        }
        let missing: Vec<String> =
            names.iter().zip(&files).filter(|(_, file)| file.is_none()).map(|(name, _)| format!("`{name}`")).collect();
        if !missing.is_empty() {
            let help = format!("add `--input {}=FILE`", missing[0].trim_matches('`'));
            return Err(Failure::usage(format!("no samples for {}\n  = help: {help}", missing.join(", "))));
        }
        let declared = declarations(model)?;
        let mut columns = Vec::new();
        for (declared, file) in declared.iter().zip(files.into_iter().flatten()) {
            columns.push(read_column(model, declared, file, network.max_memory())?);
        }
        if let Some(index) = index {
            columns = columns.iter().map(|column| column.sample(index)).collect::<Result<_, _>>()?;
        }
        let count = columns.first().map_or(0, Column::samples);
        if columns.iter().any(|column| column.samples() != count) {
            let counts: Vec<String> =
                columns.iter().map(|column| format!("`{}` has {}", column.name, column.samples())).collect();
            return Err(Failure::new(
                Exit::Rejected,
                format!("the inputs have different numbers of samples: {}", counts.join(", ")),
            ));
        }
        Ok(Samples { columns, count })
    }

    /// The values of an input for `size` samples from `first` on.
    pub fn part(&self, input: usize, first: usize, size: usize) -> Data<'_> {
        let column = &self.columns[input];
        let range = first * column.per_sample()..(first + size) * column.per_sample();
        match &column.values {
            Values::F32(values) => Data::F32(&values[range]),
            Values::I32(values) => Data::Int(&values[range]),
        }
    }
}

/// Of a table, the columns that the recipe's `csv(…)` names for this input.
fn read_column(model: &Model, declared: &Declared, file: &Path, limit: u64) -> Result<Column, Failure> {
    let data = model.recipe.as_ref().and_then(|recipe| recipe.data.as_ref()).filter(|data| data.kind == "csv");
    let named = data.and_then(|data| {
        let argument = data.arguments.iter().find(|(name, _)| name.as_deref() == Some(&declared.name));
        argument.and_then(|(_, value)| words(value))
    });
    Ok(read_samples(file, declared, named.as_deref(), limit)?)
}

/// A name or a list of names.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Word(name) | Value::Text(name) => Some(vec![name.clone()]),
        Value::List(list) => {
            let names = list.iter().map(|item| match item {
                Value::Word(name) | Value::Text(name) => Some(name.clone()),
                _ => None,
            });
            names.collect()
        }
        _ => None,
    }
}

/// `name=FILE`, or `FILE` alone where there is only one name.
pub fn named<'a>(text: &'a str, option: &str, kind: &str, names: &[&'a str]) -> Result<(&'a str, &'a Path), Failure> {
    if let Some((name, file)) = text.split_once('=')
        && let Some(known) = names.iter().find(|known| **known == name)
    {
        return Ok((known, Path::new(file)));
    }
    // A path may hold a `=` too; what exists is not taken for a wrong name.
    match (names, text.split_once('=')) {
        ([only], None) => Ok((only, Path::new(text))),
        ([only], Some(_)) if Path::new(text).exists() => Ok((only, Path::new(text))),
        (_, Some((name, _))) => {
            let name = escape_terminal(name);
            let help = match did_you_mean(&name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", names.join(", ")),
            };
            Err(Failure::usage(format!("no {kind} is called `{name}`\n  = help: {help}")))
        }
        (_, None) => {
            let shown = escape_terminal(text);
            let example = format!("{option} {}={shown}", names.first().unwrap_or(&"name"));
            let many = format!("the network has {} {kind}s ({})", names.len(), names.join(", "));
            Err(Failure::usage(format!("{many}; say which one `{shown}` is for\n  = help: `{example}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_finds_its_name() {
        let one = ["image"];
        let two = ["left", "right"];
        for (text, names, expected) in [
            ("x.npy", &one[..], Ok(("image", "x.npy"))),
            ("image=x.npy", &one, Ok(("image", "x.npy"))),
            ("right=a=b.npy", &two, Ok(("right", "a=b.npy"))),
            ("x.npy", &two, Err("the network has 2 inputs (left, right); say which one `x.npy` is for")),
            ("lefft=x.npy", &two, Err("no input is called `lefft`\n  = help: did you mean `left`?")),
            ("zzz=x.npy", &two, Err("no input is called `zzz`\n  = help: there are: left, right")),
        ] {
            match (named(text, "--input", "input", names), expected) {
                (Ok((name, file)), Ok(expected)) => assert_eq!((name, file), (expected.0, Path::new(expected.1))),
                (Err(failure), Err(words)) => {
                    assert!(format!("{:?}", failure.message).contains(&format!("{words:?}")[1..20]))
                }
                (result, _) => panic!("{text}: {:?}", result.map_err(|failure| failure.message)),
            }
        }
    }
}
