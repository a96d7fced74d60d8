//! What the door itself answers.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use sortie_model::{Reference, Unanswered};

use super::answer::AnswerBody;
use crate::dial::ConnectErrorKind;
use crate::framing::Problem;
use crate::gate::Refusal;
use crate::proxy_status::{self, PROXY_STATUS};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why there is no answer of the back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// What the request carries is refused.
    Refused(Refusal),
    /// The client's own message broke.
    Client(Option<Problem>),
    /// The method asks for a tunnel.
    Tunnel,
    /// The request goes round in a circle.
    Loop,
    /// No connection to the back end.
    Connect(ConnectErrorKind),
    /// The back end closed the connection before it answered.
    Terminated,
    /// The back end did not answer in time.
    AnswerTimedOut,
    /// The back end's answer is no HTTP, or agrees to an upgrade that nobody asked for.
    BadAnswer,
}

impl Failure {
    /// The response. A refusal says its reference and nothing else.
    pub(super) fn response(self, reference: Option<Reference>) -> Response<AnswerBody> {
        let status = self.status();
        let reference = match self {
            Self::Refused(refusal) => Some(refusal.reference),
            _ => reference,
        };
        let mut response = Response::new(AnswerBody::fixed(self.body(status, reference)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if let Some(error) = self.error_type() {
            headers.insert(PROXY_STATUS, proxy_status::value(error, 'R', reference));
        }
        if matches!(self, Self::Client(_)) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Refused(refusal) => StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::FORBIDDEN),
            Self::Client(problem) => {
                let status = problem.map_or(400, Problem::status);
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::Tunnel => StatusCode::NOT_IMPLEMENTED,
            Self::Connect(ConnectErrorKind::TimedOut) | Self::AnswerTimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Connect(_) | Self::Terminated | Self::BadAnswer | Self::Loop => StatusCode::BAD_GATEWAY,
        }
    }

    /// The error's type (RFC 9209 §2.3), where the client is not to blame.
    fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Loop => Some("proxy_loop_detected"),
            failure => failure.unanswered().map(Unanswered::as_str),
        }
    }

    /// Why the back end did not answer, where it was asked.
    pub(super) fn unanswered(self) -> Option<Unanswered> {
        match self {
            Self::Refused(_) | Self::Client(_) | Self::Tunnel | Self::Loop => None,
            Self::Connect(kind) => Some(proxy_status::of_connect(kind)),
            Self::Terminated => Some(Unanswered::ConnectionTerminated),
            Self::AnswerTimedOut => Some(Unanswered::ResponseTimeout),
            Self::BadAnswer => Some(Unanswered::ProtocolError),
        }
    }

    fn body(self, status: StatusCode, reference: Option<Reference>) -> Bytes {
        let title = status.canonical_reason().unwrap_or_default();
        let status = status.as_u16();
        let detail = match self {
            Self::Client(Some(problem)) => format!(r#","detail":"{}""#, problem.detail()),
            Self::Tunnel => r#","detail":"this door opens no tunnels""#.to_owned(),
            _ => String::new(),
        };
        let reference = reference.map(|reference| format!(r#","reference":"R-{reference}""#)).unwrap_or_default();
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status}{detail}{reference}}}"#).into()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn text(failure: Failure) -> String {
        let response = failure.response(Some(Reference::local(1)));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_says_its_reference_and_nothing_else() {
        let refusal = Refusal { status: 413, reference: Reference::local(0x123) };
        assert_eq!(
            text(Failure::Refused(refusal)).await,
            r#"{"type":"about:blank","title":"Payload Too Large","status":413,"reference":"R-93"}"#
        );
        assert!(!Failure::Refused(refusal).response(None).headers().contains_key("proxy-status"));
    }

    #[tokio::test]
    async fn the_client_learns_what_it_did_wrong() {
        let broken = Failure::Client(Some(Problem::Chunk));
        assert!(text(broken).await.contains("the chunked body is malformed"));
        assert_eq!(broken.response(None).headers()["connection"], "close");
    }

    #[test]
    fn failures_of_the_back_end_are_told_apart() {
        for (failure, status, error) in [
            (Failure::Connect(ConnectErrorKind::Refused), 502, "connection_refused"),
            (Failure::Connect(ConnectErrorKind::TimedOut), 504, "connection_timeout"),
            (Failure::Connect(ConnectErrorKind::Unresolved), 502, "dns_error"),
            (Failure::Terminated, 502, "connection_terminated"),
            (Failure::AnswerTimedOut, 504, "http_response_timeout"),
            (Failure::BadAnswer, 502, "http_protocol_error"),
            (Failure::Loop, 502, "proxy_loop_detected"),
        ] {
            let response = failure.response(Some(Reference::local(0x123)));
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["proxy-status"], format!("sortie; error={error}; details=\"R-93\""));
        }
    }
}
