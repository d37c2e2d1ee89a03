//! An operator that does not exist, in a network that is used: one error.
netc::network! {
    network digits {
        input image: [8, 8];
        output scores = image -> flatten -> dens(10);
    }
}

fn main() {
    let network = Digits::new(7);
    println!("{}", Digits::PARAMS + network.parameters().len());
}
