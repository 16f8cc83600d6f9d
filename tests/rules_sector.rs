//! Pairwise subjects, sector documents, CIBA, and what is asked of the network.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::testing::{StaticResolver, run};
use oauth_dcr::{
    Caller, Error, FetchPurpose, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig, Rejection,
};
use serde_json::{Value, json};

const ENDPOINT: &str = "https://op.example.com/register";
const SECTOR: &str = "https://sector.example.org/uris.json";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const NOT_VERIFIED: &str =
    "could not be verified: it must answer 200 with a JSON array of the redirection URIs";

/// A server, and the network as it sees it.
struct Server {
    registrar: Registrar,
    network: StaticResolver,
}

impl Server {
    #[track_caller]
    fn new(extra: &Value) -> Self {
        let mut config = json!({ "registrationEndpoint": ENDPOINT, "dynamicRegistrationEnabled": true });
        config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let config: RegistrarConfig = serde_json::from_value(config).unwrap();
        let network = StaticResolver::new();
        let registrar = Registrar::builder(config, MemoryClientStore::default())
            .jwks_resolver(network.clone())
            .build()
            .unwrap();
        Self { registrar, network }
    }

    /// A server where the sector document holds these URIs.
    #[track_caller]
    fn with_sector(uris: Value) -> Self {
        let server = Self::new(&json!({}));
        server.network.insert(SECTOR, uris);
        server
    }

    #[track_caller]
    fn accepts(&self, body: &Value) -> Value {
        match run(self.registrar.register(RegisterRequest::from_body(body.to_string().as_bytes()))) {
            Ok(registration) => serde_json::from_str(registration.body()).unwrap(),
            Err(error) => panic!("{body}: {}", shown(&error)),
        }
    }

    /// Refuses, with this violation among others.
    #[track_caller]
    fn refuses(&self, body: &Value, field: &str, rule: &str, message: &str) -> Rejection {
        match run(self.registrar.register(RegisterRequest::from_body(body.to_string().as_bytes()))) {
            Ok(registration) => panic!("{body}: accepted as {}", registration.body()),
            Err(error) => refused(error, field, rule, message),
        }
    }
}

#[track_caller]
fn refused(error: Error, field: &str, rule: &str, message: &str) -> Rejection {
    let text = shown(&error);
    let Error::Rejected(rejection) = error else { panic!("{text}") };
    let is_named = rejection.violations.iter().any(|violation| {
        violation.field == field && violation.rule == rule && violation.message.contains(message)
    });
    assert!(is_named, "expected {field} {rule} {message:?}, got {text}");
    assert_eq!(rejection.code.as_str(), "invalid_client_metadata");
    rejection
}

fn shown(error: &Error) -> String {
    match error {
        Error::Rejected(rejection) => {
            let lines = rejection
                .violations
                .iter()
                .map(|violation| format!("{} {} {:?}", violation.field, violation.rule, violation.message));
            lines.collect::<Vec<_>>().join("; ")
        }
        error => format!("{error:?}"),
    }
}

/// The object with the members of another one; `null` takes a member away.
fn with(base: &Value, more: Value) -> Value {
    let mut base = base.clone();
    let members = base.as_object_mut().unwrap();
    let Value::Object(more) = more else { panic!("an object") };
    for (name, value) in more {
        match value {
            Value::Null => members.remove(&name),
            value => members.insert(name, value),
        };
    }
    base
}

fn one_host() -> Value {
    json!({ "redirect_uris": ["https://a.example/cb"] })
}

fn two_hosts() -> Value {
    json!({ "redirect_uris": ["https://a.example/cb", "https://b.example/cb"] })
}

/// A subject type is one that the server has.
///
/// Accepts: OIR-016, DEC-26
/// Refuses: OIR-016, DEC-26
#[test]
fn subject_types_of_the_server() {
    let server = Server::new(&json!({ "subjectTypesSupported": ["public"] }));
    let answer = server.accepts(&with(&one_host(), json!({ "subject_type": "public" })));
    assert_eq!(answer["subject_type"], "public");
    let body = with(&one_host(), json!({ "subject_type": "pairwise" }));
    server.refuses(&body, "subject_type", "one_of", "public");
    let server = Server::new(&json!({}));
    assert_eq!(server.accepts(&body)["subject_type"], "pairwise");
    for other in ["Pairwise", "ephemeral", "public pairwise"] {
        let body = with(&one_host(), json!({ "subject_type": other }));
        server.refuses(&body, "subject_type", "one_of", "pairwise");
    }
}

/// The redirection URIs of a pairwise client are on one host, whatever the port, or a
/// sector document ties them together.
///
/// Accepts: OIR-033, OIR-034, X-13
/// Refuses: OIR-033, OIR-034, X-13
#[test]
fn one_host_or_a_sector_document() {
    let server =
        Server::with_sector(json!(["https://a.example/cb", "https://b.example/cb", "com.a.app:/cb"]));
    let pairwise = |uris: &[&str]| json!({ "subject_type": "pairwise", "redirect_uris": uris });
    server.accepts(&pairwise(&["https://a.example/cb"]));
    server.accepts(&pairwise(&["https://a.example/cb", "https://a.example:8443/other?x=1"]));
    server.accepts(&two_hosts());
    server.accepts(&with(&two_hosts(), json!({ "subject_type": "public" })));
    for uris in [
        &["https://a.example/cb", "https://b.example/cb"][..],
        &["https://a.example/cb", "https://sub.a.example/cb"],
        &["https://a.example/cb", "https://a.example.org/cb"],
    ] {
        server.refuses(&pairwise(uris), "sector_identifier_uri", "sector.one_host", "must be given");
    }
    // A scheme of one's own has no host.
    let native = with(&pairwise(&["com.a.app:/cb"]), json!({ "application_type": "native" }));
    server.refuses(&native, "sector_identifier_uri", "sector.one_host", "not all on one host");
    assert!(server.network.fetched().is_empty());
    for body in [native, pairwise(&["https://a.example/cb", "https://b.example/cb"])] {
        let body = with(&body, json!({ "sector_identifier_uri": SECTOR }));
        assert_eq!(server.accepts(&body)["sector_identifier_uri"], SECTOR);
    }
}

/// The document lists every redirection URI, character for
/// character, and is looked at whatever the subject type.
///
/// Accepts: OIR-030, OIR-031, OIR-032, X-14
/// Refuses: OIR-030, OIR-031, OIR-032, OIR-035, X-14
#[test]
fn the_document_lists_every_uri() {
    let uris = json!(["https://b.example/cb", "https://a.example/cb", "https://c.example/cb"]);
    for subject in [json!("public"), json!("pairwise"), Value::Null] {
        let body = with(&two_hosts(), json!({ "sector_identifier_uri": SECTOR, "subject_type": subject }));
        let server = Server::with_sector(uris.clone());
        server.accepts(&body);
        assert_eq!(server.network.fetched(), [(SECTOR.to_owned(), FetchPurpose::SectorIdentifier)]);
        for listed in [
            json!([]),
            json!(["https://a.example/cb"]),
            json!(["https://a.example/cb", "https://B.example/cb"]),
            json!(["https://a.example/cb", "https://b.example/cb/"]),
            json!(["https://a.example/cb", "https://b.example:443/cb"]),
            json!(["https://a.example/cb", "https://b.example/"]),
            json!(["https://a.example/cb", "https://b.example/*"]),
            json!(["https://a.example/cb", ["https://b.example/cb"]]),
        ] {
            let server = Server::with_sector(listed);
            server.refuses(&body, "sector_identifier_uri", "sector.lists", "every one of the redirect_uris");
        }
    }
}

/// The document is one JSON array.
///
/// Accepts: OIR-030
/// Refuses: OIR-030
#[test]
fn the_document_is_an_array() {
    let body = with(&one_host(), json!({ "sector_identifier_uri": SECTOR }));
    Server::with_sector(json!(["https://a.example/cb"])).accepts(&body);
    for document in [
        json!({ "redirect_uris": ["https://a.example/cb"] }),
        json!("https://a.example/cb"),
        json!(true),
        Value::Null,
    ] {
        let server = Server::with_sector(document);
        server.refuses(&body, "sector_identifier_uri", "sector.document", NOT_VERIFIED);
    }
}

/// An update is checked like a registration.
///
/// Accepts: OIR-032, R92-031
/// Refuses: OIR-032, R92-031
#[test]
fn checked_on_update_too() {
    let server = Server::with_sector(json!(["https://a.example/cb", "https://b.example/cb"]));
    let body = with(&two_hosts(), json!({ "sector_identifier_uri": SECTOR, "subject_type": "pairwise" }));
    let text = body.to_string();
    let registration = run(server.registrar.register(RegisterRequest::from_body(text.as_bytes()))).unwrap();
    let id = registration.client().id().clone();
    let caller = Caller::Bearer(registration.registration_access_token().unwrap().clone());
    let update = |body: &Value| {
        let text = with(body, json!({ "client_id": id.as_str() })).to_string();
        run(server.registrar.update(&id, RegisterRequest::from_body(text.as_bytes()).with_caller(&caller)))
    };
    assert_eq!(update(&body).unwrap().status(), 200);
    assert_eq!(server.network.fetched().len(), 2);
    let more = with(&body, json!({ "redirect_uris": ["https://a.example/cb", "https://c.example/cb"] }));
    refused(update(&more).unwrap_err(), "sector_identifier_uri", "sector.lists", "https://c.example/cb");
    server.network.insert(SECTOR, json!(["https://a.example/cb"]));
    refused(update(&body).unwrap_err(), "sector_identifier_uri", "sector.lists", "https://b.example/cb");
    // The old document does not count for a client without one.
    let without = with(&body, json!({ "sector_identifier_uri": null }));
    let error = update(&without).unwrap_err();
    refused(error, "sector_identifier_uri", "sector.one_host", "must be given");
    server.network.insert(SECTOR, json!(["https://c.example/cb", "https://a.example/cb"]));
    assert_eq!(update(&more).unwrap().status(), 200);
}

/// Four URIs of the client are https in every mode.
///
/// Accepts: DEC-18, OIR-030, OIR-026
/// Refuses: DEC-18, OIR-030, OIR-026
#[test]
fn s_uri_18_https_in_every_mode() {
    let ciba = json!({
        "grant_types": ["authorization_code", CIBA],
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": "https://a.example/ciba"
    });
    for config in [json!({}), json!({ "reading": "lenient" }), json!({ "clientWhiteList": ["*"] })] {
        let server = Server::new(&config);
        server.network.insert(SECTOR, json!(["https://a.example/cb"]));
        let bases = [
            ("jwks_uri", one_host()),
            ("sector_identifier_uri", one_host()),
            ("initiate_login_uri", one_host()),
            ("backchannel_client_notification_endpoint", with(&one_host(), ciba.clone())),
        ];
        for (member, base) in bases {
            server.accepts(&with(&base, json!({ member: SECTOR })));
            let before = server.network.fetched().len();
            for uri in ["http://a.example/x", "http://localhost/x", "com.a.app:/x"] {
                server.refuses(&with(&base, json!({ member: uri })), member, "uri", "must ");
            }
            assert_eq!(server.network.fetched().len(), before, "{member}");
        }
    }
}

/// S-NET-01: nothing is fetched for a request that is refused anyway, and nothing but the sector document.
#[test]
fn s_net_01_nothing_is_fetched_before_all_else_is_good() {
    let server = Server::with_sector(json!(["https://a.example/cb"]));
    let good = with(&one_host(), json!({ "sector_identifier_uri": SECTOR }));
    for bad in [
        json!({ "redirect_uris": ["http://a.example/cb"] }),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": null }),
        json!({ "client_name": 5 }),
        json!({ "grant_types": ["password"] }),
        json!({ "response_types": ["token"], "grant_types": ["authorization_code"] }),
        json!({ "token_endpoint_auth_method": "basic" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "id_token_signed_response_alg": "RS1" }),
        json!({ "id_token_encrypted_response_enc": "A128GCM" }),
        json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }),
        json!({ "jwks": { "keys": [] }, "jwks_uri": "https://a.example/jwks" }),
        json!({ "logo_uri": "javascript:alert(1)" }),
        json!({ "frontchannel_logout_uri": "https://other.example/out" }),
        json!({ "backchannel_token_delivery_mode": "poll" }),
        json!({ "request_uris": ["http://a.example/ro"] }),
        json!({ "software_statement": "e30.e30." }),
    ] {
        let body = with(&good, bad).to_string();
        let result = run(server.registrar.register(RegisterRequest::from_body(body.as_bytes())));
        assert!(result.is_err(), "{body}");
        assert!(server.network.fetched().is_empty(), "{body}");
    }
    // What is not needed is not fetched at all.
    let uris = json!({
        "jwks_uri": "https://a.example/jwks", "logo_uri": "https://a.example/logo",
        "request_uris": ["https://a.example/ro"], "initiate_login_uri": "https://a.example/login"
    });
    server.accepts(&with(&good, uris));
    assert_eq!(server.network.fetched(), [(SECTOR.to_owned(), FetchPurpose::SectorIdentifier)]);
}

/// The documents are there, so only the gate can be in their way.
#[track_caller]
fn gate(config: &Value, admitted: &[&str], kept_out: &[&str]) {
    let server = Server::new(config);
    for (uri, is_admitted) in
        admitted.iter().map(|uri| (uri, true)).chain(kept_out.iter().map(|uri| (uri, false)))
    {
        server.network.insert(uri, json!(["https://a.example/cb"]));
        let before = server.network.fetched().len();
        let body = with(&one_host(), json!({ "sector_identifier_uri": uri }));
        if is_admitted {
            server.accepts(&body);
        } else {
            let text = body.to_string();
            assert!(
                run(server.registrar.register(RegisterRequest::from_body(text.as_bytes()))).is_err(),
                "{uri}"
            );
        }
        assert_eq!(server.network.fetched().len() - before, usize::from(is_admitted), "{uri}");
    }
}

/// DEC-19, S-NET-02: https to a named host of another network, on its usual port.
#[test]
fn s_net_02_the_gate_without_a_list() {
    gate(
        &json!({}),
        &[SECTOR, "https://sector.example.org/?list=1", "https://xn--bcher-kva.example/uris"],
        &[
            "http://sector.example.org/uris.json",
            "https://127.0.0.1/uris.json",
            "https://10.0.0.1/uris.json",
            "https://169.254.169.254/latest/meta-data",
            "https://203.0.113.7/uris.json",
            "https://[::1]/uris.json",
            "https://[2001:db8::1]/uris.json",
            "https://2130706433/uris.json",
            "https://0x7f.1/uris.json",
            "https://localhost/uris.json",
            "https://a.localhost/uris.json",
            "https://printer.local/uris.json",
            "https://db.internal/uris.json",
            "https://intranet/uris.json",
            "https://sector.example.org:8443/uris.json",
            "https://sector.example.org:80/uris.json",
            "https://user@sector.example.org/uris.json",
            "https://user:pass@sector.example.org/uris.json",
            "https://sector.example.org/uris.json#f",
            "https://sector.example.org/uris.json#",
            "ftp://sector.example.org/uris.json",
            "file:///etc/passwd",
            "data:application/json,[]",
        ],
    );
}

/// DEC-19: the operator's lists. What a list names by its host may be near, and on another port.
#[test]
fn the_gate_with_the_lists_of_the_operator() {
    gate(
        &json!({ "externalUriWhiteList": [
            "sector.example.org", "*.trusted.example/sectors/*", "near.internal:8443"
        ] }),
        &[
            SECTOR,
            "https://trusted.example/sectors/1",
            "https://a.trusted.example/sectors/1",
            "https://near.internal:8443/uris.json",
        ],
        &[
            "https://other.example.org/uris.json",
            "https://sector.example.org.evil.example/uris.json",
            "https://trusted.example/others/1",
            "https://untrusted.example/sectors/1",
            "https://near.internal/uris.json",
            "https://near.internal:8444/uris.json",
            "http://sector.example.org/uris.json",
        ],
    );
    gate(
        &json!({ "externalUriWhiteList": ["*"] }),
        &[SECTOR],
        &["https://localhost/uris", "https://10.0.0.1/u"],
    );
    gate(&json!({ "externalUriWhiteList": [] }), &[], &[SECTOR]);
    gate(
        &json!({ "blockedUrls": ["evil.example", "/Admin"] }),
        &[SECTOR],
        &[
            "https://evil.example/uris.json",
            "https://EVIL.example/uris.json",
            "https://ok.example/admin/uris",
        ],
    );
    let both = json!({ "externalUriWhiteList": ["*.example.org"], "blockedUrls": ["sector."] });
    gate(&both, &["https://other.example.org/uris.json"], &[SECTOR]);
}

/// S-NET-10: a client learns nothing about a network that it cannot see: whatever the cause, the answer is
/// the same.
#[test]
fn s_net_10_one_text_for_every_cause() {
    let server = Server::new(&json!({ "blockedUrls": ["blocked.example"] }));
    server.network.insert("https://object.example/uris", json!({ "uris": [] }));
    server.network.insert("https://text.example/uris", json!("https://a.example/cb"));
    let causes = [
        "https://gone.example/uris",
        "https://object.example/uris",
        "https://text.example/uris",
        "https://blocked.example/uris",
        "https://gone.example:8443/uris",
    ];
    let mut answers = causes.map(|uri| {
        let body = with(&one_host(), json!({ "sector_identifier_uri": uri }));
        let rejection = server.refuses(&body, "sector_identifier_uri", "sector.document", NOT_VERIFIED);
        let error = Error::Rejected(rejection);
        format!("{:?}", server.registrar.wire_error(&error))
    });
    answers.sort();
    assert_eq!(answers.first(), answers.last());
    server.network.insert("https://gone.example/uris", json!(["https://a.example/cb"]));
    server.accepts(&with(&one_host(), json!({ "sector_identifier_uri": "https://gone.example/uris" })));
}

fn ciba(mode: &str) -> Value {
    let base = with(
        &one_host(),
        json!({ "grant_types": ["authorization_code", CIBA], "backchannel_token_delivery_mode": mode }),
    );
    match mode {
        "poll" => base,
        _ => with(&base, json!({ "backchannel_client_notification_endpoint": "https://a.example/ciba" })),
    }
}

/// A CIBA client names its mode, and has what the mode needs.
///
/// Accepts: CIBA-001, CIBA-002, CIBA-003, X-17
/// Refuses: CIBA-001, CIBA-002, CIBA-003, X-17
#[test]
fn ciba_modes() {
    let server = Server::new(&json!({}));
    for mode in ["poll", "ping", "push"] {
        assert_eq!(server.accepts(&ciba(mode))["backchannel_token_delivery_mode"], mode);
    }
    // Push does not go through the token endpoint.
    server.accepts(&with(&ciba("push"), json!({ "grant_types": ["authorization_code"] })));
    let mode = "backchannel_token_delivery_mode";
    let endpoint = "backchannel_client_notification_endpoint";
    server.refuses(&with(&ciba("poll"), json!({ mode: null })), mode, "ciba-needs-mode", "");
    for other in ["POLL", "pull", "poll ping"] {
        server.refuses(&with(&ciba("poll"), json!({ mode: other })), mode, "one_of", "poll");
    }
    for mode in ["poll", "ping"] {
        let body = with(&ciba(mode), json!({ "grant_types": ["authorization_code"] }));
        server.refuses(&body, "grant_types", "ciba-needs-grant", CIBA);
    }
    for mode in ["ping", "push"] {
        server.refuses(&with(&ciba(mode), json!({ endpoint: null })), endpoint, "ciba-needs-endpoint", "");
    }
    let body = with(&ciba("poll"), json!({ endpoint: "https://a.example/ciba" }));
    server.refuses(&body, endpoint, "ciba-poll-has-no-endpoint", "must not be given");
    let server = Server::new(&json!({ "backchannelTokenDeliveryModesSupported": ["poll"] }));
    server.accepts(&ciba("poll"));
    server.refuses(&ciba("ping"), mode, "one_of", "poll");
}

/// Requests are signed with asymmetric algorithms of the server, or not at all.
///
/// Accepts: CIBA-004
/// Refuses: CIBA-004
#[test]
fn ciba_request_algorithms() {
    let member = "backchannel_authentication_request_signing_alg";
    let server = Server::new(&json!({}));
    assert_eq!(server.accepts(&ciba("poll")).get(member), None);
    let keys = json!({ "jwks_uri": "https://a.example/jwks" });
    for alg in ["RS256", "PS384", "ES512"] {
        let body = with(&with(&ciba("poll"), keys.clone()), json!({ member: alg }));
        assert_eq!(server.accepts(&body)[member], alg);
    }
    for alg in ["none", "HS256", "HS384", "HS512", "rs256", "RS1"] {
        let body = with(&with(&ciba("poll"), keys.clone()), json!({ member: alg }));
        server.refuses(&body, member, "one_of", "");
    }
    let list = "backchannelAuthenticationRequestSigningAlgValuesSupported";
    let server = Server::new(&json!({ list: ["ES256"] }));
    server.accepts(&with(&with(&ciba("poll"), keys.clone()), json!({ member: "ES256" })));
    server.refuses(&with(&with(&ciba("poll"), keys), json!({ member: "PS256" })), member, "one_of", "ES256");
}

/// User codes only where the server has them.
///
/// Accepts: CIBA-005
/// Refuses: CIBA-005
#[test]
fn ciba_user_codes() {
    let with_code = |value: Value| with(&ciba("poll"), json!({ "backchannel_user_code_parameter": value }));
    let server = Server::new(&json!({ "backchannelUserCodeParameterSupported": true }));
    assert_eq!(server.accepts(&with_code(json!(true)))["backchannel_user_code_parameter"], true);
    server.refuses(&with_code(json!("true")), "backchannel_user_code_parameter", "type", "true or false");
    let server = Server::new(&json!({ "backchannelUserCodeParameterSupported": false }));
    // Left out, and the answer says so (RFC 7591 section 3.2.1).
    assert_eq!(server.accepts(&with_code(json!(true))).get("backchannel_user_code_parameter"), None);
}

/// A CIBA request is authenticated.
///
/// Accepts: CIBA-006, X-05
/// Refuses: CIBA-006, X-05
#[test]
fn ciba_is_for_confidential_clients() {
    let server = Server::new(&json!({}));
    for mode in ["poll", "ping", "push"] {
        server.accepts(&with(&ciba(mode), json!({ "token_endpoint_auth_method": "client_secret_post" })));
        let body = with(&ciba(mode), json!({ "token_endpoint_auth_method": "none" }));
        server.refuses(&body, "token_endpoint_auth_method", "public-client-ciba", "must not be none");
    }
}

/// A pairwise client with poll or ping is known by the host of its keys, which it
/// proves.
///
/// Accepts: CIBA-007, CIBA-009, X-18
/// Refuses: CIBA-007, CIBA-009, X-18
#[test]
fn ciba_pairwise_with_keys() {
    let keys = "https://a.example/jwks";
    let method = "token_endpoint_auth_method";
    for mode in ["poll", "ping"] {
        let server = Server::new(&json!({}));
        let proof = json!({ "subject_type": "pairwise", "jwks_uri": keys, method: "private_key_jwt" });
        let good = with(&ciba(mode), proof);
        server.accepts(&good);
        server.accepts(&with(&good, json!({ method: "self_signed_tls_client_auth" })));
        let alg = "backchannel_authentication_request_signing_alg";
        server.accepts(&with(&good, json!({ method: "client_secret_basic", alg: "ES256" })));
        server.refuses(
            &with(&good, json!({ "jwks_uri": null })),
            "jwks_uri",
            "ciba.pairwise_keys",
            "must be given",
        );
        let secret = with(&good, json!({ method: "client_secret_basic" }));
        server.refuses(&secret, method, "ciba.pairwise_proof", "private_key_jwt");
        server.accepts(&with(&secret, json!({ "subject_type": "public" })));

        let sector = with(&good, json!({ "sector_identifier_uri": SECTOR }));
        server.network.insert(SECTOR, json!(["https://a.example/cb"]));
        server.refuses(&sector, "sector_identifier_uri", "sector.lists", keys);
        server.accepts(&with(&sector, json!({ "subject_type": "public" })));
        server.network.insert(SECTOR, json!(["https://a.example/cb", keys]));
        server.accepts(&sector);
    }
}

/// A pairwise client with push is known by the host of its notification endpoint.
///
/// Accepts: CIBA-008, X-18
/// Refuses: CIBA-008, X-18
#[test]
fn ciba_pairwise_with_push() {
    let server = Server::with_sector(json!(["https://a.example/cb"]));
    let good = with(&ciba("push"), json!({ "subject_type": "pairwise" }));
    server.accepts(&good);
    let sector = with(&good, json!({ "sector_identifier_uri": SECTOR }));
    server.refuses(&sector, "sector_identifier_uri", "sector.lists", "https://a.example/ciba");
    server.network.insert(SECTOR, json!(["https://a.example/cb", "https://a.example/ciba"]));
    server.accepts(&sector);
}

/// What the operator lets clients name as `sub`.
#[test]
fn public_subject_identifier_attribute() {
    let member = "public_subject_identifier_attribute";
    let body = |value: Value, kind: &str| with(&one_host(), json!({ member: value, "subject_type": kind }));
    let server = Server::new(&json!({
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail", "uid"]
    }));
    assert_eq!(server.accepts(&body(json!("mail"), "public"))[member], "mail");
    server.refuses(&body(json!("userPassword"), "public"), member, "one_of", "mail");
    server.refuses(&body(json!(["mail"]), "public"), member, "type", "must be a string");
    let refused = run(server
        .registrar
        .register(RegisterRequest::from_body(body(json!("mail"), "pairwise").to_string().as_bytes())));
    assert!(shown(&refused.unwrap_err()).contains(member));
}
