//! A body → candidates. Input: content type, content coding, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::extract::{self, Body, ProvenSink};
use sortie_model::{Containers, Key, limits};

fuzz_target!(|data: &[u8]| {
    let key = Key::new(&[1; Key::LENGTH]);
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok()).filter(|text| !text.is_empty());
    let (content_type, content_encoding) = (text(), text());
    let bytes = parts.next().unwrap_or_default();
    let body = Body { content_type, content_encoding, bytes, complete: false, sinks: &[] };
    let begun = extract::from_beginning(&body, &key);
    assert!(begun.candidates.len() <= limits::CANDIDATES);
    // Of each kind one, so that a body is read in every way.
    let sinks = ["a.url", "html:resource", "xml:a.url", "text:url", "graphql:a.url", "rpc:a.url"];
    let sinks = sinks.map(|name| ProvenSink { parameter: name.into(), read_in: Containers::of_parameter(name) });
    for (complete, sinks) in [(true, &[][..]), (false, &[]), (true, &sinks), (false, &sinks)] {
        let found = extract::from_body(&Body { complete, sinks, ..body }, &key);
        assert!(found.candidates.len() <= limits::CANDIDATES);
        assert!(found.candidates.iter().all(|c| c.shown.chars().all(|char| !char.is_control())));
    }
});
