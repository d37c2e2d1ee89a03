//! Two networks whose names give one type.

netc::network! {
    network tiny_net {
        input x: [4];
        output y = x -> dense(3);
    }

    network TinyNet {
        input x: [4];
        output y = x -> dense(2);
    }
}

fn main() {
    let _ = TinyNet::new(1);
}
