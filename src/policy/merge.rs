//! What a software statement attests, in the place of what was asked.

use super::adopt::read_extra;
use super::apply::Facts;
use super::compile::{JWT_CLAIMS, Policy, is_never_metadata};
use super::trace::{self, Recorder};
use crate::metadata::{Document, FieldId, Origin, Variant, fields};
use crate::profile::{Merge, Presence};

/// Members of which a client has at most one.
const EXCLUSIVE: [&[FieldId]; 2] = [
    &[fields::JWKS, fields::JWKS_URI, fields::SIGNED_JWKS_URI],
    &[
        fields::TLS_CLIENT_AUTH_SUBJECT_DN,
        fields::TLS_CLIENT_AUTH_SAN_DNS,
        fields::TLS_CLIENT_AUTH_SAN_URI,
        fields::TLS_CLIENT_AUTH_SAN_IP,
        fields::TLS_CLIENT_AUTH_SAN_EMAIL,
    ],
];

impl Policy {
    /// RFC 7591 section 2.3: the values of a trusted statement win over those of the request. Members that exclude
    /// each other are one: what the statement says of keys or of a certificate's name leaves no room for another.
    pub(super) fn merge_statement<'a>(
        &self,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        recorder: &mut Recorder<'_>,
    ) {
        let Some(claims) = facts.statement else { return };
        if recorder.is_some() {
            self.tell_unused_claims(claims, recorder);
        }
        if self.statement.merge.unwrap_or(Merge::Listed) != Merge::Listed {
            for (field, value, _) in claims.iter() {
                let is_used = self.member(field).is_some_and(|member| member.presence != Presence::Ignored);
                if is_used && !is_never_metadata(field) {
                    take_slot(self, document, field, recorder);
                    // A scope of which the issuer may grant nothing is no scope, not the client's own wish.
                    if value.is_blank() {
                        document.remove(field);
                    } else {
                        trace::set(recorder, self.name_of(field), value, Origin::Statement, None);
                        document.set(field, value.borrowed(), Origin::Statement);
                    }
                }
            }
            let is_own = |variant: &Variant<'_>| {
                !claims.variants.iter().any(|attested| {
                    attested.field == variant.field && attested.tag.eq_ignore_ascii_case(&variant.tag)
                })
            };
            document.variants.retain(is_own);
            let attested = claims.variants.iter().filter(|variant| self.knows(variant.field));
            document.variants.extend(attested.cloned());
            let declared = claims.extras.iter().filter_map(|extra| {
                let field = self.declared_field(&extra.name).filter(|field| self.knows(*field))?;
                Some((field, read_extra(&extra.json)?))
            });
            for (field, value) in declared {
                trace::set(recorder, self.name_of(field), &value, Origin::Statement, None);
                document.set(field, value, Origin::Statement);
            }
        }
    }

    /// Claims of the statement that do not reach the metadata.
    fn tell_unused_claims(&self, claims: &Document<'_>, recorder: &mut Recorder<'_>) {
        let is_listed = self.statement.merge.unwrap_or(Merge::Listed) == Merge::Listed;
        let is_named = |name: &str| {
            let all = std::iter::once(&self.steps).chain(self.rules.iter().map(|rule| &rule.steps));
            all.flat_map(|steps| &steps.from)
                .any(|(_, from)| from.statement.as_ref().is_some_and(|claim| *claim.name == *name))
        };
        let known = claims.iter().map(|(field, ..)| (claims.name(field), Some(field)));
        let others = claims.extras.iter().map(|extra| (&*extra.name, self.declared_field(&extra.name)));
        for (name, field) in known.chain(others).filter(|(name, _)| !is_named(name)) {
            let reason = match field {
                _ if JWT_CLAIMS.contains(&name) => continue,
                Some(field) if is_never_metadata(field) => "set by the server",
                Some(field) if self.knows(field) && !is_listed => continue,
                Some(field) if self.knows(field) => "a claim of which this profile makes no use",
                _ => "not a member of this profile",
            };
            trace::dropped_of(recorder, Origin::Statement, name, reason, None);
        }
    }
}

/// Makes room for an attested value. Members that exclude each other are one, and what an issuer attested is not told
/// differently in another language by the client itself.
pub(super) fn take_slot(
    policy: &Policy,
    document: &mut Document<'_>,
    field: FieldId,
    recorder: &mut Recorder<'_>,
) {
    for other in EXCLUSIVE.iter().filter(|group| group.contains(&field)).copied().flatten() {
        if document.entry(*other).is_some_and(|entry| entry.origin != Origin::Statement) {
            document.remove(*other);
            if *other != field {
                trace::dropped(recorder, policy.name_of(*other), "excluded by what the statement says");
            }
        }
    }
    document.variants.retain(|variant| variant.field != field || variant.origin == Origin::Statement);
}
