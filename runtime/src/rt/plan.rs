//! Kernel plans as generated code writes them: one line of numbers each, unused axes left out.

use netc_plan::winograd::TileSize;
use netc_plan::{
    AttendAxis, AttendPlan, Axis, Border, ContractPlan, CopyAxis, CopyPlan, Distribution, Epilogue, FillPlan, Kernel,
    MapOperand, MapStrides, Operand, OuterAxis, Panels, RandomPlan, RowAxis, SharedAxis, TapAxis, WinogradFilterPlan,
    WinogradPlan, WinogradWeightsPlan,
};

/// Where columns lie: distance of panels, and which strides lie inside of them.
pub type Columns = (i64, u32);

/// An operand of an epilogue: strides over rows and columns, where its columns lie, strides over the outer axes.
pub type Extra = (i64, i64, Columns, &'static [i64]);

/// A contraction. Outer axes are (extent, A, B, C), rows (extent, A, C), taps and k (extent, A, B). The last outer axes
/// may be left out, and taps of one position.
#[expect(clippy::too_many_arguments, reason = "a plan is that many numbers")]
pub const fn contract(
    outer: &[[i64; 4]],
    rows: [i64; 3],
    n: u32,
    taps: &[[i64; 3]],
    k: [i64; 3],
    (b, c): (Columns, Columns),
    (chunk, slots, by_rows): (u32, bool, bool),
    epilogue: Epilogue,
    extra: &[Extra],
) -> Kernel {
    let mut plan = ContractPlan::dense(rows[0] as u32, n, k[0] as u32);
    let mut axis = 0;
    while axis < outer.len() {
        let [extent, a, b, c] = outer[axis];
        plan.outer[axis] = OuterAxis { extent: extent as u32, a, b, c };
        axis += 1;
    }
    axis = 0;
    while axis < taps.len() {
        plan.taps[axis] = tap(taps[axis]);
        axis += 1;
    }
    plan.m = RowAxis { extent: rows[0] as u32, a: rows[1], c: rows[2] };
    plan.k = tap(k);
    plan.b_panels = panels(b);
    plan.c_panels = panels(c);
    plan.chunk = chunk;
    plan.slots = slots;
    plan.by_rows = by_rows;
    plan.epilogue = epilogue;
    plan.operand_count = extra.len() as u32;
    axis = 0;
    while axis < extra.len() {
        let (m, n, columns, strides) = extra[axis];
        let mut outer = [0; 6];
        let mut index = 0;
        while index < strides.len() {
            outer[index] = strides[index];
            index += 1;
        }
        plan.operands[axis] = Operand { outer, m, n, panels: panels(columns) };
        axis += 1;
    }
    Kernel::Contract(plan)
}

/// The same contraction with elements of A for every column.
pub const fn by_column(kernel: Kernel) -> Kernel {
    match kernel {
        Kernel::Contract(plan) => Kernel::Contract(ContractPlan { a_column: 1, ..plan }),
        other => other,
    }
}

/// Where a map ends: extent, first position, positions from one to the next of outer axes, of m and of the kernel, run.
pub type Ends = (u32, i32, &'static [i32], [i32; 2], u32);

/// The same contraction over a map that ends along its outermost reduction axis and along k.
pub const fn borders(kernel: Kernel, tap: Ends, k: Ends) -> Kernel {
    match kernel {
        Kernel::Contract(mut plan) => {
            (plan.tap_border, plan.k_border) = (border(tap), border(k));
            Kernel::Contract(plan)
        }
        other => other,
    }
}

const fn border((extent, first, by_outer, [m, tap], run): Ends) -> Border {
    let mut outer = [0; 6];
    let mut axis = 0;
    while axis < by_outer.len() {
        outer[axis] = by_outer[axis];
        axis += 1;
    }
    Border { extent, first, outer, m, tap, run }
}

/// The same contraction with so many of its last outer axes joined by the maximum.
pub const fn maxima(kernel: Kernel, axes: u32) -> Kernel {
    match kernel {
        Kernel::Contract(mut plan) => {
            plan.maxima = axes;
            Kernel::Contract(plan)
        }
        other => other,
    }
}

const fn tap([extent, a, b]: [i64; 3]) -> TapAxis {
    TapAxis { extent: extent as u32, a, b }
}

const fn panels((stride, inside): Columns) -> Panels {
    Panels { stride, inside }
}

/// An attention. Outer axes are (extent, Q, K, V, O), the last may be left out; queries, keys, depth and width are
/// (extent, first, second operand).
pub const fn attend(
    outer: &[[i64; 5]],
    [queries, keys, depth, width]: [[i64; 3]; 4],
    scale: f32,
    causal: bool,
) -> Kernel {
    let mut axes = [AttendAxis::UNUSED; 6];
    let mut axis = 0;
    while axis < outer.len() {
        let [extent, q, k, v, o] = outer[axis];
        axes[axis] = AttendAxis { extent: extent as u32, q, k, v, o };
        axis += 1;
    }
    let (queries, keys, depth, width) = (both(queries), both(keys), both(depth), both(width));
    Kernel::Attend(AttendPlan { outer: axes, queries, keys, depth, width, scale, causal })
}

const fn both([extent, first, second]: [i64; 3]) -> SharedAxis {
    SharedAxis { extent: extent as u32, first, second }
}

/// A convolution by Winograd's tiles: images, height, width, k, n, side of a pooling's windows; where x and y lie by
/// image, row, column; operands of the epilogue with their strides over maps and over channels.
pub const fn winograd(
    tile: TileSize,
    [images, height, width, k, n, pool]: [u32; 6],
    x: [i64; 3],
    y: [i64; 3],
    shared: bool,
    epilogue: Epilogue,
    extra: &[([i64; 3], i64)],
) -> Kernel {
    let mut operands = [MapOperand { strides: MapStrides::NONE, n: 0 }; 8];
    let mut index = 0;
    while index < extra.len() {
        let (strides, n) = extra[index];
        operands[index] = MapOperand { strides: map(strides), n };
        index += 1;
    }
    let (x, y, operand_count) = (map(x), map(y), extra.len() as u32);
    Kernel::Winograd(WinogradPlan {
        tile,
        images,
        height,
        width,
        k,
        n,
        x,
        y,
        shared,
        pool,
        epilogue,
        operand_count,
        operands,
    })
}

/// The transform of the filter of such a convolution: k, n; strides over rows of taps, taps, k, n.
pub const fn winograd_filter(tile: TileSize, [k, n]: [u32; 2], [row, column, k_stride, n_stride]: [i64; 4]) -> Kernel {
    Kernel::WinogradFilter(WinogradFilterPlan { tile, k, n, row, column, k_stride, n_stride })
}

/// The weight gradient of such a convolution; strides of w as for the filter, then tiles per block, blocks per chunk.
pub const fn winograd_weights(
    tile: TileSize,
    [images, height, width, k, n]: [u32; 5],
    x: [i64; 3],
    y: [i64; 3],
    w: [i64; 4],
    [block, chunk]: [u32; 2],
) -> Kernel {
    let (x, y) = (map(x), map(y));
    Kernel::WinogradWeights(WinogradWeightsPlan { tile, images, height, width, k, n, x, y, w, block, chunk })
}

const fn map([image, row, pixel]: [i64; 3]) -> MapStrides {
    MapStrides { image, row, pixel }
}

/// A strided copy. Axes are (extent, zeros before, source positions, stride in the source, in the destination).
pub const fn copy(axes: &[[i64; 5]]) -> Kernel {
    let mut plan = CopyPlan { axes: [CopyAxis::UNUSED; 8] };
    let mut axis = 0;
    while axis < axes.len() {
        let [extent, before, valid, source, destination] = axes[axis];
        plan.axes[axis] =
            CopyAxis { extent: extent as u32, before: before as u32, valid: valid as u32, source, destination };
        axis += 1;
    }
    Kernel::Copy(plan)
}

/// One value into a box. Axes are (extent, stride).
pub const fn fill(axes: &[[i64; 2]], value: f32) -> Kernel {
    Kernel::Fill(FillPlan { axes: boxed(axes), value })
}

/// Random numbers into a box. Axes are (extent, stride).
pub const fn random(axes: &[[i64; 2]], stream: u64, first: u64, distribution: Distribution) -> Kernel {
    Kernel::Random(RandomPlan { axes: boxed(axes), stream, first, distribution })
}

const fn boxed(axes: &[[i64; 2]]) -> [Axis; 8] {
    let mut all = [Axis::UNUSED; 8];
    let mut axis = 0;
    while axis < axes.len() {
        all[axis] = Axis { extent: axes[axis][0] as u32, stride: axes[axis][1] };
        axis += 1;
    }
    all
}
