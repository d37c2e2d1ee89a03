//! Values that a caller gives to a session: floats or integers, by position or by name.

use crate::Error;
use netc_compiler::prim::ValueType;
use netc_compiler::types::DType;
use netc_jit::Given;

/// Elements of one tensor in row-major order, the batch first.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// Floats.
    F32(&'a [f32]),
    /// Integers, checked against the declared range.
    Int(&'a [i32]),
}

/// Values for all inputs (and targets) of a run.
#[derive(Clone, Copy, Debug)]
pub enum Inputs<'a> {
    /// For the only input.
    One(Data<'a>),
    /// By name, in any order.
    Named(&'a [(&'a str, Data<'a>)]),
}

impl<'a> From<&'a [f32]> for Data<'a> {
    fn from(values: &'a [f32]) -> Data<'a> {
        Data::F32(values)
    }
}

impl<'a> From<&'a [i32]> for Data<'a> {
    fn from(values: &'a [i32]) -> Data<'a> {
        Data::Int(values)
    }
}

impl<'a> From<&'a Vec<f32>> for Data<'a> {
    fn from(values: &'a Vec<f32>) -> Data<'a> {
        Data::F32(values)
    }
}

impl<'a> From<&'a Vec<i32>> for Data<'a> {
    fn from(values: &'a Vec<i32>) -> Data<'a> {
        Data::Int(values)
    }
}

impl<'a, const N: usize> From<&'a [f32; N]> for Data<'a> {
    fn from(values: &'a [f32; N]) -> Data<'a> {
        Data::F32(values)
    }
}

impl<'a, const N: usize> From<&'a [i32; N]> for Data<'a> {
    fn from(values: &'a [i32; N]) -> Data<'a> {
        Data::Int(values)
    }
}

impl<'a, T: Into<Data<'a>>> From<T> for Inputs<'a> {
    fn from(values: T) -> Inputs<'a> {
        Inputs::One(values.into())
    }
}

impl<'a> From<&'a [(&'a str, Data<'a>)]> for Inputs<'a> {
    fn from(values: &'a [(&'a str, Data<'a>)]) -> Inputs<'a> {
        Inputs::Named(values)
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, Data<'a>); N]> for Inputs<'a> {
    fn from(values: &'a [(&'a str, Data<'a>); N]) -> Inputs<'a> {
        Inputs::Named(values)
    }
}

impl<'a> Inputs<'a> {
    /// The values for a name; `count` is the number of tensors that the run takes.
    #[inline]
    pub(crate) fn find(&self, name: &str, count: usize) -> Result<Data<'a>, Error> {
        match self {
            Inputs::One(data) if count == 1 => Ok(*data),
            _ => self.find_by_name(name, count),
        }
    }

    fn find_by_name(&self, name: &str, count: usize) -> Result<Data<'a>, Error> {
        match self {
            Inputs::One(_) => {
                Err(Error::Usage(format!("this run takes {count} tensors; give them by name: [(\"{name}\", …), …]")))
            }
            Inputs::Named(list) => list
                .iter()
                .find(|(known, _)| *known == name)
                .map(|&(_, data)| data)
                .ok_or_else(|| Error::Usage(format!("no values for `{name}`"))),
        }
    }

    /// Refuses names that the run does not take.
    #[inline]
    pub(crate) fn refuse_unknown<'n>(&self, known: impl Iterator<Item = &'n str> + Clone) -> Result<(), Error> {
        let Inputs::Named(list) = self else { return Ok(()) };
        for (name, _) in *list {
            if !known.clone().any(|other| other == *name) {
                let names: Vec<&str> = known.collect();
                return Err(Error::Usage(format!("no input is called `{name}`; there are: {}", names.join(", "))));
            }
        }
        Ok(())
    }
}

/// Lends floats to a run; copies integers by their bits into the input's memory, after a check of their range.
#[inline]
pub(crate) fn give<'v>(name: &str, ty: &ValueType, data: Data<'v>, to: &mut [f32]) -> Result<Given<'v>, Error> {
    match (ty.dtype, data) {
        (DType::F32, Data::F32(values)) if values.len() == to.len() => Ok(Given::Lent(values)),
        _ => write_checked(name, ty, data, to).map(|()| Given::Written),
    }
}

fn write_checked(name: &str, ty: &ValueType, data: Data<'_>, to: &mut [f32]) -> Result<(), Error> {
    let given = match data {
        Data::F32(values) => values.len(),
        Data::Int(values) => values.len(),
    };
    if given != to.len() {
        let shape: Vec<String> = ty.shape.iter().map(usize::to_string).collect();
        return Err(Error::Usage(format!(
            "`{name}` takes {} values, shape [{}] with the batch first, not {given}",
            to.len(),
            shape.join(", ")
        )));
    }
    match (ty.dtype, data) {
        (DType::Int { bound }, Data::Int(values)) => {
            for (index, (to, &value)) in to.iter_mut().zip(values).enumerate() {
                if !u32::try_from(value).is_ok_and(|value| value < bound) {
                    return Err(Error::Usage(format!("`{name}`[{index}] is {value}, outside 0..{bound}")));
                }
                *to = f32::from_bits(value as u32);
            }
        }
        (DType::F32, Data::Int(_)) => return Err(Error::Usage(format!("`{name}` takes f32 values, not integers"))),
        (other, _) => return Err(Error::Usage(format!("`{name}` takes {other}, not f32 values"))),
    }
    Ok(())
}
