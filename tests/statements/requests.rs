//! Signed requests: whose keys verify them, and what they may say.

use oauth_dcr::{Error, Operation, Registration};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// Where the keys of a request may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// `jwks` of an entry of type DCR.
    EntryJwks,
    /// The same as a text.
    EntryJwksText,
    /// `jwksUri` of an entry.
    EntryUri,
    /// `configurationEndpoint` of an entry.
    EntryDiscovery,
    /// `sharedSecret` of an entry.
    EntrySecret,
    /// `dcrSignatureValidationJwks`.
    Jwks,
    /// The same as a text.
    JwksText,
    /// `dcrSignatureValidationJwksUri`.
    Uri,
    /// `dcrSignatureValidationSharedSecret`.
    Secret,
    /// `dcrSignatureValidationSoftwareStatementJwksURIClaim`.
    ClaimUri,
    /// `dcrSignatureValidationSoftwareStatementJwksClaim`.
    ClaimJwks,
    /// The hook's `dcr_jwks`.
    HookKeys,
    /// The hook's `dcr_hmac_secret`.
    HookSecret,
}

/// Each source, and what is fetched for a token that it verifies.
#[rustfmt::skip]
const SOURCES: [(Source, &[&str]); 13] = [
    (Source::EntryJwks,      &[]),
    (Source::EntryJwksText,  &[]),
    (Source::EntryUri,       &[SOFTWARE_KEYS]),
    (Source::EntryDiscovery, &[CONFIGURATION, SOFTWARE_KEYS]),
    (Source::EntrySecret,    &[]),
    (Source::Jwks,           &[]),
    (Source::JwksText,       &[]),
    (Source::Uri,            &[SOFTWARE_KEYS]),
    (Source::Secret,         &[]),
    (Source::ClaimUri,       &[SOFTWARE_KEYS]),
    (Source::ClaimJwks,      &[]),
    (Source::HookKeys,       &[]),
    (Source::HookSecret,     &[]),
];

const CONFIGURATION: &str = "https://keys.software.example/.well-known/openid-configuration";

impl Source {
    fn is_hmac(self) -> bool {
        matches!(self, Self::EntrySecret | Self::Secret | Self::HookSecret)
    }

    /// The members of an entry for the software.
    fn entry(self) -> Option<Value> {
        Some(match self {
            Self::EntryJwks => json!({ "jwks": SOFTWARE.set() }),
            Self::EntryJwksText => json!({ "jwks": SOFTWARE.set().to_string() }),
            Self::EntryUri => json!({ "jwksUri": SOFTWARE_KEYS }),
            Self::EntryDiscovery => json!({
                "configurationEndpoint": CONFIGURATION, "configurationEndpointClaim": "dcr_jwks",
            }),
            Self::EntrySecret => json!({ "sharedSecret": SECRET }),
            _ => return None,
        })
    }

    fn properties(self) -> Value {
        match self {
            Self::Jwks => json!({ "dcrSignatureValidationJwks": SOFTWARE.set() }),
            Self::JwksText => json!({ "dcrSignatureValidationJwks": SOFTWARE.set().to_string() }),
            Self::Uri => json!({ "dcrSignatureValidationJwksUri": SOFTWARE_KEYS }),
            Self::Secret => json!({ "dcrSignatureValidationSharedSecret": SECRET }),
            Self::ClaimUri => {
                json!({ "dcrSignatureValidationSoftwareStatementJwksURIClaim": "org_jwks_endpoint" })
            }
            Self::ClaimJwks => json!({ "dcrSignatureValidationSoftwareStatementJwksClaim": "org_jwks" }),
            _ => json!({}),
        }
    }

    fn hook(self) -> Option<KeyHook> {
        match self {
            Self::HookKeys => Some(KeyHook { request_keys: Some(SOFTWARE.set()), ..KeyHook::default() }),
            Self::HookSecret => Some(KeyHook { request_secret: Some(SECRET), ..KeyHook::default() }),
            _ => None,
        }
    }

    /// The statement that a request needs for its keys to be found.
    fn statement(self) -> Option<String> {
        match self {
            Self::ClaimUri => Some(statement(json!({ "org_jwks_endpoint": SOFTWARE_KEYS }))),
            Self::ClaimJwks => Some(statement(json!({ "org_jwks": SOFTWARE.set() }))),
            _ => None,
        }
    }

    /// The claims of a request, with the statement it needs.
    fn request(self, others: Value) -> Value {
        match self.statement() {
            Some(statement) => with(request(json!({ "software_statement": statement })), others),
            None => request(others),
        }
    }

    /// A token that the source verifies, and one that it does not.
    fn tokens(self, claims: &Value) -> [String; 2] {
        if self.is_hmac() {
            [hmac("HS256", SECRET, claims), hmac("HS256", "another", claims)]
        } else {
            [SOFTWARE.sign(claims), THIEF.sign(claims)]
        }
    }
}

/// A server that wants signed requests, with these sources of keys.
fn signed_server(sources: &[Source], changes: Value) -> (Server, KeyHook) {
    let entries = sources.iter().filter_map(|source| source.entry()).enumerate();
    let entries = entries.map(|(index, entry)| {
        with(json!({ "id": format!("dcr-{index}"), "type": "DCR", "issuers": ["software"] }), entry)
    });
    let mut all: Vec<Value> = entries.collect();
    all.extend(directory_config()["dcrSsaValidationConfigs"].as_array().unwrap().clone());
    let mut properties = with(
        directory_config(),
        json!({ "dcrSignatureValidationEnabled": true, "dcrSsaValidationConfigs": all }),
    );
    for source in sources {
        properties = with(properties, source.properties());
    }
    let hooks: Vec<KeyHook> = sources.iter().filter_map(|source| source.hook()).collect();
    let hook = KeyHook {
        request_keys: hooks.iter().find_map(|hook| hook.request_keys.clone()),
        request_secret: hooks.iter().find_map(|hook| hook.request_secret),
        ..KeyHook::default()
    };
    let server = server_with(with(properties, changes), |builder| {
        if hooks.is_empty() { builder } else { builder.script_hook(hook.clone()) }
    });
    server.network.insert(CONFIGURATION, json!({ "dcr_jwks": SOFTWARE_KEYS }));
    (server, hook)
}

/// Each source alone: what it verifies is registered, what it does not is refused, for POST and for PUT.
///
/// Accepts: JOSE-008, JOSE-009, SIG-001, SIG-002
/// Refuses: JOSE-008, JOSE-009, SIG-001, SIG-002
#[test]
fn every_source_verifies_requests() {
    for (source, fetches) in SOURCES {
        println!("{source:?}");
        let (server, _) = signed_server(&[source], json!({}));
        let [good, forged] = source.tokens(&source.request(json!({ "client_name": "Own" })));
        let answer = server.accepts(server.register_signed(&good));
        assert_eq!(answer["client_name"], "Own");
        assert_eq!(server.fetched(), fetches);
        server.refuses(server.register_signed(forged), METADATA, REQUEST_NOT_VERIFIED);

        let claims = source.request(json!({ "client_name": "New", "client_id": answer["client_id"] }));
        let [good, forged] = source.tokens(&claims);
        let refused = server.update_as(&answer, "application/jwt", forged);
        server.refuses(refused, METADATA, REQUEST_NOT_VERIFIED);
        assert_eq!(server.record(&answer)["client_name"], "Own");
        let updated = server.accepts(server.update_as(&answer, "application/jose", good));
        assert_eq!(updated["client_name"], "New");
    }
}

/// Both media types, in any case and with parameters, and blanks around the token.
///
/// SIG-001
#[test]
fn media_types_of_signed_requests() {
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    let token = SOFTWARE.sign(&request(json!({})));
    for media_type in
        ["application/jwt", "application/jose", "Application/JWT", "application/jwt; charset=utf-8"]
    {
        server.accepts(server.register_as(media_type, &token));
    }
    server.accepts(server.register_signed(format!("\r\n {token}\n")));
    for media_type in ["application/jose+json", "text/plain", "application/jwt; charset=utf-16", ""] {
        let wire = server.refusal(server.register_as(media_type, &token));
        assert_eq!(wire.status, 415, "{media_type}: {}", wire.body);
    }
}

/// A body of the wrong kind: JSON where signatures are wanted, whatever is in it, and a signed one where they
/// are not. The same for an update.
#[test]
fn a_body_of_the_wrong_kind_is_refused() {
    let wanted = "the body must be a signed request: send application/jwt";
    let not_wanted = "the body is signed, and this server takes no signed requests: send application/json";
    let token = SOFTWARE.sign(&request(json!({})));
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    let answer = server.accepts(server.register_signed(&token));
    let plain = json!({ "redirect_uris": [REDIRECT] });
    server.refuses(server.register(&plain), METADATA, wanted);
    server.refuses(server.register_as("application/json", plain.to_string()), METADATA, wanted);
    server.refuses(server.register(&presenting(statement(json!({})))), METADATA, wanted);
    server.refuses(server.register_as("application/json", &token), METADATA, wanted);
    server.refuses(server.update(&answer, &plain), METADATA, wanted);
    let no_jws = "the signed request is not a compact JWS of three parts";
    server.refuses(server.register_signed(plain.to_string()), METADATA, no_jws);
    server.refuses(server.register_signed(""), METADATA, no_jws);

    let server = crate::support::server(json!({ "dcrSignatureValidationJwks": SOFTWARE.set() }));
    let answer = server.accepts(server.register(&plain));
    for media_type in ["application/jwt", "application/jose"] {
        server.refuses(server.register_as(media_type, &token), METADATA, not_wanted);
        server.refuses(server.update_as(&answer, media_type, &token), METADATA, not_wanted);
    }
    let wire = server.refusal(server.register_as("application/json", &token));
    assert!(wire.body.contains("invalid_request"), "{}", wire.body);
}

/// Keys and secrets never stand in for each other: the text of a public key is no secret, and what a secret
/// signed is not looked at with keys. Nothing is fetched for an HMAC.
///
/// Accepts: S-JOSE-02, JOSE-005
/// Refuses: S-JOSE-02, JOSE-005
#[test]
fn public_keys_are_no_secrets() {
    let claims = |source: Source| source.request(json!({}));
    let public_texts = || {
        let key = SOFTWARE.public();
        let coordinate = key["x"].as_str().unwrap();
        vec![
            SOFTWARE.set().to_string().into_bytes(),
            key.to_string().into_bytes(),
            coordinate.as_bytes().to_vec(),
            decode(coordinate),
            [decode(coordinate), decode(key["y"].as_str().unwrap())].concat(),
            Vec::new(),
        ]
    };
    for (source, fetches) in SOURCES {
        for also_secret in [false, true] {
            println!("{source:?} {also_secret}");
            let sources = if also_secret { vec![source, Source::Secret] } else { vec![source] };
            let (server, _) = signed_server(&sources, json!({}));
            for secret in public_texts() {
                for algorithm in ["HS256", "HS384", "HS512"] {
                    let token = hmac(algorithm, &secret, &claims(source));
                    server.refuses(server.register_signed(token), METADATA, REQUEST_NOT_VERIFIED);
                }
            }
            assert_eq!(server.fetched(), [""; 0]);
            if also_secret && !source.is_hmac() {
                server.accepts(server.register_signed(SOFTWARE.sign(&claims(source))));
                assert_eq!(server.fetched(), fetches);
                server.accepts(server.register_signed(hmac("HS512", SECRET, &claims(source))));
            }
        }
    }
    // And the other way round: a secret verifies no signature.
    for source in [Source::EntrySecret, Source::Secret, Source::HookSecret] {
        let (server, _) = signed_server(&[source], json!({}));
        server.refuses(
            server.register_signed(SOFTWARE.sign(&claims(source))),
            METADATA,
            REQUEST_NOT_VERIFIED,
        );
    }
}

/// Any success is success, and what needs no fetch is tried first. A hook is asked last.
#[test]
fn nothing_is_fetched_needlessly() {
    let everything: Vec<Source> = SOURCES
        .iter()
        .map(|(source, _)| *source)
        .filter(|source| !matches!(source, Source::EntryJwksText | Source::JwksText))
        .collect();
    let (server, hook) = signed_server(&everything, json!({}));
    server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    server.accepts(server.register_signed(hmac("HS256", SECRET, &request(json!({})))));
    let stranger = json!({ "iss": "nobody in particular" });
    server.accepts(server.register_signed(SOFTWARE.sign(&request(stranger.clone()))));
    server.accepts(server.register_signed(hmac("HS256", SECRET, &request(stranger.clone()))));
    assert_eq!(server.fetched(), [""; 0]);
    assert_eq!(hook.methods(), ["create_client"; 4]);

    // A key that only the address has: the one fetch serves all that follow.
    let everything: Vec<Source> =
        everything.into_iter().filter(|source| !matches!(source, Source::EntryJwks | Source::Jwks)).collect();
    let (server, hook) = signed_server(&everything, json!({ "dcrSignatureValidationJwks": DIRECTORY.set() }));
    for _ in 0..3 {
        server.accepts(server.register_signed(SOFTWARE.sign(&request(stranger.clone()))));
    }
    assert_eq!(server.fetched(), [SOFTWARE_KEYS]);
    assert_eq!(hook.methods(), ["create_client"; 3]);
}

/// Addresses that lead nowhere are not the last word, and neither are keys that are not the right ones.
#[test]
fn sources_are_tried_until_one_verifies() {
    let (server, hook) = signed_server(
        &[Source::EntryUri, Source::Uri, Source::HookKeys],
        json!({ "dcrSignatureValidationJwks": DIRECTORY.set() }),
    );
    server.network.insert(SOFTWARE_KEYS, json!("out of order"));
    server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    assert_eq!(hook.asked()[0], ("dcr_jwks", Operation::Create, None));
    assert_eq!(server.fetched(), [SOFTWARE_KEYS], "a failure is remembered for a while");
}

/// An entry is for its issuers. Who has none is left to the general keys, and without these to nobody.
///
/// Accepts: JOSE-009
/// Refuses: JOSE-009
#[test]
fn entries_are_for_their_issuers() {
    let (server, _) = signed_server(&[Source::EntryJwks], json!({}));
    for claims in [
        request(json!({ "iss": "Software" })),
        request(json!({ "iss": "software " })),
        request(json!({ "iss": "" })),
        request(json!({ "iss": ISSUER })),
        without(request(json!({})), "iss"),
    ] {
        let refused = server.register_signed(SOFTWARE.sign(&claims));
        server.refuses(refused, METADATA, REQUEST_NOT_VERIFIED);
    }
    for iss in [json!(5), json!(["software"]), json!(null)] {
        let refused = server.register_signed(SOFTWARE.sign(&request(json!({ "iss": iss }))));
        server.refuses(refused, METADATA, "the signed request has a malformed payload");
    }
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    server.accepts(server.register_signed(SOFTWARE.sign(&without(request(json!({})), "iss"))));
    server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({ "iss": "anybody" })))));
    // A statement's issuer signs no requests.
    server.refuses(
        server.register_signed(DIRECTORY.sign(&request(json!({ "iss": ISSUER })))),
        METADATA,
        REQUEST_NOT_VERIFIED,
    );
}

/// Keys that a claim of the statement names: the statement must verify first, and without one there are none.
///
/// SIG-002, S-SSA-11
#[test]
fn the_statement_names_the_keys_of_the_request() {
    for source in [Source::ClaimUri, Source::ClaimJwks] {
        let (server, _) = signed_server(&[source], json!({}));
        server.refuses(
            server.register_signed(SOFTWARE.sign(&request(json!({})))),
            METADATA,
            REQUEST_NOT_VERIFIED,
        );
        let named = |key: &Key| match source {
            Source::ClaimUri => json!({ "org_jwks_endpoint": format!("https://{}.example/jwks", key.kid) }),
            _ => json!({ "org_jwks": key.set() }),
        };
        // A forged statement names the forger's keys, which sign the request.
        server.network.insert("https://directory-1.example/jwks", FORGER.set());
        let forged = FORGER.sign(&claims(named(&FORGER)));
        let claims = request(json!({ "software_statement": forged }));
        server.refuses(server.register_signed(FORGER.sign(&claims)), INVALID, NOT_VERIFIED);
        assert_eq!(server.fetched(), [""; 0], "{source:?}");
        // The outer token names keys itself.
        let own = with(request(named(&THIEF)), json!({ "software_statement": statement(json!({})) }));
        server.refuses(server.register_signed(THIEF.sign(&own)), METADATA, REQUEST_NOT_VERIFIED);
        assert_eq!(server.fetched(), [""; 0], "{source:?}");
        for wrong in [json!(5), json!(""), json!([]), json!({}), json!(true)] {
            let statement = statement(json!({ "org_jwks_endpoint": wrong, "org_jwks": wrong }));
            let claims = request(json!({ "software_statement": statement }));
            server.refuses(server.register_signed(SOFTWARE.sign(&claims)), METADATA, REQUEST_NOT_VERIFIED);
        }
    }
    // An address that an issuer names passes the same gate as one that a client names.
    let (server, _) = signed_server(&[Source::ClaimUri], json!({}));
    for uri in ["http://keys.software.example/jwks", "https://10.0.0.1/jwks", "https://localhost/jwks"] {
        let claims = request(json!({ "software_statement": statement(json!({ "org_jwks_endpoint": uri })) }));
        server.refuses(server.register_signed(SOFTWARE.sign(&claims)), METADATA, REQUEST_NOT_VERIFIED);
    }
    assert_eq!(server.fetched(), [""; 0]);
}

/// A claim that was not let through names no keys.
#[test]
fn a_claim_that_is_not_allowed_names_no_keys() {
    let entry = |allowed: Value| {
        json!({ "dcrSsaValidationConfigs": [{
            "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set(),
            "allowedClaims": allowed,
        }] })
    };
    let claims = Source::ClaimJwks.request(json!({}));
    let (server, _) = signed_server(&[Source::ClaimJwks], entry(json!(["org_jwks"])));
    server.accepts(server.register_signed(SOFTWARE.sign(&claims)));
    let (server, _) = signed_server(&[Source::ClaimJwks], entry(json!(["client_name"])));
    server.refuses(server.register_signed(SOFTWARE.sign(&claims)), METADATA, REQUEST_NOT_VERIFIED);
}

/// The nested statement is verified first and wins; what it is, and what the outer token is as a token, stay
/// out of the record.
///
/// Accepts: R91-064, DEC-39, SIG-002
/// Refuses: R91-064, DEC-39, SIG-002
#[test]
fn the_nested_statement_wins() {
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    let statement = statement(json!({
        "client_name": "Attested", "redirect_uris": ["https://attested.example/cb"], "jti": "statement",
        "aud": SERVER, "sub": "software", "nbf": NOW,
    }));
    let claims = request(json!({
        "client_name": "Own", "client_uri": "https://own.example", "software_statement": statement,
        "jti": "request", "sub": "software", "nbf": NOW, "unheard_of": 1,
    }));
    let answer = server.accepts(server.register_signed(SOFTWARE.sign(&claims)));
    assert_eq!(answer["client_name"], "Attested");
    assert_eq!(answer["client_uri"], "https://own.example");
    assert_eq!(answer["redirect_uris"], json!(["https://attested.example/cb"]));
    assert_eq!(answer["software_statement"], statement);
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "unheard_of"] {
        assert_eq!(answer.get(name), None, "{name}");
        assert_eq!(server.record(&answer).get(name), None, "{name}");
    }

    let forged = FORGER.sign(&crate::support::claims(json!({ "client_name": "Forged" })));
    for (inner, description) in [
        (json!(forged), NOT_VERIFIED),
        (json!("a.b.c"), "software_statement: is not a compact JWS of three parts"),
        (json!(" "), "software_statement: is not a compact JWS of three parts"),
        (json!(5), "software_statement: must be a string"),
        (json!({}), "software_statement: must be a string"),
        (json!([statement]), "software_statement: must be a string"),
    ] {
        let claims = request(json!({ "software_statement": inner }));
        server.refuses(server.register_signed(SOFTWARE.sign(&claims)), INVALID, description);
    }
    // What is empty counts as left out, as in a body that is not signed.
    for inner in [json!(""), json!(null)] {
        let claims = request(json!({ "client_name": "Own", "software_statement": inner }));
        let answer = server.accepts(server.register_signed(SOFTWARE.sign(&claims)));
        assert_eq!((&answer["client_name"], answer.get("software_statement")), (&json!("Own"), None));
    }
}

/// What a JWT is made of, and what only the server sets, never gets into the record of a signed request.
///
/// Accepts: DEC-01, DEC-39, R91-064
#[test]
fn s_priv_01_a_signed_request_sets_nothing_that_is_the_servers() {
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    let claims = request(json!({
        "client_id": "chosen", "client_secret": "chosen", "client_id_issued_at": 1,
        "client_secret_expires_at": 1, "registration_access_token": "chosen",
        "registration_client_uri": "https://attacker.example", "trusted_client": true,
        "post_authn_script_dns": ["a"], "groups": ["admin"], "jti": "1", "sub": "software",
    }));
    let answer = server.accepts(server.register_signed(SOFTWARE.sign(&claims)));
    for name in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"] {
        assert!(!answer[name].to_string().contains("chosen") && answer.get(name).is_some(), "{name}");
        assert_eq!(server.record(&answer).get(name), None, "{name}");
    }
    assert_eq!(
        (&answer["client_id_issued_at"], &answer["client_secret_expires_at"]),
        (&json!(NOW), &json!(0))
    );
    for name in
        ["trusted_client", "post_authn_script_dns", "groups", "jti", "sub", "iss", "aud", "exp", "iat"]
    {
        assert_eq!(answer.get(name), None, "{name}");
        assert_eq!(server.record(&answer).get(name), None, "{name}");
    }
}

/// An update names its client inside the token; the token of another client's update is not one for this one.
#[test]
fn a_signed_update_names_its_client() {
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    let answer = server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    let update = |members: Value| -> Result<Registration, Error> {
        server.update_as(&answer, "application/jwt", SOFTWARE.sign(&request(members)))
    };
    server.refuses(update(json!({})), "invalid_request", "client_id: must be in an update");
    let another = update(json!({ "client_id": "another" }));
    server.refuses(another, "invalid_request", "client_id: must be the identifier of this client");
    let set = update(json!({ "client_id": answer["client_id"], "client_secret_expires_at": 0 }));
    server.refuses(set, "invalid_request", "client_secret_expires_at: must not be in an update");
    server.accepts(update(json!({ "client_id": answer["client_id"], "client_name": "New" })));
}

/// `allowedClaims` of an entry for requests: the other claims are dropped before they count. What the claims
/// of the token must be is not up to the list, and neither is its statement.
///
/// DEC-39
#[test]
fn claims_of_a_request_that_are_not_allowed_are_dropped() {
    let entries = |allowed: Value| {
        json!({ "dcrSsaValidationConfigs": [
            {
                "id": "dcr", "type": "DCR", "issuers": ["software"], "jwks": SOFTWARE.set(),
                "allowedClaims": allowed,
            },
            directory_config()["dcrSsaValidationConfigs"][0],
        ] })
    };
    let (server, _) = signed_server(&[], entries(json!(["redirect_uris", "client_name", "client_id"])));
    let claims = request(json!({
        "client_name": "Own", "client_name#de": "Eigen", "client_uri": "https://own.example",
        "scope": "admin",
    }));
    let answer = server.accepts(server.register_signed(SOFTWARE.sign(&claims)));
    assert_eq!((&answer["client_name"], &answer["client_name#de"]), (&json!("Own"), &json!("Eigen")));
    assert_eq!((answer.get("client_uri"), answer.get("scope")), (None, None));
    let expired = with(claims.clone(), json!({ "iat": NOW - 99, "exp": NOW - 60 }));
    server.refuses(server.register_signed(SOFTWARE.sign(&expired)), METADATA, "exp: has passed");
    let attested =
        with(claims, json!({ "software_statement": statement(json!({ "client_name": "Attested" })) }));
    assert_eq!(server.accepts(server.register_signed(SOFTWARE.sign(&attested)))["client_name"], "Attested");

    // The sample's list, which names no metadata.
    let (server, _) = signed_server(&[], entries(json!(["exp", "iat"])));
    let wire = server.refusal(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    assert!(wire.body.contains("redirect_uris: must be given"), "{}", wire.body);
}

/// A list that does not name `client_id` says which metadata is taken, not whose request it is.
#[test]
fn a_list_of_claims_does_not_hide_whose_update_it_is() {
    let (server, _) = signed_server(
        &[],
        json!({ "dcrSsaValidationConfigs": [{
            "id": "dcr", "type": "DCR", "issuers": ["software"], "jwks": SOFTWARE.set(),
            "allowedClaims": ["redirect_uris", "client_name"],
        }] }),
    );
    let answer = server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    let claims = request(json!({ "client_id": answer["client_id"], "client_name": "New" }));
    let updated = server.update_as(&answer, "application/jwt", SOFTWARE.sign(&claims));
    assert_eq!(server.accepts(updated)["client_name"], "New");
    let another = request(json!({ "client_id": "another", "client_name": "New" }));
    let refused = server.update_as(&answer, "application/jwt", SOFTWARE.sign(&another));
    server.refuses(refused, "invalid_request", "client_id: must be the identifier of this client");
}

/// Claims of the request are checked as those of any token.
///
/// Refuses: JOSE-010, JOSE-011
#[test]
fn claims_of_a_request_are_checked() {
    let (server, _) = signed_server(&[Source::Jwks, Source::EntryJwks], json!({}));
    for iss in ["software", "anybody"] {
        for (others, description) in [
            (json!({ "iat": NOW - 99, "exp": NOW - 60 }), "exp: has passed"),
            (json!({ "nbf": NOW + 61 }), "nbf: has not come yet"),
            (json!({ "iat": NOW + 61 }), "iat: is in the future"),
            (json!({ "exp": NOW, "iat": NOW }), "exp: must be after iat"),
            (json!({ "exp": "soon" }), "exp: must be a number of seconds"),
            (json!({ "aud": "https://other.example" }), "aud: must name this server"),
        ] {
            let claims = with(request(json!({ "iss": iss })), others);
            server.refuses(server.register_signed(SOFTWARE.sign(&claims)), METADATA, description);
        }
    }
    let several = request(json!({ "iat": NOW + 61, "exp": NOW + 1, "aud": "elsewhere" }));
    let description = "iat: is in the future; exp: must be after iat; aud: must name this server";
    server.refuses(server.register_signed(SOFTWARE.sign(&several)), METADATA, description);
}

/// Metadata of a signed request is judged as that of a plain one.
#[test]
fn metadata_of_a_signed_request_is_judged() {
    let (server, _) = signed_server(&[Source::Jwks], json!({}));
    for (others, code, description) in [
        (
            json!({ "redirect_uris": ["http://app.example.org/cb"] }),
            "invalid_redirect_uri",
            "redirect_uris[0]",
        ),
        (json!({ "client_name": 5 }), METADATA, "client_name: must be a string"),
        (
            json!({ "logo_uri": "javascript:alert(1)" }),
            METADATA,
            "logo_uri: must not use the scheme javascript",
        ),
    ] {
        let wire = server.refusal(server.register_signed(SOFTWARE.sign(&request(others))));
        assert!(wire.body.contains(code) && wire.body.contains(description), "{}", wire.body);
    }
}
