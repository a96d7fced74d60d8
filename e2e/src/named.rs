//! A destination as a client writes it.

use std::fmt;

/// A URL in a client's own spelling. It is never normalised: how it is written may be the attack.
#[derive(Clone, Debug)]
pub struct Named(String);

impl Named {
    /// A URL as it is written.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// Host and port as they are written.
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split_once('/').map_or(rest, |(authority, _)| authority)
    }

    /// The host as it is written, and the port or that of `http`.
    pub fn host_and_port(&self) -> (&str, u16) {
        let authority = self.authority();
        let port = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        port.unwrap_or((authority, 80))
    }
}

/// The URL.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_written() {
        let named = Named::new("http://Admin.INTERNAL:8080/console");
        assert_eq!(named.authority(), "Admin.INTERNAL:8080");
        assert_eq!(named.host_and_port(), ("Admin.INTERNAL", 8080));
        assert_eq!(Named::new("http://0x7f.1").host_and_port(), ("0x7f.1", 80));
    }
}
