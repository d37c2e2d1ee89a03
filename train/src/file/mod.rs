//! Reading and writing files safely: bounded reads, paths below one folder, atomic replacement.

mod atomic_write;
mod loader;
mod open_inside;
mod partial;
mod reader;

pub use atomic_write::{Keep, RESUME, RUN_AGAIN, atomic_write, previous_of};
pub use loader::{FolderLoader, read_source};
pub use open_inside::{Bound, open_inside, open_plain, read_inside, read_plain};
pub use reader::Reader;
