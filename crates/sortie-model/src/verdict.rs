//! Verdicts: what a door decided, and what the decision rested on.
//!
//! A verdict is data. The event of a dial carries it, and learning never recomputes it, so a replay
//! gives the same findings.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::actor::Actor;
use crate::candidate::{CandidateKind, Manner, Nature};
use crate::endpoint::Endpoint;
use crate::event::HopKind;
use crate::ids::Reference;
use crate::path::PathMatch;
use crate::place::{Location, Place};
use crate::policy::Mode;

/// Why a dial or a request is forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A denied class, ordered at a proven sink (outbound), or named there (inbound).
    OrderedDeny,
    /// A port outside `allow_ports`, under `ports: enforce`.
    OrderedPort,
    /// A credential of own internal calls would leave by order.
    InternalCredentials,
    /// Before proof: a fresh, exact order for a denied destination.
    ColdExact,
    /// A dial to metadata, link-local or loopback without own evidence while a wildcard is open.
    Wildcard,
    /// The same while a hop window is open.
    HopWindow,
    /// A retry of what was forbidden.
    Retry,
    /// A request whose inspection was cut, to an endpoint with a proven sink.
    CutInspection,
    /// Sortie's own outbound or admin listener.
    OwnListener,
    /// An address that is the door's own, behind a remote outbound door.
    RemoteLocality,
    /// The request has come through this door too often.
    Loop,
}

impl Rule {
    /// The word of JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderedDeny => "ordered.deny",
            Self::OrderedPort => "ordered.allow_ports",
            Self::InternalCredentials => "ordered.internal_credentials",
            Self::ColdExact => "cold_start.exact",
            Self::Wildcard => "wildcard",
            Self::HopWindow => "hop_window",
            Self::Retry => "retry",
            Self::CutInspection => "cut_inspection",
            Self::OwnListener => "own_listener",
            Self::RemoteLocality => "locality.remote",
            Self::Loop => "loop",
        }
    }
}

/// What a verdict says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// Nothing speaks against it.
    Pass,
    /// Policy forbids it, the mode lets it pass.
    WouldDeny(Rule),
    /// It is refused.
    Deny(Rule),
}

impl Decision {
    /// Whether the dial is not made.
    pub fn is_denied(self) -> bool {
        matches!(self, Self::Deny(_))
    }

    /// The rule that forbids it, enforced or not.
    pub fn rule(self) -> Option<Rule> {
        match self {
            Self::Pass => None,
            Self::WouldDeny(rule) | Self::Deny(rule) => Some(rule),
        }
    }
}

/// The judgement of one dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which snapshot of what is learned it rests on.
    pub epoch: u64,
    /// Probability that some candidate or hop ordered the dial.
    pub p_ordered: f64,
    /// The same of orders that policy denies.
    pub p_denied: f64,
    /// Share of denied orders from proven sinks and seen hops against them, allowed orders and own
    /// calls.
    pub q: f64,
    /// What follows.
    pub decision: Decision,
    /// The mode of the place with the largest share.
    pub mode: Mode,
    /// Whether the destination had own evidence, and what it was worth.
    pub own_evidence: OwnEvidence,
    /// Whether a wildcard or a hop window was open.
    pub window: Option<Window>,
    /// The explanations with the largest shares.
    pub explanations: SmallVec<[Explanation; 2]>,
}

/// What is known of the service's own calls to a dial's destination, learned or by the operator's word. It
/// protects the dial from the rule for orders, unless the dial shows what only a client named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnEvidence {
    /// No own call is known.
    #[default]
    None,
    /// The service calls the destination, and the dial shows no path.
    HiddenPath,
    /// It calls the destination, and no proven order names the path that the dial shows.
    UnnamedPath,
    /// It calls the path.
    KnownPath,
    /// It calls paths of the kind, and only the content of an answer names this one.
    KinPath,
    /// It calls the destination, but never showed the path, and a proven order names it: no protection.
    NewPath,
}

impl OwnEvidence {
    /// Whether any own call to the destination is known.
    pub fn is_some(self) -> bool {
        self != Self::None
    }

    /// Whether it protects the dial from the rule for orders.
    pub fn protects(self) -> bool {
        !matches!(self, Self::None | Self::NewPath)
    }
}

/// What may hide an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// A request whose inspection was cut.
    Wildcard,
    /// A dial ordered at a proven sink, whose answer may lead elsewhere unseen: it is inside TLS, or a part
    /// of it was not read.
    Hop,
}

/// One explanation of a dial and its share of the probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its share, from 0 to 1.
    pub share: f64,
    /// What is learned from it, from 0 to 1: its share, and those of others like it that are too small
    /// to be listed and for which it stands.
    pub mass: f64,
    /// What it is.
    pub source: Source,
}

/// Where a dial may come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A candidate of a request.
    Order(Box<Order>),
    /// Where an earlier dial's answer leads.
    Hop(Box<Hop>),
    /// A label of a request, which the service completed to the host: no order, for the service chose what it
    /// completes it with.
    Label(Box<Order>),
    /// A call that an endpoint makes of its own accord, on behalf of a request.
    OwnCall {
        /// The request in flight.
        request: Reference,
        /// Its endpoint.
        endpoint: Endpoint,
    },
    /// Nothing in flight: a timer, a worker, a start.
    Background,
}

/// The candidate that an explanation names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The request that carried it.
    pub request: Reference,
    /// Which of the request's candidates.
    pub candidate: u16,
    /// Who sent the request.
    pub actor: Actor,
    /// Its endpoint.
    pub endpoint: Endpoint,
    /// The place.
    pub place: Place,
    /// How it was written.
    pub manner: Manner,
    /// What its surroundings say.
    pub nature: Nature,
    /// Where it was written.
    pub location: Location,
    /// The candidate's redacted text.
    pub shown: Box<str>,
    /// How the paths stand to each other.
    pub path: PathMatch,
    /// Whether the place is a proven sink for this destination.
    pub proven: bool,
    /// Whether an `allow` entry covers it.
    pub allowed: bool,
    /// Microseconds from the request to the dial.
    pub delay: u64,
    /// Whether the request had already ended (a stored order).
    pub stored: bool,
    /// The honour rate of the place at this moment.
    pub rho: f64,
}

/// The hop that an explanation names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// The dial whose answer leads here.
    pub parent: Reference,
    /// How it does.
    pub kind: HopKind,
    /// The order at the beginning of the chain, where there was one.
    pub order: Option<Box<Order>>,
    /// How many hops lie between that order and this dial.
    pub depth: u8,
    /// Whether the order counts as proven.
    pub proven: bool,
    /// Whether an `allow` entry covers this dial.
    pub allowed: bool,
}

impl Source {
    /// The order behind it, directly or through hops.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            Self::Hop(hop) => hop.order.as_deref(),
            Self::Label(_) | Self::OwnCall { .. } | Self::Background => None,
        }
    }

    /// Whether it is an order from a proven sink or an allowed one, directly or through seen hops.
    pub fn is_obeyed(&self) -> bool {
        match self {
            Self::Order(order) => order.proven || order.allowed,
            Self::Hop(hop) => (hop.proven || hop.allowed) && hop.order.is_some(),
            Self::Label(_) | Self::OwnCall { .. } | Self::Background => false,
        }
    }

    /// Whether it is an unallowed order from a proven sink, directly or through seen hops.
    pub fn is_proven(&self) -> bool {
        match self {
            Self::Order(order) => order.proven && !order.allowed,
            Self::Hop(hop) => hop.proven && !hop.allowed && hop.order.is_some(),
            Self::Label(_) | Self::OwnCall { .. } | Self::Background => false,
        }
    }
}

/// Share of the leading order's share from which another order is told with it.
const TOLD_SHARE: f64 = 0.25;
/// Share of all orders that some must hold to be blamed before the others.
const MOST: f64 = 0.5;
/// Share from which an order is blamed for a dial of another path than it names.
const ALL_BUT_SURE: f64 = 0.9;

/// Which orders a dial is blamed on.
#[derive(Clone, Copy)]
enum Blame {
    /// Unallowed ones from proven sinks.
    Proven,
    /// Those that name the very path in a place for destinations.
    Exact,
    /// Those at places that traffic may prove, or that are proven.
    Eligible,
    /// All.
    Any,
}

impl Verdict {
    /// The explanation of an order with the largest share, if there is any order. A mention that only
    /// the operator could prove is it where nothing else is, and an unproven order only where proven
    /// ones do not explain the refusal that rests on them.
    pub fn leading_order(&self) -> Option<(&Explanation, &Order)> {
        let leading = |blame: Blame| self.orders(blame).max_by(|(a, _), (b, _)| a.share.total_cmp(&b.share));
        leading(self.blame())
    }

    /// The orders that a dial is told with, and their explanations: the leading one, and those like it with a share
    /// that is not small beside it. What names another path is told only where it leads.
    pub fn told_orders(&self) -> impl Iterator<Item = (&Explanation, &Order)> {
        let leading = self.leading_order();
        let least = leading.map_or(0.0, |(leading, _)| leading.share * TOLD_SHARE);
        let leads = move |order: &Order| leading.is_some_and(|(_, leading)| std::ptr::eq(leading, order));
        self.orders(self.blame())
            .filter(move |(e, order)| leads(order) || e.share >= least && order.path != PathMatch::Different)
    }

    /// Whether the dial is to be laid at the door of whoever sent the leading order: a rule rests on that, or it names
    /// the very path, or it holds most of the share of all orders. Where many are as likely as one another, or one that
    /// names another path is not all but sure, nobody is known.
    pub fn names_somebody(&self) -> bool {
        let Some((leading, order)) = self.leading_order() else { return false };
        let rests_on_order = matches!(
            self.decision,
            Decision::Deny(
                Rule::OrderedDeny | Rule::OrderedPort | Rule::InternalCredentials | Rule::ColdExact | Rule::Retry
            )
        );
        rests_on_order
            || match order.path {
                PathMatch::Equal => true,
                PathMatch::Different => leading.share >= ALL_BUT_SURE,
                _ => leading.share >= self.p_ordered * MOST,
            }
    }

    fn orders(&self, blame: Blame) -> impl Iterator<Item = (&Explanation, &Order)> {
        self.explanations.iter().filter_map(|e| e.source.order().map(|order| (e, order))).filter(move |(e, order)| {
            match blame {
                Blame::Proven => e.source.is_proven(),
                Blame::Exact => order.nature == Nature::Named && order.path == PathMatch::Equal,
                Blame::Eligible => order.nature.is_eligible() || order.proven,
                Blame::Any => true,
            }
        })
    }

    /// On which orders the dial is blamed.
    fn blame(&self) -> Blame {
        let of_rule = match self.decision.rule() {
            Some(Rule::OrderedDeny | Rule::InternalCredentials | Rule::OrderedPort) => Blame::Proven,
            Some(Rule::ColdExact) => Blame::Exact,
            _ => Blame::Eligible,
        };
        let share = |blame| self.orders(blame).map(|(e, _)| e.share).sum::<f64>();
        let most = self.p_ordered * MOST;
        if let Some(blame) = [of_rule, Blame::Eligible].into_iter().find(|blame| share(*blame) >= most) {
            return blame;
        }
        // What is refused is refused for some order, however loudly others mention the same.
        let rests_on_orders = matches!(of_rule, Blame::Proven | Blame::Exact) && self.orders(of_rule).next().is_some();
        if rests_on_orders { of_rule } else { Blame::Any }
    }

    /// Share of unallowed orders that come from proven sinks, directly or through seen hops.
    pub fn proven_share(&self) -> f64 {
        self.explanations.iter().filter(|e| e.source.is_proven()).map(|e| e.share).sum()
    }

    /// Share of orders from proven sinks, allowed ones too: an `allow` entry proves its sink. Where such
    /// an order redirects to, nobody has allowed.
    pub fn obeyed_share(&self) -> f64 {
        self.explanations.iter().filter(|e| e.source.is_obeyed()).map(|e| e.share).sum()
    }

    /// Share of labels that the service completed.
    pub fn label_share(&self) -> f64 {
        self.explanations.iter().filter(|e| matches!(e.source, Source::Label(_))).map(|e| e.mass).sum()
    }

    /// Share of the service's own calls, those with a client's label in them too, and the background.
    pub fn own_share(&self) -> f64 {
        (1.0 - self.p_ordered).clamp(0.0, 1.0)
    }

    /// The kind of match, as findings report it.
    pub fn kind_of_match(&self) -> Option<&'static str> {
        let (explanation, order) = self.leading_order()?;
        Some(match (&explanation.source, order.manner.kind) {
            (Source::Hop(hop), _) => match hop.kind {
                HopKind::Redirect => "redirect",
                HopKind::Content => "content",
            },
            (_, _) if !order.manner.decodings.is_plain() => "decoded",
            (_, CandidateKind::Url) => "url",
            (_, CandidateKind::Authority) => "authority",
            (_, CandidateKind::Host) => "host",
            (_, CandidateKind::Composed) => "composed",
            (_, CandidateKind::Label) => "label",
        })
    }
}
