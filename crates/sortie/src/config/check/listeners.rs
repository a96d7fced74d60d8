//! No two listeners want the same address.

use std::net::SocketAddr;

use crate::config::at::At;
use crate::config::problem::{Problem, Problems};
use crate::config::raw::{self, Raw};

/// Reports every listener that an earlier one keeps from binding.
pub(super) fn collide(raw: &Raw, problems: &mut Problems) {
    let mut taken: Vec<(SocketAddr, String, &At<String>)> = Vec::new();
    for (what, at) in listeners(raw) {
        let Ok(address) = at.value().parse::<SocketAddr>() else { continue };
        if let Some((_, whose, first)) = taken.iter().find(|(other, ..)| overlap(address, *other)) {
            problems.push(
                Problem::error(at.span(), format!("{what} and {whose} both listen on {address}"))
                    .remedy("give each listener a port of its own")
                    .and(first.span(), "here first"),
            );
        }
        taken.push((address, what, at));
    }
}

fn listeners(raw: &Raw) -> impl Iterator<Item = (String, &At<String>)> {
    let doors = raw.services.0.iter().flat_map(|(name, service)| {
        let raw::Service { inbound, outbound, .. } = service.value();
        let inbound = inbound.as_ref().and_then(|door| door.listen.as_ref());
        let outbound = outbound.as_ref().and_then(|door| door.listen.as_ref());
        let inbound = inbound.map(|at| (format!("{name}'s inbound door"), at));
        inbound.into_iter().chain(outbound.map(|at| (format!("{name}'s outbound door"), at)))
    });
    let admin = raw.admin.listen.iter().filter(|at| !at.value().starts_with("unix:"));
    doors.chain(admin.map(|at| ("the admin side".to_owned(), at)))
}

/// Port 0 asks the system for a free one. An unspecified address takes the port on all addresses of
/// its family, and `::` on those of IPv4 too.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    let covers = |all: SocketAddr, one: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4());
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || covers(a, b) || covers(b, a))
}
