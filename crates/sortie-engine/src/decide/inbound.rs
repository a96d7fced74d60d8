//! The inbound door's decision: an order for a denied destination, at a proven sink, is refused before
//! it reaches the back end. The dial would be ambiguous, the order is not, so no own call is put at
//! risk. The door never resolves.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;
use sortie_model::event::{Cut, Refused};
use sortie_model::place::canonical_template;
use sortie_model::policy::{OrderView, Scope};
use sortie_model::{Actor, AddressClass, Candidate, Containers, Endpoint, Host, Micros, Mode, Place, Policy, Rule};

use crate::extract::ProvenSink;
use crate::learned::Learned;

/// Which of the templates of a target is its endpoint's: the first with a proven sink, else the first. What
/// some routers take for that endpoint must not get past it.
pub fn template_of(templates: &[String], learned: &Learned, policy: &Policy) -> Arc<str> {
    let of_sink = || templates.iter().find(|template| has_sink(template, learned, policy));
    let first = templates.first();
    let template = if templates.len() > 1 { of_sink().or(first) } else { first };
    Arc::from(template.map_or("/", String::as_str))
}

/// Whether an endpoint of this template has a proven sink, by its own traffic or by the operator's word.
pub fn has_sink(template: &str, learned: &Learned, policy: &Policy) -> bool {
    let template = canonical_template(template);
    learned.has_proven_sink(&template) || sinks_by_word(policy, &template).next().is_some()
}

/// The operator's word on sinks of a canonical template: what is said to be proven, and what is allowed to
/// be dialled there.
fn sinks_by_word<'a>(policy: &'a Policy, template: &'a str) -> impl Iterator<Item = &'a Scope> {
    let allowed = policy.allow.iter().filter_map(|entry| entry.sink.as_ref());
    policy.proven.iter().chain(allowed).filter(move |scope| *scope.template == *template)
}

/// What a request is judged against.
#[derive(Clone, Debug)]
pub struct Admission<'a> {
    learned: &'a Learned,
    policy: &'a Policy,
    endpoint: &'a Endpoint,
    actor: Actor,
    now: Micros,
    /// The endpoint's template, canonical.
    template: Cow<'a, str>,
    has_sink: bool,
}

impl<'a> Admission<'a> {
    /// A request of `actor` to `endpoint`, judged `now` by what is learned of the service and by its policy.
    pub fn new(learned: &'a Learned, policy: &'a Policy, endpoint: &'a Endpoint, actor: Actor, now: Micros) -> Self {
        let template = canonical_template(&endpoint.template);
        let has_sink = has_sink(&template, learned, policy);
        Self { learned, policy, endpoint, actor, now, template, has_sink }
    }

    /// Whether the endpoint has a proven sink, by its own traffic or by the operator's word.
    pub fn has_sink(&self) -> bool {
        self.has_sink
    }

    /// The refusal that candidates call for, one that is enforced before one that is not; candidates are
    /// numbered from `first`.
    pub fn of_candidates(&self, candidates: &[Arc<Candidate>], first: u16) -> Option<Refused> {
        // A proven place makes its endpoint one with a sink, and most have none.
        if !self.has_sink {
            return None;
        }
        let mut refusals = candidates.iter().zip(first..).filter_map(|(candidate, number)| {
            let place = Place::new(&self.endpoint.template, Arc::clone(&candidate.parameter));
            let class = self.forbidden_class(&place, candidate)?;
            let mode = self.policy.mode_at(self.endpoint, Some(&place));
            Some(Refused { rule: Rule::OrderedDeny, candidate: Some(number), class: Some(class), mode })
        });
        let first = refusals.next()?;
        if first.is_enforced() { Some(first) } else { Some(refusals.find(Refused::is_enforced).unwrap_or(first)) }
    }

    /// Whether a cut counts: what an unread format might order is of interest only where something is
    /// ordered at all.
    pub fn counts(&self, cut: Cut) -> bool {
        cut != Cut::Format || self.has_sink
    }

    /// The refusal of a request whose inspection was cut: its endpoint has a proven sink, so what was
    /// not inspected may be an order that is obeyed.
    pub fn of_cut(&self, cut: Option<Cut>) -> Option<Refused> {
        // An upgrade is no cut of this request: it has no body, and later frames are another matter.
        cut.filter(|cut| *cut != Cut::Upgrade)?;
        self.has_sink.then(|| Refused {
            rule: Rule::CutInspection,
            candidate: None,
            class: None,
            mode: self.policy.strictest_at(self.endpoint),
        })
    }

    /// Whether the inspected prefix of a body is held back until it is judged: in `block`, at an
    /// endpoint with a proven sink.
    pub fn holds(&self) -> bool {
        let blocks = |(scope, mode): &(Scope, Mode)| *mode == Mode::Block && *scope.template == *self.template;
        self.has_sink && (self.policy.mode == Mode::Block || self.policy.scopes.iter().any(blocks))
    }

    /// The endpoint's proven sinks, each once. One that its traffic proves is read in the containers in which it was
    /// obeyed; one that the operator's word alone proves, in every one that its name allows.
    pub fn sinks(&self) -> SmallVec<[ProvenSink; 2]> {
        let mut sinks = SmallVec::new();
        if !self.has_sink {
            return sinks;
        }
        let by_traffic = self.learned.proven_parameters(&self.template);
        let by_word = sinks_by_word(self.policy, &self.template).filter_map(|scope| scope.parameter.as_ref());
        let by_word = by_word.map(|parameter| (parameter, Containers::of_parameter(parameter)));
        for (parameter, read_in) in by_traffic.chain(by_word) {
            if sinks.iter().all(|known: &ProvenSink| known.parameter != *parameter) {
                sinks.push(ProvenSink { parameter: Arc::clone(parameter), read_in });
            }
        }
        sinks
    }

    /// The denied class that a candidate of a proven place names. The proof is all that is asked: the honour
    /// rate of all offers is what clients make of it, who may offer what nobody can dial.
    fn forbidden_class(&self, place: &Place, candidate: &Candidate) -> Option<AddressClass> {
        let (host, class) = candidate.hosts().find_map(|host| {
            let known = self.learned.known_classes(host, &self.policy.addresses, self.now);
            let class = self.policy.telling_class(known)?;
            self.policy.denies(class).then_some((host, class))
        })?;
        let is_proven = self.policy.proves(self.endpoint, place)
            || self
                .learned
                .proving_sink(place, candidate.manner, candidate.nature, host)
                .is_some_and(|sink| sink.is_refused_at_inbound());
        (is_proven && !self.is_allowed(place, candidate, host, class)).then_some(class)
    }

    fn is_allowed(&self, place: &Place, candidate: &Candidate, host: &Host, class: AddressClass) -> bool {
        let addresses = self.learned.known_addresses(host, self.now);
        let order = OrderView {
            endpoint: self.endpoint,
            place,
            actor: self.actor.id(),
            host,
            addresses: &addresses,
            class,
            port: candidate.port.unwrap_or_default(),
        };
        self.policy.allowed(&order, self.now).is_some()
    }
}
