//! From properties to a profile.

mod access;
mod rules;
mod trust;

pub(super) use trust::ASYMMETRIC;

use serde_json::Value;

use super::algorithms::Algorithms;
use super::{RegistrarConfig, SoftwareStatementValidationType};
use crate::metadata::{
    FieldId, GrantType, Group, JwsAlgorithm, TokenDeliveryMode, TokenEndpointAuthMethod, fields,
};
use crate::profile::{
    ErrorSpec, Lifecycle, ManagementToken, Map, Member, OnMismatch, OnUpdate, Presence, Profile,
    RedirectPolicy, RequestPolicy, ResponsePolicy, Rotate, ScopePolicy, StatementPolicy, WhenAbsent,
};

impl RegistrarConfig {
    /// What this configuration demands, as a profile to be laid over that of the deployment.
    ///
    /// What it says of a member can only narrow: what the deployment's profile refuses stays refused,
    /// whatever the configuration lists.
    ///
    /// ```
    /// use oauth_dcr::RegistrarConfig;
    ///
    /// let config: RegistrarConfig = serde_json::from_str(r#"{ "subjectTypesSupported": ["pairwise"] }"#)?;
    /// let profile = config.to_profile();
    /// assert_eq!(profile.metadata["subject_type"].default, Some("pairwise".into()));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn to_profile(&self) -> Profile {
        Profile {
            dcr_profile: 1,
            name: "configuration".to_owned(),
            request: self.request_policy(),
            software_statement: StatementPolicy {
                issuers: self.statement_issuers(),
                ..StatementPolicy::default()
            },
            metadata: self.members(),
            rules: self.rules(),
            scope: self.scope_policy(),
            redirect_uris: RedirectPolicy {
                allow: self.client_white_list.clone(),
                deny: self.client_black_list.clone(),
                ..RedirectPolicy::default()
            },
            lifecycle: self.lifecycle(),
            response: self.response_policy(),
            errors: self.errors(),
            ..Profile::default()
        }
    }

    fn request_policy(&self) -> RequestPolicy {
        let mut policy = RequestPolicy {
            media_types: self.media_types(),
            max_bytes: u64::try_from(self.max_body_bytes).ok(),
            issuers: self.request_issuers(),
            jws: self.request_jws(),
            ..RequestPolicy::default()
        };
        if self.dcr_attestation_evidence_required {
            let evidence = Member {
                presence: Some(Presence::Required),
                error: Some("stale_evidence".to_owned()),
                // Evidence is longer than most texts: it may bring a chain of certificates.
                max_length: Some(32_768),
                spec: spec_of("evidence"),
                ..Member::default()
            };
            policy.envelope.insert("evidence".to_owned(), evidence);
        }
        policy
    }

    fn members(&self) -> Map<Member> {
        let mut members = Members::default();
        for row in fields::TABLE.iter().filter(|row| row.group == Group::Janssen) {
            members.0.insert(row.name.to_owned(), Member::default());
        }
        self.grants_and_responses(&mut members);
        self.authentication(&mut members);
        self.subject(&mut members);
        self.algorithms(&mut members);
        members.allow(
            "backchannel_token_delivery_mode",
            listed_or(
                self.supported.backchannel_token_delivery_modes_supported.as_deref(),
                TokenDeliveryMode::KNOWN,
            ),
        );
        if !self.redirect_uris_regex_enabled {
            let regex = members.demand("redirect_uris_regex");
            regex.presence = Some(Presence::Forbidden);
            regex.error = Some("redirect_uris_regex".to_owned());
        }
        if self.contacts_are_email_addresses {
            members.demand("contacts").email = Some(true);
        }
        for (name, failure) in OWN_FAILURES {
            members.demand(name).error = Some((*failure).to_owned());
        }
        if self.dcr_forbid_expiration_time_in_request {
            members.demand("lifetime").presence = Some(Presence::Ignored);
        }
        for name in &self.dynamic_registration_custom_attributes {
            let member = members.0.entry(name.clone()).or_default();
            let default = self.dynamic_registration_default_custom_attributes.get(name);
            if let Some(default) = default.filter(|default| !default.is_null()) {
                member.default = Some(default.clone());
            }
        }
        members.0
    }

    fn grants_and_responses(&self, members: &mut Members) {
        let grants = self.allowed_grants();
        let has_usual = grants.contains(&"authorization_code");
        let member = members.demand("grant_types");
        member.subset_of = Some(values(grants));
        if !has_usual {
            must_be_named(member);
        }
        if self.enable_client_grant_type_update == Some(false) {
            member.on_update = Some(OnUpdate::Immutable);
        }
        members.demand("response_types").subset_of = Some(values(self.supported.response_types()));
    }

    /// The grant types that both lists have. A list that is absent cuts nothing. Listing `password` is not switching
    /// it on.
    fn allowed_grants(&self) -> Vec<&str> {
        let supported = self.supported.grant_types_supported.as_deref();
        let by_registration = self.supported.grant_types_supported_by_dynamic_registration.as_deref();
        let mut grants: Vec<&str> = match (supported, by_registration) {
            (None, None) => GrantType::KNOWN.to_vec(),
            (Some(listed), None) | (None, Some(listed)) => listed.iter().map(String::as_str).collect(),
            (Some(one), Some(other)) => {
                one.iter().filter(|grant| other.contains(grant)).map(String::as_str).collect()
            }
        };
        grants.retain(|grant| self.dynamic_registration_password_grant_type_enabled || *grant != "password");
        grants
    }

    fn authentication(&self, members: &mut Members) {
        let listed = self.supported.token_endpoint_auth_methods_supported.as_deref();
        let methods = listed_or(listed, TokenEndpointAuthMethod::KNOWN);
        members.demand("additional_token_endpoint_auth_methods").subset_of =
            Some(values(methods.iter().copied()));
        let has_usual = methods.contains(&"client_secret_basic");
        let member = members.allow("token_endpoint_auth_method", methods);
        if !has_usual {
            must_be_named(member);
        }
    }

    fn subject(&self, members: &mut Members) {
        let types = listed_or(self.supported.subject_types_supported.as_deref(), &["public", "pairwise"]);
        let usual = if types.contains(&"public") { "public" } else { "pairwise" };
        let default = self.default_subject_type.as_deref().unwrap_or(usual);
        members.allow("subject_type", types).default = Some(default.into());

        let attributes = self.supported.subject_identifiers_per_client_supported.as_deref();
        let is_on = self.public_subject_identifier_per_client_enabled;
        let attributes = listed_or(attributes.filter(|_| is_on), &[]);
        let member = members.allow("public_subject_identifier_attribute", attributes);
        member.error = Some("public_subject_attribute".to_owned());
    }

    fn algorithms(&self, members: &mut Members) {
        let default = self.default_signature_algorithm.as_deref();
        for list in self.supported.algorithms() {
            let default = match list.member.as_str() {
                "id_token_signed_response_alg" => default.or_else(|| stand_in_for_rs256(&list)),
                "access_token_signing_alg" => default,
                _ => None,
            };
            members.allow(&list.member, list.allowed()).default = default.map(Value::from);
        }
    }

    fn scope_policy(&self) -> Option<ScopePolicy> {
        let catalogue = self.scopes.as_ref()?;
        let policy = ScopePolicy { excess: Some(OnMismatch::Adjust), ..ScopePolicy::default() };
        Some(if self.dynamic_registration_scopes_param_enabled {
            let defaults = catalogue.iter().filter(|scope| scope.default).map(|scope| scope.id.clone());
            ScopePolicy { always: defaults.collect(), when_absent: Some(WhenAbsent::AllAllowed), ..policy }
        } else {
            ScopePolicy { when_absent: Some(WhenAbsent::Leave), ..policy }
        })
    }

    fn lifecycle(&self) -> Lifecycle {
        let is_asked = !self.dcr_forbid_expiration_time_in_request;
        Lifecycle {
            ttl_s: self.dynamic_registration_expiration_time.map(|lifetime| lifetime.seconds().unwrap_or(0)),
            ttl_member: is_asked.then(|| "lifetime".to_owned()),
            ttl_member_may_exceed: self.lifetime_may_exceed_server_limit.then_some(true),
            ..Lifecycle::default()
        }
    }

    fn response_policy(&self) -> ResponsePolicy {
        let rotated = ManagementToken {
            issue: true,
            rotate: Some(Rotate::OnUpdate),
            keep_until_used: self.keep_registration_access_token_until_next_use.then_some(true),
            ..ManagementToken::default()
        };
        ResponsePolicy {
            management_token: self.rotate_client_registration_access_token_on_usage.then_some(rotated),
            ..ResponsePolicy::default()
        }
    }

    fn errors(&self) -> Map<ErrorSpec> {
        let code_of =
            |own: &str| if self.janssen_error_codes { own } else { "invalid_client_metadata" }.to_owned();
        let mut codes = vec![
            ("logout_uri", code_of("invalid_logout_uri")),
            ("claims_redirect_uri", code_of("invalid_claims_redirect_uri")),
            ("public_subject_attribute", code_of("invalid_public_subject_identifier_attribute")),
            ("redirect_uris_regex", code_of("invalid_redirect_uris_regex")),
            ("access_denied", code_of("access_denied")),
            ("stale_evidence", "stale_evidence".to_owned()),
        ];
        // A statement that no entry is for is invalid; an issuer that is not on a list of trusted ones is unapproved.
        let is_builtin = self.software_statement_validation_type == SoftwareStatementValidationType::Builtin;
        if self.janssen_error_codes || (is_builtin && self.trusted_ssa_issuers.is_empty()) {
            codes.push(("statement_untrusted", "invalid_software_statement".to_owned()));
        }
        codes.into_iter().map(|(kind, error)| (kind.to_owned(), ErrorSpec { error, status: 400 })).collect()
    }
}

/// Members whose failures have a code of their own in Janssen.
const OWN_FAILURES: &[(&str, &str)] = &[
    ("frontchannel_logout_uri", "logout_uri"),
    ("backchannel_logout_uri", "logout_uri"),
    ("claims_redirect_uri", "claims_redirect_uri"),
    ("claims_redirect_uris", "claims_redirect_uri"),
];

#[derive(Default)]
struct Members(Map<Member>);

impl Members {
    /// The member, with the document that defines it.
    fn demand(&mut self, name: &str) -> &mut Member {
        let member = self.0.entry(name.to_owned()).or_default();
        member.spec = spec_of(name);
        member
    }

    /// Restricts a scalar. With nothing to choose from, the server does not have the feature.
    fn allow(&mut self, name: &str, words: Vec<&str>) -> &mut Member {
        let member = self.demand(name);
        if words.is_empty() {
            member.presence = Some(Presence::Forbidden);
        } else {
            member.one_of = Some(values(words));
        }
        member
    }
}

/// The standard's default is not offered, so that leaving the member out has no meaning left.
fn must_be_named(member: &mut Member) {
    member.presence = Some(Presence::Required);
    member.default = Some(Value::Null);
}

/// What stands in for the default of OpenID Connect Registration section 2 if the server does not have that.
fn stand_in_for_rs256<'a>(list: &Algorithms<'a>) -> Option<&'a str> {
    let listed = list.listed.filter(|listed| listed.iter().all(|word| word != "RS256"))?;
    let is_asymmetric = |word: &&str| *word != "none" && !JwsAlgorithm::from(*word).is_symmetric();
    listed.iter().map(String::as_str).find(is_asymmetric)
}

fn listed_or<'a>(listed: Option<&'a [String]>, usual: &[&'a str]) -> Vec<&'a str> {
    listed.map_or_else(|| usual.to_vec(), |listed| listed.iter().map(String::as_str).collect())
}

fn spec_of(name: &str) -> Option<String> {
    FieldId::of(name).and_then(FieldId::spec).map(|row| row.spec.to_owned())
}

fn values<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    words.into_iter().map(Value::from).collect()
}
