//! Which instructions kernels are run with. A slow kernel gives the right bits, so no other test would see it.

use netc_compiler::lower::Choices;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_grammar::NoFiles;
use netc_jit::{Executable, Isa};
use netc_tests::models;

/// All models of the repository that are not only errors.
fn reference_models() -> Vec<String> {
    ["tests/models", "examples", "bench/workloads"]
        .into_iter()
        .flat_map(|folder| models::files(folder, "net"))
        .collect()
}

#[test]
fn no_contraction_or_copy_of_a_reference_model_is_scalar() {
    let vector: Vec<Isa> = Isa::available().iter().copied().filter(|isa| *isa != Isa::Portable).collect();
    for file in reference_models() {
        let model = models::open(&file, &[]);
        let modes = if model.recipe.is_some() { &[Mode::Predict, Mode::Step][..] } else { &[Mode::Predict] };
        for &mode in modes {
            let program = pipeline::program(&model, mode, 2, &[], &Choices::default())
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            for &isa in &vector {
                let executable =
                    Executable::stepwise(program.clone(), isa).unwrap_or_else(|error| panic!("{file}: {error}"));
                for work in executable.work().iter().filter(|work| work.macs > 0) {
                    assert_eq!(work.isa, isa.to_string(), "{file}, {mode:?}: {work:?}");
                }
                let copies = executable.work().into_iter().filter(|work| work.algorithm == "copy");
                for work in copies {
                    assert_ne!(work.isa, Isa::Portable.to_string(), "{file}, {mode:?}: {work:?}");
                }
            }
        }
    }
}

/// What reads a concatenation element by element would choose a part for each, without vectors.
#[test]
fn no_reader_of_a_concatenation_is_scalar() {
    for reader in ["max_pool(2)", "batch_norm -> relu", "tanh", "concat(a, axis = channel) -> avg_pool(2)"] {
        let text = format!(
            "network joined {{
                input x: [3, 12, 12];
                let a = x -> conv2d(16, kernel = 3);
                let b = x -> conv2d(16, kernel = 3) -> relu;
                output y = concat(a, b, axis = channel) -> {reader};
            }}"
        );
        let model = models::check("joined.net", &text, &[], &NoFiles).unwrap_or_else(|(_, shown)| panic!("{shown}"));
        let program = pipeline::program(&model, Mode::Predict, 1, &[], &Choices::default()).unwrap();
        let work = Executable::stepwise(program, Isa::detect()).unwrap().work();
        assert!(work.iter().any(|work| work.algorithm == "generated"), "{reader}");
        for work in work {
            assert_ne!(work.isa, "scalar", "{reader}: {work:?}");
        }
    }
}
