//! An answer looked for in a response. Input: the answer, a line with `--`, the response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::returned::{AnswerPrints, find};
use sortie_model::Reference;

fuzz_target!(|data: &[u8]| {
    let at = data.windows(4).position(|window| window == b"\n--\n").unwrap_or(data.len());
    let (answer, response) = (&data[..at], data.get(at + 4..).unwrap_or_default());
    let prints = AnswerPrints::of(answer, None);
    for returned in find(&[(Reference::local(1), prints)], response, None, None) {
        assert!(returned.bytes <= returned.of);
    }
});
