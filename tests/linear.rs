//! What a request costs grows with its size and not with the square of it: memory, counted, for shapes that tempt a
//! reader to compare everything with everything. The bench measures the time of the same shapes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../benches/registration/hostile.rs"]
mod hostile;

use allocation_counter::measure;
use oauth_dcr::RegisterRequest;
use oauth_dcr::testing::run;

use crate::hostile::{SHAPES, registrar};

#[test]
fn inv_14_memory_grows_with_the_size_of_a_request() {
    for shape in SHAPES {
        let cost = |count: usize| {
            let (registrar, body) = (registrar(), (shape.body)(count));
            let mut outcome = None;
            let used = measure(|| {
                outcome = Some(run(registrar.register(RegisterRequest::from_body(body.as_bytes()))).is_ok());
            });
            assert_eq!(outcome, Some(shape.is_taken), "{}", shape.name);
            (body.len() as f64, used.count_total as f64, used.bytes_total as f64)
        };
        let (small, large) = (cost(shape.count), cost(shape.count * 8));
        let growth = large.0 / small.0;
        assert!(growth > 5.0, "{}: {growth}", shape.name);
        // A list that doubles its room when it is full may be at the worst of it.
        assert!(large.1 / small.1 < growth * 1.5, "{}: {small:?} {large:?}", shape.name);
        assert!(large.2 / small.2 < growth * 2.5, "{}: {small:?} {large:?}", shape.name);
    }
}
