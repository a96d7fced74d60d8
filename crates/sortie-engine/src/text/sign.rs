//! What in a destination's text is worth a word.

use sortie_model::address::Naming;
use sortie_model::{AddressClass, CandidateKind, Host, Nature, Scheme};

use super::written::{Written, class, dialled};
use super::{scheme, userinfo};

/// Something that a destination's text says about it. A destination without any is *public*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// Its address or name is not for the public: private, this host, link-local, reserved.
    Internal,
    /// A service for testing answers for it.
    Callback,
    /// It is an address that is not written plainly.
    Disguised,
    /// Parsers read different hosts in it, or read it one way and are easily taken for reading another.
    Confusing,
    /// Its scheme is none that an API is given to fetch.
    ForbiddenScheme,
    /// It is an external entity of XML.
    ExternalEntity,
    /// It is a cloud metadata endpoint.
    Metadata,
}

impl Sign {
    /// The word for people and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Callback => "callback",
            Self::Disguised => "disguised",
            Self::Confusing => "confusing",
            Self::ForbiddenScheme => "forbidden scheme",
            Self::ExternalEntity => "external entity",
            Self::Metadata => "metadata",
        }
    }

    /// The signs of a destination, the most telling last.
    pub fn of(written: &Written) -> Vec<Self> {
        let class = written.class();
        let is_called_back = written.hosts().any(is_callback);
        let has = [
            (
                Self::Internal,
                class.is_some_and(|class| !matches!(class, AddressClass::Public | AddressClass::Metadata)),
            ),
            (Self::Callback, is_called_back),
            (Self::Disguised, written.disguised),
            (Self::Confusing, written.is_confusing() || userinfo::is_decoy(&written.text)),
            (Self::ForbiddenScheme, written.scheme.as_ref().is_some_and(|it| scheme::is_forbidden(it.as_str()))),
            (Self::ExternalEntity, written.is_entity),
            (Self::Metadata, class == Some(AddressClass::Metadata)),
        ];
        has.into_iter().filter_map(|(sign, has)| has.then_some(sign)).collect()
    }

    /// Whether nobody but an attacker writes a destination so.
    pub(super) fn is_attack(self, written: &Written) -> bool {
        // People write about such destinations.
        if written.nature == Nature::Prose {
            return false;
        }
        match self {
            Self::Internal => false,
            Self::Callback | Self::ForbiddenScheme | Self::ExternalEntity | Self::Metadata => true,
            // A number in a parameter for a host may be any number, and a public address has nothing to hide.
            Self::Disguised => {
                written.kind == CandidateKind::Url
                    && written.hosts().filter_map(class).any(|it| it != AddressClass::Public)
            }
            // Templates and letters beyond ASCII divide parsers too: at least two must dial, and differently.
            Self::Confusing => {
                userinfo::is_decoy(&written.text) || has_authority(written) && dialled(&written.readings).len() > 1
            }
        }
    }

    /// The sign in a sentence.
    pub(super) fn words(self, written: &Written) -> String {
        let cause = written.hosts().find(|host| self.is_of(host)).or(written.host.as_ref());
        let host = cause.map_or_else(|| written.text.to_string(), Host::to_string);
        match self {
            Self::Internal => {
                let class = cause.and_then(class).map_or("internal", AddressClass::as_str);
                format!("{host} is {class}")
            }
            Self::Callback => format!("{host} belongs to a service for testing others' servers"),
            Self::Disguised => format!("{host} is not written plainly"),
            Self::Confusing if !written.is_confusing() => format!("what looks like its host stands before {host}"),
            Self::Confusing => {
                let hosts: Vec<String> = written.readings.hosts().iter().map(|it| it.host.to_string()).collect();
                format!("parsers read different hosts: {}", hosts.join(", "))
            }
            Self::ForbiddenScheme => {
                let scheme = written.scheme.as_ref().map_or("", |scheme| scheme.as_str());
                format!("{scheme}: is no scheme that an API is given to fetch")
            }
            Self::ExternalEntity => format!("an XML parser that resolves entities fetches it from {host}"),
            Self::Metadata => format!("{host} is a cloud metadata endpoint"),
        }
    }

    /// Whether a host is what gives this sign.
    fn is_of(self, host: &Host) -> bool {
        match self {
            Self::Internal => class(host).is_some_and(|class| class != AddressClass::Public),
            Self::Metadata => class(host) == Some(AddressClass::Metadata),
            Self::Callback => is_callback(host),
            Self::Disguised => class(host).is_some(),
            Self::Confusing | Self::ForbiddenScheme | Self::ExternalEntity => true,
        }
    }
}

fn is_callback(host: &Host) -> bool {
    host.as_name().and_then(Naming::of) == Some(Naming::Callback)
}

/// Whether a host is meant to be there. To some `app.example:/x` and `h.example:80/x` begin with a scheme.
fn has_authority(written: &Written) -> bool {
    let is_slash = |b: u8| matches!(b, b'/' | b'\\');
    let is_web =
        matches!(written.scheme, None | Some(Scheme::Http | Scheme::Https | Scheme::Ws | Scheme::Wss | Scheme::Ftp));
    is_web || written.text.as_bytes().windows(2).any(|pair| pair.iter().all(|&b| is_slash(b)))
}
