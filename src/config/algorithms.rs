//! The lists of algorithms as one table: property, member, what is listed, and what may never be taken.

use super::Supported;
use crate::metadata::{JweAlgorithm, JweEncryption, JwsAlgorithm};

/// One list of algorithms.
pub(super) struct Algorithms<'a> {
    pub(super) property: String,
    /// The metadata member whose values are listed.
    pub(super) member: String,
    pub(super) listed: Option<&'a [String]>,
    purpose: Purpose,
}

/// What an algorithm is for, and so which ones there are.
#[derive(Clone, Copy)]
enum Purpose {
    /// Signatures that nothing else replaces: never `none`.
    Signing,
    /// Signatures that TLS or the code flow can stand in for: `none` may be listed.
    SigningOrNone,
    /// Signatures of the client that a shared secret cannot make.
    AsymmetricSigning,
    KeyManagement,
    ContentEncryption,
}

/// RSAES-PKCS1-v1_5, which a server that decrypts makes an oracle of (RFC 8725 section 3.2).
pub(super) const RSA1_5: &str = "RSA1_5";

impl Algorithms<'_> {
    /// What clients may register.
    pub(super) fn allowed(&self) -> Vec<&str> {
        let permits = |word: &str| match self.purpose {
            Purpose::Signing => word != "none",
            Purpose::AsymmetricSigning => word != "none" && !JwsAlgorithm::from(word).is_symmetric(),
            Purpose::SigningOrNone | Purpose::KeyManagement | Purpose::ContentEncryption => true,
        };
        match self.listed {
            Some(listed) => listed.iter().map(String::as_str).filter(|word| permits(word)).collect(),
            None => self.known().iter().copied().filter(|word| permits(word) && *word != RSA1_5).collect(),
        }
    }

    /// The registered words.
    pub(super) fn known(&self) -> &'static [&'static str] {
        match self.purpose {
            Purpose::Signing | Purpose::SigningOrNone | Purpose::AsymmetricSigning => JwsAlgorithm::KNOWN,
            Purpose::KeyManagement => JweAlgorithm::KNOWN,
            Purpose::ContentEncryption => JweEncryption::KNOWN,
        }
    }
}

impl Supported {
    /// All lists of algorithms.
    pub(super) fn algorithms(&self) -> Vec<Algorithms<'_>> {
        use Purpose::{AsymmetricSigning, ContentEncryption, KeyManagement, Signing, SigningOrNone};

        // The property is the first column and `SigningAlgValuesSupported`.
        let signing = [
            (
                "idToken",
                "id_token_signed_response_alg",
                &self.id_token_signing_alg_values_supported,
                SigningOrNone,
            ),
            (
                "accessToken",
                "access_token_signing_alg",
                &self.access_token_signing_alg_values_supported,
                Signing,
            ),
            (
                "userInfo",
                "userinfo_signed_response_alg",
                &self.user_info_signing_alg_values_supported,
                SigningOrNone,
            ),
            (
                "requestObject",
                "request_object_signing_alg",
                &self.request_object_signing_alg_values_supported,
                SigningOrNone,
            ),
            (
                "tokenEndpointAuth",
                "token_endpoint_auth_signing_alg",
                &self.token_endpoint_auth_signing_alg_values_supported,
                Signing,
            ),
            (
                "authorization",
                "authorization_signed_response_alg",
                &self.authorization_signing_alg_values_supported,
                Signing,
            ),
            (
                "introspection",
                "introspection_signed_response_alg",
                &self.introspection_signing_alg_values_supported,
                Signing,
            ),
            ("txToken", "tx_token_signed_response_alg", &self.tx_token_signing_alg_values_supported, Signing),
            (
                "logoutStatusJwt",
                "logout_status_jwt_signed_response_alg",
                &self.logout_status_jwt_signing_alg_values_supported,
                Signing,
            ),
            (
                "backchannelAuthenticationRequest",
                "backchannel_authentication_request_signing_alg",
                &self.backchannel_authentication_request_signing_alg_values_supported,
                AsymmetricSigning,
            ),
        ];
        // The properties are the first column and `EncryptionAlgValuesSupported` or
        // `EncryptionEncValuesSupported`, the members the second column and `_alg` or `_enc`.
        let encryption = [
            (
                "idToken",
                "id_token_encrypted_response",
                &self.id_token_encryption_alg_values_supported,
                &self.id_token_encryption_enc_values_supported,
            ),
            (
                "userInfo",
                "userinfo_encrypted_response",
                &self.user_info_encryption_alg_values_supported,
                &self.user_info_encryption_enc_values_supported,
            ),
            (
                "requestObject",
                "request_object_encryption",
                &self.request_object_encryption_alg_values_supported,
                &self.request_object_encryption_enc_values_supported,
            ),
            (
                "authorization",
                "authorization_encrypted_response",
                &self.authorization_encryption_alg_values_supported,
                &self.authorization_encryption_enc_values_supported,
            ),
            (
                "introspection",
                "introspection_encrypted_response",
                &self.introspection_encryption_alg_values_supported,
                &self.introspection_encryption_enc_values_supported,
            ),
            (
                "txToken",
                "tx_token_encrypted_response",
                &self.tx_token_encryption_alg_values_supported,
                &self.tx_token_encryption_enc_values_supported,
            ),
        ];

        let signing = signing.into_iter().map(|(name, member, listed, purpose)| Algorithms {
            property: format!("{name}SigningAlgValuesSupported"),
            member: member.to_owned(),
            listed: listed.as_deref(),
            purpose,
        });
        let encryption = encryption.into_iter().flat_map(|(name, member, alg, enc)| {
            [("Alg", "alg", alg, KeyManagement), ("Enc", "enc", enc, ContentEncryption)].map(
                |(long, short, listed, purpose)| Algorithms {
                    property: format!("{name}Encryption{long}ValuesSupported"),
                    member: format!("{member}_{short}"),
                    listed: listed.as_deref(),
                    purpose,
                },
            )
        });
        signing.chain(encryption).collect()
    }
}
