//! What real URL parsers make of one text: the host and the port that their programs would dial.
//!
//! A reading is what a parser's users get from it (`hostname`, `getHost()` and their like), not what
//! its standard says. Each parser is a file of its own that names the version it follows and its
//! source; the rules are written anew from there. What the parsers themselves say is recorded in
//! `testdata/readings.jsonl` (`cargo xtask readings --record`), and the tests compare.
//!
//! A reading takes time linear in the text, and no parser recurses.

mod a_labels;
mod all;
mod compared;
mod decimal;
mod go;
mod ipv6;
mod java_uri;
mod java_url;
mod libcurl;
mod nfkc;
mod node_legacy;
mod port;
mod py_urllib;
mod py_urllib3;
mod rfc3986;
mod split;
mod whatwg;

pub use all::Readings;
pub use compared::Compared;
pub use port::Port;

/// A URL parser that back ends dial by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parser {
    /// The URL Standard: browsers, Node's `fetch`, Rust, Deno.
    Whatwg,
    /// The regular expression of RFC 3986, Appendix B, that many programs use.
    Rfc3986,
    /// libcurl, and with it PHP, R and the `curl` command.
    Libcurl,
    /// Python's `urllib.parse`, and with it `urllib.request` and most checks in Python.
    PyUrllib,
    /// Python's `urllib3`, and with it `requests`.
    PyUrllib3,
    /// Go's `net/url`.
    Go,
    /// Java's `java.net.URI`, and with it `java.net.http` and Spring.
    JavaUri,
    /// Java's `java.net.URL`.
    JavaUrl,
    /// Node's `url.parse`, and with it older clients.
    NodeLegacy,
}

impl Parser {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Whatwg,
        Self::Rfc3986,
        Self::Libcurl,
        Self::PyUrllib,
        Self::PyUrllib3,
        Self::Go,
        Self::JavaUri,
        Self::JavaUrl,
        Self::NodeLegacy,
    ];

    /// Its name in records and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whatwg => "whatwg",
            Self::Rfc3986 => "rfc3986_regex",
            Self::Libcurl => "libcurl",
            Self::PyUrllib => "py_urllib",
            Self::PyUrllib3 => "py_urllib3",
            Self::Go => "go",
            Self::JavaUri => "java_uri",
            Self::JavaUrl => "java_url",
            Self::NodeLegacy => "node_legacy",
        }
    }

    /// The host as this parser hands it out: `None` for a refusal, and for no host where its language has
    /// no text for that.
    pub fn hands_out(self, reading: &Reading) -> Option<&str> {
        let has_no_text = !matches!(self, Self::Whatwg | Self::Libcurl | Self::Go | Self::JavaUrl);
        match reading {
            Reading::Rejected => None,
            Reading::NoHost => (!has_no_text).then_some(""),
            Reading::EmptyHost(_) => (self != Self::PyUrllib).then_some(""),
            Reading::Host(host, _) => Some(host.as_str()),
        }
    }

    /// What this parser makes of a text that is a URL to somebody.
    pub fn read(self, text: &str) -> Reading {
        match self {
            Self::Whatwg => whatwg::read(text),
            Self::Rfc3986 => rfc3986::read(text),
            Self::Libcurl => libcurl::read(text),
            Self::PyUrllib => py_urllib::read(text),
            Self::PyUrllib3 => py_urllib3::read(text),
            Self::Go => go::read(text),
            Self::JavaUri => java_uri::read(text),
            Self::JavaUrl => java_url::read(text),
            Self::NodeLegacy => node_legacy::read(text),
        }
    }
}

/// What a parser makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It refuses the text.
    Rejected,
    /// It takes the text, for a URL without a host: `mailto:a`, `/path`.
    NoHost,
    /// There is a place for a host, and nothing in it: `//:80/`. Some clients then dial localhost.
    EmptyHost(Port),
    /// A host and its port.
    Host(HostText, Port),
}

/// A host as a parser hands it out, not empty. Some keep brackets, letter case, escapes, or bytes
/// that are no UTF-8 (here U+FFFD); [`Compared::of`] makes them comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostText(Box<str>);

impl HostText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Reading {
    /// Of an authority's host, which may be empty.
    fn of(host: impl Into<Box<str>>, port: Port) -> Self {
        let host = host.into();
        if host.is_empty() { Self::EmptyHost(port) } else { Self::Host(HostText(host), port) }
    }

    /// The same for parsers whose users cannot tell an empty host from none, unless by its port.
    fn of_nonempty(host: impl Into<Box<str>>, port: Port) -> Self {
        match Self::of(host, port) {
            Self::EmptyHost(Port::Default) => Self::NoHost,
            reading => reading,
        }
    }

    /// The host, if there is one.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Host(host, _) => Some(host.as_str()),
            Self::Rejected | Self::NoHost | Self::EmptyHost(_) => None,
        }
    }
}
