//! What a training run shows while it goes: a bar on a terminal, plain lines elsewhere.

use crate::check::rows::number;
use crate::console::Console;
use crate::figures::figure;
use crate::report;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use netc_train::progress::{Event, Progress};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Epoch lines of a whole run; of longer runs some epochs are left out.
const EPOCH_LINES: u64 = 20;
/// Between two changes of the bar.
const REDRAW: Duration = Duration::from_millis(60);
/// Between two plain lines within one epoch.
const PLAIN_LINE: Duration = Duration::from_secs(10);

/// Draws the events of a run on standard error.
pub struct TrainingProgress<'a> {
    console: &'a mut Console,
    quiet: bool,
    bar: Option<ProgressBar>,
    epochs: u64,
    batches: u64,
    /// Epochs that were done before this process began.
    done: u64,
    began: Instant,
    drawn: Instant,
    /// Training samples since `began`.
    samples: u64,
    figures: String,
}

impl<'a> TrainingProgress<'a> {
    /// Nothing is shown before the first event, and with `quiet` only warnings.
    pub fn new(console: &'a mut Console, quiet: bool) -> TrainingProgress<'a> {
        let now = Instant::now();
        TrainingProgress {
            console,
            quiet,
            bar: None,
            epochs: 0,
            batches: 0,
            done: 0,
            began: now,
            drawn: now,
            samples: 0,
            figures: String::new(),
        }
    }

    /// Removes the bar; what follows is printed on a clean line.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// How long the run took.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn line(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => self.console.tell(&format!("{text}\n")),
        }
    }

    fn start(&mut self, training: usize, validation: usize) {
        let validating = if validation > 0 { format!(", validating on {validation}") } else { String::new() };
        let from = if self.done > 0 { format!(", going on after epoch {}", self.done) } else { String::new() };
        self.line(&format!(
            "training on {training} samples{validating}: {} epochs of {} steps{from}",
            self.epochs, self.batches
        ));
        if self.console.watched() {
            let bar = ProgressBar::with_draw_target(
                Some(self.epochs.saturating_mul(self.batches)),
                ProgressDrawTarget::stderr(),
            );
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
            bar.set_position(self.done.saturating_mul(self.batches));
            self.bar = Some(bar);
        }
        self.began = Instant::now();
        self.drawn = self.began;
    }

    /// `loss 0.1234  val_accuracy 0.97  12,345 samples/s  0:12 left`
    fn state(&self, epoch: u64, batch: u64, loss: f64) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-9);
        let before = self.done.saturating_mul(self.batches);
        let steps = (epoch - 1).saturating_mul(self.batches).saturating_add(batch);
        let left = self.epochs.saturating_mul(self.batches).saturating_sub(steps);
        let pace = seconds / steps.saturating_sub(before).max(1) as f64;
        let rate = number((self.samples as f64 / seconds) as u64);
        let left = clock(pace * left as f64);
        format!("loss {}{}  {rate} samples/s  {left} left", figure(loss), self.figures)
    }

    fn step(&mut self, epoch: u64, batch: u64, samples: usize, loss: f64) {
        self.samples += samples as u64;
        let pause = if self.bar.is_some() { REDRAW } else { PLAIN_LINE };
        if self.drawn.elapsed() < pause {
            return;
        }
        self.drawn = Instant::now();
        let state = self.state(epoch, batch, loss);
        if self.bar.is_none() {
            let percent = 100 * batch / self.batches.max(1);
            self.line(&format!("epoch {epoch}/{} {percent} %  {state}", self.epochs));
        }
        self.draw(epoch, batch, state);
    }

    fn draw(&self, epoch: u64, batch: u64, state: String) {
        if let Some(bar) = &self.bar {
            bar.set_position((epoch - 1).saturating_mul(self.batches).saturating_add(batch));
            bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
            bar.set_message(state);
        }
    }

    fn epoch(&mut self, epoch: u64, figures: &BTreeMap<String, f64>, best: bool) {
        let shown = figures.iter().filter(|(name, _)| *name != "train_loss");
        self.figures = shown.map(|(name, value)| format!("  {name} {}", figure(*value))).collect();
        let every = self.epochs.div_ceil(EPOCH_LINES).max(1);
        if !epoch.is_multiple_of(every) && epoch != self.epochs {
            return;
        }
        let loss = figures.get("train_loss").copied().unwrap_or(f64::NAN);
        let best = if best { "  (best so far)" } else { "" };
        let state = self.state(epoch, self.batches, loss);
        self.line(&format!("epoch {epoch}/{}  {state}{best}", self.epochs));
        self.draw(epoch, self.batches, state);
        self.drawn = Instant::now();
    }
}

impl Progress for TrainingProgress<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Warning(warning) = event {
            report::warning(self.console, warning);
        }
        if self.quiet {
            return;
        }
        match *event {
            Event::Start { training, validation, epochs, batches, done } => {
                (self.epochs, self.batches, self.done) = (epochs, batches, done);
                self.start(training, validation);
            }
            Event::Step { epoch, batch, samples, loss, .. } => self.step(epoch, batch, samples, loss),
            Event::Epoch { epoch, figures, best, .. } => self.epoch(epoch, figures, best),
            Event::Testing | Event::Done { .. } => self.end(),
            _ => {}
        }
    }
}

/// `0:07`, `12:30`, `1:02:03`.
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        for (seconds, text) in [(0.4, "0:00"), (7.0, "0:07"), (750.0, "12:30"), (3723.0, "1:02:03"), (-1.0, "0:00")] {
            assert_eq!(clock(seconds), text);
        }
    }
}
