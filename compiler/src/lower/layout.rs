//! Where the elements of a stored value lie: strides per logical axis, and zeros around it for convolutions.

use crate::program::BufferId;

/// Strides and borders of a value in its buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Elements from one position to the next, per logical axis.
    pub strides: Vec<i64>,
    /// The element at position 0 of every axis.
    pub base: i64,
    /// Elements of the buffer, borders included.
    pub elements: usize,
    /// Zeros before and after each logical axis.
    pub halo: Vec<(usize, usize)>,
}

impl Layout {
    /// Row-major in the logical order, without borders.
    pub fn plain(shape: &[usize]) -> Layout {
        let order: Vec<usize> = (0..shape.len()).collect();
        Layout::new(shape, &order, &vec![(0, 0); shape.len()])
    }

    /// Axes from the outermost in memory to the innermost, with borders.
    pub fn new(shape: &[usize], order: &[usize], halo: &[(usize, usize)]) -> Layout {
        let mut strides = vec![0; shape.len()];
        let (mut base, mut elements) = (0, 1);
        for &axis in order.iter().rev() {
            strides[axis] = elements as i64;
            base += halo[axis].0 as i64 * elements as i64;
            elements *= halo[axis].0 + shape[axis] + halo[axis].1;
        }
        Layout { strides, base, elements, halo: halo.to_vec() }
    }

    /// What begins at a position of an axis. Zeros around belong to the whole.
    pub fn part(&self, axis: usize, begin: usize) -> Layout {
        let base = self.base + begin as i64 * self.strides[axis];
        Layout { base, halo: vec![(0, 0); self.halo.len()], ..self.clone() }
    }

    /// Whether a row-major index of the shape is the offset in the buffer.
    pub fn is_plain(&self, shape: &[usize]) -> bool {
        let plain = Layout::plain(shape);
        self.base == 0 && (0..shape.len()).all(|axis| shape[axis] == 1 || self.strides[axis] == plain.strides[axis])
    }

    /// Whether there are zeros around the value.
    pub fn has_halo(&self) -> bool {
        self.halo.iter().any(|&(low, high)| low + high > 0)
    }
}

/// A stored value's buffer and layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its memory.
    pub buffer: BufferId,
    /// Where in it.
    pub layout: Layout,
}
