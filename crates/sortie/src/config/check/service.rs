//! The services and their doors.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use sortie_model::policy::Locality;
use sortie_model::{Mode, Policy, ServiceName};

use super::policy::Shared;
use super::{Context, net};
use crate::config::at::At;
use crate::config::checked::{Credentials, Guard, Inbound, Outbound, Service};
use crate::config::problem::{Problem, Problems};
use crate::config::raw::{self, Raw};
use crate::config::target::service_name;

/// Connections of a door where the file does not say.
const MAX_CONNECTIONS: u32 = 10_000;

/// All services; `None` where one of them has an error.
pub(super) fn services(
    raw: &Raw,
    shared: &Shared,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<ServiceName, Service>> {
    // Every service is looked at, also behind one that has an error.
    let checked: Vec<_> =
        raw.services.0.iter().map(|(name, at)| service(name.value(), at, shared, context, problems)).collect();
    checked.into_iter().collect()
}

fn service(
    name: &str,
    at: &At<raw::Service>,
    shared: &Shared,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<(ServiceName, Service)> {
    let raw = at.value();
    let inbound = raw.inbound.as_ref().and_then(|raw| inbound(raw, problems));
    let outbound = raw.outbound.as_ref().and_then(|raw| outbound(raw, context, problems));
    let name = service_name(name).ok()?;
    let mode = raw.mode.as_ref().map_or(Some(Mode::Observe), |mode| mode.value().known())?;
    let own = net::destinations(&raw.outbound.as_ref()?.own, problems);
    let policy = Policy { own, ..shared.policy_of(&name, mode, raw.outbound.as_ref()?.locality.known()?) };
    if mode == Mode::Block && policy.proven.is_empty() {
        let span = raw.mode.as_ref().and_then(At::span);
        problems.push(unproven(span, &name));
    }
    Some((name, Service { inbound: inbound?, outbound: outbound?, policy }))
}

fn unproven(span: Option<crate::config::at::Span>, name: &ServiceName) -> Problem {
    Problem::warning(span, format!("block stands at {name}, and no sink of it is proven by this file")).remedy(
        "until traffic has proven a sink, only exact orders at new endpoints are stopped (cold_start); \
             observe first, or name what you know under 'sinks' with proven: true; `sortie sinks` shows what is proven",
    )
}

fn inbound(raw: &raw::Inbound, problems: &mut Problems) -> Option<Inbound> {
    let listen = raw.listen.as_ref().and_then(|at| net::listen(at, problems));
    let upstream = raw.upstream.as_ref().and_then(|at| net::upstream(at, problems));
    let trusted_proxies = net::networks(&raw.trusted_proxies, problems);
    let hosts = raw.hosts.iter().filter_map(|at| host(at, problems)).collect();
    let max_connections = connections(raw.max_connections.as_ref(), problems);
    let (listen, upstream) = (listen?, upstream?);
    if upstream.0.host.as_ip() == Some(listen.ip()) && upstream.0.port == listen.port() {
        problems.push(
            Problem::error(
                raw.upstream.as_ref()?.span(),
                format!("the upstream {upstream} is the inbound door itself"),
            )
            .remedy("give the door an address of its own, and let clients connect to that"),
        );
        return None;
    }
    Some(Inbound { listen, upstream, trusted_proxies, hosts, max_connections })
}

fn host(at: &At<String>, problems: &mut Problems) -> Option<Arc<str>> {
    let name = at.value().to_ascii_lowercase();
    let is_host = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:[]".contains(&b));
    if !is_host {
        problems.push(
            Problem::error(at.span(), format!("'{at}' is no host")).remedy("expected a name such as api.example"),
        );
    }
    is_host.then(|| Arc::from(name))
}

fn outbound(raw: &raw::Outbound, context: &Context<'_>, problems: &mut Problems) -> Option<Outbound> {
    let listen = raw.listen.as_ref().and_then(|at| net::listen(at, problems));
    let guard = Guard {
        sources: net::networks(&raw.sources, problems),
        credentials: raw.credentials.as_ref().and_then(|at| credentials(at.value(), context, problems)),
    };
    let max_connections = connections(raw.max_connections.as_ref(), problems);
    let listen = listen?;
    let is_guarded = !raw.sources.is_empty() || raw.credentials.is_some();
    if !listen.ip().is_loopback() && !is_guarded {
        problems.push(open_proxy(raw.listen.as_ref()?, listen));
        return None;
    }
    if listen.ip().is_loopback() && raw.locality.known() == Some(Locality::Remote) {
        problems.push(
            Problem::warning(raw.listen.as_ref()?.span(), format!("a remote back end cannot reach {listen}"))
                .remedy("listen on an address it reaches and name 'sources', or leave locality at same-host"),
        );
    }
    Some(Outbound { listen, guard, max_connections })
}

fn open_proxy(at: &At<String>, listen: SocketAddr) -> Problem {
    Problem::error(at.span(), format!("an outbound door at {listen} would be an open proxy")).remedy(
        "listen on 127.0.0.1, or name who may use it: sources: [10.1.0.0/16], or credentials: {user, password_file}",
    )
}

fn credentials(raw: &raw::Credentials, context: &Context<'_>, problems: &mut Problems) -> Option<Credentials> {
    let user = raw.user.value();
    if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
        problems.push(
            Problem::error(raw.user.span(), "the proxy user's name is empty or holds a colon (RFC 7617)")
                .remedy("choose another name"),
        );
        return None;
    }
    Some(Credentials { user: user.clone(), password_file: context.path(&raw.password_file) })
}

fn connections(at: Option<&At<u32>>, problems: &mut Problems) -> usize {
    let Some(at) = at else { return MAX_CONNECTIONS as usize };
    if *at.value() == 0 {
        problems.push(
            Problem::error(at.span(), "a door without connections lets nobody in")
                .remedy("expected max_connections of at least 1"),
        );
    }
    *at.value() as usize
}
