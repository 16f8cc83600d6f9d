//! The field table: one row per client metadata member.
//!
//! A row is `ID field: type = "wire_name" Kind Group "source" [localized] [=> "janssenName"];` under its documentation.
//! The macro in `table.rs` makes the number, the row in [`TABLE`], the field of [`ClientMetadata`] and its reading and
//! writing.

use super::table::field_table;
use super::values::{
    ApplicationType, GrantType, JweAlgorithm, JweEncryption, JwsAlgorithm, Localized, MetadataUri,
    RedirectUri, ResponseType, Scope, SubjectType, TokenDeliveryMode, TokenEndpointAuthMethod,
};
use super::{Document, FieldId, FieldSpec, Group, Kind, client_metadata::FieldType};
use crate::error::Violation;
use crate::secret::{ClientSecret, RegistrationAccessToken};

field_table! {
    // RFC 7591 and RFC 7592

    /// Redirection URIs of the client, compared as exact strings.
    ///
    /// Needed for each grant that goes through the authorization endpoint. Never altered by the server.
    REDIRECT_URIS redirect_uris: Option<Vec<RedirectUri>>
        = "redirect_uris" UriList OAuth "RFC 7591 2" => "redirectUris";

    /// How the client authenticates at the token endpoint. Default: `client_secret_basic`.
    TOKEN_ENDPOINT_AUTH_METHOD token_endpoint_auth_method: Option<TokenEndpointAuthMethod>
        = "token_endpoint_auth_method" String OAuth "RFC 7591 2" => "tokenEndpointAuthMethod";

    /// Grants the client may use at the token endpoint. Default: `["authorization_code"]`.
    ///
    /// Never empty, and consistent with `response_types`.
    GRANT_TYPES grant_types: Option<Vec<GrantType>> = "grant_types" List OAuth "RFC 7591 2" => "grantTypes";

    /// What the client may ask of the authorization endpoint.
    ///
    /// Default: `["code"]`, or `[]` if no grant goes through that endpoint. Consistent with
    /// `grant_types`; the order of words in a combination has no meaning.
    RESPONSE_TYPES response_types: Option<Vec<ResponseType>>
        = "response_types" List OAuth "RFC 7591 2" => "responseTypes";

    /// Name of the client as shown to people; variants by language allowed.
    CLIENT_NAME client_name: Localized = "client_name" String OAuth "RFC 7591 2" localized => "displayName";

    /// Home page of the client, `http` or `https`; variants by language allowed.
    ///
    /// Should have the scheme and host of a redirection URI.
    CLIENT_URI client_uri: Localized = "client_uri" WebUri OAuth "RFC 7591 2" localized => "clientUri";

    /// Image shown when people are asked for approval; variants by language allowed.
    ///
    /// `http` or `https`. Should have the scheme and host of a redirection URI.
    LOGO_URI logo_uri: Localized = "logo_uri" WebUri OAuth "RFC 7591 2" localized => "logoUri";

    /// Page with the terms of service, `http` or `https`; variants by language allowed.
    ///
    /// Should have the scheme and host of a redirection URI.
    TOS_URI tos_uri: Localized = "tos_uri" WebUri OAuth "RFC 7591 2" localized => "tosUri";

    /// Page that says how the client uses personal data; variants by language allowed.
    ///
    /// `http` or `https`. Should have the scheme and host of a redirection URI.
    POLICY_URI policy_uri: Localized = "policy_uri" WebUri OAuth "RFC 7591 2" localized => "policyUri";

    /// Scope tokens the client may ask for. Default: what the policy says, perhaps nothing.
    ///
    /// Tokens that are not allowed are left out, not refused. `openid` turns on the OpenID rules.
    SCOPE scope: Option<Scope> = "scope" Words OAuth "RFC 7591 2" => "scopes";

    /// Ways to reach the people responsible for the client, usually e-mail addresses.
    ///
    /// Personal data: free text, which a server may show to end users.
    CONTACTS contacts: Option<Vec<String>> = "contacts" List OAuth "RFC 7591 2" => "contacts";

    /// Where the client publishes its keys as a JWK Set, so that they can rotate.
    ///
    /// `https`, without user info or fragment. Never together with `jwks`.
    JWKS_URI jwks_uri: Option<MetadataUri> = "jwks_uri" HttpsUri OAuth "RFC 7591 2" => "jwksUri";

    /// The client's keys by value. Never together with `jwks_uri`; public keys only.
    JWKS jwks: Option<serde_json::Value> = "jwks" Object OAuth "RFC 7591 2" => "jwks";

    /// Identifies the software over all its instances and versions. Opaque.
    ///
    /// Equal to that of the software statement, if there is one.
    SOFTWARE_ID software_id: Option<String> = "software_id" String OAuth "RFC 7591 2" => "softwareId";

    /// Release of the software named by `software_id`. Opaque: compared for equality only.
    SOFTWARE_VERSION software_version: Option<String>
        = "software_version" String OAuth "RFC 7591 2" => "softwareVersion";

    /// Signed JWT in compact form whose claims win over the members of the request.
    ///
    /// Returned unmodified if it was used.
    SOFTWARE_STATEMENT software_statement: Option<String>
        = "software_statement" String Envelope "RFC 7591 2.3" => "softwareStatement";

    /// Identifier that the server gave the client. Printable ASCII.
    ///
    /// Ignored when registering; needed, and unchanged, when updating.
    CLIENT_ID client_id: Option<String> = "client_id" String Server "RFC 7591 3.2.1";

    /// Secret shared with the server, if the authentication method or an algorithm needs one.
    ///
    /// Ignored when registering; when updating, allowed only if equal to the current one.
    CLIENT_SECRET client_secret: Option<ClientSecret> = "client_secret" String Server "RFC 7591 3.2.1";

    /// When the client was registered, in seconds since the Unix epoch. Not allowed in an update.
    CLIENT_ID_ISSUED_AT client_id_issued_at: Option<i64> = "client_id_issued_at" Int Server "RFC 7591 3.2.1";

    /// When the secret expires, in seconds since the Unix epoch; 0 means never.
    ///
    /// Present exactly when `client_secret` is. Not allowed in an update.
    CLIENT_SECRET_EXPIRES_AT client_secret_expires_at: Option<i64>
        = "client_secret_expires_at" Int Server "RFC 7591 3.2.1";

    /// Bearer token for reading, updating and deleting this registration.
    ///
    /// Comes together with `registration_client_uri` or not at all. Not allowed in an update.
    REGISTRATION_ACCESS_TOKEN registration_access_token: Option<RegistrationAccessToken>
        = "registration_access_token" String Server "RFC 7592 3";

    /// Full `https` URL at which this registration is read, updated and deleted.
    ///
    /// Comes together with `registration_access_token` or not at all. Not allowed in an update.
    REGISTRATION_CLIENT_URI registration_client_uri: Option<MetadataUri>
        = "registration_client_uri" HttpsUri Server "RFC 7592 3";

    // OpenID Connect Registration 1.0

    /// Whether the client runs on a server or on a device: `web` or `native`. Default: `web`.
    ///
    /// Decides which schemes and hosts the redirection URIs may have.
    APPLICATION_TYPE application_type: Option<ApplicationType>
        = "application_type" String OpenId "OpenID Connect Registration 2" => "applicationType";

    /// `https` URL of a JSON array that lists every redirection URI; fetched when registering.
    ///
    /// Its host is the sector of pairwise subjects. Needed if they are to span several hosts.
    SECTOR_IDENTIFIER_URI sector_identifier_uri: Option<MetadataUri>
        = "sector_identifier_uri" HttpsUri OpenId "OpenID Connect Registration 2" => "sectorIdentifierUri";

    /// Whether all clients see the same `sub` of a user: `public` or `pairwise`.
    ///
    /// Default: the server's choice among those it supports.
    SUBJECT_TYPE subject_type: Option<SubjectType>
        = "subject_type" String OpenId "OpenID Connect Registration 2" => "subjectType";

    /// JWS algorithm of ID Tokens. Default: `RS256`.
    ///
    /// `none` only if the authorization endpoint returns no ID Token; HMAC needs a client secret.
    ID_TOKEN_SIGNED_RESPONSE_ALG id_token_signed_response_alg: Option<JwsAlgorithm>
        = "id_token_signed_response_alg" String OpenId "OpenID Connect Registration 2" => "idTokenSignedResponseAlg";

    /// JWE key management algorithm of ID Tokens. Default: ID Tokens are not encrypted.
    ///
    /// Needs a key of the client, or its secret for the symmetric algorithms.
    ID_TOKEN_ENCRYPTED_RESPONSE_ALG id_token_encrypted_response_alg: Option<JweAlgorithm>
        = "id_token_encrypted_response_alg" String OpenId "OpenID Connect Registration 2"
        => "idTokenEncryptedResponseAlg";

    /// JWE content encryption of ID Tokens. Not allowed without the matching `_alg` member.
    ///
    /// Default if that is set: `A128CBC-HS256`.
    ID_TOKEN_ENCRYPTED_RESPONSE_ENC id_token_encrypted_response_enc: Option<JweEncryption>
        = "id_token_encrypted_response_enc" String OpenId "OpenID Connect Registration 2"
        => "idTokenEncryptedResponseEnc";

    /// JWS algorithm of UserInfo responses. Default: plain JSON, not signed.
    ///
    /// HMAC needs a client secret.
    USERINFO_SIGNED_RESPONSE_ALG userinfo_signed_response_alg: Option<JwsAlgorithm>
        = "userinfo_signed_response_alg" String OpenId "OpenID Connect Registration 2" => "userInfoSignedResponseAlg";

    /// JWE key management algorithm of UserInfo responses. Default: they are not encrypted.
    ///
    /// Needs a key of the client, or its secret for the symmetric algorithms.
    USERINFO_ENCRYPTED_RESPONSE_ALG userinfo_encrypted_response_alg: Option<JweAlgorithm>
        = "userinfo_encrypted_response_alg" String OpenId "OpenID Connect Registration 2"
        => "userInfoEncryptedResponseAlg";

    /// JWE content encryption of UserInfo responses. Not allowed without the `_alg` member.
    ///
    /// Default if that is set: `A128CBC-HS256`.
    USERINFO_ENCRYPTED_RESPONSE_ENC userinfo_encrypted_response_enc: Option<JweEncryption>
        = "userinfo_encrypted_response_enc" String OpenId "OpenID Connect Registration 2"
        => "userInfoEncryptedResponseEnc";

    /// JWS algorithm of the client's request objects. Default: any the server supports.
    ///
    /// Asymmetric ones need keys of the client, HMAC its secret. `none` means unsigned.
    REQUEST_OBJECT_SIGNING_ALG request_object_signing_alg: Option<JwsAlgorithm>
        = "request_object_signing_alg" String OpenId "OpenID Connect Registration 2" => "requestObjectSigningAlg";

    /// JWE key management algorithm the client may use for request objects.
    ///
    /// Default: none declared. The symmetric ones need a client secret.
    REQUEST_OBJECT_ENCRYPTION_ALG request_object_encryption_alg: Option<JweAlgorithm>
        = "request_object_encryption_alg" String OpenId "OpenID Connect Registration 2"
        => "requestObjectEncryptionAlg";

    /// JWE content encryption the client may use for request objects.
    ///
    /// Not allowed without the matching `_alg` member. Default if that is set: `A128CBC-HS256`.
    REQUEST_OBJECT_ENCRYPTION_ENC request_object_encryption_enc: Option<JweEncryption>
        = "request_object_encryption_enc" String OpenId "OpenID Connect Registration 2"
        => "requestObjectEncryptionEnc";

    /// JWS algorithm of the JWTs the client authenticates with. Default: any the server supports.
    ///
    /// HMAC for `client_secret_jwt`, asymmetric for `private_key_jwt`, never `none`. Without
    /// meaning for the other methods.
    TOKEN_ENDPOINT_AUTH_SIGNING_ALG token_endpoint_auth_signing_alg: Option<JwsAlgorithm>
        = "token_endpoint_auth_signing_alg" String OpenId "OpenID Connect Registration 2"
        => "tokenEndpointAuthSigningAlg";

    /// How old a login may be, in seconds, unless a request says otherwise. Default: any age.
    ///
    /// Not negative; 0 asks for a new login each time and is not the same as absent.
    DEFAULT_MAX_AGE default_max_age: Option<i64>
        = "default_max_age" Int OpenId "OpenID Connect Registration 2" => "defaultMaxAge";

    /// Whether every ID Token carries the time of the login (`auth_time`). Default: `false`.
    REQUIRE_AUTH_TIME require_auth_time: Option<bool>
        = "require_auth_time" Bool OpenId "OpenID Connect Registration 2" => "requireAuthTime";

    /// Authentication contexts asked for if a request names none, most wanted first.
    ///
    /// Those the server does not support are left out rather than refused.
    DEFAULT_ACR_VALUES default_acr_values: Option<Vec<String>>
        = "default_acr_values" List OpenId "OpenID Connect Registration 2" => "defaultAcrValues";

    /// `https` URL at which a third party can make the client start a login.
    INITIATE_LOGIN_URI initiate_login_uri: Option<MetadataUri>
        = "initiate_login_uri" HttpsUri OpenId "OpenID Connect Registration 2" => "initiateLoginUri";

    /// Request objects the client will pass by reference; the server may fetch them early.
    ///
    /// `https`; `http` only if the objects are signed. A fragment may hold the content's SHA-256.
    REQUEST_URIS request_uris: Option<Vec<MetadataUri>>
        = "request_uris" UriList OpenId "OpenID Connect Registration 2" => "requestUris";

    // Logout

    /// Where people may be sent after a logout, compared as exact strings.
    ///
    /// `https`; `http` only for confidential clients, own schemes for native ones.
    POST_LOGOUT_REDIRECT_URIS post_logout_redirect_uris: Option<Vec<MetadataUri>>
        = "post_logout_redirect_uris" UriList Later "OpenID Connect RP-Initiated Logout 3.1"
        => "postLogoutRedirectUris";

    /// Page that ends the client's session when the server loads it in a frame.
    ///
    /// Same scheme, host and port as a redirection URI; `http` only for confidential clients.
    FRONTCHANNEL_LOGOUT_URI frontchannel_logout_uri: Option<MetadataUri>
        = "frontchannel_logout_uri" Uri Later "OpenID Connect Front-Channel Logout 2" => "frontChannelLogoutUri";

    /// Whether the front-channel call must carry `iss` and `sid`. Default: `false`.
    FRONTCHANNEL_LOGOUT_SESSION_REQUIRED frontchannel_logout_session_required: Option<bool>
        = "frontchannel_logout_session_required" Bool Later "OpenID Connect Front-Channel Logout 2"
        => "frontChannelLogoutSessionRequired";

    /// Endpoint to which the server posts logout tokens. No fragment.
    ///
    /// `http` only for confidential clients. Excludes unsigned ID Tokens.
    BACKCHANNEL_LOGOUT_URI backchannel_logout_uri: Option<MetadataUri>
        = "backchannel_logout_uri" Uri Later "OpenID Connect Back-Channel Logout 2.2"
        => "attributes.backchannelLogoutUri";

    /// Whether logout tokens must name the session (`sid`). Default: `false`.
    BACKCHANNEL_LOGOUT_SESSION_REQUIRED backchannel_logout_session_required: Option<bool>
        = "backchannel_logout_session_required" Bool Later "OpenID Connect Back-Channel Logout 2.2"
        => "attributes.backchannelLogoutSessionRequired";

    // CIBA

    /// How tokens reach a CIBA client: `poll`, `ping` or `push`.
    ///
    /// Needed for CIBA, no default. `poll` and `ping` need the CIBA grant in `grant_types`.
    BACKCHANNEL_TOKEN_DELIVERY_MODE backchannel_token_delivery_mode: Option<TokenDeliveryMode>
        = "backchannel_token_delivery_mode" String Later "CIBA Core 4" => "backchannelTokenDeliveryMode";

    /// `https` endpoint that the server calls when tokens are ready.
    ///
    /// Needed for `ping` and `push`, out of place with `poll`.
    BACKCHANNEL_CLIENT_NOTIFICATION_ENDPOINT backchannel_client_notification_endpoint: Option<MetadataUri>
        = "backchannel_client_notification_endpoint" HttpsUri Later "CIBA Core 4"
        => "backchannelClientNotificationEndpoint";

    /// JWS algorithm of CIBA authentication requests; asymmetric. Default: they are not signed.
    BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG
        backchannel_authentication_request_signing_alg: Option<JwsAlgorithm>
        = "backchannel_authentication_request_signing_alg" String Later "CIBA Core 4"
        => "backchannelAuthenticationRequestSigningAlg";

    /// Whether CIBA requests may carry a user code. Default: `false`.
    ///
    /// `true` only if the server supports it.
    BACKCHANNEL_USER_CODE_PARAMETER backchannel_user_code_parameter: Option<bool>
        = "backchannel_user_code_parameter" Bool Later "CIBA Core 4" => "backchannelUserCodeParameter";

    /// Kinds of login hint token that the client sends in CIBA requests.
    BACKCHANNEL_ENDPOINT_LOGIN_HINT_TOKEN_TYPES
        backchannel_endpoint_login_hint_token_types: Option<Vec<String>>
        = "backchannel_endpoint_login_hint_token_types" List Later "FAPI-CIBA";

    // Authorization request, response and token hardening

    /// Whether authorization requests must come as signed request objects. Default: `false`.
    ///
    /// If `true`, `request_object_signing_alg` is not `none`.
    REQUIRE_SIGNED_REQUEST_OBJECT require_signed_request_object: Option<bool>
        = "require_signed_request_object" Bool Later "RFC 9101 10.5";

    /// Whether authorization requests must be pushed beforehand (PAR). Default: `false`.
    ///
    /// Returned as `true` if the server demands it of everyone.
    REQUIRE_PUSHED_AUTHORIZATION_REQUESTS require_pushed_authorization_requests: Option<bool>
        = "require_pushed_authorization_requests" Bool Later "RFC 9126 6" => "attributes.requirePar";

    /// JWS algorithm of authorization responses sent as JWTs. Default: `RS256`.
    ///
    /// Never `none`; HMAC needs a client secret.
    AUTHORIZATION_SIGNED_RESPONSE_ALG authorization_signed_response_alg: Option<JwsAlgorithm>
        = "authorization_signed_response_alg" String Later "JARM 5" => "attributes.jansAuthSignedRespAlg";

    /// JWE key management algorithm of authorization responses. Default: they are not encrypted.
    ///
    /// Needs a key of the client, or its secret for the symmetric algorithms.
    AUTHORIZATION_ENCRYPTED_RESPONSE_ALG authorization_encrypted_response_alg: Option<JweAlgorithm>
        = "authorization_encrypted_response_alg" String Later "JARM 5" => "attributes.jansAuthEncRespAlg";

    /// JWE content encryption of authorization responses. Not allowed without the `_alg` member.
    ///
    /// Default if that is set: `A128CBC-HS256`.
    AUTHORIZATION_ENCRYPTED_RESPONSE_ENC authorization_encrypted_response_enc: Option<JweEncryption>
        = "authorization_encrypted_response_enc" String Later "JARM 5" => "attributes.jansAuthEncRespEnc";

    /// Types of `authorization_details` the client will use in requests.
    ///
    /// Those the server does not support are left out rather than refused.
    AUTHORIZATION_DETAILS_TYPES authorization_details_types: Option<Vec<String>>
        = "authorization_details_types" List Later "RFC 9396 10" => "attributes.authorizationDetailsTypes";

    /// Whether every token request must carry a DPoP proof. Default: `false`.
    ///
    /// Not together with `tls_client_certificate_bound_access_tokens`.
    DPOP_BOUND_ACCESS_TOKENS dpop_bound_access_tokens: Option<bool>
        = "dpop_bound_access_tokens" Bool Later "RFC 9449 5.2" => "attributes.dpopBoundAccessToken";

    /// Whether access tokens are bound to the client's TLS certificate. Default: `false`.
    ///
    /// Not together with `dpop_bound_access_tokens`.
    TLS_CLIENT_CERTIFICATE_BOUND_ACCESS_TOKENS tls_client_certificate_bound_access_tokens: Option<bool>
        = "tls_client_certificate_bound_access_tokens" Bool Later "RFC 8705 3.4";

    /// Subject that the client's certificate must have, as an RFC 4514 distinguished name.
    ///
    /// `tls_client_auth` needs exactly one of the five `tls_client_auth_*` members.
    TLS_CLIENT_AUTH_SUBJECT_DN tls_client_auth_subject_dn: Option<String>
        = "tls_client_auth_subject_dn" String Later "RFC 8705 2.1.2" => "attributes.tlsClientAuthSubjectDn";

    /// DNS name that the client's certificate must have as subject alternative name.
    ///
    /// `tls_client_auth` needs exactly one of the five `tls_client_auth_*` members.
    TLS_CLIENT_AUTH_SAN_DNS tls_client_auth_san_dns: Option<String>
        = "tls_client_auth_san_dns" String Later "RFC 8705 2.1.2";

    /// Absolute URI that the client's certificate must have as subject alternative name.
    ///
    /// `tls_client_auth` needs exactly one of the five `tls_client_auth_*` members.
    TLS_CLIENT_AUTH_SAN_URI tls_client_auth_san_uri: Option<String>
        = "tls_client_auth_san_uri" String Later "RFC 8705 2.1.2";

    /// IP address that the client's certificate must have as subject alternative name.
    ///
    /// IPv4 or IPv6, compared in binary.
    /// `tls_client_auth` needs exactly one of the five `tls_client_auth_*` members.
    TLS_CLIENT_AUTH_SAN_IP tls_client_auth_san_ip: Option<String>
        = "tls_client_auth_san_ip" String Later "RFC 8705 2.1.2";

    /// E-mail address that the client's certificate must have as subject alternative name.
    ///
    /// `tls_client_auth` needs exactly one of the five `tls_client_auth_*` members.
    TLS_CLIENT_AUTH_SAN_EMAIL tls_client_auth_san_email: Option<String>
        = "tls_client_auth_san_email" String Later "RFC 8705 2.1.2";

    /// Whether the client calls the `mtls_endpoint_aliases` of the server. Default: `false`.
    USE_MTLS_ENDPOINT_ALIASES use_mtls_endpoint_aliases: Option<bool>
        = "use_mtls_endpoint_aliases" Bool Later "FAPI 2.0 Security Profile 5.2.2.1.1";

    // Introspection responses, UMA, NFV

    /// JWS algorithm of introspection responses to this resource server. Default: `RS256`.
    ///
    /// HMAC needs a client secret.
    INTROSPECTION_SIGNED_RESPONSE_ALG introspection_signed_response_alg: Option<JwsAlgorithm>
        = "introspection_signed_response_alg" String Later "RFC 9701 6"
        => "attributes.introspectionSignedResponseAlg";

    /// JWE key management algorithm of introspection responses. Default: they are not encrypted.
    ///
    /// Needs a key of the client, or its secret for the symmetric algorithms.
    INTROSPECTION_ENCRYPTED_RESPONSE_ALG introspection_encrypted_response_alg: Option<JweAlgorithm>
        = "introspection_encrypted_response_alg" String Later "RFC 9701 6"
        => "attributes.introspectionEncryptedResponseAlg";

    /// JWE content encryption of introspection responses. Not allowed without the `_alg` member.
    ///
    /// Default if that is set: `A128CBC-HS256`.
    INTROSPECTION_ENCRYPTED_RESPONSE_ENC introspection_encrypted_response_enc: Option<JweEncryption>
        = "introspection_encrypted_response_enc" String Later "RFC 9701 6"
        => "attributes.introspectionEncryptedResponseEnc";

    /// Where the requesting party may be sent after UMA claims gathering. No fragment.
    ///
    /// Compared as exact strings; `redirect_uris` do not count. Needed for public UMA clients.
    CLAIMS_REDIRECT_URIS claims_redirect_uris: Option<Vec<MetadataUri>>
        = "claims_redirect_uris" UriList Later "UMA 2.0 Grant 2" => "claimRedirectUris";

    /// JWS algorithm of access tokens in network functions virtualisation.
    NFV_TOKEN_SIGNED_RESPONSE_ALG nfv_token_signed_response_alg: Option<JwsAlgorithm>
        = "nfv_token_signed_response_alg" String Later "ETSI GS NFV-SEC 022";

    /// JWE key management algorithm of access tokens in network functions virtualisation.
    NFV_TOKEN_ENCRYPTED_RESPONSE_ALG nfv_token_encrypted_response_alg: Option<JweAlgorithm>
        = "nfv_token_encrypted_response_alg" String Later "ETSI GS NFV-SEC 022";

    /// JWE content encryption of access tokens in network functions virtualisation.
    ///
    /// Not allowed without `nfv_token_encrypted_response_alg`.
    NFV_TOKEN_ENCRYPTED_RESPONSE_ENC nfv_token_encrypted_response_enc: Option<JweEncryption>
        = "nfv_token_encrypted_response_enc" String Later "ETSI GS NFV-SEC 022";

    // OpenID Federation 1.0

    /// Ways in which the client registers within a federation: `automatic`, `explicit` or others.
    CLIENT_REGISTRATION_TYPES client_registration_types: Option<Vec<String>>
        = "client_registration_types" List Later "OpenID Federation 5.1.2";

    /// `https` URL of the client's JWK Set as a signed JWT.
    ///
    /// Best the only one of `jwks`, `jwks_uri` and this.
    SIGNED_JWKS_URI signed_jwks_uri: Option<MetadataUri>
        = "signed_jwks_uri" HttpsUri Later "OpenID Federation 5.2.1";

    /// Organization that runs the client, as shown to people; variants by language allowed.
    ORGANIZATION_NAME organization_name: Localized
        = "organization_name" String Later "OpenID Federation 5.2.2" localized;

    /// Name of the federation entity as shown to people; variants by language allowed.
    DISPLAY_NAME display_name: Localized = "display_name" String Later "OpenID Federation 5.2.2" localized;

    /// What the client is, in a sentence or two for people; variants by language allowed.
    DESCRIPTION description: Localized
        = "description" String Later "OpenID Federation 5.2.2" localized => "description";

    /// Words under which the client can be found or sorted. At least one if present.
    KEYWORDS keywords: Option<Vec<String>> = "keywords" List Later "OpenID Federation 5.2.2";

    /// Page with more about the client, `http` or `https`; variants by language allowed.
    INFORMATION_URI information_uri: Localized
        = "information_uri" WebUri Later "OpenID Federation 5.2.2" localized;

    /// Home page of the organization, `http` or `https`; variants by language allowed.
    ORGANIZATION_URI organization_uri: Localized
        = "organization_uri" WebUri Later "OpenID Federation 5.2.2" localized;

    // Verifiable credentials

    /// Credential formats a verifier can read: an object per format identifier.
    ///
    /// Needed for verifiers unless the wallet knows it otherwise.
    VP_FORMATS_SUPPORTED vp_formats_supported: Option<serde_json::Value>
        = "vp_formats_supported" Object Later "OpenID4VP 11.1";

    /// JWE content encryptions a verifier can read. Not empty. Assumed if absent: `A128GCM`.
    ENCRYPTED_RESPONSE_ENC_VALUES_SUPPORTED
        encrypted_response_enc_values_supported: Option<Vec<JweEncryption>>
        = "encrypted_response_enc_values_supported" List Later "OpenID4VP 5.1";

    /// Where a wallet takes credential offers. An absolute URI, often with a scheme of its own.
    CREDENTIAL_OFFER_ENDPOINT credential_offer_endpoint: Option<MetadataUri>
        = "credential_offer_endpoint" Uri Later "OpenID4VCI 1.0";

    // RP Metadata Choices 1.0: each holds its single-valued member too if that is sent; no match is an error

    /// Subject identifier types the client can live with.
    ///
    /// The server picks one it supports and returns it as `subject_type`.
    SUBJECT_TYPES_SUPPORTED subject_types_supported: Option<Vec<SubjectType>>
        = "subject_types_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms of ID Tokens that the client can verify.
    ///
    /// The server picks one it supports and returns it as `id_token_signed_response_alg`.
    ID_TOKEN_SIGNING_ALG_VALUES_SUPPORTED id_token_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "id_token_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE key management algorithms of ID Tokens that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `id_token_encrypted_response_alg`.
    ID_TOKEN_ENCRYPTION_ALG_VALUES_SUPPORTED
        id_token_encryption_alg_values_supported: Option<Vec<JweAlgorithm>>
        = "id_token_encryption_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE content encryptions of ID Tokens that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `id_token_encrypted_response_enc`.
    ID_TOKEN_ENCRYPTION_ENC_VALUES_SUPPORTED
        id_token_encryption_enc_values_supported: Option<Vec<JweEncryption>>
        = "id_token_encryption_enc_values_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms of UserInfo responses that the client can verify.
    ///
    /// The server picks one it supports and returns it as `userinfo_signed_response_alg`.
    USERINFO_SIGNING_ALG_VALUES_SUPPORTED userinfo_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "userinfo_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE key management algorithms of UserInfo responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `userinfo_encrypted_response_alg`.
    USERINFO_ENCRYPTION_ALG_VALUES_SUPPORTED
        userinfo_encryption_alg_values_supported: Option<Vec<JweAlgorithm>>
        = "userinfo_encryption_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE content encryptions of UserInfo responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `userinfo_encrypted_response_enc`.
    USERINFO_ENCRYPTION_ENC_VALUES_SUPPORTED
        userinfo_encryption_enc_values_supported: Option<Vec<JweEncryption>>
        = "userinfo_encryption_enc_values_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms the client can sign request objects with.
    ///
    /// The server picks one it supports and returns it as `request_object_signing_alg`.
    REQUEST_OBJECT_SIGNING_ALG_VALUES_SUPPORTED
        request_object_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "request_object_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE key management algorithms the client can encrypt request objects with.
    ///
    /// The server picks one it supports and returns it as `request_object_encryption_alg`.
    REQUEST_OBJECT_ENCRYPTION_ALG_VALUES_SUPPORTED
        request_object_encryption_alg_values_supported: Option<Vec<JweAlgorithm>>
        = "request_object_encryption_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE content encryptions the client can encrypt request objects with.
    ///
    /// The server picks one it supports and returns it as `request_object_encryption_enc`.
    REQUEST_OBJECT_ENCRYPTION_ENC_VALUES_SUPPORTED
        request_object_encryption_enc_values_supported: Option<Vec<JweEncryption>>
        = "request_object_encryption_enc_values_supported" List Choice "RP Metadata Choices 2";

    /// Ways in which the client can authenticate at the token endpoint.
    ///
    /// The server picks one it supports and returns it as `token_endpoint_auth_method`.
    TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED
        token_endpoint_auth_methods_supported: Option<Vec<TokenEndpointAuthMethod>>
        = "token_endpoint_auth_methods_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms the client can sign its authentication assertions with.
    ///
    /// The server picks one it supports and returns it as `token_endpoint_auth_signing_alg`.
    TOKEN_ENDPOINT_AUTH_SIGNING_ALG_VALUES_SUPPORTED
        token_endpoint_auth_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "token_endpoint_auth_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms the client can sign CIBA authentication requests with.
    ///
    /// The server picks one as `backchannel_authentication_request_signing_alg`.
    BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG_VALUES_SUPPORTED
        backchannel_authentication_request_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "backchannel_authentication_request_signing_alg_values_supported"
        List Choice "RP Metadata Choices 2";

    /// JWS algorithms of authorization responses that the client can verify.
    ///
    /// The server picks one it supports and returns it as `authorization_signed_response_alg`.
    AUTHORIZATION_SIGNING_ALG_VALUES_SUPPORTED
        authorization_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "authorization_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE key management algorithms of authorization responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `authorization_encrypted_response_alg`.
    AUTHORIZATION_ENCRYPTION_ALG_VALUES_SUPPORTED
        authorization_encryption_alg_values_supported: Option<Vec<JweAlgorithm>>
        = "authorization_encryption_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE content encryptions of authorization responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `authorization_encrypted_response_enc`.
    AUTHORIZATION_ENCRYPTION_ENC_VALUES_SUPPORTED
        authorization_encryption_enc_values_supported: Option<Vec<JweEncryption>>
        = "authorization_encryption_enc_values_supported" List Choice "RP Metadata Choices 2";

    /// JWS algorithms of introspection responses that the client can verify.
    ///
    /// The server picks one it supports and returns it as `introspection_signed_response_alg`.
    INTROSPECTION_SIGNING_ALG_VALUES_SUPPORTED
        introspection_signing_alg_values_supported: Option<Vec<JwsAlgorithm>>
        = "introspection_signing_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE key management algorithms of introspection responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `introspection_encrypted_response_alg`.
    INTROSPECTION_ENCRYPTION_ALG_VALUES_SUPPORTED
        introspection_encryption_alg_values_supported: Option<Vec<JweAlgorithm>>
        = "introspection_encryption_alg_values_supported" List Choice "RP Metadata Choices 2";

    /// JWE content encryptions of introspection responses that the client can decrypt.
    ///
    /// The server picks one it supports and returns it as `introspection_encrypted_response_enc`.
    INTROSPECTION_ENCRYPTION_ENC_VALUES_SUPPORTED
        introspection_encryption_enc_values_supported: Option<Vec<JweEncryption>>
        = "introspection_encryption_enc_values_supported" List Choice "RP Metadata Choices 2";

    // Attestation draft

    /// Attestation of the client's software or device, for the host's verifier. Opaque.
    ///
    /// Neither kept in the record nor returned.
    EVIDENCE evidence: Option<String>
        = "evidence" String Envelope "draft-tschofenig-oauth-attested-dclient-reg 3";

    // Janssen: members of its documentation

    /// How long the client is to exist, in seconds. Default: the server's setting.
    ///
    /// 0 or less means for ever. A server may ignore it. Once over, the client counts as deleted.
    LIFETIME lifetime: Option<i64> = "lifetime" Int Janssen "Janssen" => "attributes.requestedLifetime";

    /// Whether the client may ask for scopes that exist only once asked for. Default: `false`.
    ///
    /// Widens what the client may ask for, so only the host's hook sets it.
    ALLOW_SPONTANEOUS_SCOPES allow_spontaneous_scopes: Option<bool>
        = "allow_spontaneous_scopes" Bool HostOnly "Janssen" => "attributes.allowSpontaneousScopes";

    /// Regular expressions that spontaneous scopes must match. Default: `[]`.
    ///
    /// Without effect unless `allow_spontaneous_scopes` is `true`.
    SPONTANEOUS_SCOPES spontaneous_scopes: Option<Vec<String>>
        = "spontaneous_scopes" List HostOnly "Janssen" => "attributes.spontaneousScopes";

    /// Whether the requesting party tokens of UMA are JWTs. Default: `false`.
    RPT_AS_JWT rpt_as_jwt: Option<bool> = "rpt_as_jwt" Bool Janssen "Janssen" => "rptAsJwt";

    /// Whether access tokens are JWTs. Default: `false`.
    ACCESS_TOKEN_AS_JWT access_token_as_jwt: Option<bool>
        = "access_token_as_jwt" Bool Janssen "Janssen" => "accessTokenAsJwt";

    /// JWS algorithm of access tokens that are JWTs. Default: `RS256`. Never `none`.
    ACCESS_TOKEN_SIGNING_ALG access_token_signing_alg: Option<JwsAlgorithm>
        = "access_token_signing_alg" String Janssen "Janssen" => "accessTokenSigningAlg";

    /// How long access tokens last, in seconds. Default, also for 0: the server's setting.
    ///
    /// A matter of the operator, so only the host's hook sets it.
    ACCESS_TOKEN_LIFETIME access_token_lifetime: Option<i64>
        = "access_token_lifetime" Int HostOnly "Janssen" => "accessTokenLifetime";

    /// Whether the introspection script adds claims to JWT access tokens. Default: `false`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    RUN_INTROSPECTION_SCRIPT_BEFORE_JWT_CREATION run_introspection_script_before_jwt_creation: Option<bool>
        = "run_introspection_script_before_jwt_creation" Bool HostOnly "Janssen"
        => "attributes.runIntrospectionScriptBeforeAccessTokenAsJwtCreationAndIncludeClaims";

    /// Whether what people granted outlives the client itself. Default: `false`.
    ///
    /// Outlives what the server decides, so only the host's hook sets it.
    KEEP_CLIENT_AUTHORIZATION_AFTER_EXPIRATION keep_client_authorization_after_expiration: Option<bool>
        = "keep_client_authorization_after_expiration" Bool HostOnly "Janssen"
        => "attributes.keepClientAuthorizationAfterExpiration";

    /// Alias of `require_pushed_authorization_requests`. If both are sent they must be equal.
    REQUIRE_PAR require_par: Option<bool> = "require_par" Bool Janssen "Janssen" => "attributes.requirePar";

    /// How long a pushed authorization request can be used, in seconds. Positive. Default: 600.
    PAR_LIFETIME par_lifetime: Option<i64> = "par_lifetime" Int Janssen "Janssen" => "attributes.parLifetime";

    /// Regular expression that redirection URIs may match instead of a registered one.
    ///
    /// It defeats exact matching, so it is off unless the host turns it on.
    REDIRECT_URIS_REGEX redirect_uris_regex: Option<String>
        = "redirect_uris_regex" String Janssen "Janssen" => "attributes.redirectUrisRegex";

    /// Further values of `aud` in the tokens of the client. Default: `[]`.
    ADDITIONAL_AUDIENCE additional_audience: Option<Vec<String>>
        = "additional_audience" List Janssen "Janssen" => "attributes.additionalAudience";

    /// Web origins whose scripts may call the server for this client: scheme, host and port only.
    AUTHORIZED_ORIGINS authorized_origins: Option<Vec<MetadataUri>>
        = "authorized_origins" UriList Janssen "Janssen" => "authorizedOrigins";

    /// Claims the client may ask for one by one, besides those its scopes bring.
    CLAIMS claims: Option<Scope> = "claims" Words Janssen "Janssen" => "claims";

    /// Confirmation method the client expects in token-bound ID Tokens, such as `tbh`.
    ///
    /// Default: no token binding.
    ID_TOKEN_TOKEN_BINDING_CNF id_token_token_binding_cnf: Option<String>
        = "id_token_token_binding_cnf" String Janssen "Janssen" => "idTokenTokenBindingCnf";

    /// User attribute that becomes `sub` for this client. Only with the subject type `public`.
    ///
    /// One of those that the host allows.
    PUBLIC_SUBJECT_IDENTIFIER_ATTRIBUTE public_subject_identifier_attribute: Option<String>
        = "public_subject_identifier_attribute" String Janssen "Janssen" => "attributes.jansSubAttr";

    /// Authentication contexts the client is confined to. Each one supported by the server.
    AUTHORIZED_ACR_VALUES authorized_acr_values: Option<Vec<String>>
        = "authorized_acr_values" List Janssen "Janssen" => "attributes.jansAuthorizedAcr";

    /// Whether people log in anew at every request, as with `prompt=login`. Default: `false`.
    DEFAULT_PROMPT_LOGIN default_prompt_login: Option<bool>
        = "default_prompt_login" Bool Janssen "Janssen" => "attributes.jansDefaultPromptLogin";

    /// Server scripts that decide on spontaneous scopes. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    SPONTANEOUS_SCOPE_SCRIPT_DNS spontaneous_scope_script_dns: Option<Vec<String>>
        = "spontaneous_scope_script_dns" List HostOnly "Janssen" => "attributes.spontaneousScopeScriptDns";

    /// Server scripts that change tokens before they are issued. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    UPDATE_TOKEN_SCRIPT_DNS update_token_script_dns: Option<Vec<String>>
        = "update_token_script_dns" List HostOnly "Janssen" => "attributes.updateTokenScriptDns";

    /// Server scripts that run after a login. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    POST_AUTHN_SCRIPT_DNS post_authn_script_dns: Option<Vec<String>>
        = "post_authn_script_dns" List HostOnly "Janssen" => "attributes.postAuthnScripts";

    /// Server scripts that ask people for consent. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    CONSENT_GATHERING_SCRIPT_DNS consent_gathering_script_dns: Option<Vec<String>>
        = "consent_gathering_script_dns" List HostOnly "Janssen" => "attributes.consentGatheringScripts";

    /// Server scripts that change introspection responses. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    INTROSPECTION_SCRIPT_DNS introspection_script_dns: Option<Vec<String>>
        = "introspection_script_dns" List HostOnly "Janssen" => "attributes.introspectionScripts";

    /// Server scripts that add claims to the requesting party tokens of UMA. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    RPT_CLAIMS_SCRIPT_DNS rpt_claims_script_dns: Option<Vec<String>>
        = "rpt_claims_script_dns" List HostOnly "Janssen" => "attributes.rptClaimsScripts";

    /// Server scripts that check credentials for the password grant. Default: `[]`.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    ROPC_SCRIPT_DNS ropc_script_dns: Option<Vec<String>>
        = "ropc_script_dns" List HostOnly "Janssen" => "attributes.ropcScripts";

    // Janssen: further members of its source

    /// Organization to which the client belongs, by its identifier.
    ORG_ID org_id: Option<String> = "org_id" String Janssen "Janssen" => "organization";

    /// Whether authorization requests must use PKCE. Default: `false`.
    REQUIRE_PKCE require_pkce: Option<bool> = "require_pkce" Bool Janssen "Janssen" => "attributes.requirePkce";

    /// Ways to authenticate that are accepted besides `token_endpoint_auth_method`.
    ///
    /// Each one supported by the server.
    ADDITIONAL_TOKEN_ENDPOINT_AUTH_METHODS
        additional_token_endpoint_auth_methods: Option<Vec<TokenEndpointAuthMethod>>
        = "additional_token_endpoint_auth_methods" List Janssen "Janssen"
        => "attributes.additionalTokenEndpointAuthMethods";

    /// Lowest authentication level that will do for this client. Default: -1, any level.
    MINIMUM_ACR_LEVEL minimum_acr_level: Option<i64>
        = "minimum_acr_level" Int Janssen "Janssen" => "attributes.minimumAcrLevel";

    /// Whether too low a level is raised rather than refused. Default: `false`.
    ///
    /// Goes with `minimum_acr_level`.
    MINIMUM_ACR_LEVEL_AUTORESOLVE minimum_acr_level_autoresolve: Option<bool>
        = "minimum_acr_level_autoresolve" Bool Janssen "Janssen" => "attributes.minimumAcrLevelAutoresolve";

    /// Authentication contexts to try when raising the level, most wanted first.
    ///
    /// Goes with `minimum_acr_level_autoresolve`. Default: the server's own order.
    MINIMUM_ACR_PRIORITY_LIST minimum_acr_priority_list: Option<Vec<String>>
        = "minimum_acr_priority_list" List Janssen "Janssen" => "attributes.minimumAcrPriorityList";

    /// Roles of the client at the server. Never self-asserted, so only the host's hook sets it.
    GROUPS groups: Option<Vec<String>> = "groups" List HostOnly "Janssen" => "groups";

    /// How long ID Tokens last, in seconds. Default, also for 0: the server's setting.
    ID_TOKEN_LIFETIME id_token_lifetime: Option<i64>
        = "id_token_lifetime" Int Janssen "Janssen" => "attributes.idTokenLifetime";

    /// How long transaction tokens last, in seconds. Default, also for 0: the server's setting.
    TX_TOKEN_LIFETIME tx_token_lifetime: Option<i64>
        = "tx_token_lifetime" Int Janssen "Janssen" => "attributes.txTokenLifetime";

    /// JWS algorithm of transaction tokens.
    TX_TOKEN_SIGNED_RESPONSE_ALG tx_token_signed_response_alg: Option<JwsAlgorithm>
        = "tx_token_signed_response_alg" String Janssen "Janssen" => "attributes.txTokenSignedResponseAlg";

    /// JWE key management algorithm of transaction tokens. Default: they are not encrypted.
    TX_TOKEN_ENCRYPTED_RESPONSE_ALG tx_token_encrypted_response_alg: Option<JweAlgorithm>
        = "tx_token_encrypted_response_alg" String Janssen "Janssen" => "attributes.txTokenEncryptedResponseAlg";

    /// JWE content encryption of transaction tokens.
    ///
    /// Not allowed without `tx_token_encrypted_response_alg`.
    TX_TOKEN_ENCRYPTED_RESPONSE_ENC tx_token_encrypted_response_enc: Option<JweEncryption>
        = "tx_token_encrypted_response_enc" String Janssen "Janssen" => "attributes.txTokenEncryptedResponseEnc";

    /// JWS algorithm of the JWTs that tell the status of a logout.
    LOGOUT_STATUS_JWT_SIGNED_RESPONSE_ALG logout_status_jwt_signed_response_alg: Option<JwsAlgorithm>
        = "logout_status_jwt_signed_response_alg" String Janssen "Janssen"
        => "attributes.logoutStatusJwtSignedResponseAlg";

    /// Server scripts that change logout status JWTs.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    LOGOUT_STATUS_JWT_SCRIPT_DNS logout_status_jwt_script_dns: Option<Vec<String>>
        = "logout_status_jwt_script_dns" List HostOnly "Janssen";

    /// Server scripts that decide on token exchange.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    TOKEN_EXCHANGE_SCRIPT_DNS token_exchange_script_dns: Option<Vec<String>>
        = "token_exchange_script_dns" List HostOnly "Janssen";

    // Janssen: another spelling, and later additions

    /// Alias of `claims_redirect_uris`: a list in spite of the singular.
    ///
    /// Read only where Janssen's spelling is accepted.
    CLAIMS_REDIRECT_URI claims_redirect_uri: Option<Vec<MetadataUri>>
        = "claims_redirect_uri" UriList Janssen "Janssen" => "claimRedirectUris";

    /// SPIFFE ID that the client must show when it authenticates with an SVID.
    SPIFFE_ID spiffe_id: Option<String> = "spiffe_id" String Janssen "Janssen";

    /// Where the keys of the client's SPIFFE trust domain are published.
    ///
    /// Never a source of trust: a client cannot vouch for itself.
    SPIFFE_BUNDLE_ENDPOINT spiffe_bundle_endpoint: Option<MetadataUri>
        = "spiffe_bundle_endpoint" Uri Janssen "Janssen";

    /// Server scripts that run on pushed authorization requests.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    PAR_SCRIPT_DNS par_script_dns: Option<Vec<String>> = "par_script_dns" List HostOnly "Janssen";

    /// Server scripts that change transaction tokens.
    ///
    /// Chooses code that runs in the server, so only the host's hook sets it.
    TX_TOKEN_SCRIPT_DNS tx_token_script_dns: Option<Vec<String>>
        = "tx_token_script_dns" List HostOnly "Janssen";
}
