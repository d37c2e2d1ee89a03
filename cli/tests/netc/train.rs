//! `netc train` and `netc eval`: the log's contract, resumption, signals, limits, refusals.

use crate::command::{Ran, check_rows, line, netc, wait_until};
use crate::tiny;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The whole lines of a run's log; the last one may be about to be written.
fn log(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("log.jsonl")).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ok(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

/// Where no samples are held out, the loss of the training decides.
#[test]
fn training_may_watch_its_own_loss() {
    let folder = tiny::folder();
    let stops =
        |watch: &str| tiny::TINY.replace("train tiny {", &format!("train tiny {{ stop = early(watch = {watch});"));
    fs::write(folder.path().join("own.net"), stops("train_loss")).unwrap();
    fs::write(folder.path().join("held.net"), stops("val_loss")).unwrap();
    ok(line(folder.path(), "train own.net --run r"));
    for command in ["check", "train"] {
        let ran = line(folder.path(), &format!("{command} held.net"));
        assert!(ran.code == Some(1) && ran.err.contains("held.net:") && ran.err.contains("train_loss"), "{ran:?}");
    }
}

#[test]
fn the_log_ends_with_the_figures_and_clocks_stand_under_time() {
    let folder = tiny::folder();
    let ran = ok(line(folder.path(), "train tiny.net --run r"));
    assert!(ran.out.starts_with("tiny: 4 epochs\n") && ran.out.contains("weights: r/best.safetensors"), "{}", ran.out);
    assert!(ran.err.contains("training on 8 samples: 4 epochs of 3 steps\nepoch 1/4  loss "), "{}", ran.err);
    assert!(ran.err.contains("samples/s"), "{}", ran.err);
    let log = log(&folder.path().join("r"));
    let done = log.last().unwrap();
    assert_eq!((&done["event"], &done["epochs"]), (&Value::from("done"), &Value::from(4)));
    assert!(done["metrics"]["train_loss"].is_f64() && done["metrics"]["train_mae"].is_f64(), "{done}");
    assert!(log.iter().all(|line| line["time"].is_object()), "{log:?}");

    let eval = ok(line(folder.path(), "eval tiny.net --weights r/best.safetensors --format json"));
    let eval: Value = serde_json::from_str(&eval.out).unwrap();
    assert_eq!((&eval["schema"], &eval["network"]), (&Value::from(1), &Value::from("tiny")));
    assert_eq!(eval["metrics"]["train_loss"], done["metrics"]["train_loss"]);
    let table = ok(line(folder.path(), "eval tiny.net --weights r/best.safetensors"));
    assert!(table.out.starts_with("tiny\n") && table.out.contains("  mae  "), "{}", table.out);
}

#[test]
fn without_a_folder_the_run_goes_to_the_networks_name_and_quiet_is_quiet() {
    let folder = tiny::folder();
    let ran = ok(line(folder.path(), "train tiny.net --quiet --epochs 1"));
    assert_eq!(ran.err, "");
    assert!(folder.path().join("runs/tiny/best.safetensors").is_file());
}

#[test]
fn threads_and_interruptions_change_no_bit() {
    let folder = tiny::folder();
    let weights = |run: &str| fs::read(folder.path().join(run).join("best.safetensors")).unwrap();
    ok(line(folder.path(), "train tiny.net --run one --epochs 6 --threads 1"));
    ok(line(folder.path(), "train tiny.net --run four --epochs 6 --threads 4"));
    assert!(weights("one") == weights("four"));
    ok(line(folder.path(), "train tiny.net --run two --epochs 2"));
    let resumed = ok(line(folder.path(), "train tiny.net --run two --epochs 6 --resume"));
    assert!(resumed.err.contains("going on after epoch 2"), "{}", resumed.err);
    assert!(weights("one") == weights("two"));
    ok(line(folder.path(), "train tiny.net --run seed --epochs 6 --seed 6"));
    assert!(weights("one") != weights("seed"));
    ok(line(folder.path(), "train tiny.net --run batch --epochs 6 --set train.batch=4"));
    assert!(weights("one") != weights("batch"));
}

#[test]
fn another_rate_or_schedule_is_another_run() {
    let folder = tiny::folder();
    ok(line(folder.path(), "train tiny.net --run r --epochs 2 --quiet"));
    let weights = fs::read(folder.path().join("r/best.safetensors")).unwrap();
    for (from, to) in [
        ("rate = 0.05", "rate = 0.06"),
        ("momentum = 0.9", "momentum = 0.8"),
        ("batch     = 3", "schedule = cosine; batch = 3"),
        ("batch     = 3", "schedule = constant(warmup = 2 steps); batch = 3"),
    ] {
        fs::write(folder.path().join("tiny.net"), tiny::TINY.replace(from, to)).unwrap();
        let ran = line(folder.path(), "train tiny.net --run r --resume --epochs 4");
        assert_eq!(ran.code, Some(1), "{to}: {ran:?}");
        assert!(ran.err.contains("belongs to another run") && ran.err.contains("help:"), "{to}: {}", ran.err);
        assert_eq!(fs::read(folder.path().join("r/best.safetensors")).unwrap(), weights, "{to}");
    }
    fs::write(folder.path().join("tiny.net"), tiny::TINY).unwrap();
    ok(line(folder.path(), "train tiny.net --run r --resume --epochs 4 --quiet"));
}

#[test]
fn weights_may_be_the_folder_of_a_run_and_differences_are_a_list() {
    let folder = tiny::folder();
    ok(line(folder.path(), "train tiny.net --run r --quiet"));
    let file = ok(line(folder.path(), "eval tiny.net --weights r/best.safetensors --format json"));
    assert_eq!(ok(line(folder.path(), "eval tiny.net --weights r --format json")).out, file.out);
    let other = line(folder.path(), "eval tiny.net --set hidden=4 --weights r");
    assert_eq!(other.code, Some(1), "{other:?}");
    for row in
        ["shape: first.weight is [3, 2], the model has [4, 2]", "shape: last.weight is [1, 3], the model has [1, 4]"]
    {
        assert!(other.err.lines().any(|line| line.trim() == row), "{row}: {}", other.err);
    }
}

/// On a terminal there is a bar with loss, speed and time left; `script` gives the command one.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_bar() {
    let folder = tiny::folder();
    let command = format!("{} train tiny.net --run r --epochs 3000", env!("CARGO_BIN_EXE_netc"));
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
    let output = terminal.current_dir(folder.path()).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        println!("skipped: there is no `script`");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains('\r') && text.contains("loss") && text.contains("/s"), "{text}");
    assert!(text.contains("\u{1b}["), "no cursor moves: {text}");
}

#[test]
fn wrong_options_and_wrong_files_are_refused() {
    let folder = tiny::folder();
    fs::write(folder.path().join("bad.net"), "network n { output y = x; }").unwrap();
    let text = tiny::TINY.replace("d.csv", "none.csv");
    fs::write(folder.path().join("nodata.net"), text).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::write(folder.path().join("junk.safetensors"), "junk").unwrap();
    let huge = "network n { input x: [100000]; output y = x -> for turn in 0..100 { dense(100000) -> relu }; }
        train n { target t: [1]; data = csv(\"d.csv\", x = a, t = y); loss = mean((y - t)^2);
        optimizer = sgd(rate = 0.1); batch = 1; epochs = 1; }";
    fs::write(folder.path().join("huge.net"), huge).unwrap();
    let before = crate::command::contents(folder.path());
    check_rows(
        folder.path(),
        &[
            ("train", 2, &[], &["<FILE>"]),
            ("train tiny.net --threads 0 --run r", 2, &[], &["--threads", "0"]),
            ("train tiny.net --threads 1000000000 --run r", 2, &[], &["--threads"]),
            ("train tiny.net --epochs 0 --run r", 2, &[], &["--epochs"]),
            ("train tiny.net --epochs many --run r", 2, &[], &["--epochs"]),
            ("train tiny.net --seed -1 --run r", 2, &[], &[]),
            ("train tiny.net --max-memory lots --run r", 2, &[], &["--max-memory"]),
            ("train tiny.net --set hidden --run r", 2, &[], &["--set"]),
            ("train tiny.net --set hiden=4 --run r", 1, &[], &["hiden", "hidden"]),
            ("train tiny.net --set train.bach=4 --run r", 1, &[], &["bach", "batch"]),
            ("train tiny.net --network other --run r", 1, &[], &["other", "tiny"]),
            ("train tiny.net --max-memory 100 --run r", 3, &[], &["the memory limit is 100 bytes", "help:"]),
            ("train huge.net --run r", 3, &[], &["parameters", "TiB"]),
            ("train bad.net --run r", 1, &[], &["bad.net:1:", "error[E"]),
            ("train missing.net --run r", 3, &[], &["missing.net"]),
            ("train . --run r", 3, &[], &["folder"]),
            ("train /dev/zero --run r", 3, &[], &["device"]),
            ("train nodata.net --run r", 3, &[], &["none.csv"]),
            ("train neuron.net --run r", 1, &[], &["`neuron` has no `train` section"]),
            ("train tiny.net --run file", 3, &[], &["file"]),
            ("train tiny.net --run r --resume", 3, &[], &["r"]),
            ("eval tiny.net --weights none.safetensors", 3, &[], &["none.safetensors"]),
            ("eval tiny.net --weights junk.safetensors", 1, &[], &["junk.safetensors"]),
            ("eval tiny.net --weights .", 3, &[], &["folder"]),
            ("eval tiny.net --weights /dev/zero", 3, &[], &["device"]),
            ("eval tiny.net --format yaml", 2, &[], &["json", "table"]),
            ("eval neuron.net", 1, &[], &["no `train` section"]),
        ],
    );
    assert_eq!(crate::command::contents(folder.path()), before);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_with_four() {
    let folder = tiny::folder();
    let text = tiny::TINY.replace("rate = 0.05", "rate = 1e30");
    fs::write(folder.path().join("tiny.net"), text).unwrap();
    let ran = line(folder.path(), "train tiny.net --run r --epochs 50");
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("the loss is not finite at step ") && ran.err.contains("help: "), "{}", ran.err);
}

/// A run that would go on for ever, well under way.
#[cfg(unix)]
fn endless(folder: &Path, run: &str) -> Child {
    let mut command = netc(folder);
    command.args(["train", "tiny.net", "--epochs", "4000000000", "--run", run]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the third epoch", || log(&folder.join(run)).len() > 3);
    child
}

#[cfg(unix)]
#[test]
fn signals_leave_a_checkpoint_that_goes_on_to_the_same_bits() {
    let folder = tiny::folder();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = endless(folder.path(), signal);
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains("interrupted after ") && err.contains("--resume"), "{err}");
        assert!(output.stdout.is_empty());
        let run = folder.path().join(signal);
        assert!(run.join("last.ckpt").is_file());
        let last = log(&run).pop().unwrap();
        assert_eq!(last["event"], "interrupted");
        let epochs = last["epoch"].as_u64().unwrap() + 3;
        ok(line(folder.path(), &format!("train tiny.net --run {signal} --resume --epochs {epochs} --quiet")));
        ok(line(folder.path(), &format!("train tiny.net --run whole --epochs {epochs} --quiet")));
        let weights = |run: &str| fs::read(folder.path().join(run).join("best.safetensors")).unwrap();
        assert!(weights(signal) == weights("whole"), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_second_training_in_one_folder_is_refused_and_the_first_goes_on() {
    let folder = tiny::folder();
    let mut first = endless(folder.path(), "r");
    let second = line(folder.path(), "train tiny.net --run r");
    assert_eq!(second.code, Some(3), "{second:?}");
    assert!(second.err.contains("another training runs"), "{}", second.err);
    assert!(first.try_wait().unwrap().is_none(), "the first training ended");
    first.kill().unwrap();
    first.wait().unwrap();
    // The lock of a killed process is gone, and its last checkpoint is whole.
    ok(line(folder.path(), "train tiny.net --run r --epochs 2 --quiet"));
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_without_waiting_for_them() {
    let folder = tiny::folder();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for arguments in [
        "train pipe --run r",
        "fmt pipe",
        "eval tiny.net --weights pipe",
        "predict neuron.net --input pipe",
        "emit pipe --stage ast",
        "emit tiny.net --stage model --check pipe",
    ] {
        let ran = line(folder.path(), arguments);
        assert_eq!(ran.code, Some(3), "{arguments}: {ran:?}");
        assert!(ran.err.contains("pipe"), "{arguments}: {}", ran.err);
    }
}
