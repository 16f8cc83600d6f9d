//! How long a client lives.

use oauth_dcr::testing::{CountingEntropy, ManualClock, run};
use oauth_dcr::{RegisterRequest, Registrar};
use serde_json::{Value, json};
use time::Duration;

use crate::support::*;

/// A client lives for `dynamicRegistrationExpirationTime`, its secret
/// as long. The moment itself counts as expired.
///
/// Accepts: S-EXP-01, S-EXP-02, S-EXP-05, DEC-40, R91-095
#[test]
fn s_exp_02_clients_expire() {
    let server = server(json!({ "dynamicRegistrationExpirationTime": 3600 }));
    let registration = server.registered(json!({}));
    assert_eq!(body(&registration)["client_secret_expires_at"], ISSUED + 3600);
    assert_eq!(body(&registration).get("lifetime"), None);
    let client = server.stored(ID[0]).unwrap();
    assert_eq!(client.expires_at(), Some(ManualClock::START + Duration::seconds(3600)));
    assert!(client.flags().deletable, "it may be removed when its time is up");
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });

    server.clock.advance(3599);
    assert!(client.is_usable(ManualClock::START + Duration::seconds(3599)));
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
    let updated = server.update(ID[0], TOKEN[0], members.clone()).unwrap();
    assert_eq!(updated.client().expires_at(), client.expires_at());

    server.clock.advance(1);
    assert!(client.is_expired(ManualClock::START + Duration::seconds(3600)));
    let unknown = server.refusal(server.read(ID[3], TOKEN[0]));
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.refusal(server.update(ID[0], TOKEN[0], members)), unknown);
    assert_eq!(server.refusal(server.delete(ID[0], TOKEN[0])), unknown);
}

/// S-EXP-05, S-EXP-06: `lifetime` in a request counts from now, within the limit of the server, and the
/// answer says what was granted.
#[test]
fn s_exp_05_a_lifetime_may_be_asked_for() {
    let limit = json!({ "dynamicRegistrationExpirationTime": 3600 });
    let exceed = with(limit.clone(), json!({ "lifetimeMayExceedServerLimit": true }));
    let forbid = with(limit.clone(), json!({ "dcrForbidExpirationTimeInRequest": true }));
    let (none, zero) = (json!({}), json!({ "dynamicRegistrationExpirationTime": 0 }));
    let (minus, free) = (
        json!({ "dynamicRegistrationExpirationTime": -1 }),
        json!({ "dcrForbidExpirationTimeInRequest": true }),
    );
    let largest = 9_007_199_254_740_991_i64;
    for (changes, asked, granted, answered) in [
        (&limit, None, Some(3600), None),
        (&limit, Some(60), Some(60), Some(60)),
        (&limit, Some(3600), Some(3600), Some(3600)),
        (&limit, Some(3601), Some(3600), Some(3600)),
        (&limit, Some(largest), Some(3600), Some(3600)),
        (&limit, Some(0), Some(3600), Some(3600)),
        (&none, None, None, None),
        (&none, Some(60), Some(60), Some(60)),
        (&none, Some(0), None, Some(0)),
        (&none, Some(largest), None, Some(largest)),
        (&zero, None, None, None),
        (&zero, Some(60), Some(60), Some(60)),
        (&minus, None, None, None),
        (&minus, Some(60), Some(60), Some(60)),
        (&exceed, None, Some(3600), None),
        (&exceed, Some(7200), Some(7200), Some(7200)),
        (&exceed, Some(0), None, Some(0)),
        (&forbid, None, Some(3600), None),
        (&forbid, Some(60), Some(3600), None),
        (&forbid, Some(7200), Some(3600), None),
        (&free, Some(60), None, None),
    ] {
        let server = server(changes.clone());
        let registration = server.registered(asked.map_or(json!({}), |asked| json!({ "lifetime": asked })));
        let what = format!("{changes}, {asked:?}");
        let expected = granted.map(|seconds| ManualClock::START + Duration::seconds(seconds));
        assert_eq!(registration.client().expires_at(), expected, "{what}");
        assert_eq!(body(&registration).get("lifetime").cloned(), answered.map(Value::from), "{what}");
        let secret_expiry = granted.map_or(0, |seconds| ISSUED + seconds);
        assert_eq!(body(&registration)["client_secret_expires_at"], secret_expiry, "{what}");
        assert_eq!(registration.client().flags().deletable, granted.is_some(), "{what}");
    }
}

/// S-EXP-06: what is no number of seconds lifts no limit.
#[test]
fn s_exp_06_a_lifetime_is_a_number_of_seconds() {
    let server = server(json!({ "dynamicRegistrationExpirationTime": 3600 }));
    for lifetime in
        [json!("60"), json!(1.5), json!(true), json!([60]), json!(-1), json!(i64::MIN), json!(u64::MAX)]
    {
        let refused = server.register(json!({ "redirect_uris": [REDIRECT], "lifetime": lifetime }));
        let wire = server.refusal(refused);
        assert_eq!(wire.status, 400, "{lifetime}");
        assert!(
            wire.body.contains("invalid_client_metadata") && wire.body.contains("lifetime: must be"),
            "{}",
            wire.body
        );
    }
}

/// S-EXP-04: no update moves the end of a client, whatever it says of `lifetime`, and whatever the
/// configuration says by then.
#[test]
fn s_exp_04_an_update_cannot_prolong() {
    let server = server(json!({ "dynamicRegistrationExpirationTime": 3600 }));
    server.enroll(json!({ "lifetime": 600 }));
    let end = ManualClock::START + Duration::seconds(600);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    for lifetime in
        [json!({}), json!({ "lifetime": 0 }), json!({ "lifetime": 3600 }), json!({ "lifetime": null })]
    {
        server.clock.advance(100);
        let updated = server.update(ID[0], TOKEN[0], with(members.clone(), lifetime.clone())).unwrap();
        assert_eq!(updated.client().expires_at(), Some(end), "{lifetime}");
        assert_eq!(body(&updated)["lifetime"], 600, "{lifetime}");
        assert_eq!(updated.client().secret_expires_at(), Some(end), "{lifetime}");
        assert_eq!(body(&updated)["client_id_issued_at"], ISSUED, "{lifetime}");
    }
    for changes in [
        json!({}),
        json!({ "lifetimeMayExceedServerLimit": true }),
        json!({ "updateMode": "merge", "dynamicRegistrationExpirationTime": 86400 }),
        json!({ "dcrForbidExpirationTimeInRequest": true }),
    ] {
        let later = Registrar::builder(config(changes.clone()), server.store.clone())
            .clock(server.clock.clone())
            .entropy(CountingEntropy::new())
            .build()
            .unwrap();
        let (caller, text) =
            (bearer(TOKEN[0]), with(members.clone(), json!({ "lifetime": 86400 })).to_string());
        let request = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
        let updated = run(later.update(&client_id(ID[0]), request)).unwrap();
        assert_eq!(updated.client().expires_at(), Some(end), "{changes}");
    }
    server.clock.advance(200);
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])).status, 401);
}

/// S-EXP-04: a client that asked for no lifetime does not get one by an update, neither shorter nor longer.
#[test]
fn an_update_sets_no_lifetime() {
    for changes in [json!({}), json!({ "dynamicRegistrationExpirationTime": 3600 })] {
        let server = server(changes.clone());
        let end = server.registered(json!({})).client().expires_at();
        let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "lifetime": 60 });
        let updated = server.update(ID[0], TOKEN[0], members).unwrap();
        assert_eq!(updated.client().expires_at(), end, "{changes}");
        assert_eq!(body(&updated).get("lifetime"), None, "{changes}");
    }
}

/// S-EXP-04: a secret that an update makes ends with the client.
#[test]
fn an_update_gives_a_new_secret_the_end_of_its_client() {
    let server = server(json!({ "dynamicRegistrationExpirationTime": 3600 }));
    server.enroll(json!({ "token_endpoint_auth_method": "none" }));
    server.clock.advance(100);
    let updated =
        server.update(ID[0], TOKEN[0], json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] })).unwrap();
    assert_eq!(body(&updated)["client_secret"], SECRET[1]);
    assert_eq!(body(&updated)["client_secret_expires_at"], ISSUED + 3600);
}
