//! Against what the real parsers said when they were recorded.

use std::path::Path;

use serde::Deserialize;
use sortie_engine::readings::{Parser, Port, Reading};

use crate::score::Score;

/// What is known to be read in another way, by a part of the URL.
const EXCEPTIONS: [(&[Parser], &str); 3] = [
    // Unicode 15.1 made a letter of its own of it; ada 2.9 has older tables.
    (&[Parser::Whatwg, Parser::NodeLegacy], "FAẞ.example"),
    // UTS 46 refuses two writing directions in a label; ada 2.9 looks at few of them.
    (&[Parser::Whatwg, Parser::NodeLegacy], "1א.example"),
    // IDNA 2008 allows a middle dot here, and nowhere else.
    (&[Parser::PyUrllib3], "l·l.example"),
];

#[derive(Deserialize)]
struct Head {
    parsers: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Line {
    url: String,
    answers: Vec<Answer>,
}

/// Nothing for a refusal, else host and port as the parser hands them out.
type Answer = Option<(Option<String>, Option<String>)>;

#[test]
fn every_recorded_answer_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/readings.jsonl");
    let is_exception = |parser, url: &str| EXCEPTIONS.iter().any(|(by, of)| by.contains(&parser) && url.contains(of));
    score(&path, is_exception).assert_at_least(1.0);
}

/// Where `cargo xtask readings` has recorded fresh ones.
#[test]
fn nearly_every_fresh_answer_is_read() {
    let Some(path) = std::env::var_os("SORTIE_READINGS") else {
        println!("skipped, for SORTIE_READINGS names no recording; 'cargo xtask readings' makes one");
        return;
    };
    let score = score(Path::new(&path), |_, _| false);
    println!("{score}");
    score.assert_at_least(0.995);
}

/// Compares all of a recording, but for what is an exception.
fn score(path: &Path, is_exception: impl Fn(Parser, &str) -> bool) -> Score {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let mut lines = text.lines();
    let head: Head = serde_json::from_str(lines.next().expect("the first line says who answered")).unwrap();
    let parsers: Vec<Parser> = head.parsers.iter().map(|parser| named(&parser.name)).collect();
    let mut score = Score::default();
    for Line { url, answers } in lines.map(|line| serde_json::from_str::<Line>(line).unwrap()) {
        assert_eq!(answers.len(), parsers.len(), "{url}");
        for (&parser, answer) in parsers.iter().zip(&answers) {
            let reading = parser.read(&url);
            let (reading, expected) = (seen(&reading), expected(parser, answer));
            let difference = (reading != expected).then(|| format!("{url:?}: {reading:?}, not {expected:?}"));
            if difference.is_none() || !is_exception(parser, &url) {
                score.count(parser, difference);
            }
        }
    }
    score
}

fn named(name: &str) -> Parser {
    Parser::ALL.into_iter().find(|parser| parser.name() == name).unwrap_or_else(|| panic!("no parser is named {name}"))
}

/// Host and port; nothing for a refusal.
type Seen<'a> = Option<(Option<&'a str>, Port)>;

fn seen(reading: &Reading) -> Seen<'_> {
    match reading {
        Reading::Rejected => None,
        Reading::NoHost => Some((None, Port::Default)),
        Reading::EmptyHost(port) => Some((Some(""), *port)),
        Reading::Host(host, port) => Some((Some(host.as_str()), *port)),
    }
}

fn expected(parser: Parser, answer: &Answer) -> Seen<'_> {
    let (host, port) = answer.as_ref()?;
    let number = port.as_deref().map_or(Port::Default, |port| {
        let is_number = port.bytes().all(|b| b.is_ascii_digit());
        port.parse().ok().filter(|_| is_number).map_or(Port::Invalid, Port::Number)
    });
    // Most languages have but one value for no host and for an empty one.
    let tells_empty = matches!(parser, Parser::Rfc3986 | Parser::PyUrllib3 | Parser::NodeLegacy);
    Some(match host.as_deref() {
        Some("") if tells_empty || number != Port::Default => (Some(""), number),
        None if number != Port::Default => (Some(""), number),
        None | Some("") => (None, Port::Default),
        host => (host, number),
    })
}
