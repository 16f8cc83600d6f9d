//! Times, audiences, kinds and required claims, to the second.

use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A profile whose issuer, and whose signed requests, have these demands on claims.
fn demanding(jws: &str) -> Server {
    profile_server(&format!(
        r#"{{ "dcr_profile": 1, "name": "demanding", "extends": ["standard"],
            "request": {{ "media_types": {{ "application/json": "json", "application/jwt": "jws" }},
                "jws": {{ {jws} "algs": ["ES256"], "keys": [ {{ "from": "jwks", "jwks": "SOFTWARE" }} ] }} }},
            "software_statement": {{ "issuers": [ {{ "iss": ["https://directory.example"], "jws": {{
                {jws} "algs": ["ES256"], "keys": [ {{ "from": "jwks", "jwks": "DIRECTORY" }} ] }} }} ] }} }}"#
    ))
}

/// A set of claims, and what is wrong with it: the claim and what it must be.
type Case = (Value, Result<(), (&'static str, &'static str)>);

/// Runs cases as statements and as signed requests. The claims come on top of `iss` alone.
#[track_caller]
fn run_cases(server: &Server, cases: &[Case]) {
    for (others, expected) in cases {
        println!("{others}");
        let statement = DIRECTORY.sign(&with(json!({ "iss": ISSUER }), others.clone()));
        let request = with(json!({ "iss": "software", "redirect_uris": [REDIRECT] }), others.clone());
        let (statement, request) =
            (server.present(statement), server.register_signed(SOFTWARE.sign(&request)));
        match expected {
            Ok(()) => {
                server.accepts(statement);
                server.accepts(request);
            }
            Err((claim, message)) => {
                let description = format!("software_statement: the claim {claim} {message}");
                server.refuses(statement, INVALID, &description);
                server.refuses(request, METADATA, &format!("{claim}: {message}"));
            }
        }
    }
}

const PASSED: Result<(), (&str, &str)> = Err(("exp", "has passed"));
const NOT_YET: Result<(), (&str, &str)> = Err(("nbf", "has not come yet"));
const FUTURE: Result<(), (&str, &str)> = Err(("iat", "is in the future"));
const NO_NUMBER: &str = "must be a number of seconds";

/// Times are enforced where they are there, with a minute of tolerance.
///
/// Refuses: JOSE-011, S-SSA-04
#[test]
fn s_ssa_04_times_are_enforced_to_the_second() {
    let cases = [
        (json!({}), Ok(())),
        (json!({ "exp": NOW + 1 }), Ok(())),
        (json!({ "exp": NOW }), Ok(())),
        (json!({ "exp": NOW - 59 }), Ok(())),
        (json!({ "exp": NOW - 60 }), PASSED),
        (json!({ "exp": 0 }), PASSED),
        (json!({ "nbf": NOW }), Ok(())),
        (json!({ "nbf": NOW + 60 }), Ok(())),
        (json!({ "nbf": NOW + 61 }), NOT_YET),
        (json!({ "iat": NOW + 60 }), Ok(())),
        (json!({ "iat": NOW + 61 }), FUTURE),
        (json!({ "iat": 0 }), Ok(())),
        (json!({ "iat": NOW, "exp": NOW }), Err(("exp", "must be after iat"))),
        (json!({ "iat": NOW + 5, "exp": NOW + 4 }), Err(("exp", "must be after iat"))),
        (json!({ "iat": NOW, "exp": NOW + 1, "nbf": NOW }), Ok(())),
    ];
    run_cases(&demanding(""), &cases);
}

/// A tolerance of the profile's own; the one for an issue in the future may differ.
#[test]
fn the_tolerance_is_the_profiles() {
    let cases = [
        (json!({ "exp": NOW }), PASSED),
        (json!({ "exp": NOW + 1 }), Ok(())),
        (json!({ "nbf": NOW + 1 }), NOT_YET),
        (json!({ "iat": NOW + 1 }), FUTURE),
    ];
    run_cases(&demanding(r#""claims": { "leeway_s": 0 },"#), &cases);
    let cases = [
        (json!({ "exp": NOW - 299 }), Ok(())),
        (json!({ "exp": NOW - 300 }), PASSED),
        (json!({ "iat": NOW + 10 }), Ok(())),
        (json!({ "iat": NOW + 11 }), FUTURE),
    ];
    run_cases(&demanding(r#""claims": { "leeway_s": 300, "future_leeway_s": 10 },"#), &cases);
}

/// The age of a token, which needs `iat`, and its lifetime, which needs `exp` as well.
///
/// SIG-004, SIG-005, S-SSA-04, S-SSA-12
#[test]
fn age_and_lifetime_are_bounded() {
    let cases = [
        (json!({ "iat": NOW - 300 }), Ok(())),
        (json!({ "iat": NOW - 301 }), Err(("iat", "is too long ago"))),
        (json!({ "exp": NOW + 10 }), Err(("iat", "must be there"))),
        (json!({}), Err(("iat", "must be there"))),
        (json!({ "iat": null }), Err(("iat", "must be there"))),
    ];
    run_cases(&demanding(r#""claims": { "max_age_s": 300 },"#), &cases);
    run_cases(&demanding(r#""claims": { "max_age_s": 300, "required": ["iat"] },"#), &cases);
    run_cases(&demanding(r#""claims": { "max_age_s": 300, "required": ["iss"] },"#), &cases);
    let cases = [
        (json!({ "iat": NOW, "exp": NOW + 3600 }), Ok(())),
        (json!({ "iat": NOW, "exp": NOW + 3601 }), Err(("exp", "is too long after iat"))),
        (json!({ "iat": NOW - 3000, "exp": NOW + 601 }), Err(("exp", "is too long after iat"))),
    ];
    run_cases(&demanding(r#""claims": { "max_lifetime_s": 3600 },"#), &cases);
}

/// A lifetime that nobody can compute is not a short one.
///
/// S-SSA-04, S-SSA-12, INV-3
#[test]
fn a_lifetime_needs_both_ends() {
    let server = demanding(r#""claims": { "max_lifetime_s": 3600, "required": ["iss"] },"#);
    for others in [json!({}), json!({ "iat": NOW }), json!({ "exp": NOW + 10 * 365 * 24 * 3600 })] {
        let claims = with(json!({ "iss": ISSUER }), others.clone());
        let result = server.present(DIRECTORY.sign(&claims));
        let Err(error) = result else { panic!("{others} was accepted") };
        let wire = server.registrar.wire_error(&error);
        assert!(wire.body.contains("must be there"), "{others}: {}", wire.body);
    }
}

/// What a time may look like: an integer, or a number that may have a fraction, of the years to 9999. A text
/// is none.
///
/// Accepts: S-JOSE-13, S-JSON-05, JOSE-011
/// Refuses: S-JOSE-13, S-JSON-05, JOSE-011
#[test]
fn s_jose_13_times_are_numbers() {
    let server = demanding("");
    let present = |claim: &str, value: &str| {
        let payload = format!(r#"{{ "iss": "{ISSUER}", "{claim}": {value} }}"#);
        server.present(DIRECTORY.sign_text(&DIRECTORY.header().to_string(), &payload))
    };
    for value in ["1767225601.0", "1767225601.5", "1.767229200e9", "17672292000e-1", "253402300799", "9.9e10"]
    {
        println!("{value}");
        server.accepts(present("exp", value));
    }
    for value in ["0", "0.0", "-0", "-0.0", "1e0", "1767225540", "1767225540.0"] {
        println!("{value}");
        server.refuses(present("exp", value), INVALID, "software_statement: the claim exp has passed");
    }
    server.accepts(present("exp", "1767225540.5"));
    for claim in ["exp", "nbf", "iat"] {
        for value in [
            r#""1767225601""#,
            r#""2026-01-01T00:00:01Z""#,
            r#""""#,
            "true",
            "[1767225601]",
            r#"{"$numberLong":"1767225601"}"#,
            "-1",
            "-1767225601",
            "253402300800",
            "1e300",
            "-1e300",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
        ] {
            println!("{claim} {value}");
            let description = format!("software_statement: the claim {claim} {NO_NUMBER}");
            server.refuses(present(claim, value), INVALID, &description);
        }
        for value in ["1e400", "NaN", "Infinity", "0x69", "01767225601", "+1", "1767225601."] {
            let wire = server.refusal(present(claim, value));
            assert!(wire.status == 400 && wire.body.contains(INVALID), "{claim} {value}: {}", wire.body);
        }
        // Nothing is nothing.
        server.accepts(present(claim, "null"));
    }
}

/// If there is an audience, this server is in it, under one of its names.
///
/// Refuses: JOSE-010, S-SSA-03
#[test]
fn s_ssa_03_the_audience_is_this_server() {
    const ELSEWHERE: Result<(), (&str, &str)> = Err(("aud", "must name this server"));
    let cases = [
        (json!({ "aud": SERVER }), Ok(())),
        (json!({ "aud": "https://op.example.com/" }), Ok(())),
        (json!({ "aud": "https://op.example.com/register" }), Ok(())),
        (json!({ "aud": "https://op.example.com/token" }), Ok(())),
        (json!({ "aud": [SERVER] }), Ok(())),
        (json!({ "aud": ["https://other.example", SERVER] }), Ok(())),
        (json!({ "aud": null }), Ok(())),
        (json!({ "aud": "https://other.example" }), ELSEWHERE),
        (json!({ "aud": "https://op.example.com.attacker.example" }), ELSEWHERE),
        (json!({ "aud": "https://op.example.com/other" }), ELSEWHERE),
        (json!({ "aud": "https://OP.example.com" }), ELSEWHERE),
        (json!({ "aud": "op.example.com" }), ELSEWHERE),
        (json!({ "aud": "https://op.example.com https://other.example" }), ELSEWHERE),
        (json!({ "aud": "" }), ELSEWHERE),
        (json!({ "aud": [] }), ELSEWHERE),
        (json!({ "aud": [[SERVER]] }), ELSEWHERE),
        (json!({ "aud": ["https://other.example"] }), ELSEWHERE),
        (json!({ "aud": 5 }), ELSEWHERE),
        (json!({ "aud": { "aud": SERVER } }), ELSEWHERE),
    ];
    run_cases(&demanding(""), &cases);
    let single = [
        (json!({ "aud": SERVER }), Ok(())),
        (json!({ "aud": [SERVER] }), Ok(())),
        (json!({ "aud": [SERVER, "https://other.example"] }), Err(("aud", "must name this server alone"))),
        (json!({ "aud": ["https://other.example", "https://another.example"] }), ELSEWHERE),
    ];
    run_cases(&demanding(r#""claims": { "aud_single": true },"#), &single);
    let exact = [
        (json!({ "aud": SERVER }), Ok(())),
        (json!({ "aud": "https://op.example.com/register" }), ELSEWHERE),
        (json!({ "aud": "https://op.example.com/token" }), ELSEWHERE),
        (json!({}), Err(("aud", "must be there"))),
        (json!({ "aud": null }), Err(("aud", "must be there"))),
    ];
    run_cases(
        &demanding(r#""claims": { "required": ["aud"], "equals": { "aud": ["$as.issuer"] } },"#),
        &exact,
    );
}

/// Names that the host gives the server besides.
#[test]
fn a_host_may_give_the_server_more_names() {
    let text = r#"{ "dcr_profile": 1, "name": "named", "extends": ["standard"],
        "software_statement": { "issuers": [ { "iss": ["https://directory.example"], "jws": {
            "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ],
            "claims": { "equals": { "aud": ["$as.directory_id", "fixed"] } } } } ] } }"#;
    let server = server_with(json!({}), |builder| {
        builder.profile(profile(text)).reference("directory_id", "org-1").reference("directory_id", "org-2")
    });
    for aud in ["org-1", "org-2", "fixed"] {
        server.accepts(server.present(statement(json!({ "aud": aud }))));
    }
    for aud in [SERVER, "org-3", "$as.directory_id"] {
        let refused = server.present(statement(json!({ "aud": aud })));
        server.refuses(refused, INVALID, "software_statement: the claim aud must name this server");
    }
    // Without an issuer of its own the server goes by the origin of its endpoint.
    let server =
        crate::support::server(with(directory_config(), json!({ "issuer": null, "tokenEndpoint": null })));
    server.accepts(server.present(statement(json!({ "aud": SERVER }))));
    let refused = server.present(statement(json!({ "aud": "https://op.example.com/token" })));
    server.refuses(refused, INVALID, "software_statement: the claim aud must name this server");
}

/// The kind of token: one that says it is of another kind is refused, unless the profile expects that kind.
///
/// Accepts: JOSE-012, JOSE-013, S-JOSE-10
/// Refuses: JOSE-012, JOSE-013, S-JOSE-10
#[test]
fn the_kind_of_token() {
    let other_kind = "has the typ of another kind of token";
    let run = |server: &Server, typ: Value, is_taken: bool| {
        println!("{typ} {is_taken}");
        let typed =
            |key: &Key| if typ.is_null() { key.header() } else { with(key.header(), json!({ "typ": typ })) };
        let statement = server.present(DIRECTORY.sign_as(&typed(&DIRECTORY), &claims(json!({}))));
        let request = server.register_signed(SOFTWARE.sign_as(&typed(&SOFTWARE), &request(json!({}))));
        if is_taken {
            server.accepts(statement);
            server.accepts(request);
        } else {
            server.refuses(statement, INVALID, &format!("software_statement: {other_kind}"));
            server.refuses(request, METADATA, &format!("the signed request {other_kind}"));
        }
    };
    let server = demanding("");
    for typ in ["JWT", "jwt", "application/JWT", "JOSE", "software-statement+jwt", "vendor+jwt"] {
        run(&server, json!(typ), true);
    }
    run(&server, json!(null), true);
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "jwk-set+jwt",
        "entity-statement+jwt",
        "oauth-authz-req+jwt",
        "token-introspection+jwt",
        "client-authentication+jwt",
    ] {
        run(&server, json!(typ), false);
    }
    let server = demanding(r#""typ": ["software-statement+jwt", "JWT"],"#);
    for (typ, is_taken) in [
        (json!("JWT"), true),
        (json!("application/software-statement+jwt"), true),
        (json!("vendor+jwt"), false),
        (json!("at+jwt"), false),
        (json!(null), false),
        (json!(""), false),
    ] {
        run(&server, typ, is_taken);
    }
    for typ in [json!(5), json!(["JWT"]), json!({})] {
        let token = DIRECTORY.sign_as(&with(DIRECTORY.header(), json!({ "typ": typ })), &claims(json!({})));
        server.refuses(server.present(token), INVALID, "software_statement: has a malformed header");
    }
}

/// Claims that must be there, must equal a value, or must match a pattern.
#[test]
fn claims_may_be_demanded() {
    const NOT_TAKEN: &str = "is not one of the values that are taken";
    let server = demanding(
        r#""claims": { "required": ["jti", "software_mode"], "equals": { "software_mode": ["Live", 1, true] },
            "patterns": { "jti": "^[0-9a-f]{4}$" } },"#,
    );
    let usual = json!({ "jti": "00ff", "software_mode": "Live" });
    let cases = [
        (usual.clone(), Ok(())),
        (with(usual.clone(), json!({ "software_mode": 1 })), Ok(())),
        (with(usual.clone(), json!({ "software_mode": true })), Ok(())),
        (with(usual.clone(), json!({ "software_mode": "1" })), Err(("software_mode", NOT_TAKEN))),
        (with(usual.clone(), json!({ "software_mode": "live" })), Err(("software_mode", NOT_TAKEN))),
        (with(usual.clone(), json!({ "software_mode": ["Live"] })), Err(("software_mode", NOT_TAKEN))),
        (without(usual.clone(), "software_mode"), Err(("software_mode", "must be there"))),
        (with(usual.clone(), json!({ "jti": null })), Err(("jti", "must be there"))),
        (with(usual.clone(), json!({ "jti": "00fg" })), Err(("jti", "must match ^[0-9a-f]{4}$"))),
        (with(usual, json!({ "jti": 1234 })), Err(("jti", "must be a string"))),
    ];
    run_cases(&server, &cases);
}

/// Everything that is wrong is told at once, and nothing of it is what the token says.
#[test]
fn all_faults_are_told() {
    let server = demanding(r#""claims": { "required": ["jti"] },"#);
    let token = statement(
        json!({ "exp": "secret-value", "nbf": NOW + 999, "iat": NOW + 999, "aud": "secret-value" }),
    );
    let description = "software_statement: the claim jti must be there; \
         software_statement: the claim exp must be a number of seconds; \
         software_statement: the claim nbf has not come yet; \
         software_statement: the claim iat is in the future; \
         software_statement: the claim aud must name this server";
    server.refuses(server.present(token), INVALID, description);
}

/// A request says who signed it by what the statement says of it, and a reference to what is not there is no
/// match.
///
/// Accepts: S-SSA-11, JOSE-009
/// Refuses: S-SSA-11, JOSE-009
#[test]
fn claims_may_refer_to_the_statement() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "bound", "extends": ["standard"],
            "request": { "media_types": { "application/jwt": "jws" },
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "SOFTWARE" } ],
                    "claims": { "required": ["iss"],
                        "equals": { "iss": ["$statement.software_id"], "sub": ["$self.iss"] } } } },
            "software_statement": { "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] } }"#,
    );
    let send = |token: Option<String>, others: Value| {
        let nested = token.map_or(json!({}), |token| json!({ "software_statement": token }));
        server.register_signed(SOFTWARE.sign(&with(with(request(json!({})), nested), others)))
    };
    let not_taken = "iss: is not one of the values that are taken";
    let honest = || Some(statement(json!({})));
    server.accepts(send(honest(), json!({ "iss": "s6BhdRkqt3" })));
    server.accepts(send(honest(), json!({ "iss": "s6BhdRkqt3", "sub": "s6BhdRkqt3" })));
    server.refuses(send(honest(), json!({})), METADATA, not_taken);
    server.refuses(send(honest(), json!({ "iss": "$statement.software_id" })), METADATA, not_taken);
    let sub = send(honest(), json!({ "iss": "s6BhdRkqt3", "sub": "another" }));
    server.refuses(sub, METADATA, "sub: is not one of the values that are taken");
    // Without a statement, or with one that does not say it, nobody is meant.
    server.refuses(send(None, json!({ "iss": "s6BhdRkqt3" })), METADATA, not_taken);
    let nameless = DIRECTORY.sign(&without(claims(json!({})), "software_id"));
    server.refuses(send(Some(nameless), json!({ "iss": "s6BhdRkqt3" })), METADATA, not_taken);
    // The request's own word on the software does not count.
    let own = send(honest(), json!({ "iss": "another", "software_id": "another" }));
    server.refuses(own, METADATA, not_taken);
}

/// The configuration's own entries have the same tolerance and no further demands.
///
/// Accepts: JOSE-011
/// Refuses: JOSE-011
#[test]
fn entries_of_the_configuration_enforce_times_too() {
    let server = directory_server();
    for (others, description) in [
        (json!({ "exp": NOW - 60, "iat": NOW - 100 }), "exp has passed"),
        (json!({ "nbf": NOW + 61 }), "nbf has not come yet"),
        (json!({ "iat": NOW + 61 }), "iat is in the future"),
        (json!({ "aud": "https://other.example" }), "aud must name this server"),
    ] {
        let description = format!("software_statement: the claim {description}");
        server.refuses(server.present(statement(others)), INVALID, &description);
    }
    let bare = DIRECTORY.sign(&json!({ "iss": ISSUER }));
    server.accepts(server.present(&bare));
    server.clock.advance(50 * 365 * 24 * 3600);
    server.accepts(server.present(bare));
}
