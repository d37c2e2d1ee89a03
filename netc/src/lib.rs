//! netc as a library: a `.net` file is a network, its training recipe and its contract.
//!
//! With default features this crate is the runtime of networks that `network!` compiles. With the feature `jit` it
//! opens `.net` files and compiles them in memory; with `train` it trains them.
//!
//! ```no_run
//! # #[cfg(feature = "jit")]
//! # fn main() -> Result<(), netc::Error> {
//! let net = netc::Network::open("lenet.net")?.weights("best.safetensors")?;
//! let mut session = net.session(1);
//! let image = vec![0.0; 28 * 28];
//! let probability = session.predict(&image)?;
//! println!("{:?}", &probability[..]);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "jit"))]
//! # fn main() {}
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "jit")]
mod bench;
#[cfg(feature = "jit")]
mod error;
#[cfg(feature = "train")]
mod fit;
#[cfg(feature = "jit")]
mod input;
#[cfg(feature = "jit")]
mod memory;
#[cfg(feature = "jit")]
mod network;
#[cfg(feature = "jit")]
mod rust;
#[cfg(feature = "jit")]
mod session;
#[cfg(feature = "snapshot")]
mod snapshot;
#[cfg(feature = "jit")]
mod stage;
#[cfg(feature = "jit")]
mod values;
#[cfg(feature = "jit")]
mod verify;

pub use netc_macros::network;
#[doc(hidden)]
pub use netc_runtime::rt;
pub use netc_runtime::rt::{
    Aligned, Nested, OutOfRange, Parameter, Storage, TooSmall, Training, WeightsError, WeightsProblem, Workspace,
    shuffle,
};

#[cfg(feature = "jit")]
pub use bench::{Bench, Limits, Times};
#[cfg(feature = "jit")]
pub use error::Error;
#[cfg(feature = "train")]
pub use fit::{Fit, Trained};
#[cfg(feature = "jit")]
pub use input::{Data, Inputs};
#[cfg(feature = "snapshot")]
pub use insta;
#[cfg(feature = "jit")]
pub use netc_compiler::lower::Numerics;
#[cfg(feature = "jit")]
pub use netc_compiler::prim::Mode;
#[cfg(feature = "jit")]
pub use netc_jit::{Isa, Work};
#[cfg(feature = "jit")]
pub use network::{Network, Options};
#[cfg(feature = "jit")]
pub use session::{Gradients, Prediction, Session};
#[cfg(feature = "jit")]
pub use stage::Stage;
#[cfg(feature = "jit")]
pub use verify::{Agreement, Row, Verification};
