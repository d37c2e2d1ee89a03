//! `netc predict`: formats of inputs, what is printed and written, refusals.

use crate::command::{check_rows, contents, line};
use crate::tiny::{self, read_npy, write_npy};
use serde_json::Value;
use std::fs;

#[test]
fn every_format_gives_the_same_prediction() {
    let folder = tiny::folder();
    let path = |name: &str| folder.path().join(name);
    write_npy(&path("x.npy"), &[2, 2], &[-1.0, 2.0, 0.0, 0.0]);
    fs::write(path("x.csv"), "a,b\n-1,2\n0,0\n").unwrap();
    // IDX of 32-bit floats: type 0x0d, two axes.
    let floats = [-1.0f32, 2.0, 0.0, 0.0].iter().flat_map(|value| value.to_be_bytes());
    let idx: Vec<u8> = [0, 0, 0x0d, 2, 0, 0, 0, 2, 0, 0, 0, 2].into_iter().chain(floats).collect();
    fs::write(path("x.idx"), idx).unwrap();
    for file in ["x.npy", "x.csv", "x.idx"] {
        let ran = line(folder.path(), &format!("predict neuron.net --input {file}"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.out, "y: [1]\n  sample 0  0.00247262\n  sample 1  0.731059\n", "{file}");
        let ran = line(folder.path(), &format!("predict neuron.net --input {file} --index 1"));
        assert_eq!(ran.out, "y: [1]\n  sample 1  0.731059\n", "{file}: {}", ran.err);
    }
}

#[test]
fn json_names_outputs_and_gives_a_list_per_sample() {
    let folder = tiny::folder();
    let path = |name: &str| folder.path().join(name);
    write_npy(&path("l.npy"), &[3, 4], &[0.5; 12]);
    write_npy(&path("r.npy"), &[3, 2, 3], &[0.25; 18]);
    let ran = line(folder.path(), "predict two.net --input right=r.npy --input left=l.npy --format json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&object["schema"], &object["network"], &object["samples"]), (&1.into(), &"two".into(), &3.into()));
    let outputs = object["outputs"].as_array().unwrap();
    assert_eq!((&outputs[0]["name"], &outputs[1]["name"]), (&"class".into(), &"same".into()));
    assert_eq!(outputs[1]["shape"], serde_json::json!([2, 3]));
    assert_eq!(outputs[1]["values"], serde_json::json!(vec![vec![0.5; 6]; 3]));
    let text = line(folder.path(), "predict two.net --input right=r.npy --input left=l.npy").out;
    assert!(
        text.contains("class: [3], most probable classes\n  sample 0  ") && text.contains("same: [2, 3]\n"),
        "{text}"
    );
}

#[test]
fn outputs_and_taps_are_written_with_the_samples_first() {
    let folder = tiny::folder();
    // More samples than one run takes, and a part of a run at the end.
    let values: Vec<f32> = (0..2 * 67).map(|index| (index % 7) as f32 - 3.0).collect();
    write_npy(&folder.path().join("x.npy"), &[67, 2], &values);
    let ran = line(folder.path(), "predict neuron.net --input x=x.npy --output y.npy --tap z=z.npy");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran:?}");
    let (header, z) = read_npy(&folder.path().join("z.npy"));
    assert!(header.contains("'shape': (67, 1)"), "{header}");
    for (x, z) in values.chunks(2).zip(&z) {
        assert_eq!(*z, 3.0 * x[0] - 2.0 * x[1] + 1.0);
    }
    let (_, y) = read_npy(&folder.path().join("y.npy"));
    for (y, z) in y.iter().zip(&z) {
        assert!((y - 1.0 / (1.0 + (-z).exp())).abs() < 1e-6, "{y} of {z}");
    }
}

#[test]
fn trained_weights_change_the_prediction_and_a_nan_is_a_numeric_failure() {
    let folder = tiny::folder();
    fs::write(folder.path().join("x.csv"), "b,a\n1,2\n").unwrap();
    assert_eq!(line(folder.path(), "train tiny.net --run r --epochs 60 --quiet").code, Some(0));
    let start = line(folder.path(), "predict tiny.net --input x.csv --format json");
    let other = line(folder.path(), "predict tiny.net --input x.csv --format json --seed 9");
    let trained = line(folder.path(), "predict tiny.net --input x.csv --format json --weights r/best.safetensors");
    assert!(start.out != trained.out && start.out != other.out);
    let trained: Value = serde_json::from_str(&trained.out).unwrap();
    // The columns are taken by the recipe's names, whatever their order in the file: a = 2, b = 1 has y = 3.1.
    let y = trained["outputs"][0]["values"][0][0].as_f64().unwrap();
    assert!((y - 3.1).abs() < 0.4, "{y}");

    fs::write(folder.path().join("n.net"), "network n { input x: [2]; output y = log(x); }").unwrap();
    write_npy(&folder.path().join("n.npy"), &[1, 2], &[-1.0, 1.0]);
    let ran = line(folder.path(), "predict n.net --input n.npy");
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("1 of 2 values of `y` are not numbers (NaN)"), "{}", ran.err);
}

#[test]
fn wrong_inputs_are_refused_and_nothing_is_written() {
    let folder = tiny::folder();
    let path = |name: &str| folder.path().join(name);
    write_npy(&path("x.npy"), &[2, 2], &[0.0; 4]);
    write_npy(&path("l.npy"), &[2, 4], &[0.0; 8]);
    write_npy(&path("r.npy"), &[3, 2, 3], &[0.0; 18]);
    write_npy(&path("wide.npy"), &[2, 3], &[0.0; 6]);
    fs::write(path("cut.npy"), &fs::read(path("x.npy")).unwrap()[..100]).unwrap();
    fs::write(path("x.csv"), "a,b,c\n1,2,3\n").unwrap();
    let before = contents(folder.path());
    check_rows(
        folder.path(),
        &[
            ("predict neuron.net", 2, &[], &["--input"]),
            ("predict neuron.net --input none.npy", 3, &[], &["none.npy"]),
            ("predict neuron.net --input .", 3, &[], &["folder"]),
            ("predict neuron.net --input /dev/zero", 3, &[], &["device"]),
            ("predict neuron.net --input cut.npy", 1, &[], &["cut.npy"]),
            ("predict neuron.net --input wide.npy", 1, &[], &["wide.npy", "`x`"]),
            ("predict neuron.net --input x.csv", 1, &[], &["a row of this table has 3 values, `x` takes 2"]),
            ("predict neuron.net --input y=x.npy", 2, &[], &["no input is called `y`"]),
            ("predict neuron.net --input x.npy --input x=x.npy", 2, &[], &["given twice"]),
            ("predict neuron.net --input x.npy --index 2", 1, &[], &["there is no sample 2"]),
            ("predict neuron.net --input x.npy --output y.csv", 2, &[], &["does not end in `.npy`"]),
            ("predict neuron.net --input x.npy --output no/y.npy", 3, &[], &["no/y.npy"]),
            (
                "predict two.net --input left=l.npy --input right=r.npy --output class=o.npy --output same=o.npy",
                2,
                &[],
                &["`class` and `same` would both be written to `o.npy`", "a file of its own"],
            ),
            (
                "predict neuron.net --input x.npy --output o.npy --tap z=./o.npy",
                2,
                &[],
                &["`y` and `z` would both be written to `./o.npy`"],
            ),
            ("predict neuron.net --input x.npy --tap z", 2, &[], &["`--tap z` names no file"]),
            ("predict neuron.net --input x.npy --tap q=q.npy", 2, &[], &["no labelled value is called `q`", "z"]),
            ("predict neuron.net --input x.npy --threads 0", 2, &[], &["--threads"]),
            ("predict neuron.net --input x.npy --weights x.npy", 1, &[], &["x.npy"]),
            ("predict two.net --input l.npy", 2, &[], &["2 inputs (left, right)"]),
            ("predict two.net --input left=l.npy", 2, &[], &["no samples for `right`"]),
            ("predict two.net --input left=l.npy --input right=r.npy", 1, &[], &["`left` has 2, `right` has 3"]),
        ],
    );
    assert_eq!(contents(folder.path()), before);
}

/// Statistics and rows that training takes from its data have no starting values of their own.
#[test]
fn values_that_only_training_knows_are_named_without_weights() {
    let folder = tiny::folder();
    let text = tiny::TINY.replace("y = x -> first", "y = x -> scaled: standardize -> first");
    fs::write(folder.path().join("scaled.net"), text).unwrap();
    write_npy(&folder.path().join("x.npy"), &[1, 2], &[1.0, 2.0]);
    check_rows(
        folder.path(),
        &[
            ("predict scaled.net --input x.npy", 0, &["y: [1]"], &["warning", "`scaled.mean`", "--weights"]),
            ("eval scaled.net", 0, &["mae"], &["warning", "`scaled.mean`", "--weights"]),
            ("train scaled.net --run r", 0, &[], &[]),
        ],
    );
    for command in ["predict scaled.net --input x.npy --weights r", "eval scaled.net --weights r", "eval tiny.net"] {
        let ran = line(folder.path(), command);
        assert_eq!((ran.code, ran.err.contains("warning")), (Some(0), false), "{command}: {ran:?}");
    }
}
