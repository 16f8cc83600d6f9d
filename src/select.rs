//! Which profile a registration is under, from what is known before anything is verified.
//!
//! Nothing here is trusted. An issuer that a statement only claims to have leads to that issuer's profile, and there
//! the statement is verified as any other: a lie leads to a refusal, or to a profile that was open to the liar anyway.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::Serialize;

use crate::access::Entry;
use crate::engine::Engine;
use crate::error::Error;
use crate::jose::{CompactJws, JwsRules, Unverified};
use crate::json::{self, Limits};
use crate::metadata::{Document, FieldId, Origin, fields};
use crate::profile::{BodyForm, ProfileSelection, SelectionEntry};
use crate::regime::Regime;
use crate::request::RegisterRequest;

/// The profile that a registration is under, and why it is that one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Selected {
    /// The name of the profile.
    pub profile: String,
    /// What decided.
    pub by: SelectedBy,
    /// The entries of the selection that were tried before, and the first thing that was not so.
    pub passed_over: Vec<PassedOver>,
}

/// What decided for a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SelectedBy {
    /// The initial access token names the profile. It was issued and verified, so that it takes precedence over what
    /// the request looks like: whoever holds it could otherwise choose another profile by sending another body.
    InitialAccessToken,
    /// The entry of the selection with this index.
    Entry(usize),
    /// No entry is for the request: the profile of the registrar.
    Default,
}

/// An entry of the selection that is not for the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PassedOver {
    /// Its index.
    pub entry: usize,
    /// Its profile.
    pub profile: String,
    /// What is not so of the request.
    pub because: String,
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.profile)?;
        match self.by {
            SelectedBy::InitialAccessToken => f.write_str("named by the initial access token")?,
            SelectedBy::Entry(entry) => write!(f, "by entry {entry}")?,
            SelectedBy::Default => f.write_str("the profile of the registrar")?,
        }
        for PassedOver { entry, profile, because } in &self.passed_over {
            write!(f, "\n  not {profile} (entry {entry}): {because}")?;
        }
        Ok(())
    }
}

/// How much of a body is read to select a profile.
#[derive(Clone, Copy)]
pub(crate) struct ReadLimits {
    pub(crate) json: Limits,
    /// The largest body that any profile takes.
    pub(crate) max_bytes: usize,
}

/// What can be asked of a request. Each fact is found when it is first asked for, and nothing is read for entries that
/// do not ask.
pub(crate) struct Facts<'r, 'b> {
    request: &'r RegisterRequest<'b>,
    limits: ReadLimits,
    document: OnceCell<Option<Document<'b>>>,
    statement_iss: OnceCell<Option<String>>,
}

impl<'r, 'b> Facts<'r, 'b> {
    pub(crate) fn new(request: &'r RegisterRequest<'b>, limits: ReadLimits) -> Self {
        Self { request, limits, document: OnceCell::new(), statement_iss: OnceCell::new() }
    }

    /// The body as far as it was read: a JSON body is read once.
    pub(crate) fn into_document(self) -> Option<Document<'b>> {
        self.document.into_inner().flatten()
    }

    fn body_form(&self) -> Option<BodyForm> {
        match self.request.body.trim_ascii_start().first() {
            Some(b'{') => Some(BodyForm::Json),
            Some(first) if first.is_ascii_alphanumeric() || matches!(first, b'-' | b'_') => {
                Some(BodyForm::Jws)
            }
            _ => None,
        }
    }

    /// A JSON body. One that is too large, too deep or malformed has no facts: what is wrong with it is told by the
    /// profile it comes to, and to callers whom that admits.
    fn document(&self) -> Option<&Document<'b>> {
        let read = || {
            let is_read =
                self.body_form() == Some(BodyForm::Json) && self.request.body.len() <= self.limits.max_bytes;
            is_read.then(|| json::read_object(self.request.body, self.limits.json, Origin::Request).ok())?
        };
        self.document.get_or_init(read).as_ref()
    }

    fn has_member(&self, name: &str) -> bool {
        self.document().is_some_and(|document| match FieldId::of(name) {
            Some(field) => document.has(field),
            None => document.extras.iter().any(|extra| extra.name == name && extra.json != "null"),
        })
    }

    fn statement_iss(&self) -> Option<&str> {
        self.statement_iss.get_or_init(|| self.read_statement_iss()).as_deref()
    }

    fn read_statement_iss(&self) -> Option<String> {
        // Which headers a token may have is the profile's to say. Nothing of them is used here.
        let max_bytes = self.limits.max_bytes;
        let rules =
            JwsRules { max_bytes, max_header_bytes: max_bytes, allow_x5c: true, ..JwsRules::default() };
        let request;
        let statement = match self.body_form()? {
            BodyForm::Json => self.document()?.text(fields::SOFTWARE_STATEMENT)?.to_owned(),
            BodyForm::Jws => {
                let text = str::from_utf8(self.request.body.trim_ascii()).ok()?;
                request = CompactJws::parse(text.into(), &rules).ok()?;
                let claims = Unverified::read(&request, self.limits.json, Origin::Request).ok()?;
                claims.software_statement()?.as_text()?.to_owned()
            }
        };
        let statement = CompactJws::parse(statement.into(), &rules).ok()?;
        let claims = Unverified::read(&statement, self.limits.json, Origin::Statement).ok()?;
        claims.issuer().ok()?.map(Cow::into_owned)
    }
}

/// What is not so of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mismatch {
    Endpoint,
    Body,
    Envelope,
    StatementIss,
}

impl SelectionEntry {
    /// The first thing that is not so. What costs nothing to find out is asked first.
    fn mismatch(&self, facts: &Facts<'_, '_>) -> Option<Mismatch> {
        let when = &self.when;
        let is_listed = |listed: &[String], own: Option<&str>| {
            listed.is_empty() || own.is_some_and(|own| listed.iter().any(|name| name == own))
        };
        if !is_listed(&when.endpoint, facts.request.endpoint) {
            Some(Mismatch::Endpoint)
        } else if !when.body.is_empty() && !facts.body_form().is_some_and(|form| when.body.contains(&form)) {
            Some(Mismatch::Body)
        } else if !when.envelope.is_empty() && !when.envelope.iter().any(|name| facts.has_member(name)) {
            Some(Mismatch::Envelope)
        } else if !when.statement_iss.is_empty() && !is_listed(&when.statement_iss, facts.statement_iss()) {
            Some(Mismatch::StatementIss)
        } else {
            None
        }
    }

    /// What is not so, in words.
    fn because(&self, mismatch: Mismatch, facts: &Facts<'_, '_>) -> String {
        let when = &self.when;
        match mismatch {
            Mismatch::Endpoint => match facts.request.endpoint {
                Some(own) => format!("the endpoint is `{own}`, not {}", any_of(&when.endpoint)),
                None => format!("the endpoint has no name, and must be {}", any_of(&when.endpoint)),
            },
            Mismatch::Body => match facts.body_form() {
                Some(BodyForm::Json) => "the body is a JSON object".to_owned(),
                Some(BodyForm::Jws) => "the body is a signed request".to_owned(),
                None => "the body is neither a JSON object nor a signed request".to_owned(),
            },
            Mismatch::Envelope => {
                format!("the body is no JSON object with a member {}", any_of(&when.envelope))
            }
            Mismatch::StatementIss => match facts.statement_iss() {
                Some(own) => {
                    format!("the software statement is of `{own}`, not {}", any_of(&when.statement_iss))
                }
                None => format!("there is no software statement of {}", any_of(&when.statement_iss)),
            },
        }
    }
}

fn any_of(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

impl ProfileSelection {
    /// The entry that is for a request.
    pub(crate) fn first(&self, facts: &Facts<'_, '_>) -> Option<&SelectionEntry> {
        self.entries().iter().find(|entry| entry.mismatch(facts).is_none())
    }

    /// The same with the reasons.
    pub(crate) fn explain(&self, facts: &Facts<'_, '_>, default: &str) -> Selected {
        let mut passed_over = Vec::new();
        for (index, entry) in self.entries().iter().enumerate() {
            let profile = entry.profile.clone();
            match entry.mismatch(facts) {
                None => return Selected { profile, by: SelectedBy::Entry(index), passed_over },
                Some(mismatch) => {
                    let because = entry.because(mismatch, facts);
                    passed_over.push(PassedOver { entry: index, profile, because });
                }
            }
        }
        Selected { profile: default.to_owned(), by: SelectedBy::Default, passed_over }
    }

    /// What is wrong with the list, where it is wrong, for a registrar with these profiles.
    pub(crate) fn problems(&self, profiles: &[&str]) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut add = |index: usize, message: String| problems.push((format!("selection[{index}]"), message));
        let mut catch_all = None;
        for (index, entry) in self.entries().iter().enumerate() {
            if !profiles.contains(&&*entry.profile) {
                add(index, format!("names the profile `{}`, which is none of this registrar", entry.profile));
            }
            if let Some(earlier) = catch_all {
                add(index, format!("is never reached: selection[{earlier}] is for every request"));
            } else if entry.when == Default::default() {
                catch_all = Some(index);
            }
            let when = &entry.when;
            if when.body == [BodyForm::Jws] && !when.envelope.is_empty() {
                add(index, "asks for a member of a JSON body and for a signed one".to_owned());
            }
        }
        problems
    }
}

impl Engine {
    /// The profile that a registration is under, and its JSON body if that had to be read.
    pub(crate) fn regime_for<'b>(
        &self,
        request: &RegisterRequest<'b>,
        entry: Option<&Entry>,
    ) -> Result<(Regime<'_>, Option<Document<'b>>), Error> {
        if let Some(regime) = self.regime_of_entry(entry)? {
            return Ok((regime, None));
        }
        if self.selection.entries().is_empty() {
            return Ok((self.regime(), None));
        }
        let facts = Facts::new(request, self.read_limits());
        let regime = match self.selection.first(&facts) {
            Some(entry) => self.regime_of(&entry.profile),
            None => self.regime(),
        };
        Ok((regime, facts.into_document()))
    }

    /// The same decision, told.
    pub(crate) fn selected(
        &self,
        request: &RegisterRequest<'_>,
        entry: Option<&Entry>,
    ) -> Result<Selected, Error> {
        if let Some(regime) = self.regime_of_entry(entry)? {
            let profile = regime.profile_name().to_string();
            return Ok(Selected { profile, by: SelectedBy::InitialAccessToken, passed_over: Vec::new() });
        }
        let facts = Facts::new(request, self.read_limits());
        Ok(self.selection.explain(&facts, self.regime().profile_name()))
    }

    fn read_limits(&self) -> ReadLimits {
        ReadLimits { json: self.settings.limits, max_bytes: self.max_body_bytes() }
    }
}
