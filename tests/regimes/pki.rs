//! Keys, certificates and tokens of the parties of a regime.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use serde_json::{Value, json};

/// The validity of a certificate that nothing is said of: 2023 to 2099.
pub(crate) const VALID: (i64, i64) = (1_700_000_000, 4_102_444_800);

/// A validity that is over: 2020 to 2023.
pub(crate) const PAST: (i64, i64) = (1_600_000_000, 1_700_000_000);

/// A key with its name.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kid: &'static str,
    pub(crate) private: PKey<Private>,
}

/// Whoever a certificate is of, with the key of that.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) certificate: X509,
    pub(crate) key: Key,
}

impl Key {
    pub(crate) fn ec(kid: &'static str) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self { kid, private: PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap() }
    }

    pub(crate) fn rsa(kid: &'static str, bits: u32) -> Self {
        Self { kid, private: PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap() }
    }

    /// The public key as a JWK.
    pub(crate) fn jwk(&self) -> Value {
        let text = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        if let Ok(rsa) = self.private.rsa() {
            let (n, e) = (text(rsa.n().to_vec()), text(rsa.e().to_vec()));
            return json!({ "kty": "RSA", "kid": self.kid, "use": "sig", "n": n, "e": e });
        }
        let key = self.private.ec_key().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut numbers = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut numbers).unwrap();
        let (x, y) = (text(x.to_vec_padded(32).unwrap()), text(y.to_vec_padded(32).unwrap()));
        json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "x": x, "y": y })
    }

    /// The key set with only this key.
    pub(crate) fn set(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }

    /// The algorithm that fits: PS256 or ES256.
    fn alg(&self) -> &'static str {
        if self.private.rsa().is_ok() { "PS256" } else { "ES256" }
    }

    /// Signs claims, with the name of the key in the header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": self.alg(), "typ": "JWT", "kid": self.kid }).to_string(), claims)
    }

    /// Signs claims under this header.
    pub(crate) fn sign(&self, header: &str, claims: &Value) -> String {
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = if self.private.rsa().is_ok() {
            let mut signer = Signer::new(MessageDigest::sha256(), &self.private).unwrap();
            if !header.contains("RS256") {
                signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            }
            signer.sign_oneshot_to_vec(input.as_bytes()).unwrap()
        } else {
            let key = self.private.ec_key().unwrap();
            let signature = EcdsaSig::sign(&sha256(input.as_bytes()), &key).unwrap();
            [signature.r().to_vec_padded(32).unwrap(), signature.s().to_vec_padded(32).unwrap()].concat()
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Party {
    /// A certificate under a name of these attributes, signed by an issuer or, without one, by itself.
    pub(crate) fn new(
        key: Key,
        name: &[(&str, &str)],
        issuer: Option<&Self>,
        valid: (i64, i64),
        extend: impl FnOnce(&mut X509Builder),
    ) -> Self {
        let mut subject = X509NameBuilder::new().unwrap();
        for (attribute, value) in name {
            subject.append_entry_by_text(attribute, value).unwrap();
        }
        let subject = subject.build();
        let mut serial = BigNum::new().unwrap();
        serial.rand(120, MsbOption::MAYBE_ZERO, false).unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name())).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(valid.0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(valid.1).unwrap()).unwrap();
        builder.set_pubkey(&key.private).unwrap();
        extend(&mut builder);
        let signer = issuer.map_or(&key.private, |issuer| &issuer.key.private);
        builder.sign(signer, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    /// An authority, signed by another one or by itself.
    pub(crate) fn authority(name: &str, issuer: Option<&Self>) -> Self {
        Self::new(Key::ec("ca"), &[("CN", name)], issuer, VALID, is_authority)
    }

    /// A client with these URIs.
    pub(crate) fn client(uris: &[&str], issuer: &Self) -> Self {
        Self::new(Key::ec("client"), &[("CN", "client")], Some(issuer), VALID, |builder| {
            has_uris(builder, uris)
        })
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    /// The certificate as Janssen's proxies put it into a header.
    pub(crate) fn header(&self) -> String {
        STANDARD.encode(self.der())
    }

    /// Signs claims, with this certificate and those of others in the header.
    pub(crate) fn certified(&self, others: &[&Self], claims: &Value) -> String {
        let chain: Vec<String> = [self].into_iter().chain(others.iter().copied()).map(Self::header).collect();
        self.key.sign(&json!({ "alg": self.key.alg(), "x5c": chain }).to_string(), claims)
    }
}

pub(crate) fn is_authority(builder: &mut X509Builder) {
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
    builder.append_extension(usage).unwrap();
}

pub(crate) fn has_uris(builder: &mut X509Builder, uris: &[&str]) {
    builder.append_extension(KeyUsage::new().critical().digital_signature().build().unwrap()).unwrap();
    if uris.is_empty() {
        return;
    }
    let mut names = SubjectAlternativeName::new();
    for uri in uris {
        names.uri(uri);
    }
    let names = names.build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(names).unwrap();
}

/// The folder of the example server's configurations.
pub(crate) fn config(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/server/config").join(name)
}

impl Key {
    /// A private key of the demonstration.
    pub(crate) fn demo(name: &str) -> Self {
        let jwk: Value = serde_json::from_slice(&std::fs::read(config("demo").join(name)).unwrap()).unwrap();
        let number = |name: &str| {
            BigNum::from_slice(&URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()).unwrap()
        };
        let kid = jwk["kid"].as_str().unwrap().to_owned().leak();
        let private = if jwk["kty"] == "RSA" {
            let [n, e, d, p, q, dp, dq, qi] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(number);
            PKey::from_rsa(Rsa::from_private_components(n, e, d, p, q, dp, dq, qi).unwrap()).unwrap()
        } else {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            let public =
                EcKey::from_public_key_affine_coordinates(&group, &number("x"), &number("y")).unwrap();
            let private = EcKey::from_private_components(&group, &number("d"), public.public_key()).unwrap();
            PKey::from_ec_key(private).unwrap()
        };
        Self { kid, private }
    }
}
