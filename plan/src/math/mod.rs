//! Transcendental functions as branch-free sequences of plain IEEE operations, written once for every executor.
//!
//! Each function is generic over [`Ops`], a builder of operations on one lane type. [`Scalar`] computes at once on
//! `f32`; SIMD lanes do the same on registers; a compiler emits instructions. Because an IEEE operation has one
//! correctly rounded result, a fused multiply-add like any other, all of them give the same bits (of a NaN, only that
//! it is one).

mod erf;
mod exp;
mod log;
mod ops;
pub mod portable;
mod scalar;
#[cfg(test)]
mod tests;
mod trigonometry;

pub use erf::{erf, gelu};
pub use exp::{exp, sigmoid, tanh};
pub use log::log;
pub use ops::Ops;
pub use scalar::Scalar;
pub use trigonometry::{cos, cos_turns, sin, sin_turns};
