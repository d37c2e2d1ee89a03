//! Weights move between the command and `network!`: what one trains the other loads and predicts with, and both train
//! from one seed to the same bits.

use netc::{Fit, Inputs, Nested};
use netc_compiler::lower::Choices;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_tests::models;
use netc_train::data::{self, Dataset, Values};

netc::network!("trained/mlp.net" as TrainedMlp, train_batches = [5]);
netc::network!("trained/cnn.net" as TrainedCnn, train_batches = [5]);

type Image = [[[f32; 8]; 8]; 1];

/// Samples of a step, and of the last step of an epoch: there are 1797 digits.
const BATCH: usize = 32;
const REST: usize = 5;

fn open(file: &str) -> netc::Network {
    netc::Network::options().open(models::root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The data that `train` reads.
fn digits(network: &netc::Network) -> Dataset {
    let declared = data::declarations(network.model()).expect("declarations");
    let recipe = network.model().recipe.as_ref().expect("a recipe");
    data::open(recipe, &declared, u64::MAX).expect("digits").training
}

fn image(data: &Dataset, row: u32) -> &Image {
    let Some(Values::F32(values)) = data.column("image").map(|column| &column.values) else { panic!("no images") };
    let row = row as usize;
    Image::from_flat(&values[64 * row..64 * (row + 1)]).expect("64 pixels")
}

fn label(data: &Dataset, row: u32) -> u32 {
    let Some(Values::I32(values)) = data.column("label").map(|column| &column.values) else { panic!("no labels") };
    values[row as usize].cast_unsigned()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

macro_rules! agrees {
    ($network:ident, $file:literal) => {{
        let network = open($file);
        let folder = tempfile::tempdir().expect("a folder");
        network.fit(Fit::new().run(folder.path())).expect("training");
        let recipe = network.model().recipe.as_ref().expect("a recipe");
        let data = digits(&network);

        let file = std::fs::read(folder.path().join("best.safetensors")).expect("weights");
        let loaded = $network::from_safetensors(&file).expect("weights that fit");
        let (mut session, mut workspace) = (network.session(1), $network::workspace());
        for row in [0, 1, 700, 1796] {
            let wanted = session.predict(Inputs::from(image(&data, row).flat())).expect("a prediction");
            let found = loaded.predict(&mut workspace, image(&data, row));
            assert_eq!(bits(found), bits(&wanted), "{}: sample {row}", $file);
        }

        let mut trained = $network::new(recipe.seed);
        let mut training = $network::training();
        for epoch in 0..recipe.epochs as u64 {
            let mut order: Vec<u32> = (0..data.count() as u32).collect();
            netc::shuffle(recipe.seed, epoch, &mut order);
            training.begin_epoch();
            let (batches, rest) = order.as_chunks::<BATCH>();
            for rows in batches {
                let (images, labels) = (rows.map(|row| *image(&data, row)), rows.map(|row| label(&data, row)));
                trained.train_step(&mut training, &images, &labels).expect("labels below 10");
            }
            let rows: [u32; REST] = rest.try_into().expect("five samples are left");
            let (images, labels) = (rows.map(|row| *image(&data, row)), rows.map(|row| label(&data, row)));
            trained.train_step(&mut training, &images, &labels).expect("labels below 10");
        }
        for path in network.paths() {
            let wanted = network.parameter(path).expect("a parameter");
            let found = trained.parameter_by_path(path).expect("a parameter");
            assert_eq!(bits(found), bits(&wanted), "{}: {path}", $file);
        }
    }};
}

#[test]
fn a_perceptron_trains_to_the_weights_of_the_command() {
    agrees!(TrainedMlp, "tests/trained/mlp.net");
}

#[test]
fn a_network_with_tiles_trains_to_the_weights_of_the_command() {
    let model = models::open("tests/trained/cnn.net", &[]);
    let step = pipeline::program(&model, Mode::Step, BATCH, &[], &Choices::default()).expect("a program").to_string();
    assert!(step.contains("winograd F") && step.contains("winograd weights"), "{step}");
    agrees!(TrainedCnn, "tests/trained/cnn.net");
}
