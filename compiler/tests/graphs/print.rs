//! The text form, whole.

use super::build::small_network;
use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::prim::StateId;

#[test]
fn a_graph_with_gradients_reads_well() {
    let (graph, loss) = small_network();
    let graph = differentiate(graph, loss, &[Wanted::State(StateId(0)), Wanted::State(StateId(1))]);
    insta::assert_snapshot!(graph.to_string());
}
