//! Modes: what is asked for, what that changed, and what it did not reach.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sortie_model::{AddressClass, Mode};

use crate::config::Target;

/// What can be asked for at a target: a mode of its own, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Setting {
    /// This mode, whatever stands around it or in the file.
    Own(Mode),
    /// What the file says of it; where that is nothing, what stands around it.
    Inherit,
}

/// The text names no setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no mode: expected observe, shadow, block, or inherit")]
pub struct ParseSettingError(String);

impl FromStr for Setting {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "inherit" => Ok(Self::Inherit),
            mode => mode.parse().map(Self::Own).map_err(|_| ParseSettingError(mode.to_owned())),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(mode) => mode.fmt(f),
            Self::Inherit => f.write_str("inherit"),
        }
    }
}

impl TryFrom<String> for Setting {
    type Error = ParseSettingError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Setting> for String {
    fn from(setting: Setting) -> Self {
        setting.to_string()
    }
}

/// `POST /v1/mode`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetMode {
    /// Where; empty means every service.
    #[serde(default)]
    pub target: Target,
    /// The new mode: `observe`, `shadow`, `block`, or `inherit` to take back what was set here.
    pub mode: Setting,
}

/// The answer to [`SetMode`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModeChanged {
    /// What changed: one row for each service that is meant.
    pub changes: Vec<ModeChange>,
    /// On a switch to `block`: private destinations that count as the service's own although they
    /// were first seen while an order could hide. Somebody who attacked before may have made them.
    pub review: Vec<ReviewRow>,
    /// Why it would not survive a restart, where that is so. It is in force all the same.
    #[serde(default)]
    pub not_kept: Option<String>,
}

/// One change of mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModeChange {
    /// Where, with the service.
    pub target: Target,
    /// What was asked for.
    pub asked: Setting,
    /// The mode that was in force there.
    pub was: Mode,
    /// The mode now.
    pub now: Mode,
    /// What takes the change back, asked for at the same target; `None` where nothing changed.
    pub undo: Option<Setting>,
    /// Endpoints and places inside the target where another mode stands, because they have modes of
    /// their own.
    pub apart: Vec<ScopeMode>,
    /// What the operator should know: nothing is proven there, for one.
    pub notes: Vec<String>,
}

/// The mode of an endpoint or a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeMode {
    /// The scope: `/v1/hooks $.url`.
    pub at: String,
    /// Its mode.
    pub mode: Mode,
    /// What, asked for here, gives it the mode that stands around it; `None` where it has that.
    pub align: Option<Setting>,
}

/// A destination to look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewRow {
    /// The service.
    pub service: String,
    /// The destination: `host:port`.
    pub destination: String,
    /// Its class.
    pub class: AddressClass,
    /// When it was first seen, RFC 3339 in UTC.
    pub first_seen: String,
    /// Dials judged own.
    pub dials: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_and_show_alike() {
        for text in ["observe", "shadow", "block", "inherit"] {
            assert_eq!(text.parse::<Setting>().unwrap().to_string(), text);
        }
        assert!("".parse::<Setting>().is_err());
    }
}
