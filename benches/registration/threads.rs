//! What two threads at once cost: the time on a processor, so that neither the number of processors nor what else runs
//! on them counts.

use std::fs;
use std::sync::Barrier;
use std::thread;

/// Nanoseconds on a processor, of this thread. Nothing where the system does not tell (it is Linux that does).
fn on_processor() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The time of one run with two threads at it, as a multiple of that with one.
pub(crate) fn ratio(runs: u32, run: impl Fn() + Sync) -> Option<f64> {
    let of = |threads: usize| {
        let barrier = Barrier::new(threads);
        let cost = || {
            barrier.wait();
            let start = on_processor()?;
            (0..runs).for_each(|_| run());
            Some(on_processor()? - start)
        };
        let spent: Option<u64> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(cost)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        spent.map(|spent| spent as f64 / threads as f64)
    };
    // In turns, and the median: what else the machine does lasts longer than a turn.
    let mut ratios = (0..201).map(|_| Some(of(2)? / of(1)?)).collect::<Option<Vec<f64>>>()?;
    ratios.sort_by(f64::total_cmp);
    Some(ratios[ratios.len() / 2])
}
