//! What is compiled for a program: entries that run as one function, and the kernels that other steps call.

use crate::kernel::Role;
use crate::straight::Straight;
use netc_compiler::program::{Entry, KernelId, LoopKernel, Program, Step};

/// One function to be compiled.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// A kernel on its own.
    Kernel(KernelId, &'a LoopKernel, Role),
    /// All steps of the entry of this index.
    Entry(usize, Straight<'a>),
}

/// Kernels in their order, without those that only stand in place; then entries, if any may be `straight`. Derived
/// values are prepared step by step: that happens once.
pub(crate) fn sources(program: &Program, straight: bool) -> Vec<Source<'_>> {
    let of = |entry| Straight::of(program, entry).filter(|_| straight && entry.name != "prepare");
    let parts: Vec<_> = program.entries.iter().map(of).collect();
    let mut roles = vec![None; program.kernels.len()];
    let mut in_place = vec![false; program.kernels.len()];
    for (entry, parts) in program.entries.iter().zip(&parts) {
        for (KernelId(kernel), role) in uses(entry) {
            match parts {
                Some(_) => in_place[kernel as usize] = true,
                None => roles[kernel as usize] = Some(role),
            }
        }
    }
    let kernels = (0..).map(KernelId).zip(&program.kernels).zip(roles.into_iter().zip(in_place));
    let kernels = kernels.filter_map(|((id, kernel), (role, in_place))| {
        let role = role.or((!in_place).then_some(Role::Step))?;
        Some(Source::Kernel(id, kernel, role))
    });
    let entries = parts.into_iter().enumerate().filter_map(|(index, parts)| Some(Source::Entry(index, parts?)));
    kernels.chain(entries).collect()
}

fn uses(entry: &Entry) -> impl Iterator<Item = (KernelId, Role)> {
    entry.steps.iter().filter_map(|step| match step {
        Step::Loop { kernel, .. } => Some((*kernel, Role::Step)),
        Step::Call { epilogue: Some((kernel, _)), .. } => Some((*kernel, Role::Epilogue)),
        Step::Call { epilogue: None, .. } | Step::StopUnlessFinite { .. } => None,
    })
}
