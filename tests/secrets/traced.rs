//! Events as lines of a log.

use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    Caller, ClientState, EventDetail, MemoryClientStore, RegisterRequest, Registrar, TracingEvents,
};
use serde_json::json;

use crate::log::Log;
use crate::{REDIRECT, config};

/// Every event is one line with the target `oauth_dcr`, whose fields are those of the event; what an event does not
/// have is not there.
#[test]
fn events_are_lines_of_a_log() {
    let log = Log::default();
    log.keep(|| {
        let registrar = Registrar::builder(config(json!({})), MemoryClientStore::default())
            .clock(ManualClock::new())
            .entropy(oauth_dcr::testing::CountingEntropy::new())
            .event_sink(TracingEvents)
            .event_detail(EventDetail::default().with_remote_address().with_contacts())
            .build()
            .unwrap();
        let body = json!({ "redirect_uris": [REDIRECT], "contacts": ["ada@a.example", "b"] }).to_string();
        let request = RegisterRequest::from_body(body.as_bytes());
        let registration =
            run(registrar.register(request.with_remote_address([192, 0, 2, 7].into()))).unwrap();
        let id = registration.client().id().clone();
        let caller = registration.registration_access_token().cloned().map(Caller::Bearer).unwrap();
        let body = json!({ "client_id": id, "redirect_uris": [REDIRECT], "client_name": "a" }).to_string();
        let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
        _ = run(registrar.update(&id, request)).unwrap();
        run(registrar.set_state(&id, ClientState::Suspended)).unwrap();
        run(registrar.delete(&id, &caller)).unwrap_err();
        run(registrar.set_state(&id, ClientState::Active)).unwrap();
        run(registrar.delete(&id, &caller)).unwrap();
        run(registrar.set_state(&id, ClientState::Active)).unwrap_err();
    });
    let text = log.text();
    let lines: Vec<(&str, &str)> = text
        .lines()
        .map(|line| {
            let (head, fields) = line.split_once(" event=").unwrap();
            (head.split(" event ").next().unwrap(), fields)
        })
        .collect();
    let client = r#"profile="standard" client="00010203-0405-4607-8809-0a0b0c0d0e0f""#;
    let info = "INFO oauth_dcr";
    assert_eq!(
        lines,
        [
            (
                info,
                &*format!(
                    r#""created" operation="create" {client} remote_address=192.0.2.7 contacts="ada@a.example,b""#
                )
            ),
            (info, &*format!(r#""updated" operation="update" {client} changed="client_name,contacts""#)),
            (info, &*format!(r#""state_changed" {client} from="active" to="suspended""#)),
            (info, r#""refused" operation="delete" profile="standard" status=401 code="invalid_token""#),
            (info, &*format!(r#""state_changed" {client} from="suspended" to="active""#)),
            (
                info,
                &*format!(
                    r#""deleted" operation="delete" {client} revoke="credentials,management_token,grants,tokens""#
                )
            ),
            ("ERROR oauth_dcr", r#""failed" part="store" transient=false"#),
        ]
    );
}

/// What a client says of itself stays inside the quotes of its field: it ends no line and begins no other field.
#[test]
fn s_xss_06_no_line_is_forged() {
    let log = Log::default();
    let forged = r#"a" event="deleted" client="another"#;
    log.keep(|| {
        let registrar = Registrar::builder(config(json!({})), MemoryClientStore::default())
            .clock(ManualClock::new())
            .event_sink(TracingEvents)
            .event_detail(EventDetail::default().with_contacts())
            .build()
            .unwrap();
        let body = |contact: &str| json!({ "redirect_uris": [REDIRECT], "contacts": [contact] }).to_string();
        _ = run(registrar.register(RegisterRequest::from_body(body(forged).as_bytes()))).unwrap();
        for contact in ["a\nevent=\"deleted\"", "a\r", "a\u{85}", "a\u{1b}[2J"] {
            assert!(run(registrar.register(RegisterRequest::from_body(body(contact).as_bytes()))).is_err());
        }
    });
    let text = log.text();
    assert_eq!(text.lines().count(), 5, "{text}");
    let contacts = format!(" contacts={forged:?}");
    assert!(text.lines().next().unwrap().ends_with(&contacts), "{text}");
    assert!(
        text.lines().skip(1).all(|line| line.contains(r#"event="refused""#) && !line.contains("deleted")),
        "{text}"
    );
}
