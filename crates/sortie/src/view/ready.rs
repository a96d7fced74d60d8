//! What to do when the program runs for the first time.

use std::net::SocketAddr;

use sortie_model::Mode;

use crate::admin::wire::{ServiceStatus, Status};
use crate::config::checked::{Config, Service};

/// The lines that `sortie run` prints once its doors listen. `status` says in what modes they do, which
/// need not be the configured ones; `admin` is how commands reach it:
/// `-c sortie.yaml`, or `--data DIR`.
pub fn ready(config: &Config, status: &Status, admin: &str) -> String {
    let mut lines = vec!["sortie is ready".to_owned()];
    for (name, service) in &config.services {
        lines.push(String::new());
        let now = status.services.iter().find(|now| *now.name == *name.0);
        lines.extend(of(&name.0, service, now));
    }
    let with = if admin.is_empty() { String::new() } else { format!(" {admin}") };
    lines.push(String::new());
    lines.push("see what it found, and why it may find nothing:".to_owned());
    lines.push(format!("  sortie findings{with}"));
    lines.push(format!("  sortie status{with}"));
    lines.push(String::new());
    lines.join("\n")
}

fn of(name: &str, service: &Service, now: Option<&ServiceStatus>) -> Vec<String> {
    // Where a port was left to the system, the status knows it.
    let bound = |listen: fn(&ServiceStatus) -> &str| now.and_then(|now| listen(now).parse().ok());
    let inbound: SocketAddr = bound(|now| &now.inbound.listen).unwrap_or(service.inbound.listen);
    let outbound: SocketAddr = bound(|now| &now.outbound.listen).unwrap_or(service.outbound.listen);
    let mode = mode(service.policy.mode, now);
    let user = service.outbound.guard.credentials.as_ref().map(|given| format!("{}:PASSWORD@", given.user));
    let proxy = format!("http://{}{}", user.unwrap_or_default(), reachable(outbound));
    vec![
        format!("{name}  {inbound} -> {}  outbound {outbound}  mode {mode}", service.inbound.upstream),
        "  let the back end dial through the outbound door; NO_PROXY empty, so that internal calls pass it too:"
            .to_owned(),
        format!("    HTTP_PROXY={proxy} HTTPS_PROXY={proxy} NO_PROXY="),
        format!("    http_proxy={proxy} https_proxy={proxy} no_proxy="),
        "  and let clients come in through the inbound door:".to_owned(),
        format!("    curl -i http://{}/", reachable(inbound)),
    ]
}

/// `observe`, or what stands in its place since `sortie mode` or `sortie off`.
fn mode(configured: Mode, now: Option<&ServiceStatus>) -> String {
    let Some(now) = now else { return configured.to_string() };
    let off = if now.off { "  OFF, by `sortie off`" } else { "" };
    if now.mode == configured {
        format!("{configured}{off}")
    } else {
        format!("{}, by `sortie mode` (configured: {configured}){off}", now.mode)
    }
}

/// An address that can be connected to: 0.0.0.0 and :: stand for all of them.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let mut reachable = listen;
    if listen.ip().is_unspecified() {
        reachable.set_ip(if listen.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    reachable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, from_flags};

    #[test]
    fn says_what_to_do_next() {
        let flags = Flags {
            listen: "0.0.0.0:8080".into(),
            upstream: "http://127.0.0.1:5000".into(),
            egress: "127.0.0.1:3128".into(),
            mode: None,
            data: None,
        };
        let config = from_flags(flags, sortie_model::Micros(0)).unwrap().config;
        insta::assert_snapshot!(ready(&config, &Status::default(), "--data ./sortie-data"));
        let now = ServiceStatus { name: "app".into(), mode: Mode::Block, off: true, ..ServiceStatus::default() };
        let shown = ready(&config, &Status { services: vec![now], ..Status::default() }, "");
        let expected = "mode block, by `sortie mode` (configured: observe)  OFF, by `sortie off`\n";
        assert!(shown.contains(expected), "{shown}");
    }
}
