//! Weights that are embedded: a safetensors file, held against the network's parameters while Rust compiles.

use crate::files::{crate_folder, unreadable};
use netc_compiler::model::Model;
use safetensors::{Dtype, SafeTensors};

/// Differences that one message lists.
const LISTED: usize = 10;
/// PyTorch's batch counter, which no formula uses.
const IGNORED: &str = "num_batches_tracked";

/// Reads the file and compares names, shapes and types.
///
/// # Errors
/// What is wrong, as a message with all differences.
pub fn check(written: &str, model: &Model) -> Result<(), String> {
    let path = crate_folder().join(written);
    let bytes = std::fs::read(&path).map_err(|error| unreadable(written, &path, &error))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| format!("`{written}` is no safetensors file: {error}\nhelp: `netc train` writes them"))?;
    let mut differences = Vec::new();
    for param in &model.params {
        let shape: Vec<usize> = param.shape.iter().map(|&extent| extent as usize).collect();
        match tensors.tensor(&param.path) {
            Err(_) => differences.push(format!("`{}` {shape:?} is missing", param.path)),
            Ok(found) if found.shape() != shape => {
                differences.push(format!("`{}` is {:?}, the network has {shape:?}", param.path, found.shape()));
            }
            Ok(found) if found.dtype() != Dtype::F32 => {
                differences.push(format!("`{}` holds {:?}, not F32", param.path, found.dtype()));
            }
            Ok(_) => {}
        }
    }
    let known = |name: &str| model.params.iter().any(|param| param.path == name);
    let mut extra: Vec<&str> = tensors.names().into_iter().filter(|name| !known(name) && !is_ignored(name)).collect();
    extra.sort_unstable();
    differences.extend(extra.iter().map(|name| format!("`{name}` is no parameter of the network")));
    if differences.is_empty() {
        return Ok(());
    }
    let more = differences.len().saturating_sub(LISTED);
    differences.truncate(LISTED);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    let list = differences.join("\n- ");
    Err(format!("`{written}` does not fit the network `{}`:\n- {list}", model.name))
}

fn is_ignored(name: &str) -> bool {
    name.rsplit('.').next() == Some(IGNORED)
}
