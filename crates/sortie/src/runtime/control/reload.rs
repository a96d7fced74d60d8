//! Reading the configuration again while the program runs.
//!
//! Policies and alerts change at once. What holds sockets, files or tables keeps what it was started
//! with, and is named.

use std::sync::Arc;

use sortie_model::policy::Scope;
use sortie_model::{Policy, ServiceName};

use super::Operator;
use super::modes::Modes;
use crate::admin::wire::Reloaded;
use crate::config::checked::Service;
use crate::config::{Config, LoadError, Target, from_file};
use crate::runtime::Overrides;
use crate::view::text::quoted;

/// The configuration was not taken over; the one in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// There is no file.
    #[error("sortie was started without a configuration file, so there is nothing to read again")]
    NoFile,
    /// It cannot be read or used.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl Operator {
    /// Reads the configuration again, and puts in force what can be without a restart. Reads a file:
    /// not to be called where blocking is forbidden.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        let old = self.config();
        let path = old.file.as_ref().ok_or(ReloadError::NoFile)?;
        let loaded = from_file(path, self.clock.now())?;
        let new = Arc::new(loaded.config);
        let mut reloaded = differences(&old, &new);
        reloaded.warnings = loaded.warnings.problems.len() as u64;
        reloaded.notes = self.hidden_modes(&new);
        *self.config.lock() = Arc::new(in_force(&old, &new));
        self.enforce();
        if old.alerts != new.alerts {
            self.alerting.replace(&new.alerts);
        }
        Ok(reloaded)
    }

    /// Configured modes that do not show, because the operator set others.
    fn hidden_modes(&self, new: &Config) -> Vec<String> {
        let overrides = self.overrides.lock();
        new.services.iter().flat_map(|(name, service)| hidden_modes(name, &service.policy, &overrides)).collect()
    }
}

/// The same of one service: of the whole, and of each scope that the file or the operator names. Then
/// what the file itself leaves laxer than the service.
fn hidden_modes(name: &ServiceName, configured: &Policy, overrides: &Overrides) -> Vec<String> {
    let modes = Modes::new(name, configured, overrides);
    let scopes = std::iter::once(None).chain(modes.scopes().into_iter().map(Some));
    let line = |scope: Option<&Scope>| {
        let (stands, said, around) = (modes.at(scope), modes.of_file(scope), modes.at(None));
        let target = Target { service: Some(name.clone()), scope: scope.cloned() };
        let loud = if stands < said.max(around) { "not enforced: " } else { "" };
        if stands == said {
            return (stands < around)
                .then(|| format!("{loud}{target} stays in {stands}, as the file says; {name} is in {around}"));
        }
        let remedy = format!("sortie mode {} {}", modes.back_to_file(scope), quoted(&target));
        Some(format!("{loud}{target} stays in {stands} by `sortie mode`; the file says {said}: `{remedy}`"))
    };
    scopes.filter_map(line).collect()
}

/// The old configuration with what of the new one needs no restart.
fn in_force(old: &Config, new: &Config) -> Config {
    let mut merged = old.clone();
    merged.alerts.clone_from(&new.alerts);
    for (name, service) in &mut merged.services {
        if let Some(new) = new.services.get(name) {
            let locality = service.policy.locality;
            service.policy = new.policy.clone();
            service.policy.locality = locality;
        }
    }
    merged
}

/// What changed, in words.
fn differences(old: &Config, new: &Config) -> Reloaded {
    let mut changed = Reloaded::default();
    for (name, service) in &old.services {
        match new.services.get(name) {
            None => changed.restart.push(format!("services.{name}: it is gone from the file, and still runs")),
            Some(new) => of_service(name, service, new, &mut changed),
        }
    }
    let added = new.services.keys().filter(|name| !old.services.contains_key(*name));
    changed.restart.extend(added.map(|name| format!("services.{name}: it is new")));
    if old.alerts != new.alerts {
        changed.applied.push("alerts".to_owned());
    }
    let fixed = [
        ("inspect", old.inspect != new.inspect),
        ("timeouts", old.timeouts != new.timeouts),
        ("retention", old.retention != new.retention),
        ("data", old.data != new.data),
        ("admin", old.admin != new.admin),
    ];
    changed.restart.extend(fixed.iter().filter(|(_, differs)| *differs).map(|&(what, _)| what.to_owned()));
    changed
}

fn of_service(name: &ServiceName, old: &Service, new: &Service, changed: &mut Reloaded) {
    let mut policy = new.policy.clone();
    policy.locality = old.policy.locality;
    if policy != old.policy {
        changed.applied.push(format!("services.{name}: mode, sinks, addresses or policy"));
    }
    let fixed = [
        ("inbound", old.inbound != new.inbound),
        ("outbound", old.outbound != new.outbound || old.policy.locality != new.policy.locality),
    ];
    changed
        .restart
        .extend(fixed.iter().filter(|(_, differs)| *differs).map(|(what, _)| format!("services.{name}.{what}")));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sortie_model::{Micros, Mode};

    use super::*;
    use crate::admin::wire::Setting;
    use crate::config::from_text;

    const FILE: &str = "
services:
  shop:
    inbound:  { listen: 127.0.0.1:8080, upstream: \"http://127.0.0.1:5000\" }
    outbound: { listen: 127.0.0.1:3128 }
    mode: observe
";

    fn config(text: &str) -> Config {
        from_text("test", text.to_owned(), Path::new(""), Micros(0)).unwrap().config
    }

    fn reload(text: &str) -> (Reloaded, Config) {
        let (old, new) = (config(FILE), config(text));
        (differences(&old, &new), in_force(&old, &new))
    }

    #[test]
    fn nothing_changes_by_the_same_file() {
        assert_eq!(reload(FILE).0, Reloaded::default());
    }

    #[test]
    fn policies_and_alerts_change_at_once() {
        let text = FILE.replace("observe", "block") + "alerts: [{ jsonl: stdout }]\n";
        let (changed, config) = reload(&text);
        assert_eq!(changed.applied, ["services.shop: mode, sinks, addresses or policy", "alerts"]);
        assert!(changed.restart.is_empty());
        assert_eq!(config.services[&ServiceName::from("shop")].policy.mode, Mode::Block);
        assert_eq!(config.alerts.len(), 1);
    }

    #[test]
    fn what_needs_a_restart_is_named_and_stays() {
        let text = FILE.replace("3128", "3129").replace("shop", "news") + "data: ./elsewhere\n";
        let (changed, config) = reload(&text);
        assert!(changed.applied.is_empty());
        assert_eq!(
            changed.restart,
            ["services.shop: it is gone from the file, and still runs", "services.news: it is new", "data", "admin"]
        );
        assert!(config.services.contains_key(&ServiceName::from("shop")));
        let (changed, config) = reload(&FILE.replace("3128", "3129"));
        assert_eq!(changed.restart, ["services.shop.outbound"]);
        assert_eq!(config.services[&ServiceName::from("shop")].outbound.listen.port(), 3128);
    }

    #[test]
    fn modes_that_the_operator_hides_are_named_scope_by_scope() {
        let sinks = "sinks: [{ at: 'POST /v1/hooks $.url', proven: true, mode: block }]\n";
        let service = ServiceName::from("shop");
        let policy = config(&format!("{FILE}{sinks}")).services[&service].policy.clone();
        let mut overrides = Overrides::default();
        let mut set = |scope: Option<&str>, mode| {
            let scope = scope.map(|text| text.parse().unwrap());
            overrides.set_mode(&service, scope.as_ref(), Setting::Own(mode));
            hidden_modes(&service, &policy, &overrides)
        };
        assert!(set(None, Mode::Observe).is_empty());
        let at_place = "not enforced: shop /v1/hooks $.url stays in observe by `sortie mode`; the file says block: \
                        `sortie mode inherit 'shop /v1/hooks $.url'`";
        assert_eq!(set(Some("POST /v1/hooks $.url"), Mode::Observe), [at_place]);
        let elsewhere = "shop /v1/import stays in shadow by `sortie mode`; the file says observe: \
                         `sortie mode inherit 'shop /v1/import'`";
        assert_eq!(set(Some("/v1/import"), Mode::Shadow), [elsewhere, at_place]);
        let all = set(None, Mode::Block);
        let whole = "shop stays in block by `sortie mode`; the file says observe: `sortie mode inherit shop`";
        assert_eq!(all, [whole, &format!("not enforced: {elsewhere}"), at_place]);
    }

    #[test]
    fn what_the_file_leaves_laxer_is_named() {
        let text = FILE.replace("observe", "block") + "sinks: [{ at: /v1/hooks, mode: observe }]\n";
        let service = ServiceName::from("shop");
        let policy = config(&text).services[&service].policy.clone();
        assert_eq!(
            hidden_modes(&service, &policy, &Overrides::default()),
            ["not enforced: shop /v1/hooks stays in observe, as the file says; shop is in block"]
        );
    }
}
