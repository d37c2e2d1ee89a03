//! Convolutions and windows.

use super::check::{check, start, with_gradients};
use netc_compiler::prim::{ConvGeometry, Mode, Role, WindowGeometry, WindowOp};

fn geometry(stride: usize, low: usize, high: usize, dilation: usize, groups: usize, rank: usize) -> ConvGeometry {
    ConvGeometry {
        stride: vec![stride; rank],
        low: vec![low; rank],
        high: vec![high; rank],
        dilation: vec![dilation; rank],
        groups,
    }
}

#[test]
fn convolutions_of_every_geometry() {
    // stride, low, high, dilation, groups, input, kernel
    type Case = (usize, usize, usize, usize, usize, &'static [usize], &'static [usize]);
    let cases: &[Case] = &[
        (1, 0, 0, 1, 1, &[2, 3, 5, 6], &[4, 3, 3, 3]),
        (1, 1, 1, 1, 1, &[2, 3, 5, 6], &[4, 3, 3, 3]),
        (1, 1, 0, 1, 1, &[2, 1, 5, 6], &[4, 1, 2, 2]),
        (2, 1, 1, 1, 1, &[2, 3, 7, 8], &[4, 3, 3, 3]),
        (2, 0, 1, 1, 1, &[1, 3, 7, 8], &[40, 3, 3, 3]),
        (2, 0, 0, 1, 1, &[2, 3, 7, 8], &[4, 3, 1, 1]),
        (3, 2, 2, 1, 1, &[2, 2, 9, 8], &[3, 2, 2, 2]),
        (1, 2, 2, 2, 1, &[2, 3, 6, 6], &[4, 3, 3, 3]),
        (2, 2, 2, 2, 1, &[2, 3, 6, 7], &[4, 3, 3, 3]),
        (1, 1, 1, 1, 2, &[2, 4, 5, 5], &[6, 2, 3, 3]),
        (2, 1, 1, 1, 4, &[2, 4, 5, 5], &[4, 1, 3, 3]),
        (1, 3, 3, 1, 1, &[1, 2, 3, 3], &[2, 2, 3, 3]),
        (1, 1, 1, 1, 1, &[2, 3, 11], &[4, 3, 3]),
        (2, 1, 1, 1, 1, &[1, 2, 4, 4, 4], &[3, 2, 3, 3, 3]),
    ];
    for &(stride, low, high, dilation, groups, input, kernel) in cases {
        for mode in [Mode::Predict, Mode::Gradients] {
            let (mut graph, x, w) = start(mode, &[input], &[kernel]);
            let y = graph.conv(x[0], w[0], geometry(stride, low, high, dilation, groups, input.len() - 2));
            let name = format!("stride {stride} border {low},{high} dilation {dilation} groups {groups} {mode:?}");
            if mode == Mode::Predict {
                graph.graph.results.push((Role::Output("y".into()), y));
                check(&name, graph.graph);
            } else {
                check(&name, with_gradients(graph, y));
            }
        }
    }
}

#[test]
fn windows_of_every_geometry() {
    type Case = (&'static [usize], &'static [usize], usize, usize);
    let cases: &[Case] = &[
        (&[2, 3, 6, 8], &[2, 2], 2, 1),
        (&[2, 3, 7, 9], &[2, 2], 2, 1),
        (&[2, 3, 7, 9], &[3, 3], 2, 1),
        (&[2, 3, 7, 9], &[3, 3], 1, 1),
        (&[2, 3, 9, 9], &[2, 2], 3, 1),
        (&[2, 3, 9, 9], &[3, 3], 2, 2),
        (&[2, 3, 8, 8], &[8, 8], 8, 1),
        (&[2, 3, 20], &[5], 3, 1),
    ];
    for &(shape, kernel, stride, dilation) in cases {
        for op in [WindowOp::Max, WindowOp::Sum] {
            for mode in [Mode::Predict, Mode::Gradients] {
                let rank = kernel.len();
                let geometry = WindowGeometry {
                    kernel: kernel.to_vec(),
                    stride: vec![stride; rank],
                    dilation: vec![dilation; rank],
                };
                let (mut graph, x, w) = start(mode, &[shape], &[shape]);
                let x = graph.mul(x[0], w[0]);
                let y = graph.window(op, x, geometry);
                let name = format!("{op:?} {kernel:?} stride {stride} dilation {dilation} {mode:?}");
                if mode == Mode::Predict {
                    graph.graph.results.push((Role::Output("y".into()), y));
                    check(&name, graph.graph);
                } else {
                    check(&name, with_gradients(graph, y));
                }
            }
        }
    }
}

#[test]
fn small_network_of_maps() {
    for mode in [Mode::Predict, Mode::Gradients] {
        let (mut graph, x, w) =
            start(mode, &[&[3, 1, 8, 8]], &[&[4, 1, 3, 3], &[4], &[6, 4, 3, 3], &[6], &[10, 24], &[10]]);
        let mut y = x[0];
        for layer in 0..2 {
            y = graph.conv(y, w[2 * layer], geometry(1, 1, 1, 1, 1, 2));
            let shape = graph.shape(y).to_vec();
            let bias = graph.broadcast_along(w[2 * layer + 1], &shape, vec![1]);
            y = graph.map2(y, bias, |y, bias| (y + bias).relu());
            let geometry = WindowGeometry { kernel: vec![2, 2], stride: vec![2, 2], dilation: vec![1, 1] };
            y = graph.window(WindowOp::Max, y, geometry);
        }
        let y = graph.reshape(y, &[3, 24]);
        let y = graph.contract("nk", y, "mk", w[4], "nm");
        let bias = graph.broadcast_to(w[5], &[3, 10]);
        let y = graph.add(y, bias);
        if mode == Mode::Predict {
            graph.graph.results.push((Role::Output("y".into()), y));
            check("network", graph.graph);
        } else {
            check("network", with_gradients(graph, y));
        }
    }
}
