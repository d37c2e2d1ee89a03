//! What compiled networks link against: kernels, thread pool, schedule, arena.
//!
//! A kernel executes a plan of `netc_plan` on raw pointers. Every kernel exists for every [`Isa`] with the same bits:
//! plans fix each sum's order, so neither tile sizes nor vector widths nor threads can change a result.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
mod arena;
mod attend;
mod call;
mod contract;
mod isa;
pub mod lanes;
#[cfg(feature = "std")]
pub mod limit;
mod moves;
#[cfg(feature = "std")]
mod pool;
pub mod rt;
mod schedule;
mod wide;
mod winograd;

#[cfg(feature = "std")]
pub use arena::Arena;
pub use attend::AttendCall;
pub use call::{Call, Phase};
pub use contract::ContractCall;
pub use isa::Isa;
#[cfg(feature = "std")]
pub use pool::Pool;
pub use schedule::{Step, Walk, walk};
pub use wide::{Four, LaneFunctions, LanesFn, WIDE_LANES};
pub use winograd::{FilterCall, WeightsCall, WinogradCall};
