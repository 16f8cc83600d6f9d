//! The whole document that Janssen's documentation prints: it is read, written, managed, and registered.

use std::collections::BTreeSet;

use oauth_dcr::janssen::{OWN_MEMBER, RECORD, read, write};
use oauth_dcr::metadata::fields;
use oauth_dcr::testing::{StaticResolver, run};
use oauth_dcr::{
    Caller, ClientStore, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig,
    RegistrationAccessToken,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::printed;

const TIME: i64 = 1_661_942_371;

#[test]
fn it_is_read() {
    let client = read(&printed()).unwrap();
    assert_eq!(client.id().as_str(), "string");
    assert_eq!(client.issued_at().unix_timestamp(), TIME);
    for time in [client.secret_expires_at(), client.expires_at(), client.last_used_at()] {
        assert_eq!(time.map(OffsetDateTime::unix_timestamp), Some(TIME));
    }
    let flags = client.flags();
    let set = [flags.trusted, flags.disabled, flags.deletable, flags.include_claims_in_id_token];
    assert_eq!((set, flags.persist_authorizations), ([false; 4], true));

    let metadata = client.metadata();
    assert_eq!(metadata.client_name.plain(), Some("string"));
    assert_eq!(metadata.scope.as_ref().unwrap().as_str(), "read write dolphin");
    assert_eq!(metadata.default_max_age, Some(1_000_000));
    assert_eq!(metadata.par_lifetime, Some(0));
    assert_eq!(metadata.require_pushed_authorization_requests, Some(true));
    assert_eq!(metadata.backchannel_logout_uri.as_ref().unwrap().as_str(), "string");
    assert_eq!(metadata.run_introspection_script_before_jwt_creation, Some(true));
    assert_eq!(metadata.id_token_encrypted_response_enc.as_ref().unwrap().as_str(), "A128CBC-HS256");
    assert_eq!(metadata.description.plain(), Some("string"));
    // What is printed lacks a brace.
    assert_eq!(metadata.jwks, None);
    assert!(client.janssen_members().unwrap().contains_key("jwks"));
}

/// The registration access token is kept as a digest, and cannot be written.
#[test]
fn it_is_written_as_it_was_read_but_for_the_token() {
    let document = printed();
    let written = write(&read(&document).unwrap());
    let mut expected = document;
    expected.as_object_mut().unwrap().remove("registrationAccessToken");
    let digest = oauth_dcr::TokenDigest::of("string").to_text();
    expected[OWN_MEMBER] = json!({ "registration_access_token": digest });
    assert_eq!(written, expected);
    assert_eq!(write(&read(&written).unwrap()), written);
}

/// Every member that is printed has a place, but for those that no version of the crate knows what to do with.
#[test]
fn every_member_of_it_has_a_place() {
    let names: BTreeSet<String> = leaves(&printed());
    let own = RECORD.iter().map(|member| member.name);
    let places: BTreeSet<&str> = fields::TABLE.iter().filter_map(|row| row.janssen).chain(own).collect();
    let placeless: Vec<&String> = names.iter().filter(|name| !places.contains(name.as_str())).collect();
    assert_eq!(placeless, Vec::<&String>::new());

    // Members of later versions of Janssen; their names are those of its source.
    let further: Vec<&str> = places.into_iter().filter(|place| !names.contains(*place)).collect();
    assert_eq!(
        further,
        [
            "attributes.additionalTokenEndpointAuthMethods",
            "attributes.authorizationDetailsTypes",
            "attributes.dpopBoundAccessToken",
            "attributes.idTokenLifetime",
            "attributes.introspectionEncryptedResponseAlg",
            "attributes.introspectionEncryptedResponseEnc",
            "attributes.introspectionSignedResponseAlg",
            "attributes.logoutStatusJwtSignedResponseAlg",
            "attributes.minimumAcrLevel",
            "attributes.minimumAcrLevelAutoresolve",
            "attributes.minimumAcrPriorityList",
            "attributes.requestedLifetime",
            "attributes.requirePkce",
            "attributes.txTokenEncryptedResponseAlg",
            "attributes.txTokenEncryptedResponseEnc",
            "attributes.txTokenLifetime",
            "attributes.txTokenSignedResponseAlg",
            "groups",
            "organization",
        ]
    );
}

fn leaves(document: &Value) -> BTreeSet<String> {
    let top = document.as_object().unwrap().keys().filter(|name| *name != "attributes").cloned();
    let attributes = document["attributes"].as_object().unwrap();
    top.chain(attributes.keys().map(|name| format!("attributes.{name}"))).collect()
}

fn config() -> RegistrarConfig {
    let algorithms = json!(["RSA1_5"]);
    serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true,
        "idTokenEncryptionAlgValuesSupported": algorithms,
        "userInfoEncryptionAlgValuesSupported": algorithms,
        "requestObjectEncryptionAlgValuesSupported": algorithms,
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail"],
        "redirectUrisRegexEnabled": true,
    }))
    .unwrap()
}

/// The printed document with real values for its placeholders, and without what no server takes: both a key set and its
/// address, an endpoint for `poll`.
fn filled() -> Value {
    let mut document = printed();
    let members = document.as_object_mut().unwrap();
    members.remove("jwks");
    let values = json!({
        "inum": "4f2a6e1b",
        "displayName": "My Example",
        "clientSecret": "4148f812-92d6-4245-80e0-243524b3b6a4-85192707",
        "registrationAccessToken": "eaee20de-54ce-4217-b960-6b72b55e6cab",
        "frontChannelLogoutUri": "https://client.example.org/logout",
        "claimRedirectUris": ["https://client.example.org/claims"],
        "responseTypes": ["code"],
        "grantTypes": ["authorization_code", "urn:openid:params:grant-type:ciba"],
        "contacts": ["ops@client.example.org"],
        "idTokenTokenBindingCnf": "tbh",
        "logoUri": "https://client.example.org/logo.png",
        "clientUri": "https://client.example.org/",
        "policyUri": "https://client.example.org/policy",
        "tosUri": "https://client.example.org/tos",
        "jwksUri": "https://client.example.org/keys",
        "sectorIdentifierUri": "https://client.example.org/sector",
        "initiateLoginUri": "https://client.example.org/login",
        "requestUris": ["https://client.example.org/request"],
        "authorizedOrigins": ["https://client.example.org"],
        "softwareStatement": null,
        "subjectType": "pairwise",
        "backchannelTokenDeliveryMode": "ping",
        "backchannelClientNotificationEndpoint": "https://client.example.org/notify",
        "defaultAcrValues": ["basic"],
        "expirationDate": "2090-01-01T00:00:00.000Z",
        "clientSecretExpiresAt": "2090-01-01T00:00:00.000Z",
    });
    let attributes = json!({
        "tlsClientAuthSubjectDn": null,
        "backchannelLogoutUri": ["https://client.example.org/backchannel"],
        "parLifetime": 600,
        "jansAuthSignedRespAlg": "RS256",
        "jansAuthEncRespAlg": "RSA-OAEP",
        "jansAuthEncRespEnc": "A128GCM",
        "jansSubAttr": null,
        "redirectUrisRegex": "https://client\\.example\\.org/cb",
        "jansAuthorizedAcr": ["basic"],
    });
    members.extend(values.as_object().unwrap().clone());
    document["attributes"].as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    document
}

fn network() -> StaticResolver {
    let listed = ["cb", "claims", "keys", "notify"].map(|path| format!("https://client.example.org/{path}"));
    StaticResolver::new().with("https://client.example.org/sector", json!(listed))
}

#[test]
fn its_client_registers() {
    let client = read(&filled()).unwrap();
    let registrar =
        Registrar::builder(config(), MemoryClientStore::default()).jwks_resolver(network()).build().unwrap();
    let registration =
        match run(registrar.register(RegisterRequest::from_body(client.metadata_json().as_bytes()))) {
            Ok(registration) => registration,
            Err(error) => panic!("{}", registrar.wire_error(&error).body),
        };
    assert_eq!(registration.status(), 201);

    // Everything but what only the server's own scripts decide, and what goes with another way to authenticate.
    let asked: Map<String, Value> = serde_json::from_str(client.metadata_json()).unwrap();
    let registered: Map<String, Value> = serde_json::from_str(registration.client().metadata_json()).unwrap();
    let dropped: Vec<&String> = asked.keys().filter(|name| !registered.contains_key(*name)).collect();
    assert_eq!(
        dropped,
        [
            "token_endpoint_auth_signing_alg",
            "allow_spontaneous_scopes",
            "spontaneous_scopes",
            "access_token_lifetime",
            "run_introspection_script_before_jwt_creation",
            "keep_client_authorization_after_expiration",
            "spontaneous_scope_script_dns",
            "update_token_script_dns",
            "post_authn_script_dns",
            "consent_gathering_script_dns",
            "introspection_script_dns",
            "rpt_claims_script_dns",
            "ropc_script_dns",
        ]
    );
    for (name, value) in asked.iter().filter(|(name, _)| registered.contains_key(*name)) {
        assert_eq!(&registered[name], value, "{name}");
    }
}

/// A client that was brought over goes on with its credentials, and an update keeps what Janssen says besides.
#[test]
fn its_client_is_managed() {
    let client = read(&filled()).unwrap();
    let now = OffsetDateTime::from_unix_timestamp(TIME).unwrap();
    assert!(client.verify_secret("4148f812-92d6-4245-80e0-243524b3b6a4-85192707", now));
    let store = MemoryClientStore::default();
    run(store.insert(&client)).unwrap();
    let registrar = Registrar::builder(config(), store).jwks_resolver(network()).build().unwrap();

    let token = RegistrationAccessToken::from("eaee20de-54ce-4217-b960-6b72b55e6cab".to_owned());
    let caller = Caller::Bearer(token);
    let answer: Value =
        serde_json::from_str(run(registrar.read(client.id(), &caller)).unwrap().body()).unwrap();
    assert_eq!(answer["client_name"], "My Example");
    // Nothing that is only kept is told.
    let text = answer.to_string();
    for word in ["dn", "jansId", "lastLogonTime", "customAttributes", "birthdate"] {
        assert!(!text.contains(&format!("\"{word}\"")), "{word} in {text}");
    }

    let body = json!({ "client_id": "4f2a6e1b", "redirect_uris": ["https://client.example.org/cb"] });
    let body = body.to_string();
    let update = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
    let updated = run(registrar.update(client.id(), update)).unwrap();
    let written = write(updated.client());
    assert_eq!(written["jansId"], "string");
    assert_eq!(written["clientIdIssuedAt"], "2022-08-31T10:39:31.385Z");
    assert_eq!(written["redirectUris"], json!(["https://client.example.org/cb"]));
    assert_eq!(written.get("initiateLoginUri"), None);
}
