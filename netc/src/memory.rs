//! Memory limits: what a program needs is held against them before anything is allocated.

use crate::Error;
use netc_compiler::model::Model;
use netc_compiler::prim::Mode;
use netc_compiler::program::Program;
use netc_compiler::summarize::MemoryPlan;
use netc_train::Fault;

/// Bytes of one element of a program's memory; all are 32 bits wide.
const ELEMENT: u64 = 4;

/// The limit where the machine does not say how much it has.
const UNKNOWN: u64 = 1 << 36;

/// The memory that this process may use: the machine's, or less where its control group says so.
pub(crate) fn machine() -> u64 {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    total.into_iter().chain(groups.into_iter().filter_map(number)).min().unwrap_or(UNKNOWN)
}

/// Refuses a program whose memory, at so many threads, passes the limit.
pub(crate) fn require(program: &Program, threads: usize, limit: u64) -> Result<(), Error> {
    let bytes = MemoryPlan::of(&program.sizes, threads).total();
    let doing = match program.mode {
        Mode::Predict => "a prediction",
        Mode::Evaluate => "an evaluation",
        Mode::Gradients => "a computation of gradients",
        Mode::Step => "a training step",
    };
    let fix = match program.mode {
        Mode::Predict => "predict fewer samples at once, or raise the memory limit (`--max-memory`)",
        _ => "use a smaller batch (`--set train.batch=…`), or raise the memory limit (`--max-memory`)",
    };
    require_bytes(&format!("{doing} with batch {}", program.batch), bytes, limit, fix)
}

/// Refuses parameters that alone pass the limit.
pub(crate) fn require_parameters(model: &Model, limit: u64) -> Result<(), Error> {
    let elements = |shape: &[u64]| shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
    let sum = |sum: u64, shape: &[u64]| sum.checked_add(elements(shape)?);
    let total = model.params.iter().try_fold(0u64, |total, param| sum(total, &param.shape));
    let bytes = total.and_then(|total| total.checked_mul(ELEMENT)).unwrap_or(u64::MAX);
    let what = format!("the parameters of `{}`", model.name);
    require_bytes(&what, bytes, limit, "make the network smaller, or raise the memory limit (`--max-memory`)")
}

fn require_bytes(what: &str, bytes: u64, limit: u64, fix: &str) -> Result<(), Error> {
    if bytes <= limit {
        return Ok(());
    }
    let verb = if what.starts_with("the parameters") { "take" } else { "takes" };
    let fault = Fault::new(format!("{what} {verb} {}, the memory limit is {}", readable(bytes), readable(limit)));
    Err(Error::Train(fault.fix(fix).limit()))
}

/// `1.5 GiB`.
fn readable(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = (bytes.max(1).ilog2() / 10) as usize;
    match unit {
        0 => format!("{bytes} bytes"),
        _ => format!("{:.1} {}", bytes as f64 / (1u64 << (10 * unit)) as f64, units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_the_unit_that_fits() {
        let cases =
            [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (1 << 30, "1.0 GiB"), (u64::MAX, "16.0 EiB")];
        for (bytes, text) in cases {
            assert_eq!(readable(bytes), text);
        }
    }

    #[test]
    fn the_machine_has_memory() {
        assert!(machine() >= 1 << 20);
    }
}
