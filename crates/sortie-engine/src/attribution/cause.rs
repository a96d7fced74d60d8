//! Explanations while they are weighed: by reference, for a dial may have thousands of which a verdict
//! lists a few.

use sortie_model::event::{Dial, HopKind};
use sortie_model::policy::OrderView;
use sortie_model::verdict::{Hop, Order, Source};
use sortie_model::{Actor, Endpoint, Manner, Micros, Mode, Nature, PathMatch, Place, Policy, Reference};

use crate::inflight::{LiveCandidate, PendingHop};

/// One explanation with its rate.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<'a> {
    /// Rate per second.
    pub rate: f64,
    /// How many like it this one stands for, itself included: of very many only some are weighed.
    pub stands_for: f64,
    /// What it is.
    pub cause: Cause<'a>,
    /// Whether it counts as proven.
    pub proven: bool,
    /// Whether an `allow` entry covers it.
    pub allowed: bool,
}

/// What may have caused a dial.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// A candidate of a request.
    Candidate {
        /// The candidate.
        live: &'a LiveCandidate,
        /// How the dial's path stands to its path.
        path: PathMatch,
        /// Microseconds from its request to the dial.
        delay: u64,
        /// The honour rate of its place, or what is left of it where the order's time is over.
        rho: f64,
        /// Where its time is over: the rate at which the service itself makes such a dial, see `late`.
        echo: f64,
    },
    /// Where an answer leads that was seen.
    Hop {
        /// The hop.
        hop: &'a PendingHop,
        /// The order that it passes on; `None` for the part of it that was the service's own.
        order: Option<&'a Order>,
        /// How the dial's path stands to its path.
        path: PathMatch,
    },
    /// A call that an endpoint makes of its own accord, on behalf of a request.
    OwnCall {
        /// The request in flight.
        request: Reference,
        /// Its endpoint.
        endpoint: &'a Endpoint,
    },
    /// Nothing in flight.
    Background,
}

/// What rules look at of an order, be it a candidate in the table or the beginning of a chain of hops.
#[derive(Clone, Copy, Debug)]
pub struct OrderRef<'a> {
    /// The request that carried it.
    pub request: Reference,
    /// Who sent the request.
    pub actor: &'a Actor,
    /// Its endpoint.
    pub endpoint: &'a Endpoint,
    /// The place.
    pub place: &'a Place,
    /// How it was written.
    pub manner: Manner,
    /// What its surroundings say.
    pub nature: Nature,
    /// How the paths stood to each other.
    pub path: PathMatch,
}

impl<'a> Weighted<'a> {
    /// Rate of all that it stands for.
    pub fn mass(&self) -> f64 {
        self.rate * self.stands_for
    }

    /// The rate at which the service itself makes the dial that an order named in vain; 0 for all that is no
    /// such order.
    pub(super) fn echo(&self) -> f64 {
        match self.cause {
            Cause::Candidate { echo, .. } => echo,
            Cause::Hop { .. } | Cause::OwnCall { .. } | Cause::Background => 0.0,
        }
    }

    /// Whether it is a label that the service completes.
    pub(super) fn is_label(&self) -> bool {
        matches!(self.cause, Cause::Candidate { live, .. } if live.candidate.label().is_some())
    }

    /// The order behind it, directly or through hops. A label orders nothing: see [`Source::Label`].
    pub fn order(&self) -> Option<OrderRef<'a>> {
        match self.cause {
            Cause::Candidate { .. } if self.is_label() => None,
            Cause::Candidate { live, path, .. } => Some(OrderRef::of_candidate(live, path)),
            Cause::Hop { order, .. } => order.map(OrderRef::of),
            Cause::OwnCall { .. } | Cause::Background => None,
        }
    }

    /// Whether it is an order from a proven sink, directly or through seen hops, that nothing allows.
    pub fn is_proven_order(&self) -> bool {
        self.proven && !self.allowed && self.order().is_some()
    }

    /// Whether the dial shows the very path that the candidate or the hop names.
    pub fn is_exact(&self) -> bool {
        matches!(self.cause, Cause::Candidate { path, .. } | Cause::Hop { path, .. } if path == PathMatch::Equal)
    }

    /// Whether it is what an answer names and nobody has to fetch.
    pub fn is_named_by_answer(&self) -> bool {
        matches!(self.cause, Cause::Hop { hop, .. } if hop.target.kind == HopKind::Content)
    }

    /// For hops: the mode that their order had.
    pub fn inherited_mode(&self) -> Option<Mode> {
        match self.cause {
            Cause::Hop { hop, .. } => Some(hop.mode),
            Cause::Candidate { .. } | Cause::OwnCall { .. } | Cause::Background => None,
        }
    }

    /// The same in full, for a verdict.
    pub fn source(&self) -> Source {
        match self.cause {
            Cause::Candidate { live, path, delay, rho, .. } => {
                let order = Box::new(Order {
                    request: live.id.request,
                    candidate: live.id.index,
                    actor: live.actor,
                    endpoint: (*live.endpoint).clone(),
                    place: live.place.clone(),
                    manner: live.candidate.manner,
                    nature: live.candidate.nature,
                    location: live.candidate.location.clone(),
                    shown: live.candidate.shown.clone(),
                    path,
                    proven: self.proven,
                    allowed: self.allowed,
                    delay,
                    stored: live.remembered,
                    rho,
                });
                if self.is_label() { Source::Label(order) } else { Source::Order(order) }
            }
            Cause::Hop { hop, order, .. } => Source::Hop(Box::new(Hop {
                parent: hop.parent,
                kind: hop.target.kind,
                order: order.cloned().map(Box::new),
                depth: hop.depth,
                proven: self.proven,
                allowed: self.allowed,
            })),
            Cause::OwnCall { request, endpoint } => Source::OwnCall { request, endpoint: endpoint.clone() },
            Cause::Background => Source::Background,
        }
    }
}

impl<'a> OrderRef<'a> {
    /// Of an order in full.
    pub fn of(order: &'a Order) -> Self {
        Self {
            request: order.request,
            actor: &order.actor,
            endpoint: &order.endpoint,
            place: &order.place,
            manner: order.manner,
            nature: order.nature,
            path: order.path,
        }
    }

    /// Of a candidate that may be obeyed.
    pub fn of_candidate(live: &'a LiveCandidate, path: PathMatch) -> Self {
        Self {
            request: live.id.request,
            actor: &live.actor,
            endpoint: &live.endpoint,
            place: &live.place,
            manner: live.candidate.manner,
            nature: live.candidate.nature,
            path,
        }
    }

    /// Whether an `allow` entry covers a dial that it caused.
    pub(super) fn is_allowed(&self, dial: &Dial, policy: &Policy, now: Micros) -> bool {
        let view = OrderView {
            endpoint: self.endpoint,
            place: self.place,
            actor: self.actor.id(),
            host: &dial.destination.host,
            addresses: &dial.addresses,
            class: dial.class,
            port: dial.destination.port,
        };
        policy.allowed(&view, now).is_some()
    }
}
