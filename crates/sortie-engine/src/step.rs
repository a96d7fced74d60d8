//! One event after another: `(state, event) → (state, facts)`. The order of the stages stands here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::event::{DialProgressed, Dialled, Event, OperatorAct, Outcome, RequestInspected, What};
use sortie_model::{Finding, Key, Micros, Policy, Reference, ServiceName};

use crate::attribution::proven_by;
use crate::conclude::{Namer, Scene, Stories};
use crate::inflight::InFlight;
use crate::learn::{self, ClosedRequest, DialLesson};
use crate::learned::{Learned, SinkKey};

/// Dials whose progress is awaited, per service.
const OPEN_DIALS: usize = 50_000;
/// How often, in microseconds, requests that are over are looked for between ticks.
const EXPIRE_EVERY: u64 = 50_000;

/// All that the engine knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Number of the last event that was taken in.
    pub last: u64,
    /// Its time.
    pub last_at: Micros,
    services: BTreeMap<ServiceName, Service>,
    #[serde(skip)]
    namer: Namer,
}

/// What the engine knows of one service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Service {
    learned: Learned,
    inflight: InFlight,
    stories: Stories,
    /// Dials that are not over, for where their answers lead.
    dials: BTreeMap<Reference, Arc<Dialled>>,
    expired: Micros,
}

/// What followed from an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A finding is new or changed.
    Finding(Box<Finding>),
    /// A place became a proven sink.
    SinkProven {
        /// The service.
        service: ServiceName,
        /// The place and manner.
        sink: SinkKey,
    },
}

impl State {
    /// Takes one event in. `policies` holds each service's policy, which words and classes depend on;
    /// verdicts are data and are not recomputed.
    pub fn step(&mut self, event: &Event, policies: &BTreeMap<ServiceName, Arc<Policy>>) -> Vec<Fact> {
        self.last = self.last.max(event.number);
        self.last_at = self.last_at.max(event.at);
        match &event.service {
            Some(name) => {
                let Some(policy) = policies.get(name) else { return Vec::new() };
                self.service(name).step(event, name, policy)
            }
            None => {
                let mut facts = Vec::new();
                for (name, policy) in policies {
                    facts.extend(self.service(name).step(event, name, policy));
                }
                facts
            }
        }
    }

    fn service(&mut self, name: &ServiceName) -> &mut Service {
        if !self.services.contains_key(name) {
            let mut service = Service::default();
            service.stories.name_by(self.namer.clone());
            self.services.insert(name.clone(), service);
        }
        self.services.get_mut(name).expect("it is there, or was just made")
    }

    /// Names findings under the key of the installation. It is no part of what is kept, so it is given
    /// anew to a state that was read back.
    pub fn name_by(&mut self, key: &Key) {
        self.namer = Namer::new(key.clone());
        for service in self.services.values_mut() {
            service.stories.name_by(self.namer.clone());
        }
    }

    /// What is learned of a service.
    pub fn learned(&self, service: &ServiceName) -> Option<&Learned> {
        self.services.get(service).map(|service| &service.learned)
    }

    /// The table in flight as the events tell it, to fill a door's table with after a start.
    pub fn inflight(&self, service: &ServiceName) -> Option<&InFlight> {
        self.services.get(service).map(|service| &service.inflight)
    }
}

impl Service {
    fn step(&mut self, event: &Event, name: &ServiceName, policy: &Policy) -> Vec<Fact> {
        let at = event.at;
        let mut facts = Vec::new();
        if matches!(event.what, What::Tick) || at.0 >= self.expired.0 + EXPIRE_EVERY {
            self.expire(at, name, policy);
        }
        match &event.what {
            What::Started { .. } => {
                learn::learn_start(&mut self.learned, at);
                self.inflight.interrupted(at);
                self.dials.clear();
            }
            What::RequestBegan(began) => {
                learn::learn_request(&mut self.learned, at, &began.endpoint);
                if !began.refused.is_some_and(|refused| refused.is_enforced()) {
                    self.inflight.begin(at, began, proven_by(&self.learned, policy));
                }
                self.with_stories(at, name, policy, |stories, scene| stories.request_began(scene, began));
            }
            What::RequestInspected(inspected) => {
                let is_refused = inspected.refused.is_some_and(|refused| refused.is_enforced());
                if inspected.cut.is_some() && !is_refused {
                    self.inflight.wildcard(at, inspected.request);
                }
                self.with_stories(at, name, policy, |stories, scene| stories.inspected(scene, inspected));
                if is_refused {
                    self.inflight.forget(inspected.request);
                } else {
                    let is_proven = proven_by(&self.learned, policy);
                    let RequestInspected { request, part, candidates, .. } = &**inspected;
                    self.inflight.add_candidates(at, *request, *part, candidates, is_proven);
                }
            }
            What::RequestEnded(ended) => {
                if let Some(live) = self.inflight.request(ended.request) {
                    learn::learn_files(&mut self.learned, at, &live.endpoint, &ended.files);
                }
                self.with_stories(at, name, policy, |stories, scene| stories.request_ended(scene, ended));
                self.inflight.end(at, ended.request, ended.status);
            }
            What::Dialled(dialled) => {
                let lesson = DialLesson { at, dialled, inflight: &self.inflight };
                let proven = learn::learn_dial(&mut self.learned, &lesson);
                self.with_stories(at, name, policy, |stories, scene| stories.dialled(scene, dialled));
                self.inflight.dialled(at, &dialled.dial, &dialled.verdict);
                if !dialled.verdict.decision.is_denied() {
                    // The ends of the oldest may have been dropped.
                    if self.dials.len() >= OPEN_DIALS {
                        self.dials.pop_first();
                    }
                    self.dials.insert(dialled.dial.dial, Arc::clone(dialled));
                }
                facts.extend(proven.into_iter().map(|sink| Fact::SinkProven { service: name.clone(), sink }));
            }
            What::DialProgressed(progressed) => {
                if let Some(dialled) = self.dials.get(&progressed.dial) {
                    let DialProgressed { dial, targets, hides_targets, .. } = &**progressed;
                    self.inflight.answered(at, *dial, &dialled.verdict, targets, *hides_targets);
                }
                if matches!(progressed.outcome, Outcome::Connected | Outcome::Answered)
                    && let Some(dialled) = self.dials.get(&progressed.dial)
                {
                    learn::learn_connected(&mut self.learned, at, dialled);
                }
                self.with_stories(at, name, policy, |stories, scene| stories.progressed(scene, progressed));
                if progressed.ended {
                    self.dials.remove(&progressed.dial);
                    self.inflight.dial_ended(at, progressed.dial);
                }
            }
            What::Operator(OperatorAct::Close { finding, resolution, reason }) => {
                self.stories.close(at, finding, *resolution, reason);
            }
            What::Operator(OperatorAct::Strike { destination }) => learn::strike(&mut self.learned, destination),
            // Ends may be among what was dropped: what was in flight is over as far as is known, and its
            // candidates are remembered.
            What::Dropped { .. } => self.inflight.interrupted(at),
            What::Tick | What::Operator(OperatorAct::Mode { .. } | OperatorAct::Off { .. }) => {}
        }
        facts.extend(self.stories.take_changed().into_iter().map(|finding| Fact::Finding(Box::new(finding))));
        facts
    }

    /// Closes the requests that are over, learns from them, and tells of attempts and of what was held back.
    fn expire(&mut self, at: Micros, name: &ServiceName, policy: &Policy) {
        self.expired = at;
        let closed = self.inflight.expire(at, proven_by(&self.learned, policy));
        for request in &closed {
            learn::learn_closed(&mut self.learned, &ClosedRequest { closed: request, at });
            self.with_stories(at, name, policy, |stories, scene| stories.closed(scene, request));
        }
        self.with_stories(at, name, policy, Stories::look_again);
    }

    fn with_stories(
        &mut self,
        now: Micros,
        service: &ServiceName,
        policy: &Policy,
        tell: impl FnOnce(&mut Stories, &Scene<'_>),
    ) {
        let scene = Scene { service, learned: &self.learned, inflight: &self.inflight, policy, now };
        tell(&mut self.stories, &scene);
    }
}
