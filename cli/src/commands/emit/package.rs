//! `netc emit --crate`: a network as a small crate of its own, which predicts from standard input.

use crate::exit::Failure;
use netc::{Mode, Network, Stage};
use netc_compiler::model::{Model, Named};
use netc_compiler::rust::type_name;
use netc_train::file::{Keep, RUN_AGAIN, atomic_write};
use std::path::Path;

/// Inputs whose call fits on a line.
const FEW: usize = 2;

/// Writes `Cargo.toml`, `src/main.rs` and `src/network.rs`, and gives their paths.
///
/// # Errors
/// When a file cannot be written.
pub fn write(network: &Network, folder: &Path) -> Result<String, Failure> {
    let model = network.model();
    let files = [
        ("Cargo.toml", manifest(&model.name)),
        ("src/main.rs", main(model)),
        ("src/network.rs", network.text(Stage::Rust, Mode::Predict, 1)?),
    ];
    let mut written = String::new();
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::new(crate::exit::Exit::Io, format!("{}: {error}", folder.display())))?;
        }
        atomic_write(&path, Keep::Nothing, RUN_AGAIN, |writer| writer.write_all(text.as_bytes()))?;
        written.push_str(&format!("{}\n", path.display()));
    }
    Ok(written)
}

/// The manifest: it depends on the netc that wrote it.
fn manifest(name: &str) -> String {
    let netc = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("netc");
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         netc = {{ package = \"netc-nn\", version = \"{version}\", path = {:?} }}\n",
        netc.display().to_string()
    )
}

/// The program.
fn main(model: &Model) -> String {
    let name = type_name(&model.name);
    let elements = |named: &Named| model.ty(named.value).shape.elements();
    let mut reads = String::new();
    let mut arguments = Vec::new();
    let mut is_checked = false;
    for (index, input) in model.inputs.iter().enumerate() {
        let is_float = model.ty(input.value).dtype.is_float();
        is_checked |= !is_float;
        let number = if is_float { "f32" } else { "u32" };
        reads.push_str(&format!(
            "        // {}\n        let Some(input_{index}) = numbers::<{number}>(&mut words, {})? else {{\n            \
             break;\n        }};\n",
            input.name,
            elements(input)
        ));
        arguments.push(format!("tensor(&input_{index})?"));
    }
    // As rustfmt lays out calls.
    let arguments = match arguments.len() {
        ..=FEW => format!("&mut workspace, {}", arguments.join(", ")),
        _ => format!("\n            &mut workspace,\n            {},\n        ", arguments.join(",\n            ")),
    };
    let question = if is_checked { "?" } else { "" };
    let prints: String = match model.outputs.as_slice() {
        [_] => "        print(results.flat())?;\n".to_string(),
        several => (0..several.len()).map(|index| format!("        print(results.{index}.flat())?;\n")).collect(),
    };
    let inputs: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
    let outputs: Vec<&str> = model.outputs.iter().map(|output| output.name.as_str()).collect();
    let (inputs, outputs) = (inputs.join(", then "), outputs.join(", then "));
    format!(
        r#"//! Predicts with `{network}`: reads the numbers of {inputs} from standard input, sample after sample, and prints
//! {outputs}, a line each. The first argument names a safetensors file of weights; without one they are drawn.

#[rustfmt::skip]
mod network;

use netc::Nested;
use std::error::Error;
use std::io::Write;
use std::str::{{FromStr, SplitWhitespace}};

fn main() -> Result<(), Box<dyn Error>> {{
    let network = match std::env::args_os().nth(1) {{
        Some(path) => network::{name}::from_safetensors(&std::fs::read(path)?)?,
        None => network::{name}::new(0),
    }};
    let mut workspace = network::{name}::workspace();
    let text = std::io::read_to_string(std::io::stdin())?;
    let mut words = text.split_whitespace();
    loop {{
{reads}        let results = network.predict({arguments}){question};
{prints}    }}
    Ok(())
}}

/// The next numbers; none at the end of the input.
fn numbers<T: FromStr<Err: Error + 'static>>(
    words: &mut SplitWhitespace<'_>,
    count: usize,
) -> Result<Option<Vec<T>>, Box<dyn Error>> {{
    let numbers = words.take(count).map(str::parse);
    let numbers: Vec<T> = numbers.collect::<Result<_, _>>()?;
    match numbers.len() {{
        0 if count > 0 => Ok(None),
        found if found == count => Ok(Some(numbers)),
        found => Err(format!("the input ends after {{found}} of {{count}} numbers").into()),
    }}
}}

/// Numbers as a tensor.
fn tensor<T: Nested>(numbers: &[T::Element]) -> Result<&T, Box<dyn Error>> {{
    T::from_flat(numbers).ok_or_else(|| "a tensor has another number of elements".into())
}}

/// Numbers on one line.
fn print<T: ToString>(numbers: &[T]) -> std::io::Result<()> {{
    let words: Vec<String> = numbers.iter().map(T::to_string).collect();
    writeln!(std::io::stdout(), "{{}}", words.join(" "))
}}
"#,
        network = model.name,
    )
}
