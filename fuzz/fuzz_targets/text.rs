//! What a text says by itself: as a URL, a host, an address, and any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::text::{Text, Verdict};

fuzz_target!(|text: &str| {
    for read in [Text::of_url, Text::of_host, Text::of_address, Text::of_prose] {
        let verdict = Verdict::of(&read(text));
        assert!(!verdict.is_attack() || !verdict.reasons.is_empty());
    }
});
