//! The proof that an error was reported: an assertion becomes a condition or an error, and is never dropped in silence.

use super::super::Elaborator;
use netc_grammar::{Diagnostic, Span};

/// An error was reported, so the network is refused. Only the functions of this file make one.
pub struct Reported(());

impl Elaborator<'_, '_> {
    /// Reports an assertion that says nothing.
    pub fn refuse(&mut self, span: Span, message: &str, help: &str) -> Reported {
        self.report(Diagnostic::error("E0507", message).at(span, "").help(help));
        Reported(())
    }

    /// For what has no value, which was reported where it is known why. Where nothing is wrong but that a figure stands
    /// in it, it is reported here.
    pub fn reported(&mut self, span: Span) -> Reported {
        if self.reports.has_errors() {
            return Reported(());
        }
        self.refuse(
            span,
            "this cannot be computed with figures",
            "figures stand in `+`, `-`, `*`, `/`, `^` and in functions such as `max(a, b)`",
        )
    }
}
