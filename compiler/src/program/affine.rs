//! Affine forms of loop variables: constant + Σ factor · variable.

use super::Var;

/// A constant and one factor per variable; terms are sorted by variable and have no zero factors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Affine {
    /// The constant.
    pub constant: i64,
    /// Variables and their factors.
    pub terms: Vec<(Var, i64)>,
}

impl Affine {
    /// A number.
    pub fn constant(constant: i64) -> Affine {
        Affine { constant, terms: Vec::new() }
    }

    /// A variable.
    pub fn var(var: Var) -> Affine {
        Affine { constant: 0, terms: vec![(var, 1)] }
    }

    /// This plus another times a factor.
    pub fn plus(&self, other: &Affine, factor: i64) -> Affine {
        let mut sum = self.clone();
        sum.constant += other.constant * factor;
        for &(var, own) in &other.terms {
            sum.add_term(var, own * factor);
        }
        sum
    }

    /// This times a factor.
    pub fn times(&self, factor: i64) -> Affine {
        Affine::default().plus(self, factor)
    }

    /// This plus a number.
    pub fn offset(mut self, constant: i64) -> Affine {
        self.constant += constant;
        self
    }

    /// The factor of a variable.
    pub fn factor(&self, var: Var) -> i64 {
        self.terms.iter().find(|term| term.0 == var).map_or(0, |term| term.1)
    }

    /// This with a variable replaced by another form.
    pub fn substitute(&self, var: Var, by: &Affine) -> Affine {
        match self.factor(var) {
            0 => self.clone(),
            factor => {
                let mut rest = self.clone();
                rest.add_term(var, -factor);
                rest.plus(by, factor)
            }
        }
    }

    fn add_term(&mut self, var: Var, factor: i64) {
        match self.terms.binary_search_by_key(&var, |term| term.0) {
            Ok(at) => {
                self.terms[at].1 += factor;
                if self.terms[at].1 == 0 {
                    self.terms.remove(at);
                }
            }
            Err(at) if factor != 0 => self.terms.insert(at, (var, factor)),
            Err(_) => {}
        }
    }
}

/// The greatest common divisor; of 0 and a number the number.
pub(crate) fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
