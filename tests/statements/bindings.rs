//! What a client certificate must agree with.

use oauth_dcr::testing::{StaticResolver, run};
use oauth_dcr::{Caller, ClientCertificate, Error, FetchPurpose, RegisterRequest, Registration};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A server that takes the statements of the directory, and binds certificates like this.
fn binding(bind: Value) -> Server {
    let text = json!({
        "dcr_profile": 1, "name": "bound", "extends": ["standard"],
        "access": {
            "create": { "mtls": "required", "anchors": "icp", "tokens": [{ "kind": "open" }], "bind": bind },
            "update": { "mtls": "required", "tokens": [{ "kind": "registration_access" }], "bind": bind },
        },
        "software_statement": { "issuers": [{ "iss": [ISSUER], "jws":
            { "algs": ["ES256"], "keys": [{ "from": "jwks", "jwks": "DIRECTORY" }] } }] },
    });
    server_with(json!({}), |builder| builder.profile(profile(&text.to_string())))
}

/// A certificate that was verified against the anchors that the profile names.
fn certificate() -> ClientCertificate {
    ClientCertificate::new("CN=client,O=Example").with_verified_by("icp")
}

fn register(
    server: &Server,
    members: &Value,
    certificate: Option<&ClientCertificate>,
) -> Result<Registration, Error> {
    let body = members.to_string();
    let request = RegisterRequest::from_body(body.as_bytes());
    run(server
        .registrar
        .register(certificate.into_iter().fold(request, RegisterRequest::with_client_certificate)))
}

fn refused(server: &Server, result: Result<Registration, Error>) -> (u16, String) {
    let wire = server.refusal(result);
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    (
        wire.status,
        format!("{}: {}", body["error"].as_str().unwrap(), body["error_description"].as_str().unwrap()),
    )
}

/// Open Finance Brazil: the certificate is of the software and of the organisation that the statement names.
#[test]
fn a_certificate_agrees_with_the_statement() {
    let server = binding(json!([
        { "cert": "subject.UID", "equals": "$statement.software_id", "on_mismatch": "statement_invalid" },
        { "any": [
            { "cert": "subject.organizationIdentifier", "strip_prefix": "OFBBR-", "equals": "$statement.org_id" },
            { "cert": "subject.OU", "equals": "$statement.org_id" },
        ] },
    ]));
    let members = presenting(statement(json!({ "org_id": "org-1" })));
    let own = certificate().with_attribute("subject.UID", "s6BhdRkqt3");
    let software = "invalid_software_statement: \
        the client certificate must have subject.UID equal to statement.software_id";
    let organisation = "invalid_software_statement: the client certificate must have \
        subject.organizationIdentifier equal to statement.org_id or have subject.OU equal to statement.org_id";
    for (certificate, expected) in [
        (own.clone().with_attribute("subject.organizationIdentifier", "OFBBR-org-1"), None),
        (own.clone().with_attribute("subject.OU", "org-1"), None),
        (own.clone().with_attribute("subject.OU", "org-2").with_attribute("subject.OU", "org-1"), None),
        (own.clone().with_attribute("subject.OU", "org-2"), Some(organisation)),
        (own.clone().with_attribute("subject.OU", "OFBBR-org-1"), Some(organisation)),
        (own.clone(), Some(organisation)),
        (certificate().with_attribute("subject.OU", "org-1"), Some(software)),
        (
            certificate().with_attribute("subject.UID", "another").with_attribute("subject.OU", "org-1"),
            Some(software),
        ),
    ] {
        let result = register(&server, &members, Some(&certificate));
        match expected {
            None => drop(server.accepts(result)),
            Some(expected) => {
                assert_eq!(refused(&server, result), (400, expected.to_owned()), "{certificate:?}")
            }
        }
    }
    // What is not there agrees with nothing.
    let plain = json!({ "redirect_uris": [REDIRECT], "software_id": "s6BhdRkqt3" });
    assert_eq!(refused(&server, register(&server, &plain, Some(&own))), (400, software.to_owned()));
    let certificate_needed = "invalid_request: a client certificate is needed";
    assert_eq!(refused(&server, register(&server, &members, None)), (401, certificate_needed.to_owned()));
    let unverified = ClientCertificate::new("CN=client");
    let anchors = "invalid_request: the client certificate must be verified against icp";
    assert_eq!(refused(&server, register(&server, &members, Some(&unverified))), (401, anchors.to_owned()));
}

/// An update is bound as the registration was.
#[test]
fn an_update_is_bound_too() {
    let server = binding(json!([{ "cert": "subject.UID", "equals": "$statement.software_id" }]));
    let members = presenting(statement(json!({})));
    let own = certificate().with_attribute("subject.UID", "s6BhdRkqt3");
    let answer = server.accepts(register(&server, &members, Some(&own)));
    let update = |certificate: &ClientCertificate| {
        let body = with(members.clone(), json!({ "client_id": answer["client_id"] })).to_string();
        let caller = bearer(&answer);
        let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
        run(server.registrar.update(&id(&answer), request.with_client_certificate(certificate)))
    };
    let another = certificate().with_attribute("subject.UID", "another");
    assert_eq!(refused(&server, update(&another)).0, 400);
    server.accepts(update(&own));
}

/// UK Open Banking: the certificate is one of the keys that the software has published.
#[test]
fn a_certificate_is_in_the_key_set_that_the_statement_names() {
    let server = binding(json!([{ "cert": "der", "in_jwks_of": "$statement.software_jwks" }]));
    let der = certificate().with_der(*b"abc");
    let keys =
        json!({ "keys": [{ "kty": "EC", "x5t#S256": "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" }] });
    let expected = "invalid_software_statement: \
        the client certificate must be in the key set of statement.software_jwks";
    for (keys, is_in) in [
        (keys.clone(), true),
        (json!({ "keys": [] }), false),
        (json!("https://keys.software.example/transport"), true),
        (json!("https://keys.software.example/nothing-here"), false),
        (json!("http://keys.software.example/transport"), false),
        (json!(7), false),
    ] {
        server.network.insert("https://keys.software.example/transport", self::keys());
        let members = presenting(statement(json!({ "software_jwks": keys })));
        let result = register(&server, &members, Some(&der));
        if is_in {
            server.accepts(result);
        } else {
            assert_eq!(refused(&server, result), (400, expected.to_owned()), "{keys}");
        }
    }
    let purposes: Vec<_> = StaticResolver::fetched(&server.network).into_iter().map(|(_, own)| own).collect();
    assert_eq!(purposes, [FetchPurpose::Keys; 2], "what may not be fetched is not");
}

fn keys() -> Value {
    json!({ "keys": [{ "kty": "EC", "x5t#S256": "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" }] })
}

/// Ruling 23, dcrAuthorizationWithMTLS: a registration comes with the certificate that the client says it will use.
#[test]
fn a_registration_comes_with_the_certificate_it_names() {
    let server = server(json!({ "dcrAuthorizationWithMTLS": true }));
    let members = |subject: &str| {
        json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": subject })
    };
    let own = ClientCertificate::new("CN=client,O=Example\\, Ltd,C=GB");
    for subject in ["CN=client,O=Example\\, Ltd,C=GB", "c=GB,O=Example\\2C Ltd, cn=client"] {
        server.accepts(register(&server, &members(subject), Some(&own)));
    }
    let unlike = "invalid_request: \
        the client certificate must have subject_dn equal to request.tls_client_auth_subject_dn";
    for subject in ["CN=client", "CN=another,O=Example\\, Ltd,C=GB"] {
        let result = register(&server, &members(subject), Some(&own));
        assert_eq!(refused(&server, result), (401, unlike.to_owned()));
    }
    let silent = json!({ "redirect_uris": [REDIRECT] });
    assert_eq!(refused(&server, register(&server, &silent, Some(&own))), (401, unlike.to_owned()));
    let needed = "invalid_request: a client certificate is needed";
    let subject = members("CN=client,O=Example\\, Ltd,C=GB");
    assert_eq!(refused(&server, register(&server, &subject, None)), (401, needed.to_owned()));
    // Managing a client is not what the property speaks of.
    let answer = server.accepts(register(&server, &subject, Some(&own)));
    let caller: Caller = bearer(&answer);
    assert!(run(server.registrar.read(&id(&answer), &caller)).is_ok());
}

/// A list takes all that a certificate says under a name. If that is nothing, a list of nothing does not stand for it.
#[test]
fn a_list_comes_from_what_the_certificate_has() {
    let taking = |attribute: &str| {
        profile_server(&format!(
            r#"{{ "dcr_profile": 1, "name": "test", "extends": ["rfc7591"], "metadata": {{
                "contacts": {{ "from": {{ "cert": "{attribute}", "relation": "overrides", "required": true }} }} }} }}"#
        ))
    };
    let members = json!({ "redirect_uris": [REDIRECT] });
    let server = taking("subject_dn");
    let answer = server.accepts(register(&server, &members, Some(&certificate())));
    assert_eq!(answer["contacts"], json!(["CN=client,O=Example"]));
    let server = taking("subject.OU");
    let (_, description) = refused(&server, register(&server, &members, Some(&certificate())));
    let expected = "invalid_software_statement: contacts: the client certificate must have subject.OU";
    assert_eq!(description, expected);
}
