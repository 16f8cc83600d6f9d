//! The shape of what was sent: JSON types, lengths, the syntax that a kind implies.

use std::borrow::Cow;
use std::collections::HashSet;

use super::compile::{Member, Policy};
use crate::config::Reading;
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, Kind, Origin, SAME_TAG, Unfit, Variant, fields};
use crate::rules::uri::{MAX_URI, ParsedUri, plain_https_host};
use crate::rules::{fault_of_name, is_email_address};

/// Bounds that hold where a profile sets none.
const MAX_TEXT: usize = 8192;
pub(super) const MAX_ITEMS: usize = 100;
const MAX_VARIANTS: usize = 50;
/// URIs that a rule parses and judges, once.
const JUDGED_LATER: [FieldId; 5] = [
    fields::REDIRECT_URIS,
    fields::POST_LOGOUT_REDIRECT_URIS,
    fields::CLAIMS_REDIRECT_URIS,
    fields::CLAIMS_REDIRECT_URI,
    fields::AUTHORIZED_ORIGINS,
];
/// 2^53 - 1, beyond which JSON readers disagree (RFC 8259 section 6).
const MAX_INT: i64 = 9_007_199_254_740_991;

/// Judges every value, brings accepted ones into the form that the checks compare, and takes the others out.
pub(super) fn apply(
    policy: &Policy,
    document: &mut Document<'_>,
    reading: Reading,
    concerns: impl Fn(Origin) -> bool,
    faults: &mut Vec<Violation>,
) {
    let mut unfit: Vec<FieldId> = Vec::new();
    for entry in document.iter_mut().filter(|entry| concerns(entry.origin)) {
        let (Some(member), Some(value)) = (policy.member(entry.field), &mut entry.value) else { continue };
        let shape = Shape { member, field: entry.field, reading };
        if let Err((index, rule, message)) = shape.judge(value) {
            faults.push(shape.violation(policy, index, None, rule, message));
            unfit.push(entry.field);
        }
    }
    for field in unfit {
        document.remove(field);
    }
    judge_variants(policy, document, reading, &concerns, faults);
}

/// Judges one value as that of a member of the profile.
pub(super) fn judge(
    policy: &Policy,
    field: FieldId,
    value: &FieldValue<'_>,
    reading: Reading,
) -> Result<(), Violation> {
    let Some(member) = policy.member(field) else { return Ok(()) };
    let shape = Shape { member, field, reading };
    shape
        .judge(&mut value.borrowed())
        .map_err(|(index, rule, message)| shape.violation(policy, index, None, rule, message))
}

/// A language variant obeys the row of its base member.
fn judge_variants(
    policy: &Policy,
    document: &mut Document<'_>,
    reading: Reading,
    concerns: &impl Fn(Origin) -> bool,
    faults: &mut Vec<Violation>,
) {
    if document.variants.is_empty() {
        return;
    }
    if document.variants.len() > MAX_VARIANTS {
        let message = format!("at most {MAX_VARIANTS} variants by language are taken");
        faults.push(Violation::new("", "language.max_variants", Failure::METADATA, message));
        document.variants.truncate(MAX_VARIANTS);
    }
    for place in 0..document.variants.len() {
        let (before, rest) = document.variants.split_at_mut(place);
        let Some(variant) = rest.first_mut().filter(|variant| concerns(variant.origin)) else { continue };
        let Some(member) = policy.member(variant.field) else { continue };
        let shape = Shape { member, field: variant.field, reading };
        let is_same =
            |own: &Variant<'_>| own.field == variant.field && own.tag.eq_ignore_ascii_case(&variant.tag);
        if before.iter().any(is_same) {
            let message = SAME_TAG.to_owned();
            faults.push(shape.violation(policy, None, Some(&variant.tag), "language.duplicate", message));
        } else if let Err((index, rule, message)) = shape.judge(&mut variant.value) {
            faults.push(shape.violation(policy, index, Some(&variant.tag), rule, message));
        }
    }
}

/// The index of the element at fault, the rule and what would be right.
type Fault = (Option<usize>, &'static str, String);

struct Shape<'p> {
    member: &'p Member,
    field: FieldId,
    reading: Reading,
}

impl Shape<'_> {
    fn judge(&self, value: &mut FieldValue<'_>) -> Result<(), Fault> {
        self.convert(value);
        match (self.member.kind, &*value) {
            (_, FieldValue::Unfit(Unfit::Control(index))) => {
                return Err((*index, "control_character", "has a control character".to_owned()));
            }
            (Kind::List | Kind::UriList, FieldValue::Unfit(Unfit::Element(index, found))) => {
                return Err((Some(*index), "type", format!("must be a string and not {found}")));
            }
            (Kind::String | Kind::Uri | Kind::HttpsUri | Kind::WebUri | Kind::Words, FieldValue::Text(_))
            | (Kind::Bool, FieldValue::Bool(_))
            | (Kind::Int, FieldValue::Int(_))
            | (Kind::List | Kind::UriList, FieldValue::List(_))
            | (
                Kind::Any,
                FieldValue::Text(_)
                | FieldValue::Bool(_)
                | FieldValue::Int(_)
                | FieldValue::List(_)
                | FieldValue::Json(_),
            ) => {}
            (Kind::Object, FieldValue::Json(json)) if json.starts_with('{') => {}
            (kind, value) => {
                return Err((None, "type", format!("{} and not {}", kind.demand(), value.type_name())));
            }
        }
        if self.member.kind == Kind::Words {
            self.judge_words(value)?;
        }
        if self.field == fields::RESPONSE_TYPES {
            order_response_types(value);
        }
        match value {
            FieldValue::Text(text) => self.judge_text(text, None),
            FieldValue::List(list) => self.judge_list(list),
            FieldValue::Int(value) => self.judge_int(*value),
            _ => Ok(()),
        }
    }

    /// What a profile's `coerce` and lenient reading take for the right type.
    fn convert(&self, value: &mut FieldValue<'_>) {
        let lenient = self.reading == Reading::Lenient;
        if !lenient && !self.member.coerce {
            return;
        }
        let converted = match (self.member.kind, &*value) {
            (Kind::Words, FieldValue::List(list)) => Some(FieldValue::Text(list.join(" ").into())),
            (Kind::List | Kind::UriList, FieldValue::Text(text)) if self.member.coerce => {
                Some(FieldValue::List(vec![Cow::Owned(text.to_string())].into()))
            }
            // Janssen reads every list from one text as well, only not grant_types.
            (Kind::List | Kind::UriList, FieldValue::Text(text)) if self.field != fields::GRANT_TYPES => {
                let items = text.split(' ').filter(|item| !item.is_empty());
                Some(FieldValue::List(items.map(|item| Cow::Owned(item.to_owned())).collect()))
            }
            (Kind::Bool, FieldValue::Text(text)) if text.eq_ignore_ascii_case("true") => {
                Some(FieldValue::Bool(true))
            }
            (Kind::Bool, FieldValue::Text(text)) if text.eq_ignore_ascii_case("false") => {
                Some(FieldValue::Bool(false))
            }
            (Kind::Int, FieldValue::Text(text)) => text.parse().ok().map(FieldValue::Int),
            (Kind::String | Kind::Words, FieldValue::Bool(flag)) => {
                Some(FieldValue::Text(flag.to_string().into()))
            }
            (Kind::String | Kind::Words, FieldValue::Int(int)) => {
                Some(FieldValue::Text(int.to_string().into()))
            }
            (Kind::Object, FieldValue::Text(text)) => {
                let limits = crate::json::Limits { depth: 16, members: usize::MAX };
                crate::json::check(text, limits)
                    .is_ok_and(|clean| clean)
                    .then(|| FieldValue::Json(Cow::Owned(text.trim().to_owned())))
            }
            _ => None,
        };
        if let Some(converted) = converted.filter(|_| lenient || self.member.coerce) {
            *value = converted;
        }
    }

    /// RFC 6749 section 3.3: tokens of %x21 / %x23-5B / %x5D-7E with one space between them. Repeats are dropped.
    fn judge_words(&self, value: &mut FieldValue<'_>) -> Result<(), Fault> {
        let FieldValue::Text(text) = &*value else { return Ok(()) };
        let is_token = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        };
        if !text.split(' ').all(is_token) {
            let message =
                "must be words of printable ASCII without quotes and backslashes, one space between them";
            return Err((None, "scope.syntax", message.to_owned()));
        }
        let max_items = self.member.max_items.unwrap_or(MAX_ITEMS);
        if text.split(' ').count() > max_items {
            return Err((None, "max_items", format!("must have at most {max_items} words")));
        }
        // A few words are compared with each other for less than a set of them costs.
        let is_first = |(place, word): (usize, &str)| !text.split(' ').take(place).any(|own| own == word);
        if text.len() < 200 && text.split(' ').enumerate().all(is_first) {
            return Ok(());
        }
        let mut seen = HashSet::new();
        let words: Vec<&str> = text.split(' ').filter(|word| seen.insert(*word)).collect();
        let joined = words.join(" ");
        *value = FieldValue::Text(Cow::Owned(joined));
        Ok(())
    }

    fn judge_text(&self, text: &str, index: Option<usize>) -> Result<(), Fault> {
        // Bytes bound characters from above, so only a text that may be too long is counted.
        let max_length = self.member.max_length.unwrap_or(MAX_TEXT);
        if text.len() > max_length && text.chars().count() > max_length {
            return Err((index, "max_length", format!("must have at most {max_length} characters")));
        }
        if let Some(fault) = fault_of_name(self.field, text) {
            return Err((index, "display_text", fault.to_owned()));
        }
        if let Some(pattern) = &self.member.pattern
            && !pattern.matches(text)
        {
            return Err((index, "pattern", format!("must match {}", pattern.as_str())));
        }
        if self.member.email && !is_email_address(text) {
            return Err((index, "email", "must be an e-mail address".to_owned()));
        }
        match self.member.kind {
            Kind::Uri | Kind::HttpsUri | Kind::WebUri | Kind::UriList
                if !JUDGED_LATER.contains(&self.field) =>
            {
                self.judge_uri(text).map_err(|message| (index, "uri", message))
            }
            _ => Ok(()),
        }
    }

    fn judge_uri(&self, text: &str) -> Result<(), String> {
        let max_length = self.member.max_length.unwrap_or(MAX_URI);
        // Whatever kind of URI is asked for, a plain one is.
        if text.len() <= max_length && plain_https_host(text).is_some() {
            return Ok(());
        }
        let uri = ParsedUri::parse(text, max_length)?;
        if uri.is_dangerous() {
            return Err(format!("must not use the scheme {}", uri.scheme()));
        }
        if self.member.kind == Kind::HttpsUri && !uri.is_https() {
            return Err("must use https".to_owned());
        }
        if self.member.kind == Kind::WebUri && !matches!(uri.scheme(), "https" | "http") {
            return Err("must use https or http".to_owned());
        }
        // Only request_uris carry one: the hash of their content (OpenID Connect Core section 6.2).
        if uri.has_fragment() && self.field != fields::REQUEST_URIS {
            return Err("must not have a fragment".to_owned());
        }
        Ok(())
    }

    fn judge_list(&self, list: &[Cow<'_, str>]) -> Result<(), Fault> {
        let max_items = self.member.max_items.unwrap_or(MAX_ITEMS);
        if list.len() > max_items {
            return Err((None, "max_items", format!("must have at most {max_items} elements")));
        }
        if let Some(min_items) = self.member.min_items.filter(|min_items| list.len() < *min_items) {
            return Err((None, "min_items", too_few(min_items)));
        }
        for (index, item) in list.iter().enumerate() {
            if item.is_empty() {
                return Err((Some(index), "empty", "must not be empty".to_owned()));
            }
            self.judge_text(item, Some(index))?;
        }
        match &self.member.some_pattern {
            Some(pattern) if !list.iter().any(|item| pattern.matches(item)) => {
                Err((None, "some_pattern", format!("must have an element that matches {}", pattern.as_str())))
            }
            _ => Ok(()),
        }
    }

    fn judge_int(&self, value: i64) -> Result<(), Fault> {
        let (min, max) = (self.member.range.0.unwrap_or(0), self.member.range.1.unwrap_or(MAX_INT));
        if (min..=max).contains(&value) {
            Ok(())
        } else {
            Err((None, "range", format!("must be an integer from {min} to {max}")))
        }
    }

    fn violation(
        &self,
        policy: &Policy,
        index: Option<usize>,
        tag: Option<&str>,
        rule: &'static str,
        message: String,
    ) -> Violation {
        let mut name = policy.name_of(self.field).to_owned();
        if let Some(tag) = tag {
            name = format!("{name}#{tag}");
        }
        if let Some(index) = index {
            name = format!("{name}[{index}]");
        }
        Violation::new(name, rule, self.member.failure.clone(), message).with_spec(self.member.spec.clone())
    }
}

pub(super) fn too_few(least: usize) -> String {
    let elements = if least == 1 { "element" } else { "elements" };
    format!("must have at least {least} {elements}")
}

/// The order of words has no meaning (RFC 6749 section 3.1.1): they are compared, and kept, in the spelling of the
/// registry.
fn order_response_types(value: &mut FieldValue<'_>) {
    const ORDER: [&str; 5] = ["code", "vp_token", "id_token", "token", "none"];
    let rank = |word: &str| ORDER.iter().position(|own| *own == word).unwrap_or(ORDER.len());
    let is_ordered = |item: &str| item.split(' ').map(rank).is_sorted();
    let FieldValue::List(list) = value else { return };
    if list.iter().all(|item| is_ordered(item)) {
        return;
    }
    for item in list.to_mut().iter_mut().filter(|item| !is_ordered(item)) {
        let mut words: Vec<&str> = item.split(' ').collect();
        words.sort_by_key(|word| rank(word));
        *item = Cow::Owned(words.join(" "));
    }
}
