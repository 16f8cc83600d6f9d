//! What always holds.

use oauth_dcr::testing::{ManualClock, StaticResolver, StoreCall, run};
use oauth_dcr::{
    Caller, ClientStore, FetchPurpose, MemoryClientStore, Profile, RegisterRequest, Registrar, ServerFlags,
};
use serde_json::{Value, json};
use time::Duration;

use crate::support::*;

/// A URI is kept, answered and compared as it was sent, also where a parser would write it in another way.
#[test]
fn inv_4_uris_are_texts() {
    let uris = [
        "https://client.example",
        "https://client.example/",
        "https://client.example//b",
        "https://client.example/a%20b%7E",
        "https://client.example/cb?u=a@b&next=%2Fhome",
        "https://client.example:8443/cb?",
    ];
    let server = server(json!({}));
    let members = json!({
        "redirect_uris": uris, "post_logout_redirect_uris": uris, "request_uris": uris,
        "client_uri": uris[0], "logo_uri": uris[3], "jwks_uri": uris[2],
    });
    let created = server.register(members.clone()).unwrap();
    let updated =
        server.update(ID[0], TOKEN[0], with(members.clone(), json!({ "client_id": ID[0] }))).unwrap();
    let read = server.read(ID[0], TOKEN[0]).unwrap();
    for answer in [&created, &updated, &read] {
        let (answered, record) = (body(answer), answer.client().metadata_json());
        let record: Value = serde_json::from_str(record).unwrap();
        for (name, sent) in members.as_object().unwrap() {
            assert_eq!((&answered[name], &record[name]), (sent, sent), "{name}");
        }
    }
    let registered = read.client().metadata().redirect_uris.clone().unwrap();
    for (place, uri) in registered.iter().enumerate() {
        for (other, presented) in uris.iter().enumerate() {
            assert_eq!(uri.matches(presented), place == other, "{} {presented}", uris[place]);
        }
    }
}

/// Nothing that is only shown is fetched, and nothing at all for a caller who is not admitted or a request that is
/// refused.
#[test]
fn inv_5_only_what_is_needed_is_fetched_and_only_at_the_end() {
    let sector = "https://sector.example/uris";
    let network = StaticResolver::new().with(sector, json!([REDIRECT]));
    let resolver = network.clone();
    let server =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.jwks_resolver(resolver));
    let shown = json!({
        "redirect_uris": [REDIRECT],
        "client_uri": "https://app.example.org/", "logo_uri": "https://app.example.org/logo",
        "logo_uri#fr": "https://app.example.org/logo-fr", "tos_uri": "https://app.example.org/tos",
        "policy_uri": "https://app.example.org/policy", "jwks_uri": "https://app.example.org/jwks",
        "request_uris": ["https://app.example.org/request#hash"],
        "initiate_login_uri": "https://app.example.org/login",
        "backchannel_logout_uri": "https://app.example.org/logout",
        "frontchannel_logout_uri": "https://app.example.org/bye",
        "post_logout_redirect_uris": ["https://app.example.org/after"],
    });
    assert!(server.register(shown.clone()).is_ok());
    assert_eq!(network.fetched(), []);

    let update = with(shown, json!({ "client_id": ID[0], "sector_identifier_uri": sector }));
    for (caller, members) in [
        (bearer("wrong"), update.clone()),
        (Caller::Anonymous, update.clone()),
        (bearer(TOKEN[0]), with(update.clone(), json!({ "client_name": 1 }))),
        (bearer(TOKEN[0]), with(update.clone(), json!({ "client_id": "another" }))),
        (bearer(TOKEN[0]), with(update.clone(), json!({ "logo_uri": "javascript:alert(1)" }))),
    ] {
        assert!(server.update_raw(ID[0], &caller, members.to_string().as_bytes()).is_err());
        assert_eq!(network.fetched(), [], "{members}");
    }
    assert!(server.update(ID[0], TOKEN[0], update).is_ok());
    assert_eq!(network.fetched(), [(sector.to_owned(), FetchPurpose::SectorIdentifier)]);
}

/// One change is one call of the store that writes, after at most one that reads.
#[test]
fn inv_10_one_change_is_one_write() {
    use StoreCall::{Delete, Get, Insert, Replace};
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    let calls = |from: usize| server.store.calls()[from..].to_vec();
    server.enroll(json!({}));
    assert_eq!(calls(0), [Insert]);
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
    assert_eq!(calls(1), [Get]);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(calls(2), [Get, Replace], "the new record and the new token together");
    assert_eq!(updated.client().revision(), 2);
    assert!(server.delete(ID[0], TOKEN[1]).is_ok());
    assert_eq!(calls(4), [Get, Delete]);
}

/// A client that registered itself is trusted with nothing, whatever it asks for and whatever the profile.
#[test]
fn inv_13_nobody_is_trusted_for_saying_so() {
    let asked = json!({
        "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "trusted_client": true, "trustedClient": true, "jansTrustedClnt": true, "first_party": true,
        "skip_consent": true, "consent": "never", "persist_client_authorizations": true,
        "include_claims_in_id_token": true, "deletable": true, "disabled": false,
        "flags": { "trusted": true }, "attributes": { "trusted": true, "skipConsent": true },
    });
    for preset in ["rfc7591", "oidc", "standard", "mcp-dcr"] {
        let profile = Profile::preset(preset).unwrap().clone();
        let server =
            server_with(json!({ "trustedClientEnabled": true }), MemoryClientStore::default(), |builder| {
                builder.profile(profile)
            });
        let created = server.register(asked.clone()).unwrap();
        let update = with(asked.clone(), json!({ "client_id": ID[0] }));
        let updated = server.update(ID[0], TOKEN[0], update).unwrap();
        for answer in [created, updated] {
            let flags = *answer.client().flags();
            // What has an end may be swept after it; that is the server's own doing.
            let expected = answer.client().expires_at().is_some();
            assert_eq!((flags.trusted, flags.persist_authorizations), (false, false), "{preset}");
            assert_eq!((flags.include_claims_in_id_token, flags.deletable), (false, expected), "{preset}");
            assert!(!flags.disabled);
            for word in ["trust", "consent", "first_party"] {
                assert!(!answer.client().metadata_json().contains(word), "{preset} {word}");
            }
        }
    }
    assert!(!ServerFlags::default().trusted);
}

/// The one clock is the one that was handed in: the engine is as old as it says, in any century.
#[test]
fn s_exp_01_there_is_one_clock() {
    for years in [-50, 0, 100, 1000] {
        let (clock, store) = (ManualClock::new(), std::sync::Arc::new(MemoryClientStore::default()));
        let now = ManualClock::START + Duration::days(365 * years);
        clock.set(now);
        let config = config(json!({ "dynamicRegistrationExpirationTime": 60 }));
        let registrar = Registrar::builder(config, store.clone()).clock(clock.clone()).build().unwrap();
        let text = json!({ "redirect_uris": [REDIRECT] }).to_string();
        let created = run(registrar.register(RegisterRequest::from_body(text.as_bytes()))).unwrap();
        let client = created.client();
        assert_eq!((client.issued_at(), client.expires_at()), (now, Some(now + Duration::seconds(60))));
        let caller = Caller::Bearer(created.registration_access_token().unwrap().clone());
        clock.advance(59);
        assert!(run(registrar.read(client.id(), &caller)).is_ok());
        clock.advance(1);
        assert!(run(registrar.read(client.id(), &caller)).is_err());
        assert_eq!(run(registrar.sweep(&*store, 10)).unwrap(), 1);
        assert_eq!(run(store.get(client.id())).unwrap(), None);
    }
}
