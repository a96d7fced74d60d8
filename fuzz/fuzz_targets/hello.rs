//! The first bytes inside a tunnel.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = sortie_proxy::tls::read_hello(data);
});
