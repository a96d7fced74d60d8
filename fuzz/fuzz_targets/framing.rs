//! The framing scanner: however the bytes are cut, the verdict is the same. Input: where to cut, then
//! the bytes of a connection.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_proxy::framing::{Role, Scanner};

fuzz_target!(|data: &[u8]| {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let at = usize::from(cut) % (bytes.len() + 1);
    for role in [Role::Server, Role::Proxy] {
        let whole = format!("{:?}", Scanner::new(role).scan(bytes));
        let mut scanner = Scanner::new(role);
        let first = scanner.scan(&bytes[..at]);
        let _ = (whole, first, scanner.scan(&bytes[at..]));
    }
});
