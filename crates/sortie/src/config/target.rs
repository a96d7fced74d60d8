//! What a mode, a switch or a sink is about: everything, a service, an endpoint, a place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sortie_model::ServiceName;
use sortie_model::policy::{ParseScopeError, Scope};

/// `shop /v1/preview $.url`, `shop`, `POST /v1/preview`, or nothing at all.
///
/// A service's name has no capital letter and a method has no other, so the two are told apart
/// without knowing the services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The service; `None` where only one is configured, or all are meant.
    pub service: Option<ServiceName>,
    /// The endpoint or place; `None` means the whole service.
    pub scope: Option<Scope>,
}

/// The text is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTargetError {
    /// The first word is neither a service, a method nor a path.
    #[error(transparent)]
    Service(#[from] ParseServiceError),
    /// What follows names no endpoint or place.
    #[error(transparent)]
    Scope(#[from] ParseScopeError),
}

/// The text is no name of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no service name: expected at most 63 lower-case letters, digits, '-', '_' and '.'")]
pub struct ParseServiceError(String);

/// Reads a service's name.
pub fn service_name(text: &str) -> Result<ServiceName, ParseServiceError> {
    let is_fitting = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    if starts_well && text.len() <= 63 && text.bytes().all(is_fitting) {
        Ok(ServiceName::from(text))
    } else {
        Err(ParseServiceError(text.to_owned()))
    }
}

impl FromStr for Target {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let is_method = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        if first.is_empty() {
            Ok(Self::default())
        } else if is_method || first.starts_with('/') {
            Ok(Self { service: None, scope: Some(text.parse()?) })
        } else {
            let service = Some(service_name(first)?);
            let scope = Some(rest.trim()).filter(|rest| !rest.is_empty()).map(str::parse).transpose()?;
            Ok(Self { service, scope })
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.service, &self.scope) {
            (Some(service), Some(scope)) => write!(f, "{service} {scope}"),
            (Some(service), None) => write!(f, "{service}"),
            (None, Some(scope)) => write!(f, "{scope}"),
            (None, None) => Ok(()),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = ParseTargetError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_alike() {
        for text in [
            "",
            "shop",
            "shop POST /v1/preview",
            "shop /v1/preview $.url",
            "/v1/preview $.url",
            "/v1/x",
            "shop /v1/x header x-u",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn tells_services_from_methods() {
        assert_eq!("shop".parse::<Target>().unwrap().service, Some(ServiceName::from("shop")));
        assert_eq!("M-SEARCH /x".parse::<Target>().unwrap().service, None);
        for text in ["Shop", "POST", "shop url", "shop POST", "-x", "POST v1"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            if let Ok(target) = text.parse::<Target>() {
                proptest::prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
        }
    }
}
