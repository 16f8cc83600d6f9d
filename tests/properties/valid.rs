//! Metadata that the standard profile takes, of all members.

use oauth_dcr::metadata::{Group, Kind, fields};
use oauth_dcr::testing::StaticResolver;
use serde_json::{Map, Value, json};

/// Where a pairwise client lists its addresses.
const SECTOR: &str = "https://sector.example/uris.json";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const UMA: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";

/// Rows that no request of a client has a say in, or that need a signature.
const NOT_GENERATED: [&str; 1] = ["software_statement"];

/// Whether a row of the table is to be generated: what a client may send and the server does not drop.
pub(crate) fn is_generated(row: &oauth_dcr::metadata::FieldSpec) -> bool {
    !matches!(row.group, Group::Server | Group::HostOnly) && !NOT_GENERATED.contains(&row.name)
}

/// What the server of these clients offers beyond the usual.
pub(crate) fn config() -> Value {
    json!({
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail", "uid"],
        "redirectUrisRegexEnabled": true,
    })
}

/// The network, with the sector document of these clients, or of one that becomes each of them in turn.
pub(crate) fn network<'v>(clients: impl IntoIterator<Item = &'v Value>) -> StaticResolver {
    let texts = |metadata: &Value, name: &str| match &metadata[name] {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        text => vec![text.clone()],
    };
    let names =
        ["redirect_uris", "claims_redirect_uris", "jwks_uri", "backchannel_client_notification_endpoint"];
    let all = clients.into_iter().flat_map(|metadata| names.map(|name| texts(metadata, name)));
    StaticResolver::new().with(SECTOR, all.flatten().collect())
}

/// Choices out of one number (SplitMix64).
struct Draw(u64);

impl Draw {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.number().is_multiple_of(count)
    }

    fn of<'a>(&mut self, values: &[&'a str]) -> &'a str {
        values[usize::try_from(self.number() % values.len() as u64).unwrap()]
    }

    /// At least one of them, in their order.
    fn some<'a>(&mut self, values: &[&'a str]) -> Vec<&'a str> {
        let first = self.of(values);
        values.iter().copied().filter(|value| *value == first || self.one_in(2)).collect()
    }
}

/// A client that is being put together.
struct Client {
    draw: Draw,
    members: Map<String, Value>,
}

impl Client {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.members.get(name).is_some_and(|own| own == value)
    }

    fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    fn has_element(&self, name: &str, is_it: impl Fn(&str) -> bool) -> bool {
        let items = self.members.get(name).and_then(Value::as_array);
        items.is_some_and(|items| items.iter().any(|item| is_it(item.as_str().unwrap())))
    }

    fn is_public(&self) -> bool {
        self.is("token_endpoint_auth_method", "none")
    }

    /// Grants, what they need of the authorization endpoint, and where people are sent back to.
    fn grants(&mut self) {
        let (grants, responses): (&[&str], &[&str]) = match self.draw.number() % 12 {
            0 => (&[], &[]),
            1 | 2 => (&["authorization_code"], &["code"]),
            3 => (&["authorization_code", "refresh_token"], &["code", "none"]),
            4 => (&["authorization_code", "implicit"], &["code", "code id_token", "id_token token"]),
            5 => (&["implicit"], &["id_token"]),
            6 => (&["authorization_code", CIBA], &["code"]),
            7 => (&[CIBA], &[]),
            8 => (&["authorization_code", UMA, "refresh_token"], &["code"]),
            9 => (&["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"], &[]),
            10 => (&["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"], &[]),
            _ => (
                &[
                    "authorization_code",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    "urn:ietf:params:oauth:grant-type:saml2-bearer",
                ],
                &["code"],
            ),
        };
        if !grants.is_empty() {
            self.put("grant_types", json!(grants));
            if !responses.is_empty() || self.draw.one_in(2) {
                self.put("response_types", json!(responses));
            }
        }
        let is_sent_back = grants.is_empty() || !responses.is_empty();
        let application = self.draw.of(&["web", "native", "neither"]);
        if application != "neither" {
            self.put("application_type", application);
        }
        let mut uris = match application {
            "native" => self.draw.some(&[
                "com.example.app:/cb",
                "com.example.app:/other?a=b",
                "org.example:",
                "http://127.0.0.1/cb",
                "http://127.0.0.1:49152/cb",
                "http://[::1]/cb",
                "http://localhost/cb",
                "https://client.example/claimed",
            ]),
            _ => self.draw.some(&[
                "https://client.example/cb",
                "https://client.example/cb?a=b%20c",
                "https://client.example:8443/",
                "https://client.example",
                "https://two.client.example/cb",
            ]),
        };
        if self.draw.one_in(2) {
            uris.reverse();
        }
        if is_sent_back || self.draw.one_in(4) {
            self.put("redirect_uris", json!(uris));
        }
    }

    /// How it authenticates, and with which keys.
    fn authentication(&mut self) {
        let is_confidential =
            self.has_element("grant_types", |grant| grant == CIBA || grant == "client_credentials");
        let method = loop {
            let method = self.draw.of(&[
                "client_secret_basic",
                "client_secret_post",
                "client_secret_jwt",
                "private_key_jwt",
                "tls_client_auth",
                "self_signed_tls_client_auth",
                "attest_jwt_client_auth",
                "attest_jwt_client_auth_dpop",
                "none",
                "",
            ]);
            if !(is_confidential && method == "none") {
                break method;
            }
        };
        if !method.is_empty() {
            self.put("token_endpoint_auth_method", method);
        }
        let needs_keys = ["private_key_jwt", "self_signed_tls_client_auth"].contains(&method);
        let is_ciba = self.has_element("grant_types", |grant| grant == CIBA);
        match self.draw.number() % 4 {
            0 if method != "self_signed_tls_client_auth" && !is_ciba => self.put("jwks", keys()),
            1 if !is_ciba => self.put("signed_jwks_uri", "https://client.example/keys.jose"),
            2 if !needs_keys && !is_ciba => {}
            _ => self.put("jwks_uri", "https://client.example/keys"),
        }
        if method == "tls_client_auth" {
            let (name, value) = [
                ("tls_client_auth_subject_dn", "CN=client,O=Example\\, Inc.,C=GB"),
                ("tls_client_auth_san_dns", "mtls.client.example"),
                ("tls_client_auth_san_uri", "urn:example:client"),
                ("tls_client_auth_san_ip", "2001:db8::7"),
                ("tls_client_auth_san_email", "ops@client.example"),
            ][usize::try_from(self.draw.number() % 5).unwrap()];
            self.put(name, value);
        }
        let alg = match method {
            "client_secret_jwt" => self.draw.of(&["HS256", "HS384", "HS512"]),
            "private_key_jwt" => self.draw.of(&["RS256", "PS384", "ES256"]),
            _ => return,
        };
        if self.draw.one_in(2) {
            self.put("token_endpoint_auth_signing_alg", alg);
        }
    }

    fn has_keys(&self) -> bool {
        ["jwks", "jwks_uri", "signed_jwks_uri"].iter().any(|name| self.has(name))
    }

    /// A signature that the client can verify: without a secret, not an HMAC.
    fn signature(&mut self) -> &'static str {
        if self.is_public() {
            self.draw.of(&["RS256", "PS256", "ES256", "EdDSA"])
        } else {
            self.draw.of(&["RS256", "PS256", "ES384", "HS256", "HS512"])
        }
    }

    /// CIBA, the way of its mode.
    fn ciba(&mut self) {
        if !self.has_element("grant_types", |grant| grant == CIBA) {
            return;
        }
        let mode = self.draw.of(&["poll", "ping", "push"]);
        self.put("backchannel_token_delivery_mode", mode);
        if mode != "poll" {
            self.put("backchannel_client_notification_endpoint", "https://client.example/notify");
        }
        if self.draw.one_in(2) {
            let has_code = self.draw.one_in(2);
            self.put("backchannel_user_code_parameter", has_code);
        }
        if self.draw.one_in(2) {
            self.put("backchannel_endpoint_login_hint_token_types", json!(["jwt", "opaque"]));
        }
    }

    /// Who its users are to it.
    fn subject(&mut self) {
        let signs = ["private_key_jwt", "self_signed_tls_client_auth"];
        let is_known = signs.iter().any(|method| self.is("token_endpoint_auth_method", method));
        if self.has("backchannel_token_delivery_mode") && (!is_known || self.draw.one_in(2)) {
            let alg = self.draw.of(&["RS256", "ES256", "PS512"]);
            self.put("backchannel_authentication_request_signing_alg", alg);
        }
        match self.draw.number() % 4 {
            0 => self.put("subject_type", "public"),
            1 => {
                self.put("subject_type", "pairwise");
                self.put("sector_identifier_uri", SECTOR);
            }
            2 => self.put("sector_identifier_uri", SECTOR),
            _ => {}
        }
        if !self.is("subject_type", "pairwise") && self.draw.one_in(3) {
            self.put("subject_type", "public");
            let attribute = self.draw.of(&["mail", "uid"]);
            self.put("public_subject_identifier_attribute", attribute);
        }
    }

    /// Who signs and encrypts what.
    fn algorithms(&mut self) {
        let returns_id_token = self.has_element("response_types", |own| own.contains("id_token"));
        let is_on_logout = self.draw.one_in(3);
        if is_on_logout {
            self.put("backchannel_logout_uri", "https://client.example/logout?x=y");
        }
        if !returns_id_token && !is_on_logout && self.draw.one_in(6) {
            self.put("id_token_signed_response_alg", "none");
        }
        for (stem, encrypts) in [
            ("id_token_%_response", true),
            ("userinfo_%_response", true),
            ("authorization_%_response", true),
            ("introspection_%_response", true),
            ("nfv_token_%_response", true),
            ("tx_token_%_response", true),
            ("access_token_signing", false),
            ("logout_status_jwt_%_response", false),
        ] {
            let signed = format!("{}_alg", stem.replace('%', "signed"));
            if !self.has(&signed) && self.draw.one_in(3) {
                let alg = self.signature();
                self.put(&signed, alg);
            }
            if !encrypts || !self.draw.one_in(3) {
                continue;
            }
            let alg = match (self.has_keys(), self.is_public()) {
                (true, _) => self.draw.of(&["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW"]),
                (false, false) => self.draw.of(&["dir", "A256KW", "A128GCMKW"]),
                (false, true) => continue,
            };
            self.put(&format!("{}_alg", stem.replace('%', "encrypted")), alg);
            self.encoding(&format!("{}_enc", stem.replace('%', "encrypted")));
        }
        let is_demanded = self.draw.one_in(4);
        if is_demanded || self.draw.one_in(4) {
            self.put("require_signed_request_object", is_demanded);
        }
        let signs = match (self.has_keys(), self.is_public(), is_demanded) {
            (true, ..) => self.draw.of(&["RS256", "PS256", "ES256"]),
            (false, false, _) => "HS384",
            (false, true, false) => "none",
            (false, true, true) => "",
        };
        if !signs.is_empty() && self.draw.one_in(2) {
            self.put("request_object_signing_alg", signs);
        }
        if self.draw.one_in(3) {
            // To the server's key, or with the secret.
            let alg = if self.is_public() { "RSA-OAEP" } else { self.draw.of(&["RSA-OAEP", "dir"]) };
            self.put("request_object_encryption_alg", alg);
            self.encoding("request_object_encryption_enc");
        }
    }

    fn encoding(&mut self, name: &str) {
        if self.draw.one_in(2) {
            let enc = self.draw.of(&["A128GCM", "A256GCM", "A192CBC-HS384"]);
            self.put(name, enc);
        }
    }

    /// Flags that exclude each other, or must agree.
    fn flags(&mut self) {
        let returns_token =
            self.has_element("response_types", |own| own.split(' ').any(|word| word == "token"));
        let bound = ["dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"];
        let which = self.draw.number() % 3;
        for (place, name) in (0..).zip(bound) {
            if self.draw.one_in(2) {
                self.put(name, place == which && !returns_token);
            }
        }
        let is_pushed = self.draw.one_in(2);
        for name in ["require_pushed_authorization_requests", "require_par"] {
            if self.draw.one_in(2) {
                self.put(name, is_pushed);
            }
        }
        if self.has_element("grant_types", |grant| grant == UMA) {
            // Janssen's constant is in the singular and means the same.
            let name = self.draw.of(&["claims_redirect_uris", "claims_redirect_uris", "claims_redirect_uri"]);
            if name == "claims_redirect_uris" || !self.is_public() {
                self.put(name, json!(["https://client.example/claims", "https://client.example/claims?a=b"]));
            } else {
                self.put("claims_redirect_uris", json!(["https://client.example/claims"]));
            }
        }
        let origin = "https://client.example/out";
        if self.has_element("redirect_uris", |uri| uri.starts_with("https://client.example/"))
            && self.draw.one_in(3)
        {
            self.put("frontchannel_logout_uri", origin);
        }
    }

    /// Everything that goes with anything, by the kind of its row.
    fn others(&mut self) {
        for row in fields::TABLE.iter().filter(|row| is_generated(row)) {
            let takes_part = self.has(row.name) || is_dependent(row.name) || row.group == Group::Choice;
            if takes_part || !self.draw.one_in(4) {
                continue;
            }
            let value = match (row.name, row.kind) {
                ("scope", _) => json!(self.draw.some(&["openid", "profile", "email"]).join(" ")),
                ("claims", _) => json!(self.draw.some(&["name", "birthdate", "email"]).join(" ")),
                ("authorized_origins", _) => json!(["https://client.example", "http://127.0.0.1:3000"]),
                ("additional_token_endpoint_auth_methods", _) => {
                    json!(["client_secret_post", "private_key_jwt"])
                }
                ("encrypted_response_enc_values_supported", _) => json!(["A256GCM", "A128GCM"]),
                ("vp_formats_supported", _) => {
                    json!({ "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"] }, "a": [1.5, null] })
                }
                ("spiffe_id", _) => json!("spiffe://client.example/app"),
                ("redirect_uris_regex", _) => json!("^https://client\\.example/.*$"),
                ("credential_offer_endpoint", _) => json!("openid-credential-offer://"),
                ("post_logout_redirect_uris", _) if self.is("application_type", "native") => {
                    json!(["com.example.app:/out", "http://127.0.0.1/out"])
                }
                (_, Kind::Bool) => json!(self.draw.one_in(2)),
                // A client that is gone at once could not be read back.
                ("lifetime", _) => json!(1 + self.draw.number() % 1_000_000),
                (_, Kind::Int) => json!(self.draw.number() % 9_007_199_254_740_992),
                (_, Kind::List) => {
                    json!(self.draw.some(&["one", "two words", "\u{30af}\u{30e9}", "a \"b\" \\ c"]))
                }
                (_, Kind::UriList) => {
                    json!(self.draw.some(&["https://client.example/a", "https://client.example/b?c=d"]))
                }
                (_, Kind::Uri | Kind::HttpsUri | Kind::WebUri) => {
                    json!("https://client.example/page?q=%C3%A9")
                }
                _ => json!(self.draw.of(&[
                    "one",
                    "4NRB1-0XZABZI9E6-5SM3R",
                    "\u{e9}t\u{e9}",
                    "a \"b\" \\ c",
                    " x "
                ])),
            };
            self.put(row.name, value.clone());
            if row.localized {
                for tag in self.draw.some(&["fr", "ja-Jpan-JP", "DE-ch", "x-own"]) {
                    self.put(&format!("{}#{tag}", row.name), value.clone());
                }
                if self.draw.one_in(2) {
                    self.members.remove(row.name);
                }
            }
        }
    }

    /// What the client can live with, in place of one value or beside it.
    fn choices(&mut self) {
        for row in fields::TABLE.iter().filter(|row| row.group == Group::Choice) {
            let stem = row.name.trim_end_matches("_supported").trim_end_matches("_values");
            let single = match stem {
                "subject_types" => "subject_type".to_owned(),
                "token_endpoint_auth_methods" => "token_endpoint_auth_method".to_owned(),
                _ if self.has(stem) => stem.to_owned(),
                _ => stem
                    .replace("_signing_alg", "_signed_response_alg")
                    .replace("_encryption_", "_encrypted_response_"),
            };
            if let Some(value) = self.members.get(&single).cloned()
                && self.draw.one_in(4)
            {
                self.put(row.name, json!(["of-another-server", value]));
                if self.draw.one_in(2) {
                    self.members.remove(&single);
                }
            }
        }
    }
}

/// Whether a row is one that the methods above set as others allow.
fn is_dependent(name: &str) -> bool {
    let is_algorithm = name.ends_with("_alg") || name.ends_with("_enc");
    is_algorithm || name.starts_with("tls_client_auth_") || DEPENDENT.contains(&name)
}

const DEPENDENT: [&str; 24] = [
    "redirect_uris",
    "token_endpoint_auth_method",
    "grant_types",
    "response_types",
    "jwks_uri",
    "jwks",
    "signed_jwks_uri",
    "application_type",
    "sector_identifier_uri",
    "subject_type",
    "public_subject_identifier_attribute",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_user_code_parameter",
    "backchannel_endpoint_login_hint_token_types",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "require_par",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "claims_redirect_uris",
    "claims_redirect_uri",
];

/// A key of each type, for whatever it can do.
fn keys() -> Value {
    let modulus = ["w", &"A".repeat(340), "Q"].concat();
    json!({ "keys": [
        { "kty": "RSA", "kid": "rsa", "n": modulus, "e": "AQAB" },
        {
            "kty": "EC", "kid": "ec", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
    ], "note": { "kept": ["as", "it", "came"] } })
}

/// Metadata that the standard profile takes.
pub(crate) fn valid(seed: u64) -> Value {
    let mut client = Client { draw: Draw(seed), members: Map::new() };
    client.grants();
    client.authentication();
    client.ciba();
    client.subject();
    client.algorithms();
    client.flags();
    client.others();
    client.choices();
    Value::Object(client.members)
}
