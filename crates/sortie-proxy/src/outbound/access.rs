//! Who may use an outbound listener.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::PROXY_AUTHORIZATION;
use ipnet::IpNet;
use subtle::ConstantTimeEq as _;

/// Credentials that apps must say (`Proxy-Authorization: Basic`, RFC 7617).
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyCredentials {
    /// The user; without a colon.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for ProxyCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyCredentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The listener would be open to everybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outbound listener {0} is not on loopback: set `sources` or `credentials`, or listen on 127.0.0.1")]
pub struct OpenListenerError(pub SocketAddr);

/// The rule of one listener.
#[derive(Debug)]
pub(super) struct Access {
    sources: Vec<IpNet>,
    /// The token of Basic, as clients send it.
    token: Option<Box<[u8]>>,
}

impl Access {
    /// A listener that is not on loopback must name who may use it.
    pub(super) fn new(
        listen: SocketAddr,
        sources: &[IpNet],
        credentials: Option<&ProxyCredentials>,
    ) -> Result<Self, OpenListenerError> {
        if !listen.ip().is_loopback() && sources.is_empty() && credentials.is_none() {
            return Err(OpenListenerError(listen));
        }
        let token =
            credentials.map(|c| BASE64_STANDARD.encode(format!("{}:{}", c.user, c.password)).into_bytes().into());
        Ok(Self { sources: sources.to_vec(), token })
    }

    /// Whether a peer may connect at all. An empty list means everybody who can reach the listener.
    pub(super) fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.sources.is_empty() || self.sources.iter().any(|source| source.contains(&peer))
    }

    /// Whether a request says the credentials, compared in constant time.
    pub(super) fn authorises(&self, headers: &HeaderMap) -> bool {
        let Some(expected) = &self.token else { return true };
        let said = headers.get(PROXY_AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
        let Some((scheme, token)) = said.split_at_checked(6) else { return false };
        scheme.eq_ignore_ascii_case(b"basic ") && bool::from(token.trim_ascii().ct_eq(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> ProxyCredentials {
        ProxyCredentials { user: "app".to_owned(), password: "s3cret".to_owned() }
    }

    fn authorises(access: &Access, value: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(PROXY_AUTHORIZATION, http::HeaderValue::from_static(value));
        }
        access.authorises(&headers)
    }

    #[test]
    fn is_never_open_to_everybody() {
        let anywhere: SocketAddr = "0.0.0.0:3128".parse().unwrap();
        let error = Access::new(anywhere, &[], None).unwrap_err();
        assert!(error.to_string().contains("0.0.0.0:3128"), "{error}");
        assert!(Access::new(anywhere, &["10.0.0.0/8".parse().unwrap()], None).is_ok());
        assert!(Access::new(anywhere, &[], Some(&credentials())).is_ok());
        assert!(Access::new("[::1]:3128".parse().unwrap(), &[], None).is_ok());
    }

    #[test]
    fn a_source_list_is_kept_to() {
        let access = Access::new("0.0.0.0:1".parse().unwrap(), &["10.0.0.0/8".parse().unwrap()], None).unwrap();
        assert!(access.admits("10.1.2.3".parse().unwrap()));
        assert!(access.admits("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!access.admits("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn credentials_are_compared_whole() {
        let access = Access::new("0.0.0.0:1".parse().unwrap(), &[], Some(&credentials())).unwrap();
        assert!(authorises(&access, Some("Basic YXBwOnMzY3JldA==")));
        assert!(authorises(&access, Some("basic YXBwOnMzY3JldA==")));
        for wrong in [None, Some(""), Some("Basic"), Some("Basic YXBwOnMzY3JldA"), Some("Bearer YXBwOnMzY3JldA==")] {
            assert!(!authorises(&access, wrong), "{wrong:?}");
        }
        assert!(!format!("{:?}", credentials()).contains("s3cret"));
    }
}
