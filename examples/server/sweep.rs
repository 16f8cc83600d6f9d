//! The scheduler: removes clients whose time is up.

use std::sync::Arc;
use std::time::Duration;

use oauth_dcr::{ClientDirectory, Error, Registrar};
use tokio::time::{MissedTickBehavior, interval};

use crate::current::Current;

/// How many clients are removed in one go.
const BATCH: usize = 500;

/// Sweeps now and again, for ever. Several nodes may: what one removed the other does not find.
pub(crate) async fn every(period: Duration, current: Arc<Current>, directory: Arc<dyn ClientDirectory>) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let serving = current.get();
        match sweep(&serving.registrar, &*directory).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "swept"),
            // It is tried again at the next tick.
            Err(error) => tracing::warn!(?error, "sweeping failed"),
        }
    }
}

async fn sweep(registrar: &Registrar, directory: &dyn ClientDirectory) -> Result<usize, Error> {
    let mut removed = 0;
    loop {
        let batch = registrar.sweep(directory, BATCH).await?;
        removed += batch;
        if batch < BATCH {
            return Ok(removed);
        }
    }
}
