//! Batches that the network is not compiled for.

netc::network! {
    #[batches = [8]]
    network classify {
        input image: [4];
        let logits = image -> dense(3);
        output scores = logits;
    }

    train classify {
        target label: int in 0..3;
        loss = cross_entropy(logits, label);
        batch = 16;
        optimizer = sgd(rate = 0.1);
    }
}

fn main() {
    let mut network = Classify::new(1);
    let (mut workspace, mut training) = (Classify::workspace(), Classify::training());
    network.predict_batch(&mut workspace, &[[0.0; 4]; 7]);
    let _ = network.train_step(&mut training, &[[0.0; 4]; 12], &[0; 12]);
}
