//! Generated Rust in a crate of its own: written, built by cargo, run on every instruction set.

use super::Outcome;
use super::values::Given;
use crate::{Error, Network};
use netc_compiler::prim::{Mode, Role, StateRole};
use netc_compiler::program::{Program, Verified};
use netc_compiler::rust::Options;
use netc_train::Fault;
use netc_train::file::{Keep, RUN_AGAIN, atomic_write};
use std::path::Path;
use std::process::Command;

/// Where the runtime's sources were when this was built.
const RUNTIME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime");

/// The program that runs the network: values in, results out, in the order of [`lengths`].
const MAIN: &str = include_str!("harness.rs");

/// Outcomes per instruction set and program, or the reason why there are none.
type Ran = Result<Vec<Vec<Outcome>>, String>;

/// Writes the crate to a folder, builds and runs it.
pub(super) fn run(
    network: &Network,
    options: &Options,
    programs: &[Verified<Program>],
    given: &[Given],
    folder: &Path,
) -> Result<Ran, Error> {
    if !Path::new(RUNTIME).join("Cargo.toml").is_file() {
        return Ok(Err("the sources of netc's runtime are not on this machine".to_string()));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    if !Command::new(&cargo).arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Ok(Err("there is no cargo on this machine".to_string()));
    }
    let manifest = format!(
        "[package]\nname = \"netc-verify\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         netc = {{ package = \"netc-runtime\", path = {RUNTIME:?} }}\n\n[workspace]\n"
    );
    let name = options.name.to_string();
    let batch = programs.get(1).map_or(0, |program| program.batch);
    let trains =
        if batch > 0 { format!("train::<network::{name}, {batch}>(&mut words, &mut out);") } else { String::new() };
    let main = MAIN.replace("// trains", &trains).replace("Network0", &name);
    let values: Vec<u8> = words(programs, given).flat_map(f32::to_le_bytes).collect();
    for (file, bytes) in [
        ("Cargo.toml", manifest.as_bytes()),
        ("src/main.rs", main.as_bytes()),
        ("src/network.rs", network.rust_with(options)?.as_bytes()),
        ("values", &values),
    ] {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| io(parent, &error))?;
        }
        atomic_write(&path, Keep::Nothing, RUN_AGAIN, |writer| writer.write_all(bytes))?;
    }
    let build = Command::new(&cargo).args(["build", "--release", "--offline", "--quiet"]).current_dir(folder).output();
    let build = build.map_err(|error| io(folder, &error))?;
    if !build.status.success() {
        let text = String::from_utf8_lossy(&build.stderr);
        return Err(Error::Internal(format!("generated Rust does not compile:\n{text}")));
    }
    let program = folder.join("target/release/netc-verify");
    let run = Command::new(&program).current_dir(folder).output().map_err(|error| io(&program, &error))?;
    if !run.status.success() {
        return Err(Error::Internal(format!("generated Rust fails: {}", String::from_utf8_lossy(&run.stderr))));
    }
    let mut words =
        run.stdout.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let sets = netc_jit::Isa::available().len();
    Ok(Ok((0..sets).map(|_| programs.iter().map(|program| outcome(program, &mut words)).collect()).collect()))
}

/// What the program reads: per program rate, seed, parameters and inputs.
fn words<'a>(programs: &'a [Verified<Program>], given: &'a [Given]) -> impl Iterator<Item = f32> + 'a {
    programs.iter().zip(given).flat_map(|(program, given)| {
        let seed = [given.seed as u32, (given.seed >> 32) as u32].map(f32::from_bits);
        let is_param = |index: &usize| matches!(program.states[*index].0.role, StateRole::Param(_));
        let params = (0..program.states.len()).filter(is_param).flat_map(|index| &given.states[index]);
        let inputs = given.inputs.iter().flatten();
        [given.rate].into_iter().chain(seed).chain(params.copied()).chain(inputs.copied()).collect::<Vec<f32>>()
    })
}

/// What the program writes: whether it finished, the results that it shows, for a step the states.
fn outcome(program: &Program, words: &mut impl Iterator<Item = f32>) -> Outcome {
    let finished = words.next() == Some(1.0);
    let mut take = |count: usize| words.by_ref().take(count).collect::<Vec<f32>>();
    let shows = |role: &Role| match role {
        Role::Output(_) => program.mode == Mode::Predict,
        Role::Loss => true,
        Role::Gradient(_) => program.mode == Mode::Gradients,
        Role::Tap(_) | Role::Metric(_) | Role::InputGradient(_) => false,
    };
    let results = program.results.iter().map(|(role, ty, _)| shows(role).then(|| take(ty.elements()))).collect();
    let states = match program.mode {
        Mode::Step => program.states.iter().map(|(state, _)| take(state.shape.iter().product())).collect(),
        Mode::Predict | Mode::Evaluate | Mode::Gradients => Vec::new(),
    };
    Outcome { finished, results, states }
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::Train(Fault::new(format!("{}: {error}", path.display())).limit())
}
