//! A network as the text of a Rust file: what `network!` compiles, formatted.

mod format;
mod indent;
mod join;
mod table;

use crate::{Error, Network};
use netc_compiler::rust::{self, Options, documentation};
use netc_compiler::summarize::{backward, no_memory, summarize};
use netc_grammar::FileId;

impl Network {
    /// The Rust that `network!` writes for this network, formatted.
    ///
    /// # Errors
    /// Only for errors in netc itself.
    pub fn rust(&self) -> Result<String, Error> {
        self.rust_with(&Options { numerics: self.choices().numerics, ..Options::new(self.model()) })
    }

    /// The same with other batches or another name.
    pub(crate) fn rust_with(&self, options: &Options) -> Result<String, Error> {
        let model = self.model();
        let source = self.sources().get(FileId::default());
        let text = source.map(|source| netc_grammar::format(source).unwrap_or_else(|_| source.text().to_string()));
        let summary = summarize(model, 1, &no_memory, &backward);
        let options =
            Options { docs: documentation("", model, &summary, &text.unwrap_or_default()), ..options.clone() };
        let tokens = rust::rust(model, &options).map_err(|violation| Error::Internal(violation.to_string()))?;
        format::format(tokens).map_err(|error| Error::Internal(format!("generated Rust does not parse: {error}")))
    }
}
