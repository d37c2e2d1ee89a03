//! What compiler, jit and runtime of netc share: kernels, plans, exact math, random numbers.
//!
//! A *kernel plan* is a plain struct of extents and strides that fixes everything about one call of a kernel except
//! the addresses: which elements are read, the order of every floating-point operation, and how the work falls into
//! units. The compiler writes plans, [`mod@reference`] gives their meaning, `runtime` executes them; all agree bit
//! for bit because the plan, not the executor, holds every choice that could change a bit.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]

pub mod kernels;
pub mod math;
pub mod philox;
pub mod reference;
pub mod scratch;
mod start;
pub mod winograd;

pub use kernels::{
    AttendAxis, AttendPlan, Axis, Border, ContractPlan, CopyAxis, CopyPlan, Distribution, Epilogue, EpilogueFn,
    FillPlan, Kernel, MapOperand, MapStrides, Operand, OuterAxis, Panels, PlanError, RandomPlan, Reach, RowAxis,
    SharedAxis, StepFn, TapAxis, WinogradFilterPlan, WinogradPlan, WinogradWeightsPlan,
};
pub use start::Start;
