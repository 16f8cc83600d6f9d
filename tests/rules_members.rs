//! Single members: their types, what each one demands, lists of choices, and discovery.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::metadata::{Group, Kind, fields};
use oauth_dcr::testing::{StaticResolver, run};
use oauth_dcr::{
    ClientMetadata, Error, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig, Rejection,
};
use serde_json::{Value, json};

const ENDPOINT: &str = "https://op.example.com/register";

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

fn plain() -> Value {
    json!({ "redirect_uris": ["https://a.example/cb"] })
}

fn plus(more: Value) -> Value {
    with(&plain(), more)
}

/// A server that has everything that rows of the table depend on.
#[track_caller]
fn rich() -> Server {
    let server = Server::new(&json!({
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail"],
        "redirectUrisRegexEnabled": true,
        "allowSpontaneousScopes": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "scopes": [{ "id": "openid", "default": true }]
    }));
    server.network.insert("https://a.example/sector_identifier_uri", json!(["https://a.example/cb"]));
    server
}

/// A right value of a row, and a whole request with it.
fn right(name: &str, kind: Kind) -> (Value, Value) {
    let uri = format!("https://a.example/{name}");
    let value = match name {
        "redirect_uris" => json!(["https://a.example/cb"]),
        "token_endpoint_auth_method" => json!("client_secret_post"),
        "additional_token_endpoint_auth_methods" => json!(["private_key_jwt"]),
        "grant_types" => json!(["authorization_code", "refresh_token"]),
        "response_types" => json!(["code"]),
        "application_type" => json!("web"),
        "subject_type" => json!("public"),
        "scope" => json!("openid"),
        "jwks" => json!({ "keys": [] }),
        "vp_formats_supported" => json!({ "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"] } }),
        "encrypted_response_enc_values_supported" => json!(["A128GCM"]),
        "backchannel_token_delivery_mode" => json!("poll"),
        "backchannel_client_notification_endpoint" => json!(uri),
        "authorized_origins" => json!(["https://a.example"]),
        "public_subject_identifier_attribute" => json!("mail"),
        "tls_client_auth_subject_dn" => json!("CN=a.example"),
        "tls_client_auth_san_dns" => json!("a.example"),
        "tls_client_auth_san_uri" => json!("https://a.example"),
        "tls_client_auth_san_ip" => json!("192.0.2.1"),
        "tls_client_auth_san_email" => json!("a@a.example"),
        "token_endpoint_auth_signing_alg" => json!("ES256"),
        "spiffe_id" => json!("spiffe://a.example/client"),
        _ if name.ends_with("_alg") && (name.contains("encrypted") || name.contains("encryption")) => {
            json!("ECDH-ES")
        }
        _ if name.ends_with("_alg") => json!("RS256"),
        _ if name.ends_with("_enc") => json!("A128GCM"),
        _ => match kind {
            Kind::Uri | Kind::HttpsUri | Kind::WebUri => json!(uri),
            Kind::Bool => json!(true),
            Kind::Int => json!(600),
            Kind::List => json!(["a"]),
            Kind::UriList => json!([uri]),
            Kind::Object => json!({}),
            _ => json!("a"),
        },
    };
    let keys = json!({ "jwks_uri": "https://a.example/jwks" });
    let mut base = match name {
        "jwks" | "signed_jwks_uri" => plain(),
        _ => plus(keys),
    };
    if let Some(alg) = name.strip_suffix("_enc") {
        base = with(&base, json!({ format!("{alg}_alg"): "ECDH-ES" }));
    }
    if name.starts_with("tls_client_auth_") {
        base = with(&base, json!({ "token_endpoint_auth_method": "tls_client_auth" }));
    }
    if name == "token_endpoint_auth_signing_alg" {
        base = with(&base, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    }
    if name.starts_with("backchannel_") && !name.contains("logout") {
        let grants = json!(["authorization_code", "urn:openid:params:grant-type:ciba"]);
        let mode = if name.ends_with("notification_endpoint") { "ping" } else { "poll" };
        base = with(&base, json!({ "grant_types": grants, "backchannel_token_delivery_mode": mode }));
    }
    (value.clone(), with(&base, json!({ name: value })))
}

fn wrong(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::String | Kind::Uri | Kind::HttpsUri | Kind::WebUri | Kind::Words => {
            vec![json!(5), json!(true), json!(["a"]), json!({ "a": "b" })]
        }
        Kind::Bool => vec![json!(1), json!([true]), json!({}), json!("yes")],
        Kind::Int => vec![json!("soon"), json!(1.5), json!(true), json!([1]), json!({})],
        Kind::List | Kind::UriList => vec![json!(5), json!(true), json!({ "a": "b" })],
        Kind::Object => vec![json!("{\"keys\":[]}"), json!([]), json!(5), json!(true)],
        _ => Vec::new(),
    }
}

fn is_of_clients(group: Group) -> bool {
    matches!(group, Group::OAuth | Group::OpenId | Group::Later | Group::Janssen)
}

/// Every member that a client may set is taken, kept and returned as it came.
#[test]
fn every_member_is_accepted_and_returned() {
    let server = rich();
    let mut faults = Vec::new();
    for row in fields::TABLE.iter().filter(|row| is_of_clients(row.group)) {
        // The other spelling of claims_redirect_uris.
        if row.name == "claims_redirect_uri" {
            continue;
        }
        let (value, body) = right(row.name, row.kind);
        let text = body.to_string();
        match run(server.registrar.register(RegisterRequest::from_body(text.as_bytes()))) {
            Ok(registration) => {
                let answer: Value = serde_json::from_str(registration.body()).unwrap();
                if answer[row.name] != value {
                    faults.push(format!("{}: {value} became {}", row.name, answer[row.name]));
                }
            }
            Err(error) => faults.push(format!("{}: {}", row.name, shown(&error))),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// DEC-03: a wrong JSON type is refused, and the answer names the member.
#[test]
fn every_wrong_type_is_refused() {
    let server = rich();
    let mut faults = Vec::new();
    for row in fields::TABLE.iter().filter(|row| is_of_clients(row.group)) {
        if row.name == "claims_redirect_uri" {
            continue;
        }
        let (_, body) = right(row.name, row.kind);
        for value in wrong(row.kind) {
            let text = with(&body, json!({ row.name: value })).to_string();
            match run(server.registrar.register(RegisterRequest::from_body(text.as_bytes()))) {
                Ok(_) => faults.push(format!("{}: {value} accepted", row.name)),
                Err(Error::Rejected(rejection))
                    if rejection.violations.iter().any(|fault| fault.field == row.name) => {}
                Err(error) => faults.push(format!("{}: {value}: {}", row.name, shown(&error))),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The typed face reads and writes every row.
#[test]
fn one_document_with_every_row() {
    let mut all = serde_json::Map::new();
    let mut broken = serde_json::Map::new();
    for row in fields::TABLE {
        all.insert(row.name.to_owned(), right(row.name, row.kind).0);
        broken.insert(row.name.to_owned(), wrong(row.kind).swap_remove(0));
    }
    let all = Value::Object(all);
    let metadata = ClientMetadata::from_json(&all.to_string()).unwrap();
    let written = metadata.to_json();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), all);
    assert_eq!(ClientMetadata::from_json(&written).unwrap(), metadata);
    assert!(metadata.extra.is_empty());

    let rejection = ClientMetadata::from_json(&Value::Object(broken).to_string()).unwrap_err();
    for row in fields::TABLE {
        let is_named = rejection.violations.iter().any(|fault| fault.field == row.name);
        assert!(is_named || wrong(row.kind).is_empty(), "{}", row.name);
    }
}

/// Of each list one value that the server has is registered, and the
/// list is not returned. A single value that is sent too is in its list.
///
/// Accepts: RPC-001, RPC-002, RPC-003, X-21, DEC-26
/// Refuses: RPC-002, RPC-003, X-21, DEC-26
#[test]
fn every_choice() {
    let server = rich();
    let choices = fields::TABLE.iter().filter(|row| row.group == Group::Choice);
    let mut count = 0;
    for row in choices {
        count += 1;
        let stem = row.name.trim_end_matches("_supported").trim_end_matches("_values");
        let single = match stem {
            "subject_types" => "subject_type".to_owned(),
            "token_endpoint_auth_methods" => "token_endpoint_auth_method".to_owned(),
            "token_endpoint_auth_signing_alg" | "backchannel_authentication_request_signing_alg" => {
                stem.to_owned()
            }
            stem if stem.starts_with("request_object_") => stem.to_owned(),
            stem => stem
                .replace("_signing_alg", "_signed_response_alg")
                .replace("_encryption_", "_encrypted_response_"),
        };
        assert!(fields::TABLE.iter().any(|row| row.name == single), "{single}");
        let (value, base) = right(&single, Kind::String);
        let bare = with(&base, json!({ &single: null }));
        let list = row.name;
        let answer = server.accepts(&with(&bare, json!({ list: ["from-mars", value, "from-venus"] })));
        assert_eq!((&answer[&single], answer.get(list)), (&value, None), "{list}");
        // The preferred value is not one of the server's, another one is.
        let body = with(&bare, json!({ &single: "from-mars", list: ["from-mars", value] }));
        assert_eq!(server.accepts(&body)[&single], value, "{list}");
        let body = with(&bare, json!({ &single: value, list: ["from-mars"] }));
        server.refuses(&body, list, "choice.contains", "must contain");
        let body = with(&bare, json!({ list: ["from-mars", "from-venus"] }));
        server.refuses(&body, list, "choice.supported", "has no value that this server supports");
    }
    assert_eq!(count, 19);
}

/// As for redirection URIs.
///
/// Accepts: LOG-001
/// Refuses: LOG-001
#[test]
fn post_logout_redirect_uris() {
    let member = "post_logout_redirect_uris";
    let server = Server::new(&json!({}));
    let uris = json!(["https://a.example:8443/out?x=1", "https://b.example/"]);
    assert_eq!(server.accepts(&plus(json!({ member: uris })))[member], uris);
    let native = json!({
        "redirect_uris": ["com.a.app:/cb"], "application_type": "native", member: ["com.a.app:/out"]
    });
    server.accepts(&native);
    for uri in
        ["http://a.example/out", "com.a.app:/out", "javascript:alert(1)", "/out", "https://a.example/#f"]
    {
        let text = plus(json!({ member: [uri] })).to_string();
        let error = run(server.registrar.register(RegisterRequest::from_body(text.as_bytes()))).unwrap_err();
        assert!(shown(&error).contains(member), "{uri}");
    }
    server.refuses(&plus(json!({ member: "https://a.example/out" })), member, "type", "array");
}

/// On the origin of a redirection URI, without fragment, https.
///
/// Accepts: LOG-002, LOG-003, X-15, X-16
/// Refuses: LOG-002, LOG-003, X-15, X-16
#[test]
fn frontchannel_logout() {
    let member = "frontchannel_logout_uri";
    let session = "frontchannel_logout_session_required";
    let server = Server::new(&json!({}));
    let body = plus(json!({ member: "https://a.example/out?x=1", session: true }));
    let answer = server.accepts(&body);
    assert_eq!((&answer[member], &answer[session]), (&body[member], &json!(true)));
    for uri in [
        "https://b.example/out",
        "https://a.example:8443/out",
        "https://a.example.b.example/",
        "https://x.a.example/",
    ] {
        server.refuses(
            &plus(json!({ member: uri })),
            member,
            "logout.frontchannel_origin",
            "scheme, host and port",
        );
    }
    server.refuses(&plus(json!({ member: "http://a.example/out" })), member, "logout.https", "https");
    server.refuses(&plus(json!({ member: "https://a.example/out#f" })), member, "uri", "fragment");
    server.refuses(&plus(json!({ session: "yes" })), session, "type", "true or false");
}

/// One absolute https URI without fragment.
///
/// Accepts: LOG-004, LOG-005, X-16
/// Refuses: LOG-004, LOG-005, X-16
#[test]
fn backchannel_logout() {
    let member = "backchannel_logout_uri";
    let session = "backchannel_logout_session_required";
    let server = Server::new(&json!({}));
    let body = plus(json!({ member: "https://b.example/out?x=1", session: true }));
    let answer = server.accepts(&body);
    assert_eq!((&answer[member], &answer[session]), (&body[member], &json!(true)));
    server.refuses(&plus(json!({ member: "http://a.example/out" })), member, "logout.https", "https");
    server.refuses(&plus(json!({ member: "https://a.example/out#f" })), member, "uri", "fragment");
    server.refuses(&plus(json!({ member: ["https://a.example/out"] })), member, "type", "string");
    server.refuses(&plus(json!({ member: "/out" })), member, "uri", "");
    server.refuses(&plus(json!({ session: 1 })), session, "type", "true or false");
}

/// Logout tokens are signed.
///
/// Accepts: LOG-006, DEC-35, X-10
/// Refuses: LOG-006, DEC-35, X-10
#[test]
fn logout_tokens_are_signed() {
    let server = Server::new(&json!({}));
    let alg = "id_token_signed_response_alg";
    server.accepts(&plus(json!({ alg: "none" })));
    server.accepts(&plus(json!({ alg: "ES256", "backchannel_logout_uri": "https://a.example/out" })));
    let body = plus(json!({ alg: "none", "backchannel_logout_uri": "https://a.example/out" }));
    server.refuses(&body, alg, "logout-token-not-none", "logout tokens");
}

/// Ages, contexts, the page where a login begins, request objects by reference.
///
/// Accepts: OIR-025, OIR-026, OIR-027
/// Refuses: OIR-025, OIR-026, OIR-027
#[test]
fn login_and_requests() {
    let server = Server::new(&json!({}));
    let body = plus(json!({
        "default_max_age": 3600, "require_auth_time": true, "initiate_login_uri": "https://a.example/login",
        "request_uris": ["https://a.example/ro#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"]
    }));
    let answer = server.accepts(&body);
    for name in ["default_max_age", "require_auth_time", "initiate_login_uri", "request_uris"] {
        assert_eq!(answer[name], body[name], "{name}");
    }
    server.refuses(&plus(json!({ "default_max_age": "soon" })), "default_max_age", "type", "integer");
    let http = "http://a.example/ro";
    server.refuses(&plus(json!({ "initiate_login_uri": http })), "initiate_login_uri", "uri", "https");
    let field = "request_uris[0]";
    server.refuses(&plus(json!({ "request_uris": [http] })), field, "request_uris.https", "https");
    let signed = plus(json!({
        "request_uris": [http], "request_object_signing_alg": "RS256", "jwks_uri": "https://a.example/jwks"
    }));
    server.accepts(&signed);
}

/// A public UMA client names where requesting parties go.
///
/// Accepts: GRT-006
/// Refuses: GRT-006
#[test]
fn uma() {
    let server = Server::new(&json!({}));
    let grant = "urn:ietf:params:oauth:grant-type:uma-ticket";
    let public = plus(json!({
        "grant_types": ["authorization_code", grant], "token_endpoint_auth_method": "none",
        "claims_redirect_uris": ["https://a.example/claims?x=1"]
    }));
    server.accepts(&public);
    let without = with(&public, json!({ "claims_redirect_uris": null }));
    server.refuses(&without, "claims_redirect_uris", "uma-public-claims-redirect", "");
    server.accepts(&with(&without, json!({ "token_endpoint_auth_method": "client_secret_basic" })));
}

/// Lists that are given are not empty.
///
/// Accepts: VP-001, FED-001, FED-003, RAR-001
/// Refuses: VP-001, FED-001, FED-003, RAR-001
#[test]
fn lists_with_something_in_them() {
    let server = Server::new(&json!({}));
    for name in [
        "encrypted_response_enc_values_supported",
        "client_registration_types",
        "keywords",
        "authorization_details_types",
    ] {
        let (_, body) = right(name, Kind::List);
        server.accepts(&body);
        server.refuses(&with(&body, json!({ name: [] })), name, "min_items", "");
    }
}

/// Further members.
///
/// Accepts: FED-002, VP-002, MTLS-005
/// Refuses: FED-002, VP-002, MTLS-005
#[test]
fn further_members() {
    let server = Server::new(&json!({}));
    server.accepts(&plus(json!({ "signed_jwks_uri": "https://a.example/jwks.jose" })));
    server.refuses(
        &plus(json!({ "signed_jwks_uri": "http://a.example/x" })),
        "signed_jwks_uri",
        "uri",
        "https",
    );
    server.accepts(&plus(json!({ "credential_offer_endpoint": "openid-credential-offer://" })));
    let offer = "credential_offer_endpoint";
    server.refuses(&plus(json!({ offer: "/offer" })), offer, "uri", "");
    server.accepts(&plus(json!({ "use_mtls_endpoint_aliases": true })));
    let aliases = "use_mtls_endpoint_aliases";
    server.refuses(&plus(json!({ aliases: "maybe" })), aliases, "type", "true or false");
}

/// Attested clients authenticate without a secret.
///
/// Accepts: ATT-004
/// Refuses: ATT-004
#[test]
fn attested_clients_have_no_secret() {
    let server = Server::new(&json!({}));
    for method in ["attest_jwt_client_auth", "attest_jwt_client_auth_dpop"] {
        let answer = server.accepts(&plus(json!({ "token_endpoint_auth_method": method })));
        assert_eq!(answer.get("client_secret"), None, "{method}");
    }
    let method = "token_endpoint_auth_method";
    server.refuses(&plus(json!({ method: "attest_jwt" })), method, "one_of", "");
}

/// What discovery says is what registration takes.
///
/// Accepts: DISC-005
#[test]
fn discovery_and_registration_agree() {
    let server = Server::new(&json!({
        "subjectTypesSupported": ["public"], "idTokenSigningAlgValuesSupported": ["RS256", "ES256"],
        "tokenEndpointAuthMethodsSupported": ["client_secret_basic", "none"]
    }));
    let discovery = server.registrar.discovery();
    for (list, member, other) in [
        ("subject_types_supported", "subject_type", "pairwise"),
        ("id_token_signing_alg_values_supported", "id_token_signed_response_alg", "PS256"),
        ("token_endpoint_auth_methods_supported", "token_endpoint_auth_method", "client_secret_post"),
    ] {
        for value in discovery[list].as_array().unwrap() {
            assert_eq!(server.accepts(&plus(json!({ member: value })))[member], *value);
        }
        server.refuses(&plus(json!({ member: other })), member, "one_of", "");
    }
}

/// Evidence is neither kept nor returned; an identifier that was drawn is no URL.
///
/// Accepts: ATT-002, CIMD-004
#[test]
fn evidence_stays_out_of_the_answer() {
    let server = Server::new(&json!({}));
    let answer = server.accepts(&plus(json!({ "evidence": "an-attestation" })));
    assert!(!answer.to_string().contains("an-attestation"));
    assert!(!answer["client_id"].as_str().unwrap().starts_with("https://"));
}
