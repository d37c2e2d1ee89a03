//! Kernel plans as Rust: one call of a constructor each.

use super::expression::float;
use netc_plan::winograd::TileSize;
use netc_plan::{
    AttendAxis, AttendPlan, Axis, Border, ContractPlan, CopyAxis, CopyPlan, Distribution, Epilogue, FillPlan, Kernel,
    MapOperand, MapStrides, Operand, OuterAxis, Panels, RandomPlan, RowAxis, SharedAxis, TapAxis, WinogradFilterPlan,
    WinogradPlan, WinogradWeightsPlan,
};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The kernel with its plan.
pub(super) fn kernel(kernel: &Kernel) -> TokenStream {
    match kernel {
        Kernel::Contract(plan) => contract(plan),
        Kernel::Attend(AttendPlan { outer, queries, keys, depth, width, scale, causal }) => {
            let used = outer.iter().rposition(|axis| axis.extent != 1).map_or(0, |last| last + 1);
            let outer = outer[..used]
                .iter()
                .map(|&AttendAxis { extent, q, k, v, o }| numbers(&[i64::from(extent), q, k, v, o]));
            let shared = [queries, keys, depth, width]
                .map(|&SharedAxis { extent, first, second }| numbers(&[i64::from(extent), first, second]));
            let scale = float(*scale);
            quote!(attend(&[#(#outer),*], [#(#shared),*], #scale, #causal))
        }
        Kernel::Winograd(plan) => winograd(plan),
        Kernel::WinogradFilter(WinogradFilterPlan { tile: size, k, n, row, column, k_stride, n_stride }) => {
            let (tile, channels) = (tile(*size), extents(&[*k, *n]));
            let strides = numbers(&[*row, *column, *k_stride, *n_stride]);
            quote!(winograd_filter(#tile, #channels, #strides))
        }
        Kernel::WinogradWeights(plan) => {
            let WinogradWeightsPlan { tile: size, images, height, width, k, n, x, y, w, block, chunk } = plan;
            let (tile, sizes) = (tile(*size), extents(&[*images, *height, *width, *k, *n]));
            let (x, y, w, blocks) = (map(x), map(y), numbers(w), extents(&[*block, *chunk]));
            quote!(winograd_weights(#tile, #sizes, #x, #y, #w, #blocks))
        }
        Kernel::Copy(CopyPlan { axes }) => {
            let used = axes.iter().filter(|axis| **axis != CopyAxis::UNUSED).map(|axis| {
                let CopyAxis { extent, before, valid, source, destination } = *axis;
                numbers(&[i64::from(extent), i64::from(before), i64::from(valid), source, destination])
            });
            quote!(copy(&[#(#used),*]))
        }
        Kernel::Fill(FillPlan { axes, value }) => {
            let (axes, value) = (boxed(axes), float(*value));
            quote!(fill(&[#axes], #value))
        }
        Kernel::Random(RandomPlan { axes, stream, first, distribution }) => {
            let axes = boxed(axes);
            let distribution = match distribution {
                Distribution::Uniform => quote!(Distribution::Uniform),
                Distribution::Normal => quote!(Distribution::Normal),
            };
            quote!(random(&[#axes], #stream, #first, #distribution))
        }
    }
}

fn contract(plan: &ContractPlan) -> TokenStream {
    let ContractPlan { outer, maxima, m, n, taps, k, b_panels, c_panels, chunk, slots, epilogue, .. } = plan;
    let ContractPlan { by_rows, operand_count, operands, .. } = plan;
    // Panels say by its position where the stride of an outer axis lies.
    let used = outer.iter().rposition(|axis| axis.extent != 1).map_or(0, |last| last + 1);
    let outer = outer[..used].iter();
    let outer = outer.map(|&OuterAxis { extent, a, b, c }| numbers(&[i64::from(extent), a, b, c]));
    let RowAxis { extent, a, c } = *m;
    let rows = numbers(&[i64::from(extent), a, c]);
    let tap = |&TapAxis { extent, a, b }: &TapAxis| numbers(&[i64::from(extent), a, b]);
    let (taps, k) = (taps.iter().filter(|tap| tap.extent != 1).map(tap), tap(k));
    let (b, c) = (columns(b_panels), columns(c_panels));
    let n = Literal::u32_unsuffixed(*n);
    let chunk = Literal::u32_unsuffixed(*chunk);
    let finish = finish(*epilogue);
    let extra = operands.iter().take(*operand_count as usize).map(|&Operand { outer, m, n, panels }| {
        let (m, n, columns, outer) = (number(m), number(n), columns(&panels), numbers(&outer[..used]));
        quote!((#m, #n, #columns, &#outer))
    });
    let call = quote! {
        contract(&[#(#outer),*], #rows, #n, &[#(#taps),*], #k, (#b, #c), (#chunk, #slots, #by_rows), #finish, &[#(#extra),*])
    };
    let call = if plan.is_by_column() { quote!(by_column(#call)) } else { call };
    let call = if plan.tap_border.is_none() && plan.k_border.is_none() {
        call
    } else {
        let (tap, k) = (border(&plan.tap_border), border(&plan.k_border));
        quote!(borders(#call, #tap, #k))
    };
    if *maxima == 0 {
        return call;
    }
    let axes = Literal::u32_unsuffixed(*maxima);
    quote!(maxima(#call, #axes))
}

fn border(border: &Border) -> TokenStream {
    let &Border { extent, first, outer, m, tap, run } = border;
    let used = outer.iter().rposition(|&by| by != 0).map_or(0, |last| last + 1);
    let [first, m, tap] = [first, m, tap].map(|by| number(by.into()));
    let outer = outer[..used].iter().map(|&by| number(by.into()));
    let [extent, run] = [extent, run].map(Literal::u32_unsuffixed);
    quote!((#extent, #first, &[#(#outer),*], [#m, #tap], #run))
}

fn finish(epilogue: Epilogue) -> TokenStream {
    match epilogue {
        Epilogue::None => quote!(Finish::None),
        Epilogue::Bias => quote!(Finish::Bias),
        Epilogue::BiasRelu => quote!(Finish::BiasRelu),
        Epilogue::BiasResidual => quote!(Finish::BiasResidual),
        Epilogue::BiasResidualRelu => quote!(Finish::BiasResidualRelu),
        Epilogue::Gate => quote!(Finish::Gate),
        Epilogue::ResidualGate => quote!(Finish::ResidualGate),
        Epilogue::Generated => quote!(Finish::Generated),
    }
}

fn winograd(plan: &WinogradPlan) -> TokenStream {
    let WinogradPlan { tile: size, images, height, width, k, n, x, y, shared, pool, epilogue, operand_count, operands } =
        plan;
    let (tile, sizes) = (tile(*size), extents(&[*images, *height, *width, *k, *n, *pool]));
    let (x, y, finish) = (map(x), map(y), finish(*epilogue));
    let extra = operands.iter().take(*operand_count as usize).map(|MapOperand { strides, n }| {
        let (strides, n) = (map(strides), number(*n));
        quote!((#strides, #n))
    });
    quote!(winograd(#tile, #sizes, #x, #y, #shared, #finish, &[#(#extra),*]))
}

fn tile(size: TileSize) -> TokenStream {
    match size {
        TileSize::Two => quote!(TileSize::Two),
        TileSize::Four => quote!(TileSize::Four),
    }
}

fn map(&MapStrides { image, row, pixel }: &MapStrides) -> TokenStream {
    numbers(&[image, row, pixel])
}

fn columns(panels: &Panels) -> TokenStream {
    let (stride, inside) = (number(panels.stride), Literal::u32_unsuffixed(panels.inside));
    quote!((#stride, #inside))
}

/// The axes of a box up to the last that is used; their order has a meaning.
fn boxed(axes: &[Axis; 8]) -> TokenStream {
    let used = axes.iter().rposition(|axis| *axis != Axis::UNUSED).map_or(0, |last| last + 1);
    let axes = axes[..used].iter().map(|&Axis { extent, stride }| numbers(&[i64::from(extent), stride]));
    quote!(#(#axes),*)
}

fn extents(values: &[u32]) -> TokenStream {
    let values = values.iter().map(|&value| Literal::u32_unsuffixed(value));
    quote!([#(#values),*])
}

fn numbers(values: &[i64]) -> TokenStream {
    let values = values.iter().map(|&value| number(value));
    quote!([#(#values),*])
}

pub(super) fn number(value: i64) -> TokenStream {
    let size = Literal::u64_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#size) } else { quote!(#size) }
}
