//! Forms in several parts → candidates. Input: the parameters of the type, a line break, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let Some(Ok(parameters)) = parts.next().map(std::str::from_utf8) else { return };
    let content_type = format!("multipart/form-data{parameters}");
    sortie_fuzz::search(Some(&content_type), None, parts.next().unwrap_or_default());
});
