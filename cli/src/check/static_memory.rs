//! `check --target static`: the memory of a program without an allocator, as the sizes of its static blocks.

use netc_compiler::lower::Numerics;
use netc_compiler::model::{Model, Named};
use netc_compiler::program::Violation;
use netc_compiler::rust::{Memory, Options, type_name};

/// Bytes of an element.
const ELEMENT: usize = 4;

/// A line per block with its bytes and the constant that Rust names it by.
///
/// # Errors
/// A violation is an error in netc, never in a model.
pub fn text(model: &Model, numerics: Numerics) -> Result<String, Violation> {
    let memory = Memory::of(model, &Options { numerics, ..Options::new(model) })?;
    let name = type_name(&model.name);
    let mut lines = vec![
        ("parameters".to_string(), memory.parameters * ELEMENT, format!("Aligned<{{ {name}::PARAMETER_FLOATS }}>")),
        ("arena".to_string(), memory.workspace * ELEMENT, format!("Aligned<{{ {name}::WORKSPACE_FLOATS }}>")),
    ];
    if let Some(recipe) = &model.recipe {
        let what = format!("Aligned<{{ {name}::TRAINING_FLOATS }}>, batch {}", recipe.batch);
        lines.push(("training".to_string(), memory.training * ELEMENT, what));
    }
    let bytes = |named: &Named| model.ty(named.value).shape.elements() as usize * ELEMENT;
    lines.extend(model.inputs.iter().map(|input| (format!("input {}", input.name), bytes(input), String::new())));
    lines.extend(model.outputs.iter().map(|output| (format!("output {}", output.name), bytes(output), String::new())));
    let width = lines.iter().map(|(block, ..)| block.len()).max().unwrap_or(0);
    let mut text = format!("network {}, static memory in bytes\n\n", model.name);
    for (block, bytes, what) in lines {
        text.push_str(format!("{block:width$}  {bytes:>10}  {what}").trim_end());
        text.push('\n');
    }
    Ok(text)
}
