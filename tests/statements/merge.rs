//! Which word counts when the statement and the request both have one, and what of a statement never counts.

use oauth_dcr::testing::run;
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// The claims of a trusted statement win over the members of the request, each is answered at the top, and
/// the statement comes back as it was sent: in the answer, in the record, and when the client is read.
///
/// Accepts: R91-060, R91-062, R91-064, R91-065, R91-066, S-SSA-13, R91-009, R91-018
#[test]
fn the_statement_wins() {
    let server = directory_server();
    let attested = json!({
        "redirect_uris": ["https://attested.example/cb", "https://attested.example/cb2"],
        "client_name": "Attested", "client_name#de": "Bezeugt", "client_uri": "https://attested.example",
        "logo_uri": "https://attested.example/logo.png", "tos_uri": "https://attested.example/tos",
        "policy_uri": "https://attested.example/policy", "contacts": ["ops@attested.example"],
        "scope": "openid payments", "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "client_secret_post",
        "jwks_uri": "https://attested.example/jwks", "software_id": "s6BhdRkqt3", "software_version": "2.1",
        "id_token_signed_response_alg": "ES256", "default_max_age": 60, "require_auth_time": true,
        "post_logout_redirect_uris": ["https://attested.example/out"], "application_type": "web",
    });
    let own = json!({
        "redirect_uris": [REDIRECT], "client_name": "Own", "client_uri": "https://own.example",
        "logo_uri": "https://own.example/logo.png", "tos_uri": "https://own.example/tos",
        "policy_uri": "https://own.example/policy", "contacts": ["ops@own.example", "more@own.example"],
        "scope": "openid admin", "grant_types": ["implicit"], "response_types": ["token"],
        "token_endpoint_auth_method": "none", "jwks_uri": "https://own.example/jwks", "software_id": "own",
        "software_version": "0", "id_token_signed_response_alg": "RS256", "default_max_age": 1,
        "require_auth_time": false, "post_logout_redirect_uris": [], "application_type": "native",
        "initiate_login_uri": "https://own.example/login",
    });
    let token = statement(attested.clone());
    let answer = server.accepts(server.register(&with(presenting(&token), own)));
    let record = server.record(&answer);
    let caller = bearer(&answer);
    let read = run(server.registrar.read(&id(&answer), &caller)).unwrap();
    let read: Value = serde_json::from_str(read.body()).unwrap();
    for (name, value) in attested.as_object().unwrap() {
        for (place, object) in [("answer", &answer), ("record", &record), ("read", &read)] {
            assert_eq!(&object[name], value, "{name} in the {place}");
        }
    }
    for object in [&answer, &record, &read] {
        assert_eq!(object["software_statement"], token);
        assert_eq!(object["initiate_login_uri"], "https://own.example/login", "nobody attested another");
    }
    let client = run(oauth_dcr::ClientStore::get(server.store.inner(), &id(&answer))).unwrap().unwrap();
    assert_eq!(client.provenance().statement_issuer.as_deref(), Some(ISSUER));
    assert_eq!(client.metadata().client_name.plain(), Some("Attested"));
}

/// Whatever a signer's library makes of a token that is well formed, it is returned byte for byte.
///
/// Accepts: R91-065, S-SSA-13
#[test]
fn s_ssa_13_the_statement_is_not_modified() {
    let server = directory_server();
    let header = r#" { "typ" : "JWT" ,"kid":"directory-1", "alg":"ES256", "x-vendor": {"a": [1, 2]} } "#;
    let payload = format!(
        r#"{{ "iss":"https:\/\/directory.example", "client_name" : "\u00c9toile",
            "vendor": {{ "z": 1.50, "a": [ null ] }} , "iat": {NOW}.0}}"#
    );
    let token = DIRECTORY.sign_text(header, &payload);
    let answer = server.accepts(server.present(&token));
    assert_eq!(answer["software_statement"], token);
    assert_eq!(server.record(&answer)["software_statement"], token);
    assert_eq!(answer["client_name"], "\u{c9}toile");
    assert_eq!(answer.get("vendor"), None);
}

/// Without a statement nothing is attested, and nothing is echoed. A blank one is none.
#[test]
fn without_a_statement_the_request_stands_alone() {
    let server = directory_server();
    for blank in [json!({}), json!({ "software_statement": null }), json!({ "software_statement": "" })] {
        let request = with(json!({ "redirect_uris": [REDIRECT], "client_name": "Own" }), blank);
        let answer = server.accepts(server.register(&request));
        assert_eq!(answer["client_name"], "Own");
        assert_eq!(answer.get("software_statement"), None);
        let client = run(oauth_dcr::ClientStore::get(server.store.inner(), &id(&answer))).unwrap().unwrap();
        assert_eq!(client.provenance().statement_issuer, None);
    }
    for wrong in [json!(5), json!(true), json!({}), json!(["a.b.c"])] {
        let refused = server.register(&with(presenting(""), json!({ "software_statement": wrong })));
        server.refuses(refused, INVALID, "software_statement: must be a string");
    }
}

/// A claim that says nothing does not silence the request.
#[test]
fn a_blank_claim_says_nothing() {
    let server = directory_server();
    let token = statement(json!({ "client_name": null, "client_uri": "" }));
    let own = json!({ "client_name": "Own", "client_uri": "https://own.example" });
    let answer = server.accepts(server.register(&with(presenting(token), own)));
    assert_eq!(
        (&answer["client_name"], &answer["client_uri"]),
        (&json!("Own"), &json!("https://own.example"))
    );
}

/// What the issuer attested is not told differently in another language by the client itself.
///
/// DEC-24
#[test]
fn self_asserted_languages_of_an_attested_member_are_dropped() {
    let server = directory_server();
    let token = statement(json!({ "client_name": "Attested", "tos_uri#de": "https://attested.example/agb" }));
    let own = json!({
        "client_name#fr": "La Banque", "client_name#ja-Kana-JP": "Ginko",
        "client_uri#fr": "https://own.example/fr",
        "tos_uri#fr": "https://own.example/cgu",
    });
    let answer = server.accepts(server.register(&with(presenting(token), own)));
    let record = server.record(&answer);
    for object in [&answer, &record] {
        assert_eq!(object["client_name"], "Attested");
        assert_eq!((object.get("client_name#fr"), object.get("client_name#ja-Kana-JP")), (None, None));
        assert_eq!(object["client_uri#fr"], "https://own.example/fr", "nobody attested client_uri");
        assert_eq!(object["tos_uri#de"], "https://attested.example/agb");
    }
}

/// An attested variant takes the place of the client's own of the same language.
///
/// Accepts: DEC-24, R91-064
#[test]
fn an_attested_language_wins_over_the_same_one() {
    let server = directory_server();
    for (attested, own) in [("client_name#de", "client_name#de"), ("client_name#de", "client_name#DE")] {
        let token = statement(json!({ attested: "Bezeugt" }));
        let answer = server.accepts(server.register(&with(presenting(token), json!({ own: "Eigen" }))));
        assert_eq!(answer["client_name#de"], "Bezeugt");
        assert_eq!(
            answer.as_object().unwrap().keys().filter(|name| name.starts_with("client_name")).count(),
            1
        );
        assert!(!answer.to_string().contains("Eigen"), "{answer}");
    }
}

/// Members of which a client has one are one slot, and the statement takes it.
///
/// DEC-25
#[test]
fn an_attested_member_takes_the_whole_slot() {
    let server = directory_server();
    let (uri, set) = (json!("https://attested.example/jwks"), SOFTWARE.set());
    for (attested, own) in [
        (json!({ "jwks_uri": uri }), json!({ "jwks": SOFTWARE.set() })),
        (json!({ "jwks": set }), json!({ "jwks_uri": "https://own.example/jwks" })),
        (json!({ "jwks": set }), json!({ "jwks": THIEF.set() })),
        (json!({ "jwks": set }), json!({ "signed_jwks_uri": "https://own.example/keys.jose" })),
        (json!({ "signed_jwks_uri": uri }), json!({ "jwks_uri": "https://own.example/jwks" })),
        (json!({ "signed_jwks_uri": uri }), json!({ "jwks": SOFTWARE.set() })),
    ] {
        let answer =
            server.accepts(server.register(&with(presenting(statement(attested.clone())), own.clone())));
        for name in ["jwks", "jwks_uri", "signed_jwks_uri"] {
            assert_eq!(answer.get(name), attested.get(name), "{attested} {own}");
            assert_eq!(server.record(&answer).get(name), attested.get(name));
        }
    }
    let names = ["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"];
    let value = |name: &str| match name {
        "subject_dn" => json!("CN=attested,O=Software"),
        "san_dns" => json!("attested.example"),
        "san_uri" => json!("https://attested.example"),
        "san_ip" => json!("192.0.2.7"),
        _ => json!("ops@attested.example"),
    };
    for attested in names {
        for own in names.iter().filter(|own| **own != attested) {
            let method = json!({ "token_endpoint_auth_method": "tls_client_auth" });
            let token = statement(json!({ format!("tls_client_auth_{attested}"): value(attested) }));
            let own = with(method, json!({ format!("tls_client_auth_{own}"): value(own) }));
            let answer = server.accepts(server.register(&with(presenting(token), own)));
            let left: Vec<&String> = answer
                .as_object()
                .unwrap()
                .keys()
                .filter(|name| name.starts_with("tls_client_auth_"))
                .collect();
            assert_eq!(left, [&format!("tls_client_auth_{attested}")]);
        }
    }
    // What the issuer itself says twice is still a contradiction.
    let both = statement(json!({ "jwks": SOFTWARE.set(), "jwks_uri": "https://attested.example/jwks" }));
    server.refuses(server.present(both), METADATA, "jwks: must not be given together with jwks_uri");
}

/// What a JWT is made of, what only the server sets, and what nobody knows.
///
/// DEC-01, DEC-21, DEC-39, S-SSA-08, INV-1
#[test]
fn s_ssa_08_what_is_no_metadata_never_reaches_the_record() {
    let claims = json!({
        "sub": "software", "aud": SERVER, "nbf": NOW, "jti": "1", "software_statement": "a.b.c",
        "client_id": "chosen", "client_secret": "chosen-secret", "client_id_issued_at": 1,
        "client_secret_expires_at": 1, "registration_access_token": "chosen-token",
        "registration_client_uri": "https://attacker.example",
        "trusted_client": true, "trustedClient": true, "jansTrustedClnt": "true", "disabled": false,
        "groups": ["admin"], "post_authn_script_dns": ["inum=1"], "introspection_script_dns": ["inum=1"],
        "access_token_lifetime": 1, "allow_spontaneous_scopes": true, "spontaneous_scopes": [".*"],
        "run_introspection_script_before_jwt_creation": true, "keep_client_authorization_after_expiration": true,
        "unheard_of": { "a": 1 }, "__proto__": { "admin": true }, "client_name#not a tag": "x",
    });
    for (kind, properties) in [
        ("builtin", directory_config()),
        ("none", json!({ "softwareStatementValidationType": "none" })),
        ("signed request", json!({})),
    ] {
        let (server, result) = if kind == "signed request" {
            let server = server(json!({
                "dcrSignatureValidationEnabled": true, "dcrSignatureValidationJwks": SOFTWARE.set(),
            }));
            let claims = without(with(claims.clone(), request(json!({}))), "software_statement");
            let result = server.register_signed(SOFTWARE.sign(&claims));
            (server, result)
        } else {
            let server = server(properties);
            let result = server.present(statement(claims.clone()));
            (server, result)
        };
        let answer = server.accepts(result);
        let record = server.record(&answer);
        for (name, value) in
            with(claims.clone(), json!({ "iss": "", "iat": 0, "exp": 0 })).as_object().unwrap()
        {
            let is_servers = name.starts_with("client_id")
                || name.starts_with("client_secret")
                || name.starts_with("registration_");
            if name != "software_statement" {
                assert_eq!(record.get(name), None, "{name} in the record of {kind}");
            }
            assert_ne!(&answer[name], value, "{name} in the answer of {kind}");
            assert!(is_servers || name == "software_statement" || answer.get(name).is_none(), "{name}");
        }
        assert!(!record.to_string().contains("chosen"), "{record}");
        let client = run(oauth_dcr::ClientStore::get(server.store.inner(), &id(&answer))).unwrap().unwrap();
        assert!(!client.flags().trusted);
    }
}

/// An issuer may be wrong: what it says is judged as what a client says.
///
/// S-SSA-07, S-URI-01, S-JSON-07, S-JSON-10, INV-2
#[test]
fn attested_values_are_judged_like_any_others() {
    let server = directory_server();
    for (claims, code, description) in [
        (
            json!({ "redirect_uris": ["http://attested.example/cb"] }),
            "invalid_redirect_uri",
            "redirect_uris[0]",
        ),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri", "redirect_uris[0]"),
        (
            json!({ "redirect_uris": ["https://attested.example/cb#f"] }),
            "invalid_redirect_uri",
            "redirect_uris[0]",
        ),
        (json!({ "redirect_uris": "https://attested.example/cb" }), "invalid_redirect_uri", "redirect_uris"),
        (json!({ "redirect_uris": [5] }), "invalid_redirect_uri", "redirect_uris[0]"),
        (json!({ "redirect_uris": { "a": 1 } }), "invalid_redirect_uri", "redirect_uris"),
        (
            json!({ "logo_uri": "javascript:alert(1)" }),
            METADATA,
            "logo_uri: must not use the scheme javascript",
        ),
        (json!({ "client_uri": "data:text/html,x" }), METADATA, "client_uri: must not use the scheme data"),
        (json!({ "tos_uri#de": "vbscript:x" }), METADATA, "tos_uri#de: must not use the scheme vbscript"),
        (json!({ "client_uri": "not a uri" }), METADATA, "client_uri"),
        (json!({ "jwks_uri": "http://attested.example/jwks" }), METADATA, "jwks_uri: must use https"),
        (json!({ "client_name": 5 }), METADATA, "client_name: must be a string and not a number"),
        (json!({ "client_name": "a\u{0}b" }), METADATA, "client_name: has a control character"),
        (
            json!({ "client_name": "x".repeat(101) }),
            METADATA,
            "client_name: must have at most 100 characters",
        ),
        (json!({ "contacts": "ops@attested.example" }), METADATA, "contacts: must be an array"),
        (json!({ "default_max_age": "60" }), METADATA, "default_max_age: must be an integer"),
        (json!({ "default_max_age": -1 }), METADATA, "default_max_age: must be an integer from 0"),
        (json!({ "require_auth_time": "true" }), METADATA, "require_auth_time: must be"),
        (json!({ "scope": "a  b" }), METADATA, "scope: must be words"),
        (json!({ "scope": "a\"b" }), METADATA, "scope: must be words"),
        (json!({ "subject_type": "secret" }), METADATA, "subject_type: must be one of"),
        (
            json!({ "token_endpoint_auth_method": "magic" }),
            METADATA,
            "token_endpoint_auth_method: must be one of",
        ),
        (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }), METADATA, "jwks.keys[0]"),
        (json!({ "jwks": "keys" }), METADATA, "jwks: must be"),
        (
            json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" }),
            METADATA,
            "token_endpoint_auth_method: must not be none",
        ),
    ] {
        let result = server.present(statement(claims.clone()));
        let Err(error) = result else { panic!("{claims} was registered: {}", result.unwrap().body()) };
        let wire = server.registrar.wire_error(&error);
        let body: Value = serde_json::from_str(&wire.body).unwrap();
        assert_eq!((wire.status, &body["error"]), (400, &json!(code)), "{claims}: {body}");
        let told = body["error_description"].as_str().unwrap();
        assert!(told.starts_with(description), "{claims}: {told}");
    }
    assert_eq!(server.store.calls(), []);
}

/// A sector document named by a statement is fetched and judged as one that the client names.
///
/// S-NET-01
#[test]
fn an_attested_sector_is_checked() {
    let server = directory_server();
    let sector = "https://attested.example/sector";
    let token = statement(json!({ "sector_identifier_uri": sector }));
    let wire = server.refusal(server.present(&token));
    assert!(wire.body.contains("sector_identifier_uri"), "{}", wire.body);
    server.network.insert(sector, json!([REDIRECT]));
    server.accepts(server.present(&token));
}

/// A statement is required, forbidden or ignored as the profile says.
///
/// Accepts: R91-063, DEC-23
/// Refuses: R91-063, R91-085, DEC-23
#[test]
fn presence_is_the_profiles() {
    let server_of = |presence: &str| {
        profile_server(&format!(
            r#"{{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
                "software_statement": {{ "presence": "{presence}", "issuers": [ {{
                    "iss": ["https://directory.example"], "jws": {{ "algs": ["ES256"],
                        "keys": [ {{ "from": "jwks", "jwks": "DIRECTORY" }} ] }} }} ] }} }}"#
        ))
    };
    let plain = json!({ "redirect_uris": [REDIRECT], "client_name": "Own" });
    let attested = with(plain.clone(), presenting(statement(json!({ "client_name": "Attested" }))));
    let forged = with(plain.clone(), presenting(FORGER.sign(&claims(json!({})))));

    let server = server_of("required");
    server.refuses(server.register(&plain), INVALID, "software_statement: must be given");
    server.refuses(server.register(&forged), INVALID, NOT_VERIFIED);
    assert_eq!(server.accepts(server.register(&attested))["client_name"], "Attested");

    let server = server_of("optional");
    assert_eq!(server.accepts(server.register(&plain))["client_name"], "Own");
    server.refuses(server.register(&forged), INVALID, NOT_VERIFIED);
    assert_eq!(server.accepts(server.register(&attested))["client_name"], "Attested");

    let server = server_of("forbidden");
    assert_eq!(server.accepts(server.register(&plain))["client_name"], "Own");
    for request in [&attested, &forged, &with(plain.clone(), presenting("no token"))] {
        server.refuses(server.register(request), INVALID, "software_statement: must not be given");
    }

    // Nothing of it counts, and so nothing of it is answered.
    let server = server_of("ignored");
    for request in [&attested, &forged, &with(plain, presenting("no token"))] {
        let answer = server.accepts(server.register(request));
        assert_eq!((&answer["client_name"], answer.get("software_statement")), (&json!("Own"), None));
        assert_eq!(server.record(&answer).get("software_statement"), None);
    }
}

/// A profile without issuers trusts nobody.
///
/// Refuses: S-SSA-02, R91-085
#[test]
fn s_ssa_02_without_issuers_nobody_is_trusted() {
    for text in [
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"] }"#,
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "issuers": [] } }"#,
    ] {
        let server = profile_server(text);
        let refused = server.present(statement(json!({})));
        server.refuses(refused, INVALID, "software_statement: cannot be verified by this server");
    }
}

/// `explain` says of each value whether the issuer vouches for it.
#[test]
fn explain_tells_attested_values_apart() {
    let server = directory_server();
    let request = with(
        presenting(statement(json!({ "client_name": "Attested" }))),
        json!({ "client_name": "Own", "client_uri": "https://own.example" }),
    );
    let explanation = serde_json::to_value(server.explain(&request).unwrap()).unwrap();
    let origin = |name: &str| {
        let members = explanation["members"].as_array().unwrap();
        let member = members.iter().find(|member| member["name"] == name).unwrap();
        (member["origin"].clone(), member["value"].clone())
    };
    assert_eq!(origin("client_name"), (json!("statement"), json!("Attested")));
    assert_eq!(origin("software_id"), (json!("statement"), json!("s6BhdRkqt3")));
    assert_eq!(origin("client_uri"), (json!("request"), json!("https://own.example")));
    assert_eq!(server.store.calls(), []);
    let forged = server.explain(&presenting(FORGER.sign(&claims(json!({}))))).unwrap();
    assert_eq!(forged.faults[0].violation.to_string(), NOT_VERIFIED);
}

/// What is attested in one language takes the place of the client's own word in that language, and of nothing else.
#[test]
fn variants_are_replaced_one_by_one() {
    let server = directory_server();
    let own = json!({
        "redirect_uris": [REDIRECT], "client_name": "Own", "client_name#DE": "Eigen", "client_name#fr": "Le mien",
        "tos_uri": "https://own.example/tos", "tos_uri#de": "https://own.example/de/tos",
    });
    let answer = server
        .accepts(server.register(&with(presenting(statement(json!({ "client_name#de": "Bezeugt" }))), own)));
    let told = |name: &str| answer.get(name).cloned().unwrap_or_default();
    assert_eq!(told("client_name#de"), "Bezeugt");
    assert_eq!((told("client_name#DE"), told("client_name")), (Value::Null, "Own".into()));
    assert_eq!(
        (told("client_name#fr"), told("tos_uri#de")),
        ("Le mien".into(), "https://own.example/de/tos".into())
    );
}

/// Where the statement alone counts, all else is left out for that reason.
#[test]
fn beside_a_statement_that_counts_alone_nothing_is_taken() {
    let server = profile_server(&format!(
        r#"{{ "dcr_profile": 1, "name": "test", "extends": ["rfc7591"], "unknown_members": "keep",
            "software_statement": {{ "merge": "only", "issuers": [{{ "iss": ["{ISSUER}"],
                "jws": {{ "algs": ["ES256"], "keys": [{{ "from": "jwks", "jwks": "DIRECTORY" }}] }} }}] }} }}"#
    ));
    let attested = statement(json!({ "redirect_uris": [REDIRECT], "client_name": "Attested" }));
    let own = json!({
        "software_statement": attested, "client_uri": "https://own.example", "favourite_colour": "blue", "jti": "1",
    });
    let explanation = server.explain(&own).unwrap();
    let printed = explanation.to_string();
    let left_out = printed.lines().skip_while(|line| *line != "left out").skip(1);
    let mut told: Vec<&str> = left_out.take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "client_uri: metadata comes from the software statement alone",
            "favourite_colour: metadata comes from the software statement alone",
            "software_statement: metadata comes from the software statement alone",
        ],
        "and a claim of a signed request is not told"
    );
    assert_eq!(explanation.member("client_name").unwrap().value, "Attested");
}
