//! Which members of a request count at all, and under which names.

use super::apply::Facts;
use super::compile::{JWT_CLAIMS, Policy, is_never_metadata};
use super::trace::{self, Recorder};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldValue, Group, Origin};
use crate::profile::{Merge, Presence, Unknown};

/// Why nothing of a request counts beside a statement (`merge` is `only`).
const STATEMENT_ALONE: &str = "metadata comes from the software statement alone";

impl Policy {
    /// Takes members under the names of the profile and drops those that it does not know.
    pub(super) fn adopt<'a>(
        &'a self,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        document.declare(self.declared_names());
        for field in &document.blanks {
            trace::dropped(recorder, self.name_of(*field), "null or empty, which is left out");
        }
        self.choose(document, faults, recorder);
        let mut extras = std::mem::take(&mut document.extras);
        extras.retain(|extra| {
            let Some(field) = self.declared_field(&extra.name) else { return true };
            if document.has(field) {
                let message =
                    format!("is another name of {}: only one of them may be given", self.name_of(field));
                faults.push(Violation::new(extra.name.to_string(), "alias", Failure::METADATA, message));
            } else if let Some(value) = read_extra(&extra.json) {
                document.set(field, value, Origin::Request);
            }
            false
        });
        match self.unknown {
            Unknown::Keep => extras.retain(|extra| {
                let is_claim = JWT_CLAIMS.contains(&&*extra.name);
                let is_kept = is_plain_name(&extra.name) && !is_claim && extra.json != "null";
                if !is_kept && !is_claim {
                    trace::dropped(recorder, &extra.name, "null, or a name that is not kept");
                }
                if is_kept && !extra.is_clean() {
                    let name = extra.name.to_string();
                    let message = "has a control character";
                    faults.push(Violation::new(name, "control_character", Failure::METADATA, message));
                }
                is_kept
            }),
            Unknown::Ignore => {
                for extra in extras.iter().filter(|extra| !JWT_CLAIMS.contains(&&*extra.name)) {
                    trace::dropped(recorder, &extra.name, "unknown member");
                }
                extras.clear();
            }
            Unknown::Reject => {
                for extra in extras.drain(..).filter(|extra| !JWT_CLAIMS.contains(&&*extra.name)) {
                    let message = "is not a member that this server knows";
                    faults.push(Violation::new(
                        extra.name.into_owned(),
                        "unknown_member",
                        Failure::METADATA,
                        message,
                    ));
                }
            }
        }
        let merge_only = self.statement.merge == Some(Merge::Only) && facts.statement.is_some();
        if merge_only {
            for extra in extras.iter().filter(|extra| !JWT_CLAIMS.contains(&&*extra.name)) {
                trace::dropped(recorder, &extra.name, STATEMENT_ALONE);
            }
            extras.clear();
        }
        document.extras = extras;
        document.retain(|field| {
            let spec = field.spec();
            let reason = match self.member(field) {
                _ if merge_only && !self.envelope_fields.contains(&field) => Some(STATEMENT_ALONE),
                None if is_never_metadata(field) => Some("set by the server"),
                None if spec.is_some_and(|spec| spec.group == Group::HostOnly) => {
                    Some("set by the host alone")
                }
                None => Some("not a member of this profile"),
                Some(member) => (member.presence == Presence::Ignored).then_some("ignored by this profile"),
            };
            if let Some(reason) = reason {
                trace::dropped(recorder, self.name_of(field), reason);
            }
            reason.is_none()
        });
    }
}

/// Names that a document store or an admin page could trip over are not kept.
fn is_plain_name(name: &str) -> bool {
    !matches!(name, "__proto__" | "constructor" | "prototype")
        && (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:#./-".contains(&byte))
}

/// An extra member as a value; nothing for null and "".
pub(super) fn read_extra(json: &str) -> Option<FieldValue<'static>> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    (!value.is_null()).then(|| FieldValue::from_json(&value)).filter(|value| !value.is_blank())
}
