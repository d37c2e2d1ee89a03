//! The declaration of an operator: name, documentation, tensor inputs and arguments, from one macro call.

use super::Misuse;
use super::argument::Argument;
use super::foreign::{foreign_argument, foreign_habit};
use super::value::Value;

/// How many tensors an operator takes before its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly these, by name.
    Named(&'static [&'static str]),
    /// One or more, as in `concat(a, b, c)`.
    Any(&'static str),
}

/// One argument of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentSpec {
    /// netc's spelling.
    pub name: &'static str,
    /// Further accepted spellings.
    pub aliases: &'static [&'static str],
    /// What it means.
    pub docs: String,
    /// What is expected, in words: "a positive integer".
    pub expected: &'static str,
    /// Bare words that the argument declares.
    pub words: &'static [&'static str],
    /// The default as it would be written, or `None` where the argument must be given.
    pub default: Option<String>,
}

/// Everything that a reader, a reference page and a check need to know of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The name in the language.
    pub name: &'static str,
    /// The reference text.
    pub docs: String,
    /// Tensor inputs.
    pub arity: Arity,
    /// Arguments in positional order.
    pub arguments: Vec<ArgumentSpec>,
}

/// An argument as the user gave it: its name unless positional, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The name, or `None` for the next one in order.
    pub name: Option<String>,
    /// The value.
    pub value: Value,
}

/// What the macro implements for the struct; object safe part.
pub trait Declared {
    /// The name in the language.
    fn name(&self) -> &'static str;
    /// The resolved arguments, as they would be written, in order.
    fn arguments(&self) -> Vec<(&'static str, String)>;
}

/// The spellings of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// netc's.
    pub name: &'static str,
    /// Further accepted ones.
    pub aliases: &'static [&'static str],
    /// Bare words that the argument declares; they win over other names in the argument's value.
    pub words: &'static [&'static str],
}

impl Spelling {
    /// Whether `name` is one of the spellings.
    pub fn matches(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// What the macro implements for the struct; static part.
pub trait Declare: Declared + Sized {
    /// The name in the language.
    const NAME: &'static str;
    /// Tensor inputs.
    const ARITY: Arity;
    /// Spellings of the arguments in positional order.
    const SPELLINGS: &'static [Spelling];
    /// Name, documentation, inputs and arguments.
    fn declaration() -> Declaration;
    /// Reads the arguments; unknown, duplicate, missing and wrong ones are all reported.
    fn read(given: &[Given]) -> Result<Self, Vec<Misuse>>;
}

/// Takes the given arguments apart by name; collects problems.
pub struct ArgumentReader<'a> {
    operator: &'static str,
    spellings: &'static [Spelling],
    given: &'a [Given],
    slots: Vec<Option<usize>>,
    problems: Vec<Misuse>,
}

impl<'a> ArgumentReader<'a> {
    /// Assigns each given argument to a declared one.
    pub fn new(operator: &'static str, spellings: &'static [Spelling], given: &'a [Given]) -> ArgumentReader<'a> {
        let mut reader =
            ArgumentReader { operator, spellings, given, slots: vec![None; spellings.len()], problems: Vec::new() };
        let mut next = 0;
        for (index, argument) in given.iter().enumerate() {
            let slot = match &argument.name {
                None => {
                    next += 1;
                    Some(next - 1).filter(|&slot| slot < spellings.len())
                }
                Some(name) => spellings.iter().position(|spelling| spelling.matches(name)),
            };
            match slot {
                Some(slot) if reader.slots[slot].is_none() => reader.slots[slot] = Some(index),
                Some(slot) => {
                    let name = spellings[slot].name;
                    let twice = Misuse::new(format!("`{name}` is given twice")).argument(name).given(index);
                    reader.problems.push(twice.help("keep one of the two"));
                }
                None => {
                    let problem = reader.surplus(argument).given(index);
                    reader.problems.push(problem);
                }
            }
        }
        reader
    }

    /// Reads the argument at `index`; `default` is used where none was given.
    pub fn take<T: Argument>(&mut self, index: usize, default: Option<T>) -> Option<T> {
        let name = self.spellings[index].name;
        let Some(given) = self.slots[index] else {
            if default.is_none() && !self.is_misspelt(name) {
                let problem = Misuse::new(format!("`{}` needs the argument `{name}`", self.operator))
                    .argument(name)
                    .help(format!("add `{name} = …`: {}", T::EXPECTED));
                self.problems.push(problem);
            }
            return default;
        };
        match T::from_value(&self.given[given].value) {
            Ok(value) => Some(value),
            Err(message) => {
                let problem = Misuse::new(format!("`{name}` {message}")).argument(name).given(given);
                self.problems.push(problem.help(format!("give {}", T::EXPECTED)));
                None
            }
        }
    }

    /// All problems, or nothing.
    pub fn finish(self) -> Vec<Misuse> {
        self.problems
    }

    /// Whether a given argument that is unknown seems to mean this one, so that one mistake is one error.
    fn is_misspelt(&self, name: &str) -> bool {
        let known = || self.spellings.iter().map(|spelling| spelling.name);
        let unknown = self.given.iter().filter_map(|given| given.name.as_deref()).filter(|given| {
            !self.spellings.iter().any(|spelling| spelling.name == *given || spelling.aliases.contains(given))
        });
        let mut meant = unknown.map(|given| {
            let translated =
                foreign_argument(given).into_iter().flatten().copied().find(|word| known().any(|name| name == *word));
            translated.or_else(|| netc_grammar::did_you_mean(given, known()))
        });
        meant.any(|meant| meant == Some(name))
    }

    fn surplus(&self, argument: &Given) -> Misuse {
        let known: Vec<&str> = self.spellings.iter().map(|spelling| spelling.name).collect();
        let list =
            if known.is_empty() { "it takes none".to_string() } else { format!("it takes {}", known.join(", ")) };
        let Some(name) = &argument.name else {
            return Misuse::new(format!("`{}` has too many arguments", self.operator)).help(list);
        };
        let translated = foreign_argument(name).filter(|words| words.iter().any(|word| known.contains(word)));
        let near = netc_grammar::did_you_mean(name, known.iter().copied());
        let help = match (translated, near) {
            (Some(words), _) => {
                let word = words.iter().find(|word| known.contains(word)).unwrap_or(&words[0]);
                format!("netc says `{word}` ({list})")
            }
            (None, _) if foreign_habit(name).is_some() => foreign_habit(name).unwrap_or_default().to_string(),
            (None, Some(near)) => format!("did you mean `{near}`? ({list})"),
            (None, None) => list,
        };
        Misuse::new(format!("`{}` has no argument `{name}`", self.operator)).help(help)
    }
}

/// Declares an operator: a struct whose fields are its arguments.
///
/// ```ignore
/// declare_op! {
///     /// Passes positive values through and multiplies negative values by `slope`.
///     pub struct LeakyRelu = "leaky_relu"(x) {
///         /// Multiplier for negative inputs.
///         slope | negative_slope: f32 = 0.01,
///     }
/// }
/// ```
/// `(x)` names the tensor inputs; `(x, ..)` takes one or more. `| negative_slope` is a further accepted spelling.
#[macro_export]
macro_rules! declare_op {
    (
        $(#[doc = $docs:expr])*
        $vis:vis struct $ty:ident = $name:literal ( $($arity:tt)* ) {
            $(
                $(#[doc = $field_docs:expr])*
                $field:ident $(| $alias:ident)* : $field_ty:ty $(= $default:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $docs])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $ty {
            $( $(#[doc = $field_docs])* pub $field: $field_ty, )*
        }

        impl $crate::op::declare::Declared for $ty {
            fn name(&self) -> &'static str {
                $name
            }

            fn arguments(&self) -> Vec<(&'static str, String)> {
                vec![$( (stringify!($field), <$field_ty as $crate::op::argument::Argument>::show(&self.$field)), )*]
            }
        }

        impl $crate::op::declare::Declare for $ty {
            const NAME: &'static str = $name;
            const ARITY: $crate::op::declare::Arity = $crate::declare_op!(@arity $($arity)*);
            const SPELLINGS: &'static [$crate::op::declare::Spelling] = &[$(
                $crate::op::declare::Spelling {
                    name: stringify!($field),
                    aliases: &[$(stringify!($alias)),*],
                    words: <$field_ty as $crate::op::argument::Argument>::WORDS,
                },
            )*];

            fn declaration() -> $crate::op::declare::Declaration {
                $crate::op::declare::Declaration {
                    name: $name,
                    docs: [$($docs),*].iter().map(|line: &&str| line.trim()).collect::<Vec<_>>().join("\n"),
                    arity: <Self as $crate::op::declare::Declare>::ARITY,
                    arguments: vec![$(
                        $crate::op::declare::ArgumentSpec {
                            name: stringify!($field),
                            aliases: &[$(stringify!($alias)),*],
                            docs: {
                                let lines: &[&str] = &[$($field_docs),*];
                                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
                            },
                            expected: <$field_ty as $crate::op::argument::Argument>::EXPECTED,
                            words: <$field_ty as $crate::op::argument::Argument>::WORDS,
                            default: {
                                let default: Option<$field_ty> = $crate::declare_op!(@default $($default)?);
                                default.map(|value| $crate::op::argument::Argument::show(&value))
                            },
                        },
                    )*],
                }
            }

            fn read(given: &[$crate::op::declare::Given]) -> Result<Self, Vec<$crate::op::Misuse>> {
                #[allow(unused_mut, reason = "operators without arguments take nothing")]
                let mut reader = $crate::op::declare::ArgumentReader::new(
                    $name, <Self as $crate::op::declare::Declare>::SPELLINGS, given);
                #[allow(unused_mut, unused_variables, reason = "operators without arguments count none")]
                let mut index = 0usize;
                $(
                    let $field: Option<$field_ty> = reader.take(index, $crate::declare_op!(@default $($default)?));
                    index += 1;
                )*
                let _ = index;
                let problems = reader.finish();
                if !problems.is_empty() {
                    return Err(problems);
                }
                match ($($field,)*) {
                    ($(Some($field),)*) => Ok($ty { $($field),* }),
                    #[allow(unreachable_patterns, reason = "operators without arguments always match")]
                    _ => Err(vec![$crate::op::Misuse::new("an argument is missing")]),
                }
            }
        }
    };
    (@default) => { None };
    (@default $default:expr) => { Some($default) };
    (@arity $input:ident, ..) => { $crate::op::declare::Arity::Any(stringify!($input)) };
    (@arity $($input:ident),* $(,)?) => { $crate::op::declare::Arity::Named(&[$(stringify!($input)),*]) };
}
