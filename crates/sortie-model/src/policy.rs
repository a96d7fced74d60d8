//! What may be dialled by order, and what of the service's own accord.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::actor::ActorId;
use crate::address::{AddressBook, AddressClass, NamePattern};
use crate::destination::{Destination, Host};
use crate::endpoint::{Endpoint, Method};
use crate::place::{Container, Place, canonical_parameter, canonical_template};
use crate::time::Micros;

/// What a door does with a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is changed; what would have been denied is recorded.
    #[default]
    Observe,
    /// As observe, and reported as "would block".
    Shadow,
    /// Denied dials and requests are refused.
    Block,
}

impl Mode {
    /// The word of configuration and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Shadow => "shadow",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no mode: expected observe, shadow or block")]
pub struct ParseModeError(String);

impl FromStr for Mode {
    type Err = ParseModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "observe" => Ok(Self::Observe),
            "shadow" => Ok(Self::Shadow),
            "block" => Ok(Self::Block),
            other => Err(ParseModeError(other.to_owned())),
        }
    }
}

/// What happens before a place is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColdStart {
    /// An exact, fresh order for a denied destination is forbidden, see the rule of that name.
    #[default]
    Exact,
    /// Alert only.
    Lenient,
}

/// Whether ports outside `allow_ports` are only reported, or forbidden, on public addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortRule {
    /// Reported.
    #[default]
    Report,
    /// Forbidden by order.
    Enforce,
}

/// What a hop window forbids besides metadata, link-local and loopback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenHops {
    /// A private destination without own evidence is a finding.
    #[default]
    Report,
    /// It is forbidden; a release's new own call may be stopped by that.
    ForbidPrivate,
}

/// Where the outbound door stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Locality {
    /// On the back end's host: loopback and link-local are the back end's own.
    #[default]
    SameHost,
    /// Elsewhere: loopback, link-local and metadata would be Sortie's own and are never dialled.
    Remote,
}

/// The policy of one service, checked and ready to decide with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The mode where no scope says otherwise.
    pub mode: Mode,
    /// Modes of endpoints and places, the most specific first.
    pub scopes: Vec<(Scope, Mode)>,
    /// Classes that must not be dialled by order.
    pub deny: Vec<AddressClass>,
    /// Orders that are allowed all the same.
    pub allow: Vec<Allow>,
    /// Ports that an order may name on a public address without being reported.
    pub allow_ports: Vec<u16>,
    /// Whether other ports are forbidden.
    pub ports: PortRule,
    /// Whether a credential that own dials carry to an internal destination may leave by order.
    pub deny_internal_credentials: bool,
    /// What happens before a place is proven.
    pub cold_start: ColdStart,
    /// What hop windows forbid.
    pub hidden_hops: HiddenHops,
    /// Places that the operator has proven.
    pub proven: Vec<Scope>,
    /// Destinations that the operator says the service calls of its own accord: own evidence that need
    /// not be learned.
    pub own: Vec<Destination>,
    /// Corrections of the address registries.
    pub addresses: AddressBook,
    /// Where the outbound door stands.
    pub locality: Locality,
}

impl Policy {
    /// Whether policy denies a destination class by order.
    pub fn denies(&self, class: AddressClass) -> bool {
        self.deny.contains(&class)
    }

    /// Of the classes of one destination the one that counts, because any of its addresses may be
    /// dialled: the worst of those that are denied, else the worst. `None` of none.
    pub fn telling_class(&self, classes: impl IntoIterator<Item = AddressClass>) -> Option<AddressClass> {
        classes.into_iter().max_by_key(|class| (self.denies(*class), *class))
    }

    /// Whether a destination of these classes would be Sortie's own host in place of the back end's, see
    /// [`Locality::Remote`].
    pub fn is_own_host(&self, mut classes: impl Iterator<Item = AddressClass>) -> bool {
        self.locality == Locality::Remote && classes.any(AddressClass::is_delicate)
    }

    /// The mode at a place of an endpoint: of the scopes that cover it, the first.
    pub fn mode_at(&self, endpoint: &Endpoint, place: Option<&Place>) -> Mode {
        self.scopes.iter().find(|(scope, _)| scope.covers(endpoint, place)).map_or(self.mode, |&(_, mode)| mode)
    }

    /// The strictest mode at an endpoint or any of its places: what was not inspected may sit at any.
    pub fn strictest_at(&self, endpoint: &Endpoint) -> Mode {
        let template = canonical_template(&endpoint.template);
        let here = self.scopes.iter().filter(|(scope, _)| *scope.template == *template);
        let places =
            here.filter_map(|(scope, _)| Some(Place::new(&scope.template, Arc::clone(scope.parameter.as_ref()?))));
        places.map(|place| self.mode_at(endpoint, Some(&place))).fold(self.mode_at(endpoint, None), Mode::max)
    }

    /// The strictest mode anywhere in the service.
    pub fn strictest(&self) -> Mode {
        self.scopes.iter().map(|&(_, mode)| mode).fold(self.mode, Mode::max)
    }

    /// The allow entry for an order, if one holds at `at`.
    pub fn allowed(&self, order: &OrderView<'_>, at: Micros) -> Option<&Allow> {
        self.allow.iter().find(|entry| entry.covers(order, at))
    }

    /// Whether the operator has proven a place.
    pub fn proves(&self, endpoint: &Endpoint, place: &Place) -> bool {
        self.proven.iter().any(|scope| scope.covers(endpoint, Some(place)))
    }
}

impl Default for Policy {
    /// The defaults of the configuration file.
    fn default() -> Self {
        Self {
            mode: Mode::Observe,
            scopes: Vec::new(),
            deny: AddressClass::ALL.into_iter().filter(|&class| class != AddressClass::Public).collect(),
            allow: Vec::new(),
            allow_ports: vec![80, 443, 8080, 8443],
            ports: PortRule::Report,
            deny_internal_credentials: true,
            cold_start: ColdStart::Exact,
            hidden_hops: HiddenHops::Report,
            proven: Vec::new(),
            own: Vec::new(),
            addresses: AddressBook::default(),
            locality: Locality::SameHost,
        }
    }
}

/// An order as `allow` entries look at it.
#[derive(Clone, Copy, Debug)]
pub struct OrderView<'a> {
    /// The endpoint of the ordering request.
    pub endpoint: &'a Endpoint,
    /// The place that gave the order.
    pub place: &'a Place,
    /// Who ordered.
    pub actor: ActorId,
    /// The host it names.
    pub host: &'a Host,
    /// The addresses it resolved to, where known.
    pub addresses: &'a [std::net::IpAddr],
    /// The class of the destination: the worst of its name and addresses.
    pub class: AddressClass,
    /// The port.
    pub port: u16,
}

/// An order that is allowed although policy denies its class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Only at this place; such an entry proves the place for its destinations.
    pub sink: Option<Scope>,
    /// Only for this actor, by the id that findings show.
    pub actor: Option<String>,
    /// Where to.
    pub to: AllowTarget,
    /// Only these ports; empty means all.
    pub ports: Vec<u16>,
    /// Until when.
    pub until: Option<Micros>,
    /// Why, for the record.
    pub reason: String,
}

/// The destinations of an allow entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllowTarget {
    /// Addresses; a name is allowed when all of its addresses are.
    Net(IpNet),
    /// Names, wherever they point but to metadata, link-local and loopback: whoever has the zone decides
    /// that, and it may be the client. What is allowed there is allowed by address.
    Name(NamePattern),
}

impl Allow {
    /// Whether the entry covers an order at `at`.
    pub fn covers(&self, order: &OrderView<'_>, at: Micros) -> bool {
        self.until.is_none_or(|until| at < until)
            && (self.ports.is_empty() || self.ports.contains(&order.port))
            && self.sink.as_ref().is_none_or(|scope| scope.covers(order.endpoint, Some(order.place)))
            && self.actor.as_ref().is_none_or(|actor| *actor == order.actor.to_string())
            && self.to.covers(order)
    }
}

impl AllowTarget {
    /// Whether the target covers the destination of an order.
    pub fn covers(&self, order: &OrderView<'_>) -> bool {
        let OrderView { host, addresses, class, .. } = *order;
        match (self, host) {
            (Self::Net(net), Host::Ip(address)) => net.contains(address),
            (Self::Net(net), Host::Name(_)) => !addresses.is_empty() && addresses.iter().all(|a| net.contains(a)),
            (Self::Name(pattern), Host::Name(name)) => !class.is_delicate() && pattern.matches(name),
            (Self::Name(_), Host::Ip(_)) => false,
        }
    }
}

/// An endpoint or a place, as the configuration and the command line name it:
/// `/v1/hooks $.url`, `/v1/hooks`, `POST /v1/hooks`.
///
/// A method narrows an endpoint to that method. It is no part of a place: `POST /v1/hooks $.url` is read,
/// and is `/v1/hooks $.url`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The method, where the scope is an endpoint and names one.
    pub method: Option<Method>,
    /// The canonical path template.
    pub template: Arc<str>,
    /// The canonical parameter; `None` means the whole endpoint.
    pub parameter: Option<Arc<str>>,
}

impl Scope {
    /// Whether the scope covers an endpoint, or a place of it.
    pub fn covers(&self, endpoint: &Endpoint, place: Option<&Place>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == endpoint.method)
            && *self.template == *canonical_template(&endpoint.template)
            && self.parameter.as_ref().is_none_or(|parameter| place.is_some_and(|p| p.parameter == *parameter))
    }
}

/// The text names no endpoint or place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseScopeError {
    /// There is no path.
    #[error("'{0}' has no path: expected '/v1/hooks $.url', 'POST /v1/hooks' or '/v1/hooks'")]
    NoPath(String),
    /// The location is in no known form.
    #[error("'{0}' is no location: expected $.name, 'query name', 'header name', 'graphql field.argument' …")]
    Location(String),
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_whitespace().peekable();
        let method = words.next_if(|word| !word.starts_with('/')).map(Method::parse);
        let template = words
            .next()
            .filter(|word| word.starts_with('/'))
            .ok_or_else(|| ParseScopeError::NoPath(text.to_owned()))?;
        let rest: Vec<&str> = words.collect();
        let parameter = match rest.as_slice() {
            [] => None,
            location => Some(parse_location(location).ok_or_else(|| ParseScopeError::Location(location.join(" ")))?),
        };
        let method = method.filter(|_| parameter.is_none());
        Ok(Self { method, template: canonical_template(template).into(), parameter })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(f, "{method} ")?;
        }
        f.write_str(&self.template)?;
        if let Some(parameter) = &self.parameter {
            match parameter.split_once(':') {
                Some((kind, name)) => write!(f, " {kind} {name}")?,
                None => write!(f, " $.{parameter}")?,
            }
        }
        Ok(())
    }
}

fn parse_location(words: &[&str]) -> Option<Arc<str>> {
    match words {
        [path] => {
            let name = path.strip_prefix('$')?;
            Some(canonical_parameter(Container::Json, name.strip_prefix('.').unwrap_or(name)))
        }
        [kind, name] => {
            let container = Container::from_word(kind)?;
            Some(canonical_parameter(container, name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(method: Method, template: &str) -> Endpoint {
        Endpoint { method, host: None, template: Arc::from(template) }
    }

    #[test]
    fn scopes_read_and_show_alike() {
        for text in [
            "/v1/hooks $.url",
            "/v1/hooks",
            "POST /v1/hooks",
            "/x header x-fetch",
            "/g graphql importpaste.url",
            "/r rpc tools/call:fetch.#0",
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        assert_eq!("POST /v1/hooks $.url".parse::<Scope>(), "/v1/hooks $.url".parse(), "one place, one scope");
        assert!("POST".parse::<Scope>().is_err());
        assert!("/v1 nowhere url".parse::<Scope>().is_err());
    }

    #[test]
    fn a_place_is_covered_whatever_the_method() {
        let scope: Scope = "POST /v1/hooks $.url".parse().unwrap();
        let place = Place::new(&Arc::from("/v1/hooks"), Arc::from("url"));
        assert!(scope.covers(&endpoint(Method::Put, "/V1/hooks/"), Some(&place)));
        assert!(!scope.covers(&endpoint(Method::Put, "/v1/hooks"), None));
        let whole: Scope = "POST /v1/hooks".parse().unwrap();
        assert!(!whole.covers(&endpoint(Method::Put, "/v1/hooks"), Some(&place)));
    }

    #[test]
    fn a_place_whose_mode_is_hidden_makes_nothing_stricter() {
        let scope = |text: &str, mode| (text.parse::<Scope>().unwrap(), mode);
        let place = scope("POST /v1/hooks $.url", Mode::Block);
        let here = endpoint(Method::Post, "/v1/hooks");
        let policy = Policy { scopes: vec![place.clone()], ..Policy::default() };
        assert_eq!(policy.strictest_at(&here), Mode::Block);
        // What the operator says of the whole endpoint stands above what the file says of the place.
        let policy = Policy { scopes: vec![scope("POST /v1/hooks", Mode::Observe), place], ..Policy::default() };
        assert_eq!(policy.strictest_at(&here), Mode::Observe);
        assert_eq!(policy.strictest_at(&endpoint(Method::Put, "/v1/hooks")), Mode::Block);
    }

    fn covers(to: &AllowTarget, name: &str, addresses: &[&str]) -> bool {
        let (host, actor) = (Host::name(name), ActorId::Address([198, 51, 100, 7].into()));
        let addresses: Vec<std::net::IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        to.covers(&OrderView {
            endpoint: &endpoint(Method::Post, "/v1/hooks"),
            place: &Place::new(&Arc::from("/v1/hooks"), Arc::from("url")),
            actor,
            host: &host,
            addresses: &addresses,
            class: AddressBook::default().classes_of([&host], &addresses).max().unwrap_or(AddressClass::Public),
            port: 80,
        })
    }

    #[test]
    fn a_name_is_allowed_only_with_all_of_its_addresses() {
        let to = AllowTarget::Net("10.9.0.0/16".parse().unwrap());
        assert!(covers(&to, "partner.example", &["10.9.0.1"]));
        assert!(!covers(&to, "partner.example", &["10.9.0.1", "10.8.0.1"]));
        assert!(!covers(&to, "partner.example", &[]));
    }

    #[test]
    fn an_allowed_name_may_not_point_to_the_host_itself() {
        let to = AllowTarget::Name("*.partner.example".parse().unwrap());
        assert!(covers(&to, "in.partner.example", &["10.9.0.1", "93.184.216.34"]));
        for address in ["169.254.169.254", "169.254.1.1", "127.0.0.1", "::1", "0.0.0.0"] {
            assert!(!covers(&to, "in.partner.example", &["10.9.0.1", address]), "{address}");
            let net = AllowTarget::Net(
                format!("{address}/{}", if address.contains(':') { 128 } else { 32 }).parse().unwrap(),
            );
            assert!(covers(&net, "in.partner.example", &[address]), "{address}, allowed by address");
        }
    }
}
