//! `network!` as its users meet it: constants of a checked network, errors at the right token.

use netc_macros::network;

network! {
    /// A small perceptron.
    pub network tiny_mlp(hidden: int = 16) {
        input features: [4];
        output scores = features -> dense(hidden) -> tanh -> dense(3);
    }
}

network!("../examples/mnist/lenet.net" as Digits);

#[test]
fn figures_are_constants() {
    assert_eq!(TinyMlp::PARAMS, 4 * 16 + 16 + 16 * 3 + 3);
    assert_eq!(TinyMlp::MACS, 4 * 16 + 16 * 3);
    assert_eq!(Digits::PARAMS, 421_642);
    assert_eq!(Digits::MACS, 4_241_152);
}

#[test]
fn mistakes_are_compile_errors_at_their_tokens() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
