//! What the server supports, and so what clients may register.

use super::lenient;
use crate::metadata::ResponseType;

/// The lists of what the server supports.
///
/// A list that is absent stands for what this crate takes for safe today. An empty list means that the server
/// does not have the feature: the member is refused. All are Janssen's properties; the names and their values
/// are those of OpenID Connect Discovery section 3 and of the documents that extend it, in camel case.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::supported))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Supported {
    /// The grant types clients may register. Default: all registered ones but `password`.
    pub grant_types_supported: Option<Vec<String>>,
    /// The grant types clients may register dynamically: cuts `grantTypesSupported` further. Default: no cut.
    #[serde(alias = "dynamicGrantTypeDefault")]
    pub grant_types_supported_by_dynamic_registration: Option<Vec<String>>,
    /// The response types clients may register, each a list of words or a text of words, in any order.
    ///
    /// Default: the combinations of `code`, `id_token` and `token`, and `none`. Combinations are taken as
    /// listed: listing the words one by one does not allow to combine them.
    #[serde(deserialize_with = "lenient::response_types")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<super::schema::Words>>"))]
    pub response_types_supported: Option<Vec<String>>,
    /// The values of `subject_type`. Default: `public` and `pairwise`.
    pub subject_types_supported: Option<Vec<String>>,
    /// The values of `public_subject_identifier_attribute`. Default: none.
    ///
    /// No effect unless `publicSubjectIdentifierPerClientEnabled` is true.
    pub subject_identifiers_per_client_supported: Option<Vec<String>>,
    /// The values of `token_endpoint_auth_method` and of `additional_token_endpoint_auth_methods`.
    ///
    /// Default: all registered ones. Without `client_secret_basic` in the list, which is what a request that
    /// names no method asks for (RFC 7591 section 2), clients must name their method.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// The values of `backchannel_token_delivery_mode`. Default: `poll`, `ping` and `push` (CIBA Core section
    /// 4).
    pub backchannel_token_delivery_modes_supported: Option<Vec<String>>,

    /// The values of `id_token_signed_response_alg`. Default: all, `none` included.
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `access_token_signing_alg`. Default: all but `none`, which is never taken.
    pub access_token_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `userinfo_signed_response_alg`. Default: all, `none` included.
    pub user_info_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `request_object_signing_alg`. Default: all, `none` included.
    pub request_object_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `token_endpoint_auth_signing_alg`. Default: all but `none`, which is never taken.
    pub token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `authorization_signed_response_alg`. Default: all but `none`, which is never taken (JARM
    /// section 5).
    pub authorization_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `introspection_signed_response_alg`. Default: all but `none`, which is never taken.
    pub introspection_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `tx_token_signed_response_alg`. Default: all but `none`, which is never taken.
    pub tx_token_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `logout_status_jwt_signed_response_alg`. Default: all but `none`, which is never taken.
    pub logout_status_jwt_signing_alg_values_supported: Option<Vec<String>>,
    /// The values of `backchannel_authentication_request_signing_alg`. Default: all asymmetric ones.
    ///
    /// `none` and HMACs are never taken (CIBA Core section 7.1.1).
    pub backchannel_authentication_request_signing_alg_values_supported: Option<Vec<String>>,

    /// The values of `id_token_encrypted_response_alg`. Default: all but `RSA1_5`.
    pub id_token_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `id_token_encrypted_response_enc`. Default: all.
    ///
    /// Here and in its siblings `A128CBC+HS256` is read as `A128CBC-HS256`, and so on.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub id_token_encryption_enc_values_supported: Option<Vec<String>>,
    /// The values of `userinfo_encrypted_response_alg`. Default: all but `RSA1_5`.
    pub user_info_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `userinfo_encrypted_response_enc`. Default: all.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub user_info_encryption_enc_values_supported: Option<Vec<String>>,
    /// The values of `request_object_encryption_alg`. Default: all but `RSA1_5`.
    pub request_object_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `request_object_encryption_enc`. Default: all.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub request_object_encryption_enc_values_supported: Option<Vec<String>>,
    /// The values of `authorization_encrypted_response_alg`. Default: all but `RSA1_5`.
    pub authorization_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `authorization_encrypted_response_enc`. Default: all.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub authorization_encryption_enc_values_supported: Option<Vec<String>>,
    /// The values of `introspection_encrypted_response_alg`. Default: all but `RSA1_5`.
    pub introspection_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `introspection_encrypted_response_enc`. Default: all.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub introspection_encryption_enc_values_supported: Option<Vec<String>>,
    /// The values of `tx_token_encrypted_response_alg`. Default: all but `RSA1_5`.
    pub tx_token_encryption_alg_values_supported: Option<Vec<String>>,
    /// The values of `tx_token_encrypted_response_enc`. Default: all.
    #[serde(deserialize_with = "lenient::encryptions")]
    pub tx_token_encryption_enc_values_supported: Option<Vec<String>>,
}

impl Supported {
    /// The response types clients may register, in the spelling of the registry.
    pub(super) fn response_types(&self) -> Vec<&'static str> {
        match &self.response_types_supported {
            Some(listed) => listed.iter().filter_map(|words| registered_spelling(words)).collect(),
            None => ResponseType::KNOWN.iter().copied().filter(|known| !known.contains("vp_token")).collect(),
        }
    }
}

/// The registry's spelling of a response type. The order of its words has no meaning (RFC 6749 section
/// 3.1.1).
pub(super) fn registered_spelling(words: &str) -> Option<&'static str> {
    let own: Vec<&str> = words.split_whitespace().collect();
    ResponseType::KNOWN.iter().copied().find(|known| {
        own.iter().all(|word| known.split(' ').any(|other| other == *word))
            && known.split(' ').all(|word| own.contains(&word))
    })
}
