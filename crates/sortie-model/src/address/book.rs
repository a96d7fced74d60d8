//! The registries, corrected by the operator.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{AddressClass, Naming, embedded_v4};
use crate::destination::Host;

/// The registries' classes and the operator's `addresses` section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBook {
    /// Ranges that are public here although the registries call them private or reserved.
    pub public: Vec<IpNet>,
    /// Ranges that are internal here although the registries call them public or reserved.
    pub internal: Vec<IpNet>,
    /// Names that are internal here, whatever they resolve to.
    pub internal_names: Vec<NamePattern>,
}

impl AddressBook {
    /// The class of an address. Of the operator's entries the longest prefix wins; `public` never
    /// overrides loopback, link-local, metadata or multicast. Entries hold for the address itself and
    /// for the IPv4 address that it embeds.
    pub fn class_of(&self, address: IpAddr) -> AddressClass {
        let registered = AddressClass::of(address);
        if matches!(
            registered,
            AddressClass::Loopback | AddressClass::LinkLocal | AddressClass::Metadata | AddressClass::Multicast
        ) {
            return registered;
        }
        let embedded = match address {
            IpAddr::V6(v6) => embedded_v4(v6).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        // A translator (NAT64, 6to4) connects to the address that is embedded, so that one comes first.
        embedded.and_then(|inner| self.corrected(inner)).or_else(|| self.corrected(address)).unwrap_or(registered)
    }

    /// What the operator's entries say of an address.
    fn corrected(&self, address: IpAddr) -> Option<AddressClass> {
        let longest = |nets: &[IpNet]| nets.iter().filter(|net| net.contains(&address)).map(IpNet::prefix_len).max();
        match (longest(&self.public), longest(&self.internal)) {
            (None, None) => None,
            (Some(public), Some(internal)) if internal >= public => Some(AddressClass::Private),
            (None, Some(_)) => Some(AddressClass::Private),
            (Some(_), _) => Some(AddressClass::Public),
        }
    }

    /// The class of a name by itself, without resolving it; `None` where only its addresses tell. That a
    /// name looks like one for inside use is no class: the operator says so, or its addresses.
    pub fn class_of_name(&self, name: &str) -> Option<AddressClass> {
        let by_itself = match Naming::of(name) {
            Some(Naming::Metadata) => Some(AddressClass::Metadata),
            Some(Naming::ThisHost) => Some(AddressClass::Loopback),
            Some(Naming::Embedded(address)) => {
                Some(self.class_of(address)).filter(|&class| class != AddressClass::Public)
            }
            Some(Naming::Internal | Naming::Callback) | None => None,
        };
        let by_operator = || self.internal_names.iter().any(|pattern| pattern.matches(name));
        by_itself.or_else(|| by_operator().then_some(AddressClass::Private))
    }

    /// The classes of a destination: of the hosts that it is called by, and of every address of the
    /// answer, any of which may be dialled.
    pub fn classes_of<'a>(
        &'a self,
        hosts: impl IntoIterator<Item = &'a Host>,
        addresses: &'a [IpAddr],
    ) -> impl Iterator<Item = AddressClass> {
        let by_hosts = hosts.into_iter().filter_map(|host| match host {
            Host::Ip(address) => Some(self.class_of(*address)),
            Host::Name(name) => self.class_of_name(name),
        });
        addresses.iter().map(|&address| self.class_of(address)).chain(by_hosts)
    }
}

/// `name.example` (that name), or `*.corp.example` (every name below it).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamePattern {
    name: String,
    below: bool,
}

impl NamePattern {
    /// Whether a name (lower case, no trailing dot) fits.
    pub fn matches(&self, name: &str) -> bool {
        if self.below {
            name.strip_suffix(self.name.as_str()).is_some_and(|head| head.len() > 1 && head.ends_with('.'))
        } else {
            name == self.name
        }
    }
}

/// The text is no name pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a host name nor '*.' and a host name")]
pub struct ParseNamePatternError(String);

impl FromStr for NamePattern {
    type Err = ParseNamePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if name.len() <= 253 && name.split('.').all(is_label) {
            Ok(Self { name, below })
        } else {
            Err(ParseNamePatternError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for NamePattern {
    type Error = ParseNamePatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NamePattern> for String {
    fn from(pattern: NamePattern) -> Self {
        if pattern.below { format!("*.{}", pattern.name) } else { pattern.name }
    }
}
