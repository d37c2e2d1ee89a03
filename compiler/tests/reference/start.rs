//! Starting values: distributions, not draws, because PyTorch draws from another generator.

use crate::case::Case;
use netc_compiler::model::init::Init;

/// Compares the distribution of every parameter that the case names.
pub fn check(case: &Case) {
    let initial = case.json["initial"].as_object().expect("distributions by path");
    let model = case.model();
    for (path, wanted) in initial {
        let param = model.params.iter().find(|param| param.path == *path);
        let param = param.unwrap_or_else(|| panic!("{}: no parameter `{path}`", case.title));
        let shape: Vec<u64> = wanted["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        assert_eq!(param.shape, shape, "{}: {path}", case.title);
        let number = |key: &str| wanted[key].as_f64().unwrap() as f32;
        let near = |found: f32, key: &str| {
            let wanted = number(key);
            assert!(
                (found - wanted).abs() <= 1e-6 * wanted.abs(),
                "{}: {path}: {found} for {key} = {wanted}",
                case.title
            );
        };
        match (&param.init, wanted["distribution"].as_str().unwrap()) {
            (Init::Uniform { low, high }, "uniform") => {
                near(*low, "low");
                near(*high, "high");
            }
            (Init::Normal { mean, deviation }, "normal") => {
                near(*mean, "mean");
                near(*deviation, "deviation");
            }
            (Init::Constant(value), "constant") => near(*value, "value"),
            (Init::Given(values), "given") => {
                let numbers = wanted["values"].as_array().unwrap();
                assert_eq!(values.to_vec(), numbers.iter().map(|n| n.as_f64().unwrap() as f32).collect::<Vec<_>>());
            }
            (found, other) => panic!("{}: {path} starts {found:?}, PyTorch's is {other}", case.title),
        }
    }
}
