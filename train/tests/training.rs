//! The training loop on a hand-written network: resumption, early stopping, the one test, divergence.

mod support;

use netc_compiler::model::recipe::{DataSource, EarlyStop, HeldOut, Policy, Schedule};
use netc_compiler::op::value::Clock;
use netc_train::TrainError;
use netc_train::checkpoint::{Checkpoint, fingerprint};
use netc_train::data::{DType, Dataset, Declared, Parts, Source, TestPart, Values, open_parts};
use netc_train::fit::{Options, Outcome, Plan, Save, train};
use netc_train::metric::Metric;
use netc_train::progress::{Event, Progress};
use netc_train::stepper::Stepper;
use netc_train::weights::{Tensor, read_weights};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use support::SoftmaxRegression;

const LIMIT: u64 = 1 << 30;

fn declared() -> Vec<Declared> {
    vec![
        Declared { name: "image".into(), shape: vec![64], dtype: DType::F32 },
        Declared { name: "label".into(), shape: vec![], dtype: DType::Int { n: 10 } },
    ]
}

fn digits() -> Parts {
    let data = DataSource { kind: "digits".into(), arguments: vec![], span: Default::default(), file: "x.net".into() };
    open_parts(&data, &HeldOut::Fraction(0.2), &HeldOut::Fraction(0.1), 7, &declared(), LIMIT).unwrap()
}

/// 70 training and 20 validation digits: nine batches of 8, the last one of 6.
fn few_digits() -> Parts {
    let whole = digits();
    let some = |from: u32, to: u32| whole.training.select(&(from..to).collect::<Vec<u32>>());
    Parts { training: some(0, 70), validation: Some(some(70, 90)), test: Some(TestPart::Rows(some(90, 120))) }
}

fn plan(epochs: u64) -> Plan {
    Plan {
        network: "softmax".into(),
        fingerprint: fingerprint(&[b"softmax"]),
        batch: 8,
        epochs,
        seed: 5,
        rate: 0.05,
        schedule: Schedule { policy: Policy::Cosine { floor: 0.0 }, warmup: Some((1.0, Clock::Epochs)) },
        stop: None,
        metrics: vec![Metric { name: "accuracy".into(), count_per_sample: 1, larger_is_better: true }],
    }
}

/// Raises the flag after a number of steps of this process.
struct StopAfter<'a>(u64, &'a AtomicBool);

impl Progress for StopAfter<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Step { .. } = event {
            self.0 -= 1;
            self.1.store(self.0 == 0, Ordering::Relaxed);
        }
    }
}

fn run(
    parts: Parts,
    plan: &Plan,
    folder: &Path,
    resume: bool,
    steps: u64,
) -> Result<(Outcome, Vec<Tensor>), TrainError> {
    let flag = AtomicBool::new(false);
    let options = Options { run: Some(folder), resume, save: Save::Timed, interrupt: &flag, max_bytes: LIMIT };
    let mut network = SoftmaxRegression::new(64);
    let outcome = train(&mut network, parts, plan, options, &mut StopAfter(steps, &flag))?;
    Ok((outcome, network.weights()))
}

/// The log without what depends on the clock.
fn timeless_log(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
    let line = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value.as_object_mut().unwrap().remove("time").is_some(), "{line}");
        value
    };
    text.lines().map(line).collect()
}

fn assert_same_run(a: &Path, b: &Path, what: &str) {
    for file in ["best.safetensors", "last.ckpt"] {
        assert!(std::fs::read(a.join(file)).unwrap() == std::fs::read(b.join(file)).unwrap(), "{what}: {file} differs");
    }
    assert_eq!(timeless_log(a), timeless_log(b), "{what}");
}

#[test]
fn digits_are_learned_and_the_log_ends_with_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { batch: 64, rate: 0.2, ..plan(12) };
    let (outcome, weights) = run(digits(), &plan, folder.path(), false, u64::MAX).unwrap();
    assert!(outcome.metrics["test_accuracy"] > 0.93, "{:?}", outcome.metrics);
    let log = timeless_log(folder.path());
    let done = log.last().unwrap();
    assert_eq!((&done["event"], &done["epochs"]), (&"done".into(), &12.into()));
    for (name, value) in &outcome.metrics {
        // serde_json reads floats to the last place but one.
        assert!((done["metrics"][name].as_f64().unwrap() - value).abs() < 1e-12, "{name}");
    }
    assert_eq!(log.len(), 14);
    let saved = read_weights(&folder.path().join("best.safetensors"), LIMIT).unwrap();
    for tensor in weights {
        assert_eq!(saved.tensors[&tensor.path], tensor);
    }
}

#[test]
fn a_run_interrupted_at_any_step_goes_on_bit_for_bit() {
    let whole = tempfile::tempdir().unwrap();
    let plan = plan(3);
    run(few_digits(), &plan, whole.path(), false, u64::MAX).unwrap();
    for steps in 1..=27 {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, _) = run(few_digits(), &plan, folder.path(), false, steps).unwrap();
        assert!(outcome.interrupted);
        let bytes = std::fs::read(folder.path().join("last.ckpt")).unwrap();
        assert_eq!(Checkpoint::parse("last.ckpt", &bytes).unwrap().progress.step, steps);
        let (outcome, _) = run(few_digits(), &plan, folder.path(), true, u64::MAX).unwrap();
        assert!(!outcome.interrupted);
        assert_same_run(whole.path(), folder.path(), &format!("after {steps} steps"));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut rounds = 1;
    run(few_digits(), &plan, folder.path(), false, 2).unwrap();
    while run(few_digits(), &plan, folder.path(), true, 2).unwrap().0.interrupted {
        rounds += 1;
    }
    assert_eq!(rounds, 13);
    assert_same_run(whole.path(), folder.path(), "after every second step");
}

/// Copies the folder at every step, as a kill at that moment would leave it.
struct Snapshots<'a>(&'a Path, &'a Path, u64);

impl Progress for Snapshots<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Step { .. } | Event::Epoch { .. } = event {
            self.2 += 1;
            let to = self.1.join(self.2.to_string());
            std::fs::create_dir(&to).unwrap();
            for entry in std::fs::read_dir(self.0).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
}

#[test]
fn a_run_killed_at_any_step_goes_on_from_its_last_checkpoint() {
    let (whole, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let flag = AtomicBool::new(false);
    let plan = plan(2);
    let options =
        Options { run: Some(whole.path()), resume: false, save: Save::Steps(4), interrupt: &flag, max_bytes: LIMIT };
    let mut snapshots = Snapshots(whole.path(), copies.path(), 0);
    train(&mut SoftmaxRegression::new(64), few_digits(), &plan, options, &mut snapshots).unwrap();
    assert_eq!(snapshots.2, 20);
    for copy in 1..=20 {
        let folder = copies.path().join(copy.to_string());
        let result = run(few_digits(), &plan, &folder, true, u64::MAX);
        if copy <= 4 {
            assert_eq!(result.unwrap_err().exit_code(), 3, "there is no checkpoint yet at {copy}");
            continue;
        }
        assert!(!result.unwrap().0.interrupted);
        assert_same_run(whole.path(), &folder, &format!("killed at {copy}"));
    }
}

#[test]
fn changing_test_labels_changes_no_weight() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let relabelled = || {
        let mut parts = few_digits();
        let Some(TestPart::Rows(test)) = parts.test.take() else { panic!() };
        let Values::F32(pixels) = test.columns()[0].values.clone() else { panic!() };
        let labels = test.columns()[1].values.i32().unwrap().iter().map(|label| (label + 1) % 10).collect();
        parts.test = Some(TestPart::Rows(support::dataset(64, pixels, labels)));
        parts
    };
    let (first, weights) = run(few_digits(), &plan(4), folders[0].path(), false, u64::MAX).unwrap();
    let (second, changed) = run(relabelled(), &plan(4), folders[1].path(), false, u64::MAX).unwrap();
    assert_eq!(weights, changed);
    assert_ne!(first.metrics["test_accuracy"], second.metrics["test_accuracy"]);
    assert_eq!(first.metrics["val_loss"], second.metrics["val_loss"]);
    for file in ["best.safetensors", "last.ckpt"] {
        let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
        assert!(read(&folders[0]) == read(&folders[1]), "{file}");
    }
}

/// Puts the test files in place only when training is over, and takes the training files away at the start.
struct LateTest<'a>(&'a Path);

impl Progress for LateTest<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Epoch { .. } => assert!(!self.0.join("y.npy").exists()),
            Event::Testing => {
                write_npy(&self.0.join("x.npy"), &[2, 64], &Values::F32(vec![0.5; 128]));
                write_npy(&self.0.join("y.npy"), &[2], &Values::I32(vec![3, 4]));
            }
            _ => {}
        }
    }
}

fn write_npy(path: &Path, shape: &[usize], values: &Values) {
    let mut bytes = Vec::new();
    netc_train::data::npy::write_npy(&mut bytes, shape, values).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_test_files_are_opened_only_after_the_best_epoch_is_chosen() {
    let base = tempfile::tempdir().unwrap();
    let source = Source::Npy(vec![("image".into(), "x.npy".into()), ("label".into(), "y.npy".into())]);
    let parts = || Parts {
        test: Some(TestPart::Unopened {
            source: source.clone(),
            base: base.path().into(),
            declared: declared(),
            max_bytes: LIMIT,
        }),
        ..few_digits()
    };
    let folder = tempfile::tempdir().unwrap();
    let error = run(parts(), &plan(2), folder.path(), false, u64::MAX).unwrap_err();
    assert!(error.to_string().contains("x.npy: there is no such file"), "{error}");
    assert!(folder.path().join("best.safetensors").exists() && folder.path().join("last.ckpt").exists());

    let flag = AtomicBool::new(false);
    let options = Options { run: None, resume: false, save: Save::Timed, interrupt: &flag, max_bytes: LIMIT };
    let outcome =
        train(&mut SoftmaxRegression::new(64), parts(), &plan(2), options, &mut LateTest(base.path())).unwrap();
    assert!(outcome.metrics.contains_key("test_accuracy"));
}

#[test]
fn the_last_batch_of_an_epoch_has_its_own_size() {
    let flag = AtomicBool::new(false);
    let options = Options { run: None, resume: false, save: Save::Timed, interrupt: &flag, max_bytes: LIMIT };
    let mut network = SoftmaxRegression::new(64);
    train(&mut network, few_digits(), &plan(2), options, &mut ()).unwrap();
    let epoch = [8, 8, 8, 8, 8, 8, 8, 8, 6];
    assert_eq!(network.batch_sizes, [epoch, epoch].concat());
}

#[test]
fn early_stopping_restores_the_best_weights() {
    // Labels that do not follow the pixels are learned by heart, so that the validation loss soon rises.
    let noise = |count: usize, salt: usize| -> Dataset {
        let pixels = (0..count * 64).map(|i| ((i * 37 + salt) % 101) as f32 / 101.0).collect();
        support::dataset(64, pixels, (0..count).map(|i| ((i * i + salt) % 10) as i32).collect())
    };
    let parts = || Parts { training: noise(40, 1), validation: Some(noise(40, 5)), test: None };
    let constant = Schedule { policy: Policy::Constant, warmup: None };
    let stop = EarlyStop { watch: "val_loss".into(), patience: 3, min_delta: 0.0 };
    let stopping = Plan { schedule: constant, stop: Some(stop), rate: 0.2, ..plan(100) };
    let folder = tempfile::tempdir().unwrap();
    let (outcome, weights) = run(parts(), &stopping, folder.path(), false, u64::MAX).unwrap();
    let best = outcome.best_epoch.unwrap();
    assert!(best > 0 && outcome.epochs == best + 3, "{outcome:?}");
    let losses: Vec<f64> =
        timeless_log(folder.path()).iter().filter_map(|line| line["metrics"]["val_loss"].as_f64()).collect();
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[best as usize - 1], lowest);
    assert!((outcome.metrics["val_loss"] - lowest).abs() < 1e-12);

    let only_best = Plan { stop: None, epochs: best, ..stopping.clone() };
    let again = tempfile::tempdir().unwrap();
    let (_, expected) = run(Parts { validation: None, ..parts() }, &only_best, again.path(), false, u64::MAX).unwrap();
    assert_eq!(weights, expected);

    let resumed = run(parts(), &stopping, folder.path(), true, u64::MAX).unwrap();
    assert_eq!(resumed.0, outcome, "a finished run that is resumed trains no more");
}

#[test]
fn divergence_stops_with_step_and_layer_and_saves_nothing_that_is_not_finite() {
    let folder = tempfile::tempdir().unwrap();
    let wild = Plan { rate: 1e30, schedule: Schedule { policy: Policy::Constant, warmup: None }, ..plan(50) };
    let parts = Parts { validation: None, ..few_digits() };
    let error = run(parts, &wild, folder.path(), false, u64::MAX).unwrap_err();
    assert_eq!(error.exit_code(), 4);
    let TrainError::NonFinite { step, layer, .. } = &error else { panic!("{error}") };
    assert!(layer.as_deref() == Some("fc") || error.to_string().contains("the loss"), "{error}");
    let last = timeless_log(folder.path()).pop().unwrap();
    assert_eq!((&last["event"], &last["step"]), (&"diverged".into(), &(*step).into()));
    if let Ok(weights) = read_weights(&folder.path().join("best.safetensors"), LIMIT) {
        assert!(weights.tensors.values().all(|tensor| tensor.values.f32().unwrap().iter().all(|v| v.is_finite())));
    }
}

/// Counts how often the loop asks, and turns the loss to NaN at one step.
struct NanAt(SoftmaxRegression, u64);

impl Stepper for NanAt {
    fn fit(&mut self, training: &Dataset) -> Result<(), TrainError> {
        self.0.fit(training)
    }
    fn step(
        &mut self,
        batch: netc_train::data::Batch<'_>,
        scalars: &netc_train::stepper::Scalars,
    ) -> Result<f32, TrainError> {
        if scalars.step == self.1 { Ok(f32::NAN) } else { self.0.step(batch, scalars) }
    }
    fn evaluate(&mut self, batch: netc_train::data::Batch<'_>, sums: &mut Vec<f32>) -> Result<f32, TrainError> {
        self.0.evaluate(batch, sums)
    }
    fn weights(&self) -> Vec<Tensor> {
        self.0.weights()
    }
    fn slots(&self) -> Vec<Tensor> {
        self.0.slots()
    }
    fn load_weights(&mut self, weights: &[Tensor]) -> Result<(), TrainError> {
        self.0.load_weights(weights)
    }
    fn load_slots(&mut self, slots: &[Tensor]) -> Result<(), TrainError> {
        self.0.load_slots(slots)
    }
    fn first_non_finite_layer(
        &mut self,
        _: netc_train::data::Batch<'_>,
        scalars: &netc_train::stepper::Scalars,
    ) -> Option<String> {
        Some(format!("layer of step {}", scalars.step))
    }
}

#[test]
fn the_first_bad_step_is_named_and_the_best_weights_before_it_stay() {
    let folder = tempfile::tempdir().unwrap();
    let flag = AtomicBool::new(false);
    let options =
        Options { run: Some(folder.path()), resume: false, save: Save::Timed, interrupt: &flag, max_bytes: LIMIT };
    let mut network = NanAt(SoftmaxRegression::new(64), 13);
    let error = train(&mut network, few_digits(), &plan(3), options, &mut ()).unwrap_err();
    let expected = TrainError::NonFinite { what: "the loss".into(), step: 13, layer: Some("layer of step 13".into()) };
    assert_eq!(error, expected);
    assert!(read_weights(&folder.path().join("best.safetensors"), LIMIT).is_ok(), "the first epoch's weights are kept");
}

#[test]
fn a_checkpoint_of_another_model_recipe_or_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(few_digits(), &plan(1), folder.path(), false, u64::MAX).unwrap();
    let mut other_data = few_digits();
    other_data.training = other_data.training.select(&(0..69).collect::<Vec<u32>>());
    for (parts, plan) in [
        (few_digits(), Plan { fingerprint: fingerprint(&[b"other"]), ..plan(1) }),
        (few_digits(), Plan { seed: 6, ..plan(1) }),
        (few_digits(), Plan { batch: 9, ..plan(1) }),
        (other_data, plan(1)),
    ] {
        let error = run(parts, &plan, folder.path(), true, u64::MAX).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains("belongs to another run"), "{error}");
    }
    let (longer, _) = run(few_digits(), &plan(2), folder.path(), true, u64::MAX).unwrap();
    assert_eq!(longer.epochs, 2, "more epochs may be asked for");
}

#[test]
fn plans_that_cannot_run_are_refused() {
    let flag = AtomicBool::new(false);
    let options = Options { run: None, resume: false, save: Save::Timed, interrupt: &flag, max_bytes: LIMIT };
    let stop = |watch: &str| Some(EarlyStop { watch: watch.into(), patience: 1, min_delta: 0.0 });
    for (plan, validates, words) in [
        (Plan { rate: 0.0, ..plan(1) }, true, "must be above 0"),
        (Plan { rate: f64::NAN, ..plan(1) }, true, "must be above 0"),
        (Plan { batch: 0, ..plan(1) }, true, "must be above 0"),
        (Plan { stop: stop("val_los"), ..plan(1) }, true, "watch one of train_loss, val_loss, val_accuracy"),
        (Plan { stop: stop("val_loss"), ..plan(1) }, false, "add `validate = 10%;`"),
    ] {
        let mut parts = few_digits();
        parts.validation = parts.validation.filter(|_| validates);
        let error = train(&mut SoftmaxRegression::new(64), parts, &plan, options, &mut ()).unwrap_err();
        assert!(error.exit_code() == 1 && error.to_string().contains(words), "{error}");
    }
}
