//! Pools of any size against one thread; teams whose workers come late or never.

use super::*;

/// Adds to each unit's element what the pass before left in its neighbour, so that a missing barrier shows.
unsafe extern "C" fn neighbours(_: *const u8, pointers: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    for unit in begin..end {
        // SAFETY: the tests' tables hold a source and a destination of 64 elements.
        unsafe {
            let (from, to) = ((*pointers.add(1)).cast_const(), *pointers);
            let index = unit as usize;
            *to.add(index) = *from.add(index) + *from.add((index + 7) % 64) * 0.5;
        }
    }
}

/// Stops the walk when the first element passes 100.
unsafe extern "C" fn judge(_: *const u8, pointers: *const *mut f32, _: u32, _: u32, _: *mut f32) {
    // SAFETY: the tests' tables hold the values and a flag.
    unsafe { **pointers.add(1) = f32::from(**pointers > 100.0) };
}

fn run(threads: usize) -> (Vec<f32>, Walk) {
    let mut a: Vec<f32> = (0..64).map(|i| i as f32 / 64.0).collect();
    let mut b = vec![0.0f32; 64];
    let mut flag = 0.0f32;
    let there = [b.as_mut_ptr(), a.as_mut_ptr()];
    let back = [a.as_mut_ptr(), b.as_mut_ptr()];
    let verdict = [a.as_mut_ptr(), &raw mut flag];
    let step = |function, pointers: &[*mut f32; 2], units, stop| Step {
        function,
        plan: core::ptr::null(),
        pointers: pointers.as_ptr(),
        units,
        together: 1,
        stop,
    };
    let mut steps = Vec::new();
    for _ in 0..100 {
        steps.push(step(neighbours, &there, 64, core::ptr::null()));
        steps.push(step(neighbours, &back, 64, core::ptr::null()));
        steps.push(step(judge, &verdict, 1, &raw const flag));
    }
    let pool = Pool::new(threads);
    // SAFETY: the tables point to 64 elements and a flag that outlive the walk; units write their own element.
    let walk = unsafe { pool.walk(&steps, core::ptr::null_mut(), 0) };
    (a, walk)
}

#[test]
fn any_number_of_threads_gives_the_same_bits_and_stops_at_the_same_step() {
    let (alone, stopped) = run(1);
    assert!(matches!(stopped, Walk::Stopped(at) if at > 3 && at < 299), "{stopped:?}");
    for threads in [2, 3, 4, 9] {
        assert_eq!((alone.clone(), stopped), run(threads), "{threads} threads");
    }
}

#[test]
fn parked_workers_wake_up() {
    let pool = Pool::new(2);
    let mut values = vec![1.0f32; 64];
    let mut results = vec![0.0f32; 64];
    let pointers = [results.as_mut_ptr(), values.as_mut_ptr()];
    let step = Step {
        function: neighbours,
        plan: core::ptr::null(),
        pointers: pointers.as_ptr(),
        units: 64,
        together: 1,
        stop: core::ptr::null(),
    };
    for _ in 0..20 {
        thread::sleep(std::time::Duration::from_millis(2));
        // SAFETY: as above.
        assert_eq!(unsafe { pool.walk(&[step], core::ptr::null_mut(), 0) }, Walk::Done);
    }
    assert!(results.iter().all(|&x| x == 1.5));
}

/// Adds 1 to each unit's element.
unsafe extern "C" fn count(_: *const u8, pointers: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    for unit in begin..end {
        // SAFETY: the tests' tables hold as many elements as their steps have units.
        unsafe { *(*pointers).add(unit as usize) += 1.0 };
    }
}

#[test]
fn each_unit_runs_once_in_many_tiny_steps_on_more_threads_than_cores() {
    const STEPS: usize = 500;
    let threads = 2 * thread::available_parallelism().map_or(1, usize::from) + 3;
    let pool = Pool::new(threads);
    for (units, together) in (2..40).zip([1, 2, 5].into_iter().cycle()) {
        let mut counts = vec![0.0f32; units];
        let pointers = [counts.as_mut_ptr()];
        let (plan, stop) = (core::ptr::null(), core::ptr::null());
        let step = Step { function: count, plan, pointers: pointers.as_ptr(), units: units as u32, together, stop };
        // SAFETY: the table points to an element for each unit.
        assert_eq!(unsafe { pool.walk(&[step; STEPS], core::ptr::null_mut(), 0) }, Walk::Done);
        assert_eq!(counts, vec![STEPS as f32; units]);
    }
}

/// A job of [`count`] for three threads.
fn job(pointers: &[*mut f32; 1], units: u32) -> Job {
    let (plan, scratch) = (core::ptr::null(), core::ptr::null_mut());
    Job {
        function: count,
        plan,
        pointers: pointers.as_ptr(),
        units,
        together: 1,
        threads: 3,
        scratch,
        scratch_floats: 0,
    }
}

/// Writes to each unit's element how many units were executed with it.
unsafe extern "C" fn size(_: *const u8, pointers: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    for unit in begin..end {
        // SAFETY: as for `count`.
        unsafe { *(*pointers).add(unit as usize) = (end - begin) as f32 };
    }
}

#[test]
fn own_units_are_taken_together() {
    let mut sizes = [0.0f32; 12];
    let pointers = [sizes.as_mut_ptr()];
    let run = |together: u32| {
        let team = Team::new(3);
        let job = Job { function: size, together, ..job(&pointers, 12) };
        // SAFETY: the table points to an element for each unit; this is the only thread.
        unsafe { team.run(&job, &[]) };
    };
    run(1);
    assert_eq!(sizes, [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    run(3);
    assert_eq!(sizes, [3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn nobody_waits_for_workers_that_take_nothing() {
    // Three threads are planned for, and none but this one comes.
    let team = Team::new(3);
    let mut counts = [0.0f32; 7];
    let pointers = [counts.as_mut_ptr()];
    // SAFETY: the table points to an element for each unit.
    unsafe { team.run(&job(&pointers, 7), &[]) };
    assert_eq!(counts, [1.0; 7]);
}

#[test]
fn a_worker_that_comes_late_takes_nothing_of_a_later_step() {
    let team = Team::new(3);
    let (mut counts, mut later) = ([0.0f32; 7], [0.0f32; 9]);
    let (early, now) = ([counts.as_mut_ptr()], [later.as_mut_ptr()]);
    let first = job(&early, 7);
    // SAFETY: the tables point to an element for each unit; this is the only thread.
    unsafe { team.run(&first, &[]) };
    team.publish(&job(&now, 9));
    // SAFETY: as above.
    assert_eq!(unsafe { team.take_units(&first, 1, 1) }, 0);
    assert_eq!((counts, later), ([1.0; 7], [0.0; 9]));
    // SAFETY: as above.
    assert_eq!(unsafe { team.take_units(&job(&now, 9), 2, 2) }, 9);
    assert_eq!(later, [1.0; 9]);
}
