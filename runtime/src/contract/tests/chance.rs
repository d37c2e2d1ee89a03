//! Plans drawn at random, against the reference.

use super::*;
use netc_plan::Border;

/// Numbers of chance for plans: the words of one stream, in order.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 += 1;
        philox::block(42, 0, self.0)[0] % limit
    }

    fn stride(&mut self) -> i64 {
        i64::from(self.below(60)) - 30
    }
}

/// A plan of chance: any strides in A and B, a nested layout of C with gaps in any order, sometimes axes that continue
/// each other.
fn plan_of_chance(chance: &mut Chance) -> ContractPlan {
    let mut plan = ContractPlan::dense(1 + chance.below(17), 1 + chance.below(70), 1 + chance.below(6));
    for axis in [chance.below(3) as usize, 3 + chance.below(3) as usize] {
        plan.outer[axis] = OuterAxis { extent: 1 + chance.below(4), a: chance.stride(), b: chance.stride(), c: 0 };
    }
    plan.m.a = chance.stride();
    plan.a_column = i64::from(chance.below(3) == 0);
    for axis in [chance.below(2) as usize, 2 + chance.below(2) as usize] {
        plan.taps[axis] = TapAxis { extent: 1 + chance.below(4), a: chance.stride(), b: chance.stride() };
    }
    plan.k = TapAxis { a: chance.stride(), b: chance.stride(), ..plan.k };
    plan.b_panels = Panels { stride: 32 + i64::from(chance.below(9)), inside: 0 };
    if chance.below(2) == 0 {
        plan.taps[3] =
            TapAxis { extent: 3, a: plan.k.a * i64::from(plan.k.extent), b: plan.k.b * i64::from(plan.k.extent) };
    }
    if chance.below(2) == 0 {
        plan.outer[5] = OuterAxis { extent: 2, a: plan.m.a * i64::from(plan.m.extent), b: 0, c: 0 };
    }
    let mut stride = i64::from(plan.n + chance.below(3));
    for turn in 0..7 {
        let axis = if chance.below(3) == 0 { (turn + 3) % 7 } else { turn };
        let (extent, slot) = match axis {
            0 => (plan.m.extent, &mut plan.m.c),
            _ => (plan.outer[6 - axis].extent, &mut plan.outer[6 - axis].c),
        };
        *slot = if chance.below(4) == 0 { -stride } else { stride };
        stride = stride * i64::from(extent) + i64::from(chance.below(2));
    }
    plan.chunk = chance.below(4);
    plan.slots = plan.chunks() > 1 && chance.below(2) == 0;
    plan.epilogue =
        [Epilogue::None, Epilogue::BiasRelu, Epilogue::BiasResidual, Epilogue::Generated][chance.below(4) as usize];
    plan.operand_count = plan.epilogue.operands().unwrap_or(3);
    plan.operands[0] = Operand { outer: [0, 0, 0, 0, 0, i64::from(chance.below(2))], ..Operand::COLUMNS };
    plan.operands[1] = if plan.epilogue == Epilogue::Generated {
        Operand::SCALAR
    } else {
        Operand { m: chance.stride(), ..Operand::COLUMNS }
    };
    plan.operands[2] = Operand { outer: plan.outer.map(|axis| axis.c), m: plan.m.c, n: 1, panels: Panels::ROWS };
    join_some(&mut plan, chance);
    end_some(&mut plan, chance);
    plan
}

/// Takes the maximum over the last outer axes, where the plan may.
fn join_some(plan: &mut ContractPlan, chance: &mut Chance) {
    let joined = ContractPlan { maxima: chance.below(3), chunk: 0, slots: false, ..*plan };
    if plan.epilogue.operands().is_some() {
        *plan = joined;
        let first = plan.written();
        plan.outer[first..].iter_mut().for_each(|axis| axis.c = 0);
    }
}

/// Lets the map in A end, in some plans.
fn end_some(plan: &mut ContractPlan, chance: &mut Chance) {
    let border = |chance: &mut Chance| Border {
        extent: chance.below(6),
        first: chance.below(5) as i32 - 2,
        outer: [0; 6].map(|_: i32| chance.below(3) as i32),
        m: 0,
        tap: 1 + chance.below(2) as i32,
        run: 1 + chance.below(2),
    };
    if chance.below(3) == 0 {
        plan.tap_border = border(chance);
    }
    if chance.below(3) == 0 {
        plan.k_border = Border { m: chance.below(3) as i32, ..border(chance) };
    }
}

#[test]
fn plans_of_chance() {
    let mut chance = Chance(0);
    let mut checked = 0;
    for turn in 0..900 {
        let plan = plan_of_chance(&mut chance);
        // Axes that were given their stride twice may make elements of C coincide.
        if plan.check().is_ok() {
            check(&format!("turn {turn}: {plan}"), &plan);
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked} plans were valid");
}
