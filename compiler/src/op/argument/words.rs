//! `words!`: arguments whose values are a few bare words.

/// Declares an argument whose values are a few bare words.
///
/// ```ignore
/// words! {
///     /// Which formula.
///     pub enum Form { /// With erf. Exact = "exact" | "none", /// With tanh. Tanh = "tanh" }
/// }
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$attribute:meta])*
        $vis:vis enum $ty:ident {
            $( $(#[$variant_attribute:meta])* $variant:ident = $word:literal $(| $alias:literal)* ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $ty {
            $( $(#[$variant_attribute])* $variant, )*
        }

        impl $crate::op::argument::Argument for $ty {
            const EXPECTED: &'static str = concat!("one of", $(" `", $word, "`"),*);
            const WORDS: &'static [&'static str] = &[$($word, $($alias,)*)*];
            fn from_value(value: &$crate::op::value::Value) -> Result<$ty, String> {
                if let $crate::op::value::Value::Word(word) | $crate::op::value::Value::Text(word) = value {
                    match word.as_str() {
                        $( $word $(| $alias)* => return Ok($ty::$variant), )*
                        _ => {}
                    }
                }
                Err(format!("must be {}, not {} `{value}`", Self::EXPECTED, value.kind()))
            }
            fn show(&self) -> String {
                match self {
                    $( $ty::$variant => $word.to_string(), )*
                }
            }
        }
    };
}
