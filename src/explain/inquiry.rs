//! The flow of a registration with nothing consumed, stored or issued, that goes on after a refusal.

use super::{ExplainedAnswer, ExplainedFault, ExplainedStage, Explanation, Outcome, Stage, Verdict, members};
use crate::access::Entry;
use crate::envelope::{Asked, Opened, Sent};
use crate::error::{Error, ErrorCode, Failure, Rejection, Unauthorized, Violation};
use crate::json;
use crate::lifecycle::is_cancellation;
use crate::metadata::{Document, Origin, fields};
use crate::policy::{Trace, dropped};
use crate::profile::Operation;
use crate::regime::Regime;
use crate::request::RegisterRequest;
use crate::statement::Statement;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Inquiry {
    stages: Vec<ExplainedStage>,
    faults: Vec<ExplainedFault>,
    answer: Option<ExplainedAnswer>,
    trace: Trace,
}

impl Inquiry {
    /// Takes the result of a stage. The client's fault is noted; that of the host, and what leaves nothing to judge,
    /// ends the inquiry.
    pub(crate) fn take<T>(&mut self, stage: Stage, result: Result<T, Error>) -> Result<Option<T>, Error> {
        let (violations, answer) = match result {
            Ok(value) => {
                if self.outcome(stage).is_none() {
                    self.note(stage, Outcome::Passed);
                }
                return Ok(Some(value));
            }
            Err(Error::Rejected(rejection)) => (
                rejection.violations,
                ExplainedAnswer { status: rejection.status, error: Some(rejection.code) },
            ),
            Err(Error::Unauthorized(fault)) => {
                let error = (fault == Unauthorized::InvalidToken).then_some(ErrorCode::INVALID_TOKEN);
                let violation = access_fault(Failure::ACCESS_TOKEN, fault.to_string());
                (vec![violation], ExplainedAnswer { status: 401, error })
            }
            Err(error @ Error::InsufficientScope(_)) => {
                let violation = access_fault(Failure::SCOPE_MISSING, error.to_string());
                (vec![violation], ExplainedAnswer { status: 403, error: Some(ErrorCode::INSUFFICIENT_SCOPE) })
            }
            Err(error) => return Err(error),
        };
        self.note(stage, Outcome::Failed);
        self.faults.extend(violations.into_iter().map(|violation| ExplainedFault { stage, violation }));
        self.answer.get_or_insert(answer);
        Ok(None)
    }

    fn note(&mut self, stage: Stage, outcome: Outcome) {
        match self.stages.iter_mut().find(|own| own.stage == stage) {
            Some(own) => own.outcome = outcome,
            None => self.stages.push(ExplainedStage { stage, outcome }),
        }
    }

    fn skip(&mut self, stage: Stage, reason: &'static str) {
        self.note(stage, Outcome::Skipped { reason });
    }

    fn outcome(&self, stage: Stage) -> Option<Outcome> {
        self.stages.iter().find(|own| own.stage == stage).map(|own| own.outcome)
    }

    fn has_failed(&self, stage: Stage) -> bool {
        self.outcome(stage) == Some(Outcome::Failed)
    }
}

fn access_fault(failure: Failure, message: String) -> Violation {
    let rule = failure.as_str().to_owned();
    Violation::new("", rule, failure, message).with_spec("RFC 6750 3.1")
}

impl Regime<'_> {
    /// Judges a request as [`register`](crate::Registrar::register) does, and goes on where that stops: claims that
    /// nobody vouched for count for nothing, and what an unsigned or badly signed request says is judged as asked.
    pub(crate) async fn explain(
        &self,
        request: &RegisterRequest<'_>,
        entry: Option<&Entry>,
        mut inquiry: Inquiry,
    ) -> Result<Explanation, Error> {
        self.explain_access(request, entry, &mut inquiry)?;
        let sent = match self.open(request) {
            Err(Error::Rejected(rejection)) if rejection.violations.iter().any(is_signature) => {
                inquiry.take::<()>(Stage::Request, Err(rejection.into()))?;
                // A profile that takes signed requests alone can be asked what it thinks of their claims.
                self.open_anyway(request)
            }
            sent => sent?,
        };
        let body = self.read(&sent, None)?;
        let token = inquiry.take(Stage::Statement, self.statement_token(&body, Operation::Create))?.flatten();
        let statement = self.statement(token.as_ref(), Operation::Create, request).await;
        let statement = inquiry.take(Stage::Statement, statement)?.flatten();
        if let Some(statement) = &statement {
            self.tell_unused_claims(statement, &mut inquiry);
        }
        let asked = self.explain_request(&sent, body, statement.as_ref(), request, &mut inquiry).await?;
        self.explain_binding(request, &asked, statement.as_ref(), &mut inquiry).await?;
        self.explain_metadata(request, asked.document, statement.as_ref(), inquiry).await
    }

    /// What is asked for, although nobody may have signed it.
    async fn explain_request<'p, 'b>(
        &'p self,
        sent: &'b Sent<'_>,
        body: Opened<'b>,
        statement: Option<&Statement<'_, '_>>,
        request: &RegisterRequest<'_>,
        inquiry: &mut Inquiry,
    ) -> Result<Asked<'p, 'b>, Error> {
        let is_readable = !inquiry.has_failed(Stage::Request);
        let unsigned = |body: &'b [u8]| {
            json::read_object(body, self.settings.limits, Origin::Request)
                .map(|document| Asked { document, signer: None })
                .map_err(|fault| Error::from(Rejection::malformed(malformed(&fault.to_string()))))
        };
        let Some(payload) = sent.payload() else {
            return self.asked(body, statement, Operation::Create, request).await;
        };
        if !is_readable {
            return unsigned(payload);
        }
        let asked = self.asked(body, statement, Operation::Create, request).await;
        let is_signature_at_fault = match &asked {
            Err(Error::Rejected(rejection)) => rejection.violations.iter().any(is_signature),
            _ => false,
        };
        if let Some(asked) = inquiry.take(Stage::Request, asked)? {
            let whole = unsigned(payload)?.document;
            tell_unused_members(&whole, &asked.document, &mut inquiry.trace);
            return Ok(asked);
        }
        let asked = unsigned(payload)?;
        if let Some(policy) = self.policy.request.jws.as_ref().filter(|_| is_signature_at_fault) {
            let claims = statement.map(|statement| &statement.claims);
            inquiry.take(Stage::Request, self.check_request_claims(&asked.document, policy, claims))?;
        }
        Ok(asked)
    }

    fn explain_access(
        &self,
        request: &RegisterRequest<'_>,
        entry: Option<&Entry>,
        inquiry: &mut Inquiry,
    ) -> Result<(), Error> {
        let is_known = !inquiry.has_failed(Stage::Access);
        let admitted = match is_known {
            true => self.admit_creation(request.caller, request.certificate, entry),
            false => self.check_certificate(Operation::Create, request.certificate),
        };
        let is_token_at_fault =
            matches!(&admitted, Err(Error::Unauthorized(_) | Error::InsufficientScope(_)));
        inquiry.take(Stage::Access, admitted)?;
        if is_token_at_fault {
            inquiry.take(Stage::Access, self.check_certificate(Operation::Create, request.certificate))?;
        }
        Ok(())
    }

    async fn explain_binding(
        &self,
        request: &RegisterRequest<'_>,
        asked: &Asked<'_, '_>,
        statement: Option<&Statement<'_, '_>>,
        inquiry: &mut Inquiry,
    ) -> Result<(), Error> {
        if self.policy.access.get(&Operation::Create).is_none_or(|access| access.bind.is_empty()) {
            return Ok(());
        }
        if inquiry.has_failed(Stage::Statement) {
            inquiry.skip(Stage::Binding, "there are no claims of a software statement to agree with");
            return Ok(());
        }
        let certificate = request.certificate;
        let bound = self.check_bindings(Operation::Create, certificate, asked, statement, None).await;
        inquiry.take(Stage::Binding, bound)?;
        Ok(())
    }

    async fn explain_metadata<'a>(
        &'a self,
        request: &RegisterRequest<'a>,
        mut document: Document<'a>,
        statement: Option<&'a Statement<'a, 'a>>,
        mut inquiry: Inquiry,
    ) -> Result<Explanation, Error> {
        let asked = document.clone();
        let facts = self.facts(Operation::Create, request, statement, None);
        let mut violations = self.policy.apply(&mut document, &facts, Some(&mut inquiry.trace));
        let cancels = is_cancellation(&violations);
        violations.retain(|violation| violation.failure != Failure::CANCELLED);
        inquiry.take(Stage::Metadata, self.accept(violations))?;
        if document.text(fields::SECTOR_IDENTIFIER_URI).is_some() {
            if inquiry.faults.is_empty() {
                let fault = self.sector_fault(&document).await;
                inquiry.take(Stage::Sector, self.accept(fault.into_iter().collect()))?;
            } else {
                inquiry.skip(Stage::Sector, "nothing is fetched before all else was found good");
            }
        }
        if self.attestation.is_some() {
            inquiry.skip(Stage::Evidence, "the verifier of evidence is not asked");
        }
        if self.hook.is_some() {
            inquiry.skip(Stage::Hook, "hooks are asked for keys, not for their opinion");
        }
        inquiry.skip(Stage::Store, "nothing is consumed, issued or stored");
        let issuer = statement.map(|statement| statement.iss.as_str());
        let members = members(&document, &asked, issuer, &inquiry.trace);
        let Inquiry { stages, faults, answer, trace } = inquiry;
        let verdict = match (faults.is_empty(), cancels) {
            (false, _) => Verdict::Refused,
            (true, true) => Verdict::Cancels,
            (true, false) => Verdict::Accepted,
        };
        Ok(Explanation { profile: self.policy.name.clone(), verdict, answer, stages, faults, members, trace })
    }

    /// Says which claims of a statement were left out before anything else looked at them.
    fn tell_unused_claims(&self, statement: &Statement<'_, '_>, inquiry: &mut Inquiry) {
        if let Ok(claims) = json::read_object(statement.payload, self.settings.limits, Origin::Statement) {
            statement.issuer.tell_left_out(&claims, &mut Some(&mut inquiry.trace));
        }
    }
}

/// Says which claims of a signed request were left out because their signer may not make them.
fn tell_unused_members(whole: &Document<'_>, used: &Document<'_>, trace: &mut Trace) {
    const REASON: &str = "not among the claims that its signer may make";
    for (field, ..) in whole.iter().filter(|(field, ..)| !used.has(*field)) {
        dropped(&mut Some(trace), whole.name(field), REASON);
    }
    let is_used = |name: &str| used.extras.iter().any(|own| own.name == name);
    for extra in whole.extras.iter().filter(|extra| !is_used(&extra.name)) {
        dropped(&mut Some(trace), &extra.name, REASON);
    }
}

fn is_signature(violation: &Violation) -> bool {
    violation.failure == Failure::REQUEST_SIGNATURE
}

fn malformed(fault: &str) -> Violation {
    Violation::new(
        "",
        "json",
        Failure::REQUEST_MALFORMED,
        format!("the payload of the signed request {fault}"),
    )
}
