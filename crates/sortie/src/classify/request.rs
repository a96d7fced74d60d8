//! A raw request, read as leniently as its worst reader: a collection of attacks holds odd ones, and
//! the door's strict framing would refuse to look at them. What is odd is noted.

use std::borrow::Cow;

use sortie_engine::extract::{Body, Head};
use sortie_engine::text::Text;

use super::RecordError;
use super::chunked;

/// The parts of a request that are searched.
#[derive(Debug)]
pub(super) struct Request<'a> {
    target: String,
    /// Names in lower case.
    fields: Vec<(String, Cow<'a, str>)>,
    body: Cow<'a, [u8]>,
    is_complete: bool,
    pub(super) oddities: Vec<&'static str>,
}

impl<'a> Request<'a> {
    pub(super) fn parse(payload: &'a str) -> Result<Self, RecordError> {
        let mut oddities = Vec::new();
        let mut odd = |what| {
            if !oddities.contains(&what) {
                oddities.push(what);
            }
        };
        let (head, body) = split(payload).unwrap_or_else(|| {
            odd("no empty line ends the head");
            (payload, "")
        });
        let mut lines = head.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let (target, authority) = target(lines.next().unwrap_or_default(), &mut odd).ok_or(RecordError::NoRequest)?;
        let mut fields: Vec<(String, Cow<'a, str>)> = Vec::new();
        fields.extend(authority.map(|authority| ("host".to_owned(), authority.into())));
        for line in lines {
            match line.split_once(':') {
                _ if line.starts_with([' ', '\t']) && !fields.is_empty() => {
                    odd("a header field goes on in a second line");
                    if let Some((_, value)) = fields.last_mut() {
                        value.to_mut().push_str(line);
                    }
                }
                Some((name, value)) => fields.push((name.trim().to_ascii_lowercase(), value.trim().into())),
                None => odd("a header line has no colon"),
            }
        }
        let mut request = Self { target, fields, body: body.as_bytes().into(), is_complete: true, oddities };
        request.frame();
        Ok(request)
    }

    /// Joins chunks, and compares the body with its length.
    fn frame(&mut self) {
        if self.field("transfer-encoding").is_some_and(|codings| codings.to_ascii_lowercase().contains("chunked")) {
            match chunked::joined(&self.body) {
                (data, true) => self.body = Cow::Owned(data),
                // Joined or not: what stands there is searched.
                (_, false) => self.oddities.push("the body is not in the chunks that it declares"),
            }
            return;
        }
        let Some(length) = self.field("content-length").and_then(|text| text.parse::<usize>().ok()) else { return };
        if length != self.body.len() {
            self.oddities.push("the body is not as long as it declares");
        }
        self.is_complete = length <= self.body.len();
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub(super) fn classify(&self) -> Text {
        let fields: Vec<(&str, &[u8])> = self.fields.iter().map(|(name, value)| (&**name, value.as_bytes())).collect();
        let head = Head { target: &self.target, fields: &fields, sinks: &[] };
        let body = Body {
            content_type: self.field("content-type"),
            content_encoding: self.field("content-encoding"),
            bytes: &self.body,
            complete: self.is_complete,
            sinks: &[],
        };
        Text::of_request(&head, &body)
    }
}

/// Head and body, whichever line ends they have.
fn split(payload: &str) -> Option<(&str, &str)> {
    let empty_lines = ["\r\n\r\n", "\n\n"].into_iter().filter_map(|end| Some((payload.find(end)?, end.len())));
    let (at, length) = empty_lines.min()?;
    Some((&payload[..at], &payload[at + length..]))
}

/// The target of a request line, beginning with `/`, and the authority that it may bring along.
fn target<'l>(line: &'l str, odd: &mut impl FnMut(&'static str)) -> Option<(String, Option<String>)> {
    let (method, rest) = line.split_once(' ').filter(|(method, _)| !method.is_empty())?;
    // A target with spaces goes on to the last one.
    let target = rest.rsplit_once(' ').filter(|(_, version)| version.starts_with("HTTP/")).map(|(target, _)| target);
    let target: &'l str = target.unwrap_or_else(|| {
        odd("the request line names no version");
        rest
    });
    if target.is_empty() {
        return None;
    }
    if !method.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)) || target.contains(' ') {
        odd("the request line has other characters than it may");
    }
    if target.starts_with('/') {
        return Some((target.to_owned(), None));
    }
    let is_scheme =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if let Some((_, rest)) = target.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let slash = if path.starts_with('/') { "" } else { "/" };
        return Some((format!("{slash}{path}"), Some(authority.to_owned())));
    }
    if target != "*" {
        odd("the target does not begin with a slash");
    }
    Some((format!("/{target}"), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(payload: &str) -> Vec<String> {
        let found = Request::parse(payload).unwrap().classify().candidates;
        found.iter().filter_map(|it| Some(format!("{} {}", it.location.as_ref()?, it.host.as_ref()?))).collect()
    }

    #[test]
    fn parts_are_where_http_has_them() {
        let payload = "POST http://a.example/x?u=http://b.example HTTP/1.1\r\nContent-Type: application/json\r\n\
                       Content-Length: 26\r\n\r\n{\"url\":\"http://c.example\"}";
        assert_eq!(hosts(payload), ["query u b.example", "header host a.example", "$.url c.example"]);
        assert_eq!(Request::parse(payload).unwrap().oddities, [""; 0]);
    }

    #[test]
    fn chunks_are_joined() {
        let payload = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n\
                       10\r\n{\"url\":\"http://a\r\nb\r\n.example/\"}\r\n0\r\n\r\n";
        assert_eq!(hosts(payload), ["$.url a.example"]);
    }

    #[test]
    fn what_is_odd_is_read_all_the_same_and_noted() {
        for (payload, expected) in [
            ("GET /?u=http://a.example", "the request line names no version"),
            ("GET /?u=http://a.example&v=a b HTTP/1.1\n\n", "the request line has other characters than it may"),
            ("GET ?u=http://a.example HTTP/1.1\n\n", "the target does not begin with a slash"),
            ("GET /?u=http://a.example HTTP/1.1\n...\n\n", "a header line has no colon"),
            ("GET /?u=http://a.example HTTP/1.1\nx: y\n z\n\n", "a header field goes on in a second line"),
            ("GET /?u=http://a.example HTTP/1.1\nContent-Length: 9\n\nx", "the body is not as long as it declares"),
        ] {
            assert_eq!(hosts(payload), ["query u a.example"], "{payload}");
            assert!(Request::parse(payload).unwrap().oddities.contains(&expected), "{payload}");
        }
        for payload in ["", "x", "GET", " /"] {
            assert!(Request::parse(payload).is_err(), "{payload}");
        }
    }
}
