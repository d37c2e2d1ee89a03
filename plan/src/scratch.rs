//! How much scratch the threads of a program get: from what a unit of work needs to what is allocated.

/// Floats of a cache line: each thread's scratch begins on one of its own.
const LINE: usize = 16;
/// Floats of a huge page of x86-64.
const HUGE_PAGE: usize = (2 << 20) / size_of::<f32>();

/// Scratch of all threads of a program whose units need `floats` each: floats from one thread's to the next's, and in
/// all.
///
/// From half a huge page on they fill whole ones: a unit writes to dozens of places of its scratch in turn, more than a
/// processor keeps small pages' addresses for.
pub const fn of_threads(floats: usize, threads: usize) -> (usize, usize) {
    let each = floats.next_multiple_of(LINE);
    let all = each.saturating_mul(threads);
    if all < HUGE_PAGE / 2 {
        return (each, all);
    }
    match all.checked_next_multiple_of(HUGE_PAGE) {
        Some(pages) => (each, pages),
        None => (each, all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_scratch_fills_huge_pages() {
        assert_eq!(of_threads(0, 2), (0, 0));
        assert_eq!(of_threads(17, 2), (32, 64));
        assert_eq!(of_threads(200_000, 2), (200_000, 524_288));
        assert_eq!(of_threads(524_288, 3), (524_288, 3 * 524_288));
    }
}
