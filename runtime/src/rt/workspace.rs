//! Memory that predictions work in, and one run of a program.

use core::marker::PhantomData;

use super::owned::require;
use super::schedule::Numbers;
use super::{Nested, Network, Owned, Prepared, Program, Schedule, Storage, TooSmall, Version};

/// Memory for the predictions of network `N`. One per thread; a network is shared by any number of them.
#[derive(Debug)]
pub struct Workspace<N, S = Owned> {
    work: S,
    prepared: Option<Prepared>,
    network: PhantomData<fn() -> N>,
}

#[cfg(feature = "std")]
impl<N: Network> Workspace<N> {
    /// Allocates the memory.
    ///
    /// # Panics
    /// When there is not enough.
    #[expect(clippy::new_without_default, reason = "an allocation is spelled out")]
    pub fn new() -> Self {
        Self { work: super::allocate(N::WORKSPACE_FLOATS), prepared: None, network: PhantomData }
    }
}

impl<N: Network, S: Storage> Workspace<N, S> {
    /// Works in memory of the caller's, of at least [`Network::WORKSPACE_FLOATS`].
    ///
    /// # Errors
    /// When it is smaller.
    pub fn in_memory(work: S) -> Result<Self, TooSmall> {
        require(&work, N::WORKSPACE_FLOATS)?;
        Ok(Self { work, prepared: None, network: PhantomData })
    }

    /// Begins a run of one of the network's programs.
    pub fn begin(&mut self, program: &'static Program) -> Run<'_> {
        let work = self.work.floats_mut();
        Run {
            schedule: program.schedule,
            state: &mut [],
            work,
            prepared: &mut self.prepared,
            numbers: Numbers::default(),
        }
    }
}

/// An integer input is not below its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The input's name.
    pub input: &'static str,
    /// Position of the element, in row-major order.
    pub index: usize,
    /// The element.
    pub value: u32,
    /// What it must be below.
    pub bound: u32,
}

impl core::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { input, index, value, bound } = self;
        write!(f, "element {index} of `{input}` is {value}, but must be below {bound}")
    }
}

impl core::error::Error for OutOfRange {}

/// One run of a program: inputs are given, it is run, results are read.
#[derive(Debug)]
pub struct Run<'w> {
    pub(super) schedule: &'static Schedule,
    pub(super) state: &'w mut [f32],
    pub(super) work: &'w mut [f32],
    pub(super) prepared: &'w mut Option<Prepared>,
    pub(super) numbers: Numbers,
}

impl<'w> Run<'w> {
    /// Copies an input to its place.
    pub fn give<T: Nested<Element = f32>>(&mut self, at: usize, value: &T) {
        self.give_elements(at, value.flat());
    }

    /// Copies the elements of an input to its place; integers by their bits, whose range nobody checks here.
    pub fn give_elements(&mut self, at: usize, elements: &[f32]) {
        self.work.iter_mut().skip(at).zip(elements).for_each(|(word, element)| *word = *element);
    }

    /// Copies an input of integers to its place.
    ///
    /// # Errors
    /// When one is not below `bound`.
    pub fn give_integers<T: Nested<Element = u32>>(
        &mut self,
        input: &'static str,
        at: usize,
        bound: u32,
        value: &T,
    ) -> Result<(), OutOfRange> {
        for (index, (word, &element)) in self.work.iter_mut().skip(at).zip(value.flat()).enumerate() {
            if element >= bound {
                return Err(OutOfRange { input, index, value: element, bound });
            }
            *word = f32::from_bits(element);
        }
        Ok(())
    }

    /// Runs a program that only reads parameters; whether to its end.
    pub fn predict(&mut self, params: &[f32], version: Version) -> bool {
        self.schedule.read(params, version, self.work, self.prepared, self.numbers)
    }

    /// Runs a program that changes parameters and slots; whether to its end.
    pub fn step(&mut self, params: &mut [f32]) -> bool {
        self.schedule.write(params, self.state, self.work, self.numbers)
    }

    /// A number among the results.
    pub fn number(&self, at: usize) -> f32 {
        self.work.get(at).copied().unwrap_or(f32::NAN)
    }

    /// Ends the run: its results stay readable.
    pub fn results(self) -> Results<'w> {
        Results(self.work)
    }
}

/// Results of a run.
#[derive(Clone, Copy, Debug)]
pub struct Results<'w>(&'w [f32]);

impl<'w> Results<'w> {
    /// Elements of a result; none if it does not lie in the workspace.
    pub fn elements(self, at: usize, count: usize) -> &'w [f32] {
        self.0.get(at..at + count).unwrap_or_default()
    }

    /// A result at its place.
    ///
    /// # Panics
    /// Never for the places that generated code names.
    pub fn floats<T: Nested<Element = f32>>(self, at: usize) -> &'w T {
        T::from_flat(self.elements(at, T::ELEMENTS)).expect("a result lies in the workspace")
    }

    /// A result of integers or truths at its place.
    ///
    /// # Panics
    /// Never for the places that generated code names.
    pub fn integers<T: Nested<Element = u32>>(self, at: usize) -> &'w T {
        let elements = self.elements(at, T::ELEMENTS);
        // SAFETY: the two types have one size and alignment, and every pattern of bits is a value of either.
        let words = unsafe { core::slice::from_raw_parts(elements.as_ptr().cast::<u32>(), elements.len()) };
        T::from_flat(words).expect("a result lies in the workspace")
    }
}
