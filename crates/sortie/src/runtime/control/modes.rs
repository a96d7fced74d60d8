//! What a change of mode means.

use std::sync::Arc;

use sortie_engine::learned::{Learned, SinkKey};
use sortie_model::policy::Scope;
use sortie_model::{AddressClass, Endpoint, Method, Mode, Place, Policy, ServiceName};

use super::sinks::proof_of;
use crate::admin::wire::{ReviewRow, ScopeMode, Setting};
use crate::runtime::Overrides;

/// The modes of one service: those of the file, and the operator's above them.
pub(super) struct Modes<'a> {
    service: &'a ServiceName,
    configured: &'a Policy,
    overrides: &'a Overrides,
    in_force: Policy,
}

impl<'a> Modes<'a> {
    pub(super) fn new(service: &'a ServiceName, configured: &'a Policy, overrides: &'a Overrides) -> Self {
        Self { service, configured, overrides, in_force: overrides.apply(service, configured) }
    }

    pub(super) fn in_force(&self) -> &Policy {
        &self.in_force
    }

    /// The mode that stands at a scope, or in the whole service.
    pub(super) fn at(&self, scope: Option<&Scope>) -> Mode {
        mode_of(&self.in_force, scope)
    }

    /// The mode that the file says.
    pub(super) fn of_file(&self, scope: Option<&Scope>) -> Mode {
        mode_of(self.configured, scope)
    }

    /// Every scope that the file or the operator names, once.
    pub(super) fn scopes(&self) -> Vec<&Scope> {
        let mut scopes: Vec<&Scope> = Vec::new();
        for (scope, _) in &self.in_force.scopes {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    /// Scopes inside another, or inside the whole service, with the modes that stand there.
    pub(super) fn inside(&self, outer: Option<&Scope>) -> Vec<ScopeMode> {
        let around = self.at(outer);
        let inside = |scope: &&Scope| outer.is_none_or(|outer| outer != *scope && holds(outer, scope));
        let row = |scope: &Scope| {
            let mode = self.at(Some(scope));
            let align = (mode != around).then(|| self.aligning(Some(scope), around));
            ScopeMode { at: scope.to_string(), mode, align }
        };
        self.scopes().into_iter().filter(inside).map(row).collect()
    }

    /// What to ask for at a scope so that the file counts there.
    pub(super) fn back_to_file(&self, scope: Option<&Scope>) -> Setting {
        match self.overrides.setting_of(self.service, scope) {
            Setting::Own(_) => Setting::Inherit,
            // Another scope's word hides the file's.
            Setting::Inherit => Setting::Own(self.of_file(scope)),
        }
    }

    /// What to ask for at a scope so that a mode stands there: where the operator's own word is all that
    /// keeps it away, that goes.
    pub(super) fn aligning(&self, scope: Option<&Scope>, wanted: Mode) -> Setting {
        let mut without = self.overrides.clone();
        let had = without.set_mode(self.service, scope, Setting::Inherit);
        let is_enough = mode_of(&without.apply(self.service, self.configured), scope) == wanted;
        if had != Setting::Inherit && is_enough { Setting::Inherit } else { Setting::Own(wanted) }
    }
}

/// The mode of a scope, or of the whole service. An endpoint of any method has the mode of those methods
/// that nothing else is said of.
fn mode_of(policy: &Policy, scope: Option<&Scope>) -> Mode {
    let Some(scope) = scope else { return policy.mode };
    let place = scope.parameter.as_ref().map(|parameter| Place::new(&scope.template, Arc::clone(parameter)));
    let any = if place.is_some() { Method::Post } else { Method::Other(Arc::from("")) };
    let method = scope.method.clone().unwrap_or(any);
    let endpoint = Endpoint { method, host: None, template: Arc::clone(&scope.template) };
    policy.mode_at(&endpoint, place.as_ref())
}

/// Whether a scope lies within an endpoint.
fn holds(outer: &Scope, inner: &Scope) -> bool {
    let method_fits = outer.method.is_none() || inner.parameter.is_some() || outer.method == inner.method;
    outer.parameter.is_none() && outer.template == inner.template && method_fits
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

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    fn row(at: &str, mode: Mode, align: Option<Setting>) -> ScopeMode {
        ScopeMode { at: at.into(), mode, align }
    }

    #[test]
    fn scopes_that_stay_apart_are_told_with_what_aligns_them() {
        let service = ServiceName::from("shop");
        let of_file = vec![
            (scope("/v1/import $.url"), Mode::Block),
            (scope("/v1/hooks $.url"), Mode::Block),
            (scope("GET /v1/feed"), Mode::Shadow),
        ];
        let configured = Policy { scopes: of_file, ..Policy::default() };
        let mut overrides = Overrides::default();
        for (at, mode) in [("/v1/import", Mode::Observe), ("/v1/x $.u", Mode::Observe)] {
            overrides.set_mode(&service, Some(&scope(at)), Setting::Own(mode));
        }
        let modes = Modes::new(&service, &configured, &overrides);
        // At `/v1/import` the operator's word hides what the file says of a place there.
        assert_eq!(
            modes.inside(None),
            [
                row("/v1/x $.u", Mode::Observe, None),
                row("/v1/import", Mode::Observe, None),
                row("/v1/import $.url", Mode::Observe, None),
                row("/v1/hooks $.url", Mode::Block, Some(Setting::Own(Mode::Observe))),
                row("GET /v1/feed", Mode::Shadow, Some(Setting::Own(Mode::Observe))),
            ]
        );
        overrides.set_mode(&service, None, Setting::Own(Mode::Block));
        let modes = Modes::new(&service, &configured, &overrides);
        let laxer: Vec<ScopeMode> = modes.inside(None).into_iter().filter(|at| at.mode < Mode::Block).collect();
        assert_eq!(
            laxer,
            [
                row("/v1/x $.u", Mode::Observe, Some(Setting::Inherit)),
                row("/v1/import", Mode::Observe, Some(Setting::Inherit)),
                row("/v1/import $.url", Mode::Observe, Some(Setting::Own(Mode::Block))),
                row("GET /v1/feed", Mode::Shadow, Some(Setting::Own(Mode::Block))),
            ]
        );
        assert_eq!(
            modes.inside(Some(&scope("/v1/import"))),
            [row("/v1/import $.url", Mode::Observe, None)],
            "what is set for an endpoint stands above what is said of its places"
        );
    }

    #[test]
    fn an_endpoint_of_any_method_is_not_hidden_by_one_of_its_methods() {
        let scopes = vec![(scope("POST /v1/x"), Mode::Observe), (scope("/v1/x"), Mode::Block)];
        let policy = Policy { scopes, ..Policy::default() };
        assert_eq!(mode_of(&policy, Some(&scope("/v1/x"))), Mode::Block);
        assert_eq!(mode_of(&policy, Some(&scope("POST /v1/x"))), Mode::Observe);
    }
}
