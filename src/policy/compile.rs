//! From a checked profile to tables by field id: names are looked up, values converted and patterns compiled once,
//! when the registrar is built.

use std::collections::{BTreeMap, HashMap};

use super::baseline::Baseline;
use super::compiler::{Compiler, table_kind};
use super::condition::Condition;
use super::jws::{IssuerPolicy, JwsPolicy};
use super::pattern::Pattern;
use super::scope::Scopes;
use super::sets::{RulePlace, RuleSet};
use super::shape::MAX_ITEMS;
use super::steps::{Rule, RuleHead, Steps};
use crate::error::{ErrorCode, Failure};
use crate::metadata::{FieldId, Group, Kind, fields};
use crate::profile::{
    self, Access, Body, Hook, KeyPolicy, Lifecycle, OnUpdate, Operation, Presence, Profile, ProfileError,
    ResponsePolicy, StatementPolicy, Unknown,
};
use crate::rules::RedirectRules;

/// A profile, ready for use.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    members: Vec<Option<Member>>,
    hides_members: bool,
    /// Names of the members above the table.
    declared: Vec<Box<str>>,
    /// Declared names and aliases.
    names: HashMap<Box<str>, FieldId>,
    pub(super) unknown: Unknown,
    /// What all members demand, by step: each step runs over all members before the next starts.
    pub(super) steps: Steps,
    /// What the members of the body demand that are no metadata.
    pub(super) envelope: Steps,
    pub(super) envelope_fields: Vec<FieldId>,
    pub(super) hooks: Vec<Hook>,
    pub(crate) cancel_when: Option<Condition>,
    pub(super) rules: Vec<Rule>,
    /// The rules that change values, and those that demand something of final ones.
    pub(super) modifying: RuleSet,
    pub(super) checking: RuleSet,
    pub(super) heads: Vec<RuleHead>,
    /// By member, the rules whose conditions look at it.
    pub(super) readers: Vec<RuleSet>,
    /// Nothing while it is being found out.
    pub(super) baseline: Option<Baseline>,
    pub(super) scopes: Option<Scopes>,
    pub(super) supported_scopes: Option<Vec<String>>,
    pub(crate) redirect: RedirectRules,
    pub(crate) keys: KeyPolicy,
    pub(crate) statement: StatementPolicy,
    pub(crate) issuers: Vec<IssuerPolicy>,
    pub(crate) request: RequestRules,
    pub(crate) access: BTreeMap<Operation, Access>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) ttl_member: Option<FieldId>,
    pub(crate) response: ResponsePolicy,
    pub(crate) max_bytes: usize,
    pub(super) errors: HashMap<String, (ErrorCode, u16)>,
}

/// What a request body may be, and who signs it.
#[derive(Debug)]
pub(crate) struct RequestRules {
    /// By media type, in lower case.
    pub(crate) media_types: Vec<(String, Body)>,
    /// Signers by `iss`, tried first.
    pub(crate) issuers: Vec<IssuerPolicy>,
    /// Signers of any name.
    pub(crate) jws: Option<JwsPolicy>,
}

/// What does not change from rule to rule: how a member is read and what its failures are.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) kind: Kind,
    pub(super) coerce: bool,
    pub(super) presence: Presence,
    pub(super) pattern: Option<Pattern>,
    pub(super) some_pattern: Option<Pattern>,
    pub(super) max_length: Option<usize>,
    pub(super) email: bool,
    pub(super) range: (Option<i64>, Option<i64>),
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) on_update: OnUpdate,
    pub(crate) echo: bool,
    pub(super) failure: Failure,
    pub(super) spec: String,
}

impl Policy {
    /// Compiles a composed profile.
    pub(crate) fn compile(
        profile: &Profile,
        supported_scopes: Option<&[String]>,
    ) -> Result<Self, ProfileError> {
        let problems = profile.problems();
        let mut compiler = Compiler { names: HashMap::new(), declared: Vec::new(), problems };
        let mut members: Vec<Option<Member>> = Vec::new();
        let (mut steps, mut envelope) = (Steps::default(), Steps::default());
        let mut envelope_fields = Vec::new();
        let of_metadata = profile.metadata.iter().map(|entry| (false, entry));
        for (is_envelope, (name, member)) in
            of_metadata.chain(profile.request.envelope.iter().map(|entry| (true, entry)))
        {
            let Some(field) = compiler.declare(name) else { continue };
            let steps = if is_envelope { &mut envelope } else { &mut steps };
            envelope_fields.extend(is_envelope.then_some(field));
            for alias in &member.aliases {
                compiler.names.insert(alias.as_str().into(), field);
            }
            let compiled = compiler.member(name, field, member);
            compiler.steps(name, field, member, compiled.kind, steps);
            if members.len() <= field.index() {
                members.resize_with(field.index() + 1, || None);
            }
            if let Some(slot) = members.get_mut(field.index()) {
                *slot = Some(compiled);
            }
        }
        // A client may be given every scope there is, and then sends them all back.
        if let (Some(scopes), Some(Some(member))) = (supported_scopes, members.get_mut(fields::SCOPE.index()))
        {
            member.max_items.get_or_insert(MAX_ITEMS.max(scopes.len()));
        }
        let kind_of =
            |field: FieldId| members.get(field.index()).and_then(Option::as_ref).map(|member| member.kind);
        let mut rules = Vec::new();
        for rule in &profile.rules {
            let mut own = Steps::default();
            for (name, member) in &rule.metadata {
                let Some(field) = compiler.declare(name) else { continue };
                // The members a rule names inherit what the profile's own entry says of their type.
                let kind = member.kind.or_else(|| kind_of(field)).unwrap_or_else(|| table_kind(field));
                compiler.steps(name, field, member, kind, &mut own);
            }
            let when = compiler.condition(&rule.when);
            rules.push(Rule {
                id: rule.id.clone(),
                place: RulePlace::new(rules.len()),
                member: rule
                    .member
                    .as_deref()
                    .and_then(|name| compiler.find(name))
                    .or_else(|| when.first_member()),
                when,
                steps: own,
                reject: rule.reject.clone().map(Failure::from),
                message: rule.message.clone(),
                spec: rule.spec.clone().unwrap_or_default(),
            });
        }
        let cancel_when = profile.lifecycle.cancel_when.as_ref().map(|when| compiler.condition(when));
        let issuers = compiler.issuers(&profile.software_statement.issuers, "software_statement.issuers");
        let request_issuers = compiler.issuers(&profile.request.issuers, "request.issuers");
        let request_jws = profile.request.jws.as_ref();
        let jws = request_jws.and_then(|jws| JwsPolicy::compile(jws, "request.jws", &mut compiler.problems));
        let media_types = &profile.request.media_types;
        let ttl_member = profile.lifecycle.ttl_member.as_deref().and_then(|name| compiler.find(name));
        let Compiler { names, declared, problems } = compiler;
        if !problems.is_empty() {
            return Err(ProfileError { profile: profile.name.clone(), problems });
        }
        let code = |spec: &profile::ErrorSpec| (ErrorCode::from(spec.error.clone()), spec.status);
        let mut policy = Self {
            name: profile.name.clone(),
            hides_members: members.iter().flatten().any(|member| !member.echo),
            members,
            declared,
            names,
            unknown: profile.unknown_members.unwrap_or(Unknown::Ignore),
            steps,
            envelope,
            envelope_fields,
            hooks: profile.hooks.clone(),
            cancel_when,
            modifying: RuleSet::of(&rules, |rule| rule.steps.modifies()),
            checking: RuleSet::of(&rules, |rule| rule.reject.is_some() || rule.steps.checks()),
            heads: rules
                .iter()
                .map(|rule| RuleHead { needs: rule.when.needed_member(), writes: rule.steps.writes() })
                .collect(),
            readers: readers(&rules),
            rules,
            baseline: None,
            supported_scopes: supported_scopes.map(<[String]>::to_vec),
            scopes: profile.scope.as_ref().map(|scope| Scopes::compile(scope, supported_scopes)),
            redirect: RedirectRules::new(&profile.redirect_uris),
            keys: profile.keys.clone(),
            statement: profile.software_statement.clone(),
            issuers,
            request: RequestRules {
                media_types: media_types
                    .iter()
                    .map(|(name, body)| (name.to_ascii_lowercase(), *body))
                    .collect(),
                issuers: request_issuers,
                jws,
            },
            access: profile.access.clone(),
            lifecycle: profile.lifecycle.clone(),
            ttl_member,
            response: profile.response.clone(),
            max_bytes: profile
                .request
                .max_bytes
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(65_536),
            errors: profile.errors.iter().map(|(kind, spec)| (kind.clone(), code(spec))).collect(),
        };
        policy.baseline = Some(Baseline::of(&policy));
        Ok(policy)
    }

    /// Everybody who signs something, and where the profile says so.
    pub(crate) fn signers(&self) -> impl Iterator<Item = (&'static str, &JwsPolicy)> {
        let statements = self.issuers.iter().map(|issuer| ("software_statement.issuers", &issuer.jws));
        let requests = self.request.issuers.iter().map(|issuer| ("request.issuers", &issuer.jws));
        statements.chain(requests).chain(self.request.jws.iter().map(|jws| ("request.jws", jws)))
    }

    pub(crate) fn member(&self, field: FieldId) -> Option<&Member> {
        self.members.get(field.index())?.as_ref()
    }

    /// Whether the profile has this member at all.
    pub(crate) fn knows(&self, field: FieldId) -> bool {
        self.member(field).is_some()
    }

    /// Whether a member is registered and not returned.
    pub(crate) fn hides_members(&self) -> bool {
        self.hides_members
    }

    pub(crate) fn declared_names(&self) -> &[Box<str>] {
        &self.declared
    }

    /// The member of a name that the table does not have, or of an alias.
    pub(crate) fn declared_field(&self, name: &str) -> Option<FieldId> {
        self.names.get(name).copied()
    }

    /// What a check of a member demands, for discovery: the values of `one_of` or `subset_of`.
    pub(crate) fn allowed_values(&self, field: FieldId) -> Option<Vec<String>> {
        let (_, checks) = self.steps.checks.iter().find(|(own, _)| *own == field)?;
        let refused = |value: &str| checks.none_of.iter().any(|none| none.as_text() == Some(value));
        let texts: Vec<String> = match (&checks.one_of, &checks.subset_of) {
            (Some(values), _) => {
                values.iter().filter_map(|value| value.as_text().map(str::to_owned)).collect()
            }
            (None, Some(values)) => values.iter().map(ToString::to_string).collect(),
            (None, None) => return None,
        };
        Some(texts.into_iter().filter(|value| !refused(value)).collect())
    }

    /// Whether the checks of a member that hold without condition allow a word.
    pub(super) fn allows(&self, field: FieldId, word: &str) -> bool {
        self.steps.checks.iter().filter(|(own, _)| *own == field).all(|(_, checks)| {
            let listed = checks
                .one_of
                .as_ref()
                .is_none_or(|own| own.iter().any(|value| value.as_text() == Some(word)));
            listed && !checks.none_of.iter().any(|value| value.as_text() == Some(word))
        })
    }

    /// The scopes this policy can grant, if it lists them.
    pub(crate) fn grantable_scopes(&self) -> Option<Vec<String>> {
        self.scopes.as_ref().map(Scopes::grantable)
    }
}

fn readers(rules: &[Rule]) -> Vec<RuleSet> {
    let mut readers = Vec::new();
    for rule in rules {
        rule.when.each_member(&mut |field| {
            if readers.len() <= field.index() {
                readers.resize(field.index() + 1, RuleSet::NONE);
            }
            if let Some(of_field) = readers.get_mut(field.index()) {
                of_field.insert(rule.place);
            }
        });
    }
    readers
}

/// Members that never are metadata, whatever a profile says of unknown ones.
pub(super) fn is_never_metadata(field: FieldId) -> bool {
    field.spec().is_some_and(|spec| matches!(spec.group, Group::Server | Group::Envelope))
}

/// Registered JWT claims, which a signed request or a statement brings along (RFC 7519 section 4.1).
pub(crate) const JWT_CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
