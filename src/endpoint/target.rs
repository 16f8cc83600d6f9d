//! The address of a request, and what may be done there.

use std::fmt::Display;

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Response, Uri};
use http_body_util::Full;

use super::{RegistrationEndpoint, invalid_request, respond};
use crate::client::ClientId;
use crate::percent;
use crate::profile::Operation;
use crate::wire::WireError;

/// What the address of a request names.
pub(super) enum Target {
    /// The registration endpoint itself.
    Registration,
    /// The configuration endpoint of a client; of none if the text is no identifier.
    Client(Option<ClientId>),
}

impl RegistrationEndpoint {
    /// What the address names. The longest end of the endpoint's own path that the request begins with is
    /// passed over, and what follows is the identifier.
    pub(super) fn target(&self, uri: &Uri) -> Result<Target, WireError> {
        let ends = (0..=self.mount.len()).filter_map(|start| self.mount.get(start..));
        let begins_with = |end: &&[String]| segments(uri.path()).take(end.len()).eq(end.iter());
        let passed = ends.into_iter().find(begins_with).map_or(0, <[_]>::len);
        let mut rest = segments(uri.path()).skip(passed);
        let (segment, None) = (rest.next(), rest.next()) else {
            return Err(invalid_request(404, "there is nothing at this address"));
        };
        let pairs = uri.query().into_iter().flat_map(|query| query.split('&'));
        let of_query = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent::decoded(name).as_deref() == Some("client_id")).then_some(value)
        });
        let mut named = segment.into_iter().chain(of_query);
        match (named.next(), named.next()) {
            (None, _) => Ok(Target::Registration),
            (Some(id), None) => Ok(Target::Client(percent::decoded(id).and_then(|id| ClientId::new(&id)))),
            _ => Err(invalid_request(400, "the address must name one client, and once")),
        }
    }

    pub(super) fn not_offered(&self, what: &dyn Display, target: &Target) -> WireError {
        let refusal = invalid_request(405, &format!("{what} is not offered here"));
        refusal.header("allow", &self.allowed(target))
    }

    /// The methods of an address (RFC 9110 section 10.2.1).
    fn allowed(&self, target: &Target) -> String {
        let methods: &[(&str, Operation)] = match target {
            Target::Registration => &[("POST", Operation::Create)],
            Target::Client(_) => {
                &[("GET, HEAD", Operation::Read), ("PUT", Operation::Update), ("DELETE", Operation::Delete)]
            }
        };
        let offered = methods.iter().filter(|(_, operation)| self.registrar.offers(*operation));
        let methods: Vec<&str> = offered.map(|(methods, _)| *methods).chain(["OPTIONS"]).collect();
        methods.join(", ")
    }

    pub(super) fn options(&self, target: &Target) -> Response<Full<Bytes>> {
        let mut answer = respond(204, Bytes::new());
        if let Ok(allowed) = HeaderValue::try_from(self.allowed(target)) {
            answer.headers_mut().insert(ALLOW, allowed);
        }
        answer
    }
}

/// The segments of a path, without the empty one behind a last slash.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
