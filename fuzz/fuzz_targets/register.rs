//! A registration that was put together of members of the table with odd values, then read, put back as it was read,
//! and deleted.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use oauth_dcr::metadata::{Kind, fields};
use oauth_dcr::testing::run;
use oauth_dcr::{RegisterRequest, Registration};
use oauth_dcr_fuzz::{Refusal, Server, bearer, hides_secrets, parsed};
use serde_json::{Map, Value, json};

static SERVERS: LazyLock<[Server; 3]> = LazyLock::new(|| {
    [
        json!({ "reading": "strict", "redirectUrisRegexEnabled": true }),
        json!({ "reading": "lenient", "rotateClientRegistrationAccessTokenOnUsage": true }),
        json!({ "updateMode": "merge", "dcrForbidExpirationTimeInRequest": false }),
    ]
    .map(|changes| {
        let server = Server::new(&changes);
        server.network.has(Some(json!(["https://app.example/cb", "https://app.example/keys"])));
        server
    })
});

/// Values that are right for some member, and wrong for others.
const TEXTS: [&str; 40] = [
    "",
    "none",
    "code",
    "token",
    "id_token",
    "code id_token",
    "authorization_code",
    "implicit",
    "refresh_token",
    "client_credentials",
    "urn:openid:params:grant-type:ciba",
    "urn:ietf:params:oauth:grant-type:device_code",
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
    "HS256",
    "RSA-OAEP",
    "dir",
    "A128GCM",
    "web",
    "native",
    "pairwise",
    "public",
    "poll",
    "ping",
    "push",
    "openid",
    "openid profile",
    "CN=a,O=b",
    "https://app.example/cb",
    "https://app.example/keys",
    "com.example.app:/cb",
    "http://127.0.0.1/cb",
];

const TAGS: [&str; 6] = ["", "", "", "#fr", "#ja-Jpan-JP", "#en-x-a"];

/// A value of the right type, as a rule: of another one most requests would be refused.
fn value_of(u: &mut Unstructured<'_>, kind: Kind) -> Result<Value> {
    if u.ratio(1, 16)? {
        return value(u, 3);
    }
    Ok(match kind {
        Kind::Bool => json!(bool::arbitrary(u)?),
        Kind::Int => json!(u.int_in_range(-1..=100_000)?),
        Kind::List | Kind::UriList => (0..u.int_in_range(1..=3)?)
            .map(|_| Ok(json!(u.choose(&TEXTS)?)))
            .collect::<Result<Vec<_>>>()?
            .into(),
        Kind::Object | Kind::Any => value(u, 3)?,
        _ => json!(u.choose(&TEXTS)?),
    })
}

fn value(u: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 5 } else { 8 })? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => json!(i64::arbitrary(u)?),
        3 => json!(f64::arbitrary(u)?),
        4 => json!(<&str>::arbitrary(u)?),
        5 => json!(u.choose(&TEXTS)?),
        6 | 7 => (0..u.int_in_range(0..=3)?).map(|_| value(u, depth - 1)).collect::<Result<Vec<_>>>()?.into(),
        _ => {
            let names = ["keys", "kty", "kid", "n", "e", "crv", "x", "use", "alg"];
            let member =
                |u: &mut Unstructured<'_>| Ok(((*u.choose(&names)?).to_owned(), value(u, depth - 1)?));
            (0..u.int_in_range(0..=3)?).map(|_| member(u)).collect::<Result<Map<_, _>>>()?.into()
        }
    })
}

/// Members of the table, each with a value that some member has.
#[derive(Debug)]
struct Request {
    server: usize,
    members: Map<String, Value>,
}

impl<'a> Arbitrary<'a> for Request {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let server = u.int_in_range(0..=2)?;
        let mut members = Map::new();
        if u.ratio(7, 8)? {
            members.insert("redirect_uris".to_owned(), json!(["https://app.example/cb"]));
        }
        while members.len() < 24 && !u.is_empty() {
            let row = u.choose(fields::TABLE)?;
            let tags = if row.localized { &TAGS[..] } else { &[""] };
            members.insert(format!("{}{}", row.name, u.choose(tags)?), value_of(u, row.kind)?);
        }
        Ok(Self { server, members })
    }
}

/// What the client may send back of what it read (RFC 7592 section 2.2).
fn put_back(read: &Registration) -> String {
    let mut members = parsed(read.body());
    if let Some(members) = members.as_object_mut() {
        for name in [
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        ] {
            members.remove(name);
        }
    }
    members.to_string()
}

fuzz_target!(|request: Request| {
    let Some(server) = SERVERS.get(request.server) else { return };
    let body = Value::Object(request.members).to_string();
    let Ok(created) = server.register(body.as_bytes()) else { return };
    let registrar = &server.registrar;
    let (id, mut caller) = (created.client().id().clone(), bearer(&created));
    let read = run(registrar.read(&id, &caller)).expect("what was registered is read");
    assert_eq!(read.client(), created.client());
    hides_secrets(&read);

    // A fault more: the client stays as it is.
    let spoilt = put_back(&read).replacen('{', r#"{"grant_types#fr": 1, "redirect_uris": 7, "#, 1);
    let refused =
        run(registrar.update(&id, RegisterRequest::from_body(spoilt.as_bytes()).with_caller(&caller)));
    Refusal::of(registrar, refused.err().expect("a refusal"));
    assert_eq!(run(registrar.read(&id, &caller)).expect("it is there").client(), created.client());

    for _ in 0..2 {
        let text = put_back(&read);
        let update = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
        let updated = match run(registrar.update(&id, update)) {
            Ok(updated) => updated,
            Err(error) => panic!("what was read is not taken back: {text}: {error:?}"),
        };
        let [before, mut after] = [&read, &updated].map(|own| parsed(own.client().metadata_json()));
        // Whoever has none, since the server has none of those that were asked for, asks for the usual ones now.
        if let Some(after) = after.as_object_mut().filter(|_| before.get("scope").is_none()) {
            after.remove("scope");
        }
        assert_eq!(after, before, "{body}");
        hides_secrets(&updated);
        caller = bearer(&updated);
    }
    run(registrar.delete(&id, &caller)).expect("what is there can be deleted");
    assert!(server.store.is_empty());
});
