//! The flow of a registration with nothing consumed, stored or issued, that goes on after a refusal.

use super::{ExplainedAnswer, ExplainedFault, ExplainedStage, Explanation, Outcome, Stage, Verdict, members};
use crate::access::Entry;
use crate::envelope::{Opened, Signed};
use crate::error::{Error, ErrorCode, Failure, Unauthorized, Violation};
use crate::json;
use crate::lifecycle::is_cancellation;
use crate::metadata::{Document, Origin, fields};
use crate::policy::Trace;
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
        let body = self.opened_for_inquiry(request, &mut inquiry)?;
        let statement = self.statement(&body, Operation::Create, request).await;
        let statement = inquiry.take(Stage::Statement, statement)?.flatten();
        let claims = self.claims_of(statement.as_ref(), Operation::Create);
        let claims = inquiry.take(Stage::Statement, claims)?.flatten();
        if let Some(statement) = &statement {
            self.tell_left_out(statement, &mut inquiry);
        }
        let signed = if inquiry.has_failed(Stage::Request) {
            None
        } else {
            let signed = self.verified_request(&body, claims.as_ref(), Operation::Create, request).await;
            inquiry.take(Stage::Request, signed)?.flatten()
        };
        let payload = self.payload(&body, signed.as_ref());
        let document = match (body, &payload) {
            (Opened::Json(document), _) => document,
            (Opened::Signed(_), payload) => {
                let mut document = self.read_json(payload.as_deref().unwrap_or_default())?;
                self.explain_request(&mut document, signed.as_ref(), claims.as_ref(), &mut inquiry)?;
                document
            }
        };
        self.explain_binding(request, &document, claims.as_ref(), &mut inquiry).await?;
        let stated = statement.as_ref().zip(claims.as_ref());
        self.explain_metadata(request, document, stated, inquiry).await
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

    /// The body as what its media type says, or else as what it is: a profile that takes signed requests alone can be
    /// asked what it thinks of their claims.
    fn opened_for_inquiry<'b>(
        &self,
        request: &RegisterRequest<'b>,
        inquiry: &mut Inquiry,
    ) -> Result<Opened<'b>, Error> {
        match self.open(request) {
            Err(Error::Rejected(rejection)) if rejection.violations.iter().any(is_unsigned) => {
                let opened = self.open_anyway(request).ok_or_else(|| rejection.clone())?;
                inquiry.take::<()>(Stage::Request, Err(rejection.into()))?;
                Ok(opened)
            }
            opened => opened,
        }
    }

    fn explain_request(
        &self,
        document: &mut Document<'_>,
        signed: Option<&Signed<'_>>,
        claims: Option<&Document<'_>>,
        inquiry: &mut Inquiry,
    ) -> Result<(), Error> {
        let policy = signed.map(|signed| signed.policy).or(self.policy.request.jws.as_ref());
        if let Some(policy) = policy {
            inquiry.take(Stage::Request, self.check_request_claims(document, policy, claims))?;
        }
        if let Some(signed) = signed {
            signed.narrow(document, &mut Some(&mut inquiry.trace));
        }
        Ok(())
    }

    async fn explain_binding(
        &self,
        request: &RegisterRequest<'_>,
        document: &Document<'_>,
        claims: Option<&Document<'_>>,
        inquiry: &mut Inquiry,
    ) -> Result<(), Error> {
        if self.policy.access.get(&Operation::Create).is_none_or(|access| access.bind.is_empty()) {
            return Ok(());
        }
        if inquiry.has_failed(Stage::Statement) {
            inquiry.skip(Stage::Binding, "there are no claims of a software statement to agree with");
            return Ok(());
        }
        let bound = self.check_bindings(Operation::Create, request.certificate, document, claims).await;
        inquiry.take(Stage::Binding, bound)?;
        Ok(())
    }

    async fn explain_metadata<'a>(
        &'a self,
        request: &RegisterRequest<'a>,
        mut document: Document<'a>,
        stated: Option<(&'a Statement<'a>, &'a Document<'a>)>,
        mut inquiry: Inquiry,
    ) -> Result<Explanation, Error> {
        let asked = document.clone();
        let facts = self.facts(Operation::Create, request, stated, None);
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
        let issuer = stated.map(|(statement, _)| statement.iss.as_str());
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
    fn tell_left_out(&self, statement: &Statement<'_>, inquiry: &mut Inquiry) {
        if let Ok(claims) = json::read_object(statement.payload(), self.settings.limits, Origin::Statement) {
            statement.issuer.tell_left_out(&claims, &mut Some(&mut inquiry.trace));
        }
    }

    /// What a signed request says, whether or not its signature holds: it is judged here and goes nowhere.
    fn payload(&self, body: &Opened<'_>, signed: Option<&Signed<'_>>) -> Option<Vec<u8>> {
        match (body, signed) {
            (Opened::Json(_), _) => None,
            (Opened::Signed(_), Some(signed)) => Some(signed.payload().to_vec()),
            (Opened::Signed(jws), None) => Some(jws.unverified().danger_take()),
        }
    }
}

fn is_unsigned(violation: &Violation) -> bool {
    violation.failure == Failure::REQUEST_SIGNATURE
}
