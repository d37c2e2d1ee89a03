//! `netc check`, `netc explain` and `netc gradcheck`: the contract of the JSON form key by key, formats, exit codes.

use crate::command::{check_rows, line};
use crate::tiny;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn json(folder: &Path, arguments: &str, code: i32) -> Value {
    let ran = line(folder, &format!("check {arguments} --format json"));
    assert_eq!(ran.code, Some(code), "{arguments}: {ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{arguments}: {error}: {}", ran.out))
}

/// Every key that other programs rely on is there; more may come.
fn has_keys(value: &Value, keys: &[&str]) {
    let found: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let missing: Vec<&&str> = keys.iter().filter(|key| !found.contains(**key)).collect();
    assert!(missing.is_empty(), "{missing:?} of {value}");
}

const MAP: &str =
    "network map { input image: [1, 8, 8]; output y = image -> conv2d(2, kernel = 3, stride = 2) -> relu; }
check map { params == 20; macs <= 10; }
";

#[test]
fn the_json_form_keeps_its_contract() {
    let folder = tiny::folder();
    fs::write(folder.path().join("map.net"), MAP).unwrap();
    let object = json(folder.path(), "map.net --batch 4", 1);
    has_keys(
        &object,
        &["schema", "network", "batch", "inputs", "outputs", "layers", "total", "assertions", "errors", "warnings"],
    );
    assert_eq!((&object["schema"], &object["network"], &object["batch"]), (&1.into(), &"map".into(), &4.into()));
    assert_eq!(object["inputs"], serde_json::json!([{ "name": "image", "shape": [1, 8, 8] }]));
    assert_eq!(object["outputs"], serde_json::json!([{ "name": "y", "shape": [2, 3, 3] }]));
    let layer = &object["layers"][0];
    has_keys(layer, &["path", "op", "output", "params", "macs", "receptive_field"]);
    assert_eq!((&layer["op"], &layer["params"], &layer["macs"]), (&"conv2d".into(), &20.into(), &162.into()));
    has_keys(&layer["receptive_field"], &["size", "jump", "start", "min_size"]);
    let field = &layer["receptive_field"];
    assert_eq!((&field["size"], &field["jump"]), (&serde_json::json!([3, 3]), &serde_json::json!([2, 2])));
    has_keys(
        &object["total"],
        &[
            "params",
            "trainable",
            "macs_forward",
            "macs_backward",
            "flops_forward",
            "flops_backward",
            "memory_predict_bytes",
            "memory_train_bytes",
        ],
    );
    assert_eq!(object["total"]["memory_train_bytes"], Value::Null, "there is no recipe");
    // A failed assertion exits 1 without an error.
    assert_eq!(object["errors"], serde_json::json!([]));
    let holds: Vec<&Value> = object["assertions"].as_array().unwrap().iter().map(|each| &each["holds"]).collect();
    assert_eq!(holds, [&Value::Bool(true), &Value::Bool(false)]);
    assert_eq!(object["assertions"][1]["text"], "macs <= 10");
    let trained = json(folder.path(), "tiny.net --set hidden=5", 0);
    assert_eq!(trained["total"]["params"], 21);
    assert!(trained["total"]["memory_train_bytes"].is_u64());
    assert_eq!(trained["layers"][0]["receptive_field"], Value::Null);
}

#[test]
fn an_assertion_without_a_result_fails_and_is_an_error_at_its_place() {
    let folder = tiny::folder();
    let text = MAP.replace("params == 20;", "params^2 == 400; params / (macs - 162) >= 3;");
    fs::write(folder.path().join("fault.net"), text).unwrap();
    let object = json(folder.path(), "fault.net", 1);
    assert_eq!(
        object["assertions"][0],
        serde_json::json!({ "text": "params^2 == 400", "holds": true, "actual": "400" })
    );
    assert_eq!((&object["assertions"][1]["holds"], &object["assertions"][1]["actual"]), (&false.into(), &Value::Null));
    let error = &object["errors"][0];
    assert_eq!((&error["code"], &error["line"], &error["column"]), (&"E0406".into(), &2.into(), &30.into()));
    check_rows(
        folder.path(),
        &[("check fault.net", 1, &["FAILS", "(it has no result)"], &["error[E0406]: 20 is divided by zero", "2:30"])],
    );
}

#[test]
fn errors_and_warnings_are_objects_with_their_places() {
    let folder = tiny::folder();
    fs::write(folder.path().join("bad.net"), "network m {\n  input x: [3];\n  output y = x -> dens(2);\n}\n").unwrap();
    fs::write(
        folder.path().join("odd.net"),
        "network m {\n  input x: [3];\n  let a = x + 1;\n  output y = x -> dense(2);\n}\n",
    )
    .unwrap();
    let bad = json(folder.path(), "bad.net", 1);
    let error = &bad["errors"][0];
    has_keys(error, &["code", "message", "file", "line", "column", "help"]);
    assert_eq!((&error["code"], &error["line"], &error["column"]), (&"E0202".into(), &3.into(), &19.into()));
    assert_eq!((&error["file"], &error["help"]), (&"bad.net".into(), &"did you mean `dense`?".into()));
    let odd = json(folder.path(), "odd.net", 0);
    assert_eq!(odd["errors"], serde_json::json!([]));
    has_keys(&odd["warnings"][0], &["code", "message", "file", "line", "column", "help"]);
    assert_eq!((&odd["warnings"][0]["code"], &odd["warnings"][0]["line"]), (&"W0201".into(), &3.into()));
    let denied = json(folder.path(), "odd.net --deny warnings", 1);
    assert_eq!(denied["errors"][0]["code"], "W0201");
}

#[test]
fn other_formats_and_commands_answer() {
    let folder = tiny::folder();
    fs::write(folder.path().join("map.net"), MAP).unwrap();
    fs::write(folder.path().join("bad.net"), "network m { input x: [3]; output y = x -> dens(2); }").unwrap();
    check_rows(
        folder.path(),
        &[
            ("check tiny.net", 0, &["network tiny, batch 1", "parameters   13", "memory train"], &[]),
            (
                "check tiny.net --format csv",
                0,
                &["path,op,output,params,macs,receptive_field\n", "first,dense(3),3,9,6,"],
                &[],
            ),
            ("check tiny.net --format markdown", 0, &["| `first` | `dense(3)` | [N, 3] | 9 | 6 |"], &[]),
            ("check map.net", 1, &["params == 20", "macs <= 10"], &[]),
            ("check bad.net", 1, &[], &["error[E0202]", "bad.net:1:43", "did you mean `dense`?"]),
            ("check tiny.net --set hidden=many", 1, &[], &["many"]),
            ("check tiny.net --set train.bach=4", 1, &[], &["E0501", "`bach`", "did you mean `batch`?"]),
            ("check tiny.net --set trian.batch=4", 1, &[], &["E0214", "did you mean `train.batch`?"]),
            ("check tiny.net --set batch.train=4", 1, &[], &["E0214", "cannot be the name of a setting"]),
            ("check neuron.net --set train.batch=4", 1, &[], &["E0214", "`neuron` has none"]),
            ("check tiny.net --batch 0", 2, &[], &["--batch"]),
            ("check missing.net", 3, &[], &["missing.net"]),
            ("explain E0301", 0, &["# E0301", "```net,fails", "Better:"], &[]),
            ("explain e0508", 0, &["# E0508"], &[]),
            ("explain", 0, &["E0001", "W0303"], &[]),
            ("gradcheck tiny.net", 0, &["first.weight", "last.bias", "all gradients agree"], &[]),
            ("gradcheck neuron.net", 1, &[], &["no `train` section"]),
            ("gradcheck tiny.net --batch 0", 2, &[], &["--batch"]),
            ("gradcheck tiny.net --weights none.safetensors", 3, &[], &["none.safetensors"]),
        ],
    );
}
