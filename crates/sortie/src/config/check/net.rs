//! Networks, listeners and upstreams as the file writes them.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use sortie_model::policy::AllowTarget;
use sortie_model::{Destination, Host};

use crate::config::at::At;
use crate::config::checked::Upstream;
use crate::config::problem::{Problem, Problems};

/// A network, or one address as a network of its own; host bits are a warning.
pub(super) fn network(at: &At<String>, problems: &mut Problems) -> Option<IpNet> {
    match parse_network(at.value()) {
        Some(net) if net.trunc() == net => Some(net),
        Some(net) => {
            let meant = net.trunc();
            problems.push(
                Problem::warning(at.span(), format!("'{at}' has bits outside its prefix"))
                    .remedy(format!("it is read as {meant}; write that, or a longer prefix")),
            );
            Some(meant)
        }
        None => {
            problems.push(
                Problem::error(at.span(), format!("'{at}' is no network or address"))
                    .remedy("expected something like 10.9.0.0/16, 10.9.1.2 or fd00::/8"),
            );
            None
        }
    }
}

/// Several networks.
pub(super) fn networks(list: &[At<String>], problems: &mut Problems) -> Vec<IpNet> {
    list.iter().filter_map(|at| network(at, problems)).collect()
}

/// Hosts with their ports.
pub(super) fn destinations(list: &[At<String>], problems: &mut Problems) -> Vec<Destination> {
    let remedy = "name the host as the back end does, with its port: 169.254.169.254:80";
    list.iter().filter_map(|at| problems.read(at, at.value().parse(), remedy)).collect()
}

/// A network, an address, a name or `*.name`.
pub(super) fn allow_target(at: &At<String>, problems: &mut Problems) -> Option<AllowTarget> {
    // A name has a letter in its last label, so nothing with a slash or a colon can be one.
    let is_address = at.value().contains(['/', ':']) || at.value().parse::<IpAddr>().is_ok();
    if is_address {
        return network(at, problems).map(AllowTarget::Net);
    }
    let remedy = "expected a network, an address, a name, or '*.' and a name";
    problems.read(at, at.value().parse(), remedy).map(AllowTarget::Name)
}

/// An address and port to listen on.
pub(super) fn listen(at: &At<String>, problems: &mut Problems) -> Option<SocketAddr> {
    let address = at.value().parse::<SocketAddr>().map_err(|_| format!("'{at}' is no address with a port"));
    problems.read(at, address, "expected something like 127.0.0.1:8080 or [::1]:8080")
}

/// A back end: `http://host:port`, and nothing more.
pub(super) fn upstream(at: &At<String>, problems: &mut Problems) -> Option<Upstream> {
    const REMEDY: &str = "expected something like http://127.0.0.1:5000";
    let parsed = url::Url::parse(at.value()).map_err(|error| format!("'{at}' is no URL: {error}"));
    let url = problems.read(at, parsed, REMEDY)?;
    let fault = if url.scheme() != "http" {
        Some(format!("the upstream's scheme is '{}', and only 'http' is spoken to it", url.scheme()))
    } else if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        Some(format!("the upstream '{at}' has a path, and requests keep their own"))
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("the upstream holds a user name, and requests keep their own credentials".to_owned())
    } else {
        None
    };
    if let Some(fault) = fault {
        problems.push(Problem::error(at.span(), fault).remedy(REMEDY));
        return None;
    }
    let host = Host::parse(url.host_str()?);
    Some(Upstream(Destination::new(host, url.port_or_known_default()?)))
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
