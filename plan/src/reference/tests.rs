//! The reference itself, against sums written out by hand and against plain formulas in f64.

use super::*;
use crate::kernels::*;

/// One vector per pointer, based at its middle so that negative offsets show.
struct Vectors<T> {
    data: Vec<Vec<T>>,
    base: Vec<usize>,
}

impl<T: Element> Memory for Vectors<T> {
    type Element = T;
    fn load(&self, pointer: usize, offset: i64) -> T {
        self.data[pointer][self.base[pointer].checked_add_signed(offset as isize).expect("below the vector")]
    }
    fn store(&mut self, pointer: usize, offset: i64, value: T) {
        let at = self.base[pointer].checked_add_signed(offset as isize).expect("below the vector");
        self.data[pointer][at] = value;
    }
}

fn vectors<T: Element>(data: Vec<Vec<T>>) -> Vectors<T> {
    let base = vec![0; data.len()];
    Vectors { data, base }
}

/// The worked convolution: a 6×6 map, an edge kernel, strides 1 and 2.
#[test]
fn the_worked_convolution_comes_out() {
    let map = "1 2 3 1 3 5 2 2 5 4 2 5 0 6 9 6 2 2 2 0 1 9 4 0 5 5 4 6 7 6 6 1 3 7 1 5";
    let map: Vec<f64> = map.split(' ').map(|number| number.parse().unwrap()).collect();
    let kernel: Vec<f64> = [1.0, 0.0, -1.0].repeat(3);
    let table: [(u32, &[f64]); 2] = [
        (1, &[-14., -1., 10., -1., -11., -11., 7., 12., -7., -10., 1., 13., 5., -16., -4., 11.]),
        (2, &[-14., 10., -7., 1.]),
    ];
    for (stride, want) in table {
        let out = (6 - 3) / stride + 1;
        let mut plan = ContractPlan::dense(out, 1, 3);
        plan.outer[0] = OuterAxis { extent: out, a: i64::from(6 * stride), b: 0, c: i64::from(out) };
        plan.m = RowAxis { extent: out, a: i64::from(stride), c: 1 };
        plan.taps[0] = TapAxis { extent: 3, a: 6, b: 3 };
        plan.k = TapAxis { extent: 3, a: 1, b: 1 };
        plan.b_panels = Panels::ROWS;
        plan.check().unwrap();
        let mut memory = vectors(vec![vec![0.0; want.len()], map.clone(), kernel.clone()]);
        contract(&plan, &mut memory, |_, _, _| unreachable!());
        assert_eq!(memory.data[0], want);
    }
}

/// Chunks start from +0 and are added in order; the order is observable in single precision.
#[test]
fn chunks_are_summed_apart_and_added_in_order() {
    let a: Vec<f32> = vec![1e8, 1.0, -1e8, 1.0, 3.0, 0.5];
    let b = vec![1.0f32; 6];
    for (chunk, want) in [(0, 4.5), (2, 1e8 + 1.0 + (-1e8 + 1.0) + 3.5), (3, 4.5), (4, 1.0 + 3.5), (6, 4.5)] {
        let mut plan = ContractPlan::dense(1, 1, 6);
        plan.b_panels = Panels::ROWS;
        plan.k.b = 1;
        plan.chunk = chunk;
        plan.check().unwrap();
        let mut memory = vectors(vec![vec![0.0], a.clone(), b.clone()]);
        contract(&plan, &mut memory, |_, _, _| unreachable!());
        let by_hand = a
            .chunks(if chunk == 0 { 6 } else { chunk as usize })
            .map(|part| part.iter().fold(0.0f32, |sum, &x| x.mul_add(1.0, sum)))
            .reduce(|x, y| x + y)
            .unwrap();
        assert_eq!(memory.data[0][0], by_hand, "chunk {chunk}");
        assert_eq!(by_hand, want, "chunk {chunk}");
    }
}

/// The destination after a copy.
fn copied<T: Element>(part: &CopyPart, destination: Vec<T>, source: &[T]) -> Vec<T> {
    part.plan.check().unwrap();
    let mut memory = vectors(vec![destination, source.to_vec()]);
    memory.base = vec![part.destination as usize, part.source as usize];
    copy(&part.plan, &mut memory);
    memory.data.swap_remove(0)
}

/// Packing, transposing and unpacking again gives the transposed matrix of every tap, in order or mirrored.
#[test]
fn packed_weights_are_transposed_and_unpacked() {
    for (taps, k, n) in [(1u32, 5u32, 7u32), (1, 64, 32), (4, 33, 40), (9, 3, 70), (2, 70, 1)] {
        for mirrored in [false, true] {
            // PyTorch's order: [n][k][taps].
            let at = |tap: u32, k_at: u32, n_at: u32| ((n_at * k + k_at) * taps + tap) as usize;
            let w: Vec<f32> = (0..taps * k * n).map(|i| i as f32 + 1.0).collect();
            let mut packed = vec![-1.0; Panels::packed_len(u64::from(taps * k), u64::from(n)) as usize];
            for part in pack(&[(taps, 1), (k, i64::from(taps))], n, i64::from(taps * k)).into_iter().flatten() {
                packed = copied(&part, packed, &w);
            }
            let mut back = vec![-1.0; w.len()];
            for part in unpack(&[(taps, 1), (k, i64::from(taps))], n, i64::from(taps * k)).into_iter().flatten() {
                back = copied(&part, back, &packed);
            }
            assert_eq!(back, w, "unpacking undoes packing");

            let mut other = vec![-1.0; Panels::packed_len(u64::from(taps * n), u64::from(k)) as usize];
            for part in transpose_packed(taps, k, n, mirrored).into_iter().flatten() {
                other = copied(&part, other, &packed);
            }
            assert!(!other.contains(&-1.0), "every element is written");
            let mut transposed = vec![-1.0; w.len()];
            for part in unpack(&[(taps, 1), (n, i64::from(taps))], k, i64::from(taps * n)).into_iter().flatten() {
                transposed = copied(&part, transposed, &other);
            }
            for (tap, k_at, n_at) in (0..taps * k * n).map(|i| (i % taps, i / taps % k, i / taps / k)) {
                let tap_there = if mirrored { taps - 1 - tap } else { tap };
                let got = transposed[((k_at * n + n_at) * taps + tap_there) as usize];
                assert_eq!(got, w[at(tap, k_at, n_at)], "{taps}×{k}×{n} at {tap}, {k_at}, {n_at}");
            }
        }
    }
}

/// Packing a matrix and contracting with it equals contracting with it in place, tails included.
#[test]
fn packed_and_in_place_weights_agree() {
    for n in [1u32, 7, 8, 31, 32, 33, 40, 64, 75] {
        let (m, k) = (3u32, 5u32);
        let a: Vec<f64> = (0..m * k).map(|i| f64::from(i % 7) - 3.0).collect();
        let w: Vec<f64> = (0..k * n).map(|i| f64::from(i % 11) - 5.0).collect();
        let mut packed = vec![9.0; Panels::packed_len(u64::from(k), u64::from(n)) as usize];
        for part in pack(&[(k, i64::from(n))], n, 1).into_iter().flatten() {
            packed = copied(&part, packed, &w);
        }
        assert!(!packed.contains(&9.0), "every packed element is written");
        let plan = ContractPlan::dense(m, n, k);
        plan.check().unwrap();
        assert_eq!(plan.reach_b().unwrap().high + 1, packed.len() as i64 - i64::from(n.next_multiple_of(8) - n));
        let mut memory = vectors(vec![vec![0.0; (m * n) as usize], a.clone(), packed]);
        contract(&plan, &mut memory, |_, _, _| unreachable!());
        for row in 0..m as usize {
            for column in 0..n as usize {
                let want: f64 = (0..k as usize).map(|i| a[row * k as usize + i] * w[i * n as usize + column]).sum();
                assert_eq!(memory.data[0][row * n as usize + column], want, "n {n} at {row}, {column}");
            }
        }
    }
}

#[test]
fn long_sums_of_few_outputs_are_cut_into_slots() {
    // Rows, columns, terms, and what is expected: chunks, units of the first phase at least, floats of slots.
    for (m, n, k, chunks, units, floats) in
        [(64, 64, 64, 1, 1, 0), (16, 10, 40_000, 10, 10, 1600), (2000, 64, 40_000, 10, 40, 0), (2, 1, 9000, 3, 1, 0)]
    {
        let plan = ContractPlan::dense(m, n, k).with_suggested_chunks();
        assert_eq!(plan.check(), Ok(()));
        assert_eq!((plan.chunks(), plan.slot_floats()), (chunks, floats), "{plan}");
        assert!(plan.units() >= units, "{plan}: {} units", plan.units());
    }
}

#[test]
fn plans_that_no_executor_can_run_are_refused() {
    let good = ContractPlan::dense(4, 40, 8);
    assert_eq!(good.check(), Ok(()));
    type Row = (fn(&mut ContractPlan), PlanError);
    let table: [Row; 9] = [
        (|p| p.n = 0, PlanError::ZeroExtent),
        (|p| p.taps[2].extent = 0, PlanError::ZeroExtent),
        (|p| p.m.a = i64::MIN, PlanError::TooLarge),
        (|p| p.k.b = 33, PlanError::Panel),
        (|p| p.epilogue = Epilogue::Bias, PlanError::Operand),
        (|p| p.operand_count = 9, PlanError::Operand),
        (|p| p.slots = true, PlanError::Slots),
        (|p| p.m.c = 39, PlanError::Overlap),
        (|p| p.outer = [OuterAxis { extent: u32::MAX, a: 0, b: 0, c: 0 }; 6], PlanError::TooLarge),
    ];
    for (row, (spoil, want)) in table.into_iter().enumerate() {
        let mut plan = good;
        spoil(&mut plan);
        assert_eq!(plan.check(), Err(want), "row {row}");
    }
}
