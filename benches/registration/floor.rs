//! The floor: what no engine can leave out, by hand.
//!
//! Parse into a borrowed struct, parse each URI once, draw random bytes once, digest token and secret, serialise the
//! record and the answer in one text, and insert the record into a map.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::RwLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use url::Url;

#[derive(Deserialize, Serialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

macro_rules! record {
    ($($field:ident: $type:ty),+ $(,)?) => {
        /// Every member of the two bodies.
        #[derive(Deserialize, Serialize)]
        struct Record<'a> {
            $( #[serde(borrow, default, skip_serializing_if = "Option::is_none")] $field: Option<$type>, )+
            #[serde(borrow, default, rename = "client_name#fr", skip_serializing_if = "Option::is_none")]
            client_name_fr: Option<Text<'a>>,
            #[serde(borrow, default, rename = "client_name#ja-Jpan-JP", skip_serializing_if = "Option::is_none")]
            client_name_ja: Option<Text<'a>>,
            #[serde(borrow, default, rename = "policy_uri#fr", skip_serializing_if = "Option::is_none")]
            policy_uri_fr: Option<Text<'a>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            default_max_age: Option<u64>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            require_auth_time: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            frontchannel_logout_session_required: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            backchannel_logout_session_required: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            use_mtls_endpoint_aliases: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            require_signed_request_object: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            require_pushed_authorization_requests: Option<bool>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            tls_client_certificate_bound_access_tokens: Option<bool>,
        }
    };
}

record! {
    redirect_uris: Vec<Text<'a>>, token_endpoint_auth_method: Text<'a>, token_endpoint_auth_signing_alg: Text<'a>,
    grant_types: Vec<Text<'a>>, response_types: Vec<Text<'a>>, application_type: Text<'a>, client_name: Text<'a>,
    client_uri: Text<'a>, logo_uri: Text<'a>, tos_uri: Text<'a>, policy_uri: Text<'a>, scope: Text<'a>,
    contacts: Vec<Text<'a>>, jwks: &'a RawValue, software_id: Text<'a>, software_version: Text<'a>,
    subject_type: Text<'a>, id_token_signed_response_alg: Text<'a>, userinfo_signed_response_alg: Text<'a>,
    request_object_signing_alg: Text<'a>, default_acr_values: Vec<Text<'a>>, initiate_login_uri: Text<'a>,
    request_uris: Vec<Text<'a>>, post_logout_redirect_uris: Vec<Text<'a>>, frontchannel_logout_uri: Text<'a>,
    backchannel_logout_uri: Text<'a>, authorization_signed_response_alg: Text<'a>,
    introspection_signed_response_alg: Text<'a>, organization_name: Text<'a>,
    authorization_details_types: Vec<Text<'a>>, information_uri: Text<'a>,
}

/// What is kept of a client.
#[expect(dead_code, reason = "kept, as a store would")]
pub(crate) struct Kept {
    metadata: Box<str>,
    token: [u8; 32],
    secret: Option<[u8; 32]>,
}

/// A map of clients behind a lock.
pub(crate) type Map = RwLock<HashMap<String, Kept>>;

/// Registers one client and returns the answer.
pub(crate) fn register(body: &str, map: &Map, now: i64) -> String {
    let mut record: Record<'_> = serde_json::from_str(body).unwrap();
    let single = [
        &record.client_uri,
        &record.logo_uri,
        &record.tos_uri,
        &record.policy_uri,
        &record.policy_uri_fr,
        &record.initiate_login_uri,
        &record.frontchannel_logout_uri,
        &record.backchannel_logout_uri,
        &record.information_uri,
    ];
    let lists = [&record.redirect_uris, &record.request_uris, &record.post_logout_redirect_uris];
    for uri in single.into_iter().flatten().chain(lists.into_iter().flatten().flatten()) {
        assert_eq!(Url::parse(&uri.0).unwrap().scheme(), "https");
    }
    let text = |text: &'static str| Text(Cow::Borrowed(text));
    record.token_endpoint_auth_method.get_or_insert_with(|| text("client_secret_basic"));
    record.grant_types.get_or_insert_with(|| vec![text("authorization_code")]);
    record.response_types.get_or_insert_with(|| vec![text("code")]);
    record.application_type.get_or_insert_with(|| text("web"));
    record.id_token_signed_response_alg.get_or_insert_with(|| text("RS256"));
    record.subject_type.get_or_insert_with(|| text("public"));

    let needs_secret =
        record.token_endpoint_auth_method.as_ref().is_some_and(|own| own.0.starts_with("client_secret"));
    let mut bytes = [0_u8; 112];
    getrandom::fill(&mut bytes).unwrap();
    let id = uuid::Builder::from_random_bytes(bytes[..16].try_into().unwrap()).into_uuid().to_string();
    let token = URL_SAFE_NO_PAD.encode(&bytes[16..48]);
    let secret = needs_secret.then(|| URL_SAFE_NO_PAD.encode(&bytes[48..]));

    let metadata = serde_json::to_string(&record).unwrap();
    let mut answer = String::with_capacity(metadata.len() + 512);
    answer.push_str("{\"client_id\":\"");
    answer.push_str(&id);
    if let Some(secret) = &secret {
        answer.push_str("\",\"client_secret\":\"");
        answer.push_str(secret);
    }
    answer.push_str("\",\"client_id_issued_at\":");
    answer.push_str(&now.to_string());
    answer.push_str(",\"client_secret_expires_at\":0,\"registration_access_token\":\"");
    answer.push_str(&token);
    answer.push_str("\",\"registration_client_uri\":\"https://op.example.com/register?client_id=");
    answer.push_str(&id);
    answer.push_str("\",");
    answer.push_str(&metadata[1..]);

    let kept = Kept {
        metadata: metadata.into(),
        token: Sha256::digest(token.as_bytes()).into(),
        secret: secret.map(|secret| Sha256::digest(secret.as_bytes()).into()),
    };
    map.write().unwrap().insert(id, kept);
    answer
}
