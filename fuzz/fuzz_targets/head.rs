//! The head of a request → template and candidates. Input: the target, then header lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::extract::{self, Head};
use sortie_model::{Key, limits};

fuzz_target!(|data: &[u8]| {
    let key = Key::new(&[1; Key::LENGTH]);
    let mut lines = data.split(|byte| *byte == b'\n');
    let Some(target) = lines.next().and_then(|line| std::str::from_utf8(line).ok()) else { return };
    let fields: Vec<(&str, &[u8])> = lines
        .take(limits::HEAD_FIELDS)
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
        })
        .collect();
    let template = extract::template(target);
    assert!(template.starts_with('/'), "{template}");
    let found = extract::from_head(&Head { target, fields: &fields, sinks: &[] }, &key);
    assert!(found.candidates.len() <= limits::CANDIDATES);
});
