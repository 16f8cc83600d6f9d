//! Every type of validation with every place where a key may be.

use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// Where a key may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// `jwks` of an entry of `dcrSsaValidationConfigs`.
    Jwks,
    /// `jwksUri` of an entry.
    JwksUri,
    /// `configurationEndpoint` and `configurationEndpointClaim` of an entry.
    Discovery,
    /// `sharedSecret` of an entry.
    Secret,
    /// The hook's `software_statement_jwks`.
    HookKeys,
    /// The hook's `software_statement_hmac_secret`.
    HookSecret,
    /// A claim of the statement that holds a key set.
    OwnKeys,
    /// A claim of the statement that holds the address of a key set.
    OwnUri,
}

const SOURCES: [Source; 8] = [
    Source::Jwks,
    Source::JwksUri,
    Source::Discovery,
    Source::Secret,
    Source::HookKeys,
    Source::HookSecret,
    Source::OwnKeys,
    Source::OwnUri,
];

/// What a type of validation does with a source of keys.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// It takes the keys from there: a good signature is accepted and a forged one is not.
    Keys,
    /// It does not look there: a good signature is refused as well. The combination does not exist.
    No,
    /// It takes no keys at all: a forged signature is accepted as well.
    Nobody,
}

/// The columns are [`SOURCES`].
#[rustfmt::skip]
const MATRIX: [(&str, [Cell; 8]); 5] = {
    use Cell::{Keys, No, Nobody};
    [
        //            jwks    jwksUri discovery secret hook k. hook s. own keys own URI
        ("none",     [Nobody, Nobody, Nobody,   Nobody, Nobody, Nobody, Nobody, Nobody]),
        ("script",   [No,     No,     No,       No,     Keys,   Keys,   No,     No]),
        ("builtin",  [Keys,   Keys,   Keys,     Keys,   No,     No,     No,     No]),
        ("jwks",     [No,     No,     No,       No,     No,     No,     Keys,   No]),
        ("jwks_uri", [No,     No,     No,       No,     No,     No,     No,     Keys]),
    ]
};

const CONFIGURATION: &str = "https://directory.example/.well-known/openid-configuration";

/// A server with a type of validation and one source of keys.
fn cell(kind: &str, source: Source) -> (Server, KeyHook) {
    let entry = match source {
        Source::Jwks => json!({ "jwks": DIRECTORY.set() }),
        Source::JwksUri => json!({ "jwksUri": ISSUER_KEYS }),
        Source::Discovery => json!({
            "configurationEndpoint": CONFIGURATION, "configurationEndpointClaim": "ssa_jwks_endpoint",
        }),
        Source::Secret => json!({ "sharedSecret": SECRET }),
        _ => json!({}),
    };
    let config = json!({
        "softwareStatementValidationType": kind,
        "softwareStatementValidationClaimName": "keys_of_the_directory",
        "dcrSsaValidationConfigs": [
            with(json!({ "id": "directory", "type": "SSA", "issuers": [ISSUER] }), entry)
        ],
    });
    let hook = KeyHook {
        statement_keys: (source == Source::HookKeys).then(|| DIRECTORY.set()),
        statement_secret: (source == Source::HookSecret).then_some(SECRET),
        ..KeyHook::default()
    };
    let is_hooked = matches!(source, Source::HookKeys | Source::HookSecret);
    let server =
        server_with(config, |builder| if is_hooked { builder.script_hook(hook.clone()) } else { builder });
    server.network.insert(CONFIGURATION, json!({ "ssa_jwks_endpoint": ISSUER_KEYS }));
    (server, hook)
}

/// A statement that the keys of a source verify, and one that they do not.
fn tokens(source: Source, claims: Value) -> [String; 2] {
    let named = match source {
        Source::OwnKeys => json!({ "keys_of_the_directory": DIRECTORY.set() }),
        Source::OwnUri => json!({ "keys_of_the_directory": ISSUER_KEYS }),
        _ => json!({}),
    };
    let claims = with(claims, named);
    match source {
        Source::Secret | Source::HookSecret => {
            ["HS256", "HS512"].map(|alg| hmac(alg, if alg == "HS256" { SECRET } else { "another" }, &claims))
        }
        _ => [DIRECTORY.sign(&claims), FORGER.sign(&claims)],
    }
}

/// Each cell: a statement with a good signature and one with a forged one. No type looks where it should not,
/// and what none of them skips is the issuer and the times.
///
/// Accepts: R91-060, R91-062, R91-063, R91-064, JOSE-008, JOSE-009, JOSE-014, S-ERR-05
/// Refuses: R91-060, R91-062, R91-063, R91-064, JOSE-008, JOSE-009, JOSE-014, S-ERR-05
#[test]
fn every_type_takes_its_keys_from_where_it_says() {
    for (kind, cells) in MATRIX {
        for (source, cell_of) in SOURCES.into_iter().zip(cells) {
            println!("{kind} {source:?} {cell_of:?}");
            let (server, hook) = cell(kind, source);
            let [good, forged] = tokens(source, claims(json!({ "client_name": "Attested" })));
            let good = server.present(&good);
            let forged = server.present(&forged);
            match cell_of {
                Cell::Keys => {
                    assert_eq!(server.accepts(good)["client_name"], "Attested");
                    server.refuses(forged, INVALID, NOT_VERIFIED);
                }
                Cell::No => {
                    for result in [good, forged] {
                        let wire = server.refusal(result);
                        assert!(wire.body.contains(INVALID), "{}", wire.body);
                    }
                    assert_eq!(server.store.calls(), []);
                    assert!(!hook.methods().contains(&"create_client"));
                }
                Cell::Nobody => {
                    assert_eq!(server.accepts(good)["client_name"], "Attested");
                    assert_eq!(server.accepts(forged)["client_name"], "Attested");
                }
            }
            let expected_fetches: &[&str] = match (kind, source) {
                ("builtin", Source::JwksUri) | ("jwks_uri", Source::OwnUri) => &[ISSUER_KEYS],
                ("builtin", Source::Discovery) => &[CONFIGURATION, ISSUER_KEYS],
                _ => &[],
            };
            assert_eq!(server.fetched(), expected_fetches);

            for nameless in [without(claims(json!({})), "iss"), claims(json!({ "iss": "" }))] {
                let refused = server.present(&tokens(source, nameless)[0]);
                server.refuses(refused, INVALID, "software_statement: must have the claim iss");
            }
            if cell_of != Cell::No {
                let expired = claims(json!({ "iat": NOW - 99, "exp": NOW - 60 }));
                let refused = server.present(&tokens(source, expired)[0]);
                server.refuses(refused, INVALID, "software_statement: the claim exp has passed");
            }
        }
    }
}

/// A hook is asked once per statement, for what the algorithm needs, and shown the statement.
#[test]
fn the_hook_is_asked_for_what_the_algorithm_needs() {
    for (source, method) in [
        (Source::HookKeys, "software_statement_jwks"),
        (Source::HookSecret, "software_statement_hmac_secret"),
    ] {
        let (server, hook) = cell("script", source);
        let [good, _] = tokens(source, claims(json!({})));
        server.accepts(server.present(&good));
        assert_eq!(hook.methods(), [method, "create_client"]);
        assert_eq!(hook.asked()[0].2.as_deref(), Some(&*good));
        assert_eq!(hook.asked()[1].2, None);
        assert_eq!(server.fetched(), [""; 0]);
    }
}

/// Every algorithm, with a key of its own type.
///
/// Accepts: R91-061, JOSE-003, JOSE-005, JOSE-020
/// Refuses: R91-061, JOSE-003, JOSE-005, JOSE-020
#[test]
fn every_algorithm_verifies() {
    for algorithm in ASYMMETRIC {
        let key = Key::new(algorithm, "key");
        let server = server(with(
            directory_config(),
            json!({ "dcrSsaValidationConfigs": [
                { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": key.set() }
            ] }),
        ));
        let token = key.sign(&claims(json!({ "client_name": algorithm })));
        assert_eq!(server.accepts(server.present(&token))["client_name"], algorithm);
        if algorithm.starts_with("RS") || algorithm.starts_with("PS") {
            let other = Key::other_rsa(algorithm, "key").sign(&claims(json!({})));
            server.refuses(server.present(other), INVALID, NOT_VERIFIED);
        }
        let (input, signature) = token.rsplit_once('.').unwrap();
        let mut signature = decode(signature);
        signature[7] ^= 1;
        let refused = server.present(format!("{input}.{}", encode(signature)));
        server.refuses(refused, INVALID, NOT_VERIFIED);
    }
    for algorithm in ["HS256", "HS384", "HS512"] {
        let (server, _) = cell("builtin", Source::Secret);
        let claims = claims(json!({ "client_name": algorithm }));
        let accepted = server.present(hmac(algorithm, SECRET, &claims));
        assert_eq!(server.accepts(accepted)["client_name"], algorithm);
        server.refuses(server.present(hmac(algorithm, "another", &claims)), INVALID, NOT_VERIFIED);
    }
}

/// The types are written in any case.
#[test]
fn the_type_is_written_in_any_case() {
    for (kind, cells) in MATRIX {
        let spellings = [kind.to_uppercase(), format!("{}{}", kind[..1].to_uppercase(), &kind[1..])];
        for spelling in spellings {
            let place = cells.iter().position(|cell| *cell != Cell::No).unwrap();
            let (server, _) = cell(&spelling, SOURCES[place]);
            server.accepts(server.present(&tokens(SOURCES[place], claims(json!({})))[0]));
        }
    }
    let unknown = json!({ "softwareStatementValidationType": "jwk" });
    assert!(serde_json::from_value::<oauth_dcr::RegistrarConfig>(properties(unknown)).is_err());
    let default = server(json!({})).present(statement(json!({})));
    server(json!({})).refuses(default, INVALID, "software_statement: cannot be verified by this server");
}

/// What proves nothing about the issuer works as documented, and is reported with what an attacker could do.
///
/// S-SSA-01, S-SSA-02
#[test]
fn what_proves_nothing_is_reported() {
    for (kind, warns) in
        [("none", true), ("jwks", true), ("jwks_uri", true), ("script", false), ("builtin", false)]
    {
        let (server, _) = cell(kind, Source::Jwks);
        let warned: Vec<&str> =
            server.registrar.warnings().iter().map(|warning| &*warning.property).collect();
        let expected: &[&str] =
            if warns { &["softwareStatementValidationType", "trustedSsaIssuers"] } else { &[] };
        assert_eq!(warned, expected, "{kind}");
    }
    let short = json!({ "dcrSsaValidationConfigs": [
        { "id": "a", "type": "SSA", "issuers": ["a"], "sharedSecret": "secret" }
    ] });
    let server = server(short);
    let messages: Vec<String> = server.registrar.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[1].starts_with("dcrSsaValidationConfigs[0].sharedSecret: is shorter than 32 bytes"));
}

/// The types that take the keys from a claim need its name.
#[test]
fn the_claim_must_be_named() {
    for kind in ["jwks", "jwks_uri", "JWKS"] {
        for name in [json!(null), json!(" ")] {
            let config = json!({
                "softwareStatementValidationType": kind, "softwareStatementValidationClaimName": name,
            });
            assert_eq!(
                problems(config)[0],
                "softwareStatementValidationClaimName: must be given, since softwareStatementValidationType \
                 takes the keys from that claim",
                "{kind}"
            );
        }
    }
}

/// The claim with the keys: an object, or a text that holds one. Anything else is no key.
#[test]
fn own_keys_are_an_object_or_a_text() {
    let (server, _) = cell("jwks", Source::OwnKeys);
    let present =
        |keys: Value| server.present(DIRECTORY.sign(&claims(json!({ "keys_of_the_directory": keys }))));
    server.accepts(present(DIRECTORY.set()));
    server.accepts(present(json!(DIRECTORY.set().to_string())));
    for keys in [
        json!(null),
        json!(""),
        json!("{jwks here}"),
        json!(5),
        json!([]),
        json!({}),
        json!({ "keys": {} }),
        json!({ "keys": [] }),
        json!({ "keys": [FORGER.public()] }),
        json!([DIRECTORY.public()]),
        DIRECTORY.public(),
        json!(json!(DIRECTORY.set().to_string()).to_string()),
        json!(ISSUER_KEYS),
    ] {
        println!("{keys}");
        server.refuses(present(keys), INVALID, NOT_VERIFIED);
    }
    server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
    assert_eq!(server.fetched(), [""; 0]);
}

/// The claim with the address: https, on another network, and what the operator's lists say. What is refused
/// is not asked for, and every failure looks the same.
///
/// S-NET-02, S-NET-10
#[test]
fn inv_6_own_addresses_pass_the_gate() {
    let (server, _) = cell("jwks_uri", Source::OwnUri);
    let token = |uri: Value| DIRECTORY.sign(&claims(json!({ "keys_of_the_directory": uri })));
    let refused = [
        json!("http://directory.example/jwks"),
        json!("https://127.0.0.1/jwks"),
        json!("https://[::1]/jwks"),
        json!("https://169.254.169.254/latest/meta-data"),
        json!("https://localhost/jwks"),
        json!("https://keys.localhost/jwks"),
        json!("https://directory/jwks"),
        json!("https://directory.internal/jwks"),
        json!("https://directory.example:8443/jwks"),
        json!("https://user@directory.example/jwks"),
        json!("https://directory.example/jwks#fragment"),
        json!("HTTPS://directory.example/jwks"),
        json!("file:///etc/passwd"),
        json!("data:application/json,{}"),
        json!(" https://directory.example/jwks"),
        json!("https://directory.example\\@attacker.example/jwks"),
        json!(""),
        json!(5),
        json!([ISSUER_KEYS]),
        json!({ "uri": ISSUER_KEYS }),
    ];
    for uri in refused {
        println!("{uri}");
        server.refuses(server.present(token(uri)), INVALID, NOT_VERIFIED);
    }
    server.is_untouched();
    // It is not there, it is no key set, it has other keys.
    server.network.insert("https://directory.example/no-set", json!(["a"]));
    server.network.insert("https://directory.example/others", SOFTWARE.set());
    for path in ["gone", "no-set", "others"] {
        let uri = format!("https://directory.example/{path}");
        server.refuses(server.present(token(json!(uri))), INVALID, NOT_VERIFIED);
    }

    for (properties, is_taken) in [
        (json!({ "externalUriWhiteList": ["https://directory.example/*"] }), true),
        (json!({ "externalUriWhiteList": ["*"] }), true),
        (json!({ "externalUriWhiteList": ["https://other.example/*"] }), false),
        (json!({ "externalUriWhiteList": [] }), false),
        (json!({ "blockedUrls": ["directory.example"] }), false),
        (json!({ "blockedUrls": ["elsewhere.example"] }), true),
    ] {
        println!("{properties}");
        let server = server_with(
            with(
                json!({
                    "softwareStatementValidationType": "jwks_uri",
                    "softwareStatementValidationClaimName": "keys_of_the_directory",
                }),
                properties,
            ),
            |builder| builder,
        );
        let result = server.present(token(json!(ISSUER_KEYS)));
        if is_taken {
            server.accepts(result);
        } else {
            server.refuses(result, INVALID, NOT_VERIFIED);
            server.is_untouched();
        }
    }
}

/// Keys of an issuer that the operator named: a discovery document may name keys at its own origin, or at one
/// that the operator lists.
///
/// Accepts: S-NET-02, JOSE-009
/// Refuses: S-NET-02, JOSE-009
#[test]
fn discovery_names_keys_of_its_own_origin() {
    let elsewhere = "https://cdn.example/jwks";
    for (list, is_taken) in [
        (json!(null), true),
        (json!(["https://directory.example/*", "https://cdn.example/*"]), true),
        (json!(["https://directory.example/*"]), false),
    ] {
        let config = json!({
            "softwareStatementValidationType": "builtin",
            "externalUriWhiteList": list,
            "dcrSsaValidationConfigs": [{
                "id": "directory", "type": "SSA", "issuers": [ISSUER],
                "configurationEndpoint": CONFIGURATION, "configurationEndpointClaim": "ssa_jwks_endpoint",
            }],
        });
        let server = server(config);
        server.network.insert(CONFIGURATION, json!({ "ssa_jwks_endpoint": elsewhere }));
        server.network.insert(elsewhere, DIRECTORY.set());
        let result = server.present(statement(json!({})));
        if is_taken {
            server.accepts(result);
            assert_eq!(server.fetched(), [CONFIGURATION, elsewhere]);
        } else {
            server.refuses(result, INVALID, NOT_VERIFIED);
            assert_eq!(server.fetched(), [CONFIGURATION]);
        }
    }
    for named in [
        json!(null),
        json!(5),
        json!("http://directory.example/jwks"),
        json!("https://169.254.169.254/jwks"),
        json!("jwks"),
        json!(""),
    ] {
        let (server, _) = cell("builtin", Source::Discovery);
        server.network.insert(CONFIGURATION, json!({ "ssa_jwks_endpoint": named, "jwks_uri": ISSUER_KEYS }));
        server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
        assert_eq!(server.fetched(), [CONFIGURATION], "{named}");
    }
}
