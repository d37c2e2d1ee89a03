//! One Rust peer on one workload: `peers PEER WORKLOAD THREADS FOLDER`, WORKLOAD as in `workloads.json`.
//!
//! Speaks the protocol of `bench/peer.py`: says `ready` with its version, then answers each line `SECONDS` on standard
//! input with `MEDIAN BEST` in milliseconds. Ends without a word where the peer does not have the workload. Everything
//! is computed in f32.

#![forbid(unsafe_code)]

mod burn;
mod candle;
mod networks;
mod rten;
mod task;
mod tract;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use task::{Error, Prepared, Run, Task};

/// Calls that last less are timed several in a row.
const SHORTEST: Duration = Duration::from_micros(20);

const MOST_SAMPLES: usize = 20_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, which run.py shows.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, workload, threads, folder] = arguments.as_slice() else {
        return Err("usage: peers PEER WORKLOAD THREADS FOLDER".into());
    };
    let task = Task::new(workload, threads, folder)?;
    // Who calls is one of the threads that compute, so that no other has to wake for a call to begin.
    match peer.as_str() {
        "tract" => rayon::scope(|_| answer(self::tract::prepare(&task)?)),
        "rten" => ::rten::thread_pool().run(|| answer(self::rten::prepare(&task)?)),
        "candle" => rayon::scope(|_| answer(self::candle::prepare(&task)?)),
        "burn" => rayon::scope(|_| answer(self::burn::prepare(&task)?)),
        _ => Err(format!("no peer is called {peer}").into()),
    }
}

/// Measures whenever a line asks for it.
fn answer(prepared: Option<Prepared>) -> Result<(), Error> {
    let Some(Prepared { version, mut run }) = prepared else { return Ok(()) };
    for _ in 0..3 {
        run()?;
    }
    say(&format!("ready {version}"))?;
    for line in io::stdin().lines() {
        let (median, best) = measure(&mut run, line?.trim().parse()?)?;
        say(&format!("{median} {best}"))?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// Seconds of one call, as the mean of several.
fn sample(run: &mut Run, runs: u32) -> Result<f64, Error> {
    let start = Instant::now();
    for _ in 0..runs {
        run()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(runs))
}

/// Median and best in milliseconds.
fn measure(run: &mut Run, seconds: f64) -> Result<(f64, f64), Error> {
    let mut runs = 1;
    while sample(run, runs)? * f64::from(runs) < SHORTEST.as_secs_f64() {
        runs *= 2;
    }
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || start.elapsed().as_secs_f64() < seconds && times.len() < MOST_SAMPLES {
        times.push(sample(run, runs)?);
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2] * 1e3, times[0] * 1e3))
}
