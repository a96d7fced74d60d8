//! What to do when the program runs for the first time.

use std::net::SocketAddr;

use crate::config::checked::{Config, Service};

/// The lines that `sortie run` prints once its doors listen. `admin` is how commands reach it:
/// `-c sortie.yaml`, or `--data DIR`.
pub fn ready(config: &Config, admin: &str) -> String {
    let mut lines = vec!["sortie is ready".to_owned()];
    for (name, service) in &config.services {
        lines.push(String::new());
        lines.extend(of(&name.0, service));
    }
    let with = if admin.is_empty() { String::new() } else { format!(" {admin}") };
    lines.push(String::new());
    lines.push("see what it found, and why it may find nothing:".to_owned());
    lines.push(format!("  sortie findings{with}"));
    lines.push(format!("  sortie status{with}"));
    lines.push(String::new());
    lines.join("\n")
}

fn of(name: &str, service: &Service) -> Vec<String> {
    let (inbound, outbound) = (service.inbound.listen, service.outbound.listen);
    let mode = service.policy.mode;
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
        insta::assert_snapshot!(ready(&config, "--data ./sortie-data"));
    }
}
