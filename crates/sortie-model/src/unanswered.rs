//! Why a request got no answer of the other side.

use serde::{Deserialize, Serialize};

/// The kinds that matter to whoever has to mend it, in the words of RFC 9209 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unanswered {
    /// It refused the connection.
    ConnectionRefused,
    /// It closed the connection before an answer.
    ConnectionTerminated,
    /// No connection came about in time.
    ConnectionTimeout,
    /// No route leads there.
    Unroutable,
    /// Its name did not resolve.
    DnsError,
    /// This host could not even try.
    Internal,
    /// The answer did not begin in time.
    ResponseTimeout,
    /// What it sent is no HTTP, or nothing that was asked for.
    ProtocolError,
}

impl Unanswered {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 8] = [
        Self::ConnectionRefused,
        Self::ConnectionTerminated,
        Self::ConnectionTimeout,
        Self::Unroutable,
        Self::DnsError,
        Self::Internal,
        Self::ResponseTimeout,
        Self::ProtocolError,
    ];

    /// The type of error of `Proxy-Status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionTerminated => "connection_terminated",
            Self::ConnectionTimeout => "connection_timeout",
            Self::Unroutable => "destination_ip_unroutable",
            Self::DnsError => "dns_error",
            Self::Internal => "proxy_internal_error",
            Self::ResponseTimeout => "http_response_timeout",
            Self::ProtocolError => "http_protocol_error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_in_its_own_place() {
        for (place, why) in Unanswered::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place, "{}", why.as_str());
        }
    }
}
