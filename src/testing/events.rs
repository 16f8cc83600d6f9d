//! A sink that remembers.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::event::{EventSink, RegistrationEvent};

/// An event sink that keeps what it was told, as it serialises, without the time. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingEvents(Arc<Mutex<Vec<Value>>>);

impl RecordingEvents {
    /// A sink that was told nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The events since the last time, in order.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl EventSink for RecordingEvents {
    fn record(&self, event: &RegistrationEvent<'_>) {
        let mut form = serde_json::to_value(event).expect("the form of an event");
        form.as_object_mut().unwrap().remove("at");
        self.0.lock().unwrap().push(form);
    }
}
