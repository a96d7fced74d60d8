//! Hosts and addresses in every notation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_model::address::{Naming, inet_aton, ipv_future, loose_v4};
use sortie_model::{AddressClass, Host};

fuzz_target!(|text: &str| {
    let host = Host::parse(text);
    if let Host::Ip(address) = &host {
        let _ = AddressClass::of(*address);
        assert_eq!(Host::parse(&host.to_string()), host);
    }
    let _ = (Naming::of(text), ipv_future(text));
    if let Some(address) = inet_aton(text) {
        assert_eq!(loose_v4(text), None);
        assert_eq!(inet_aton(&address.to_string()), Some(address));
    }
});
