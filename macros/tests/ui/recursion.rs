//! A block that calls itself without end.
netc::network! {
    block level(x, depth: int) {
        return x -> dense(8) -> level(depth + 1);
    }

    network deep {
        input features: [4];
        output scores = features -> level(0);
    }
}

fn main() {
    println!("{}", Deep::PARAMS);
}
