//! Resolution of axes: a name or a number of the written shape to a position in it.

use super::Misuse;
use super::argument::{Argument, Axes, Axis};
use crate::types::Shape;

/// Where an axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The samples.
    Batch,
    /// Position among the written axes.
    Written(usize),
}

/// The written position of `axis` in `shape`.
pub fn resolve(axis: Axis, shape: &Shape) -> Result<usize, Misuse> {
    let rank = shape.rank();
    let named = |position: usize, ranks: &[usize], name: &str| {
        if ranks.contains(&rank) {
            return Ok(position);
        }
        let help = match rank {
            0 => "a single number has no axes".to_string(),
            _ => format!("give its number: 0 to {}, or -1 for the last", rank - 1),
        };
        Err(Misuse::new(format!("{shape} has no axis named `{name}`")).argument("axis").help(help))
    };
    match axis {
        Axis::Channel => named(0, &[1, 3], "channel"),
        Axis::Height => named(1, &[3], "height"),
        Axis::Width => named(2, &[3], "width"),
        Axis::Time => named(0, &[2], "time"),
        Axis::Batch => Err(Misuse::new("the batch is not an axis here")
            .argument("axis")
            .help("every sample is computed for itself; only reductions inside `train` can go over the batch")),
        Axis::Index(n) => {
            let position = if n < 0 { n.checked_add(rank as i64) } else { Some(n) };
            position.and_then(|p| usize::try_from(p).ok()).filter(|&p| p < rank).ok_or_else(|| {
                let help = match rank {
                    0 => "a single number has no axes".to_string(),
                    1 => "the only axis is 0, which is also -1 and `channel`".to_string(),
                    _ => format!("axes of {shape} are 0 to {} or -{rank} to -1; the batch is not counted", rank - 1),
                };
                Misuse::new(format!("axis {n} is out of range for {shape}, which has {}", count(rank)))
                    .argument("axis")
                    .help(help)
            })
        }
    }
}

/// The same where the axis may be left out if there is only one.
pub fn resolve_or_only(operator: &str, axis: Option<Axis>, shape: &Shape) -> Result<usize, Misuse> {
    match (axis, shape.rank()) {
        (Some(axis), _) => resolve(axis, shape),
        (None, 1) => Ok(0),
        (None, 0) => Err(Misuse::new(format!("`{operator}` needs at least one axis, but this is a single number"))
            .input(0)
            .help("write `reshape([1])` before it")),
        (None, rank) => {
            let (first, last) = if rank == 3 { ("channel".to_string(), "width") } else { ("0".to_string(), "-1") };
            Err(Misuse::new(format!("`{operator}` needs `axis`, because {shape} has {rank} axes"))
                .argument("axis")
                .why("frameworks disagree on the default")
                .help(format!("write `axis = {first}` for the first or `axis = {last}` for the last")))
        }
    }
}

/// Distinct places, ascending, of the axes of a reduction. Without `axes` all written ones, and the batch if it is an
/// ordinary axis (`batch`).
pub fn resolve_reduced(axes: Option<&Axes>, batch: bool, shape: &Shape) -> Result<Vec<Place>, Misuse> {
    let mut places = Vec::new();
    match axes {
        None => {
            places.extend((batch && shape.is_batched()).then_some(Place::Batch));
            places.extend((0..shape.rank()).map(Place::Written));
        }
        Some(Axes(list)) => {
            for &axis in list {
                let place = match axis {
                    Axis::Batch if batch && shape.is_batched() => Place::Batch,
                    Axis::Batch if batch => {
                        return Err(Misuse::new("this value is the same for every sample: it has no axis `batch`")
                            .argument("axis")
                            .help("leave `batch` out"));
                    }
                    other => Place::Written(resolve(other, shape)?),
                };
                if places.contains(&place) {
                    return Err(Misuse::new(format!("axis {} is given twice", axis.show()))
                        .argument("axis")
                        .help("name every axis once"));
                }
                places.push(place);
            }
            places.sort_unstable();
        }
    }
    Ok(places)
}

/// A number of axes in words: "1 axis".
pub fn count(rank: usize) -> String {
    match rank {
        0 => "no axes".to_string(),
        1 => "1 axis".to_string(),
        n => format!("{n} axes"),
    }
}
