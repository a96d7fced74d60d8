//! What the operator changed while the program ran: modes, and services that are off.
//!
//! Kept in the data folder, so that a restart does not undo it. The configuration file stays as it
//! was written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sortie_model::policy::Scope;
use sortie_model::{Mode, Policy, ServiceName};

use crate::admin::wire::Setting;

/// All changes, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Modes; the last one of a scope counts.
    pub modes: Vec<Override>,
    /// Services that are passed through.
    pub off: BTreeSet<ServiceName>,
}

/// One changed mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The service.
    pub service: ServiceName,
    /// The endpoint or place; `None` for the whole service.
    pub scope: Option<Scope>,
    /// The mode.
    pub mode: Mode,
}

impl Override {
    fn is_of(&self, service: &ServiceName, scope: Option<&Scope>) -> bool {
        self.service == *service && self.scope.as_ref() == scope
    }
}

/// The file of changes cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum OverridesError {
    /// The file system says no.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file does not read.
    #[error("{path} does not read: correct it, or remove it to go back to the configuration file")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Overrides {
    /// Reads the file; none means no changes, and so does an empty one, which is what a loss of power
    /// may have left of it.
    pub fn load(path: &Path) -> Result<Self, OverridesError> {
        match fs::read(path) {
            Ok(bytes) if bytes.is_empty() => {
                tracing::warn!("{} is empty: modes and switches are as configured", path.display());
                Ok(Self::default())
            }
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| OverridesError::Broken { path: path.to_owned(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(OverridesError::Io { action: "read", path: path.to_owned(), source }),
        }
    }

    /// Writes the file anew, durably.
    pub fn save(&self, path: &Path) -> Result<(), OverridesError> {
        let bytes = serde_json::to_vec_pretty(self).expect("overrides are plain data");
        let error = |source| OverridesError::Io { action: "write", path: path.to_owned(), source };
        sortie_store::files::replace(path, &bytes).map_err(error)
    }

    /// Notes what is asked for at a scope, or for the whole service, in place of what was asked for there
    /// before, which is returned.
    pub fn set_mode(&mut self, service: &ServiceName, scope: Option<&Scope>, setting: Setting) -> Setting {
        let before = self.setting_of(service, scope);
        self.modes.retain(|known| !known.is_of(service, scope));
        if let Setting::Own(mode) = setting {
            self.modes.push(Override { service: service.clone(), scope: scope.cloned(), mode });
        }
        before
    }

    /// What was asked for at a scope, or for the whole service.
    pub fn setting_of(&self, service: &ServiceName, scope: Option<&Scope>) -> Setting {
        let set = self.modes.iter().find(|known| known.is_of(service, scope));
        set.map_or(Setting::Inherit, |known| Setting::Own(known.mode))
    }

    /// The policy of a service with its changes: the latest stands first, since the first scope that
    /// covers a place counts.
    pub fn apply(&self, service: &ServiceName, configured: &Policy) -> Policy {
        let mut policy = configured.clone();
        for change in self.modes.iter().filter(|change| change.service == *service) {
            match &change.scope {
                None => policy.mode = change.mode,
                Some(scope) => policy.scopes.insert(0, (scope.clone(), change.mode)),
            }
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(overrides: &mut Overrides, scope: Option<&str>, setting: Setting) -> Setting {
        let scope = scope.map(|text| text.parse().unwrap());
        overrides.set_mode(&"shop".into(), scope.as_ref(), setting)
    }

    #[test]
    fn the_latest_change_of_a_scope_counts() {
        let mut overrides = Overrides::default();
        set(&mut overrides, None, Setting::Own(Mode::Block));
        set(&mut overrides, Some("/v1/hooks $.url"), Setting::Own(Mode::Block));
        set(&mut overrides, Some("POST /v1/hooks $.url"), Setting::Own(Mode::Shadow));
        let policy = overrides.apply(&"shop".into(), &Policy::default());
        assert_eq!(policy.mode, Mode::Block);
        assert_eq!(policy.scopes.len(), 1);
        assert_eq!(policy.scopes[0].1, Mode::Shadow);
        assert_eq!(overrides.apply(&"other".into(), &Policy::default()), Policy::default());
    }

    #[test]
    fn what_was_set_can_be_taken_back() {
        let mut overrides = Overrides::default();
        let own = Setting::Own(Mode::Block);
        assert_eq!(set(&mut overrides, Some("/v1/hooks $.url"), own), Setting::Inherit);
        assert_eq!(set(&mut overrides, None, own), Setting::Inherit);
        assert_eq!(set(&mut overrides, Some("/v1/hooks $.url"), Setting::Inherit), own);
        assert_eq!(set(&mut overrides, Some("/v1/hooks $.url"), Setting::Inherit), Setting::Inherit);
        assert_eq!(overrides.modes.len(), 1, "the service's own stays");
    }

    #[test]
    fn is_kept_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overrides.json");
        assert_eq!(Overrides::load(&path).unwrap(), Overrides::default());
        let mut overrides = Overrides::default();
        set(&mut overrides, Some("/v1/hooks"), Setting::Own(Mode::Block));
        overrides.off.insert("shop".into());
        overrides.save(&path).unwrap();
        assert_eq!(Overrides::load(&path).unwrap(), overrides);
        fs::write(&path, "").unwrap();
        assert_eq!(Overrides::load(&path).unwrap(), Overrides::default());
        fs::write(&path, "{").unwrap();
        assert!(matches!(Overrides::load(&path), Err(OverridesError::Broken { .. })));
    }
}
