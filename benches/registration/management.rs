//! What is done with a client that is there: reading and updating it, and what the store keeps of many.

use std::hint::black_box;

use oauth_dcr::{Caller, ClientId, RegisterRequest, Registrar};

use super::{FULL, ready, register, registrar};

/// A registrar with one full client.
pub(crate) struct Registered {
    registrar: Registrar,
    id: ClientId,
    caller: Caller,
    stored: Box<str>,
    update: String,
}

impl Registered {
    pub(crate) fn new() -> Self {
        let registrar = registrar();
        let registration = ready(registrar.register(RegisterRequest::from_body(FULL.as_bytes()))).unwrap();
        let client = registration.client();
        let id = client.id().clone();
        let update = format!(r#"{{"client_id":"{id}",{}"#, &FULL.trim_start()[1..]);
        let caller = Caller::Bearer(registration.registration_access_token().unwrap().clone());
        let stored = serde_json::to_string(client).unwrap().into();
        Self { registrar, id, caller, stored, update }
    }

    pub(crate) fn read(&self) {
        black_box(ready(self.registrar.read(&self.id, &self.caller)).unwrap().body().len());
    }

    /// The least a store could do: hand out the text that it keeps.
    pub(crate) fn copy(&self) {
        black_box(black_box(&self.stored).clone());
    }

    pub(crate) fn update(&self) {
        let request = RegisterRequest::from_body(black_box(self.update.as_bytes())).with_caller(&self.caller);
        black_box(ready(self.registrar.update(&self.id, request)).unwrap().body().len());
    }

    pub(crate) fn register(&self) {
        black_box(register(&self.registrar, black_box(FULL)));
    }

    pub(crate) fn explain(&self) {
        let request = RegisterRequest::from_body(black_box(FULL.as_bytes()));
        black_box(ready(self.registrar.explain(request)).unwrap());
    }
}

/// The bytes that the store holds for each of so many clients, as a multiple of their JSON text.
pub(crate) fn memory(body: &str, clients: usize) -> f64 {
    let registrar = registrar();
    let registration = ready(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap();
    let text = serde_json::to_string(registration.client()).unwrap().len();
    drop(registration);
    let held = allocation_counter::measure(|| {
        for _ in 0..clients {
            register(&registrar, body);
        }
    });
    held.bytes_current as f64 / (clients * text) as f64
}

/// The same request with one member that is refused once all others were judged: it is never dearer than the same
/// request accepted.
pub(crate) fn refused(registrar: &Registrar, body: &str) {
    black_box(ready(registrar.register(RegisterRequest::from_body(black_box(body).as_bytes()))).unwrap_err());
}
