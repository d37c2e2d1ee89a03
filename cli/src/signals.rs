//! Ctrl-C and SIGTERM as a flag that a long command looks at, so that it ends with its work saved.

use crate::exit::{Exit, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Signals that were caught.
pub struct Signals {
    raised: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Catches the first signal; a second one ends the process at once.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn catch() -> Result<Signals, Failure> {
        let raised = Arc::new(AtomicBool::new(false));
        let which = Arc::new(AtomicUsize::new(0));
        let register = |signal, exit: Exit| {
            // Handlers run in this order: only a signal that finds the flag raised ends the process.
            flag::register_conditional_shutdown(signal, exit as i32, Arc::clone(&raised))?;
            flag::register_usize(signal, Arc::clone(&which), exit as usize)?;
            flag::register(signal, Arc::clone(&raised))
        };
        register(SIGINT, Exit::Interrupted)
            .and_then(|_| register(SIGTERM, Exit::Terminated))
            .map_err(|error| Failure::new(Exit::Io, format!("signals cannot be caught: {error}")))?;
        Ok(Signals { raised, which })
    }

    /// Raised by the first signal.
    pub fn flag(&self) -> &AtomicBool {
        &self.raised
    }

    /// The exit that the caught signal asks for.
    pub fn exit(&self) -> Exit {
        match self.which.load(Ordering::SeqCst) == Exit::Terminated as usize {
            true => Exit::Terminated,
            false => Exit::Interrupted,
        }
    }
}
