//! A network without a `train` section does not train.

netc::network! {
    network classify {
        input image: [4];
        output scores = image -> dense(3);
    }
}

fn main() {
    let mut training = Classify::training();
    let mut network = Classify::new(1);
    network.train_step(&mut training, &[[0.0; 4]; 8], &[0; 8]);
}
