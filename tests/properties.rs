//! What holds for every input: no panic, updates that change nothing, order without meaning, cost in proportion.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::Arc;

use oauth_dcr::metadata::fields;
use oauth_dcr::testing::{CountingEntropy, ManualClock, run};
use oauth_dcr::{Caller, Error, ErrorCode, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn config(changes: Value) -> RegistrarConfig {
    let mut config = json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "scopes": [
            { "id": "openid", "default": true },
            { "id": "profile", "default": true },
            { "id": "email", "default": true },
        ],
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

/// Identifiers and credentials are the same in each new registrar.
fn registrar(changes: Value) -> Registrar {
    Registrar::builder(config(changes), MemoryClientStore::default())
        .clock(ManualClock::new())
        .entropy(CountingEntropy::new())
        .build()
        .unwrap()
}

fn register(registrar: &Registrar, body: &[u8]) -> Result<oauth_dcr::Registration, Error> {
    run(registrar.register(RegisterRequest::from_body(body)))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec![
            "",
            "none",
            "RS256",
            "code",
            "code id_token",
            "https://a.example/",
            "http://[::1",
            "web",
            "\0"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_#]{0,6}|keys|kty|n|e|x5c", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Members that the table has, some with a language tag.
fn any_metadata() -> impl Strategy<Value = Value> {
    let names: Vec<&str> = fields::TABLE.iter().map(|row| row.name).collect();
    let name = (select(names), select(vec!["", "", "", "#fr", "#ja-Jpan-JP", "#", "#-", "#é"]))
        .prop_map(|(name, tag)| format!("{name}{tag}"));
    prop::collection::btree_map(name, any_json(), 0..12)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever comes, there is an answer.
    #[test]
    fn bytes_never_panic(body in vec(any::<u8>(), 0..200)) {
        for reading in ["strict", "lenient"] {
            let registrar = registrar(json!({ "reading": reading }));
            if let Err(error) = register(&registrar, &body) {
                prop_assert!((400..500).contains(&registrar.wire_error(&error).status));
            }
        }
    }

    /// Every member with every JSON type: an answer, and nothing stored with a refusal.
    #[test]
    fn metadata_of_any_type_never_panics(metadata in any_metadata()) {
        for reading in ["strict", "lenient"] {
            let store = Arc::new(MemoryClientStore::default());
            let registrar = Registrar::builder(config(json!({ "reading": reading })), Shared(store.clone()))
                .build()
                .unwrap();
            match register(&registrar, metadata.to_string().as_bytes()) {
                Ok(_) => prop_assert_eq!(store.len(), 1),
                Err(error) => {
                    prop_assert!((400..500).contains(&registrar.wire_error(&error).status));
                    prop_assert_eq!(store.len(), 0);
                }
            }
        }
    }
}

/// A store that the test looks into.
#[derive(Debug)]
struct Shared(Arc<MemoryClientStore>);

#[async_trait::async_trait]
impl oauth_dcr::ClientStore for Shared {
    async fn insert(&self, client: &oauth_dcr::Client) -> Result<(), oauth_dcr::StoreError> {
        self.0.insert(client).await
    }
    async fn get(
        &self,
        id: &oauth_dcr::ClientId,
    ) -> Result<Option<oauth_dcr::Client>, oauth_dcr::StoreError> {
        self.0.get(id).await
    }
    async fn replace(&self, client: &oauth_dcr::Client, revision: u64) -> Result<(), oauth_dcr::StoreError> {
        self.0.replace(client, revision).await
    }
    async fn delete(&self, id: &oauth_dcr::ClientId) -> Result<bool, oauth_dcr::StoreError> {
        self.0.delete(id).await
    }
}

/// Metadata that the standard profile takes: `bits` say which members there are, `pick` which values they have.
fn valid((bits, pick): (u64, u32)) -> Value {
    let has = |bit: u32| bits >> bit & 1 == 1;
    let of = |values: &[&str], shift: u32| values[(pick >> shift) as usize % values.len()].to_owned();
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        all.insert(name.to_owned(), value);
    };
    let native = has(0);
    put("application_type", if native { "native" } else { "web" }.into());
    let mut uris = vec!["https://client.example/cb", "https://client.example/cb?a=b%20c"];
    if native {
        uris.push("http://127.0.0.1/cb");
    }
    put("redirect_uris", json!(uris));
    let (grants, responses) = match pick % 4 {
        0 => (json!(["authorization_code"]), json!(["code"])),
        1 => (json!(["authorization_code", "refresh_token"]), json!(["code"])),
        2 => (json!(["authorization_code", "implicit"]), json!(["code", "code id_token"])),
        _ => (json!(["authorization_code", "client_credentials"]), json!(["code"])),
    };
    // The implicit grant of a native client would be one more exception.
    if !native || pick % 4 != 2 {
        put("grant_types", grants);
        put("response_types", responses);
    }
    let method =
        of(&["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"], 3);
    let has_keys = has(1) || method == "private_key_jwt";
    // A public client has no credentials of its own (RFC 6749 section 4.4).
    let method = if method == "none" && pick % 4 == 3 { "client_secret_basic".to_owned() } else { method };
    if has_keys {
        put("jwks_uri", "https://client.example/keys".into());
    }
    if method == "private_key_jwt" && has(2) {
        put("token_endpoint_auth_signing_alg", of(&["RS256", "PS256", "ES256"], 5).into());
    }
    put("token_endpoint_auth_method", method.into());
    for (bit, name) in [(3, "client_name"), (4, "client_name#fr"), (5, "client_name#ja-Jpan-JP")] {
        if has(bit) {
            put(name, of(&["Example", "Exemple \u{e9}", "\u{30af}\u{30e9}", "a \"b\" \\ c"], 7).into());
        }
    }
    for (bit, name) in [
        (6, "client_uri"),
        (7, "logo_uri"),
        (8, "tos_uri"),
        (9, "policy_uri"),
        (10, "logo_uri#fr"),
        (11, "tos_uri#de-CH"),
        (12, "initiate_login_uri"),
        (13, "backchannel_logout_uri"),
        (14, "frontchannel_logout_uri"),
    ] {
        if has(bit) {
            put(name, of(&["https://client.example/page", "https://client.example/p/q?r=s"], 9).into());
        }
    }
    for (bit, name) in [(15, "post_logout_redirect_uris"), (16, "request_uris")] {
        if has(bit) {
            put(name, json!(["https://client.example/one", "https://client.example/two"]));
        }
    }
    for (bit, name) in [
        (17, "require_auth_time"),
        (20, "dpop_bound_access_tokens"),
        (21, "access_token_as_jwt"),
        (22, "rpt_as_jwt"),
        (23, "require_pkce"),
        (24, "default_prompt_login"),
        (25, "keep_client_authorization_after_expiration"),
        (26, "run_introspection_script_before_jwt_creation"),
        (27, "tls_client_certificate_bound_access_tokens"),
        (28, "use_mtls_endpoint_aliases"),
    ] {
        if has(bit) {
            // Two ways to bind tokens are one too many (RFC 9449 section 5.2).
            put(name, (bit != 27 && pick >> (bit % 16) & 1 == 1).into());
        }
    }
    for (bit, name) in [
        (29, "default_max_age"),
        (30, "access_token_lifetime"),
        (31, "id_token_lifetime"),
        (32, "par_lifetime"),
    ] {
        if has(bit) {
            put(name, (60 + pick % 1000).into());
        }
    }
    for (bit, name) in [
        (33, "contacts"),
        (34, "default_acr_values"),
        (35, "keywords"),
        (36, "additional_audience"),
        (37, "authorization_details_types"),
    ] {
        if has(bit) {
            put(name, json!([of(&["a@client.example", "b"], 11), "third"]));
        }
    }
    for (bit, name) in [
        (38, "software_id"),
        (39, "software_version"),
        (40, "org_id"),
        (41, "description"),
        (42, "display_name#fr"),
    ] {
        if has(bit) {
            put(name, of(&["one", "4NRB1-0XZABZI9E6-5SM3R", "2.0"], 13).into());
        }
    }
    for (bit, name) in [
        (43, "id_token_signed_response_alg"),
        (44, "userinfo_signed_response_alg"),
        (45, "authorization_signed_response_alg"),
        (46, "introspection_signed_response_alg"),
        (47, "access_token_signing_alg"),
    ] {
        if has(bit) {
            put(name, of(&["RS256", "ES256", "PS256"], 15).into());
        }
    }
    if has_keys {
        for (bit, name) in [(48, "id_token"), (49, "userinfo"), (50, "authorization"), (51, "introspection")]
        {
            if has(bit) {
                // An encrypted answer is signed first (JARM section 5, RFC 9701 section 6).
                put(&format!("{name}_signed_response_alg"), "RS256".into());
                put(&format!("{name}_encrypted_response_alg"), of(&["RSA-OAEP-256", "ECDH-ES"], 17).into());
                if has(52) {
                    put(
                        &format!("{name}_encrypted_response_enc"),
                        of(&["A128GCM", "A256CBC-HS512"], 18).into(),
                    );
                }
            }
        }
        if has(53) {
            put("request_object_signing_alg", of(&["RS256", "ES256"], 19).into());
        }
    }
    if has(54) {
        put("scope", of(&["openid", "openid profile", "email openid profile"], 20).into());
    }
    if has(55) {
        put("subject_type", of(&["public", "public"], 21).into());
    }
    Value::Object(all)
}

/// What the caller may send back of an answer (RFC 7592 section 2.2).
fn to_update(body: &str) -> Value {
    let mut value: Value = serde_json::from_str(body).unwrap();
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        value.as_object_mut().unwrap().remove(name);
    }
    value
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(cases(128))]

    /// RFC 7592 section 2.2: a client that sends back what it read changes nothing, however often.
    #[test]
    fn an_update_with_what_was_read_changes_nothing(metadata in any::<(u64, u32)>().prop_map(valid)) {
        let registrar = registrar(json!({}));
        let created = match register(&registrar, metadata.to_string().as_bytes()) {
            Ok(created) => created,
            Err(error) => panic!("{metadata}: {error:?}"),
        };
        let id = created.client().id();
        let caller = Caller::Bearer(created.registration_access_token().unwrap().clone());
        let read = run(registrar.read(id, &caller)).unwrap();
        prop_assert_eq!(read.client(), created.client());
        for _ in 0..2 {
            let body = to_update(read.body()).to_string();
            let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
            let updated = match run(registrar.update(id, request)) {
                Ok(updated) => updated,
                Err(error) => panic!("{metadata}: {body}: {error:?}"),
            };
            prop_assert_eq!(updated.status(), 200);
            prop_assert_eq!(parsed(updated.client().metadata_json()), parsed(read.client().metadata_json()));
            prop_assert_eq!(parsed(updated.body()), parsed(read.body()));
        }
    }

    /// RFC 8259 section 4: the order of members has no meaning.
    #[test]
    fn the_order_of_members_has_no_meaning(metadata in any::<(u64, u32)>().prop_map(valid), by in any::<usize>()) {
        let mut members: Vec<String> =
            metadata.as_object().unwrap().iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        let one = format!("{{{}}}", members.join(","));
        let by = by % members.len();
        members.rotate_left(by);
        members.reverse();
        let other = format!("{{{}}}", members.join(","));
        let answer = |body: &str| parsed(register(&registrar(json!({})), body.as_bytes()).unwrap().body());
        prop_assert_eq!(answer(&one), answer(&other));
    }

    /// A refused request registers nothing; the store is not even asked.
    ///
    /// Refuses: OIR-071
    #[test]
    fn a_refused_request_stores_nothing(metadata in any::<(u64, u32)>().prop_map(valid), fault in 0..5_usize) {
        let mut metadata = metadata;
        let (name, value) = [
            ("redirect_uris", json!(["http://client.example/cb"])),
            ("grant_types", json!("authorization_code")),
            ("token_endpoint_auth_method", json!("unheard_of")),
            ("logo_uri", json!("javascript:alert(1)")),
            ("software_statement", json!("a.b.c")),
        ][fault].clone();
        metadata[name] = value;
        let inner = Arc::new(MemoryClientStore::default());
        let registrar = Registrar::builder(config(json!({})), Shared(inner.clone())).build().unwrap();
        prop_assert!(register(&registrar, metadata.to_string().as_bytes()).is_err());
        prop_assert!(inner.is_empty());
    }
}

/// A slow and obvious judge of a web client's redirection URI.
fn is_acceptable(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("https://") else { return false };
    if uri.contains(['#', '*', '\\', ' ', '"', '<', '>', '^', '`', '{', '|', '}'])
        || !uri.is_ascii()
        || uri.contains(char::is_control)
    {
        return false;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if let Some(port) = port
        && (port.starts_with('0')
            || port == "443"
            || !matches!(port.parse::<u16>(), Ok(1..))
            || port.contains('+'))
    {
        return false;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.starts_with("xn--")
    };
    let last = labels[labels.len() - 1];
    if labels.len() < 2
        || !labels.iter().all(is_label)
        || ["local", "internal", "localhost"].contains(&last)
        || last.chars().all(|c| c.is_ascii_digit())
    {
        return false;
    }
    if tail.starts_with('?') || tail.contains("..;") {
        return false;
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let is_dots = |segment: &str| [".", ".."].contains(&segment.to_lowercase().replace("%2e", ".").as_str());
    !path.split('/').any(is_dots) && escapes_are_good(path, "/\\") && escapes_are_good(query, "")
}

fn escapes_are_good(text: &str, hidden: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits: String = after.chars().take(2).collect();
        let is_hex = digits.len() == 2 && digits.chars().all(|c| c.is_ascii_hexdigit());
        is_hex && {
            let byte = u8::from_str_radix(&digits, 16).unwrap();
            byte >= 0x20 && byte != 0x7f && !hidden.contains(char::from(byte))
        }
    })
}

fn any_uri() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        8 => Just("https://"),
        1 => select(vec!["http://", "HTTPS://", "com.example.app:/", "javascript:", "https:/", "https:", "//", "ftp://"]),
    ];
    let user = prop_oneof![12 => Just(""), 1 => select(vec!["@", "user@", "user:pw@"])];
    let host = prop_oneof![
        8 => select(vec!["client.example", "a.b.c.example", "x-y.example", "1.example"]),
        4 => select(vec![
            "localhost", "127.0.0.1", "[::1]", "Client.example", "client.example.", "-a.example", "a-.example",
            "client", "", "a..example", "xn--bcher-kva.example", "printer.local", "db.internal", "a.localhost",
            "10.0.0.1", "1.2", "a_b.example", "*.example", "client%2eexample", "[2001:db8::1]",
        ]),
    ];
    let port = prop_oneof![
        6 => Just(""),
        3 => select(vec![":8443", ":443", ":0", ":", ":08", ":65535", ":65536", ":80", ":x", ":1"]),
    ];
    let piece = prop_oneof![
        4 => select(vec!["/", "/cb", "/a-b_c~", "//", "/a;b=c", "/%20", "/%C3%A9", "/@", "/:", "?a=b", "?x=%2F&y=%5C"]),
        1 => select(vec!["/..", "/.", "/%2e%2E", "/%2F", "/%5c", "/%00", "/%7f", "/%", "/%4", "/%zz", "/..;", "#", "#a", "*",
            "\\", " ", "\u{e9}", "?", "/...", "/.a", "?..", "?%", "?%0a", "\t", "{", "?/../a"]),
    ];
    (scheme, user, host, port, vec(piece, 0..4))
        .prop_map(|(scheme, user, host, port, tail)| format!("{scheme}{user}{host}{port}{}", tail.concat()))
}

/// One change of one character, which a parser might repair.
fn mutated() -> impl Strategy<Value = String> {
    let change = prop_oneof![3 => Just(None), 1 => (any::<usize>(), select(vec!['/', ':', '@', '.', '%', '\\', '?', 'A'])).prop_map(Some)];
    (any_uri(), change).prop_map(|(uri, change)| match change {
        None => uri,
        Some((at, put)) => {
            let mut all: Vec<char> = uri.chars().collect();
            let at = at % (all.len() + 1);
            all.insert(at, put);
            all.into_iter().collect()
        }
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    /// RFC 9700 section 2.1: the judge and a model of it in the simplest words are of one mind.
    #[test]
    fn redirect_uris_are_judged_as_the_model_says(uri in mutated()) {
        // Random identifiers: counted ones repeat.
        thread_local!(static REGISTRAR: Registrar =
            Registrar::builder(config(json!({})), MemoryClientStore::default()).build().unwrap());
        let body = json!({ "application_type": "web", "redirect_uris": [uri] }).to_string();
        let result = REGISTRAR.with(|registrar| register(registrar, body.as_bytes()));
        match result {
            Ok(_) => prop_assert!(is_acceptable(&uri), "taken: {}", uri),
            Err(Error::Rejected(rejection)) => {
                prop_assert_eq!(&rejection.code, &ErrorCode::INVALID_REDIRECT_URI, "{}", uri);
                prop_assert!(!is_acceptable(&uri), "refused: {}: {:?}", uri, rejection);
            }
            Err(error) => panic!("{uri}: {error}"),
        }
    }
}
