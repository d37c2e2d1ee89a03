//! Samples in memory: from files and declarations to named columns that fit the network.

mod batch;
pub mod csv;
mod dataset;
pub mod digits;
pub mod idx;
pub mod npy;
mod open;
pub mod png;
mod raw;
mod samples;
mod source;
mod split;

pub use batch::{Batch, Chosen, Samples};
pub use dataset::{Column, DType, Dataset, Declared, Values};
pub use open::{Parts, TestPart, declarations, open, open_parts, resolve};
pub use raw::{Raw, RawValues};
pub use samples::read_samples;
pub use source::{Folder, Source, load};
pub use split::{Purpose, Rows, last_rows, random_rows};
