//! What real URL parsers make of a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::readings::{Parser, Readings};

fuzz_target!(|text: &str| {
    let read = Parser::ALL.into_iter().filter(|parser| parser.read(text).host().is_some()).count();
    assert!(Readings::of(text).hosts().len() <= read);
});
