//! What may be dialled: the part that all services share, and each service's own policy.

use sortie_model::policy::{Allow, Locality, Policy, Scope};
use sortie_model::{AddressBook, AddressClass, Mode, ServiceName};

use super::sink::Sinks;
use super::{Context, addresses, net, sink};
use crate::config::at::At;
use crate::config::problem::{Problem, Problems};
use crate::config::raw::{self, InternalCredentials, Raw};
use crate::config::word::Word;

/// What all services have in common, and what belongs to one of them.
pub(super) struct Shared {
    base: Policy,
    sinks: Sinks,
    /// Allow entries at a sink of one service.
    placed: Vec<(ServiceName, Allow)>,
}

impl Shared {
    /// The policy of one service.
    pub(super) fn policy_of(&self, service: &ServiceName, mode: Mode, locality: Locality) -> Policy {
        let mine = |name: &ServiceName| name == service;
        let mut policy = Policy { mode, locality, ..self.base.clone() };
        policy.allow.extend(self.placed.iter().filter(|(name, _)| mine(name)).map(|(_, allow)| allow.clone()));
        policy.allow.extend(self.sinks.allow.iter().filter(|(name, _)| mine(name)).map(|(_, allow)| allow.clone()));
        policy.proven =
            self.sinks.proven.iter().filter(|(name, _)| mine(name)).map(|(_, scope)| scope.clone()).collect();
        policy.scopes = self
            .sinks
            .modes
            .iter()
            .filter(|(name, ..)| mine(name))
            .map(|(_, scope, mode)| (scope.clone(), *mode))
            .collect();
        // The most specific first: a place before its endpoint, an endpoint with its method before one without.
        policy.scopes.sort_by_key(|(scope, _)| (scope.parameter.is_none(), scope.method.is_none()));
        policy
    }
}

/// Checks `policy`, `addresses` and `sinks`.
pub(super) fn shared(raw: &Raw, context: &Context<'_>, problems: &mut Problems) -> Shared {
    let ordered = &raw.policy.ordered;
    let addresses = addresses::book(&raw.addresses, problems);
    let mut base = base(raw, addresses);
    let mut placed = Vec::new();
    for at in &ordered.allow {
        match allow(at, context, problems) {
            Some((Some(service), entry)) => placed.push((service, entry)),
            Some((None, entry)) => base.allow.push(entry),
            None => {}
        }
    }
    Shared { base, sinks: sink::sinks(&raw.sinks, context, problems), placed }
}

fn base(raw: &Raw, addresses: AddressBook) -> Policy {
    let raw::Policy { ordered, own: _, cold_start, hidden_hops } = &raw.policy;
    let default = Policy::default();
    // Words that are none are reported, and the configuration is not used.
    let denied = |words: &Vec<Word<AddressClass>>| words.iter().filter_map(|word| word.known()).collect();
    Policy {
        deny: ordered.deny.as_ref().map_or(default.deny, denied),
        allow_ports: ordered.allow_ports.clone().unwrap_or(default.allow_ports),
        ports: ordered.ports.known().unwrap_or_default(),
        deny_internal_credentials: ordered.internal_credentials.known() != Some(InternalCredentials::Allow),
        cold_start: cold_start.known().unwrap_or_default(),
        hidden_hops: hidden_hops.known().unwrap_or_default(),
        addresses,
        ..Policy::default()
    }
}

/// An entry, and the service whose sink it names.
fn allow(at: &At<raw::Allow>, context: &Context<'_>, problems: &mut Problems) -> Option<(Option<ServiceName>, Allow)> {
    let raw = at.value();
    let to = net::allow_target(&raw.to, problems);
    let until = raw.until.as_ref().and_then(|until| sink::until(until, context, problems));
    reason(at.span(), Some(&raw.reason), problems);
    let (service, scope) = match &raw.sink {
        None => (None, None),
        Some(sink) => {
            let (service, scope) = place(sink, context, problems)?;
            (Some(service), Some(scope))
        }
    };
    let entry = Allow {
        sink: scope,
        actor: raw.actor.clone(),
        to: to?,
        ports: raw.ports.clone(),
        until,
        reason: raw.reason.clone(),
    };
    Some((service, entry))
}

/// An endpoint or a place, and whose it is.
pub(super) fn place(at: &At<String>, context: &Context<'_>, problems: &mut Problems) -> Option<(ServiceName, Scope)> {
    const REMEDY: &str =
        "expected something like '/v1/hooks $.url' or 'POST /v1/hooks', or with the service: 'shop /v1/hooks $.url'";
    let target: crate::config::Target = problems.read(at, at.value().parse(), REMEDY)?;
    let service = context.service_of(at, &target, problems)?;
    if target.scope.is_none() {
        problems.push(Problem::error(at.span(), format!("'{at}' names no endpoint")).remedy(REMEDY));
    }
    Some((service, target.scope?))
}

/// A reason that a later reader can use.
pub(super) fn reason(span: Option<crate::config::at::Span>, reason: Option<&str>, problems: &mut Problems) {
    if reason.is_none_or(|reason| reason.trim().is_empty()) {
        problems.push(
            Problem::error(span, "an exception has no reason")
                .remedy("say in 'reason' who needs it and what for, so that it can be struck one day"),
        );
    }
}
