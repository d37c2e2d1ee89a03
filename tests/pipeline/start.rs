//! What parameters start from when training begins: a weights file, and samples of the data.

use netc::{Fit, Network};
use netc_plan::philox::{key, uniform};
use netc_train::data::Values;
use netc_train::weights::{Tensor, write_weights};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// A folder with `table.csv`, forty rows of `a`, `b`, `y`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = "a,b,y\n".to_string();
    for row in 0..40 {
        let number = |column| uniform(key(9, column), 0, row);
        let _ = writeln!(text, "{},{},{}", number(0), 3.0 + number(1), number(2));
    }
    std::fs::write(folder.path().join("table.csv"), text).expect("a file");
    folder
}

fn rows(folder: &Path) -> Vec<Vec<f32>> {
    let text = std::fs::read_to_string(folder.join("table.csv")).expect("the table");
    let number = |cell: &str| cell.parse::<f32>().expect("a number");
    text.lines().skip(1).map(|line| line.split(',').take(2).map(number).collect()).collect()
}

fn weights(folder: &Path, tensors: &[(&str, &[usize], f32)]) {
    let tensor = |&(path, shape, first): &(&str, &[usize], f32)| {
        let values = (0..shape.iter().product()).map(|index: usize| first + index as f32).collect();
        Tensor { path: path.to_string(), shape: shape.to_vec(), values: Values::F32(values) }
    };
    let tensors: Vec<Tensor> = tensors.iter().map(tensor).collect();
    write_weights(&folder.join("given.safetensors"), &tensors, &BTreeMap::new()).expect("a file");
}

fn encoder(settings: &str) -> String {
    format!(
        "network m {{ input x: [2]; let h = x -> scale: standardize -> encoder: {{ dense(3) -> batch_norm }};
            output y = h -> relu -> head: dense(1); }}
        train m {{ target t: [1]; data = csv(\"table.csv\", x = [a, b], t = y); loss = mse(y, t);
            optimizer = sgd(rate = 0.01); batch = 40; epochs = 1; {settings} }}"
    )
}

fn train(folder: &Path, text: &str) -> Result<Network, netc::Error> {
    std::fs::write(folder.join("m.net"), text).expect("a file");
    let network = Network::open(folder.join("m.net"))?;
    network.fit(Fit::new())?;
    Ok(network)
}

fn refusal(folder: &Path, text: &str) -> String {
    match train(folder, text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => {
            assert_eq!(error.exit_code(), 1, "{error}");
            error.to_string()
        }
    }
}

const BACKBONE: [(&str, &[usize], f32); 6] = [
    ("backbone.0.weight", &[3, 2], 1.0),
    ("backbone.0.bias", &[3], 2.0),
    ("backbone.1.weight", &[3], 3.0),
    ("backbone.1.bias", &[3], 4.0),
    ("backbone.1.running_mean", &[3], 5.0),
    ("backbone.1.running_var", &[3], 6.0),
];

const START: &str =
    "start = safetensors(\"given.safetensors\", into = encoder, map = { \"backbone.*\": \"encoder.*\" });";

#[test]
fn a_frozen_start_stays_to_the_bit_and_the_rest_is_trained() {
    let folder = folder();
    let path = folder.path();
    let head = [("fc.weight", &[7, 3][..], 0.0), ("head.weight", &[9][..], 0.0)];
    weights(path, &[&BACKBONE[..], &head[..]].concat());
    let network =
        train(path, &encoder(&format!("{START} freeze = [encoder];"))).unwrap_or_else(|error| panic!("{error}"));
    for (name, shape, first) in BACKBONE {
        let elements: usize = shape.iter().product();
        let want: Vec<f32> = (0..elements).map(|index| first + index as f32).collect();
        assert_eq!(network.parameter(&name.replace("backbone", "encoder")), Some(want), "{name}");
    }
    let initial = Network::open(path.join("m.net")).unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(network.parameter("head.weight"), initial.parameter("head.weight"));
    // What the file gives nothing for is fitted to the data as ever.
    let mean = network.parameter("scale.mean").expect("a mean");
    assert!((3.0..4.0).contains(&mean[1]), "{mean:?}");
}

#[test]
fn given_statistics_are_not_fitted_again() {
    let folder = folder();
    let path = folder.path();
    weights(path, &[("scale.mean", &[2], 0.5), ("scale.deviation", &[2], 2.0)]);
    let settings = "start = safetensors(\"given.safetensors\", into = [scale]);";
    let network = train(path, &encoder(settings)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(network.parameter("scale.mean"), Some(vec![0.5, 1.5]));
    assert_eq!(network.parameter("scale.deviation"), Some(vec![2.0, 3.0]));
}

#[test]
fn a_start_that_does_not_fit_is_refused_with_all_differences() {
    let folder = folder();
    let path = folder.path();
    let bent = BACKBONE[1..].iter().map(|&(name, shape, first)| match name {
        "backbone.0.bias" => (name, &[4][..], first),
        _ => (name, shape, first),
    });
    let bent: Vec<_> = bent.chain([("encoder.2.weight", &[1][..], 0.0)]).collect();
    weights(path, &bent);
    let message = refusal(path, &encoder(START));
    for part in [
        "given.safetensors",
        "3 differences",
        "missing: encoder.0.weight [3, 2]",
        "shape: encoder.0.bias is [4], the model has [3]",
        "extra: encoder.2.weight [1]",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let unused = START.replace("backbone", "back_bone");
    let message = refusal(path, &encoder(&unused));
    assert!(message.contains("`back_bone.*` of `map` applies to no tensor"), "{message}");
    assert!(message.contains("backbone.1.bias"), "{message}");
    let same = START.replace("\"encoder.*\"", "\"encoder.*\", \"encoder.2.weight\": \"encoder.1.weight\"");
    let message = refusal(path, &encoder(&same));
    assert!(message.contains("two tensors get the name `encoder.1.weight`"), "{message}");
    let outside = "start = safetensors(\"../given.safetensors\");";
    assert!(refusal(path, &encoder(outside)).contains("leaves the folder"));
}

fn clusters(start: &str, k: usize) -> String {
    format!(
        "network m {{ input x: [2]; let s = x -> scale: standardize; param p: [{k}, 2] = sample({start});
            output d = -max(-sum((reshape({}, [1, 2]) - p)^2, axis = -1), axis = 0); }}
        train m {{ data = csv(\"table.csv\", x = [a, b]); loss = mean(d); optimizer = sgd(rate = 1e-30);
            batch = 40; epochs = 1; seed = 4; }}",
        if start == "s" { "s" } else { "x + 0 * s" }
    )
}

/// The rate is too small to change a bit, so what is left after training is what was drawn.
#[test]
fn sampled_parameters_are_different_rows_of_the_data() {
    let folder = folder();
    let path = folder.path();
    let rows = rows(path);
    let drawn = |text: &str| {
        let network = train(path, text).unwrap_or_else(|error| panic!("{error}"));
        network.parameter("p").expect("prototypes")
    };
    let first = drawn(&clusters("data", 6));
    let found: Vec<usize> =
        first.chunks(2).map(|p| rows.iter().position(|row| row == p).unwrap_or_else(|| panic!("{p:?}"))).collect();
    let different: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(different.len(), 6, "{found:?}");
    assert_eq!(first, drawn(&clusters("x", 6)), "the same seed, the same rows");
    assert_ne!(first, drawn(&clusters("data", 6).replace("seed = 4", "seed = 5")));
    // A computed value: the same rows, standardised by what was fitted before.
    let scaled = drawn(&clusters("s", 6));
    for axis in 0..2 {
        let column: Vec<f64> = rows.iter().map(|row| f64::from(row[axis])).collect();
        let mean = column.iter().sum::<f64>() / 40.0;
        let deviation = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40.0).sqrt();
        for (row, scaled) in found.iter().zip(scaled.chunks(2)) {
            let want = (f64::from(rows[*row][axis]) - mean) / deviation;
            assert!((f64::from(scaled[axis]) - want).abs() < 1e-4, "{} {want}", scaled[axis]);
        }
    }
    let message = refusal(path, &clusters("data", 41));
    assert!(message.contains("`p` starts as 41 samples") && message.contains("the training part has 40"), "{message}");
}
