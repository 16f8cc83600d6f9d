//! What people would be shown.

use oauth_dcr::MemoryClientStore;
use serde_json::json;

use crate::support::*;

/// What of a name is not seen, or changes how the rest is seen, is refused: in every language and every update.
#[test]
fn s_xss_01_names_are_what_is_seen() {
    let unseen = "has a character that is not seen or that turns the direction of the text";
    let blank = "must have a character that is seen";
    let server = server(json!({}));
    server.enroll(json!({ "client_name": "Example" }));
    let refuses = |name: &str, value: &str, message: &str| {
        let members = json!({ "redirect_uris": [REDIRECT], name: value });
        let description = format!("{name}: {message}");
        let refused = server.register(members.clone());
        server.refuses(refused, 400, "invalid_client_metadata", &description);
        let refused = server.update(ID[0], TOKEN[0], with(members, json!({ "client_id": ID[0] })));
        server.refuses(refused, 400, "invalid_client_metadata", &description);
    };
    for name in ["client_name", "client_name#he", "organization_name", "display_name"] {
        for hidden in [
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{2028}',
            '\u{2029}',
            '\u{2060}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            refuses(name, &format!("Bank{hidden}knaB"), unseen);
            refuses(name, &hidden.to_string(), unseen);
        }
        for control in ['\0', '\n', '\r', '\u{7f}', '\u{85}'] {
            refuses(name, &format!("Bank{control}"), "has a control character");
        }
        refuses(name, " ", blank);
        refuses(name, "\u{3000}\u{a0}", blank);
    }
    // Letters of every script, with the joiners that some need, and HTML, which a page escapes.
    for seen in [
        "\u{5d1}\u{5e0}\u{5e7}",
        "\u{646}\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}",
        "\u{30af}",
        "a <b> & \"c\"",
    ] {
        assert_eq!(body(&server.registered(json!({ "client_name": seen })))["client_name"], seen);
    }
    let long = "\u{e4}".repeat(101);
    refuses("client_name", &long, "must have at most 100 characters");
}

/// A logo is never a document in itself, and a profile bounds where it may be and what it is.
#[test]
fn s_xss_03_logos_run_no_code() {
    let standard = server(json!({}));
    for name in ["logo_uri", "logo_uri#fr"] {
        for uri in [
            "data:image/svg+xml,%3Csvg%20onload=alert(1)%3E",
            "javascript:alert(1)",
            "blob:https://app.example.org/1",
            "file:///etc/passwd",
            "ftp://app.example.org/logo.png",
            "//app.example.org/logo.png",
        ] {
            let refused =
                standard.refusal(standard.register(json!({ "redirect_uris": [REDIRECT], name: uri })));
            assert_eq!(refused.status, 400, "{uri}");
            assert!(refused.body.contains(&format!("{name}: must ")), "{}", refused.body);
        }
    }
    let strict = json!({
        "metadata": { "logo_uri": { "pattern": "^https://.*\\.(png|jpg|webp)$" } },
        "redirect_uris": { "same_host_as": ["logo_uri"] },
    });
    let strict =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile(strict)));
    strict.enroll(json!({ "logo_uri": "https://app.example.org/logo.png" }));
    for uri in [
        "http://app.example.org/logo.png",
        "https://app.example.org/logo.svg",
        "https://tracker.example/logo.png",
    ] {
        let refused =
            strict.refusal(strict.register(json!({ "redirect_uris": [REDIRECT], "logo_uri": uri })));
        assert!(refused.status == 400 && refused.body.contains("logo_uri: must "), "{uri}: {}", refused.body);
    }
}
