//! Every operator: its shape rule and refusals as tables, and its gradient against central differences in f64.

mod call;
mod extremes;
mod gradients;
mod initialisers;
mod refusals;
mod shapes;
#[path = "../gradients/suite.rs"]
mod suite;
