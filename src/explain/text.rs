//! An explanation for people.

use std::fmt;

use super::{ExplainedMember, Explanation, Outcome, Stage, Verdict};
use crate::metadata::Origin;
use crate::policy::Decision;

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Access => "access",
            Self::Statement => "statement",
            Self::Request => "request",
            Self::Binding => "binding",
            Self::Metadata => "metadata",
            Self::Sector => "sector",
            Self::Evidence => "evidence",
            Self::Hook => "hook",
            Self::Store => "store",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed => f.write_str("failed"),
            Self::Skipped { reason } => write!(f, "not judged: {reason}"),
        }
    }
}

impl fmt::Display for ExplainedMember {
    /// The value, its source, and what was asked for instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} (", self.name, self.value)?;
        match (self.origin, &self.issuer, &self.rule) {
            (Origin::Request, ..) => f.write_str("from the request")?,
            (Origin::Stored, ..) => f.write_str("as registered")?,
            (Origin::Statement, Some(issuer), _) => write!(f, "from the statement of {issuer}")?,
            (Origin::Statement, None, _) => f.write_str("from the statement")?,
            (Origin::Certificate, ..) => f.write_str("from the client certificate")?,
            (Origin::Default, ..) => f.write_str("by default")?,
            (Origin::Rule, _, Some(rule)) => write!(f, "by the rule {rule}")?,
            (Origin::Rule, ..) => f.write_str("by a rule")?,
            (Origin::Hook, ..) => f.write_str("by the hook")?,
        }
        if let Some(asked) = &self.asked {
            write!(f, "; asked for {asked}")?;
        }
        f.write_str(")")
    }
}

/// Verdict, stages, faults, members, what was left out, and the rules that fired: a line each. Control characters are
/// escaped, so that nothing a client sent can write to a terminal.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Accepted => "accepted",
            Verdict::Refused => "refused",
            Verdict::Cancels => "cancels a registration",
        };
        write!(f, "{verdict} under profile {}", self.profile)?;
        if let Some(answer) = &self.answer {
            let code = answer.error.as_ref().map_or("no error code", |code| code.as_str());
            write!(f, ": {} {code}", answer.status)?;
        }
        writeln!(f)?;
        section(f, "stages", self.stages.iter().map(|own| format!("{:<9} {}", own.stage, own.outcome)))?;
        let fault = |own: &super::ExplainedFault| {
            let spec = &own.violation.spec;
            let separator = if spec.is_empty() { "" } else { ", " };
            format!("{:<9} {} [{}{separator}{spec}]", own.stage, own.violation, own.violation.rule)
        };
        section(f, "faults", self.faults.iter().map(fault))?;
        section(f, "members", self.members.iter().map(ToString::to_string))?;
        section(f, "left out", self.trace.0.iter().filter_map(left_out))?;
        section(f, "rules", self.fired().map(str::to_owned))
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: impl Iterator<Item = String>) -> fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        writeln!(f, "{title}")?;
    }
    for line in lines {
        f.write_str("  ")?;
        for character in line.chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?
            } else {
                write!(f, "{character}")?
            }
        }
        writeln!(f)?;
    }
    Ok(())
}

fn left_out(decision: &Decision) -> Option<String> {
    let Decision::Dropped { member, origin, elements, reason, rule } = decision else { return None };
    let of = if *origin == Origin::Statement { " of the statement" } else { "" };
    let words = if elements.is_empty() { String::new() } else { format!(" {}", elements.join(" ")) };
    let rule = rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
    Some(format!("{member}{words}{of}: {reason}{rule}"))
}
