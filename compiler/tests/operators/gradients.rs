//! Gradients of every operator against central differences, over shapes and arguments.

use crate::call::{operator, types};
use crate::suite::{Case, check};
use netc_compiler::op::{Operand, Params};
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::{Prim, Source, ValueId, ValueType};
use netc_compiler::types::{DType, TensorType};

/// Samples in every batch.
const BATCH: usize = 3;

/// How a case is run.
#[derive(Clone, Copy)]
struct Setting {
    /// Range of the inputs' entries.
    between: (f64, f64),
    /// Whether the layer is frozen.
    frozen: bool,
}

const PLAIN: Setting = Setting { between: (-1.0, 1.0), frozen: false };
const POSITIVE: Setting = Setting { between: (0.2, 2.0), frozen: false };
const PROBABILITY: Setting = Setting { between: (0.05, 0.95), frozen: false };
const FROZEN: Setting = Setting { between: (-1.0, 1.0), frozen: true };

/// Leaves are the inputs that are numbers and the parameters; class numbers are constants.
fn case(call: &str, inputs: &str, setting: Setting) -> Case {
    let op = operator(call).unwrap_or_else(|problems| panic!("{call}: {problems:?}"));
    let inputs_of = types(inputs);
    let signature = op.infer(&inputs_of).unwrap_or_else(|problem| panic!("{call} on {inputs}: {problem:?}"));
    let mut leaves = Vec::new();
    for ty in inputs_of.iter().filter(|ty| ty.dtype == DType::F32) {
        leaves.push((ty.shape.concrete(BATCH), setting.between.0, setting.between.1));
    }
    for param in &signature.params {
        let shape: Vec<usize> = param.shape.iter().map(|&extent| extent as usize).collect();
        let positive = matches!(param.name, "running_var" | "deviation");
        leaves.push((shape, if positive { 0.5 } else { -1.0 }, if positive { 1.5 } else { 1.0 }));
    }
    let build = move |graph: &mut Builder, leaves: &[ValueId]| {
        (graph.graph.batch, graph.frozen) = (BATCH, setting.frozen);
        let mut next = leaves.iter().copied();
        let operands: Vec<Operand> = inputs_of
            .iter()
            .map(|ty| {
                let value = match ty.dtype {
                    DType::F32 => next.next().expect("a leaf for every input of numbers"),
                    _ => labels(graph, ty),
                };
                Operand { value, ty: ty.clone() }
            })
            .collect();
        let params = Params::new(signature.params.iter().map(|param| param.name).zip(next).collect());
        let results = op.expand(graph, &operands, &params);
        let expected: Vec<Vec<usize>> = signature.outputs.iter().map(|ty| ty.shape.concrete(BATCH)).collect();
        let found: Vec<Vec<usize>> = results.iter().map(|&result| graph.shape(result).to_vec()).collect();
        assert_eq!(found, expected, "`infer` and `expand` disagree");
        join(graph, &results)
    };
    let mut case = Case::new(format!("{call} on {inputs}"), &[], build);
    case.leaves = leaves;
    case
}

/// Class numbers that visit all classes.
fn labels(graph: &mut Builder, ty: &TensorType) -> ValueId {
    let DType::Int { bound } = ty.dtype else { panic!("no class numbers: {ty}") };
    let shape = ty.shape.concrete(BATCH);
    let elements: usize = shape.iter().product();
    let numbers: Vec<f32> = (0..elements).map(|i| ((i * 7 + 1) % bound as usize) as f32).collect();
    let source = Prim::Source(Source::Constant(numbers.into()));
    let numbers = graph.push(source, vec![], ValueType { dtype: DType::F32, shape });
    graph.map1(numbers, |x| x.cast(ty.dtype))
}

/// Several results as one value.
fn join(graph: &mut Builder, results: &[ValueId]) -> ValueId {
    if let [only] = results {
        return *only;
    }
    let flat: Vec<ValueId> = results
        .iter()
        .map(|&result| {
            let elements = graph.shape(result).iter().product();
            graph.reshape(result, &[elements])
        })
        .collect();
    graph.concat(&flat, 0)
}

fn run(rows: impl IntoIterator<Item = (String, String, Setting)>, least: usize) {
    let cases: Vec<Case> = rows.into_iter().map(|(call, inputs, setting)| case(&call, &inputs, setting)).collect();
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn rows(table: &[(&str, &str)], setting: Setting) -> Vec<(String, String, Setting)> {
    table.iter().map(|(call, inputs)| (call.to_string(), inputs.to_string(), setting)).collect()
}

fn product(calls: &[&str], inputs: &[&str], setting: Setting) -> Vec<(String, String, Setting)> {
    let each = |call: &&str| {
        inputs.iter().map(move |input| (call.to_string(), input.to_string(), setting)).collect::<Vec<_>>()
    };
    calls.iter().flat_map(each).collect()
}

const SHAPES: [&str; 12] = [
    "[]",
    "fixed []",
    "[1]",
    "[7]",
    "fixed [5]",
    "[2, 3]",
    "fixed [2, 3]",
    "[5, 1]",
    "[3, 2, 2]",
    "[1, 4, 3]",
    "[2, 2, 2, 2]",
    "fixed [2, 1, 3]",
];

#[test]
fn elementwise_functions() {
    let calls = [
        "relu()",
        "leaky_relu()",
        "leaky_relu(0.3)",
        "sigmoid()",
        "tanh()",
        "gelu()",
        "gelu(form = tanh)",
        "exp()",
        "abs()",
        "neg()",
        "identity()",
        "dropout(0.4)",
        "pow(2)",
        "pow(3)",
        "pow(7)",
        "flatten()",
    ];
    run(product(&calls, &SHAPES, PLAIN), 12 * calls.len());
    let calls = ["log()", "sqrt()", "pow(-1)", "pow(-2)", "pow(0.5)", "pow(1.5)", "pow(-2.5)", "pow(1.7)", "pow(70)"];
    run(product(&calls, &SHAPES, Setting { between: (0.5, 1.2), ..PLAIN }), 12 * calls.len());
}

#[test]
fn arithmetic() {
    let pairs = [
        "[3]; [3]",
        "[2, 3]; [2, 3]",
        "[2, 3]; [3]",
        "[3]; [2, 3]",
        "[2, 3, 4]; [2, 1, 1]",
        "[3, 1]; [1, 4]",
        "[2, 3]; fixed [2, 3]",
        "fixed [3]; [2, 3]",
        "[2]; fixed []",
        "fixed []; [2]",
        "fixed [2]; fixed [2]",
        "[]; fixed [3]",
    ];
    run(product(&["add()", "sub()", "mul()", "maximum()", "minimum()"], &pairs, PLAIN), 60);
    run(product(&["div()"], &pairs, POSITIVE), 12);
}

#[test]
fn nothing_flows_through_detach() {
    for shape in SHAPES {
        let blocked = case("detach()", shape, PLAIN).blocked(&[0]);
        check(&blocked).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn dense() {
    let calls = ["dense(1)", "dense(4)", "dense(3, bias = false)", "dense(2, trainable = false)"];
    run(product(&calls, &["[1]", "[5]", "[2, 3]", "fixed [4]", "fixed [2, 2]"], PLAIN), 20);
}

#[test]
fn convolutions() {
    let table = [
        ("conv2d(3, kernel = 3)", "[2, 4, 5]"),
        ("conv2d(2, kernel = 3, pad = 1)", "[2, 4, 3]"),
        ("conv2d(2, kernel = 3, pad = same)", "[1, 4, 3]"),
        ("conv2d(2, kernel = [2, 4], pad = same)", "[1, 4, 5]"),
        ("conv2d(2, kernel = 3, stride = 2, pad = 1)", "[2, 5, 4]"),
        ("conv2d(2, kernel = 3, stride = 2, pad = same_tf)", "[2, 5, 6]"),
        ("conv2d(2, kernel = 3, stride = [2, 1], pad = [0, 1, 2, 0])", "[2, 5, 4]"),
        ("conv2d(2, kernel = 2, dilation = [2, 3])", "[2, 5, 5]"),
        ("conv2d(4, kernel = 2, groups = 2)", "[4, 3, 3]"),
        ("conv2d(3, kernel = 2, groups = 3, stride = 2, bias = false)", "[3, 4, 4]"),
        ("conv2d(2, kernel = 1)", "[3, 2, 2]"),
        ("conv2d(2, kernel = 1, stride = 2)", "[3, 3, 3]"),
        ("conv2d(2, kernel = 2, stride = 3)", "[1, 5, 6]"),
        ("conv2d(2, kernel = 3)", "fixed [2, 4, 4]"),
    ];
    run(rows(&table, PLAIN), 12);
}

#[test]
fn transposed_convolutions() {
    let table = [
        ("conv_transpose2d(2, kernel = 2, stride = 2)", "[2, 2, 3]"),
        ("conv_transpose2d(3, kernel = 3)", "[2, 2, 2]"),
        ("conv_transpose2d(2, kernel = 3, stride = 2, pad = 1)", "[2, 3, 2]"),
        ("conv_transpose2d(2, kernel = 3, stride = 2, pad = 1, output_pad = 1)", "[2, 2, 3]"),
        ("conv_transpose2d(2, kernel = 2, dilation = 2)", "[1, 3, 2]"),
        ("conv_transpose2d(4, kernel = 2, groups = 2)", "[2, 2, 2]"),
        ("conv_transpose2d(2, kernel = 2, stride = 3, bias = false)", "[2, 2, 2]"),
        ("conv_transpose2d(2, kernel = [3, 1], stride = [1, 2])", "[2, 2, 2]"),
        ("conv_transpose2d(2, kernel = 3, pad = [1, 0, 0, 1])", "[2, 2, 3]"),
        ("conv_transpose2d(1, kernel = 1)", "[3, 2, 2]"),
        ("conv_transpose2d(3, kernel = 2, stride = 2, groups = 3, dilation = 2)", "[3, 2, 2]"),
        ("conv_transpose2d(2, kernel = 2, stride = [3, 2], output_pad = [2, 1])", "[2, 2, 2]"),
        ("conv_transpose2d(2, kernel = 2)", "fixed [2, 2, 2]"),
    ];
    run(rows(&table, PLAIN), 12);
}

#[test]
fn pools() {
    let windows = [
        "2",
        "3, stride = 2",
        "3, stride = 2, pad = 1",
        "2, stride = 1",
        "[1, 3], stride = [2, 1]",
        "2, ceil = true",
        "3, stride = 2, ceil = true",
        "2, stride = 3, pad = 1, ceil = true",
        "3, pad = same_tf, stride = 2",
        "3, stride = 1, pad = same",
        "3, stride = 2, pad = [0, 1, 0, 1]",
        "1, stride = 2",
    ];
    let inputs = ["[2, 5, 4]", "fixed [1, 5, 5]"];
    let calls: Vec<String> = windows
        .iter()
        .flat_map(|window| {
            [
                format!("max_pool({window})"),
                format!("avg_pool({window})"),
                format!("avg_pool({window}, count_pad = false)"),
            ]
        })
        .chain(["max_pool(2, dilation = 2, stride = 1)".to_string()])
        .collect();
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    run(product(&calls, &inputs, PLAIN), 72);
    let shapes = [
        "[2, 3]",
        "[3, 1]",
        "[1, 4]",
        "[2, 3, 4]",
        "[1, 1, 1]",
        "[3, 2, 2]",
        "[4, 1, 3]",
        "[2, 5, 1]",
        "fixed [2, 3]",
        "fixed [2, 2, 3]",
        "[2, 2, 2, 2]",
        "[1, 2, 3, 2]",
    ];
    run(product(&["global_avg_pool()"], &shapes, PLAIN), 12);
    run(
        product(
            &["upsample(2)", "upsample(3)", "upsample([1, 2])", "upsample(1)"],
            &["[2, 2, 3]", "[1, 1, 1]", "fixed [2, 1, 2]"],
            PLAIN,
        ),
        12,
    );
}

#[test]
fn shapes() {
    let table = [
        ("reshape([6])", "[2, 3]"),
        ("reshape([3, 2])", "[2, 3]"),
        ("reshape([-1, 2])", "[2, 3, 4]"),
        ("reshape([1])", "[]"),
        ("reshape([])", "[1]"),
        ("reshape([2, 1, 3])", "[6]"),
        ("reshape([4, 3, 2])", "[2, 3, 4]"),
        ("reshape([-1])", "fixed [2, 3]"),
        ("reshape([2, 2])", "fixed [4]"),
        ("reshape([1, 1, 5])", "[5]"),
        ("reshape([8, -1])", "[4, 4]"),
        ("reshape([2, 2, 2, 2])", "[16]"),
        ("slice(1, 3)", "[4]"),
        ("slice(0, 1, axis = 0)", "[3, 2]"),
        ("slice(start = 1, axis = -1)", "[3, 3]"),
        ("slice(-2, axis = channel)", "[3, 2, 2]"),
        ("slice(end = -1, axis = height)", "[2, 3, 2]"),
        ("slice(1, 5, step = 2)", "[6]"),
        ("slice(0, 6, step = 3)", "[6]"),
        ("slice(step = 2, axis = width)", "[1, 2, 5]"),
        ("slice(1, 2)", "fixed [3]"),
        ("slice(0, 4)", "[4]"),
        ("slice(2, 3, axis = 1)", "fixed [2, 3]"),
        ("slice(start = 3, axis = 0)", "[4, 1]"),
        ("split(2)", "[4]"),
        ("split(3, axis = -1)", "[2, 6]"),
        ("split([1, 2], axis = channel)", "[3, 2, 2]"),
        ("split(1)", "[3]"),
        ("split([2, 1, 3])", "[6]"),
        ("split(2, axis = width)", "[2, 3, 4]"),
        ("split(2, axis = height)", "[2, 4, 1]"),
        ("split(5)", "[5]"),
        ("split(2)", "fixed [6]"),
        ("split([4])", "[4]"),
        ("split(2, axis = 0)", "fixed [2, 3]"),
        ("split([1, 1, 1], axis = 1)", "[2, 3]"),
        ("pad(1)", "[2, 2, 3]"),
        ("pad([0, 2])", "[2, 2, 3]"),
        ("pad([1, 0, 0, 2])", "[2, 2, 3]"),
        ("pad([0, 3], axis = channel)", "[2, 2, 2]"),
        ("pad(2, axis = -1)", "[2, 3]"),
        ("pad([1, 0], axis = 0)", "[2, 3]"),
        ("pad(1)", "[3]"),
        ("pad([2, 1], value = 5)", "[3]"),
        ("pad(1, value = -2)", "fixed [1, 2, 2]"),
        ("pad([0, 0], axis = channel)", "[2, 2, 2]"),
        ("pad([1, 1], axis = height)", "[1, 2, 2]"),
        ("pad([0, 1])", "fixed [4]"),
        ("concat(axis = channel)", "[2, 2, 3]; [1, 2, 3]"),
        ("concat(axis = height)", "[2, 2, 3]; [2, 1, 3]"),
        ("concat(axis = -1)", "[2, 2]; [2, 3]"),
        ("concat()", "[2]; [3]"),
        ("concat()", "[2]; [3]; [1]"),
        ("concat()", "[2]"),
        ("concat()", "[2]; fixed [3]"),
        ("concat()", "fixed [2]; fixed [3]"),
        ("concat(axis = 0)", "fixed [2, 2]; [1, 2]"),
        ("concat(axis = 1)", "[2, 2]; [2, 2]; [2, 1]"),
        ("concat(axis = width)", "[1, 1, 2]; [1, 1, 3]"),
        ("concat(axis = 0)", "[1, 3]; [4, 3]"),
        ("concat(axis = 3)", "[1, 1, 2, 2]; [1, 1, 2, 1]"),
    ];
    run(rows(&table, PLAIN), 60);
}

#[test]
fn softmaxes() {
    let table = [
        "",
        "[3]",
        "axis = 0",
        "[1]",
        "axis = channel",
        "[5]",
        "axis = -1",
        "[4]",
        "axis = channel",
        "[3, 2, 2]",
        "axis = height",
        "[2, 3, 2]",
        "axis = width",
        "[2, 2, 4]",
        "axis = 0",
        "[3, 2]",
        "axis = -1",
        "[2, 5]",
        "",
        "fixed [4]",
        "axis = 1",
        "fixed [2, 3]",
        "axis = -2",
        "[2, 3, 2]",
    ];
    let calls = |name: &str| {
        table.chunks(2).map(|pair| (format!("{name}({})", pair[0]), pair[1].to_string(), PLAIN)).collect::<Vec<_>>()
    };
    run(calls("softmax"), 12);
    run(calls("log_softmax"), 12);
}

#[test]
fn normalisations() {
    let shapes = ["[1]", "[4]", "[2, 3]", "[3, 2, 2]", "[1, 2, 3]", "[2, 1, 1]"];
    let calls = ["batch_norm()", "batch_norm(eps = 0.1, momentum = 0.5)", "batch_norm(affine = false)"];
    run(product(&calls, &shapes, PLAIN), 18);
    run(product(&calls, &shapes, FROZEN), 18);
    let shapes = [
        "[1]",
        "[2]",
        "[3]",
        "[4]",
        "[5]",
        "[8]",
        "[1, 1, 1]",
        "[2, 1, 1]",
        "[3, 2, 2]",
        "[1, 2, 3]",
        "[2, 3, 1]",
        "[4, 1, 2]",
    ];
    run(product(&["standardize()"], &shapes, PLAIN), 12);
}

#[test]
fn reductions() {
    let mut all = Vec::new();
    for name in ["sum", "mean", "max"] {
        for (arguments, inputs) in [
            ("", "[3]"),
            ("", "[2, 3]"),
            ("", "fixed [2, 3]"),
            ("batch = true", "[2, 3]"),
            ("batch = true", "[]"),
            ("axis = 0", "[2, 3]"),
            ("axis = -1", "[2, 3, 2]"),
            ("axis = [height, width]", "[2, 2, 3]"),
            ("axis = [width, channel]", "[2, 2, 3]"),
            ("axis = 1, keep = true", "[2, 3]"),
            ("keep = true", "[2, 2, 2]"),
            ("axis = batch, batch = true", "[2, 2]"),
            ("axis = [batch, 1], batch = true", "[2, 2]"),
            ("axis = 0, keep = true", "fixed [3, 2]"),
            ("", "[]"),
        ] {
            all.push((format!("{name}({arguments})"), inputs.to_string(), PLAIN));
        }
    }
    run(all, 36);
}

#[test]
fn losses() {
    let pairs = [
        "[1]; [1]",
        "[4]; [4]",
        "[2, 3]; [2, 3]",
        "[]; []",
        "[3]; fixed [3]",
        "fixed [3]; fixed [3]",
        "[2, 1, 2]; [2, 1, 2]",
        "[5]; [5]",
        "[1, 1]; [1, 1]",
        "fixed [2]; [2]",
        "[2, 2, 2]; [2, 2, 2]",
        "fixed []; fixed []",
    ];
    run(product(&["mse()", "l1()", "binary_cross_entropy_with_logits()"], &pairs, PLAIN), 36);
    run(product(&["binary_cross_entropy()"], &pairs, PROBABILITY), 12);
    let pairs = [
        "[1]; [1]",
        "[4]; [4]",
        "[2, 3]; [2, 3]",
        "[7]; [7]",
        "[3]; fixed [3]",
        "fixed [3]; fixed [3]",
        "[2, 1, 2]; [2, 1, 2]",
        "[5]; [5]",
        "[1, 1]; [1, 1]",
        "fixed [2]; [2]",
        "[2, 2, 2]; [2, 2, 2]",
        "fixed [2, 2]; [2, 2]",
    ];
    run(product(&["cross_entropy_of()"], &pairs, PROBABILITY), 12);
    let labelled = [
        "[2]; int 2 []",
        "[3]; int 3 []",
        "[5]; int 4 []",
        "[4]; int 1 []",
        "[3, 2]; int 3 [2]",
        "[2, 2, 3]; int 2 [2, 3]",
        "[3, 1, 1]; int 3 [1, 1]",
        "[10]; int 10 []",
        "fixed [3]; int 3 []",
        "[3]; fixed int 3 []",
        "fixed [3, 2]; int 3 [2]",
        "[2, 4]; fixed int 2 [4]",
    ];
    run(product(&["cross_entropy()", "nll()"], &labelled, PLAIN), 24);
}
