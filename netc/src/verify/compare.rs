//! The table of a verification: what was computed, and on which executors with the interpreter's bits.

use super::Outcome;
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Program, Verified};
use std::collections::BTreeMap;

/// How an executor's numbers compare with the interpreter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The same bits, or NaN in both.
    Equal,
    /// Not the same.
    Differs,
    /// It was not run.
    NotRun,
}

/// One line: a result of the forward pass, or what a layer's parameters get.
#[derive(Clone, Debug)]
pub struct Row {
    /// `forward`, `gradient` or `step`.
    pub pass: &'static str,
    /// The output, or the path of a layer; `loss`.
    pub name: String,
    /// How many numbers were compared.
    pub numbers: usize,
    /// Machine code.
    pub jit: Agreement,
    /// Generated Rust.
    pub rust: Agreement,
}

/// Compares runs, which are lists of an outcome per program, with the interpreter's.
pub(super) fn rows(
    programs: &[Verified<Program>],
    interpreted: &[Outcome],
    jit: &[Vec<Outcome>],
    rust: &[Vec<Outcome>],
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        let pass = match program.mode {
            Mode::Predict | Mode::Evaluate => "forward",
            Mode::Gradients => "gradient",
            Mode::Step => "step",
        };
        let wanted = &interpreted[index];
        let agreement = |runs: &[Vec<Outcome>], part: &dyn Fn(&Outcome) -> Option<Vec<f32>>| {
            let Some(known) = part(wanted) else { return Agreement::NotRun };
            let same = |run: &Vec<Outcome>| {
                run[index].finished == wanted.finished && part(&run[index]).is_none_or(|found| equal(&known, &found))
            };
            match (runs.is_empty(), runs.iter().all(same)) {
                (true, _) => Agreement::NotRun,
                (_, true) => Agreement::Equal,
                (_, false) => Agreement::Differs,
            }
        };
        // Parts of one name are one row: a layer's parameters.
        let mut parts: Vec<(String, Vec<Part>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (name, part) in named_parts(program) {
            let next = parts.len();
            let at = *known.entry(name.clone()).or_insert(next);
            if at == next {
                parts.push((name, Vec::new()));
            }
            parts[at].1.push(part);
        }
        for (name, parts) in parts {
            let read = |outcome: &Outcome| {
                let all: Option<Vec<&Vec<f32>>> = parts.iter().map(|part| part.of(outcome)).collect();
                all.map(|all| all.into_iter().flatten().copied().collect::<Vec<f32>>())
            };
            rows.push(Row {
                pass,
                name,
                numbers: read(wanted).map_or(0, |values| values.len()),
                jit: agreement(jit, &read),
                rust: agreement(rust, &read),
            });
        }
    }
    rows
}

/// A part of an outcome.
enum Part {
    Result(usize),
    State(usize),
}

impl Part {
    fn of<'a>(&self, outcome: &'a Outcome) -> Option<&'a Vec<f32>> {
        match self {
            Part::Result(index) => outcome.results[*index].as_ref(),
            Part::State(index) => outcome.states.get(*index),
        }
    }
}

/// Outputs and the loss by name, gradients and new states by the layer that they belong to.
fn named_parts(program: &Program) -> Vec<(String, Part)> {
    let layer = |path: &str| path.rsplit_once('.').map_or(path, |(layer, _)| layer).to_string();
    let mut parts = Vec::new();
    for (index, (role, ..)) in program.results.iter().enumerate() {
        let name = match role {
            Role::Output(name) | Role::Tap(name) if program.mode == Mode::Predict => name.clone(),
            Role::Loss => "loss".to_string(),
            Role::Gradient(state) => layer(&program.states[state.0 as usize].0.path),
            Role::Output(_) | Role::Tap(_) | Role::Metric(_) | Role::InputGradient(_) => continue,
        };
        parts.push((name, Part::Result(index)));
    }
    if program.mode == Mode::Step {
        let states = program.states.iter().enumerate();
        parts.extend(states.map(|(index, (state, _))| {
            let path = state.path.split('/').next().unwrap_or_default();
            (layer(path), Part::State(index))
        }));
    }
    parts
}

fn equal(left: &[f32], right: &[f32]) -> bool {
    let same = |(l, r): (&f32, &f32)| l.to_bits() == r.to_bits() || l.is_nan() && r.is_nan();
    left.len() == right.len() && left.iter().zip(right).all(same)
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn bits_are_compared_and_all_nans_are_one() {
        assert!(equal(&[1.0, f32::NAN], &[1.0, -f32::NAN]));
        assert!(!equal(&[0.0], &[-0.0]));
        assert!(!equal(&[1.0], &[1.0, 2.0]));
        assert!(!equal(&[1.0], &[f32::from_bits(1.0f32.to_bits() + 1)]));
    }
}
