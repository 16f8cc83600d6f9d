//! What a hook may do, and what not.

use oauth_dcr::testing::{RecordingHook, StoreCall, contract, run};
use oauth_dcr::{
    Caller, Error, HookAnswer, HookError, MemoryClientStore, Operation, RegisterRequest, TokenDigest,
};
use serde_json::{Map, Value, json};

use crate::script::*;
use crate::support::*;

/// A hook that has no opinion changes nothing; it is asked once per operation, and not for what is refused
/// anyway.
#[test]
fn a_hook_is_asked_once() {
    let hook = RecordingHook::new();
    let hooked =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.script_hook(hook.clone()));
    let plain = server(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "New" });
    assert_eq!(body(&hooked.registered(json!({}))), body(&plain.registered(json!({}))));
    assert_eq!(body(&hooked.read(ID[0], TOKEN[0]).unwrap()), body(&plain.read(ID[0], TOKEN[0]).unwrap()));
    let updated = hooked.update(ID[0], TOKEN[0], members.clone()).unwrap();
    assert_eq!(body(&updated), body(&plain.update(ID[0], TOKEN[0], members.clone()).unwrap()));
    hooked.delete(ID[0], TOKEN[0]).unwrap();
    let expected = [
        ("create_client", Operation::Create),
        ("modify_response", Operation::Create),
        ("read_client", Operation::Read),
        ("modify_response", Operation::Read),
        ("update_client", Operation::Update),
        ("modify_response", Operation::Update),
        ("delete_client", Operation::Delete),
    ];
    assert_eq!(hook.seen(), expected);

    hooked.enroll(json!({}));
    let count = hook.seen().len();
    let refused = [
        hooked.register(json!({})).map(|_| ()),
        hooked.update(ID[1], TOKEN[1], json!({ "client_id": ID[1] })).map(|_| ()),
        hooked.update(ID[1], TOKEN[0], with(members, json!({ "client_id": ID[1] }))).map(|_| ()),
        hooked.delete(ID[1], TOKEN[0]),
        hooked.read(ID[1], TOKEN[0]).map(|_| ()),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert_eq!(hook.seen().len(), count, "a hook is not asked about what is refused anyway");
}

/// A refusal of a hook: 400. Nothing is stored, and the client stays as it was.
#[test]
fn a_hook_may_refuse() {
    let server = scripted(Script {
        create: |draft| if draft.get("client_name").is_some() { Err(HookError::Refused) } else { Ok(()) },
        update: |_, _| Err(HookError::Refused),
        delete: |_| Err(HookError::Refused),
        ..Script::default()
    });
    let description = "the request was refused by this server";
    let refused = server.register(json!({ "redirect_uris": [REDIRECT], "client_name": "Example" }));
    server.refuses(refused, 400, "invalid_client_metadata", description);
    assert!(server.store.inner().is_empty());

    server.enroll(json!({}));
    let before = server.stored(ID[0]);
    let refused = server.update(ID[0], TOKEN[0], json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }));
    server.refuses(refused, 400, "invalid_client_metadata", description);
    server.refuses(server.delete(ID[0], TOKEN[0]), 400, "invalid_client_metadata", description);
    assert_eq!(server.stored(ID[0]), before);
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
}

/// A hook may answer in its own words.
#[test]
fn a_hook_may_answer() {
    fn answer() -> Result<(), HookError> {
        Err(HookError::Answer(HookAnswer::new(451, r#"{"error":"not_here"}"#)))
    }
    let server = scripted(Script { create: |_| answer(), ..Script::default() });
    let wire = server.refusal(server.register(json!({ "redirect_uris": [REDIRECT] })));
    assert_eq!((wire.status, &*wire.body), (451, r#"{"error":"not_here"}"#));
    assert!(wire.headers.contains(&("cache-control", "no-store".to_owned())), "{:?}", wire.headers);
    assert!(server.store.inner().is_empty());
}

/// Evidence that is not current: the nonce for the next try is in the answer.
///
/// Refuses: ATT-003
#[test]
fn a_hook_may_ask_for_fresh_evidence() {
    let stale = || HookError::StaleEvidence { nonce: Some("n-1".to_owned()) };
    assert_eq!(stale().to_string(), "the evidence is not current");
    let server = scripted(Script {
        create: |_| Err(HookError::StaleEvidence { nonce: Some("n-1".to_owned()) }),
        ..Script::default()
    });
    let wire = server.refusal(server.register(json!({ "redirect_uris": [REDIRECT] })));
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    let expected = json!({
        "error": "stale_evidence",
        "error_description": "The provided evidence is not current.",
        "nonce": "n-1",
    });
    assert_eq!((wire.status, body), (400, expected));
}

/// S-PRIV-08, S-ERR-07: a hook that fails refuses the request, and the caller learns nothing of why.
#[test]
fn s_priv_08_a_failing_hook_is_500() {
    let server = scripted(Script {
        create: |draft| match draft.get("client_name") {
            Some(_) => Err(HookError::Failed("the directory is down".into())),
            None => Ok(()),
        },
        update: |_, _| Err(HookError::Failed("the directory is down".into())),
        delete: |_| Err(HookError::Failed("the directory is down".into())),
        ..Script::default()
    });
    let refused = server.register(json!({ "redirect_uris": [REDIRECT], "client_name": "Example" }));
    assert!(
        matches!(&refused, Err(Error::Host(host)) if host.part == "hook" && !host.transient),
        "{refused:?}"
    );
    server.refuses(refused, 500, "server_error", "the request could not be carried out");
    assert!(server.store.inner().is_empty());
    server.enroll(json!({}));
    let before = server.stored(ID[0]);
    let refused = server.update(ID[0], TOKEN[0], json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }));
    server.refuses(refused, 500, "server_error", "the request could not be carried out");
    server.refuses(
        server.delete(ID[0], TOKEN[0]),
        500,
        "server_error",
        "the request could not be carried out",
    );
    assert_eq!(server.stored(ID[0]), before);
}

/// A hook may change what is registered, remove and add members, and set what only the server sets.
#[test]
fn a_hook_may_change_the_draft() {
    let server = scripted(Script {
        create: |draft| {
            assert_eq!(draft.metadata().client_name.plain(), Some("Example"));
            draft.set("client_name", &json!("Renamed"));
            draft.set("scope", &json!("openid"));
            draft.set("contacts", &json!(null));
            draft.set("x_tier", &json!({ "level": 3 }));
            draft.flags_mut().trusted = true;
            Ok(())
        },
        update: |cx, draft| {
            assert_eq!(cx.client.unwrap().metadata().client_name.plain(), Some("Renamed"));
            set(draft, "client_name", &json!("Updated"))
        },
        ..Script::default()
    });
    let registration = server.registered(json!({ "client_name": "Example", "contacts": ["a@example.org"] }));
    assert_eq!(
        body(&registration),
        json!({
            "client_id": ID[0],
            "client_secret": SECRET[0],
            "client_id_issued_at": ISSUED,
            "client_secret_expires_at": 0,
            "registration_access_token": TOKEN[0],
            "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
            "redirect_uris": [REDIRECT],
            "client_name": "Renamed",
            "scope": "openid",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "application_type": "web",
            "subject_type": "public",
            "id_token_signed_response_alg": "RS256",
            "x_tier": { "level": 3 },
        })
    );
    assert!(server.stored(ID[0]).unwrap().flags().trusted);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "Sent" });
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(updated.client().metadata().client_name.plain(), Some("Updated"));
    assert!(updated.client().flags().trusted, "flags outlive an update");
}

/// A hook may switch a client off in an update. That is final for its owner (INV-12).
#[test]
fn a_hook_may_disable_a_client() {
    let server = scripted(Script {
        update: |_, draft| {
            draft.flags_mut().disabled = true;
            Ok(())
        },
        ..Script::default()
    });
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = server.update(ID[0], TOKEN[0], members.clone()).unwrap();
    assert!(updated.client().flags().disabled && server.stored(ID[0]).unwrap().flags().disabled);
    let refused = server.update(ID[0], TOKEN[0], members);
    server.refuses(refused, 401, "invalid_token", "the token is not valid here");
}

/// A hook replaces language variants and custom members that were sent, as it does all others. No
/// member is there twice, which would make the record unreadable.
///
/// Accepts: R92-053
#[test]
fn a_hook_may_replace_every_kind_of_member() {
    let hook = Script {
        create: |draft| {
            draft.set("client_name#de", &json!("Umbenannt"));
            draft.set("client_name#fr", &json!(null));
            draft.set("team", &json!("blue"));
            draft.set("tier", &json!(null));
            Ok(())
        },
        ..Script::default()
    };
    let changes = json!({ "dynamicRegistrationCustomAttributes": ["team", "tier"] });
    let server = server_with(changes, MemoryClientStore::default(), |builder| builder.script_hook(hook));
    let registration = server.registered(json!({
        "client_name": "Example",
        "client_name#de": "Beispiel",
        "client_name#fr": "Exemple",
        "team": "red",
        "tier": "gold",
    }));
    let name = &registration.client().metadata().client_name;
    let variants: Vec<(&str, &str)> = name.variants().collect();
    assert_eq!((name.plain(), variants), (Some("Example"), vec![("de", "Umbenannt")]));
    let answer = body(&registration);
    assert_eq!((&answer["team"], answer.get("tier")), (&json!("blue"), None));
}

/// S-PRIV-08: what a hook set must satisfy the standard, on an update too.
#[test]
fn s_priv_08_a_hook_cannot_relax_the_standard() {
    let hostile = Script {
        create: |draft| set(draft, "redirect_uris", &json!(["http://app.example.org/cb"])),
        update: |_, draft| set(draft, "redirect_uris", &json!(["https://app.example.org/cb#x"])),
        ..Script::default()
    };
    let server = scripted(hostile);
    let refused = server.register(json!({ "redirect_uris": [REDIRECT] }));
    server.refuses(refused, 400, "invalid_redirect_uri", "redirect_uris[0]: must use https");
    assert!(server.store.inner().is_empty());
    let mut form = serde_json::to_value(contract::bare_client(&client_id("sound"))).unwrap();
    form["registration_access_token"] = TokenDigest::of("token").to_text().into();
    server.put(&serde_json::from_value(form).unwrap());
    let refused =
        server.update("sound", "token", json!({ "client_id": "sound", "redirect_uris": [REDIRECT] }));
    server.refuses(refused, 400, "invalid_redirect_uri", "redirect_uris[0]: must not have a fragment");
    assert_eq!(server.stored("sound").unwrap().revision(), 1);

    let cases: [Create; 4] = [
        |draft| set(draft, "redirect_uris", &json!(null)),
        |draft| set(draft, "redirect_uris", &json!([])),
        |draft| set(draft, "grant_types", &json!(["client_credentials"])),
        |draft| set(draft, "token_endpoint_auth_method", &json!("private_key_jwt")),
    ];
    for (number, create) in cases.into_iter().enumerate() {
        let server = scripted(Script { create, ..Script::default() });
        let wire = server.refusal(server.register(json!({ "redirect_uris": [REDIRECT] })));
        assert_eq!(wire.status, 400, "case {number}: {}", wire.body);
        assert!(server.store.inner().is_empty(), "case {number}");
    }
}

/// S-PRIV-08: a value of the wrong type is no value, from a hook as from a caller.
#[test]
fn a_hook_cannot_set_a_value_of_the_wrong_type() {
    let cases: [Create; 5] = [
        |draft| set(draft, "redirect_uris", &json!("javascript:alert(1)")),
        |draft| set(draft, "redirect_uris", &json!([1, 2])),
        |draft| set(draft, "grant_types", &json!({})),
        |draft| set(draft, "client_name", &json!(["a"])),
        |draft| set(draft, "application_type", &json!(7)),
    ];
    for (number, create) in cases.into_iter().enumerate() {
        let server = scripted(Script { create, ..Script::default() });
        let result = server.register(json!({ "redirect_uris": [REDIRECT] }));
        assert!(matches!(result, Err(Error::Rejected(_))), "case {number} was stored: {result:?}");
        assert!(server.store.inner().is_empty(), "case {number}");
    }
}

/// INV-1: identifier and credentials are the server's; a hook that sets them as members sets nothing.
#[test]
fn a_hook_cannot_set_credentials() {
    let server = scripted(Script {
        create: |draft| {
            for name in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"]
            {
                draft.set(name, &json!("https://evil.example/"));
            }
            for name in ["client_id_issued_at", "client_secret_expires_at"] {
                draft.set(name, &json!(1));
            }
            Ok(())
        },
        ..Script::default()
    });
    let registration = server.registered(json!({}));
    let answer = body(&registration);
    assert_eq!((&answer["client_id"], &answer["client_secret"]), (&json!(ID[0]), &json!(SECRET[0])));
    assert_eq!(answer["registration_access_token"], TOKEN[0]);
    assert_eq!(
        (&answer["client_id_issued_at"], &answer["client_secret_expires_at"]),
        (&json!(ISSUED), &json!(0))
    );
    assert!(
        !registration.client().metadata_json().contains("evil"),
        "{}",
        registration.client().metadata_json()
    );
}

/// A hook may choose the identifier of a new client, never of one that exists; a taken one is refused and not
/// drawn again.
#[test]
fn a_hook_may_choose_the_identifier() {
    let server = scripted(Script {
        create: |draft| set_id(draft, "cn=app.example.org"),
        update: |_, draft| set_id(draft, "another"),
        ..Script::default()
    });
    let registration = server.registered(json!({}));
    assert_eq!(body(&registration)["client_id"], "cn=app.example.org");
    let uri = "https://op.example.com/register?client_id=cn%3Dapp.example.org";
    assert_eq!(body(&registration)["registration_client_uri"], uri);
    assert_eq!(body(&registration)["registration_access_token"], TOKEN[0]);

    let before = server.stored("cn=app.example.org");
    let refused = server.refusal(server.register(json!({ "redirect_uris": [REDIRECT] })));
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("a client with this identifier is registered already"), "{}", refused.body);
    assert_eq!(server.store.calls(), [StoreCall::Insert; 2], "it is not tried again");
    assert_eq!(server.stored("cn=app.example.org"), before);

    let members = json!({ "client_id": "cn=app.example.org", "redirect_uris": [REDIRECT] });
    let updated = server.update("cn=app.example.org", TOKEN[0], members).unwrap();
    assert_eq!(updated.client().id().as_str(), "cn=app.example.org");
    assert_eq!(server.stored("another"), None);
}

/// A hook may change an answer, but not who the client is and what gives access; an error throws its changes
/// away.
#[test]
fn a_hook_may_change_the_answer() {
    fn respond(body: &mut Map<String, Value>) -> Result<(), HookError> {
        body.insert("client_id".to_owned(), json!("evil"));
        body.remove("client_secret");
        body.insert("registration_access_token".to_owned(), json!("evil"));
        body.remove("registration_client_uri");
        body.insert("org_note".to_owned(), json!("welcome"));
        body.remove("subject_type");
        if body.get("client_name").is_some() { Err(HookError::Refused) } else { Ok(()) }
    }
    let server = scripted(Script { respond, ..Script::default() });
    let expected = json!({
        "client_id": ID[0],
        "client_secret": SECRET[0],
        "client_id_issued_at": ISSUED,
        "client_secret_expires_at": 0,
        "registration_access_token": TOKEN[0],
        "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "id_token_signed_response_alg": "RS256",
        "org_note": "welcome",
    });
    let registration = server.registered(json!({}));
    assert_eq!(body(&registration), expected);
    assert_eq!(server.stored(ID[0]).unwrap().metadata().subject_type.as_ref().unwrap().as_str(), "public");
    let mut read = expected.clone();
    read.as_object_mut().unwrap().retain(|name, _| !name.starts_with("client_secret"));
    assert_eq!(body(&server.read(ID[0], TOKEN[0]).unwrap()), read, "nor can it add a credential");

    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "Named" });
    let updated = body(&server.update(ID[0], TOKEN[0], members).unwrap());
    assert_eq!((&updated["client_name"], updated.get("org_note")), (&json!("Named"), None), "{updated}");
    assert_eq!(updated["subject_type"], "public");
}

/// A hook cannot give an answer a credential that the server did not put there.
#[test]
fn a_hook_cannot_add_a_credential_to_an_answer() {
    let server = scripted(Script {
        respond: |body| {
            body.insert("client_secret".to_owned(), json!("evil"));
            Ok(())
        },
        ..Script::default()
    });
    let registration = server.registered(json!({ "token_endpoint_auth_method": "none" }));
    assert_eq!(body(&registration).get("client_secret"), None);
}

/// A hook sees who asks, what was sent and what is stored.
#[test]
fn a_hook_sees_the_request() {
    let server = scripted(Script {
        update: |cx, draft| {
            assert_eq!(cx.operation, Operation::Update);
            assert_eq!(cx.profile, "standard");
            assert_eq!(cx.client.unwrap().id().as_str(), ID[0]);
            assert!(matches!(cx.caller, Caller::Bearer(token) if token.expose_secret() == TOKEN[0]));
            assert!(cx.body.starts_with(b"{\"client_id\":"));
            assert_eq!(cx.remote_address, Some([192, 0, 2, 1].into()));
            assert_eq!(draft.get("redirect_uris"), Some(json!([REDIRECT])));
            assert_eq!(draft.get("contacts"), None);
            Ok(())
        },
        delete: |cx| {
            assert_eq!(cx.client.unwrap().id().as_str(), ID[0]);
            assert!(cx.body.is_empty());
            Ok(())
        },
        ..Script::default()
    });
    server.enroll(json!({}));
    let text = format!(r#"{{"client_id":"{}","redirect_uris":["{REDIRECT}"]}}"#, ID[0]);
    let caller = bearer(TOKEN[0]);
    let request = RegisterRequest::from_body(text.as_bytes())
        .with_caller(&caller)
        .with_remote_address([192, 0, 2, 1].into());
    assert!(run(server.registrar.update(&client_id(ID[0]), request)).is_ok());
    assert!(server.delete(ID[0], TOKEN[0]).is_ok());
}
