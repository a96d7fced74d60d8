//! What the targets that read bodies share.

use sortie_engine::extract::{self, Body, ProvenSink};
use sortie_model::{Containers, Key, limits};

/// Of each kind of place one, so that a body is read in every way.
const SINKS: [&str; 6] = ["a.url", "html:resource", "xml:a.url", "text:url", "graphql:a.url", "rpc:a.url"];

/// Searches a body whole and as the beginning of one, with proven sinks and without.
///
/// # Panics
/// Where what is found breaks a promise.
pub fn search(content_type: Option<&str>, content_encoding: Option<&str>, bytes: &[u8]) {
    let key = Key::new(&[1; Key::LENGTH]);
    let body = Body { content_type, content_encoding, bytes, complete: false, sinks: &[] };
    let begun = extract::from_beginning(&body, &key);
    assert!(begun.candidates.len() <= limits::CANDIDATES);
    let sinks = SINKS.map(|name| ProvenSink { parameter: name.into(), read_in: Containers::of_parameter(name) });
    for (complete, sinks) in [(true, &[][..]), (false, &[]), (true, &sinks), (false, &sinks)] {
        let found = extract::from_body(&Body { complete, sinks, ..body }, &key);
        assert!(found.candidates.len() <= limits::CANDIDATES);
        assert!(found.candidates.iter().all(|c| c.shown.chars().all(|char| !char.is_control())));
    }
}
