//! The generated kernels of all programs of a network, each structure once: what differs between the uses of one, such
//! as extents and strides, becomes arguments.

use super::kernel::{Role, Slots, body, item};
use super::numbers::{Number, Numbers};
use crate::program::LoopKernel;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// A use of a kernel: which group, and its numbers in the order of the code.
#[derive(Clone, Debug)]
pub(super) struct Use {
    group: usize,
    numbers: Vec<i64>,
}

/// Kernels that differ in numbers alone.
struct Group {
    kernel: LoopKernel,
    role: Role,
    slots: Slots,
    /// The numbers of each use, all of one length.
    uses: Vec<Vec<i64>>,
}

/// The kernels of a network.
#[derive(Default)]
pub(super) struct Kernels {
    groups: Vec<Group>,
    known: HashMap<String, usize>,
}

impl Kernels {
    /// Notes a use of a kernel.
    pub fn note(&mut self, kernel: &LoopKernel, role: Role, slots: &Slots) -> Use {
        let mut numbers = Numbers::default();
        let code = body(kernel, role, slots, &mut numbers);
        let params: Vec<_> = kernel.params.iter().map(|param| (param.scalar, param.written)).collect();
        // An epilogue gets no numbers, so its own are part of what it is.
        let own = (role == Role::Epilogue).then(|| {
            let wide: Vec<bool> = kernel.params.iter().map(|param| param.elements > 1).collect();
            (numbers.seen.clone(), wide)
        });
        let key = format!("{role:?} {slots:?} {params:?} {own:?} {code}");
        let next = self.groups.len();
        let group = *self.known.entry(key).or_insert(next);
        if group == next {
            self.groups.push(Group { kernel: kernel.clone(), role, slots: slots.clone(), uses: Vec::new() });
        }
        let uses = &mut self.groups[group].uses;
        if !uses.contains(&numbers.seen) {
            uses.push(numbers.seen.clone());
        }
        Use { group, numbers: numbers.seen }
    }

    /// The type of a kernel.
    pub fn name(&self, used: &Use) -> TokenStream {
        name(used.group)
    }

    /// The numbers that a use gives as arguments.
    pub fn arguments(&self, used: &Use) -> Vec<i64> {
        let mut arguments = Vec::new();
        for (number, &value) in self.groups[used.group].numbers().iter().zip(&used.numbers) {
            if *number == Number::Argument(arguments.len()) {
                arguments.push(value);
            }
        }
        arguments
    }

    /// All kernels as instances of one type.
    pub fn items(&self) -> TokenStream {
        let item = |(index, group): (usize, &Group)| {
            item(&group.kernel, &name(index), group.role, &group.slots, group.numbers())
        };
        let items: TokenStream = self.groups.iter().enumerate().map(item).collect();
        quote!(struct K<const KERNEL: usize>; #items)
    }
}

fn name(group: usize) -> TokenStream {
    let group = Literal::usize_unsuffixed(group);
    quote!(K<#group>)
}

impl Group {
    /// What stands for each number: itself where all uses agree, else an argument; numbers that are equal in every use
    /// are one argument.
    fn numbers(&self) -> Vec<Number> {
        let count = self.uses.first().map_or(0, Vec::len);
        let mut arguments: HashMap<Vec<i64>, usize> = HashMap::new();
        let number = |position: usize| {
            let values: Vec<i64> = self.uses.iter().map(|numbers| numbers[position]).collect();
            if values.iter().all(|&value| value == values[0]) {
                return Number::Literal(values[0]);
            }
            let next = arguments.len();
            Number::Argument(*arguments.entry(values).or_insert(next))
        };
        (0..count).map(number).collect()
    }
}
