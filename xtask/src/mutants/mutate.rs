//! Rewrites Rust source so that it holds many mutants at once: each place asks which one is chosen.

use std::collections::BTreeSet;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{BinOp, Expr, Item, Lit, Token, UnOp, parse_quote};

/// The text with the functions that `start` reaches rewritten; one description per mutant is appended to `mutants`.
pub fn mutate(file: &str, text: &str, start: Option<&str>, mutants: &mut Vec<String>) -> Result<String, String> {
    let mut tree = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
    let chosen = functions(&tree, start);
    let mut mutator = Mutator { file, lines: text.lines().collect(), mutants };
    for item in &mut tree.items {
        if let Item::Fn(function) = item
            && chosen.contains(&function.sig.ident.to_string())
        {
            mutator.visit_block_mut(&mut function.block);
        }
    }
    Ok(quote::quote!(#tree).to_string())
}

/// Names of the functions that `start` calls, directly or not; all where there is no start.
fn functions(tree: &syn::File, start: Option<&str>) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl Visit<'_> for Names {
        fn visit_ident(&mut self, ident: &proc_macro2::Ident) {
            self.0.insert(ident.to_string());
        }
    }
    let all = tree.items.iter().filter_map(|item| match item {
        Item::Fn(function) => Some(function),
        _ => None,
    });
    let mut reached: BTreeSet<String> = start.map(str::to_string).into_iter().collect();
    loop {
        let mut more = reached.clone();
        for function in all.clone() {
            let name = function.sig.ident.to_string();
            if start.is_none() {
                more.insert(name);
            } else if reached.contains(&name) {
                let mut names = Names(BTreeSet::new());
                names.visit_block(&function.block);
                more.extend(
                    all.clone().map(|other| other.sig.ident.to_string()).filter(|other| names.0.contains(other)),
                );
            }
        }
        if more == reached {
            return reached;
        }
        reached = more;
    }
}

struct Mutator<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    mutants: &'a mut Vec<String>,
}

/// Methods of the builder whose result is a value that can be scaled; `fill` has its number instead.
const EMITTERS: &[&str] = &[
    "add",
    "broadcast_along",
    "concat",
    "contract_labels",
    "conv_adjoint",
    "flip",
    "map",
    "map1",
    "map2",
    "map_program",
    "mean",
    "mul",
    "pad_gaps",
    "permute",
    "push",
    "reduce",
    "reshape",
    "slice",
    "slice_all",
    "softmax",
    "spread",
    "sum",
    "window",
];

/// Methods with two arguments of one type, and which.
const SWAPPED: &[(&str, usize, usize)] =
    &[("conv_adjoint", 1, 2), ("contract_labels", 0, 2), ("contract_labels", 1, 3), ("map2", 0, 1), ("select", 0, 1)];

/// Methods that give a truth value.
const TESTS: &[&str] = &["contains", "is_empty", "is_float", "is_some_and", "any", "all"];

/// Enumerations of primitives, each of whose values stands in for each other one.
const CHOICES: &[(&str, &[&str])] = &[
    ("ConvForm", &["Forward", "InputGradient", "WeightGradient"]),
    ("ReduceOp", &["Sum", "Max", "Variance"]),
    ("WindowOp", &["Max", "Sum", "Pick", "SpreadSum", "SpreadPick"]),
];

impl Mutator<'_> {
    /// The number of the first of some mutants of one place.
    fn register(&mut self, place: &impl Spanned, what: &[String]) -> usize {
        let line = place.span().start().line;
        let first = self.mutants.len();
        let source = self.lines.get(line.wrapping_sub(1)).map_or("", |line| line.trim());
        self.mutants.extend(what.iter().map(|what| format!("{}:{line}: {what} in `{source}`", self.file)));
        first
    }

    fn binary(&mut self, expr: &syn::ExprBinary) -> Option<Expr> {
        let (left, op, right) = (&expr.left, &expr.op, &expr.right);
        let symbol = quote::quote!(#op).to_string();
        if let BinOp::And(_) | BinOp::Or(_) = op {
            return None;
        }
        if let BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) = op {
            let first = self.register(expr, &[format!("`{symbol}` turned")]);
            return Some(parse_quote! {
                (match (&(#left), &(#right)) { (left, right) => (left #op right) != crate::mutant::is(#first) })
            });
        }
        let others: &[&str] = match op {
            BinOp::Add(_) => &["-"],
            BinOp::Sub(_) => &["+", "swap"],
            BinOp::Mul(_) => &["/", "+"],
            BinOp::Div(_) => &["*", "swap"],
            BinOp::Rem(_) => &["/"],
            BinOp::AddAssign(_) | BinOp::DivAssign(_) => return Some(self.assignment(expr)),
            _ => return None,
        };
        let what: Vec<String> = others.iter().map(|other| format!("`{symbol}` becomes `{other}`")).collect();
        let first = self.register(expr, &what);
        let count = others.len();
        let arms = others.iter().zip(1usize..).map(|(other, number)| -> proc_macro2::TokenStream {
            let changed: Expr = match *other {
                "swap" => parse_quote!(right #op left),
                "+" => parse_quote!(left + right),
                "-" => parse_quote!(left - right),
                "*" => parse_quote!(left * right),
                _ => parse_quote!(left / right),
            };
            quote::quote!(#number => #changed,)
        });
        Some(parse_quote! {
            (match (#left, #right) {
                (left, right) => match crate::mutant::among(#first, #count) { #(#arms)* _ => left #op right }
            })
        })
    }

    fn assignment(&mut self, expr: &syn::ExprBinary) -> Expr {
        let (left, right) = (&expr.left, &expr.right);
        let first = self.register(expr, &["the assignment is left out".to_string()]);
        parse_quote!(if !crate::mutant::is(#first) { #expr } else { let _ = (&#left, #right); })
    }

    fn method(&mut self, call: &syn::ExprMethodCall) -> Option<Expr> {
        let name = call.method.to_string();
        let mut result: Expr = Expr::MethodCall(call.clone());
        let mut changed = false;
        if matches!(name.as_str(), "less" | "greater") {
            let (receiver, method, argument) = (&call.receiver, &call.method, &call.args[0]);
            let first = self.register(call, &[format!("operands of `{name}` swapped")]);
            result = parse_quote! {
                (if crate::mutant::is(#first) {
                    crate::prim::scalar::Scalar::from(#argument).#method(#receiver)
                } else { #result })
            };
            changed = true;
        }
        for &(_, one, other) in SWAPPED.iter().filter(|(method, ..)| *method == name) {
            if call.args.len() <= other {
                continue;
            }
            let mut swapped = call.clone();
            (swapped.args[one], swapped.args[other]) = (call.args[other].clone(), call.args[one].clone());
            let first = self.register(call, &[format!("arguments {one} and {other} of `{name}` swapped")]);
            result = parse_quote!((if crate::mutant::is(#first) { #swapped } else { #result }));
            changed = true;
        }
        if name == "then" {
            let first = self.register(call, &["the gradient is left out".to_string()]);
            result = parse_quote!(#result.filter(|_| !crate::mutant::is(#first)));
            changed = true;
        }
        if TESTS.contains(&name.as_str()) {
            let first = self.register(call, &[format!("`{name}` turned")]);
            result = parse_quote!((#result != crate::mutant::is(#first)));
            changed = true;
        }
        let receiver = &call.receiver;
        let builds = matches!(quote::quote!(#receiver).to_string().as_str(), "graph" | "builder");
        if builds && EMITTERS.contains(&name.as_str()) {
            let what = [format!("`{name}` gets the other sign"), format!("`{name}` is doubled")];
            let first = self.register(call, &what);
            result = parse_quote!({ let emitted = #result; #receiver.emitted(#first, emitted) });
            changed = true;
        }
        changed.then_some(result)
    }

    fn path(&mut self, path: &syn::ExprPath) -> Option<Expr> {
        let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.iter().any(|name| name == "consts") {
            let first = self.register(path, &["a constant is larger".to_string(), "a constant is negated".to_string()]);
            return Some(parse_quote!(crate::mutant::number(#first, #path)));
        }
        let [kind, value] = names.as_slice() else { return None };
        let (_, values) = CHOICES.iter().find(|(known, _)| known == kind)?;
        let others: Vec<syn::Ident> =
            values.iter().filter(|other| *other != value).map(|other| quote::format_ident!("{other}")).collect();
        let what: Vec<String> = others.iter().map(|other| format!("`{value}` becomes `{other}`")).collect();
        let first = self.register(path, &what);
        let (count, kind) = (others.len(), quote::format_ident!("{kind}"));
        let numbers = 1usize..;
        let arms = others.iter().zip(numbers).map(|(other, number)| quote::quote!(#number => #kind::#other,));
        Some(parse_quote!((match crate::mutant::among(#first, #count) { #(#arms)* _ => #path })))
    }

    fn literal(&mut self, literal: &syn::ExprLit) -> Option<Expr> {
        match &literal.lit {
            Lit::Float(number) => {
                let what = [format!("{number} is larger by 1"), format!("{number} gets another sign")];
                let first = self.register(literal, &what);
                Some(parse_quote!(crate::mutant::number(#first, #number)))
            }
            Lit::Int(number) => {
                let first = self.register(literal, &[format!("{number} is larger by 1")]);
                Some(parse_quote!(crate::mutant::count(#first, #number)))
            }
            _ => None,
        }
    }

    fn vector(&mut self, body: &mut proc_macro2::TokenStream) {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(mut items) = syn::parse::Parser::parse2(list, body.clone()) {
            items.iter_mut().for_each(|item| self.visit_expr_mut(item));
            *body = quote::quote!(#items);
        }
    }
}

impl VisitMut for Mutator<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Assign(assign) = expr {
            return self.visit_expr_mut(&mut assign.right);
        }
        if let Expr::Macro(call) = expr {
            if call.mac.path.is_ident("vec") {
                self.vector(&mut call.mac.tokens);
            }
            return;
        }
        visit_expr_mut(self, expr);
        let changed = match expr {
            Expr::Binary(binary) => self.binary(binary),
            Expr::MethodCall(call) => self.method(call),
            Expr::Path(path) => self.path(path),
            Expr::Lit(literal) => self.literal(literal),
            Expr::Unary(unary) => match unary.op {
                UnOp::Neg(_) => {
                    let first = self.register(unary, &["the sign is left out".to_string()]);
                    Some(
                        parse_quote!({ let negated = #unary; if crate::mutant::is(#first) { -negated } else { negated } }),
                    )
                }
                UnOp::Not(_) => {
                    let first = self.register(unary, &["`!` is left out".to_string()]);
                    Some(parse_quote!(((#unary) != crate::mutant::is(#first))))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(changed) = changed {
            *expr = changed;
        }
    }

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
}
