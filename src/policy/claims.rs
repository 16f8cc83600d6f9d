//! What the claims of a verified JWT must be.

use serde_json::Value;

use super::pattern::Pattern;
use crate::metadata::Document;
use crate::profile::{Claims, Replay};

/// Tolerance for clocks that differ, in seconds, where a profile sets none.
const LEEWAY: i64 = 60;

/// Claims that are texts.
const TEXTS: [&str; 3] = ["iss", "sub", "jti"];

/// The last second of year 9999, which every reader of times can hold.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// [`Claims`], ready for use.
#[derive(Debug)]
pub(crate) struct ClaimRules {
    required: Vec<String>,
    equals: Vec<(String, Vec<Value>)>,
    patterns: Vec<(String, Pattern)>,
    max_lifetime: Option<i64>,
    max_age: Option<i64>,
    pub(crate) leeway: i64,
    future_leeway: i64,
    aud_single: bool,
    pub(crate) replay: Replay,
}

/// What `$…` references stand for.
#[derive(Clone, Copy)]
pub(crate) struct References<'a> {
    /// `$as.…`, by the whole name. A name may have several values.
    pub(crate) server: &'a [(String, String)],
    /// The claims of the verified statement.
    pub(crate) statement: Option<&'a Document<'a>>,
}

/// A claim at fault and what it must be.
pub(crate) type ClaimFault = (String, String);

impl ClaimRules {
    pub(super) fn compile(claims: &Claims) -> Result<Self, String> {
        let mut patterns = Vec::new();
        for (name, pattern) in &claims.patterns {
            patterns.push((name.clone(), Pattern::compile(pattern)?));
        }
        let leeway = claims.leeway_s.unwrap_or(LEEWAY);
        Ok(Self {
            required: claims.required.clone(),
            equals: claims.equals.iter().map(|(name, values)| (name.clone(), values.clone())).collect(),
            patterns,
            max_lifetime: claims.max_lifetime_s,
            max_age: claims.max_age_s,
            leeway,
            future_leeway: claims.future_leeway_s.unwrap_or(leeway),
            aud_single: claims.aud_single.unwrap_or(false),
            replay: claims.replay.unwrap_or(Replay::Off),
        })
    }

    /// Everything that is wrong with the claims at a time.
    pub(crate) fn faults(
        &self,
        claims: &Document<'_>,
        references: References<'_>,
        now: i64,
    ) -> Vec<ClaimFault> {
        let mut faults = Vec::new();
        for name in &self.required {
            if claim(claims, name).is_none() {
                faults.push((name.clone(), "must be there".to_owned()));
            }
        }
        // RFC 7519 sections 4.1.1, 4.1.2 and 4.1.7: texts. One that is not is no way round what is kept by it.
        for name in TEXTS {
            if claims.extras.iter().any(|extra| extra.name == name && !is_text_or_null(&extra.json)) {
                faults.push((name.to_owned(), "must be a string".to_owned()));
            }
        }
        self.check_times(claims, now, &mut faults);
        self.check_audience(claims, references, &mut faults);
        for (name, allowed) in self.equals.iter().filter(|(name, _)| name != "aud") {
            let Some(value) = claim(claims, name) else { continue };
            if !allowed.iter().any(|own| stands_for(own, &value, claims, references)) {
                faults.push((name.clone(), "is not one of the values that are taken".to_owned()));
            }
        }
        for (name, pattern) in &self.patterns {
            let Some(value) = claim(claims, name) else { continue };
            let is_told = TEXTS.contains(&name.as_str()) && !value.is_string();
            if !is_told && !value.as_str().is_some_and(|text| pattern.matches(text)) {
                faults.push((name.clone(), format!("must match {}", pattern.as_str())));
            }
        }
        faults
    }

    /// RFC 7519 sections 4.1.4 to 4.1.6: times are enforced when they are there.
    fn check_times(&self, claims: &Document<'_>, now: i64, faults: &mut Vec<ClaimFault>) {
        let mut time = |name: &str| match numeric_date(claims, name) {
            Ok(time) => time,
            Err(()) => {
                faults.push((name.to_owned(), "must be a number of seconds".to_owned()));
                None
            }
        };
        let (exp, nbf, iat) = (time("exp"), time("nbf"), time("iat"));
        let mut fault = |name: &str, message: &str| faults.push((name.to_owned(), message.to_owned()));
        let (now, leeway) = (now as f64, self.leeway as f64);
        if exp.is_some_and(|exp| now >= exp + leeway) {
            fault("exp", "has passed");
        }
        if nbf.is_some_and(|nbf| now < nbf - leeway) {
            fault("nbf", "has not come yet");
        }
        if iat.is_some_and(|iat| iat > now + self.future_leeway as f64) {
            fault("iat", "is in the future");
        }
        match (iat, self.max_age) {
            (Some(iat), Some(max_age)) if now - iat > max_age as f64 => fault("iat", "is too long ago"),
            (None, Some(_)) if !self.required.iter().any(|name| name == "iat") => {
                fault("iat", "must be there")
            }
            _ => {}
        }
        // A lifetime that nobody can compute is not a short one.
        if self.max_lifetime.is_some() {
            for (name, _) in [("iat", iat), ("exp", exp)].into_iter().filter(|(_, time)| time.is_none()) {
                if !self.required.iter().any(|own| own == name) {
                    fault(name, "must be there");
                }
            }
        }
        if let (Some(iat), Some(exp)) = (iat, exp) {
            if exp <= iat {
                fault("exp", "must be after iat");
            } else if self.max_lifetime.is_some_and(|most| exp - iat > most as f64) {
                fault("exp", "is too long after iat");
            }
        }
    }

    /// RFC 7519 section 4.1.3: if there is an audience, this server is in it.
    fn check_audience(
        &self,
        claims: &Document<'_>,
        references: References<'_>,
        faults: &mut Vec<ClaimFault>,
    ) {
        let Some(aud) = claim(claims, "aud") else { return };
        let audiences: Vec<Value> = match aud {
            Value::Array(items) => items,
            single => vec![single],
        };
        let is_us = |audience: &Value| match self.equals.iter().find(|(name, _)| name == "aud") {
            Some((_, allowed)) => allowed.iter().any(|own| stands_for(own, audience, claims, references)),
            None => references.server.iter().any(|(_, value)| audience.as_str() == Some(value)),
        };
        if !audiences.iter().any(is_us) {
            faults.push(("aud".to_owned(), "must name this server".to_owned()));
        } else if self.aud_single && audiences.len() > 1 {
            faults.push(("aud".to_owned(), "must name this server alone".to_owned()));
        }
    }
}

/// Whether an allowed value, or what it refers to, is the value found.
fn stands_for(allowed: &Value, found: &Value, claims: &Document<'_>, references: References<'_>) -> bool {
    let Some(reference) = allowed.as_str().and_then(|text| text.strip_prefix('$')) else {
        return allowed == found;
    };
    if reference == "any" {
        return true;
    }
    if reference.starts_with("as.") {
        return references
            .server
            .iter()
            .any(|(name, value)| name == reference && found.as_str() == Some(value));
    }
    let referred = match reference.split_once('.') {
        Some(("statement", name)) => references.statement.and_then(|statement| claim(statement, name)),
        Some(("self" | "request", name)) => claim(claims, name),
        _ => None,
    };
    referred.as_ref() == Some(found)
}

/// Whether a JSON value is a text, or counts as absent. Its first character tells.
fn is_text_or_null(json: &str) -> bool {
    json.starts_with(['"', 'n'])
}

/// A claim as JSON; nothing if it is absent or null.
pub(crate) fn claim(claims: &Document<'_>, name: &str) -> Option<Value> {
    let value = match crate::metadata::FieldId::of(name).and_then(|field| claims.get(field)) {
        Some(value) => value.to_json(),
        None => {
            let extra = claims.extras.iter().find(|extra| extra.name == name)?;
            serde_json::from_str(&extra.json).ok()?
        }
    };
    (!value.is_null()).then_some(value)
}

/// A NumericDate (RFC 7519 section 2), with or without a fraction.
pub(crate) fn numeric_date(claims: &Document<'_>, name: &str) -> Result<Option<f64>, ()> {
    let Some(value) = claim(claims, name) else { return Ok(None) };
    match value.as_f64() {
        Some(time) if (0.0..=LAST_SECOND).contains(&time) => Ok(Some(time)),
        _ => Err(()),
    }
}
