//! Kernel plans as generated code writes them: one line of numbers each, unused axes left out.

use netc_plan::{
    AttendAxis, AttendPlan, Axis, ContractPlan, CopyAxis, CopyPlan, Distribution, Epilogue, FillPlan, Kernel, Operand,
    OuterAxis, Panels, RandomPlan, RowAxis, SharedAxis, TapAxis,
};

/// Where columns lie: distance of panels, and which strides lie inside of them.
pub type Columns = (i64, u32);

/// An operand of an epilogue: strides over rows and columns, where its columns lie, strides over the outer axes.
pub type Extra = (i64, i64, Columns, [i64; 6]);

/// A contraction. Outer axes are (extent, A, B, C), rows (extent, A, C), taps and k (extent, A, B).
#[expect(clippy::too_many_arguments, reason = "a plan is that many numbers")]
pub const fn contract(
    outer: [[i64; 4]; 6],
    rows: [i64; 3],
    n: u32,
    taps: [[i64; 3]; 4],
    k: [i64; 3],
    (b, c): (Columns, Columns),
    (chunk, slots): (u32, bool),
    epilogue: Epilogue,
    extra: &[Extra],
) -> Kernel {
    let mut plan = ContractPlan::dense(rows[0] as u32, n, k[0] as u32);
    let mut axis = 0;
    while axis < 6 {
        let [extent, a, b, c] = outer[axis];
        plan.outer[axis] = OuterAxis { extent: extent as u32, a, b, c };
        axis += 1;
    }
    axis = 0;
    while axis < 4 {
        plan.taps[axis] = tap(taps[axis]);
        axis += 1;
    }
    plan.m = RowAxis { extent: rows[0] as u32, a: rows[1], c: rows[2] };
    plan.k = tap(k);
    plan.b_panels = panels(b);
    plan.c_panels = panels(c);
    plan.chunk = chunk;
    plan.slots = slots;
    plan.epilogue = epilogue;
    plan.operand_count = extra.len() as u32;
    axis = 0;
    while axis < extra.len() {
        let (m, n, columns, outer) = extra[axis];
        plan.operands[axis] = Operand { outer, m, n, panels: panels(columns) };
        axis += 1;
    }
    Kernel::Contract(plan)
}

const fn tap([extent, a, b]: [i64; 3]) -> TapAxis {
    TapAxis { extent: extent as u32, a, b }
}

const fn panels((stride, inside): Columns) -> Panels {
    Panels { stride, inside }
}

/// An attention. Outer axes are (extent, Q, K, V, O); queries, keys, depth and width are (extent, first, second operand).
pub const fn attend(
    outer: [[i64; 5]; 6],
    [queries, keys, depth, width]: [[i64; 3]; 4],
    scale: f32,
    causal: bool,
) -> Kernel {
    let mut axes = [AttendAxis::UNUSED; 6];
    let mut axis = 0;
    while axis < 6 {
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
