//! What compiled networks link against: kernels, thread pool, arena.
