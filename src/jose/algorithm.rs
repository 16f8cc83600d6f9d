//! The JWS algorithms that can be executed.

use super::jwk::KeyType;

/// A JWS algorithm (RFC 7518 section 3.1, RFC 8037, RFC 8812, RFC 9864). `none` is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    Es256K,
    /// Either Edwards curve, as the key says (RFC 8037).
    EdDsa,
    /// `EdDSA` with Ed25519, fully specified (RFC 9864).
    Ed25519,
    /// `EdDSA` with Ed448, fully specified (RFC 9864).
    Ed448,
    Hs256,
    Hs384,
    Hs512,
}

/// What kind of arithmetic an algorithm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// RSASSA-PKCS1-v1_5.
    Rsa,
    /// RSASSA-PSS.
    RsaPss,
    /// ECDSA.
    Ecdsa,
    /// The Edwards curves.
    Edwards,
    /// HMAC: whoever can verify can sign.
    Hmac,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 16] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Es256K,
        Self::EdDsa,
        Self::Ed25519,
        Self::Ed448,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The algorithm of a name. Names are case-sensitive (RFC 7515 section 4.1.1).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Es256K => "ES256K",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// What kind of arithmetic it is.
    pub(crate) fn family(self) -> Family {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Family::Rsa,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Family::RsaPss,
            Self::Es256 | Self::Es384 | Self::Es512 | Self::Es256K => Family::Ecdsa,
            Self::EdDsa | Self::Ed25519 | Self::Ed448 => Family::Edwards,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Hmac,
        }
    }

    /// The length of its hash in bytes. Nothing for `EdDSA`, whose key decides.
    pub(crate) fn hash_len(self) -> Option<usize> {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 | Self::Es256K | Self::Hs256 => Some(32),
            Self::Rs384 | Self::Ps384 | Self::Es384 | Self::Hs384 => Some(48),
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::Hs512 | Self::Ed25519 => Some(64),
            Self::Ed448 => Some(114),
            Self::EdDsa => None,
        }
    }

    /// Whether it is an HMAC.
    pub(crate) fn is_hmac(self) -> bool {
        self.family() == Family::Hmac
    }

    /// Whether a key of this type can be used with it. The type decides (RFC 8725 section 2.1): no public key
    /// ever serves an HMAC, and each curve serves one algorithm (RFC 7518 section 3.4).
    pub(crate) fn takes(self, key: KeyType) -> bool {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                key == KeyType::Rsa
            }
            Self::Es256 => key == KeyType::P256,
            Self::Es384 => key == KeyType::P384,
            Self::Es512 => key == KeyType::P521,
            Self::Es256K => key == KeyType::Secp256k1,
            Self::EdDsa => matches!(key, KeyType::Ed25519 | KeyType::Ed448),
            Self::Ed25519 => key == KeyType::Ed25519,
            Self::Ed448 => key == KeyType::Ed448,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
            let other_case = [algorithm.name().to_lowercase(), algorithm.name().to_uppercase()];
            for name in other_case.iter().filter(|name| *name != algorithm.name()) {
                assert_eq!(Algorithm::parse(name), None, "{name}");
            }
        }
        for name in ["none", "None", "NONE", "", "RS256 ", "RS1", "RSA1_5", "dir", "HS256\0"] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_hmac_takes_no_public_key() {
        for algorithm in Algorithm::ALL {
            let takes_any = KeyType::ALL.into_iter().any(|key| algorithm.takes(key));
            assert_eq!(takes_any, !algorithm.is_hmac(), "{algorithm:?}");
        }
    }
}
