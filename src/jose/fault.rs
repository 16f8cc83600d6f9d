//! What can be wrong with a token, a key and a key set. The texts are fixed: nothing that was sent, and
//! nothing that a library says, gets into them.

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JoseFault {
    /// The token is longer than the limit, in bytes.
    #[error("is longer than {0} bytes")]
    TooLarge(usize),
    /// Not three parts of base64url with a dot between: also encrypted tokens and detached payloads.
    #[error("is not a compact JWS of three parts")]
    NotCompact,
    /// The header is longer than the limit, in bytes.
    #[error("has a header longer than {0} bytes")]
    HeaderTooLarge(usize),
    /// The header is not a JSON object, names a member twice, or has a member of the wrong type.
    #[error("has a malformed header")]
    Header,
    /// The header has a member that is refused.
    #[error("has the header member `{0}`, which is refused")]
    RefusedHeader(&'static str),
    /// The `kid` is too long to be one.
    #[error("has a `kid` longer than 256 bytes")]
    KeyId,
    /// The algorithm is unknown or not allowed here.
    #[error("is signed with an algorithm that is not allowed")]
    Algorithm,
    /// The `typ` is that of another kind of token.
    #[error("has the `typ` of another kind of token")]
    Type,
    /// The header has no certificates where it must, too many, or what is none.
    #[cfg(feature = "x509")]
    #[error("needs an `x5c` with the certificate of its signer and up to six others")]
    Certificate,
    /// The certificates do not lead to an anchor, or one of them may not be where it is, or not at this time.
    #[cfg(feature = "x509")]
    #[error("has an `x5c` that leads to no trust anchor of this server")]
    Untrusted,
    /// The certificate is that of somebody else.
    #[cfg(feature = "x509")]
    #[error("has an `iss` that is no URI of its certificate")]
    NotItsName,
    /// No key has this `kid`. Keys that were fetched a while ago may be fetched once more.
    #[error("names a key that its issuer does not have")]
    UnknownKid,
    /// There are keys, but none that may verify this.
    #[error("has no key that fits its algorithm")]
    NoKeyFits,
    /// More than one key fits a token that names none, or too many have its `kid`.
    #[error("does not say which of several keys verifies it")]
    AmbiguousKey,
    /// The shared secret is shorter than the minimum.
    #[error("cannot be verified: the shared secret is too short")]
    WeakSecret,
    /// No key verifies it.
    #[error("has a signature that does not verify")]
    Signature,
    /// The payload is not a JSON object, or has a member that is not what it must be.
    #[error("has a malformed payload")]
    Payload,
}

/// Why a text is not a JWK Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeySetFault {
    /// The text is longer than the limit, in bytes.
    #[error("is longer than {0} bytes")]
    TooLarge(usize),
    /// More keys than the limit.
    #[error("has more than {0} keys")]
    TooManyKeys(usize),
    /// Not a JSON object with an array `keys` (RFC 7517 section 5).
    #[error("is not a JWK Set")]
    NotASet,
}

/// Why a key is not used. Names members, never their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFault {
    /// Not an object, or a name stands twice (RFC 7517 section 4).
    #[error("is not a JSON object with unique members")]
    Malformed,
    /// A member of the wrong JSON type.
    #[error("has a member `{0}` of the wrong type")]
    WrongType(&'static str),
    /// A required member is not there (RFC 7518 section 6).
    #[error("lacks the member `{0}`")]
    Missing(&'static str),
    /// A private member: the key counts as compromised.
    #[error("has the private member `{0}`")]
    Private(&'static str),
    /// A symmetric key, which must not be in a set that others read.
    #[error("is a symmetric key")]
    Symmetric,
    /// A `kty` that is not known here.
    #[error("has an unknown `kty`")]
    UnknownType,
    /// A `crv` that is not known here, or not for this `kty`.
    #[error("has an unknown `crv`")]
    UnknownCurve,
    /// A member that is not base64url without padding.
    #[error("has a member `{0}` that is not base64url without padding")]
    Encoding(&'static str),
    /// An RSA modulus of the wrong size, or one whose leading bits are zero.
    #[error("has an RSA modulus that is not of 2048 to 8192 whole bits")]
    ModulusSize,
    /// An even RSA modulus.
    #[error("has an even RSA modulus")]
    ModulusEven,
    /// An RSA exponent that makes signatures forgeable or slow to verify.
    #[error("has an RSA exponent that is not an odd number from 65537 to 4294967295")]
    Exponent,
    /// A coordinate of the wrong length (RFC 7518 section 6.2.1.2, RFC 8037 section 2).
    #[error("has a member `{0}` of the wrong length for its curve")]
    Length(&'static str),
    /// A point that is not on its curve.
    #[error("is not a point of its curve")]
    OffCurve,
    /// An Edwards point for which one signature verifies everything.
    #[error("is a point of small order")]
    SmallOrder,
    /// `use` and `key_ops` contradict each other (RFC 7517 section 4.3), or an operation is listed twice.
    #[error("has a `use` and `key_ops` that do not agree")]
    Purpose,
    /// An `alg` of signatures that such a key cannot make.
    #[error("has an `alg` that does not fit its `kty` and `crv`")]
    AlgorithmMismatch,
    /// The `kid` is too long to be one.
    #[error("has a `kid` longer than 256 bytes")]
    KidTooLong,
    /// The `kid` of an earlier key of the set.
    #[error("has the `kid` of another key")]
    KidRepeated,
    /// No `kid`, although there are several keys (OpenID Connect Core section 10.1).
    #[error("has no `kid`, which is needed among several keys")]
    KidMissing,
}
