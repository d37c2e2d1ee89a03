//! Weights of a file in place of starting values, as the recipe's `start` says.

use crate::error::{Fault, TrainError};
use crate::file::{Bound, read_inside};
use crate::weights::{Expected, Tensor, Weights, parse_weights};
use netc_compiler::model::recipe::Start;
use netc_compiler::model::{Model, ParamId, is_below};
use std::collections::BTreeMap;
use std::path::Path;

/// Names of a file that one message lists.
const LISTED: usize = 8;

/// The tensors that take the place of starting values, with their parameters.
///
/// # Errors
/// When the file cannot be read, a pattern of the map fits nothing, or tensors are missing, extra or misshaped: all
/// differences at once.
pub fn load_start(start: &Start, model: &Model, max_bytes: u64) -> Result<Vec<(ParamId, Tensor)>, TrainError> {
    let base = Path::new(&start.file).parent().unwrap_or(Path::new(""));
    let weights = parse_weights(&start.path, &read_inside(base, &start.path, Bound::memory(max_bytes))?)?;
    let mut weights = rename(weights, &start.map)?;
    let asked = |path: &str| start.into.is_empty() || start.into.iter().any(|prefix| is_below(path, prefix));
    weights.tensors.retain(|path, _| asked(path));
    let expected: Vec<Expected> = start.params.iter().map(|&id| Expected::of(model.param(id))).collect();
    Ok(start.params.iter().copied().zip(weights.fit(&expected)?).collect())
}

/// The tensors under their new names: the first pattern that fits a name applies.
fn rename(weights: Weights, map: &[(String, String)]) -> Result<Weights, TrainError> {
    let Weights { file, tensors, metadata } = weights;
    let known = tensors.keys().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    let mut used = vec![false; map.len()];
    let mut renamed: BTreeMap<String, Tensor> = BTreeMap::new();
    for (name, tensor) in tensors {
        let applied = map.iter().enumerate().find_map(|(index, (from, to))| Some((index, apply(from, to, &name)?)));
        let path = match applied {
            Some((index, path)) => {
                used[index] = true;
                path
            }
            None => name.clone(),
        };
        if renamed.insert(path.clone(), Tensor { path: path.clone(), ..tensor }).is_some() {
            let what = format!("two tensors get the name `{path}`, one of them is `{name}`");
            return Err(Fault::new(what).file(file).fix("let the patterns of `map` give different names").input());
        }
    }
    match map.iter().zip(used).find(|(_, used)| !used) {
        None => Ok(Weights { file, tensors: renamed, metadata }),
        Some(((from, _), _)) => Err(Fault::new(format!("`{from}` of `map` applies to no tensor of this file"))
            .file(file)
            .why(format!("it begins with {known}"))
            .fix("correct the pattern, or remove it")
            .input()),
    }
}

/// `name` by the pattern `from` → `to`, if it fits; `*` stands for any text.
fn apply(from: &str, to: &str, name: &str) -> Option<String> {
    let Some((before, after)) = from.split_once('*') else { return (from == name).then(|| to.to_string()) };
    let middle = name.strip_prefix(before)?.strip_suffix(after)?;
    Some(to.replacen('*', middle, 1))
}
