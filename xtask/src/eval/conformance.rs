//! Test suites of standards and parsers, as far as they name a host.

use serde_json::json;

use super::classifier::{Answer, Candidate, Classifier};
use super::corpus::{Corpora, Record};
use super::table::{Row, Table};
use crate::shell::Failed;

pub(super) fn table(corpora: &Corpora, classifier: &Classifier) -> Result<Table, Failed> {
    let mut rows = Vec::new();
    for suite in SUITES {
        let records = corpora.records(suite.corpus)?;
        let answers = classifier.ask(&records)?;
        let (mut hosts, mut refusals) = (
            Row::new(format!("{}: hosts", suite.corpus), suite.goal),
            Row::new(format!("{}: refusals", suite.corpus), None),
        );
        for (record, answer) in records.iter().zip(&answers) {
            match (suite.expected)(record) {
                Expected::Host(host) => {
                    let is_read = suite.is_host(answer, &host, classifier)?;
                    let read = answer.reading(suite.parser);
                    hosts.count(
                        &record.id,
                        (!is_read).then(|| format!("{:?} is {host:?}, not {read:?}", record.payload)),
                    );
                }
                Expected::Refusal => {
                    let read = answer.reading(suite.parser);
                    refusals.count(&record.id, read.map(|host| format!("{:?} is none, not {host:?}", record.payload)));
                }
                Expected::Nothing => {}
            }
        }
        rows.push(hosts);
        if refusals.all > 0 {
            rows.push(refusals);
        }
    }
    Ok(Table { name: "Test suites", counted: "right", rows })
}

/// A test suite, and the parser whose it is.
struct Suite {
    corpus: &'static str,
    parser: &'static str,
    goal: Option<f64>,
    expected: fn(&Record) -> Expected,
    /// Whether it writes addresses in another notation than the parser that the reading follows.
    is_rewritten: bool,
}

enum Expected {
    Host(String),
    Refusal,
    /// It needs what is no text: a base URL, a setting of the parser.
    Nothing,
}

const SUITES: [Suite; 4] = [
    Suite { corpus: "wpt_urltestdata", parser: "whatwg", goal: Some(1.0), expected: of_wpt, is_rewritten: false },
    Suite { corpus: "wpt_toascii", parser: "whatwg", goal: Some(1.0), expected: of_toascii, is_rewritten: false },
    Suite { corpus: "curl_lib1560", parser: "libcurl", goal: Some(0.99), expected: of_curl, is_rewritten: true },
    Suite {
        corpus: "addressable_uri_spec",
        parser: "rfc3986_regex",
        goal: None,
        expected: of_host,
        is_rewritten: false,
    },
];

impl Suite {
    /// The suites are of parsers newer than those that the readings follow, which refuse more. There the
    /// candidate has the host by another reading.
    fn is_host(&self, answer: &Answer, host: &str, classifier: &Classifier) -> Result<bool, Failed> {
        let hosts = || answer.first().into_iter().flat_map(Candidate::hosts);
        let read: Vec<&str> = answer.reading(self.parser).map_or_else(|| hosts().collect(), |read| vec![read]);
        if read.contains(&host) || !self.is_rewritten {
            return Ok(read.contains(&host));
        }
        let lines: Vec<String> = [host].iter().chain(&read).map(|host| host_record(host)).collect();
        let plain = classifier.answers(lines.iter().map(String::as_str))?;
        let plain: Vec<_> = plain.iter().map(|answer| answer.first().and_then(|first| first.host.as_deref())).collect();
        Ok(plain[1..].contains(&plain[0]))
    }
}

/// A host to be brought into the form in which hosts are compared. A zone stands behind a space in curl's suite.
fn host_record(host: &str) -> String {
    let unzoned = host.split_once(' ').map_or(host, |(address, _zone)| address);
    json!({ "kind": "host", "payload": unzoned }).to_string()
}

fn of_wpt(record: &Record) -> Expected {
    let has_base = record.expected("base").is_some_and(|base| base != "about:blank");
    if has_base && !is_absolute(&record.payload) {
        return Expected::Nothing;
    }
    if record.says("failure") {
        return Expected::Refusal;
    }
    of_field(record, "hostname")
}

/// Whether a scheme and two slashes begin it, so that no base URL counts.
fn is_absolute(url: &str) -> bool {
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let rest = url.trim_start().split_once(':').map_or("", |(_, rest)| rest);
    rest.len() > 1 && rest.bytes().take(2).all(|b| matches!(b, b'/' | b'\\'))
}

fn of_toascii(record: &Record) -> Expected {
    record.expected("output").map_or(Expected::Refusal, |host| Expected::Host(host.to_owned()))
}

fn of_host(record: &Record) -> Expected {
    of_field(record, "host")
}

fn of_field(record: &Record, field: &str) -> Expected {
    record
        .expected(field)
        .filter(|host| !host.is_empty())
        .map_or(Expected::Nothing, |host| Expected::Host(host.to_owned()))
}

/// What is asked of curl beyond what its program does: spaces let through, names in another form, no
/// authority, no user.
const SETTINGS: [&str; 6] =
    ["ALLOW_SPACE", "PUNYCODE", "PUNY2IDN", "NO_AUTHORITY", "DISALLOW_USER", ", CURLU_URLENCODE"];

fn of_curl(record: &Record) -> Expected {
    let flags = record.expected("flags").unwrap_or_default();
    if record.expected("curlu") != Some("CURLUE_OK") || SETTINGS.iter().any(|setting| flags.contains(setting)) {
        return Expected::Nothing;
    }
    let host = record.expected("host").map(str::to_owned).or_else(|| authority_host(record.expected("url")?));
    host.filter(|host| !host.is_empty() && !is_absent(host)).map_or(Expected::Nothing, Expected::Host)
}

/// `[14]` stands for a part that is not there.
fn is_absent(host: &str) -> bool {
    let number = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

fn authority_host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority.rsplit('@').next()?;
    let end = host_port.find(']').map(|at| at + 1).or_else(|| host_port.find(':'));
    Some(host_port[..end.unwrap_or(host_port.len())].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_cut_out_of_plain_urls() {
        for (url, host) in [
            ("https://u:p@h.example:1/x", "h.example"),
            ("http://[::1]:80/", "[::1]"),
            ("h://a?b@c", "a"),
            ("file:///x", ""),
        ] {
            assert_eq!(authority_host(url).as_deref(), Some(host), "{url}");
        }
        assert!(is_absent("[14]") && !is_absent("[::1]") && !is_absent("14"));
    }

    #[test]
    fn a_reference_needs_its_base() {
        assert!(is_absolute("http:\\\n/h") && is_absolute(" a://h"));
        assert!(!is_absolute("http:h") && !is_absolute("//h") && !is_absolute("/a:b"));
    }
}
