//! Where a member takes more than before.

use serde_json::Value;

use super::beyond;
use crate::profile::{Member, OnUpdate, Presence};

/// What a client may do now that it could not do before.
pub(super) fn widened(base: &Member, own: &Member) -> Vec<String> {
    let mut found = Vec::new();
    presence(base, own, &mut found);
    // What a client sends does not count there.
    let is_closed =
        |member: &Member| matches!(member.presence, Some(Presence::Forbidden | Presence::Ignored));
    if is_closed(base) || is_closed(own) {
        return found;
    }
    values(base, own, &mut found);
    limits(base, own, &mut found);
    sources(base, own, &mut found);
    found
}

fn presence(base: &Member, own: &Member, found: &mut Vec<String>) {
    let is_given = [&own.value, &own.default].into_iter().flatten().any(|value| !value.is_null());
    match (base.presence, own.presence) {
        (Some(Presence::Required), Some(Presence::Required | Presence::Forbidden)) => {}
        (Some(Presence::Required), _) if !is_given => found.push("is no longer required".to_owned()),
        (Some(Presence::Forbidden), None | Some(Presence::Optional | Presence::Required)) => {
            found.push("is no longer forbidden".to_owned());
        }
        (Some(Presence::Ignored), None | Some(Presence::Optional | Presence::Required)) => {
            found.push("is no longer dropped".to_owned());
        }
        _ => {}
    }
}

fn values(base: &Member, own: &Member, found: &mut Vec<String>) {
    if own.value.is_some() {
        return;
    }
    if let Some(value) = &base.value {
        found.push(match value {
            Value::Null => "is no longer removed".to_owned(),
            value => format!("is no longer set to {}", shown([value])),
        });
    }
    for (base, own) in [(&base.one_of, &own.one_of), (&base.subset_of, &own.subset_of)] {
        match (base, own) {
            (Some(base), Some(own)) => {
                let more = beyond(own, base);
                if !more.is_empty() {
                    found.push(format!("may also have {}", shown(more)));
                }
            }
            (Some(base), None) => found.push(format!("is no longer one or some of {}", shown(base))),
            (None, _) => {}
        }
    }
    let is_out = |value: &Value| {
        [&own.one_of, &own.subset_of].into_iter().flatten().any(|allowed| !allowed.contains(value))
    };
    let mut again = beyond(&base.none_of, &own.none_of);
    again.retain(|value| !is_out(value));
    if !again.is_empty() {
        found.push(format!("may have {} again", shown(again)));
    }
    let missing = beyond(&base.superset_of, &own.superset_of);
    if !missing.is_empty() {
        found.push(format!("need no longer have {}", shown(missing)));
    }
}

fn limits(base: &Member, own: &Member, found: &mut Vec<String>) {
    for (base, own) in [(&base.pattern, &own.pattern), (&base.some_pattern, &own.some_pattern)] {
        match (base, own) {
            (Some(base), Some(own)) if base != own => {
                found.push(format!("has another pattern than `{base}`"))
            }
            (Some(base), None) => found.push(format!("need no longer match `{base}`")),
            _ => {}
        }
    }
    let highest = [
        ("characters", base.max_length.map(wide), own.max_length.map(wide)),
        ("elements", base.max_items.map(wide), own.max_items.map(wide)),
        ("", base.max, own.max),
    ];
    for (unit, base, own) in highest {
        if let Some(base) = base.filter(|base| own.is_none_or(|own| own > *base)) {
            found.push(format!("may be more than {base} {unit}").trim_end().to_owned());
        }
    }
    let lowest = [("elements", base.min_items.map(wide), own.min_items.map(wide)), ("", base.min, own.min)];
    for (unit, base, own) in lowest {
        if let Some(base) = base.filter(|base| own.is_none_or(|own| own < *base)) {
            found.push(format!("may be less than {base} {unit}").trim_end().to_owned());
        }
    }
    if base.email == Some(true) && own.email != Some(true) {
        found.push("need no longer be e-mail addresses".to_owned());
    }
}

fn sources(base: &Member, own: &Member, found: &mut Vec<String>) {
    if let Some(base) = &base.from {
        let name = [&base.statement, &base.cert].into_iter().flatten().next().map_or("", String::as_str);
        match &own.from {
            None => found.push(format!("no longer depends on `{name}`")),
            Some(own) if base.required && !own.required => {
                found.push(format!("no longer needs `{name}`"));
            }
            Some(own)
                if (&own.statement, &own.cert, own.relation)
                    != (&base.statement, &base.cert, base.relation) =>
            {
                found.push(format!("depends otherwise on `{name}`"));
            }
            Some(_) => {}
        }
    }
    let freedom = |member: &Member| match member.on_update {
        Some(OnUpdate::Immutable) => 0,
        Some(OnUpdate::StatementOnly) => 1,
        Some(OnUpdate::Mutable) | None => 2,
    };
    if freedom(own) > freedom(base) {
        found.push("may change in an update".to_owned());
    }
}

fn wide(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Values in backticks, texts without quotation marks.
fn shown<'v>(values: impl IntoIterator<Item = &'v Value>) -> String {
    let texts =
        values.into_iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    super::listed(&texts.collect::<Vec<_>>())
}
