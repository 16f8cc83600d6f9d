//! Statements that are verified with the certificate in their header: which ones are believed.

use std::sync::LazyLock;

use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, Registration,
};
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use serde_json::{Value, json};

use crate::pki::{Key, Party, VALID, has_uris, is_authority};

const NOW: i64 = ManualClock::START.unix_timestamp();
const CLIENT: &str = "https://client.example/app";
const SELF: &str = "https://op.example.com/register";
const UNTRUSTED: (&str, &str) = (
    "unapproved_software_statement",
    "software_statement: has an x5c that leads to no trust anchor of this server",
);
const NO_CHAIN: (&str, &str) = (
    "invalid_software_statement",
    "software_statement: needs an x5c with the certificate of its signer and up to six others",
);
const NOT_VERIFIED: (&str, &str) = (
    "invalid_software_statement",
    "software_statement: its signature could not be verified with the keys of its issuer",
);
const NOT_ITS_NAME: (&str, &str) =
    ("invalid_software_statement", "software_statement: has an iss that is no URI of its certificate");

static ROOT: LazyLock<Party> = LazyLock::new(|| Party::authority("Community root", None));
static ISSUING: LazyLock<Party> = LazyLock::new(|| Party::authority("Community issuing", Some(&ROOT)));
static APP: LazyLock<Party> = LazyLock::new(|| Party::client(&[CLIENT], &ISSUING));

fn builder() -> RegistrarBuilder {
    let config = RegistrarConfig::new(SELF.parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default())
        .clock(ManualClock::new())
        .profile(Profile::preset("udap").unwrap().clone())
}

fn server() -> Registrar {
    builder().trust_anchors("trust-community", ROOT.pem()).build().unwrap()
}

fn claims() -> Value {
    json!({
        "iss": CLIENT, "sub": CLIENT, "aud": SELF, "iat": NOW, "exp": NOW + 300, "jti": "1",
        "client_name": "App", "contacts": ["mailto:app@client.example"],
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "scope": "system/Patient.read"
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// What becomes of a statement: the status and the client id, or error and description.
fn register(server: &Registrar, statement: &str) -> Result<Registration, (String, String)> {
    let body = json!({ "software_statement": statement, "udap": "1" }).to_string();
    run(server.register(RegisterRequest::from_body(body.as_bytes()))).map_err(|error| {
        let wire = server.wire_error(&error);
        let body: Value = serde_json::from_str(&wire.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("error"), text("error_description"))
    })
}

#[track_caller]
fn accepts(statement: &str) {
    if let Err(refusal) = register(&server(), statement) {
        panic!("{refusal:?}");
    }
}

#[track_caller]
fn refuses(statement: &str, (error, description): (&str, &str)) {
    let refusal = register(&server(), statement).map(|client| client.into_body());
    assert_eq!(refusal, Err((error.to_owned(), description.to_owned())));
}

#[test]
fn a_chain_that_leads_to_an_anchor_is_believed() {
    accepts(&APP.certified(&[&ISSUING], &claims()));
    // The anchor may come along, in any place.
    accepts(&APP.certified(&[&ISSUING, &ROOT], &claims()));
    accepts(&Party::client(&[CLIENT], &ROOT).certified(&[], &claims()));
    // One of several URIs.
    accepts(&Party::client(&["https://client.example/other", CLIENT], &ROOT).certified(&[], &claims()));
    let rsa = Party::new(Key::rsa("client", 2048), &[("CN", "rsa")], Some(&ROOT), VALID, |builder| {
        has_uris(builder, &[CLIENT]);
    });
    let header = json!({ "alg": "RS256", "x5c": [rsa.header()], "kid": "any" }).to_string();
    accepts(&rsa.key.sign(&header, &claims()));
    // An authority below the root may be the anchor: nothing above it is needed.
    let server = builder().trust_anchors("trust-community", ISSUING.der()).build().unwrap();
    assert!(register(&server, &APP.certified(&[], &claims())).is_ok());
}

#[test]
fn a_chain_that_leads_nowhere_is_not() {
    let stranger = Party::authority("Community root", None);
    refuses(&Party::client(&[CLIENT], &stranger).certified(&[&stranger], &claims()), UNTRUSTED);
    // The authority in between is missing.
    refuses(&APP.certified(&[], &claims()), UNTRUSTED);
    // Signed by itself.
    let own = Party::new(Key::ec("own"), &[("CN", "client")], None, VALID, |builder| {
        has_uris(builder, &[CLIENT]);
    });
    refuses(&own.certified(&[], &claims()), UNTRUSTED);
    refuses(&own.certified(&[&ISSUING, &ROOT], &claims()), UNTRUSTED);
    // Signed by another client, which is no authority.
    refuses(&Party::client(&[CLIENT], &APP).certified(&[&APP, &ISSUING], &claims()), UNTRUSTED);
    // By one that says it is an authority, but may not sign certificates.
    let usage = |signs: bool| {
        Party::new(Key::ec("ca"), &[("CN", "no authority")], Some(&ROOT), VALID, |builder| {
            let mut usage = KeyUsage::new();
            usage.critical().digital_signature();
            if signs {
                usage.key_cert_sign();
            }
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
            builder.append_extension(usage.build().unwrap()).unwrap();
        })
    };
    let through = |ca: &Party| Party::client(&[CLIENT], ca).certified(&[ca], &claims());
    accepts(&through(&usage(true)));
    refuses(&through(&usage(false)), UNTRUSTED);
    // By one below an authority that may have no authority below it.
    let last = Party::new(Key::ec("ca"), &[("CN", "last")], Some(&ROOT), VALID, |builder| {
        let constraints = BasicConstraints::new().critical().ca().pathlen(0).build().unwrap();
        builder.append_extension(constraints).unwrap();
    });
    let below = Party::authority("below", Some(&last));
    refuses(&Party::client(&[CLIENT], &below).certified(&[&below, &last], &claims()), UNTRUSTED);
    // By a key that is too weak, even below the right root.
    let weak = Party::new(Key::rsa("ca", 1024), &[("CN", "weak")], Some(&ROOT), VALID, is_authority);
    refuses(&through(&weak), UNTRUSTED);
}

#[test]
fn validity_is_judged_by_the_clock_of_the_registrar() {
    let client = |valid, issuer: &Party| {
        Party::new(Key::ec("c"), &[("CN", "c")], Some(issuer), valid, |builder| has_uris(builder, &[CLIENT]))
    };
    let ca = |valid| Party::new(Key::ec("ca"), &[("CN", "ca")], Some(&ROOT), valid, is_authority);
    accepts(&client((NOW - 10, NOW + 10), &ROOT).certified(&[], &claims()));
    refuses(&client((NOW - 10, NOW - 1), &ROOT).certified(&[], &claims()), UNTRUSTED);
    refuses(&client((NOW + 1, NOW + 10), &ROOT).certified(&[], &claims()), UNTRUSTED);
    let (now, past) = (ca((NOW - 10, NOW + 10)), ca((NOW - 10, NOW - 1)));
    accepts(&client(VALID, &now).certified(&[&now], &claims()));
    refuses(&client(VALID, &past).certified(&[&past], &claims()), UNTRUSTED);
    // An anchor ends as well.
    let root = Party::new(Key::ec("ca"), &[("CN", "root")], None, (NOW - 10, NOW - 1), is_authority);
    let server = builder().trust_anchors("trust-community", root.pem()).build().unwrap();
    let refusal = register(&server, &client(VALID, &root).certified(&[], &claims())).map(|_| ());
    assert_eq!(refusal, Err((UNTRUSTED.0.to_owned(), UNTRUSTED.1.to_owned())));
}

#[test]
fn the_certificate_is_that_of_the_issuer_and_its_key_signs() {
    // Somebody else's certificate, which anybody may know, and one's own key.
    let thief = Party { certificate: APP.certificate.clone(), key: Key::ec("thief") };
    refuses(&thief.certified(&[&ISSUING], &claims()), NOT_VERIFIED);
    // One's own certificate, and somebody else's name.
    for uris in [&[][..], &["https://other.example/app"], &["https://client.example/app/"]] {
        refuses(&Party::client(uris, &ROOT).certified(&[], &claims()), NOT_ITS_NAME);
    }
    let upper = with("iss", "https://CLIENT.example/app".into());
    refuses(&APP.certified(&[&ISSUING], &upper), NOT_ITS_NAME);
    // The certificate comes first. What follows it are authorities.
    let header = json!({ "alg": "ES256", "x5c": [ISSUING.header(), APP.header()] }).to_string();
    refuses(&APP.key.sign(&header, &claims()), NOT_VERIFIED);
    // A key that is for something else.
    let agreement = Party::new(Key::ec("c"), &[("CN", "c")], Some(&ROOT), VALID, |builder| {
        builder.append_extension(KeyUsage::new().key_agreement().build().unwrap()).unwrap();
    });
    refuses(&agreement.certified(&[], &claims()), NOT_VERIFIED);
}

#[test]
fn the_key_passes_the_screen_of_all_keys_and_fits_the_algorithm() {
    let other = json!({ "alg": "RS256", "x5c": [APP.header(), ISSUING.header()] }).to_string();
    refuses(&APP.key.sign(&other, &claims()), NOT_VERIFIED);
    let exponent = openssl::bn::BigNum::from_u32(3).unwrap();
    let rsa = openssl::rsa::Rsa::generate_with_e(2048, &exponent).unwrap();
    let small = Key { kid: "small", private: openssl::pkey::PKey::from_rsa(rsa).unwrap() };
    let small = Party::new(small, &[("CN", "e")], Some(&ROOT), VALID, |builder| has_uris(builder, &[CLIENT]));
    let header = json!({ "alg": "RS256", "x5c": [small.header()] }).to_string();
    refuses(&small.key.sign(&header, &claims()), NOT_VERIFIED);
    let none = json!({ "alg": "PS256", "x5c": [APP.header()] }).to_string();
    let not_allowed = "software_statement: is signed with an algorithm that is not allowed";
    refuses(&APP.key.sign(&none, &claims()), ("invalid_software_statement", not_allowed));
}

#[test]
fn headers_that_are_no_chain() {
    let app = APP.header();
    let malformed = ("invalid_software_statement", "software_statement: has a malformed header");
    for (header, expected) in [
        (r#"{"alg":"ES256"}"#.to_owned(), NO_CHAIN),
        (r#"{"alg":"ES256","x5c":[]}"#.to_owned(), NO_CHAIN),
        (r#"{"alg":"ES256","x5c":["AAAA"]}"#.to_owned(), NO_CHAIN),
        (r#"{"alg":"ES256","x5c":["not base64!"]}"#.to_owned(), NO_CHAIN),
        (format!(r#"{{"alg":"ES256","x5c":["{app}","AAAA"]}}"#), UNTRUSTED),
        (format!(r#"{{"alg":"ES256","x5c":["{app}"],"x5c":["{app}"]}}"#), malformed),
        (format!(r#"{{"alg":"ES256","x5c":["{app}"],"x5\u0063":["{app}"]}}"#), malformed),
        (format!(r#"{{"alg":"ES256","x5c":"{app}"}}"#), malformed),
        (json!({ "alg": "ES256", "x5c": vec![&app; 8] }).to_string(), NO_CHAIN),
    ] {
        refuses(&APP.key.sign(&header, &claims()), expected);
    }
    let huge = json!({ "alg": "ES256", "x5c": vec![&app; 40] }).to_string();
    let message = "software_statement: has a header longer than 16384 bytes";
    refuses(&APP.key.sign(&huge, &claims()), ("invalid_software_statement", message));
}

#[test]
fn no_other_profile_takes_certificates_in_statements() {
    let config = json!({
        "registrationEndpoint": SELF, "dynamicRegistrationEnabled": true,
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [{ "id": "d", "type": "ssa", "issuers": [CLIENT], "jwks": APP.key.set() }]
    });
    let server = Registrar::builder(serde_json::from_value(config).unwrap(), MemoryClientStore::default())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let body = json!({ "software_statement": APP.certified(&[&ISSUING], &claims()) }).to_string();
    let error = run(server.register(RegisterRequest::from_body(body.as_bytes()))).unwrap_err();
    assert!(error.to_string().contains("has the header member x5c, which is refused"), "{error}");
}

/// What one community registered is nobody else's, whatever certificate another one gives out.
#[test]
fn no_community_touches_the_clients_of_another() {
    let mut profile = Profile::preset("udap").unwrap().clone();
    let mut second = profile.software_statement.issuers[0].clone();
    second.jws.keys = serde_json::from_value(json!([
        { "from": "x5c", "anchors": "second", "san_uri_is_iss": true }
    ]))
    .unwrap();
    profile.software_statement.issuers.push(second);
    let other = Party::authority("Second root", None);
    let server = builder()
        .profile(profile)
        .trust_anchors("trust-community", ROOT.pem())
        .trust_anchors("second", other.pem())
        .build()
        .unwrap();
    let impostor = Party::client(&[CLIENT], &other);
    let id = |statement: &str| {
        let answer = register(&server, statement).unwrap();
        (answer.status(), answer.client().id().clone())
    };
    let first = id(&APP.certified(&[&ISSUING], &claims()));
    let second = id(&impostor.certified(&[], &with("jti", "2".into())));
    assert_eq!((first.0, second.0), (201, 201));
    assert_ne!(first.1, second.1);
    let again = id(&APP.certified(&[&ISSUING], &with("jti", "3".into())));
    assert_eq!(again, (200, first.1));
    let mut cancelled = with("jti", "4".into());
    cancelled["grant_types"] = json!([]);
    assert_eq!(id(&impostor.certified(&[], &cancelled)), (200, second.1));
    assert_eq!(id(&APP.certified(&[&ISSUING], &with("jti", "5".into()))), again);
}

#[test]
fn a_cancellation_cannot_be_sent_again() {
    let server = server();
    let mut cancellation = with("jti", "2".into());
    cancellation["grant_types"] = json!([]);
    let cancellation = APP.certified(&[&ISSUING], &cancellation);
    assert_eq!(register(&server, &APP.certified(&[&ISSUING], &claims())).unwrap().status(), 201);
    assert_eq!(register(&server, &cancellation).unwrap().status(), 200);
    let again = APP.certified(&[&ISSUING], &with("jti", "3".into()));
    assert_eq!(register(&server, &again).unwrap().status(), 201);
    let refusal = register(&server, &cancellation).map(|_| ()).unwrap_err();
    assert_eq!(refusal.1, "software_statement: was used before, and may be used once");
}

#[test]
fn anchors_are_certificates_and_have_the_name_that_the_profile_says() {
    let problem = |builder: RegistrarBuilder| builder.build().unwrap_err().to_string();
    let nobody = "software_statement.issuers: names the trust anchors `trust-community`, which nobody gave";
    assert_eq!(problem(builder()), nobody);
    assert_eq!(problem(builder().trust_anchors("other", ROOT.pem())), nobody);
    for junk in [&b""[..], b"-----BEGIN CERTIFICATE-----", b"\x30\x00"] {
        let message = "trust anchors trust-community: must be certificates, as PEM or DER";
        assert_eq!(problem(builder().trust_anchors("trust-community", junk)), message);
    }
    let mut profile = Profile::preset("udap").unwrap().clone();
    profile.request.jws = Some(profile.software_statement.issuers[0].jws.clone());
    let builder = builder().profile(profile).trust_anchors("trust-community", ROOT.pem());
    assert_eq!(problem(builder), "request.jws: takes certificates in software statements only");
}
