//! Requests in flight or just ended.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sortie_model::{Actor, Destination, Endpoint, Host, Micros};

use super::candidates::LiveCandidate;

/// Destinations that a request is remembered to have called. One that goes on for hours may call many.
const CALLED: usize = 32;

/// A request in flight, or ended less than [`sortie_model::limits::AFTER_END_MICROS`] ago.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveRequest {
    /// When its head was read.
    pub at: Micros,
    /// When it ended.
    pub ended: Option<Micros>,
    /// Its endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Who sent it.
    pub actor: Actor,
    /// What it carries.
    pub(super) candidates: Vec<LiveCandidate>,
    /// Hosts that its candidates name.
    pub hosts: Vec<Host>,
    /// How far its own call to a destination is used up.
    own_used: Vec<(Destination, f64)>,
}

impl LiveRequest {
    /// A request whose head was read, without candidates yet.
    pub(super) fn new(at: Micros, endpoint: Arc<Endpoint>, actor: Actor) -> Self {
        Self { at, ended: None, endpoint, actor, candidates: Vec::new(), hosts: Vec::new(), own_used: Vec::new() }
    }

    /// How far its own call to `destination` is used up, from 0 to 1.
    pub fn own_used(&self, destination: &Destination) -> f64 {
        self.own_used.iter().find(|(known, _)| known == destination).map_or(0.0, |&(_, used)| used)
    }

    /// It called `destination`, by that share. Where there is no room, what was called least is as if it
    /// had not been.
    pub(super) fn called(&mut self, destination: &Destination, share: f64) {
        if let Some((_, used)) = self.own_used.iter_mut().find(|(known, _)| known == destination) {
            *used = (*used + share).min(1.0);
            return;
        }
        if self.own_used.len() == CALLED {
            let least = (0..CALLED).min_by(|&a, &b| self.own_used[a].1.total_cmp(&self.own_used[b].1));
            self.own_used.swap_remove(least.expect("there are some"));
        }
        self.own_used.push((destination.clone(), share));
    }

    /// Whether some candidate names `host`, be it by a label.
    pub fn names(&self, host: &Host) -> bool {
        let names_by_label = |live: &LiveCandidate| live.candidate.label().is_some() && live.candidate.names(host);
        self.hosts.contains(host) || self.candidates.iter().any(names_by_label)
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::Method;

    use super::*;

    #[test]
    fn a_request_that_calls_many_remembers_what_it_called_most() {
        let destination = |n: usize| Destination::new(Host::name(&format!("h{n}.example")), 80);
        let endpoint = Endpoint { method: Method::Get, host: None, template: Arc::from("/") };
        let mut live = LiveRequest::new(Micros(0), Arc::new(endpoint), Actor::by_address([198, 51, 100, 7].into()));
        live.called(&destination(0), 0.9);
        for n in 1..10 * CALLED {
            live.called(&destination(n), 0.1);
        }
        assert_eq!(live.own_used.len(), CALLED);
        assert_eq!((live.own_used(&destination(0)), live.own_used(&destination(1))), (0.9, 0.0));
    }
}
