//! Destinations: how often the service dials them of its own accord, and on whose behalf.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::{AddressClass, Endpoint, Micros, PathDigest, limits};

use super::SinkKey;
use crate::kernel::Kernel;

/// Own paths that are counted one by one.
const OWN_PATHS: usize = 32;
/// How probable one particular path is that own dials never showed, but whose like they show: its
/// one new segment is as a rule an identifier, and the client that names it knows its own.
const KIN_PATH: f64 = 0.5;
/// How probable one particular path is that own dials never showed, given that the path is new.
pub(crate) const NOVEL_PATH: f64 = 0.02;
/// Sinks that offered a host, remembered for the residual.
const OFFERING_SINKS: usize = 16;

/// What is learned of one destination (host and port).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DestinationStats {
    /// The first dial.
    pub first: Micros,
    /// The last dial.
    pub last: Micros,
    /// Its class at the last dial.
    pub class: AddressClass,
    /// Dials that were let through.
    pub dials: f64,
    /// Sum of their own shares.
    pub own: f64,
    /// Own evidence: the worst class at which a dial connected that was let through and judged own
    /// ≥ 0.5. For metadata, link-local and loopback only outside wildcards and hop windows.
    pub own_class: Option<AddressClass>,
    /// Whether the first own evidence arose while a window was open: to be reviewed when `block` is
    /// turned on.
    pub provisional: bool,
    /// Ordered dials inside TLS: behind them redirects are hidden.
    pub tls_orders: u64,
    /// Fingerprints of paths that dials showed which were let through and judged ordered < 0.9.
    shown: BTreeSet<u64>,
    /// Paths of own dials with their weights.
    own_paths: Vec<(PathDigest, f32)>,
    /// Sum of all weights, and of those of paths that were new then.
    path_mass: f64,
    novel_mass: f64,
    /// Endpoints that call it.
    pub callers: Vec<Caller>,
}

/// One endpoint that calls a destination of its own accord.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Soft count of its calls, c(e,h).
    pub calls: f64,
    /// Requests that named the host and so were left out of the count.
    pub skipped: f64,
    /// When after the request it calls.
    pub delays: Kernel,
}

/// What is kept of a host over all of its ports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostStats {
    /// Ports that were dialled.
    pub ports: SmallVec<[u16; 4]>,
    /// How often which sinks offered the host.
    pub offers: Vec<(SinkKey, f32)>,
}

impl DestinationStats {
    /// A destination at its first dial.
    pub fn new(first: Micros, class: AddressClass) -> Self {
        Self {
            first,
            last: first,
            class,
            dials: 0.0,
            own: 0.0,
            own_class: None,
            provisional: false,
            tls_orders: 0,
            shown: BTreeSet::new(),
            own_paths: Vec::new(),
            path_mass: 0.0,
            novel_mass: 0.0,
            callers: Vec::new(),
        }
    }

    /// Whether there is own evidence for a dial of this class. A name that now points somewhere worse
    /// has none.
    pub fn has_own_evidence(&self, class: AddressClass) -> bool {
        self.own_class.is_some_and(|known| class <= known)
    }

    /// Whether dials that were not surely ordered showed this path. When too many were shown to
    /// remember them, every path counts as shown: an own dial must never be blocked for it.
    pub fn has_shown(&self, path: u64) -> bool {
        self.shown.len() >= limits::SHOWN_PATHS || self.shown.contains(&path)
    }

    /// P(path | own, this destination); 1 where the dial shows none.
    ///
    /// `named`: the request whose own call it would be names this very path. A client knows its own
    /// identifiers, so that is no coincidence where own dials show paths of the kind.
    pub fn own_path_probability(&self, path: Option<&PathDigest>, named: bool) -> f64 {
        let Some(path) = path else { return 1.0 };
        if self.path_mass < 1.0 {
            return NOVEL_PATH;
        }
        let total = self.path_mass + 1.0;
        if let Some((_, weight)) = self.own_paths.iter().find(|(known, _)| known == path) {
            return f64::from(*weight) / total;
        }
        let novel = (self.novel_mass + 1.0) / (total + 1.0);
        novel * if named && self.shows_kin_of(path) { KIN_PATH } else { NOVEL_PATH }
    }

    /// Whether own dials show paths of this kind.
    pub fn shows_kin_of(&self, path: &PathDigest) -> bool {
        self.own_paths.iter().any(|(known, weight)| *weight >= 0.5 && known.is_kin(path))
    }

    pub(crate) fn show(&mut self, path: u64) {
        if self.shown.len() < limits::SHOWN_PATHS {
            self.shown.insert(path);
        }
    }

    pub(crate) fn learn_own_path(&mut self, path: &PathDigest, weight: f64) {
        self.path_mass += weight;
        match self.own_paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, sum)) => *sum += weight as f32,
            None => {
                self.novel_mass += weight;
                if self.own_paths.len() == OWN_PATHS {
                    let least = (0..OWN_PATHS).min_by(|&a, &b| self.own_paths[a].1.total_cmp(&self.own_paths[b].1));
                    self.own_paths.swap_remove(least.expect("there are some"));
                }
                self.own_paths.push((path.clone(), weight as f32));
            }
        }
    }

    /// The caller entry of an endpoint, made where there is room.
    pub(crate) fn caller_mut(&mut self, endpoint: &Endpoint) -> Option<&mut Caller> {
        let index = match self.callers.iter().position(|caller| caller.endpoint == *endpoint) {
            Some(index) => index,
            None if self.callers.len() < limits::DESTINATION_CALLERS => {
                self.callers.push(Caller {
                    endpoint: endpoint.clone(),
                    calls: 0.0,
                    skipped: 0.0,
                    delays: Kernel::default(),
                });
                self.callers.len() - 1
            }
            None => return None,
        };
        Some(&mut self.callers[index])
    }
}

impl HostStats {
    pub(crate) fn add_port(&mut self, port: u16) {
        if !self.ports.contains(&port) && self.ports.len() < limits::DESTINATION_CALLERS {
            self.ports.push(port);
        }
    }

    /// A place offered the host. Only proven sinks explain dials, so where there is no room one of them
    /// takes that of a place which is none.
    pub(crate) fn offered(&mut self, sink: &SinkKey, is_proven: impl Fn(&SinkKey) -> bool) {
        if let Some((_, count)) = self.offers.iter_mut().find(|(known, _)| known == sink) {
            *count += 1.0;
        } else if self.offers.len() < OFFERING_SINKS {
            self.offers.push((sink.clone(), 1.0));
        } else if is_proven(sink)
            && let Some(other) = self.offers.iter_mut().find(|(known, _)| !is_proven(known))
        {
            *other = (sink.clone(), 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::Key;

    use super::*;

    #[test]
    fn own_paths_are_likelier_than_new_ones() {
        let key = Key::new(&[1; Key::LENGTH]);
        let path = |text: &str| PathDigest::of(text, &key);
        let mut stats = DestinationStats::new(Micros(0), AddressClass::Private);
        assert_eq!(stats.own_path_probability(Some(&path("/healthz")), false), NOVEL_PATH, "nothing known yet");
        for n in 0..20 {
            stats.learn_own_path(&path("/healthz"), 1.0);
            stats.learn_own_path(&path(&format!("/v1/credit/{n}")), 1.0);
        }
        let probability = |text: &str, named| stats.own_path_probability(Some(&path(text)), named);
        assert!(probability("/healthz", false) > 0.4);
        assert!(probability("/v1/credit/900", true) > 0.2, "the client may know its own identifier");
        assert!(probability("/v1/credit/900", false) < 0.02, "but nobody else's");
        assert!(probability("/v1/admin", true) < 0.02);
        assert_eq!(stats.own_path_probability(None, false), 1.0);
    }

    #[test]
    fn everything_counts_as_shown_when_memory_is_full() {
        let mut stats = DestinationStats::new(Micros(0), AddressClass::Private);
        stats.show(1);
        assert!(stats.has_shown(1) && !stats.has_shown(2));
        for path in 0..limits::SHOWN_PATHS as u64 {
            stats.show(path);
        }
        assert!(stats.has_shown(u64::MAX));
    }
}
