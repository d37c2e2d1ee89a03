//! One step of a generated program, checked while Rust compiles.

use netc_plan::Reach;
use netc_plan::kernels::contract_pointer;

use super::prepared::PreparedCall;
use super::small::{POINTERS, SmallFn, SmallPlan};
use crate::lanes::{self, Lanes};
use crate::{Call, Phase};

/// A block of memory that a program works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Region {
    /// Parameters and buffers of the network.
    Params,
    /// Slots of the optimiser.
    State,
    /// Everything else that is written: derived and intermediate values, inputs, outputs, scalars.
    Work,
    /// Numbers of the program.
    Constants,
}

/// Number of regions.
pub(super) const REGIONS: usize = 4;

/// A range of a region: first element, length.
pub type Operand = (Region, usize, usize);
/// An element of a region, from which a kernel's plan counts.
pub type Base = (Region, usize);

/// Entries of a call's table of pointers.
const TABLE: usize = contract_pointer::COUNT;

/// A generated kernel: loops over slices, for any instruction set.
pub trait Loops {
    /// Runs all units. To be marked `#[inline(always)]`.
    fn run<L: Lanes>(slots: Slots<'_>);
}

/// The slices and numbers of one call of a generated kernel.
#[derive(Debug)]
pub struct Slots<'a> {
    bases: &'a [*mut f32; REGIONS],
    reads: &'static [Operand],
    writes: &'static [Operand],
    numbers: &'static [isize],
}

impl<'a> Slots<'a> {
    /// Slices that are read, slices that are written, and numbers; as many as the line has, others are empty or 0.
    #[inline(always)]
    pub fn take<const R: usize, const W: usize, const K: usize>(
        self,
    ) -> ([&'a [f32]; R], [&'a mut [f32]; W], [isize; K]) {
        let base = |&(region, at, len): &Operand| (self.bases[region as usize].wrapping_add(at), len);
        let reads = core::array::from_fn(|index| match self.reads.get(index).map(base) {
            // SAFETY: the schedule checked that the range lies in its region, the line that nothing in it is written.
            Some((start, len)) => unsafe { core::slice::from_raw_parts(start.cast_const(), len) },
            None => &[],
        });
        let writes = core::array::from_fn(|index| match self.writes.get(index).map(base) {
            // SAFETY: as above; the line checked that written ranges lie apart from each other and from what is read,
            // and `self` is gone, so each is handed out once.
            Some((start, len)) => unsafe { core::slice::from_raw_parts_mut(start, len) },
            None => Default::default(),
        });
        let numbers = core::array::from_fn(|index| self.numbers.get(index).copied().unwrap_or_default());
        (reads, writes, numbers)
    }
}

/// One step of a generated program.
#[derive(Clone, Copy, Debug)]
pub struct Line(Action);

#[derive(Clone, Copy, Debug)]
enum Action {
    Loops {
        run: fn(Slots<'_>),
        reads: &'static [Operand],
        writes: &'static [Operand],
        numbers: &'static [isize],
    },
    Call {
        call: &'static Call,
        /// The phases of its kind of call, so that a program links the kernels that it runs.
        phases: fn(&Call) -> [Option<Phase>; 2],
        /// Operands beyond the table of the kernel's own begin at [`contract_pointer::OPERANDS`].
        operands: &'static [Base],
        reached: Reached,
        /// Whether the table of pointers has an entry for slots that the operands lack.
        skips_slots: bool,
    },
    Small {
        run: SmallFn,
        plan: SmallPlan,
        operands: &'static [Base],
        reached: Reached,
    },
    Judge(Operand),
}

/// What a call needs of its regions.
#[derive(Clone, Copy, Debug)]
struct Reached {
    /// For each operand the end of what is touched in its region.
    ends: [i64; TABLE],
    /// Whether the operand for slots is written too.
    has_slots: bool,
    scratch: u64,
}

struct Generated<'a, K: Loops>(Slots<'a>, core::marker::PhantomData<K>);

impl<K: Loops> lanes::Kernel for Generated<'_, K> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        K::run::<L>(self.0);
    }
}

fn generated<K: Loops>(slots: Slots<'_>) {
    lanes::dispatch(Generated::<K>(slots, core::marker::PhantomData));
}

impl Line {
    /// A generated kernel.
    ///
    /// # Panics
    /// While Rust compiles, if a written range overlaps another.
    pub const fn run<K: Loops>(
        reads: &'static [Operand],
        writes: &'static [Operand],
        numbers: &'static [isize],
    ) -> Self {
        let mut index = 0;
        while index < writes.len() {
            let mut other = 0;
            while other < reads.len() {
                assert!(apart(writes[index], reads[other]), "a written range is also read");
                other += 1;
            }
            other = 0;
            while other < index {
                assert!(apart(writes[index], writes[other]), "two written ranges overlap");
                other += 1;
            }
            index += 1;
        }
        Self(Action::Loops { run: generated::<K>, reads, writes, numbers })
    }

    /// A kernel of the runtime with its operands in the order of [`Kernel::reach`].
    ///
    /// # Panics
    /// While Rust compiles, if the result overlaps another operand or the number of operands is wrong.
    pub const fn call(call: &'static PreparedCall, operands: &'static [Base]) -> Self {
        let count = call.kernel.operands();
        assert!(operands.len() == count && count < TABLE, "a call has another number of operands");
        let mut ranges = [(0, 0); TABLE];
        let mut ends = [0; TABLE];
        let mut index = 0;
        while index < count {
            let Ok(Reach { low, high }) = call.kernel.reach(index) else { panic!("a plan that is not checked") };
            let at = operands[index].1 as i64;
            assert!(at + low >= 0, "an operand begins before its region");
            ranges[index] = (at + low, at + high + 1);
            ends[index] = at + high + 1;
            index += 1;
        }
        let has_slots = call.kernel.shared_floats() > 0;
        let mut written = 0;
        while written < count {
            if written == 0 || has_slots && written == contract_pointer::SLOTS {
                index = 0;
                while index < count {
                    let same = operands[written].0 as u8 == operands[index].0 as u8;
                    let meet = ranges[written].0 < ranges[index].1 && ranges[index].0 < ranges[written].1;
                    assert!(index == written || !(same && meet), "the result of a call overlaps another operand");
                    index += 1;
                }
            }
            written += 1;
        }
        let reached = Reached { ends, has_slots, scratch: call.kernel.scratch_floats() };
        if let Some((plan, run)) = call.small {
            assert!(plan.pointers() == count, "a small product has other operands");
            return Self(Action::Small { run, plan, operands, reached });
        }
        let skips_slots = !has_slots && call.kernel.epilogue().is_some();
        let phases = call.call.phases_of_kind();
        Self(Action::Call { call: &call.call, phases, operands, reached, skips_slots })
    }

    /// Ends the run if the number is not finite.
    pub const fn stop_unless_finite(at: Base) -> Self {
        Self(Action::Judge((at.0, at.1, 1)))
    }

    /// Refuses, while Rust compiles, a line that reaches beyond its regions or writes what it may not.
    pub(super) const fn check(&self, sizes: [usize; REGIONS], scratch: usize, writes_states: bool) {
        let (reads, writes): (&[Operand], &[Operand]) = match &self.0 {
            Action::Loops { reads, writes, .. } => (reads, writes),
            Action::Judge(operand) => (core::slice::from_ref(operand), &[]),
            Action::Call { operands, reached, .. } | Action::Small { operands, reached, .. } => {
                assert!(reached.scratch <= scratch as u64, "a call needs more scratch");
                let mut index = 0;
                while index < operands.len() {
                    let region = operands[index].0;
                    assert!(
                        reached.ends[index] as usize <= sizes[region as usize],
                        "an operand reaches beyond its region"
                    );
                    if index == 0 || reached.has_slots && index == contract_pointer::SLOTS {
                        assert!(may_write(region, writes_states), "a call writes what it may not");
                    }
                    index += 1;
                }
                return;
            }
        };
        let mut index = 0;
        while index < reads.len() {
            inside(reads[index], sizes);
            index += 1;
        }
        index = 0;
        while index < writes.len() {
            inside(writes[index], sizes);
            assert!(may_write(writes[index].0, writes_states), "a kernel writes what it may not");
            index += 1;
        }
    }

    /// Executes the line; whether to go on.
    ///
    /// # Safety
    /// The line was checked with the sizes of the regions at `bases`, which nobody else uses, or only reads where the
    /// line reads.
    #[inline]
    pub(super) unsafe fn execute(&self, bases: &[*mut f32; REGIONS], scratch: *mut f32) -> bool {
        match &self.0 {
            Action::Loops { run, reads, writes, numbers } => {
                run(Slots { bases, reads, writes, numbers });
                true
            }
            Action::Call { call, phases, operands, skips_slots, .. } => {
                let mut table = [core::ptr::null_mut::<f32>(); TABLE];
                for (index, &(region, at)) in operands.iter().enumerate() {
                    let beyond = *skips_slots && index >= contract_pointer::SLOTS;
                    table[index + usize::from(beyond)] = bases[region as usize].wrapping_add(at);
                }
                for phase in phases(call).into_iter().flatten() {
                    // SAFETY: the plan's reaches lie inside of their regions and its result apart from the rest.
                    unsafe { (phase.function)(phase.plan, table.as_ptr(), 0, phase.units, scratch) };
                }
                true
            }
            Action::Small { run, plan, operands, .. } => {
                let mut pointers = [core::ptr::null_mut::<f32>(); POINTERS];
                for (pointer, &(region, at)) in pointers.iter_mut().zip(*operands) {
                    *pointer = bases[region as usize].wrapping_add(at);
                }
                // SAFETY: as above; the function was chosen with the plan.
                unsafe { run(plan, &pointers) };
                true
            }
            // SAFETY: the element lies in its region.
            Action::Judge((region, at, _)) => unsafe { (*bases[*region as usize].add(*at)).is_finite() },
        }
    }
}

const fn apart(x: Operand, y: Operand) -> bool {
    x.0 as u8 != y.0 as u8 || x.1 + x.2 <= y.1 || y.1 + y.2 <= x.1
}

const fn inside(operand: Operand, sizes: [usize; REGIONS]) {
    assert!(operand.1 + operand.2 <= sizes[operand.0 as usize], "an operand reaches beyond its region");
}

const fn may_write(region: Region, writes_states: bool) -> bool {
    match region {
        Region::Work => true,
        Region::Params | Region::State => writes_states,
        Region::Constants => false,
    }
}
