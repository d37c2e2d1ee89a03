//! Starting values by PyTorch's rules.

use crate::call::{operator, types};
use netc_compiler::model::init::Init;

fn init(call: &str, inputs: &str, param: usize) -> Init {
    let operator = operator(call).expect("legal arguments");
    operator.infer(&types(inputs)).expect("legal inputs").params[param].init.clone()
}

fn uniform(bound: f64) -> Init {
    Init::Uniform { low: -bound as f32, high: bound as f32 }
}

#[test]
fn defaults_and_rules_are_pytorchs() {
    for (call, inputs, weight, bias) in [
        ("dense(10)", "[25]", uniform(0.2), Some(uniform(0.2))),
        ("conv2d(8, kernel = 5)", "[4, 9, 9]", uniform(0.1), Some(uniform(0.1))),
        ("conv2d(8, kernel = 5, groups = 4)", "[4, 9, 9]", uniform(0.2), Some(uniform(0.2))),
        ("conv_transpose2d(4, kernel = 5)", "[9, 9, 9]", uniform(0.1), Some(uniform(0.1))),
        ("dense(10, init = he)", "[50]", Init::Normal { mean: 0.0, deviation: 0.2 }, None),
        (
            "dense(10, init = kaiming_normal(mode = fan_out))",
            "[50]",
            Init::Normal { mean: 0.0, deviation: 0.2f32.sqrt() },
            None,
        ),
        ("dense(10, init = he(uniform))", "[600]", uniform(0.1), None),
        ("dense(10, init = kaiming_uniform(slope = 1))", "[300]", uniform(0.1), None),
        ("dense(100, init = xavier)", "[500]", uniform(0.1), None),
        ("dense(100, init = xavier(normal, gain = 2))", "[100]", Init::Normal { mean: 0.0, deviation: 0.2 }, None),
        ("dense(100, init = xavier_uniform)", "[500]", uniform(0.1), None),
        ("dense(2, init = normal(0, 0.02))", "[2]", Init::Normal { mean: 0.0, deviation: 0.02 }, None),
        ("dense(2, init = normal(deviation = 3))", "[2]", Init::Normal { mean: 0.0, deviation: 3.0 }, None),
        ("dense(2, init = uniform(-1, 2))", "[2]", Init::Uniform { low: -1.0, high: 2.0 }, None),
        ("dense(2, init = constant(0.5), bias = constant(2))", "[2]", Init::Constant(0.5), Some(Init::Constant(2.0))),
        (
            "dense(1, weight = [[3, -2]], bias = [1])",
            "[2]",
            Init::Given([3.0, -2.0].into()),
            Some(Init::Given([1.0].into())),
        ),
        (
            "conv2d(1, kernel = 2, weight = [[1, 2], [3, 4]])",
            "[2, 4, 4]",
            Init::Given([1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0].into()),
            None,
        ),
        ("batch_norm()", "[2]", Init::Constant(1.0), Some(Init::Constant(0.0))),
    ] {
        let close = |a: &Init, b: &Init| match (a, b) {
            (Init::Uniform { low: a, high: b }, Init::Uniform { low: c, high: d })
            | (Init::Normal { mean: a, deviation: b }, Init::Normal { mean: c, deviation: d }) => {
                (a - c).abs() < 1e-6 && (b - d).abs() < 1e-6
            }
            _ => a == b,
        };
        let found = init(call, inputs, 0);
        assert!(close(&found, &weight), "{call}: {found:?} instead of {weight:?}");
        if let Some(bias) = bias {
            let found = init(call, inputs, 1);
            assert!(close(&found, &bias), "{call}: bias {found:?} instead of {bias:?}");
        }
    }
}
