//! What the app is told when its request does not go through (RFC 9209).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, PROXY_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use sortie_model::Reference;

use super::answer::DoorBody;
use crate::dial::ConnectErrorKind;
use crate::proxy_status::{self, PROXY_STATUS};
use crate::resolve::ResolveError;

/// Why a request did not go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Policy forbids it. Never 5xx, which clients retry.
    Denied,
    /// The name did not resolve.
    Resolve(ResolveError),
    /// No connection came about.
    Connect(ConnectErrorKind),
    /// The connection ended before an answer.
    Terminated,
    /// No answer within the time.
    AnswerTimedOut,
    /// The answer is no HTTP.
    NoHttp,
    /// The app's request cannot be forwarded, or broke off: what is wrong with it.
    Request(&'static str),
    /// The door does not do this: what to do instead.
    NotDone(&'static str),
    /// The app has not said the credentials of this door.
    Credentials,
}

impl Failure {
    /// The response; `reference` is that of the dial, where one was recorded.
    pub(super) fn response(self, reference: Option<Reference>) -> Response<DoorBody> {
        // A service that is passed through records nothing, so there is nothing to refer to.
        let reference = reference.filter(|reference| reference.number != 0);
        let mut response = Response::new(DoorBody::text(self.body(reference)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        headers.insert(PROXY_STATUS, proxy_status::value(self.error_type(), 'D', reference));
        if self == Self::Credentials {
            headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sortie\""));
        }
        response
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Denied => StatusCode::FORBIDDEN,
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::NotDone(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Credentials => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Resolve(ResolveError::TimedOut)
            | Self::Connect(ConnectErrorKind::TimedOut)
            | Self::AnswerTimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Resolve(_) | Self::Connect(_) | Self::Terminated | Self::NoHttp => StatusCode::BAD_GATEWAY,
        }
    }

    /// The error's type and its parameters (RFC 9209 §2.3).
    fn error_type(self) -> &'static str {
        match self {
            Self::Denied => "http_request_denied",
            Self::Resolve(ResolveError::NoSuchName) => "dns_error; rcode=\"NXDOMAIN\"",
            Self::Resolve(ResolveError::NoAddress) => "dns_error; rcode=\"NOERROR\"",
            Self::Resolve(ResolveError::ServerFailed) => "dns_error; rcode=\"SERVFAIL\"",
            Self::Resolve(ResolveError::TimedOut) => "dns_timeout",
            Self::Connect(kind) => proxy_status::of_connect(kind).as_str(),
            Self::Terminated => "connection_terminated",
            Self::AnswerTimedOut => "http_response_timeout",
            Self::NoHttp => "http_protocol_error",
            Self::Request(_) | Self::NotDone(_) | Self::Credentials => "http_request_error",
        }
    }

    /// One line for whoever debugs the app. A denial says its reference and nothing else.
    fn body(self, reference: Option<Reference>) -> Bytes {
        let text = match self {
            Self::Denied => return reference.map(|reference| format!("D-{reference}\n")).unwrap_or_default().into(),
            Self::Resolve(error) => error.to_string(),
            Self::Connect(kind) => kind.to_string(),
            Self::Terminated => "the destination closed the connection before it answered".to_owned(),
            Self::AnswerTimedOut => "the destination did not answer in time".to_owned(),
            Self::NoHttp => "the destination's answer is no HTTP".to_owned(),
            Self::Request(problem) => problem.to_owned(),
            Self::NotDone(remedy) => remedy.to_owned(),
            Self::Credentials => "this proxy asks for credentials".to_owned(),
        };
        match reference {
            Some(reference) => format!("sortie: {text} (D-{reference})\n").into(),
            None => format!("sortie: {text}\n").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(failure: Failure, name: &str) -> String {
        let response = failure.response(Some(Reference::local(0x123)));
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn every_failure_is_told_apart() {
        let all = [
            Failure::Denied,
            Failure::Resolve(ResolveError::NoSuchName),
            Failure::Resolve(ResolveError::NoAddress),
            Failure::Resolve(ResolveError::ServerFailed),
            Failure::Resolve(ResolveError::TimedOut),
            Failure::Connect(ConnectErrorKind::Refused),
            Failure::Connect(ConnectErrorKind::TimedOut),
            Failure::Connect(ConnectErrorKind::Unreachable),
            Failure::Connect(ConnectErrorKind::Local),
            Failure::Terminated,
            Failure::AnswerTimedOut,
            Failure::NoHttp,
        ];
        let told: std::collections::HashSet<String> = all.map(|failure| header(failure, "proxy-status")).into();
        assert_eq!(told.len(), all.len());
    }

    #[test]
    fn a_denial_is_final_and_says_its_reference_only() {
        assert_eq!(Failure::Denied.status(), 403);
        assert_eq!(header(Failure::Denied, "proxy-status"), "sortie; error=http_request_denied; details=\"D-93\"");
        assert_eq!(Failure::Denied.body(Some(Reference::local(0x123))), "D-93\n");
    }

    #[test]
    fn a_service_that_is_passed_through_has_no_reference() {
        let response = Failure::Terminated.response(Some(Reference::local(0)));
        assert_eq!(response.headers()["proxy-status"], "sortie; error=connection_terminated");
    }
}
