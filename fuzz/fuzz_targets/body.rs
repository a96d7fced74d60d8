//! A body → candidates. Input: content type, content coding, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok()).filter(|text| !text.is_empty());
    let (content_type, content_encoding) = (text(), text());
    sortie_fuzz::search(content_type, content_encoding, parts.next().unwrap_or_default());
});
