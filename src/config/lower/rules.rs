//! From properties to the conditional rules of a profile.

use serde_json::Value;

use super::values;
use crate::config::RegistrarConfig;
use crate::profile::{Member, Operation, Presence, Rule, When, WhenAbsent};

impl RegistrarConfig {
    /// The rules, in the order in which they must run: later ones see what earlier ones did.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let mut rules = self.autofix();
        rules.extend(self.management_by_access_token());
        rules.extend(self.password_scopes());
        if self.public_subject_identifier_per_client_enabled {
            let attribute = "public_subject_identifier_attribute";
            let when = all([present(attribute), not(equals("subject_type", "public"))]);
            rules.push(Rule {
                reject: Some("public_subject_attribute".to_owned()),
                member: Some(attribute.to_owned()),
                message: Some("must not be given unless subject_type is public".to_owned()),
                ..rule("public-subject-type", when, "Janssen")
            });
        }
        if self.backchannel_user_code_parameter_supported == Some(false) {
            let ignored = Member { presence: Some(Presence::Ignored), ..Member::default() };
            let when = present("backchannel_user_code_parameter");
            rules.push(demanding(
                rule("ciba-user-code", when, "CIBA Core 4"),
                "backchannel_user_code_parameter",
                ignored,
            ));
        }
        rules
    }

    /// Adds the counterparts that OpenID Connect Registration section 2 asks for, where the server has them.
    fn autofix(&self) -> Vec<Rule> {
        if !self.grant_types_and_response_types_autofix_enabled {
            return Vec::new();
        }
        let grants = self.allowed_grants();
        let responses = self.supported.response_types();
        let mut rules = Vec::new();
        // A code client that says nothing of response types means `code`, also if it asks for `implicit` as well.
        let when = all([contains("grant_types", "authorization_code"), not(present("response_types"))]);
        let code = Member { default: Some(Value::from(vec!["code"])), ..Member::default() };
        rules.push(demanding(rule("autofix-code-default", when, "Janssen"), "response_types", code));
        let mut add = |id: &str, when: When, member: &str, words: &[&str], own: &[&str]| {
            let add = values(words.iter().copied().filter(|word| own.contains(word)));
            if !add.is_empty() {
                let rule = rule(id, when, "OpenID Connect Registration 2");
                rules.push(demanding(rule, member, Member { add, ..Member::default() }));
            }
        };
        let is_asked = |word: &str| has_word("response_types", word);
        if self.client_reg_default_to_code_flow_with_refresh {
            let when = all([contains("grant_types", "authorization_code"), not(is_asked("code"))]);
            add("autofix-code-response", when, "response_types", &["code"], &responses);
            let missing = ["authorization_code", "refresh_token"];
            add("autofix-code-grants", is_asked("code"), "grant_types", &missing, &grants);
        }
        let is_implicit = || When { any: vec![is_asked("token"), is_asked("id_token")], ..When::default() };
        add("autofix-implicit-grant", is_implicit(), "grant_types", &["implicit"], &grants);
        // A client with an implicit response type has its counterpart: it is not given a second one.
        let when = all([contains("grant_types", "implicit"), not(is_implicit())]);
        add("autofix-implicit-response", when, "response_types", &["token"], &responses);
        rules
    }

    /// A client that manages itself with access tokens needs a grant that gives it one.
    fn management_by_access_token(&self) -> Option<Rule> {
        let is_creation = When { operation: Some(Operation::Create), ..When::default() };
        let when = all([is_creation, not(contains("grant_types", "client_credentials"))]);
        self.dcr_authorization_with_client_credentials.then(|| Rule {
            reject: Some("access_denied".to_owned()),
            member: Some("grant_types".to_owned()),
            message: Some(
                "must include client_credentials, with which the registration is managed".to_owned(),
            ),
            ..rule("management-grant", when, "Janssen")
        })
    }

    fn password_scopes(&self) -> Option<Rule> {
        let allowed = &self.dynamic_registration_allowed_password_grant_scopes;
        if allowed.is_empty() || !self.dynamic_registration_password_grant_type_enabled {
            return None;
        }
        let mut scope =
            Member { subset_of: Some(values(allowed.iter().map(String::as_str))), ..Member::default() };
        // A client that asks for nothing would otherwise get every default scope.
        if let Some(policy) =
            self.scope_policy().filter(|own| own.when_absent == Some(WhenAbsent::AllAllowed))
        {
            let defaults: Vec<&str> =
                policy.always.iter().filter(|own| allowed.contains(own)).map(String::as_str).collect();
            scope.default = (!defaults.is_empty()).then(|| Value::from(defaults.join(" ")));
        }
        let when = contains("grant_types", "password");
        Some(demanding(rule("password-scopes", when, "Janssen"), "scope", scope))
    }
}

fn rule(id: &str, when: When, spec: &str) -> Rule {
    Rule { id: id.to_owned(), when, spec: Some(spec.to_owned()), ..Rule::default() }
}

fn demanding(mut rule: Rule, name: &str, member: Member) -> Rule {
    rule.metadata.insert(name.to_owned(), member);
    rule
}

fn of(member: &str) -> When {
    When { member: Some(member.to_owned()), ..When::default() }
}

fn present(member: &str) -> When {
    When { present: Some(true), ..of(member) }
}

fn equals(member: &str, value: &str) -> When {
    When { equals: Some(value.into()), ..of(member) }
}

fn contains(member: &str, element: &str) -> When {
    When { contains: Some(element.into()), ..of(member) }
}

fn has_word(member: &str, word: &str) -> When {
    When { contains_word: Some(word.to_owned()), ..of(member) }
}

fn not(inner: When) -> When {
    When { not: Some(Box::new(inner)), ..When::default() }
}

fn all(inner: [When; 2]) -> When {
    When { all: inner.to_vec(), ..When::default() }
}
