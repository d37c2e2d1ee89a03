//! Weights of a network with another number of classes, and a file that holds no weights.
netc::network!(
    "../../../../macros/tests/ui/nets/two_layers.net" as Three,
    weights = "../../../../macros/tests/ui/nets/five_classes.safetensors"
);

netc::network! {
    #[weights = "../../../../macros/tests/ui/nets/two_layers.net"]
    network small {
        input features: [4];
        output scores = features -> dense(3);
    }
}

fn main() {
    println!("{} {}", Three::PARAMS, Small::PARAMS);
}
