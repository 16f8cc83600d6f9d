//! A registrar with everything that a test wants to look at or to move, and the literals of its answers.

use std::fmt;
use std::sync::Arc;

use oauth_dcr::testing::{CountingEntropy, FailingStore, ManualClock, run};
use oauth_dcr::{
    Caller, Client, ClientId, ClientStore, Error, MemoryClientStore, Profile, RegisterRequest, Registrar,
    RegistrarBuilder, RegistrarConfig, Registration, RegistrationAccessToken, WireError,
};
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z.
pub(crate) const ISSUED: i64 = 1_767_225_600;

/// Identifier, token and secret of each draw: bytes 00 to 6f, 70 to df, e0 to 4f, 50 to bf.
pub(crate) const ID: [&str; 4] = [
    "00010203-0405-4607-8809-0a0b0c0d0e0f",
    "70717273-7475-4677-b879-7a7b7c7d7e7f",
    "e0e1e2e3-e4e5-46e7-a8e9-eaebecedeeef",
    "50515253-5455-4657-9859-5a5b5c5d5e5f",
];
pub(crate) const TOKEN: [&str; 4] = [
    "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8",
    "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8",
    "8PHy8_T19vf4-fr7_P3-_wABAgMEBQYHCAkKCwwNDg8",
    "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8",
];
pub(crate) const SECRET: [&str; 4] = [
    "MDEyMzQ1Njc4OTo7PD0-P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ubw",
    "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr_AwcLDxMXGx8jJysvMzc7P0NHS09TV1tfY2drb3N3e3w",
    "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4_QEFCQ0RFRkdISUpLTE1OTw",
    "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp-goaKjpKWmp6ipqqusra6vsLGys7S1tre4ubq7vL2-vw",
];

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

/// The key of RFC 7517 appendix A.1, for signatures.
pub(crate) fn jwks() -> Value {
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }] })
}

/// A registrar with everything that a test wants to look at or to move.
pub(crate) struct Server<S = MemoryClientStore> {
    pub(crate) registrar: Registrar,
    pub(crate) store: Arc<FailingStore<S>>,
    pub(crate) clock: ManualClock,
    pub(crate) entropy: CountingEntropy,
}

pub(crate) fn server(changes: Value) -> Server {
    server_with(changes, MemoryClientStore::default(), |builder| builder)
}

pub(crate) fn server_with<S: ClientStore + 'static>(
    changes: Value,
    store: S,
    parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
) -> Server<S> {
    let (store, clock, entropy) =
        (Arc::new(FailingStore::new(store)), ManualClock::new(), CountingEntropy::new());
    let builder =
        Registrar::builder(config(changes), store.clone()).clock(clock.clone()).entropy(entropy.clone());
    Server { registrar: parts(builder).build().unwrap(), store, clock, entropy }
}

pub(crate) fn config(changes: Value) -> RegistrarConfig {
    let properties = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true,
    });
    serde_json::from_value(with(properties, changes)).unwrap()
}

pub(crate) fn profile(changes: Value) -> Profile {
    let named = json!({ "dcr_profile": 1, "name": "test", "extends": ["standard"] });
    serde_json::from_value(with(named, changes)).unwrap()
}

/// An object with more members, or others; `null` removes none.
pub(crate) fn with(mut object: Value, members: Value) -> Value {
    object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object
}

impl<S: ClientStore> Server<S> {
    pub(crate) fn register(&self, members: Value) -> Result<Registration, Error> {
        run(self.registrar.register(RegisterRequest::from_body(members.to_string().as_bytes())))
    }

    /// Registers with the redirection URI that most clients here have.
    #[track_caller]
    pub(crate) fn registered(&self, members: Value) -> Registration {
        self.register(with(json!({ "redirect_uris": [REDIRECT] }), members)).unwrap()
    }

    #[track_caller]
    pub(crate) fn enroll(&self, members: Value) {
        assert_eq!(self.registered(members).status(), 201);
    }

    pub(crate) fn read(&self, id: &str, token: &str) -> Result<Registration, Error> {
        run(self.registrar.read(&client_id(id), &bearer(token)))
    }

    pub(crate) fn update(&self, id: &str, token: &str, members: Value) -> Result<Registration, Error> {
        self.update_raw(id, &bearer(token), members.to_string().as_bytes())
    }

    pub(crate) fn update_raw(&self, id: &str, caller: &Caller, body: &[u8]) -> Result<Registration, Error> {
        run(self.registrar.update(&client_id(id), RegisterRequest::from_body(body).with_caller(caller)))
    }

    pub(crate) fn delete(&self, id: &str, token: &str) -> Result<(), Error> {
        run(self.registrar.delete(&client_id(id), &bearer(token)))
    }

    pub(crate) fn stored(&self, id: &str) -> Option<Client> {
        run(self.store.inner().get(&client_id(id))).unwrap()
    }

    pub(crate) fn put(&self, client: &Client) {
        run(self.store.inner().insert(client)).unwrap();
    }

    #[track_caller]
    pub(crate) fn refusal<T: fmt::Debug>(&self, result: Result<T, Error>) -> WireError {
        self.registrar.wire_error(&result.expect_err("a refusal"))
    }

    /// Asserts status and body of a refusal, and the headers that every one has.
    #[track_caller]
    pub(crate) fn refuses<T: fmt::Debug>(
        &self,
        result: Result<T, Error>,
        status: u16,
        code: &str,
        description: &str,
    ) {
        let wire = self.refusal(result);
        let expected = json!({ "error": code, "error_description": description }).to_string();
        assert_eq!((wire.status, &*wire.body), (status, &*expected));
        for header in
            [("content-type", "application/json"), ("cache-control", "no-store"), ("pragma", "no-cache")]
        {
            assert!(wire.headers.contains(&(header.0, header.1.to_owned())), "{:?}", wire.headers);
        }
    }
}

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

pub(crate) fn bearer(token: &str) -> Caller {
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}

/// The body of an answer. No member is there twice (R92-053).
#[track_caller]
pub(crate) fn body(registration: &Registration) -> Value {
    struct Names(Vec<String>);
    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(mut self, mut map: A) -> Result<Vec<String>, A::Error> {
            while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                assert!(!self.0.contains(&name), "the member {name} is there twice");
                self.0.push(name);
            }
            Ok(self.0)
        }
    }
    use serde::Deserializer;
    let text = registration.body();
    serde_json::Deserializer::from_str(text).deserialize_map(Names(Vec::new())).unwrap();
    assert_eq!(serde_json::to_value(registration).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    serde_json::from_str(text).unwrap()
}

#[track_caller]
pub(crate) fn names(registration: &Registration) -> Vec<String> {
    let mut names: Vec<String> = body(registration).as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}
