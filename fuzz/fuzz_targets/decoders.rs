//! What is undone before a text is read: codings of a body, and of a value. Input: a byte that chooses, then the
//! text.
#![no_main]

use libfuzzer_sys::fuzz_target;

const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "gzip, br"];

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    match CODINGS.get(usize::from(*choice) % (CODINGS.len() + 1)) {
        Some(coding) => sortie_fuzz::search(Some("application/json"), Some(coding), text),
        // Percent, base64, hexadecimal, entities, JSON and data URLs within each other.
        None => sortie_fuzz::search(Some("application/x-www-form-urlencoded"), None, &[b"url=", text].concat()),
    }
});
