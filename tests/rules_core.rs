//! What a request may ask for, what becomes of it, and how everything that is wrong with it is told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::testing::run;
use oauth_dcr::{
    Client, Error, ErrorCode, Failure, MemoryClientStore, Profile, RegisterRequest, Registrar,
    RegistrarConfig, Registration, Rejection,
};
use serde_json::{Map, Value, json};

const URI: &str = "https://app.example.org/cb";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SAML_BEARER: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";
const UMA_TICKET: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";
const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// What the server adds to every answer.
const OWN: [&str; 6] = [
    "client_id",
    "client_id_issued_at",
    "client_secret",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];

fn config(changes: Value) -> RegistrarConfig {
    let mut config = json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn registrar(changes: Value) -> Registrar {
    Registrar::builder(config(changes), MemoryClientStore::default())
        .profile(Profile::preset("standard").unwrap().clone())
        .build()
        .unwrap()
}

fn standard() -> Registrar {
    registrar(json!({}))
}

fn answer(registrar: &Registrar, metadata: &Value) -> Result<Registration, Rejection> {
    match run(registrar.register(RegisterRequest::from_body(metadata.to_string().as_bytes()))) {
        Ok(registration) => Ok(registration),
        Err(Error::Rejected(rejection)) => Err(rejection),
        Err(error) => panic!("{metadata}: {error}"),
    }
}

/// The client is registered; its metadata as the answer tells it.
#[track_caller]
fn accepts(registrar: &Registrar, metadata: Value) -> Value {
    match answer(registrar, &metadata) {
        Ok(registration) => serde_json::from_str(registration.body()).unwrap(),
        Err(rejection) => panic!("{metadata}: {rejection}"),
    }
}

#[track_caller]
fn client(registrar: &Registrar, metadata: Value) -> Client {
    match answer(registrar, &metadata) {
        Ok(registration) => registration.client().clone(),
        Err(rejection) => panic!("{metadata}: {rejection}"),
    }
}

/// The request has one fault, and this is it.
#[track_caller]
fn refuses(registrar: &Registrar, metadata: Value, field: &str, rule: &str, message: &str) -> Rejection {
    let Err(rejection) = answer(registrar, &metadata) else { panic!("{metadata} was registered") };
    let [violation] = &*rejection.violations else { panic!("{metadata}: {rejection}") };
    assert_eq!((&*violation.field, &*violation.rule), (field, rule), "{metadata}: {rejection}");
    assert!(violation.message.contains(message), "{metadata}: {rejection}");
    let is_redirect = violation.failure == Failure::REDIRECT_URI;
    let code = if is_redirect { ErrorCode::INVALID_REDIRECT_URI } else { ErrorCode::INVALID_CLIENT_METADATA };
    assert_eq!((&rejection.code, rejection.status), (&code, 400), "{metadata}: {rejection}");
    rejection
}

/// A request with a redirection URI and these members.
fn with(members: Value) -> Value {
    let mut metadata = json!({ "redirect_uris": [URI] });
    metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    metadata
}

fn types(grants: &[&str], responses: &[&str]) -> Value {
    with(json!({ "grant_types": grants, "response_types": responses }))
}

/// Accepts: DEC-06, OIR-002, R91-023, R91-025, R91-026
/// Refuses: DEC-06, OIR-002
#[test]
fn what_is_left_out_is_derived() {
    let registrar = standard();
    let body = accepts(&registrar, with(json!({})));
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(body["grant_types"], json!(["authorization_code"]));
    assert_eq!(body["response_types"], json!(["code"]));

    for (responses, grants) in [
        (json!(["code"]), json!(["authorization_code"])),
        (json!(["none"]), json!(["authorization_code"])),
        (json!(["token"]), json!(["implicit"])),
        (json!(["id_token"]), json!(["implicit"])),
        (json!(["id_token token"]), json!(["implicit"])),
        (json!(["code id_token"]), json!(["authorization_code", "implicit"])),
        (json!(["code token"]), json!(["authorization_code", "implicit"])),
        (json!(["code id_token token"]), json!(["authorization_code", "implicit"])),
        (json!(["code", "id_token"]), json!(["authorization_code", "implicit"])),
    ] {
        let body = accepts(&registrar, with(json!({ "response_types": responses })));
        assert_eq!((&body["grant_types"], &body["response_types"]), (&grants, &responses));
    }
    for (grants, responses) in [
        (json!(["authorization_code", "refresh_token"]), json!(["code"])),
        (json!(["client_credentials"]), json!([])),
        (json!([DEVICE_CODE]), json!([])),
        (json!(["client_credentials", "authorization_code"]), json!(["code"])),
    ] {
        let body = accepts(&registrar, with(json!({ "grant_types": grants })));
        assert_eq!((&body["grant_types"], &body["response_types"]), (&grants, &responses));
    }
    // Three response types go with the implicit grant, and nobody says which is meant.
    let implicit = with(json!({ "grant_types": ["implicit"] }));
    refuses(&registrar, implicit, "response_types", "implicit-needs-response-types", "must be given");
    let both = with(json!({ "grant_types": ["authorization_code", "implicit"] }));
    refuses(&registrar, both.clone(), "response_types", "implicit-needs-response-types", "must be given");
    // Janssen's autofix takes the usual one of each.
    let autofix = self::registrar(json!({ "grantTypesAndResponseTypesAutofixEnabled": true }));
    assert_eq!(accepts(&autofix, both)["response_types"], json!(["code", "token"]));
}

/// Accepts: OIR-002, R91-040, R91-041, X-01
/// Refuses: OIR-002, R91-040, R91-041, X-01
#[test]
fn grants_and_response_types_agree() {
    let registrar = standard();
    let code = "authorization_code";
    for (grants, responses) in [
        (vec![code], vec!["code"]),
        (vec!["implicit"], vec!["token"]),
        (vec!["implicit"], vec!["id_token"]),
        (vec!["implicit"], vec!["id_token token"]),
        (vec![code, "implicit"], vec!["code id_token"]),
        (vec![code, "implicit"], vec!["code token"]),
        (vec![code, "implicit"], vec!["code id_token token"]),
        (vec![code, "implicit"], vec!["code", "token"]),
        (vec![code, "refresh_token", "client_credentials"], vec!["code"]),
        (vec!["client_credentials"], vec![]),
    ] {
        let body = accepts(&registrar, types(&grants, &responses));
        assert_eq!((&body["grant_types"], &body["response_types"]), (&json!(grants), &json!(responses)));
    }
    let code_needed = "must include authorization_code because response_types includes code";
    let implicit_needed = "must include implicit because response_types includes id_token or token";
    for (grants, responses, field, rule, message) in [
        (vec!["client_credentials"], vec!["code"], "grant_types", "code-needs-grant", code_needed),
        (vec!["implicit"], vec!["code id_token"], "grant_types", "code-needs-grant", code_needed),
        (vec!["client_credentials"], vec!["token"], "grant_types", "hybrid-needs-implicit", implicit_needed),
        (vec![code], vec!["code id_token"], "grant_types", "hybrid-needs-implicit", implicit_needed),
        (vec![code], vec!["code token"], "grant_types", "hybrid-needs-implicit", implicit_needed),
        (vec![code], vec!["code", "id_token"], "grant_types", "hybrid-needs-implicit", implicit_needed),
        (
            vec![code, "implicit"],
            vec!["token"],
            "response_types",
            "grant-needs-code",
            "must include code because grant_types includes authorization_code",
        ),
        (
            vec![code, "implicit"],
            vec!["code"],
            "response_types",
            "grant-needs-implicit",
            "must include token or id_token because grant_types includes implicit",
        ),
        (
            vec![code],
            vec![],
            "response_types",
            "grant-needs-code",
            "must include code because grant_types includes authorization_code",
        ),
    ] {
        refuses(&registrar, types(&grants, &responses), field, rule, message);
    }
}

/// Accepts: DEC-07, R91-043
/// Refuses: DEC-07, R91-043
#[test]
fn the_words_of_a_response_type_have_no_order() {
    let registrar = standard();
    let both = ["authorization_code", "implicit"];
    for (sent, kept) in [
        ("id_token code", "code id_token"),
        ("token code", "code token"),
        ("token id_token", "id_token token"),
        ("token id_token code", "code id_token token"),
        ("id_token code token", "code id_token token"),
    ] {
        let body = accepts(&registrar, types(&both, &["code", sent]));
        assert_eq!(body["response_types"], json!(["code", kept]));
    }
    let Err(rejection) = answer(&registrar, &types(&both, &["code", "id_token foo"])) else {
        panic!("an unknown word was registered")
    };
    let violation = &rejection.violations[0];
    assert_eq!((&*violation.field, &*violation.rule), ("response_types", "subset_of"));
    let narrow = self::registrar(json!({ "responseTypesSupported": [["code"], ["id_token", "code"]] }));
    let body = accepts(&narrow, types(&both, &["id_token code"]));
    assert_eq!(body["response_types"], json!(["code id_token"]));
    let message = "must only have elements of code, code id_token, `code token` is not one";
    refuses(&narrow, types(&both, &["token code"]), "response_types", "subset_of", message);
}

/// Accepts: R91-042
/// Refuses: R91-042
#[test]
fn a_profile_may_ask_for_separate_registrations() {
    let mut profile = serde_json::to_value(Profile::preset("standard").unwrap()).unwrap();
    profile["rules"].as_array_mut().unwrap().push(json!({
        "id": "one-grant", "member": "grant_types", "reject": "metadata",
        "when": { "all": [
            { "member": "grant_types", "contains": "authorization_code" },
            { "member": "grant_types", "contains": "client_credentials" },
        ] },
        "message": "must not include client_credentials beside authorization_code",
    }));
    let strict = Registrar::builder(config(json!({})), MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .build()
        .unwrap();
    let both = types(&["authorization_code", "client_credentials"], &["code"]);
    accepts(&standard(), both.clone());
    refuses(&strict, both, "grant_types", "one-grant", "must not include client_credentials");
    accepts(&strict, types(&["authorization_code"], &["code"]));
    accepts(&strict, types(&["client_credentials"], &[]));
}

/// Accepts: GRT-001, GRT-002, GRT-003, R91-041
/// Refuses: GRT-001, GRT-002, GRT-003, R91-041
#[test]
fn grants_without_the_authorization_endpoint_need_neither_response_types_nor_redirection() {
    let registrar = standard();
    for grant in
        ["client_credentials", DEVICE_CODE, TOKEN_EXCHANGE, JWT_BEARER, SAML_BEARER, UMA_TICKET, CIBA]
    {
        let mut metadata = json!({ "grant_types": [grant] });
        if grant == CIBA {
            metadata["backchannel_token_delivery_mode"] = json!("poll");
        }
        let body = accepts(&registrar, metadata.clone());
        assert_eq!((&body["grant_types"], &body["response_types"]), (&json!([grant]), &json!([])));
        assert_eq!(body.get("redirect_uris"), None);
        metadata["response_types"] = json!(["code"]);
        metadata["redirect_uris"] = json!([URI]);
        refuses(&registrar, metadata, "grant_types", "code-needs-grant", "must include authorization_code");
    }
    for unknown in ["device_code", "urn:ietf:params:oauth:grant-type:saml", "Authorization_Code"] {
        let metadata = json!({ "grant_types": [unknown], "response_types": [] });
        let message = format!("`{unknown}` is not one");
        refuses(&registrar, metadata, "grant_types", "subset_of", &message);
    }
    let metadata = json!({ "grant_types": [CIBA] });
    refuses(&registrar, metadata, "backchannel_token_delivery_mode", "ciba-needs-mode", "must be given");
}

/// Accepts: GRT-004, R91-024
/// Refuses: GRT-004, R91-024
#[test]
fn s_priv_10_client_credentials_are_for_clients_that_have_credentials() {
    let registrar = standard();
    let metadata =
        |method: &str| json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": method });
    assert!(accepts(&registrar, metadata("client_secret_post"))["client_secret"].is_string());
    let message = "must not be none because grant_types includes client_credentials";
    let rule = "public-client-grants";
    refuses(&registrar, metadata("none"), "token_endpoint_auth_method", rule, message);
    let public = accepts(&registrar, with(json!({ "token_endpoint_auth_method": "none" })));
    assert_eq!(public.get("client_secret"), None);
}

/// Accepts: GRT-005
/// Refuses: GRT-005
#[test]
fn the_password_grant_is_off_unless_switched_on() {
    let metadata = |scope: &str| json!({ "grant_types": ["password"], "scope": scope });
    refuses(&standard(), metadata("a"), "grant_types", "subset_of", "`password` is not one");
    // Listing it is not switching it on.
    let listed = registrar(json!({ "grantTypesSupported": ["password", "authorization_code"] }));
    let message = "must only have elements of authorization_code, `password` is not one";
    refuses(&listed, metadata("a"), "grant_types", "subset_of", message);

    let on = registrar(json!({ "dynamicRegistrationPasswordGrantTypeEnabled": true }));
    assert_eq!(accepts(&on, metadata("a"))["grant_types"], json!(["password"]));
    let bounded = registrar(json!({
        "dynamicRegistrationPasswordGrantTypeEnabled": true,
        "dynamicRegistrationAllowedPasswordGrantScopes": ["a", "b"],
    }));
    assert_eq!(accepts(&bounded, metadata("b a"))["scope"], "b a");
    let message = "must only have elements of a, b, `c` is not one";
    refuses(&bounded, metadata("a c"), "scope", "password-scopes", message);
    assert_eq!(accepts(&bounded, with(json!({ "scope": "c" })))["scope"], "c");
}

/// Accepts: GRT-006
/// Refuses: GRT-006
#[test]
fn uma_clients_register_where_claims_are_sent() {
    let registrar = standard();
    let public = |uris: Value| {
        json!({
            "grant_types": [UMA_TICKET],
            "token_endpoint_auth_method": "none",
            "claims_redirect_uris": uris,
        })
    };
    let uris = json!(["https://app.example.org/claims?a=b"]);
    assert_eq!(accepts(&registrar, public(uris.clone()))["claims_redirect_uris"], uris);
    accepts(&registrar, json!({ "grant_types": [UMA_TICKET] }));
    let rule = "uma-public-claims-redirect";
    refuses(&registrar, public(json!(null)), "claims_redirect_uris", rule, "must be given");
    for (uri, rule, message) in [
        ("https://app.example.org/claims#x", "redirect.fragment", "must not have a fragment"),
        ("/claims", "redirect.syntax", "must be an absolute URI"),
        ("http://app.example.org/claims", "redirect.https_for_web", "must use https"),
    ] {
        refuses(&registrar, public(json!([uri])), "claims_redirect_uris[0]", rule, message);
    }
    let codes = self::registrar(json!({ "janssenErrorCodes": true }));
    let Err(rejection) = answer(&codes, &public(json!(["/claims"]))) else { panic!("registered") };
    assert_eq!(rejection.code.as_str(), "invalid_claims_redirect_uri");
}

/// Accepts: GRT-007
#[test]
fn refresh_tokens_go_with_a_grant_that_yields_them() {
    for grant in ["authorization_code", DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE] {
        let grants = json!([grant, "refresh_token"]);
        let body = accepts(&standard(), with(json!({ "grant_types": grants })));
        assert_eq!(body["grant_types"], grants);
    }
    let ciba = json!({ "grant_types": ["refresh_token", CIBA], "backchannel_token_delivery_mode": "poll" });
    assert_eq!(accepts(&standard(), ciba)["grant_types"], json!(["refresh_token", CIBA]));
    // Elsewhere it means nothing, and the answer shows that it is gone.
    for (asked, kept) in [
        (json!(["client_credentials", "refresh_token"]), json!(["client_credentials"])),
        (
            json!(["refresh_token", "client_credentials", SAML_BEARER]),
            json!(["client_credentials", SAML_BEARER]),
        ),
    ] {
        let body = accepts(&standard(), json!({ "grant_types": asked }));
        assert_eq!((&body["grant_types"], &body["response_types"]), (&kept, &json!([])));
    }
    let implicit = types(&["implicit", "refresh_token"], &["token"]);
    assert_eq!(accepts(&standard(), implicit)["grant_types"], json!(["implicit"]));
    let alone = json!({ "grant_types": ["refresh_token"] });
    let message = "must have at least 1 element";
    refuses(&standard(), alone, "grant_types", "useless-refresh-token", message);
}

/// Accepts: R91-050, R91-051, R91-052, R91-053, R91-055, DEC-22, OIR-028
/// Refuses: R91-051, DEC-22, OIR-028
#[test]
fn what_people_read_may_be_told_in_many_languages() {
    let registrar = standard();
    for name in ["client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri"] {
        let plain = "https://app.example.org/a";
        let japanese = format!("{name}#ja-Jpan-JP");
        let body = accepts(&registrar, with(json!({ name: plain, &japanese: "https://app.example.org/b" })));
        assert_eq!((&body[name], &body[&japanese]), (&json!(plain), &json!("https://app.example.org/b")));
        // A value in a language does not become the value without one.
        let body = accepts(&registrar, with(json!({ &japanese: plain })));
        assert_eq!((body.get(name), &body[&japanese]), (None, &json!(plain)));
    }
    let names =
        with(json!({ "client_name": "Plain", "client_name#fr": "Nom", "client_name#ja-Jpan-JP": "N" }));
    let client = client(&registrar, names);
    let name = &client.metadata().client_name;
    assert_eq!(name.plain(), Some("Plain"));
    assert_eq!((name.get("JA-jpan-jp"), name.get("FR")), (Some("N"), Some("Nom")));
    assert_eq!((name.for_language("fr-CA"), name.for_language("de")), (Some("Nom"), Some("Plain")));

    let twice = with(json!({ "client_name#ja": "A", "client_name#JA": "B" }));
    let Err(rejection) = answer(&registrar, &twice) else { panic!("registered") };
    let [violation] = &*rejection.violations else { panic!("{rejection}") };
    assert!(violation.field.eq_ignore_ascii_case("client_name#ja"), "{rejection}");
    assert_eq!(violation.rule, "language.duplicate");
}

/// DEC-22, S-JSON-13
#[test]
fn s_json_13_a_language_is_no_way_round_a_rule() {
    let registrar = standard();
    for (name, value, rule, message) in [
        ("logo_uri#fr", json!("javascript:alert(1)"), "uri", "must not use the scheme javascript"),
        ("tos_uri#fr", json!("https://a@b.example/"), "uri", "must not have user information"),
        ("client_name#de", json!("a".repeat(101)), "max_length", "must have at most 100 characters"),
        ("client_name#de", json!(1), "type", "must be a string and not a number"),
        ("client_name#de", json!("a\u{7}"), "control_character", "control character"),
    ] {
        refuses(&registrar, with(json!({ name: value })), name, rule, message);
    }
    // A tag that is none, or a member that has no languages: unknown, and so dropped.
    for name in [
        "client_name#",
        "client_name#a_b",
        "client_name##fr",
        "redirect_uris#en",
        "grant_types#en",
        "scope#en",
        "software_id#en",
        "jwks_uri#en",
        "something#en",
    ] {
        let body = accepts(&registrar, with(json!({ name: "javascript:alert(1)" })));
        assert_eq!(body.get(name), None);
    }
    let variants = |count: u8| {
        let tags =
            (0..count).map(|at| format!("{}{}", char::from(b'a' + at / 26), char::from(b'a' + at % 26)));
        let named: Map<_, _> = tags.map(|tag| (format!("client_name#{tag}"), json!("A"))).collect();
        with(named.into())
    };
    accepts(&registrar, variants(50));
    refuses(&registrar, variants(51), "", "language.max_variants", "at most 50 variants");
}

/// Accepts: DEC-30, R91-029, SCP-001
/// Refuses: DEC-30, R91-029, SCP-001
#[test]
fn s_xss_05_scopes_are_words_between_single_spaces() {
    let registrar = standard();
    for (sent, kept) in [
        ("openid", "openid"),
        ("b a", "b a"),
        ("Read read", "Read read"),
        ("a b a", "a b"),
        ("a a", "a"),
        ("!#[]~", "!#[]~"),
        ("https://api.example/read", "https://api.example/read"),
    ] {
        assert_eq!(accepts(&registrar, with(json!({ "scope": sent })))["scope"], kept);
    }
    for sent in ["a  b", " a", "a ", " ", "a,\u{e9}", "a\"b", "a\\b", "a\u{a0}b"] {
        let message = "must be words of printable ASCII";
        refuses(&registrar, with(json!({ "scope": sent })), "scope", "scope.syntax", message);
    }
    let tab = with(json!({ "scope": "a\tb" }));
    refuses(&registrar, tab, "scope", "control_character", "control character");
    refuses(&registrar, with(json!({ "scope": ["a"] })), "scope", "type", "not an array");
    // Without a catalogue no scope comes on its own.
    assert_eq!(accepts(&registrar, with(json!({}))).get("scope"), None);
    let words: Vec<String> = (0..101).map(|at| format!("s{at}")).collect();
    accepts(&registrar, with(json!({ "scope": words[..100].join(" ") })));
    let many = with(json!({ "scope": words.join(" ") }));
    refuses(&registrar, many, "scope", "max_items", "must have at most 100 words");
}

/// Accepts: SCP-002, SCP-003, SCP-005, R91-029
/// Refuses: R91-029
#[test]
fn s_priv_03_a_catalogue_bounds_what_clients_get() {
    let catalogue = json!([{ "id": "openid", "default": true }, { "id": "email", "default": true }, "admin"]);
    let on = registrar(json!({ "scopes": catalogue, "dynamicRegistrationScopesParamEnabled": true }));
    for (asked, got) in [
        (json!({}), Some("openid email")),
        (json!({ "scope": "" }), Some("openid email")),
        (json!({ "scope": "email" }), Some("email")),
        (json!({ "scope": "email admin" }), Some("email")),
        (json!({ "scope": "email unknown openid" }), Some("email openid")),
        (json!({ "scope": "EMAIL" }), None),
        (json!({ "scope": "admin" }), None),
    ] {
        let body = accepts(&on, with(asked.clone()));
        assert_eq!(body.get("scope").map(|scope| scope.as_str().unwrap()), got, "{asked}");
    }
    let off = registrar(json!({ "scopes": catalogue }));
    for asked in [json!({}), json!({ "scope": "openid" }), json!({ "scope": "admin" })] {
        assert_eq!(accepts(&off, with(asked)).get("scope"), None);
    }
    // The switch without a catalogue: nothing is known, so nothing is given and nothing taken.
    let blind = registrar(json!({ "dynamicRegistrationScopesParamEnabled": true }));
    assert_eq!(accepts(&blind, with(json!({}))).get("scope"), None);
    assert_eq!(accepts(&blind, with(json!({ "scope": "any" })))["scope"], "any");
    for registrar in [on, off, blind] {
        let broken = with(json!({ "scope": "a  b" }));
        refuses(&registrar, broken, "scope", "scope.syntax", "one space between them");
    }
}

/// However many scopes a server has: a client that was given all of them can send them back.
#[test]
fn all_scopes_of_a_catalogue_may_be_asked_for() {
    let ids: Vec<String> = (0..150).map(|at| format!("scope{at}")).collect();
    let catalogue: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "default": true })).collect();
    let server = registrar(json!({ "scopes": catalogue, "dynamicRegistrationScopesParamEnabled": true }));
    let all = ids.join(" ");
    assert_eq!(accepts(&server, with(json!({})))["scope"], all);
    assert_eq!(accepts(&server, with(json!({ "scope": all })))["scope"], all);
    let more = with(json!({ "scope": format!("{all} more") }));
    refuses(&server, more.clone(), "scope", "max_items", "must have at most 150 words");
    refuses(&standard(), more, "scope", "max_items", "must have at most 100 words");
}

/// What the client of a request is, without what the server adds.
#[track_caller]
fn registered(registrar: &Registrar, metadata: Value) -> Value {
    let mut body = accepts(registrar, metadata);
    body.as_object_mut().unwrap().retain(|name, _| !OWN.contains(&&**name));
    body
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |text, word| format!("{text}{}{}", word[..1].to_ascii_uppercase(), &word[1..]))
}

/// Accepts: DEC-21, OIR-044, R91-013, R91-015, S-PRIV-01
#[test]
fn s_priv_01_what_is_not_the_clients_to_say_is_dropped() {
    let registrar = standard();
    let usual = registered(&registrar, with(json!({})));
    let names = [
        // The server's own.
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
        "last_access_time",
        "last_logon_time",
        "version",
        // The operator's.
        "access_token_lifetime",
        "allow_spontaneous_scopes",
        "spontaneous_scopes",
        "run_introspection_script_before_jwt_creation",
        "keep_client_authorization_after_expiration",
        "trusted_client",
        "persist_client_authorizations",
        "include_claims_in_id_token",
        "refresh_token_lifetime",
        "custom_attributes",
        "custom_object_classes",
        "disabled",
        "deletable",
        "expiration_date",
        "dn",
        "inum",
        "jans_id",
        "jans_sub_attr",
        "skip_consent",
        "first_party",
        "enabled",
        "service_account",
        "roles",
        "groups",
        "tenant",
        "owner",
        "spontaneous_scope_script_dns",
        "update_token_script_dns",
        "post_authn_script_dns",
        "consent_gathering_script_dns",
        "introspection_script_dns",
        "rpt_claims_script_dns",
        "ropc_script_dns",
        "par_script_dns",
        "tx_token_script_dns",
        "logout_status_jwt_script_dns",
        "token_exchange_script_dns",
        // Nobody's.
        "unknown",
        "__proto__",
        "constructor",
        "a.b",
        "$where",
    ];
    for name in names {
        for value in [json!("mine"), json!(true), json!(["mine"]), json!({ "a": 1 }), json!(1)] {
            let mut places = vec![
                json!({ name: value }),
                json!({ format!("{name}#en"): value }),
                json!({ "attributes": { name: value } }),
                json!({ name.to_ascii_uppercase(): value }),
            ];
            if name.contains('_') && !name.starts_with('_') {
                places.push(json!({ camel_case(name): value }));
            }
            for place in places {
                assert_eq!(registered(&registrar, with(place.clone())), usual, "{place}");
            }
        }
    }
    let own =
        with(json!({ "client_id": "mine", "client_secret": "mine", "registration_access_token": "mine" }));
    let body = accepts(&registrar, own);
    for name in ["client_id", "client_secret", "registration_access_token"] {
        assert_ne!(body[name], "mine", "{name}");
    }
    // What a client may say is dropped under another spelling, and inside `attributes`.
    for place in [
        json!({ "clientName": "A" }),
        json!({ "Client_Name": "A" }),
        json!({ "redirectUris": ["https://evil.example/"] }),
        json!({ "attributes": { "client_name": "A", "scope": "admin" } }),
    ] {
        assert_eq!(registered(&registrar, with(place.clone())), usual, "{place}");
    }
    assert_eq!(registered(&registrar, with(json!({ "client_name": "A" })))["client_name"], "A");
}

/// Accepts: DEC-21, R91-015
/// Refuses: DEC-21, R91-015
#[test]
fn inv_1_a_profile_may_refuse_what_it_does_not_know() {
    let mut profile = serde_json::to_value(Profile::preset("standard").unwrap()).unwrap();
    profile["unknown_members"] = json!("reject");
    let strict = Registrar::builder(config(json!({})), MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .build()
        .unwrap();
    accepts(&strict, with(json!({ "client_name": "A" })));
    let metadata = with(json!({ "clientName": "A" }));
    refuses(&strict, metadata, "clientName", "unknown_member", "is not a member that this server knows");
}

/// Accepts: R91-014, R91-015, R91-077, S-JSON-12
#[test]
fn custom_attributes_are_kept_if_they_are_listed() {
    let registrar = registrar(json!({
        "dynamicRegistrationCustomAttributes": ["department", "myCustomAttr1"],
        "dynamicRegistrationDefaultCustomAttributes": { "department": "none" },
    }));
    let body = accepts(&registrar, with(json!({})));
    assert_eq!((&body["department"], body.get("myCustomAttr1")), (&json!("none"), None));
    let asked = with(json!({ "department": "sales", "myCustomAttr1": ["a", "b"], "myCustomAttr2": "c" }));
    let body = accepts(&registrar, asked);
    assert_eq!((&body["department"], &body["myCustomAttr1"]), (&json!("sales"), &json!(["a", "b"])));
    assert_eq!(body.get("myCustomAttr2"), None);
    for value in [json!(7), json!(1.5), json!(false), json!([1, "a"]), json!({ "a": { "b": [null] } })] {
        assert_eq!(accepts(&registrar, with(json!({ "myCustomAttr1": value })))["myCustomAttr1"], value);
    }
    let body = accepts(&registrar, with(json!({ "department": null, "myCustomAttr1": null })));
    assert_eq!((&body["department"], body.get("myCustomAttr1")), (&json!("none"), None));
}

/// What is listed is typed as it came; a profile may set a value that no request changes.
#[test]
fn custom_attributes_have_the_type_they_came_with() {
    let names = json!({ "dynamicRegistrationCustomAttributes": ["department", "floors", "site"] });
    let mut profile = serde_json::to_value(Profile::preset("standard").unwrap()).unwrap();
    profile["metadata"]["site"] = json!({ "value": "Zurich" });
    let registrar = Registrar::builder(config(names), MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .build()
        .unwrap();
    let asked = with(json!({ "department": "sales", "floors": [1, { "wing": "east" }], "site": "Mars" }));
    let extra = client(&registrar, asked).metadata().extra.clone();
    let expected = json!({ "department": "sales", "floors": [1, { "wing": "east" }], "site": "Zurich" });
    assert_eq!(Value::Object(extra), expected);
}

/// Janssen's two attributes that are flags: nobody is trusted for saying so, unless the operator lists them.
#[test]
fn s_priv_02_clients_are_trusted_only_where_the_operator_lets_them_say_so() {
    let asked = |value: Value| with(json!({ "jansTrustedClnt": value, "jansInclClaimsInIdTkn": value }));
    let listed = registrar(json!({
        "dynamicRegistrationCustomAttributes": ["jansTrustedClnt", "jansInclClaimsInIdTkn"],
    }));
    assert!(listed.warnings().iter().any(|warning| warning.message.contains("trusted client")));
    assert!(standard().warnings().is_empty());
    for (value, is_true) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("TRUE"), true),
        (json!("yes"), false),
        (json!(1), false),
    ] {
        let client = client(&listed, asked(value.clone()));
        let flags = client.flags();
        assert_eq!((flags.trusted, flags.include_claims_in_id_token), (is_true, is_true), "{value}");
        assert!(!client.metadata_json().contains("jans"), "{value}: flags are no metadata");
        let client = self::client(&standard(), asked(value.clone()));
        assert_eq!(
            (client.flags().trusted, client.flags().include_claims_in_id_token),
            (false, false),
            "{value}"
        );
    }
}

/// S-PRIV-01: what is the operator's becomes the client's only if the operator lists it, within what a profile bounds.
#[test]
fn members_of_the_operator_can_be_handed_over() {
    let names = json!({ "dynamicRegistrationCustomAttributes": ["access_token_lifetime"] });
    let mut profile = serde_json::to_value(Profile::preset("standard").unwrap()).unwrap();
    profile["metadata"]["access_token_lifetime"] = json!({ "max": 3600 });
    let handed_over = Registrar::builder(config(names), MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .build()
        .unwrap();
    let asked = |seconds: i64| with(json!({ "access_token_lifetime": seconds }));
    assert_eq!(accepts(&handed_over, asked(3600))["access_token_lifetime"], 3600);
    let message = "must be an integer from 0 to 3600";
    refuses(&handed_over, asked(3601), "access_token_lifetime", "range", message);
    assert_eq!(accepts(&standard(), asked(3600)).get("access_token_lifetime"), None);
}

/// S-JSON-07: a NUL makes some stores fail, and other controls deceive whoever reads a log.
#[test]
fn s_json_10_no_text_has_a_control_character_wherever_it_stands() {
    let listed = registrar(json!({ "dynamicRegistrationCustomAttributes": ["custom"] }));
    let open = Registrar::builder(config(json!({})), MemoryClientStore::default())
        .profile(Profile::preset("ibm-default").unwrap().clone())
        .acknowledge_open_management()
        .build()
        .unwrap();
    for control in ["\0", "\n", "\u{1b}[2J", "\u{7f}", "\u{9b}31m"] {
        let text = format!("a{control}b");
        for (name, value, field) in [
            ("client_name", json!(text), "client_name"),
            ("software_version", json!(text), "software_version"),
            ("contacts", json!(["a", text]), "contacts[1]"),
            ("vp_formats_supported", json!({ "a": { "b": [text] } }), "vp_formats_supported"),
            ("custom", json!(text), "custom"),
            ("custom", json!(["a", text]), "custom[1]"),
            ("custom", json!({ "a": [{ "b": text }] }), "custom"),
            ("custom", json!({ "a": [{ &text: "b" }] }), "custom"),
        ] {
            let metadata = with(json!({ name: value }));
            refuses(&listed, metadata.clone(), field, "control_character", "has a control character");
            if name == "custom" {
                refuses(&open, metadata, "custom", "control_character", "has a control character");
            }
        }
    }
    for registrar in [listed, open] {
        let custom = json!({ "a\u{e9}": ["\u{30af}", { "b": "\u{a0}" }] });
        assert_eq!(accepts(&registrar, with(json!({ "custom": custom })))["custom"], custom);
    }
}

/// DEC-05
#[test]
fn s_json_08_null_and_the_empty_text_are_as_absent() {
    let registrar = standard();
    let usual = registered(&registrar, with(json!({})));
    for name in
        ["client_name", "scope", "grant_types", "response_types", "jwks", "application_type", "logo_uri"]
    {
        assert_eq!(registered(&registrar, with(json!({ name: null }))), usual, "{name}");
    }
    for name in ["client_name", "scope", "application_type", "token_endpoint_auth_method", "logo_uri"] {
        assert_eq!(registered(&registrar, with(json!({ name: "" }))), usual, "{name}");
    }
    let body = accepts(
        &registrar,
        json!({ "grant_types": [DEVICE_CODE], "response_types": [], "redirect_uris": [] }),
    );
    assert_eq!((&body["response_types"], &body["redirect_uris"]), (&json!([]), &json!([])));
    let none = with(json!({ "grant_types": [] }));
    refuses(&registrar, none, "grant_types", "min_items", "must have at least 1 element");
}

/// DEC-05: of no profile and of no member does the record keep a `null`, nor what could not be read.
#[test]
fn no_record_has_a_null() {
    for profile in ["rfc7591", "oidc", "standard", "ibm-default"] {
        let registrar = Registrar::builder(
            config(json!({ "dynamicRegistrationCustomAttributes": ["custom"] })),
            MemoryClientStore::default(),
        )
        .profile(Profile::preset(profile).unwrap().clone())
        .acknowledge_open_management()
        .build()
        .unwrap();
        let names =
            oauth_dcr::metadata::fields::TABLE.iter().map(|row| row.name).filter(|n| *n != "redirect_uris");
        for name in names.chain(["custom", "unknown"]) {
            let body = registered(&registrar, with(json!({ name: null })));
            assert!(
                body.as_object().unwrap().values().all(|value| !value.is_null()),
                "{profile} {name}: {body}"
            );
        }
        // Open Banking numbers its versions, and where any value is taken it is kept as it came.
        for version in [json!(1.5), json!(2), json!({ "major": 1 }), json!([1, 2])] {
            let metadata = with(json!({ "software_version": version }));
            if profile == "standard" {
                refuses(&registrar, metadata, "software_version", "type", "must be a string and not");
            } else {
                assert_eq!(accepts(&registrar, metadata)["software_version"], version, "{profile}");
            }
        }
    }
}

/// DEC-28, DEC-29
#[test]
fn numbers_and_booleans_are_of_their_type() {
    let registrar = standard();
    for age in [0_i64, 3600, 9_007_199_254_740_991] {
        assert_eq!(accepts(&registrar, with(json!({ "default_max_age": age })))["default_max_age"], age);
    }
    for (age, rule, message) in [
        (json!(-1), "range", "must be an integer from 0 to 9007199254740991"),
        (json!(9_007_199_254_740_992_i64), "range", "must be an integer from 0 to 9007199254740991"),
        (json!(1.5), "type", "must be an integer"),
        (json!("3600"), "type", "must be an integer and not a string"),
        (json!(true), "type", "must be an integer"),
    ] {
        refuses(&registrar, with(json!({ "default_max_age": age })), "default_max_age", rule, message);
    }
    for flag in [true, false] {
        assert_eq!(
            accepts(&registrar, with(json!({ "require_auth_time": flag })))["require_auth_time"],
            flag
        );
    }
    for flag in [json!("true"), json!(1), json!(["true"]), json!({})] {
        let metadata = with(json!({ "require_auth_time": flag }));
        refuses(&registrar, metadata, "require_auth_time", "type", "must be true or false and not");
    }
}

/// DEC-28, DEC-29
#[test]
fn lenient_reading_takes_what_janssen_takes() {
    let lenient = registrar(json!({ "reading": "lenient" }));
    let jwks = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#
        .replace("\n        ", "");
    for (name, sent, kept) in [
        ("require_auth_time", json!("true"), json!(true)),
        ("require_auth_time", json!("FALSE"), json!(false)),
        ("default_max_age", json!("3600"), json!(3600)),
        ("contacts", json!("a@b.example c@d.example"), json!(["a@b.example", "c@d.example"])),
        ("response_types", json!("code"), json!(["code"])),
        (
            "redirect_uris",
            json!("https://a.example/ https://b.example/"),
            json!(["https://a.example/", "https://b.example/"]),
        ),
        ("scope", json!(["a", "b"]), json!("a b")),
        ("client_name", json!(1), json!("1")),
        ("jwks", json!(jwks), serde_json::from_str(&jwks).unwrap()),
    ] {
        let metadata = with(json!({ name: sent }));
        assert_eq!(accepts(&lenient, metadata.clone())[name], kept, "{name}");
        let Err(rejection) = answer(&standard(), &metadata) else { panic!("{metadata} was registered") };
        assert_eq!((&*rejection.violations[0].field, &*rejection.violations[0].rule), (name, "type"));
    }
    for (name, value, rule) in [
        ("grant_types", json!("authorization_code implicit"), "type"),
        ("require_auth_time", json!("yes"), "type"),
        ("default_max_age", json!("an hour"), "type"),
        ("jwks", json!("keys"), "type"),
        ("subject_type", json!("secret"), "one_of"),
        ("token_endpoint_auth_method", json!("magic"), "one_of"),
    ] {
        refuses(&lenient, with(json!({ name: value })), name, rule, "must be");
    }
}

/// Accepts: DEC-33, R91-030, R91-032
/// Refuses: DEC-33, R91-030, R91-032
#[test]
fn s_xss_05_contacts_and_software_are_kept_as_they_are() {
    let registrar = standard();
    let contacts = json!(["admin@app.example.org", "tel. 1234", "A. \u{e9}"]);
    let id = "4NRB1-0XZABZI9E6-5SM3R";
    let asked = json!({ "contacts": contacts, "software_id": id, "software_version": "2.0" });
    for _ in 0..2 {
        let body = accepts(&registrar, with(asked.clone()));
        assert_eq!((&body["contacts"], &body["software_id"]), (&contacts, &json!(id)));
        assert_eq!(body["software_version"], "2.0");
    }
    for (name, value, field, rule) in [
        ("contacts", json!("a@b.example"), "contacts", "type"),
        ("contacts", json!(["a", 1]), "contacts[1]", "type"),
        ("contacts", json!(["a", ""]), "contacts[1]", "empty"),
        (
            "contacts",
            json!(
                ["a@b.example"; 11]
                    .iter()
                    .enumerate()
                    .map(|(at, text)| format!("{at}{text}"))
                    .collect::<Vec<_>>()
            ),
            "contacts",
            "max_items",
        ),
        ("contacts", json!(["a".repeat(255)]), "contacts[0]", "max_length"),
        ("software_id", json!(1), "software_id", "type"),
        ("software_id", json!("a".repeat(257)), "software_id", "max_length"),
        ("software_version", json!(2.0), "software_version", "type"),
    ] {
        refuses(&registrar, with(json!({ name: value })), field, rule, "must");
    }
}

/// Accepts: DEC-33, OIR-009
/// Refuses: DEC-33, OIR-009
#[test]
fn s_xss_04_contacts_may_have_to_be_mail_addresses() {
    let strict = registrar(json!({ "contactsAreEmailAddresses": true }));
    let contacts = json!(["ops@app.example.org", "a.b+c@d.example"]);
    assert_eq!(accepts(&strict, with(json!({ "contacts": contacts })))["contacts"], contacts);
    for wrong in ["tel. 1234", "@app.example.org", "a b@app.example.org", "a@b@c.example", "a@"] {
        let metadata = with(json!({ "contacts": ["ops@app.example.org", wrong] }));
        refuses(&strict, metadata, "contacts[1]", "email", "must be an e-mail address");
    }
}

/// DEC-32, S-URI-14
#[test]
fn s_uri_14_repeated_elements_are_dropped() {
    for (name, sent, kept) in [
        ("contacts", json!(["a", "b", "a"]), json!(["a", "b"])),
        ("grant_types", json!(["authorization_code", "authorization_code"]), json!(["authorization_code"])),
        ("response_types", json!(["code", "code"]), json!(["code"])),
        ("redirect_uris", json!([URI, "https://a.example/", URI]), json!([URI, "https://a.example/"])),
    ] {
        assert_eq!(accepts(&standard(), with(json!({ name: sent })))[name], kept, "{name}");
    }
}

/// DEC-03, DEC-32: wherever the first of two is, and however many there are.
#[test]
fn repeats_are_found_among_many() {
    let registrar = standard();
    let post = |body: &str| run(registrar.register(RegisterRequest::from_body(body.as_bytes())));
    let members = |names: &[String]| {
        let members: Vec<String> = names.iter().map(|name| format!(r#""{name}":"a""#)).collect();
        members.join(",")
    };
    let named: [fn(usize) -> String; 2] = [|at| format!("m{at}"), |at| format!("client_name#x-{at}")];
    for name in named {
        let all: Vec<String> = (0..50).map(name).collect();
        let uris = format!(r#""redirect_uris":["{URI}"]"#);
        let top = |names: &[String]| format!("{{{uris},{}}}", members(names));
        let inner =
            |names: &[String]| format!(r#"{{{uris},"jwks":{{"keys":[],"a":{{{}}}}}}}"#, members(names));
        assert!(post(&top(&all)).is_ok() && post(&inner(&all)).is_ok());
        for (first, second) in [(0, 49), (5, 30), (22, 23), (23, 24), (24, 25), (0, 24), (30, 49), (48, 49)] {
            let mut twice = all.clone();
            twice[second] = name(first);
            for body in [top(&twice), inner(&twice)] {
                let Err(Error::Rejected(fault)) = post(&body) else { panic!("{body}") };
                assert!(
                    fault.to_string().contains(&format!("names the member `{}` twice", name(first))),
                    "{fault}"
                );
            }
            let element = |at: usize| json!(format!("acr{at}"));
            let mut list: Vec<Value> = (0..50).map(element).collect();
            list[second] = element(first);
            let body = accepts(&registrar, with(json!({ "default_acr_values": list })));
            list.remove(second);
            assert_eq!(body["default_acr_values"], json!(list));
        }
    }
}

/// Accepts: DEC-20
/// Refuses: DEC-20, R91-082, R91-083, R91-084
#[test]
fn s_err_08_seven_faults_are_told_at_once() {
    let mut metadata = json!({
        "redirect_uris": [URI, "https://app.example.org/two", "http://app.example.org/three"],
        "client_uri": "javascript:alert(1)",
        "default_max_age": -1,
        "token_endpoint_auth_method": "magic",
        "subject_type": "secret",
        "scope": "a  b",
        "grant_types": ["authorization_code", "client_credential"],
    });
    let registrar = standard();
    let Err(rejection) = answer(&registrar, &metadata) else { panic!("registered") };
    let mut told: Vec<_> = rejection
        .violations
        .iter()
        .map(|one| (&*one.field, &*one.rule, one.message.split(',').next().unwrap()))
        .collect();
    assert_eq!(told[0], ("redirect_uris[2]", "redirect.https_for_web", "must use https"));
    told.sort_unstable();
    let expected = [
        ("client_uri", "uri", "must not use the scheme javascript"),
        ("default_max_age", "range", "must be an integer from 0 to 9007199254740991"),
        ("grant_types", "subset_of", "must only have elements of authorization_code"),
        ("redirect_uris[2]", "redirect.https_for_web", "must use https"),
        ("scope", "scope.syntax", "must be words of printable ASCII without quotes and backslashes"),
        ("subject_type", "one_of", "must be one of public"),
        ("token_endpoint_auth_method", "one_of", "must be one of none"),
    ];
    assert_eq!(told, expected);
    assert_eq!((&rejection.code, rejection.status), (&ErrorCode::INVALID_REDIRECT_URI, 400));
    let text = rejection.description();
    for (field, _, message) in expected {
        assert!(text.contains(&format!("{field}: {message}")), "{text}");
    }
    assert!(text.contains("`client_credential` is not one"), "{text}");

    // What could not be read comes first, and with it the code changes.
    metadata["client_name"] = json!(1);
    let Err(rejection) = answer(&registrar, &metadata) else { panic!("registered") };
    assert_eq!((&*rejection.violations[0].field, rejection.violations.len()), ("client_name", 8));
    assert_eq!(rejection.code, ErrorCode::INVALID_CLIENT_METADATA);

    // Each of them is what it takes: without its faults the request is granted.
    let right = json!({
        "redirect_uris": [URI, "https://app.example.org/two", "https://app.example.org/three"],
        "client_uri": "https://app.example.org/",
        "default_max_age": 1,
        "token_endpoint_auth_method": "client_secret_post",
        "subject_type": "public",
        "scope": "a b",
        "grant_types": ["authorization_code", "client_credentials"],
    });
    accepts(&registrar, right);
}
