//! netc as a library: open, predict, train.
