//! Learns the exclusive or on the spot, without the standard library and without an allocator: all memory is static.
//!
//! `netc check xor.net --target static` says how much: the sizes of the statics below, to the byte.

#![no_std]
#![no_main]

use core::ffi::c_int;
use netc::{Aligned, Training, Workspace, network};

network!("xor.net" as Xor);

#[used]
static mut PARAMETERS: Aligned<{ Xor::PARAMETER_FLOATS }> = Aligned::ZEROED;
#[used]
static mut WORKSPACE: Aligned<{ Xor::WORKSPACE_FLOATS }> = Aligned::ZEROED;
#[used]
static mut TRAINING: Aligned<{ Xor::TRAINING_FLOATS }> = Aligned::ZEROED;
#[used]
static mut X: [f32; 2] = [0.0; 2];
#[used]
static mut Y: [f32; 1] = [0.0; 1];

const POINTS: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const TRUTHS: [[f32; 1]; 4] = [[0.0], [1.0], [1.0], [0.0]];
const STEPS: u32 = 1000;

#[link(name = "c")]
unsafe extern "C" {
    safe fn putchar(character: c_int) -> c_int;
}

/// Prints a line per point and gives 0 if all four are learned.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    // SAFETY: the program has one thread, and this function, which takes them, runs once.
    let (parameters, workspace, training, x, y) = unsafe {
        (
            &mut *&raw mut PARAMETERS,
            &mut *&raw mut WORKSPACE,
            &mut *&raw mut TRAINING,
            &mut *&raw mut X,
            &mut *&raw mut Y,
        )
    };
    let network = Xor::in_memory(parameters, 1);
    let (Ok(mut network), Ok(mut training)) = (network, Training::in_memory(training)) else { return 2 };
    let Ok(mut workspace) = Workspace::in_memory(workspace) else { return 2 };
    for _ in 0..STEPS {
        network.train_step(&mut training, &POINTS, &TRUTHS);
    }
    let mut wrong = 0;
    for (point, truth) in POINTS.iter().zip(&TRUTHS) {
        *x = *point;
        *y = *network.predict(&mut workspace, x);
        let answer = if y[0] > 0.5 { 1.0 } else { 0.0 };
        for character in [digit(x[0]), b' ', digit(x[1]), b' ', digit(answer), b'\n'] {
            putchar(c_int::from(character));
        }
        wrong += c_int::from(answer != truth[0]);
    }
    wrong
}

fn digit(value: f32) -> u8 {
    if value > 0.5 { b'1' } else { b'0' }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
