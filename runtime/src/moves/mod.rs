//! Kernels that move, fill and draw.

mod copy;
mod fill;
mod matrix;
mod random;
#[cfg(target_arch = "x86_64")]
mod short;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
pub(crate) mod transpose;

pub(crate) use copy::copy;
pub(crate) use fill::fill;
pub(crate) use random::random;

/// Visits all positions of the axes `ranges` but those to `skip`, whose entry stays at the range's start.
fn for_each_outer(ranges: &[(u32, u32); 8], skip: impl Fn(usize) -> bool, mut visit: impl FnMut(&[u32; 8])) {
    let mut position = ranges.map(|range| range.0);
    loop {
        visit(&position);
        let mut axis = 8;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            if skip(axis) {
                continue;
            }
            position[axis] += 1;
            if position[axis] < ranges[axis].1 {
                break;
            }
            position[axis] = ranges[axis].0;
        }
    }
}
