//! Arithmetic of a window that slides over a map: borders and output size from kernel, stride, dilation and padding.

use super::Misuse;
use super::argument::{Argument, Padding, Pair};
use crate::types::Shape;

/// A window over height and width.
#[derive(Clone, Copy, Debug)]
pub struct Sliding<'a> {
    /// The operator, for messages.
    pub operator: &'a str,
    /// Extents of the window in taps.
    pub kernel: Pair,
    /// Steps.
    pub stride: Pair,
    /// Distances of taps.
    pub dilation: Pair,
    /// Border.
    pub padding: Padding,
    /// Whether a last window may stand over the end.
    pub ceil: bool,
}

/// Where the windows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Border before, per axis.
    pub low: [usize; 2],
    /// Border after, as the padding says.
    pub high: [usize; 2],
    /// Further positions after the border that the last window needs with `ceil`.
    pub overhang: [usize; 2],
    /// Windows per axis.
    pub out: [u64; 2],
}

impl Sliding<'_> {
    /// Places the windows on a map of `input` rows and columns.
    ///
    /// # Errors
    /// If a window does not fit, or `same` meets a stride.
    pub fn place(&self, input: [u64; 2]) -> Result<Placement, Misuse> {
        let mut placement = Placement { low: [0; 2], high: [0; 2], overhang: [0; 2], out: [0; 2] };
        for axis in 0..2 {
            self.place_axis(axis, input, &mut placement)?;
        }
        let padded = |axis: usize| input[axis] + (placement.low[axis] + placement.high[axis]) as u64;
        Shape::fixed([padded(0), padded(1)]).map_err(|error| {
            Misuse::new(format!("the padded map is too large: {error}")).argument("pad").help("pad less")
        })?;
        Ok(placement)
    }

    /// Positions from the first to the last tap, per axis.
    pub fn reach(&self, axis: usize) -> u64 {
        self.dilation.0[axis] as u64 * (self.kernel.0[axis] as u64 - 1) + 1
    }

    fn place_axis(&self, axis: usize, map: [u64; 2], placement: &mut Placement) -> Result<(), Misuse> {
        let (stride, reach, input) = (self.stride.0[axis] as u64, self.reach(axis), map[axis]);
        let (low, high) = self.border(axis, input)?;
        let padded = input + low + high;
        if reach > padded {
            return Err(self.too_large(axis, map, [low, high]));
        }
        let steps = (padded - reach) / stride;
        let mut out = steps + 1;
        // As in PyTorch, a window that would start behind the map and its border before is dropped.
        if self.ceil && !(padded - reach).is_multiple_of(stride) && out * stride < input + low {
            out += 1;
        }
        let end = (out - 1) * stride + reach;
        placement.low[axis] = low as usize;
        placement.high[axis] = high as usize;
        placement.overhang[axis] = end.saturating_sub(padded) as usize;
        placement.out[axis] = out;
        Ok(())
    }

    fn border(&self, axis: usize, input: u64) -> Result<(u64, u64), Misuse> {
        let (stride, reach) = (self.stride.0[axis] as u64, self.reach(axis));
        let halves = |total: u64| (total / 2, total - total / 2);
        match self.padding {
            Padding::Sides { low, high } => Ok((low[axis] as u64, high[axis] as u64)),
            Padding::Same if self.stride != Pair::both(1) => {
                let stride = self.stride.show();
                Err(Misuse::new(format!("`pad = same` keeps the size, but the stride is {stride}"))
                    .argument("pad")
                    .why(format!("with a stride of {stride} the output cannot be as large as the input"))
                    .help(format!(
                        "write `pad = same_tf` for TensorFlow's rule, out = ⌈in/stride⌉ = {}; or give the pixels, \
                         such as `pad = {}`",
                        input.div_ceil(self.stride.0[axis] as u64),
                        (reach - 1) / 2
                    )))
            }
            Padding::Same => Ok(halves(reach - 1)),
            Padding::SameTf => {
                let out = input.div_ceil(stride);
                Ok(halves(((out - 1) * stride + reach).saturating_sub(input)))
            }
        }
    }

    fn too_large(&self, axis: usize, map: [u64; 2], [low, high]: [u64; 2]) -> Misuse {
        let (name, input) = (["height", "width"][axis], map[axis]);
        let (kernel, dilation) = (self.kernel.0[axis], self.dilation.0[axis]);
        let padded = input + low + high;
        let what = match dilation {
            1 => format!("a kernel of {kernel} is larger than the padded {name} {padded}"),
            _ => {
                format!("a kernel of {kernel} at dilation {dilation} reaches over more than the padded {name} {padded}")
            }
        };
        let (largest, pad) = self.fitting(map);
        Misuse::new(format!("`{}`: {what}", self.operator))
            .argument("kernel")
            .why(format!(
                "{name} = ⌊({input} + {low} + {high} − {dilation}·({kernel} − 1) − 1)/{}⌋ + 1 would be less than 1",
                self.stride.0[axis]
            ))
            .help(format!(
                "use `kernel = {}` or smaller, `pad = {}` or more, or pool less before",
                largest.show(),
                pad.show()
            ))
    }

    /// The largest kernel that fits the map as it is padded, and the least padding that this kernel fits; square where
    /// kernel and padding are.
    fn fitting(&self, map: [u64; 2]) -> (Pair, Padding) {
        // The other rules pad until the window fits.
        let Padding::Sides { mut low, mut high } = self.padding else { return (self.kernel, self.padding) };
        let is_square = self.kernel.0[0] == self.kernel.0[1] && [low, high] == [[low[0]; 2]; 2];
        let mut kernel = self.kernel.0;
        for axis in 0..2 {
            let padded = map[axis] as usize + low[axis] + high[axis];
            let reach = self.reach(axis) as usize;
            kernel[axis] = kernel[axis].min((padded - 1) / self.dilation.0[axis] + 1);
            if reach > padded {
                let missing = (reach - (map[axis] as usize).min(reach)).div_ceil(2);
                (low[axis], high[axis]) = (low[axis].max(missing), high[axis].max(missing));
            }
        }
        if is_square {
            kernel = [kernel[0].min(kernel[1]); 2];
            low = [low[0].max(low[1]); 2];
            high = low;
        }
        (Pair(kernel), Padding::Sides { low, high })
    }
}

/// Refuses a border of more than half a window, as PyTorch does: a window could lie in the border alone.
pub fn require_small_border(sliding: &Sliding<'_>, placement: &Placement, input: [u64; 2]) -> Result<(), Misuse> {
    for (axis, extent) in input.into_iter().enumerate() {
        let border = placement.low[axis].max(placement.high[axis]) as u64;
        let reach = sliding.reach(axis);
        if border > reach / 2 {
            return Err(Misuse::new(format!(
                "`{}`: a border of {border} is more than half of the window of {reach}",
                sliding.operator
            ))
            .argument("pad")
            .why("a window could then lie in the border alone")
            .help(format!("use `pad = {}` or less, or `pad` the map before", reach / 2)));
        }
        if sliding.dilation.0[axis] as u64 > extent && sliding.kernel.0[axis] > 1 {
            return Err(Misuse::new(format!(
                "`{}`: a dilation of {} skips the whole map of {}",
                sliding.operator, sliding.dilation.0[axis], extent
            ))
            .argument("dilation")
            .help(format!("use `dilation = {extent}` or less")));
        }
    }
    Ok(())
}
