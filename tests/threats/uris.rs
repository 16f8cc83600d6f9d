//! Redirection URIs that are not what they seem to be, one kind of trick a test.

use oauth_dcr::MemoryClientStore;
use serde_json::{Value, json};

use crate::support::*;

/// A server whose profile has this policy of redirection URIs.
fn under(policy: Value) -> Server {
    let profile = profile(json!({ "redirect_uris": policy }));
    server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile))
}

/// Whether a client of this kind may have this redirection URI.
fn takes(server: &Server, application_type: &str, uri: &str) -> bool {
    let before = server.store.calls().len();
    let result = server.register(json!({ "application_type": application_type, "redirect_uris": [uri] }));
    let Ok(registration) = result else {
        let wire = server.refusal(result);
        assert!(wire.status == 400 && wire.body.contains("invalid_redirect_uri"), "{uri}: {}", wire.body);
        assert_eq!(server.store.calls().len(), before, "{uri}");
        return false;
    };
    assert_eq!(body(&registration)["redirect_uris"], json!([uri]), "as it was sent");
    true
}

/// None of these is taken from any kind of client, also where a profile is as lax as it can be.
#[track_caller]
fn never(uris: &[&str]) {
    let lax = json!({ "loopback_http": "always", "undotted_schemes": true, "local_https": true });
    for server in [under(json!({})), under(lax)] {
        for uri in uris {
            for kind in ["web", "native"] {
                assert!(!takes(&server, kind, uri), "{kind} {uri}");
            }
        }
    }
}

/// A fragment is refused, even an empty one, and in the path of a native app's scheme.
#[test]
fn s_uri_02_fragments_are_refused() {
    never(&[
        "https://client.example/cb#",
        "https://client.example/cb#x",
        "https://client.example/cb?a=b#c",
        "https://client.example/#/cb",
        "http://127.0.0.1/cb#x",
        "com.example.app:/cb#x",
    ]);
    // An escaped one is none.
    assert!(takes(&server(json!({})), "web", "https://client.example/cb%23x"));
}

/// This machine is three hosts in one spelling each; what begins or ends like them is somebody else's.
#[test]
fn s_uri_06_hosts_are_compared_as_a_whole() {
    for uri in ["http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]/cb"] {
        assert!(takes(&server(json!({})), "native", uri), "{uri}");
    }
    never(&[
        "http://localhost.evil.test/",
        "http://localhost.evil.test:3000/cb",
        "http://127.0.0.1.evil.test/",
        "http://127.0.0.1.nip.io/",
        "http://evil.test/127.0.0.1",
        "http://evil-localhost/",
        "http://a.localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
    ]);
}

/// An address has one spelling, and only this machine's is taken.
#[test]
fn s_uri_07_odd_spellings_of_addresses_are_refused() {
    never(&[
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.01/",
        "http://\u{2460}\u{2461}\u{2466}.0.0.1/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "https://2130706433/cb",
        "https://10.0.0.1/cb",
        "https://[2001:db8::1]/cb",
    ]);
}

/// A host beyond ASCII has to be written in punycode, and that is refused unless a profile takes it.
#[test]
fn s_uri_08_hosts_that_look_like_others_are_refused() {
    never(&[
        "https://ex\u{430}mple.com/",
        "https://\u{ff45}xample.com/",
        "https://example\u{3002}com/",
        "https://xn--a/",
    ]);
    let uri = "https://xn--exmple-4nf.com/";
    assert!(!takes(&server(json!({})), "web", uri));
    assert!(takes(&under(json!({ "international_hosts": true })), "web", uri));
    // Kept and answered as it came, so that a consent page can show it so.
    assert!(!takes(&under(json!({ "international_hosts": true })), "web", "https://XN--exmple-4nf.com/"));
}

/// A port is written if and only if it is not the scheme's own, and it is one that can be reached.
#[test]
fn s_uri_10_odd_ports_are_refused() {
    never(&[
        "https://client.example:0/cb",
        "https://client.example:443/cb",
        "https://client.example:/cb",
        "https://client.example:65536/cb",
        "https://client.example:08443/cb",
        "https://client.example:+8443/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:80/cb",
    ]);
    for uri in
        ["https://client.example:8443/cb", "https://client.example:1/cb", "https://client.example:65535/cb"]
    {
        assert!(takes(&server(json!({})), "web", uri), "{uri}");
    }
}

/// What only native apps have does not go with what only websites have, and the set is judged as a whole.
#[test]
fn s_uri_13_kinds_of_redirection_do_not_mix() {
    let register = |members: Value| {
        let server = server(json!({}));
        let result = server.register(members);
        result
            .map(|registration| body(&registration))
            .map_err(|error| server.registrar.wire_error(&error).body)
    };
    for other in ["http://127.0.0.1:4711/cb", "com.example.app:/cb"] {
        for uris in [json!([REDIRECT, other]), json!([other, REDIRECT])] {
            let refused = register(json!({ "redirect_uris": uris })).unwrap_err();
            assert!(refused.contains("because application_type is"), "{refused}");
        }
        let alone = register(json!({ "redirect_uris": [other] })).unwrap();
        assert_eq!(alone["application_type"], "native", "the answer says what it was taken for");
    }
    // A profile refuses secrets in apps, which cannot keep them.
    let rule = json!({ "rules": [{
        "id": "no-secret-in-an-app", "member": "token_endpoint_auth_method", "reject": "metadata",
        "when": { "all": [
            { "member": "application_type", "equals": "native" },
            { "not": { "member": "token_endpoint_auth_method", "one_of": ["none"] } },
        ] },
        "message": "must be none because application_type is native",
    }] });
    let server =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile(rule)));
    let refused = server.register(json!({ "redirect_uris": ["http://127.0.0.1/cb"] }));
    let description = "token_endpoint_auth_method: must be none because application_type is native";
    server.refuses(refused, 400, "invalid_client_metadata", description);
}

/// A code that is shown for people to copy can be copied by anybody.
#[test]
fn s_uri_16_out_of_band_is_refused() {
    never(&["urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto", "urn:x", "oob"]);
}
