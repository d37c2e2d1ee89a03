//! `network!` as its users meet it: forms of the call, constants of a checked network, errors at the right token.

use netc::network;

network! {
    /// A small perceptron.
    pub network tiny_mlp(hidden: int = 16) {
        input features: [4];
        output scores = features -> dense(hidden) -> tanh -> dense(3);
    }
}

network!("../examples/mnist/lenet.net" as Digits);
network!("tests/ui/nets/two_layers.net");
network!("tests/ui/nets/two_layers.net" as Five { classes: 5 });
network!(pub "tests/ui/nets/two_layers.net" as Seven { classes: 3 + 4, }, network = "two_layers");
network!("tests/ui/nets/several.net");
network!("tests/ui/nets/several.net" as Second2, network = "second");

mod inner {
    netc::network! {
        /* A block of both. */
        block hidden(x, units: int = 8) { return x -> dense(units) -> relu; }

        /// Visible outside.
        #[allow(dead_code)]
        pub network shown {
            input features: [4];
            output scores = features -> hidden -> dense(2);
        }

        check shown { params == 58; }

        pub(crate) network also_shown {
            input features: [4];
            output scores = features -> hidden(units = 4) -> dense(2);
        }
    }
}

#[test]
fn figures_are_constants() {
    assert_eq!(TinyMlp::PARAMS, 4 * 16 + 16 + 16 * 3 + 3);
    assert_eq!(TinyMlp::MACS, 4 * 16 + 16 * 3);
    assert_eq!(Digits::PARAMS, 421_642);
    assert_eq!(Digits::MACS, 4_241_152);
}

#[test]
fn every_form_names_its_network() {
    assert_eq!(TwoLayers::PARAMS, 40 + 27);
    assert_eq!(Five::PARAMS, 40 + 45);
    assert_eq!(Seven::PARAMS, 40 + 63);
    assert_eq!((First::PARAMS, Second::PARAMS, Second2::PARAMS), (10, 15, 15));
    assert_eq!((inner::Shown::PARAMS, inner::AlsoShown::PARAMS), (58, 30));
}

#[test]
fn a_copy_has_weights_of_its_own() {
    let mut network = TinyMlp::new(1);
    let copy = network.clone();
    let mut workspace = TinyMlp::workspace();
    let before = *network.predict(&mut workspace, &[1.0; 4]);
    network.load(&TinyMlp::new(2).to_safetensors()).expect("weights of the same network");
    assert_ne!(*network.predict(&mut workspace, &[1.0; 4]), before);
    assert_eq!(*copy.predict(&mut workspace, &[1.0; 4]), before);
}

#[test]
fn mistakes_are_compile_errors_at_their_tokens() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
