//! Rules that are not what they were, and rules that never have an effect.

use serde_json::Value;

use super::Lints;
use crate::profile::{Member, OnMismatch, Operation, Presence, Profile, Rule, When};

/// Judges the rules that a profile brings itself: what they do to those of its parents, and whether they can fire.
pub(super) fn lint(own: &Profile, base: &Profile, composed: &Profile, lints: &mut Lints) {
    for (index, rule) in own.rules.iter().enumerate() {
        let place = format!("rules.{}", rule.id);
        let parents = base.rules.iter().find(|parent| parent.id == rule.id);
        match parents {
            _ if own.rules.iter().skip(index + 1).any(|later| later.id == rule.id) => {
                lints.add("unreachable.shadowed", place, "a later rule has the same id");
            }
            Some(parent) if is_nothing(rule) && !is_nothing(parent) => {
                lints.add("weakens.rule", place, "is switched off");
            }
            Some(parent) if parent != rule => {
                lints.add("weakens.rule", place, "takes the place of a parent's rule");
            }
            None if is_nothing(rule) => {
                lints.add("unreachable.switch", place, "demands nothing, and no parent has it");
            }
            _ => {}
        }
    }
    // A parent's rule that a child leaves nothing to do has become needless, not wrong.
    let members = Members { profile: composed };
    for rule in own.rules.iter().filter(|rule| !is_nothing(rule)) {
        if !members.can_hold(&rule.when) {
            let message = "its condition holds for no request that is taken";
            lints.add("unreachable.rule", format!("rules.{}", rule.id), message);
        }
    }
}

fn is_nothing(rule: &Rule) -> bool {
    rule.metadata.is_empty() && rule.reject.is_none()
}

struct Members<'p> {
    profile: &'p Profile,
}

impl Members<'_> {
    /// Whether a condition can hold for a request that is not refused anyway. In doubt it can.
    fn can_hold(&self, when: &When) -> bool {
        let has_operation =
            when.operation.is_none_or(|own| matches!(own, Operation::Create | Operation::Update));
        has_operation
            && when.all.iter().all(|inner| self.can_hold(inner))
            && (when.any.is_empty() || when.any.iter().any(|inner| self.can_hold(inner)))
            && !when.not.as_deref().is_some_and(|inner| *inner == When::default())
            && when.member.as_deref().is_none_or(|name| self.member_can(name, when))
    }

    /// Whether a member can be what the tests of a condition ask for.
    fn member_can(&self, name: &str, when: &When) -> bool {
        let unconditional = self.profile.metadata.get(name);
        let Some(member) = unconditional.or_else(|| self.profile.request.envelope.get(name)) else {
            return true;
        };
        // What a rule puts there counts only if the checks of the profile take it, but what a rule removes may be gone.
        let is_touched = self.profile.rules.iter().any(|rule| rule.metadata.contains_key(name));
        if when.present == Some(false) {
            return member.presence != Some(Presence::Required) || is_touched;
        }
        if !is_touched && is_never_there(member) {
            return false;
        }
        // An adjusted value may be anything while the rules are run.
        if member.on_mismatch == Some(OnMismatch::Adjust) {
            return true;
        }
        let takes = |value: &Value| {
            let element = |allowed: &Option<Vec<Value>>| {
                allowed.as_ref().is_none_or(|allowed| match value {
                    Value::Array(items) => items.iter().all(|item| allowed.contains(item)),
                    value => allowed.contains(value),
                })
            };
            let is_set = member.value.as_ref().is_some_and(|set| set != value && !set.is_array());
            !is_set
                && element(&member.one_of)
                && element(&member.subset_of)
                && !member.none_of.contains(value)
        };
        when.equals.as_ref().is_none_or(takes)
            && when.contains.as_ref().is_none_or(takes)
            && when.one_of.as_ref().is_none_or(|values| values.iter().any(takes))
            && when.contains_word.as_deref().is_none_or(|word| can_have_word(member, word))
    }
}

/// What a client sends is dropped or refused, and nothing else gives the member a value.
fn is_never_there(member: &Member) -> bool {
    let is_closed = matches!(member.presence, Some(Presence::Forbidden | Presence::Ignored));
    let is_given = [&member.value, &member.default].into_iter().flatten().any(|value| !value.is_null());
    is_closed && !is_given && member.from.is_none() && member.add.is_empty()
}

/// Whether a value that is taken has the word: `code id_token` has `id_token`.
fn can_have_word(member: &Member, word: &str) -> bool {
    let has_word = |value: &Value| value.as_str().is_some_and(|text| text.split(' ').any(|own| own == word));
    [&member.one_of, &member.subset_of].into_iter().flatten().all(|allowed| allowed.iter().any(has_word))
}
