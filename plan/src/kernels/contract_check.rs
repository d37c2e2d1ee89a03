//! Whether executors accept a contraction.

use super::axes::disjoint;
use super::{Axis, ContractPlan, Panels, PlanError};

impl ContractPlan {
    /// Whether executors accept the plan: extents positive, offsets below 2⁴⁰, packed strides multiples of 32,
    /// operands that fit the epilogue, and no element of C written twice.
    pub const fn check(&self) -> Result<(), PlanError> {
        if self.n == 0 || self.m.extent == 0 {
            return Err(PlanError::ZeroExtent);
        }
        if !self.tap_border.is_valid() || self.tap_border.m != 0 || !self.k_border.is_valid() {
            return Err(PlanError::Border);
        }
        if let Err(error) = self.check_maxima() {
            return Err(error);
        }
        if let Err(error) = self.reach_a() {
            return Err(error);
        }
        if let Err(error) = self.reach_b() {
            return Err(error);
        }
        if let Err(error) = self.reach_c() {
            return Err(error);
        }
        if let Err(error) = self.check_work() {
            return Err(error);
        }
        if let Err(error) = self.check_operands() {
            return Err(error);
        }
        if self.slots && self.chunks() < 2 {
            return Err(PlanError::Slots);
        }
        let mut axes = [Axis::UNUSED; 9];
        let mut axis = 0;
        while axis < self.written() {
            axes[axis] = Axis { extent: self.outer[axis].extent, stride: self.outer[axis].c };
            axis += 1;
        }
        axes[6] = Axis { extent: self.m.extent, stride: self.m.c };
        if self.n > Panels::COLUMNS && self.c_panels.stride != Panels::COLUMNS as i64 {
            axes[7] = Axis { extent: self.n.div_ceil(Panels::COLUMNS), stride: self.c_panels.stride };
            axes[8] = Axis { extent: Panels::COLUMNS, stride: 1 };
        } else {
            axes[8] = Axis { extent: self.n, stride: 1 };
        }
        if disjoint(axes) { Ok(()) } else { Err(PlanError::Overlap) }
    }

    const fn check_maxima(&self) -> Result<(), PlanError> {
        if self.maxima == 0 {
            return Ok(());
        }
        let is_closed = self.epilogue.operands().is_some() && self.epilogue.gate().is_none();
        if self.maxima as usize > self.outer.len() || self.chunks() > 1 || !is_closed {
            return Err(PlanError::Maxima);
        }
        let mut axis = self.written();
        while axis < self.outer.len() {
            if self.outer[axis].c != 0 {
                return Err(PlanError::Maxima);
            }
            axis += 1;
        }
        let mut index = 0;
        while index < self.operand_count as usize {
            let operand = &self.operands[index];
            let mut axis = self.written();
            while axis < self.outer.len() {
                if operand.outer[axis] != 0 {
                    return Err(PlanError::Maxima);
                }
                axis += 1;
            }
            if operand.n != 1 {
                return Err(PlanError::Maxima);
            }
            index += 1;
        }
        Ok(())
    }

    const fn check_work(&self) -> Result<(), PlanError> {
        let mut work = self.m.extent as u128 * self.n as u128;
        let mut axis = 0;
        while axis < 6 {
            work = match work.checked_mul(self.outer[axis].extent as u128) {
                Some(work) => work,
                None => return Err(PlanError::TooLarge),
            };
            axis += 1;
        }
        if work * (self.chunks() as u128) > 1 << 40 {
            return Err(PlanError::TooLarge);
        }
        work *= self.k.extent as u128;
        axis = 0;
        while axis < 4 {
            work = match work.checked_mul(self.taps[axis].extent as u128) {
                Some(work) => work,
                None => return Err(PlanError::TooLarge),
            };
            axis += 1;
        }
        if work > 1 << 62 { Err(PlanError::TooLarge) } else { Ok(()) }
    }

    const fn check_operands(&self) -> Result<(), PlanError> {
        if self.operand_count > 8 || (self.a_column != 0 && self.a_column != 1) {
            return Err(PlanError::Operand);
        }
        if let Some(count) = self.epilogue.operands()
            && count != self.operand_count
        {
            return Err(PlanError::Operand);
        }
        let mut index = 0;
        while index < self.operand_count as usize {
            if self.operands[index].n != 0 && self.operands[index].n != 1 {
                return Err(PlanError::Operand);
            }
            if let Err(error) = self.reach_operand(index) {
                return Err(error);
            }
            index += 1;
        }
        Ok(())
    }
}
