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
    for at in list {
        sink(at, &mut sinks, context, problems);
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

fn sink(at: &At<raw::Sink>, sinks: &mut Sinks, context: &Context<'_>, problems: &mut Problems) {
    let raw = at.value();
    let targets: Vec<_> = raw.allow.iter().map(|to| net::allow_target(to, problems)).collect();
    let until = raw.until.as_ref().and_then(|end| until(end, context, problems));
    let Some((service, scope)) = policy::place(&raw.at, context, problems) else { return };
    if raw.proven && scope.parameter.is_none() {
        problems.push(
            Problem::error(raw.at.span(), format!("'{}' is an endpoint, and only a place can be proven", raw.at))
                .remedy(format!("name the parameter too: '{} $.url'", raw.at)),
        );
    }
    warn_of_block(raw, &scope, problems);
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
    if let Some(mode) = &raw.mode {
        sinks.modes.push((service, scope, *mode.value()));
    }
}

/// `block` at a place that only traffic can prove stops nothing until it has.
fn warn_of_block(raw: &raw::Sink, scope: &Scope, problems: &mut Problems) {
    let Some(mode) = &raw.mode else { return };
    if *mode.value() == Mode::Block && !raw.proven && scope.parameter.is_some() {
        problems.push(
            Problem::warning(mode.span(), format!("block stands on '{}', which is not proven", raw.at)).remedy(
                "nothing but exact orders at a new endpoint is stopped here until it has obeyed 3 destinations; \
                 `sortie sinks` shows what it lacks; add proven: true if you know that the service dials what stands here",
            ),
        );
    }
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
