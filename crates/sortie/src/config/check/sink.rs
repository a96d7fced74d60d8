//! What the operator knows about places.

use sortie_model::policy::{Allow, Scope};
use sortie_model::{Micros, Mode, ServiceName};

use super::{Context, net, policy};
use crate::config::at::At;
use crate::config::problem::{Problem, Problems};
use crate::config::raw;

/// The sinks' entries, by what they say.
#[derive(Default)]
pub(super) struct Sinks {
    pub(super) proven: Vec<(ServiceName, Scope)>,
    pub(super) modes: Vec<(ServiceName, Scope, Mode)>,
    pub(super) allow: Vec<(ServiceName, Allow)>,
}

/// Checks all entries.
pub(super) fn sinks(list: &[At<raw::Sink>], context: &Context<'_>, problems: &mut Problems) -> Sinks {
    let mut sinks = Sinks::default();
    let mut placed = Vec::new();
    for at in list {
        placed.extend(sink(at, &mut sinks, context, problems).map(|(service, scope)| (at.value(), service, scope)));
    }
    // One entry may set a mode for what another proves.
    for (raw, service, scope) in placed {
        warn_of_block(raw, &service, &scope, &sinks.proven, problems);
    }
    sinks
}

/// When an entry ends. One that has ended already is a warning.
pub(super) fn until(at: &At<String>, context: &Context<'_>, problems: &mut Problems) -> Option<Micros> {
    let time = Micros::parse_rfc3339(at.value()).ok_or_else(|| format!("'{at}' is no date or time in UTC"));
    let time = problems.read(at, time, "expected something like 2027-01-01 or 2027-01-01T12:00:00Z")?;
    if time <= context.now {
        problems.push(
            Problem::warning(at.span(), format!("this exception ended on {at}"))
                .remedy("strike it, or give it a later end"),
        );
    }
    Some(time)
}

/// Checks one entry, and says where it stands.
fn sink(
    at: &At<raw::Sink>,
    sinks: &mut Sinks,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<(ServiceName, Scope)> {
    let raw = at.value();
    let targets: Vec<_> = raw.allow.iter().map(|to| net::allow_target(to, problems)).collect();
    let until = raw.until.as_ref().and_then(|end| until(end, context, problems));
    let (service, scope) = policy::place(&raw.at, context, problems)?;
    if raw.proven && scope.parameter.is_none() {
        problems.push(
            Problem::error(raw.at.span(), format!("'{}' is an endpoint, and only a place can be proven", raw.at))
                .remedy(format!("name the parameter too: '{} $.url'", raw.at)),
        );
    }
    warn_of_nothing(at, problems);
    if !raw.allow.is_empty() {
        policy::reason(at.span(), raw.reason.as_deref(), problems);
    }
    let allow = targets.into_iter().flatten().map(|to| Allow {
        sink: Some(scope.clone()),
        actor: None,
        to,
        ports: raw.ports.clone(),
        until,
        reason: raw.reason.clone().unwrap_or_default(),
    });
    sinks.allow.extend(allow.map(|allow| (service.clone(), allow)));
    if raw.proven {
        sinks.proven.push((service.clone(), scope.clone()));
    }
    if let Some(mode) = raw.mode.as_ref().and_then(|mode| mode.value().known()) {
        sinks.modes.push((service.clone(), scope.clone(), mode));
    }
    Some((service, scope))
}

/// `block` where only traffic can prove a sink stops nothing until it has.
fn warn_of_block(
    raw: &raw::Sink,
    service: &ServiceName,
    scope: &Scope,
    proven: &[(ServiceName, Scope)],
    problems: &mut Problems,
) {
    let Some(mode) = raw.mode.as_ref().filter(|mode| mode.value().known() == Some(Mode::Block)) else { return };
    let is_meant = |proven: &Scope| {
        proven.template == scope.template && (scope.parameter.is_none() || proven.parameter == scope.parameter)
    };
    if proven.iter().any(|(name, scope)| name == service && is_meant(scope)) {
        return;
    }
    let problem = match scope.parameter {
        Some(_) => Problem::warning(mode.span(), format!("block stands on '{}', which is not proven", raw.at)).remedy(
            "nothing but exact orders at a new endpoint is stopped here until it has obeyed 3 destinations; \
             `sortie sinks` shows what it lacks; add proven: true if you know that the service dials what stands here",
        ),
        None => {
            Problem::warning(mode.span(), format!("block stands on '{}', and no place of it is proven", raw.at)).remedy(
                format!(
                    "nothing but exact orders is stopped here, while the endpoint is new, until a place of it has obeyed 3 \
                     destinations; `sortie sinks` shows what each lacks; add an entry for the parameter if you know that the \
                     service dials it: '{} $.url' with proven: true",
                    raw.at
                ),
            )
        }
    };
    problems.push(problem);
}

fn warn_of_nothing(at: &At<raw::Sink>, problems: &mut Problems) {
    let raw = at.value();
    if !raw.proven && raw.mode.is_none() && raw.allow.is_empty() {
        problems.push(
            Problem::warning(at.span(), format!("the entry for '{}' says nothing", raw.at))
                .remedy("add proven: true, a mode or an allow list, or strike it"),
        );
    }
}
