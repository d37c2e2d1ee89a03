//! Plans as text, one line each: everything that a plan decides, unused axes left out.

use core::fmt::{Display, Formatter, Result};

use super::{
    AttendPlan, Axis, Border, ContractPlan, CopyPlan, Distribution, Epilogue, FillPlan, Kernel, MapOperand, MapStrides,
    Operand, Panels, RandomPlan, WinogradFilterPlan, WinogradPlan, WinogradWeightsPlan,
};

impl Display for Kernel {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Kernel::Contract(plan) => plan.fmt(f),
            Kernel::Attend(plan) => plan.fmt(f),
            Kernel::Winograd(plan) => plan.fmt(f),
            Kernel::WinogradFilter(plan) => plan.fmt(f),
            Kernel::WinogradWeights(plan) => plan.fmt(f),
            Kernel::Copy(plan) => plan.fmt(f),
            Kernel::Fill(plan) => plan.fmt(f),
            Kernel::Random(plan) => plan.fmt(f),
        }
    }
}

/// `contract outer 56(a 3712 b 0 c 3584) m 56(a 64 c 64) n 64 taps 3(a 3712 b 6144) k 192(a 1 b 32) b packed 18432 …`
impl Display for ContractPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("contract")?;
        for (index, axis) in self.outer.iter().enumerate().filter(|(_, axis)| axis.extent > 1) {
            let joined = if index < self.written() { "outer" } else { "max" };
            write!(f, " {joined}{index} {}(a {} b {} c {})", axis.extent, axis.a, axis.b, axis.c)?;
        }
        write!(f, " m {}(a {} c {}) n {}", self.m.extent, self.m.a, self.m.c, self.n)?;
        if self.is_by_column() {
            write!(f, "(a {})", self.a_column)?;
        }
        for axis in self.taps.iter().filter(|axis| axis.extent > 1) {
            write!(f, " tap {}(a {} b {})", axis.extent, axis.a, axis.b)?;
        }
        write!(f, " k {}(a {} b {})", self.k.extent, self.k.a, self.k.b)?;
        for (axis, border) in [("tap", &self.tap_border), ("k", &self.k_border)] {
            if !border.is_none() {
                write!(f, " {axis} within {border}")?;
            }
        }
        write!(f, " b {} c {}", self.b_panels, self.c_panels)?;
        if self.chunk != 0 {
            write!(f, " chunk {}{}", self.chunk, if self.slots { " in slots" } else { "" })?;
        }
        if self.by_rows {
            f.write_str(" by rows")?;
        }
        if self.epilogue != Epilogue::None {
            write!(f, " {}", self.epilogue)?;
        }
        for operand in &self.operands[..(self.operand_count as usize).min(8)] {
            write!(f, " {operand}")?;
        }
        Ok(())
    }
}

/// `56 from -1 outer1 1 m 1 tap 1 of 64`: positions of the map, the first, by axis, terms at each.
impl Display for Border {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} from {}", self.extent, self.first)?;
        for (axis, by) in self.outer.iter().enumerate().filter(|(_, by)| **by != 0) {
            write!(f, " outer{axis} {by}")?;
        }
        if self.m != 0 {
            write!(f, " m {}", self.m)?;
        }
        write!(f, " tap {}", self.tap)?;
        if self.run > 1 { write!(f, " of {}", self.run) } else { Ok(()) }
    }
}

/// `attend outer0 8(q 32 k 32 v 32 o 32) queries 128(q 768 o 256) keys 128(k 768 v 768) depth 32(q 1 k 1) …`
impl Display for AttendPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("attend")?;
        for (index, axis) in self.outer.iter().enumerate().filter(|(_, axis)| axis.extent > 1) {
            write!(f, " outer{index} {}(q {} k {} v {} o {})", axis.extent, axis.q, axis.k, axis.v, axis.o)?;
        }
        write!(f, " queries {}(q {} o {})", self.queries.extent, self.queries.first, self.queries.second)?;
        write!(f, " keys {}(k {} v {})", self.keys.extent, self.keys.first, self.keys.second)?;
        write!(f, " depth {}(q {} k {})", self.depth.extent, self.depth.first, self.depth.second)?;
        write!(f, " width {}(o {}) scale {:?}", self.width.extent, self.width.second, self.scale)?;
        if self.causal { f.write_str(" causal") } else { Ok(()) }
    }
}

/// `winograd F(4×4,3×3) 1×56×56 k 64 n 64 x(215296 3712 64) y(200704 3584 64) bias (n 1)`: strides of images, rows and
/// pixels.
impl Display for WinogradPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { tile, images, height, width, k, n, x, y, .. } = self;
        write!(f, "winograd {tile} {images}×{height}×{width} k {k} n {n} x{x} y{y}")?;
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.epilogue != Epilogue::None {
            write!(f, " {}", self.epilogue)?;
        }
        for operand in &self.operands[..(self.operand_count as usize).min(8)] {
            write!(f, " {operand}")?;
        }
        if self.pool > 1 { write!(f, " max of {0}×{0}", self.pool) } else { Ok(()) }
    }
}

/// `winograd weights F(4×4,3×3) 8×56×56 k 64 n 64 x(…) y(…) rows 12288 columns 4096 k 64 n 1 blocks of 32 chunk 7`.
impl Display for WinogradWeightsPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { tile, images, height, width, k, n, x, y, w: [row, column, by_k, by_n], block, chunk } = self;
        write!(f, "winograd weights {tile} {images}×{height}×{width} k {k}({by_k}) n {n}({by_n}) rows {row}")?;
        write!(f, " columns {column} x{x} y{y} blocks of {block}")?;
        if *chunk != 0 { write!(f, " chunk {chunk} in slots") } else { Ok(()) }
    }
}

impl Display for MapStrides {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "({} {} {})", self.image, self.row, self.pixel)
    }
}

/// `(200704 3584 64 n 1)`, or `(n 1)` if all positions share the channels.
impl Display for MapOperand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.strides == MapStrides::NONE {
            return write!(f, "(n {})", self.n);
        }
        let MapStrides { image, row, pixel } = self.strides;
        write!(f, "({image} {row} {pixel} n {})", self.n)
    }
}

/// `winograd filter F(4×4,3×3) k 64(9) n 64(576) rows 3 columns 1`: strides in w.
impl Display for WinogradFilterPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { tile, k, n, row, column, k_stride, n_stride } = self;
        write!(f, "winograd filter {tile} k {k}({k_stride}) n {n}({n_stride}) rows {row} columns {column}")
    }
}

/// `rows`, `panels 64` for another distance of panels, or `packed 18432` with the outer axes that lie inside.
impl Display for Panels {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if *self == Self::ROWS {
            return f.write_str("rows");
        }
        write!(f, "{} {}", if self.is_packed() { "packed" } else { "panels" }, self.stride)?;
        for axis in (0..6).filter(|axis| self.inside >> axis & 1 == 1) {
            write!(f, "+outer{axis}")?;
        }
        Ok(())
    }
}

impl Display for Epilogue {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Epilogue::None => "none",
            Epilogue::Bias => "bias",
            Epilogue::BiasRelu => "bias+relu",
            Epilogue::BiasResidual => "bias+residual",
            Epilogue::BiasResidualRelu => "bias+residual+relu",
            Epilogue::Gate => "gate",
            Epilogue::ResidualGate => "residual+gate",
            Epilogue::Generated => "generated",
        })
    }
}

/// `(outer0 3584 m 64 n 1 rows)`, strides of zero left out.
impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("(")?;
        for (index, stride) in self.outer.iter().enumerate().filter(|(_, stride)| **stride != 0) {
            write!(f, "outer{index} {stride} ")?;
        }
        if self.m != 0 {
            write!(f, "m {} ", self.m)?;
        }
        if self.n == 0 { f.write_str("n 0)") } else { write!(f, "n {} {})", self.n, self.panels) }
    }
}

/// `copy 56[1..57 of 58](512 -> 64) 64(1 -> 1)`: positions (with padding: where they lie in the destination), strides.
impl Display for CopyPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("copy")?;
        for axis in self.axes.iter().filter(|axis| axis.extent > 1) {
            write!(f, " {}", axis.valid)?;
            if axis.valid != axis.extent {
                write!(f, "[{}..{} of {}]", axis.before, u64::from(axis.before) + u64::from(axis.valid), axis.extent)?;
            }
            write!(f, "({} -> {})", axis.source, axis.destination)?;
        }
        Ok(())
    }
}

impl Display for FillPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "fill {:?}", self.value)?;
        write_box(f, &self.axes)
    }
}

impl Display for RandomPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let name = match self.distribution {
            Distribution::Uniform => "uniform",
            Distribution::Normal => "normal",
        };
        write!(f, "random {name} stream {:016x}", self.stream)?;
        if self.first != 0 {
            write!(f, " from {}", self.first)?;
        }
        write_box(f, &self.axes)
    }
}

fn write_box(f: &mut Formatter<'_>, axes: &[Axis; 8]) -> Result {
    axes.iter().filter(|axis| axis.extent > 1).try_for_each(|axis| write!(f, " {}({})", axis.extent, axis.stride))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{CopyAxis, OuterAxis};

    #[test]
    fn plans_read_as_one_line() {
        let mut plan = ContractPlan::dense(56, 64, 3);
        plan.outer[1] = OuterAxis { extent: 2, a: 168, b: 0, c: 3584 };
        plan.epilogue = Epilogue::BiasRelu;
        plan.operand_count = 1;
        plan.operands[0] = Operand::COLUMNS;
        let mut fill = FillPlan::contiguous(9, 0.5);
        fill.axes[3] = Axis { extent: 2, stride: -9 };
        let copy = CopyPlan::new(&[CopyAxis::new(5, 9, 1), CopyAxis::new(4, 1, 5).padded(1, 2)]).unwrap();
        let table = [
            (
                Kernel::Contract(plan),
                "contract outer1 2(a 168 b 0 c 3584) m 56(a 3 c 64) n 64 k 3(a 1 b 32) b packed 96 c rows bias+relu (n 1 rows)",
            ),
            (Kernel::Copy(copy), "copy 5(9 -> 1) 4[1..5 of 7](1 -> 5)"),
            (Kernel::Fill(fill), "fill 0.5 9(1) 2(-9)"),
        ];
        for (kernel, want) in table {
            assert_eq!(kernel.to_string(), want);
        }
    }
}
