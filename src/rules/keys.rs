//! The keys that a client brings: `jwks` by value, `jwks_uri` by reference.

use serde::Deserialize;

use super::uri::{MAX_URI, ParsedUri};
use crate::error::{Failure, Violation};
use crate::jose::{Algorithm, KeyFault, KeySetFault, KeySetLimits, KeyType, KeyUse, OwnKeys, PublicKey};
use crate::metadata::{Document, FieldValue, fields};
use crate::policy::Policy;

const SPEC: &str = "OpenID Connect Registration 2";

/// What the keys of an inline set can be used for.
#[derive(Debug)]
pub(super) struct KeyUses {
    pub(super) signs: bool,
    pub(super) has_certificate: bool,
    keys: Vec<PublicKey>,
}

impl KeyUses {
    /// Whether a key can make signatures of this algorithm. True for algorithms that are not known here.
    pub(super) fn signs_with(&self, alg: &str) -> bool {
        Algorithm::parse(alg).is_none_or(|alg| self.keys.iter().any(|key| key.verifies(alg)))
    }

    /// Whether something can be encrypted to a key with this algorithm.
    pub(super) fn encrypts_with(&self, alg: &str) -> bool {
        self.keys.iter().any(|key| key.encrypts(alg))
    }
}

/// Judges the keys; says what those of an inline set can do. Nothing is said of a faulty set, or of one that is
/// to follow.
pub(super) fn check(
    document: &Document<'_>,
    policy: &Policy,
    faults: &mut Vec<Violation>,
) -> Option<KeyUses> {
    by_reference(document, policy, faults);
    let Some(FieldValue::Json(text)) = document.get(fields::JWKS) else { return None };
    if policy.keys.by_value == Some(false) {
        faults.push(violation("jwks", "keys.by_value", SPEC, "must not be given by value: use jwks_uri"));
        return None;
    }
    let before = faults.len();
    let limits = KeySetLimits {
        keys: policy.keys.max_items.unwrap_or(KeySetLimits::CLIENT.keys),
        ..KeySetLimits::CLIENT
    };
    let own = match OwnKeys::screen(text, limits) {
        Ok(own) => own,
        Err(fault) => {
            let rule = match fault {
                KeySetFault::NotASet => "keys.not_a_set",
                KeySetFault::TooLarge(_) | KeySetFault::TooManyKeys(_) => "keys.too_many",
            };
            faults.push(violation("jwks", rule, "RFC 7517 5", plain(&fault.to_string())));
            return None;
        }
    };
    for (index, fault) in &own.faults {
        let name = format!("jwks.keys[{index}]");
        faults.push(violation(name, rule_of(fault), "RFC 7517 4", plain(&fault.to_string())));
    }
    let is_to_follow = own.keys.is_empty() && policy.keys.may_be_empty == Some(true);
    if is_to_follow || faults.len() > before {
        return None;
    }
    judge_set(&own.keys, policy, faults);
    let certificates = certificates(text, &own.keys, faults);
    Some(KeyUses {
        signs: own.keys.iter().any(PublicKey::signs),
        has_certificate: certificates > 0,
        keys: own.keys,
    })
}

fn by_reference(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    let Some(uri) = document.text(fields::JWKS_URI) else { return };
    if policy.keys.by_reference == Some(false) {
        faults.push(violation(
            "jwks_uri",
            "keys.by_reference",
            SPEC,
            "must not be given: send the keys in jwks",
        ));
    }
    let hosts = &policy.keys.uri_hosts;
    let is_listed = |uri: ParsedUri<'_>| hosts.iter().any(|host| uri.url.host_str() == Some(host));
    if !hosts.is_empty() && !ParsedUri::parse(uri, MAX_URI).is_ok_and(is_listed) {
        let message = format!("must be on one of the hosts {}", hosts.join(", "));
        faults.push(violation("jwks_uri", "keys.uri_hosts", SPEC, message));
    }
}

/// What is demanded of the set as a whole.
fn judge_set(keys: &[PublicKey], policy: &Policy, faults: &mut Vec<Violation>) {
    let has = |own: KeyUse| keys.iter().any(|key| key.key_use() == own);
    if has(KeyUse::Signature) && has(KeyUse::Encryption) && has(KeyUse::Any) {
        let message = "every key must have use because there are keys for signatures and for encryption";
        faults.push(violation("jwks", "keys.use_on_all", SPEC, message));
    }
    for (index, key) in keys.iter().enumerate() {
        let mut fault = |rule, message: String| {
            faults.push(violation(format!("jwks.keys[{index}]"), rule, "RFC 7517 4", message));
        };
        if policy.keys.kid_required == Some(true) && key.kid().is_none() {
            fault("keys.kid", "must have a kid".to_owned());
        }
        if let Some(alg) = key
            .alg()
            .filter(|alg| !policy.keys.algs.is_empty() && !policy.keys.algs.iter().any(|own| own == alg))
        {
            let alg: String = alg.chars().take(20).collect();
            fault("keys.alg", format!("must be for one of {}, `{alg}` is not", policy.keys.algs.join(", ")));
        }
        let (least, bits) = match key.key_type() {
            KeyType::Rsa => (policy.keys.rsa_min_bits, key.bits()),
            _ => (policy.keys.ec_min_bits, key.bits()),
        };
        if let Some(least) = least.filter(|least| bits < *least) {
            fault("keys.size", format!("must have at least {least} bits"));
        }
    }
}

/// RFC 7517 section 4.7: the first certificate of a key holds the key that its bare members say. Returns how many keys
/// have one.
fn certificates(text: &str, keys: &[PublicKey], faults: &mut Vec<Violation>) -> usize {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Certified>,
    }
    #[derive(Deserialize)]
    struct Certified {
        x5c: Option<serde_json::Value>,
    }
    if !text.contains("x5c") {
        return 0;
    }
    let Ok(set) = serde_json::from_str::<Set>(text) else { return 0 };
    let mut count = 0;
    for (index, (entry, key)) in set.keys.iter().zip(keys).enumerate() {
        let Some(x5c) = &entry.x5c else { continue };
        count += 1;
        let first = x5c.as_array().and_then(|chain| chain.first()).and_then(serde_json::Value::as_str);
        if !first.is_some_and(|certificate| key.is_in_certificate(certificate)) {
            let message = "must have an x5c whose first certificate, in base64, holds the same key";
            faults.push(violation(
                format!("jwks.keys[{index}]"),
                "keys.certificate",
                "RFC 7517 4.7",
                message,
            ));
        }
    }
    count
}

fn rule_of(fault: &KeyFault) -> &'static str {
    match fault {
        KeyFault::Private(_) | KeyFault::Symmetric => "keys.private",
        KeyFault::KidRepeated | KeyFault::KidMissing | KeyFault::KidTooLong => "keys.kid",
        KeyFault::Purpose => "keys.use",
        KeyFault::AlgorithmMismatch => "keys.alg",
        KeyFault::ModulusSize | KeyFault::ModulusEven | KeyFault::Exponent => "keys.rsa",
        KeyFault::OffCurve | KeyFault::SmallOrder | KeyFault::Length(_) => "keys.curve",
        _ => "keys.syntax",
    }
}

/// Descriptions are shown without backticks around member names elsewhere.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn violation(
    field: impl Into<std::borrow::Cow<'static, str>>,
    rule: &'static str,
    spec: &'static str,
    message: impl Into<String>,
) -> Violation {
    Violation::new(field, rule, Failure::METADATA, message).with_spec(spec)
}
