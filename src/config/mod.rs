//! Configuration: the JSON property names of the Janssen Auth Server, IBM's `dynamic_registration` stanza, and what they
//! become.
//!
//! A [`RegistrarConfig`] is read, judged ([`RegistrarConfig::problems`], [`RegistrarConfig::warnings`]) and
//! lowered into a [`Profile`](crate::Profile) ([`RegistrarConfig::to_profile`]) when the registrar is built.
//! Behind that point nothing knows whether a demand came from a property or from a preset.

mod algorithms;
mod defaults;
mod ibm;
mod janssen;
mod lenient;
mod lower;
mod pattern;
mod problems;
#[cfg(feature = "schema")]
mod schema;
mod supported;
mod trust;
mod values;
mod warnings;

pub use ibm::IbmDynamicRegistration;
pub use janssen::RegistrarConfig;
pub(crate) use pattern::UriPattern;
pub use problems::{ConfigError, ConfigProblem};
pub use supported::Supported;
pub use trust::{SoftwareStatementValidationType, SsaValidationConfig, SsaValidationType, TrustedIssuer};
pub use values::{ConfiguredKeys, Lifetime, Reading, ScopeEntry, UpdateMode};
pub use warnings::ConfigWarning;
