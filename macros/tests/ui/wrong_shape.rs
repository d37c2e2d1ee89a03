//! Two maps whose sizes do not agree.
netc::network! {
    network halves {
        input image: [3, 9, 9];
        let here = image -> conv2d(8, kernel = 3, pad = 1);
        let below = here -> max_pool(2) -> upsample(2);
        output scores = concat(here, below, axis = channel);
    }
}

fn main() {
    let network = Halves::new(7);
    println!("{:?}", network.predict(&[0.0; 243]));
}
