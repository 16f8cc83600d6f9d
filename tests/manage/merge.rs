//! Updates that keep what they leave out (`updateMode: merge`).

use serde_json::json;

use crate::support::*;

/// `updateMode: merge`: what is left out stays, what is sent replaces, `null` and `""` delete. The identifier
/// may be left out too.
#[test]
fn a_merging_update_keeps_what_it_leaves_out() {
    let server = server(json!({ "updateMode": "merge" }));
    server.enroll(json!({
        "client_name": "Example",
        "client_name#de": "Beispiel",
        "client_name#fr": "Exemple",
        "contacts": ["a@example.org", "b@example.org"],
        "logo_uri": "https://app.example.org/logo.png",
        "tos_uri": "https://app.example.org/tos",
        "subject_type": "pairwise",
        "jwks_uri": "https://app.example.org/jwks",
    }));
    let updated = server
        .update(
            ID[0],
            TOKEN[0],
            json!({
                "client_name": "New",
                "client_name#DE": "Neu",
                "contacts": ["c@example.org"],
                "logo_uri": "",
                "tos_uri": null,
                "jwks": jwks(),
            }),
        )
        .unwrap();
    assert_eq!(
        body(&updated),
        json!({
            "client_id": ID[0],
            "client_id_issued_at": ISSUED,
            "registration_access_token": TOKEN[0],
            "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
            "redirect_uris": [REDIRECT],
            "client_name": "New",
            "client_name#DE": "Neu",
            "client_name#fr": "Exemple",
            "contacts": ["c@example.org"],
            "subject_type": "pairwise",
            "jwks": jwks(),
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "application_type": "web",
            "id_token_signed_response_alg": "RS256",
        })
    );
    // An empty update changes nothing but the revision.
    let unchanged = server.update(ID[0], TOKEN[0], json!({})).unwrap();
    assert_eq!(body(&unchanged), body(&updated));
    assert_eq!(unchanged.client().revision(), 3);
    let other = server.update(ID[0], TOKEN[0], json!({ "client_id": ID[1] }));
    server.refuses(other, 400, "invalid_request", "client_id: must be the identifier of this client");
}

/// `updateMode: merge`: one language variant can be deleted.
#[test]
fn a_merging_update_deletes_language_variants() {
    for nothing in [json!(null), json!("")] {
        let server = server(json!({ "updateMode": "merge" }));
        server.enroll(
            json!({ "client_name": "Example", "client_name#de": "Beispiel", "client_name#fr": "Exemple" }),
        );
        let updated = server.update(ID[0], TOKEN[0], json!({ "client_name#de": nothing })).unwrap();
        let name = &updated.client().metadata().client_name;
        let variants: Vec<(&str, &str)> = name.variants().collect();
        assert_eq!((name.plain(), variants), (Some("Example"), vec![("fr", "Exemple")]), "{nothing}");
    }
}

/// `updateMode: merge`: members that only the configuration names are merged like all others.
#[test]
fn a_merging_update_merges_custom_members() {
    let changes = json!({ "updateMode": "merge", "dynamicRegistrationCustomAttributes": ["team", "tier"] });
    let server = server(changes);
    server.enroll(json!({ "team": "blue", "tier": "gold" }));
    let updated = server.update(ID[0], TOKEN[0], json!({ "tier": "silver" })).unwrap();
    assert_eq!((&body(&updated)["team"], &body(&updated)["tier"]), (&json!("blue"), &json!("silver")));
    let updated = server.update(ID[0], TOKEN[0], json!({ "team": null })).unwrap();
    assert_eq!((body(&updated).get("team"), &body(&updated)["tier"]), (None, &json!("silver")));
}

/// INV-2: a merge is judged as a whole: what was sent must fit what was kept.
#[test]
fn inv_2_a_merging_update_is_judged_as_a_whole() {
    let server = server(json!({ "updateMode": "merge" }));
    server.enroll(json!({}));
    let before = server.stored(ID[0]);
    let refused =
        server.update(ID[0], TOKEN[0], json!({ "application_type": "native", "redirect_uris": [] }));
    assert_eq!(server.refusal(refused).status, 400);
    let refused = server.update(ID[0], TOKEN[0], json!({ "response_types": ["code id_token"] }));
    assert!(server.refusal(refused).body.contains("invalid_client_metadata"));
    assert_eq!(server.stored(ID[0]), before);
}
