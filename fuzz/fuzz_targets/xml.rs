//! XML, HTML, SVG, XML-RPC and SOAP → candidates. Input: a byte that chooses the type, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

const TYPES: [&str; 4] = ["application/xml", "text/html", "image/svg+xml", "text/xml; charset=utf-16"];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    sortie_fuzz::search(Some(TYPES[usize::from(*choice) % TYPES.len()]), None, body);
});
