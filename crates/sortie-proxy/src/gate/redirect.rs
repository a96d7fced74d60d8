//! Where a `Location` points.

use sortie_model::candidate::Scheme;
use sortie_model::event::RedirectTarget;
use sortie_model::path::redact;
use sortie_model::{Destination, Host, Key, PathDigest};
use url::{ParseError, Url};

/// Resolves a `Location` against the URL that was dialled (RFC 9110 §10.2.2). `None` where it is no
/// URL with a host and a port.
pub(super) fn target(base: &str, location: &str, key: &Key) -> Option<RedirectTarget> {
    let url = match Url::parse(location) {
        Err(ParseError::RelativeUrlWithoutBase) => Url::parse(base).ok()?.join(location).ok()?,
        other => other.ok()?,
    };
    let scheme = Scheme::parse(url.scheme());
    let host = Host::parse(url.host_str()?);
    let port = url.port().or_else(|| scheme.default_port())?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let shown_port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{scheme}://{host}{shown_port}{}", redact(&path)).into_boxed_str();
    Some(RedirectTarget { scheme, destination: Destination::new(host, port), path: PathDigest::of(&path, key), shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(location: &str) -> Option<String> {
        let key = Key::new(&[1; Key::LENGTH]);
        target("http://cdn.example:8080/a/b?x", location, &key).map(|t| format!("{} {}", t.destination, t.shown))
    }

    #[test]
    fn resolves_relative_and_absolute_locations() {
        assert_eq!(shown("../c").as_deref(), Some("cdn.example:8080 http://cdn.example:8080/c"));
        assert_eq!(shown("//169.254.169.254/x").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/x"));
        assert_eq!(shown("http://0xa9fea9fe/").as_deref(), Some("169.254.169.254:80 http://169.254.169.254/"));
        assert_eq!(shown("https://b.example/#f").as_deref(), Some("b.example:443 https://b.example/"));
        assert_eq!(shown("mailto:a@b.example"), None);
    }
}
