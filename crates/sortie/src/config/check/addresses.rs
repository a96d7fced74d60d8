//! Corrections of the address registries.

use ipnet::IpNet;
use sortie_model::policy::AllowTarget;
use sortie_model::{AddressBook, AddressClass};

use super::net;
use crate::config::at::At;
use crate::config::problem::{Problem, Problems};
use crate::config::raw;

/// Networks that `addresses.public` never overrides, with the word for them.
const FIXED: &[(&str, &str)] = &[
    ("127.0.0.0/8", "loopback"),
    ("0.0.0.0/8", "loopback"),
    ("::1/128", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("fe80::/10", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("ff00::/8", "multicast"),
];

/// Checks `addresses`.
pub(super) fn book(raw: &raw::Addresses, problems: &mut Problems) -> AddressBook {
    let mut book = AddressBook::default();
    for at in &raw.public {
        let Some(net) = net::network(at, problems) else { continue };
        warn_of_fixed(at, net, problems);
        book.public.push(net);
    }
    for at in &raw.internal {
        match net::allow_target(at, problems) {
            Some(AllowTarget::Net(net)) => book.internal.push(net),
            Some(AllowTarget::Name(pattern)) => book.internal_names.push(pattern),
            None => {}
        }
    }
    book
}

fn warn_of_fixed(at: &At<String>, net: IpNet, problems: &mut Problems) {
    let Some(word) = fixed_part(net) else { return };
    problems.push(
        Problem::warning(at.span(), format!("'{at}' covers {word} addresses, and has no effect on them")).remedy(
            "loopback, link-local, metadata and multicast stay what they are; use policy.ordered.allow for an order",
        ),
    );
}

/// The word for what of a network cannot be made public.
fn fixed_part(net: IpNet) -> Option<&'static str> {
    if AddressClass::of(net.addr()) == AddressClass::Metadata {
        return Some("metadata");
    }
    let overlaps = |other: IpNet| net.contains(&other) || other.contains(&net);
    FIXED.iter().find(|(text, _)| text.parse().is_ok_and(overlaps)).map(|&(_, word)| word)
}
