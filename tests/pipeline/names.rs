//! Networks that are called like what generated Rust is made of: the runtime's types, the code's own, Rust's. All stand
//! in one module, so that each also meets the names of the others.

use netc_tests::models;

/// Networks that differ in their names alone.
macro_rules! networks {
    ($($network:ident => $name:ident,)*) => {
        #[expect(clippy::upper_case_acronyms, clippy::self_named_constructors, reason = "any name")]
        mod named {
            $(
                netc::network! {
                    pub network $network {
                        input x: [2];
                        output y = x -> dense(3) -> sigmoid;
                    }

                    train $network {
                        target label: int in 0..3;
                        loss = cross_entropy(y, label);
                        optimizer = adam(rate = 0.1);
                        batch = 2;
                    }
                }
            )*
        }

        /// The type's name, and what it predicts after a step.
        fn outcomes() -> Vec<(&'static str, [f32; 3])> {
            vec![$({
                let mut network = named::$name::new(1);
                let mut training = named::$name::training();
                network.train_step(&mut training, &[[1.0, 2.0], [3.0, 4.0]], &[0, 2]).expect("classes below 3");
                (stringify!($name), *network.predict(&mut named::$name::workspace(), &[0.5, -0.5]))
            }),*]
        }
    };
}

networks! {
    plain => Plain,
    // Of the runtime.
    aligned => Aligned, base => Base, distribution => Distribution, element => Element, epilogue => Epilogue,
    finish => Finish, Float => Float, Int => Int, lanes => Lanes, LANES => LANES, line => Line, loops => Loops,
    mask => Mask, nested => Nested, Network => Network, operand => Operand, out_of_range => OutOfRange, owned => Owned,
    parameter => Parameter, parameter_info => ParameterInfo, predicts => Predicts, prepared => Prepared,
    prepared_call => PreparedCall, program => Program, region => Region, results => Results, run => Run,
    schedule => Schedule, segment => Segment, sizes => Sizes, slot => Slot, slots => Slots, start => Start,
    storage => Storage, tile_size => TileSize, too_small => TooSmall, training => Training, trains => Trains,
    version => Version, weights_error => WeightsError, weights_problem => WeightsProblem, workspace => Workspace,
    // Of the code.
    this_network => ThisNetwork, b => B, c0 => C0, k => K, l => L, s => S, t => T, n => N, params => Params,
    state => State, work => Work, constants => Constants, STEP => STEP,
    // Of Rust.
    result => Result, ok => Ok, err => Err, option => Option, some => Some, none => None, vec => Vec, string => String,
    box => Box, default => Default, clone => Clone, copy => Copy, debug => Debug, send => Send, sync => Sync,
    sized => Sized, drop => Drop, iterator => Iterator, into => Into, from => From, f32 => F32, u64 => U64, bool => Bool,
    core => Core, std => Std, netc => Netc,
    // Keywords.
    type => Type, self => SelfNetwork, fn => Fn, struct => Struct, match => Match,
    impl => Impl, crate => Crate, super => Super, static => Static, async => Async, dyn => Dyn,
}

#[test]
fn any_network_can_have_any_name() {
    let outcomes = outcomes();
    let (_, plain) = outcomes[0];
    for (name, outcome) in outcomes {
        assert_eq!(outcome, plain, "{name}");
    }
}

#[test]
fn all_types_of_the_runtime_are_tried() {
    let text =
        std::fs::read_to_string(models::root().join("runtime/src/rt/mod.rs")).expect("the module of the runtime");
    let tried: Vec<&str> = outcomes().iter().map(|(name, _)| *name).collect();
    let exports = text.split("pub use").skip(1).map(|rest| rest.split(';').next().unwrap_or(rest));
    for word in exports.flat_map(|export| export.split(|c: char| !c.is_alphanumeric() && c != '_')) {
        assert!(!word.starts_with(char::is_uppercase) || tried.contains(&word), "`{word}` is not tried");
    }
}
