//! Fewer, longer axes with the same meaning to the bit.

use super::{Border, ContractPlan, OuterAxis, RowAxis, TapAxis};

impl ContractPlan {
    /// The same call with adjacent axes joined where their strides continue each other: reduction axes (a kernel's
    /// columns and channels in channel-last maps), except the one that chunks count, and outer axes into m (rows of a
    /// 1×1 convolution). Unused axes come first; the order of every sum stays.
    pub const fn merged(&self) -> Self {
        let mut plan = *self;
        plan.merge_reduction();
        plan.merge_rows();
        if plan.is_outermost(4) {
            plan.tap_border = Border::NONE;
            if plan.chunk != 0 {
                plan.k_border = Border::NONE;
            }
        }
        plan
    }

    const fn merge_reduction(&mut self) {
        let axes = [self.taps[0], self.taps[1], self.taps[2], self.taps[3], self.k];
        let mut merged = [TapAxis::UNUSED; 5];
        let mut at = 4;
        merged[4] = axes[4];
        let mut axis = 4;
        while axis > 0 {
            axis -= 1;
            let outer = axes[axis];
            let inner = merged[at];
            if outer.extent == 1 {
                continue;
            }
            let continues = outer.a == inner.a * inner.extent as i64 && outer.b == inner.b * inner.extent as i64;
            let fits = outer.extent.checked_mul(inner.extent).is_some();
            if inner.extent == 1 {
                merged[at] = outer;
                self.forget_borders(axis, at);
            } else if continues && fits && !(self.chunk != 0 && self.is_outermost(axis)) {
                merged[at].extent = outer.extent * inner.extent;
                self.forget_borders(axis, at);
            } else {
                at -= 1;
                merged[at] = outer;
            }
        }
        self.taps = [merged[0], merged[1], merged[2], merged[3]];
        self.k = merged[4];
    }

    /// Drops what is known of the ends of reduction axis `axis` and of the one that it becomes a part of.
    const fn forget_borders(&mut self, axis: usize, into: usize) {
        if into == 4 {
            self.k_border = Border::NONE;
        }
        if self.is_outermost(axis) {
            self.tap_border = Border::NONE;
        }
    }

    /// Whether no reduction axis around `axis` has more than one term.
    const fn is_outermost(&self, axis: usize) -> bool {
        let mut around = 0;
        while around < axis {
            if self.taps[around].extent > 1 {
                return false;
            }
            around += 1;
        }
        true
    }

    const fn merge_rows(&mut self) {
        let mut axis = self.written();
        while axis > 0 {
            axis -= 1;
            if self.outer[axis].extent == 1 {
                continue;
            }
            if self.m.extent == 1 && self.outer[axis].b == 0 && self.rows_may_move(axis) {
                self.m = RowAxis { extent: self.outer[axis].extent, a: self.outer[axis].a, c: self.outer[axis].c };
                self.move_operand_rows(axis);
            } else if self.continues_rows(axis) {
                self.m.extent *= self.outer[axis].extent;
            } else {
                return;
            }
            self.outer[axis] = OuterAxis::UNUSED;
            self.tap_border = self.tap_border.without(axis);
            self.k_border = self.k_border.without(axis);
            self.c_panels.inside &= !(1 << axis);
            let mut index = 0;
            while index < 8 {
                self.operands[index].outer[axis] = 0;
                self.operands[index].panels.inside &= !(1 << axis);
                index += 1;
            }
        }
    }

    /// Strides of m lie inside panels, so an outer axis can take m's place only if its strides do too.
    const fn rows_may_move(&self, axis: usize) -> bool {
        if self.c_panels.is_packed() && self.c_panels.inside >> axis & 1 == 0 {
            return false;
        }
        let mut index = 0;
        while index < self.operand_count as usize {
            let operand = &self.operands[index];
            if operand.n == 1 && operand.panels.is_packed() && operand.panels.inside >> axis & 1 == 0 {
                return false;
            }
            index += 1;
        }
        true
    }

    const fn move_operand_rows(&mut self, axis: usize) {
        let mut index = 0;
        while index < self.operand_count as usize {
            self.operands[index].m = self.operands[index].outer[axis];
            index += 1;
        }
    }

    const fn continues_rows(&self, axis: usize) -> bool {
        let outer = &self.outer[axis];
        let rows = self.m.extent as i64;
        if outer.b != 0
            || outer.a != rows * self.m.a
            || outer.c != rows * self.m.c
            || outer.extent.checked_mul(self.m.extent).is_none()
            || !self.rows_may_move(axis)
        {
            return false;
        }
        let mut index = 0;
        while index < self.operand_count as usize {
            if self.operands[index].outer[axis] != rows * self.operands[index].m {
                return false;
            }
            index += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Panels;

    #[test]
    fn axes_that_continue_each_other_are_joined() {
        // A 3×3 convolution of 8 channels over rows of 10 pixels: a kernel's column and channel join, its rows do not.
        let mut plan = ContractPlan::dense(8, 32, 8);
        plan.taps[0] = TapAxis { extent: 3, a: 80, b: 3 * 8 * 32 };
        plan.taps[1] = TapAxis { extent: 3, a: 8, b: 8 * 32 };
        plan.b_panels = Panels::packed(72);
        let merged = plan.merged();
        assert_eq!(merged.k, TapAxis { extent: 24, a: 1, b: 32 });
        assert_eq!(merged.taps[3], plan.taps[0]);
        assert_eq!(merged.terms(), plan.terms());

        // A 1×1 convolution over images and rows is one product.
        let mut plan = ContractPlan::dense(7, 16, 4);
        plan.outer[0] = OuterAxis { extent: 2, a: 5 * 28, b: 0, c: 5 * 112 };
        plan.outer[1] = OuterAxis { extent: 5, a: 28, b: 0, c: 112 };
        assert_eq!(plan.merged().m, RowAxis { extent: 70, a: 4, c: 16 });
        assert_eq!(plan.merged().check(), Ok(()));

        // The axis that chunks count stays apart.
        let mut plan = ContractPlan::dense(4, 8, 6);
        plan.taps[1] = TapAxis { extent: 5, a: 6, b: 6 * 32 };
        assert_eq!(plan.merged().k.extent, 30);
        plan.b_panels = Panels::packed(30);
        plan.chunk = 2;
        assert_eq!((plan.merged().k.extent, plan.merged().chunks()), (6, 3));
    }
}
