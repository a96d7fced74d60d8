//! What a change of mode means.

use std::sync::Arc;

use sortie_engine::learned::{Learned, SinkKey};
use sortie_model::policy::Scope;
use sortie_model::{AddressClass, Endpoint, Method, Mode, Place, Policy, ServiceName};

use super::sinks::proof_of;
use crate::admin::wire::{ReviewRow, ScopeMode};

/// The mode of a scope, or of the whole service.
pub(super) fn mode_of(policy: &Policy, scope: Option<&Scope>) -> Mode {
    let Some(scope) = scope else { return policy.mode };
    let method = scope.method.clone().unwrap_or(Method::Post);
    let endpoint = Endpoint { method, host: None, template: Arc::clone(&scope.template) };
    let place = scope.parameter.as_ref().map(|parameter| Place::new(&scope.template, Arc::clone(parameter)));
    policy.mode_at(&endpoint, place.as_ref())
}

/// What of a service stays stricter than the mode that it has now, scope by scope: those have modes of
/// their own.
pub(super) fn stricter(policy: &Policy) -> Vec<ScopeMode> {
    let of_scope = |(scope, _): &(Scope, Mode)| (scope.to_string(), mode_of(policy, Some(scope)));
    let modes = policy.scopes.iter().map(of_scope).filter(|&(_, mode)| mode > policy.mode);
    let mut stricter: Vec<ScopeMode> = modes.map(|(at, mode)| ScopeMode { at, mode }).collect();
    stricter.dedup();
    stricter
}

pub(super) fn note_of(learned: &Learned, policy: &Policy, scope: Option<&Scope>, mode: Mode) -> Option<String> {
    if mode != Mode::Block {
        return None;
    }
    let is_meant = |key: &SinkKey| {
        scope.is_none_or(|scope| {
            scope.template == key.place.template
                && scope.parameter.as_ref().is_none_or(|parameter| *parameter == key.place.parameter)
        })
    };
    let is_proven = learned.sinks.iter().any(|(key, sink)| is_meant(key) && proof_of(key, sink, policy).is_some());
    (!is_proven).then(|| {
        "no sink is proven there yet: only exact orders at new endpoints are stopped (cold_start); see 'sortie sinks'".to_owned()
    })
}

pub(super) fn review(service: &ServiceName, learned: &Learned) -> Vec<ReviewRow> {
    learned
        .destinations
        .iter()
        .filter(|(_, stats)| stats.own_class.is_some() && stats.provisional && stats.class != AddressClass::Public)
        .map(|(destination, stats)| ReviewRow {
            service: service.to_string(),
            destination: destination.to_string(),
            class: stats.class,
            first_seen: stats.first.rfc3339(),
            dials: stats.own.round() as u64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_stay_stricter_where_nothing_relaxed_them() {
        let scope = |text: &str, mode| (text.parse::<Scope>().unwrap(), mode);
        let policy = Policy {
            mode: Mode::Shadow,
            scopes: vec![
                scope("/v1/import", Mode::Observe),
                scope("POST /v1/hooks $.url", Mode::Block),
                scope("/v1/import $.url", Mode::Block),
                scope("GET /v1/feed", Mode::Shadow),
            ],
            ..Policy::default()
        };
        // At `/v1/import` the operator's word hides what the file says of a place there.
        assert_eq!(stricter(&policy), [ScopeMode { at: "POST /v1/hooks $.url".into(), mode: Mode::Block }]);
    }
}
