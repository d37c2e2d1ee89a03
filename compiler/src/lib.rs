//! Syntax tree to verified loop program: checks, gradients, fusion, lowering.
