netc::network! {
    network digits {
        input image: [1, 8, 8];
        let a = image -> conv2d(4, kernal = 3);
        output scores = image -> conv2d(4, kernel = 9) -> flatten -> dense(10);
    }
}

fn main() {}
