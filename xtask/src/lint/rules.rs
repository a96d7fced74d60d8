//! The rules, each with its reason.

/// Words that must not stand in some files.
pub(super) struct Rule {
    /// What an excuse names.
    pub(super) name: &'static str,
    /// Any of these breaks it. They are written in two halves, so that this file does not.
    words: &'static [(&'static str, &'static str)],
    /// What on the same line makes it right.
    unless: &'static [&'static str],
    /// Paths (prefixes) where it holds.
    only_in: &'static [&'static str],
    /// Paths (prefixes) where it does not.
    not_in: &'static [&'static str],
    /// Whether unit tests may break it.
    pub(super) spares_tests: bool,
    /// What to do, and why.
    pub(super) why: &'static str,
}

impl Rule {
    pub(super) fn holds_in(&self, path: &str) -> bool {
        let under = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        under(self.only_in) && !under(self.not_in)
    }

    pub(super) fn is_broken_by(&self, line: &str) -> bool {
        let broken = self
            .words
            .iter()
            .any(|(head, tail)| line.match_indices(head).any(|(at, _)| line[at + head.len()..].starts_with(tail)));
        broken && !self.unless.iter().any(|word| line.contains(word))
    }
}

const ENGINE: &[&str] = &["crates/sortie-model/src/", "crates/sortie-engine/src/"];

pub(super) const RULES: [Rule; 5] = [
    Rule {
        name: "unfinished",
        words: &[("TO", "DO"), ("FIX", "ME"), ("XX", "X:"), ("HA", "CK:")],
        unless: &[],
        only_in: &[""],
        not_in: &[],
        spares_tests: false,
        why: "finish it, or file an issue",
    },
    Rule {
        name: "connect",
        words: &[("HttpConnector::", "new")],
        unless: &[],
        only_in: &["crates/"],
        not_in: &["crates/sortie-proxy/src/dial"],
        spares_tests: true,
        why: "only the dialling module opens connections, for it alone asks for a permit (clippy.toml has the other ways)",
    },
    Rule {
        name: "uncapped",
        words: &[
            (".read_to", "_end("),
            (".read_to", "_string("),
            ("decode", "_all("),
            ("copy", "_decode("),
            (".collect()", ".await"),
            ("to_bytes(", "body"),
        ],
        unless: &[".take(", "Limited"],
        only_in: &["crates/"],
        not_in: &[],
        spares_tests: true,
        why: "cap what is read or decoded (take(), Limited): hostile input is as long as it likes",
    },
    Rule {
        name: "clock",
        words: &[("Instant::", "now"), ("SystemTime::", "now"), ("thread::", "sleep"), ("time::", "sleep")],
        unless: &[],
        only_in: ENGINE,
        not_in: &[],
        spares_tests: false,
        why: "the engine takes time from its events, so that a replay gives the same findings",
    },
    Rule {
        name: "pure",
        words: &[
            ("std::", "fs"),
            ("std::", "thread"),
            ("std::", "env"),
            ("tok", "io::"),
            ("std::net::Tcp", ""),
            ("RandomState", ""),
        ],
        unless: &[],
        only_in: ENGINE,
        not_in: &[],
        spares_tests: true,
        why: "the engine does no I/O and knows no threads and no randomness",
    },
];
