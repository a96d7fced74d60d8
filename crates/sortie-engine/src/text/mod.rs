//! What a text says by itself: which destinations it names, in every reading, and what in them is a
//! reason for concern.
//!
//! This is evidence and never a block: the text of a URL cannot tell an attack from a customer's
//! webhook, nor `http://billing/` from `http://partner/`. So the verdict is modest. A destination
//! inside is none of its reasons, for vendors' own examples name `http://localhost:8000/`.

mod scheme;
mod sign;
mod userinfo;
mod verdict;
mod written;

use sortie_model::event::Cut;
use sortie_model::{Host, Key};

use crate::extract::{Body, Head, Source, quoted, split_scheme};

pub use sign::Sign;
pub use verdict::{Reason, Verdict};
pub use written::Written;

/// The destinations of one text.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// In their order, each once.
    pub candidates: Vec<Written>,
    /// What was not inspected.
    pub cut: Option<Cut>,
}

impl Text {
    /// A text that is a URL. The first candidate is the whole of it, even where no parser reads a host;
    /// those that stand in its path and query follow, for its server may dial them.
    pub fn of_url(text: &str) -> Self {
        let mut whole = Written::whole(text);
        let (mut found, mut cut) = quoted(Source::Value { name: "url", text }, &key());
        if let Some(target) = target(text) {
            let head = Head { target: &target, fields: &[], sinks: &[] };
            let (within, cut_within) = quoted(Source::Head(&head), &key());
            found.extend(within);
            cut = cut.or(cut_within);
        }
        let mut others = Vec::new();
        for quoted in found {
            if quoted.text.trim() == text.trim() {
                whole.take(&quoted.candidate);
            } else {
                others.push(Written::of(quoted).nowhere());
            }
        }
        Self { candidates: std::iter::once(whole).chain(others).collect(), cut }
    }

    /// A text that is a host: a name, or an address in any notation.
    pub fn of_host(text: &str) -> Self {
        Self { candidates: vec![Written::host(text)], cut: None }
    }

    /// A text that is an address; nothing where it is none in any notation.
    pub fn of_address(text: &str) -> Self {
        let written = Written::host(text);
        let is_address = matches!(written.host, Some(Host::Ip(_)));
        Self { candidates: is_address.then_some(written).into_iter().collect(), cut: None }
    }

    /// Any other text: its URLs, and what else it names if it is nothing else.
    pub fn of_prose(text: &str) -> Self {
        let (found, cut) = quoted(Source::Value { name: "", text }, &key());
        Self { candidates: found.into_iter().map(|quoted| Written::of(quoted).nowhere()).collect(), cut }
    }

    /// A request: the head, and the body if there is one.
    pub fn of_request(head: &Head<'_>, body: &Body<'_>) -> Self {
        let (mut found, head_cut) = quoted(Source::Head(head), &key());
        let (in_body, body_cut) = quoted(Source::Body(body), &key());
        found.extend(in_body);
        Self { candidates: found.into_iter().map(Written::of).collect(), cut: head_cut.or(body_cut) }
    }
}

/// Path and query of a URL, if it has any.
fn target(url: &str) -> Option<String> {
    let (_, rest) = split_scheme(url.trim_start())?;
    let rest = rest.trim_start_matches(['/', '\\']);
    let target = &rest[rest.find(['/', '?'])?..];
    let target = target.split('#').next().unwrap_or_default();
    Some(if target.starts_with('/') { target.to_owned() } else { format!("/{target}") })
}

/// Nothing that is digested leaves this module, so any key will do.
fn key() -> Key {
    Key::new(&[0; Key::LENGTH])
}

#[cfg(test)]
mod tests;
