//! `Proxy-Status`: why there is no answer of the other side (RFC 9209).

use http::{HeaderName, HeaderValue};
use sortie_model::{Reference, Unanswered};

use crate::dial::ConnectErrorKind;

pub(crate) const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// The value. `error` is a type of error (RFC 9209 §2.3) with its parameters; the reference is shown
/// behind `letter`, which says what it is of.
pub(crate) fn value(error: &str, letter: char, reference: Option<Reference>) -> HeaderValue {
    let text = match reference {
        Some(reference) => format!("sortie; error={error}; details=\"{letter}-{reference}\""),
        None => format!("sortie; error={error}"),
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("sortie"))
}

/// The type of error where no connection came about.
pub(crate) fn of_connect(kind: ConnectErrorKind) -> Unanswered {
    match kind {
        ConnectErrorKind::Refused => Unanswered::ConnectionRefused,
        ConnectErrorKind::Reset => Unanswered::ConnectionTerminated,
        ConnectErrorKind::TimedOut => Unanswered::ConnectionTimeout,
        ConnectErrorKind::Unreachable => Unanswered::Unroutable,
        ConnectErrorKind::Unresolved => Unanswered::DnsError,
        ConnectErrorKind::Local => Unanswered::Internal,
    }
}
