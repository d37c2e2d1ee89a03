//! Every operator: its shape rule and refusals as tables, and its values where formulas end. Gradients are checked by
//! the table of `tests/gradients`.

mod call;
mod extremes;
mod initialisers;
mod refusals;
mod shapes;
