//! Data sources, training loop, checkpoints, metrics.
