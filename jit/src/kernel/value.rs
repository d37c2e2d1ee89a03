//! Values during translation: a kind, and one register or one register per group of four lanes.

use super::Emitter;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use netc_compiler::program::Scalar;

/// Up to four of something, one per group of lanes.
pub(super) type Group<T> = Vec<T>;

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// f32
    F32,
    /// i32
    I32,
    /// The result of a comparison: an i8 of 0 or 1, or lanes of all zeros or all ones.
    Truth,
}

impl From<Scalar> for Kind {
    fn from(scalar: Scalar) -> Kind {
        match scalar {
            Scalar::F32 => Kind::F32,
            Scalar::I32 => Kind::I32,
        }
    }
}

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// The same in all lanes: one scalar register.
    Uniform(Kind, Value),
    /// One vector register per group.
    Wide(Kind, Group<Value>),
}

impl Val {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Val::Uniform(kind, _) | Val::Wide(kind, _) => *kind,
        }
    }
}

/// The register type of a kind.
pub(super) fn register(kind: Kind, is_wide: bool) -> Type {
    match (kind, is_wide) {
        (Kind::F32, false) => types::F32,
        (Kind::F32, true) => types::F32X4,
        (Kind::I32, false) => types::I32,
        (Kind::I32 | Kind::Truth, true) => types::I32X4,
        (Kind::Truth, false) => types::I8,
    }
}

impl Emitter<'_> {
    /// Applies an operation register by register; uniform if all operands are.
    pub(super) fn apply<const N: usize>(
        &mut self,
        kind: Kind,
        operands: [Val; N],
        operation: impl Fn(&mut Self, bool, [Value; N]) -> Value,
    ) -> Val {
        let mut uniform = Vec::with_capacity(N);
        for operand in &operands {
            if let Val::Uniform(_, value) = operand {
                uniform.push(*value);
            }
        }
        if let Ok(values) = <[Value; N]>::try_from(uniform) {
            return Val::Uniform(kind, operation(self, false, values));
        }
        let wide = operands.map(|operand| self.widen(operand));
        let groups = wide[0].len();
        let results = (0..groups).map(|group| operation(self, true, std::array::from_fn(|n| wide[n][group]))).collect();
        Val::Wide(kind, results)
    }

    /// One vector register per group.
    pub(super) fn widen(&mut self, value: Val) -> Group<Value> {
        match value {
            Val::Wide(_, values) => values,
            Val::Uniform(kind, value) => {
                let value = match kind {
                    Kind::Truth => {
                        let word = self.builder.ins().uextend(types::I32, value);
                        self.builder.ins().ineg(word)
                    }
                    _ => value,
                };
                let splat = self.builder.ins().splat(register(kind, true), value);
                vec![splat; self.lanes.map_or(1, |lanes| lanes.groups)]
            }
        }
    }

    /// The value as f32 or i32 registers: a truth becomes 0 or 1.
    pub(super) fn stored(&mut self, value: Val) -> Val {
        match value.kind() {
            Kind::Truth => self.apply(Kind::I32, [value], |emitter, is_wide, [truth]| {
                if is_wide {
                    let one = emitter.int(true, 1);
                    emitter.builder.ins().band(truth, one)
                } else {
                    emitter.builder.ins().uextend(types::I32, truth)
                }
            }),
            _ => value,
        }
    }

    /// The value as a truth: integers are compared with 0.
    pub(super) fn truth(&mut self, value: Val) -> Val {
        use cranelift_codegen::ir::condcodes::IntCC;
        match value.kind() {
            Kind::Truth => value,
            _ => self.apply(Kind::Truth, [value], |emitter, is_wide, [word]| {
                let zero = emitter.int(is_wide, 0);
                emitter.builder.ins().icmp(IntCC::NotEqual, word, zero)
            }),
        }
    }

    /// An integer constant.
    pub(super) fn int(&mut self, is_wide: bool, value: i32) -> Value {
        let scalar = self.builder.ins().iconst(types::I32, i64::from(value));
        if is_wide { self.builder.ins().splat(types::I32X4, scalar) } else { scalar }
    }

    /// A float constant.
    pub(super) fn float(&mut self, is_wide: bool, value: f32) -> Value {
        let scalar = self.builder.ins().f32const(value);
        if is_wide { self.builder.ins().splat(types::F32X4, scalar) } else { scalar }
    }
}
