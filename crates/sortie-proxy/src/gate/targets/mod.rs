//! Where an answer leads its reader: what its head says, and what its body names.

mod body;
mod head;

use smallvec::SmallVec;
use sortie_engine::extract;
use sortie_model::candidate::Scheme;
use sortie_model::event::{HopKind, HopTarget};
use sortie_model::path::redact;
use sortie_model::{Candidate, CandidateKind, Destination, Host, Key, PathDigest};
use url::{ParseError, Url};

pub(super) use body::of_body;
pub(super) use head::of_head;

/// Where an answer leads.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Every distinct target of every reading, the likeliest first.
    pub(super) seen: Vec<HopTarget>,
    /// Whether some of it does not read at all, or there are more than are kept: it may lead anywhere.
    pub(super) hides_some: bool,
}

impl Targets {
    /// Keeps a target unless it is known, as long as there are fewer than `room` of its kind.
    fn add(&mut self, target: HopTarget, room: usize) {
        if let Some(known) = self.seen.iter_mut().find(|known| is_same(known, &target)) {
            known.kind = known.kind.min(target.kind);
            return;
        }
        if self.seen.iter().filter(|known| known.kind == target.kind).count() >= room {
            self.hides_some = true;
        } else {
            self.seen.push(target);
        }
    }
}

fn is_same(a: &HopTarget, b: &HopTarget) -> bool {
    a.destination == b.destination && a.scheme == b.scheme && a.path == b.path
}

/// What each parser makes of a reference in an answer to `base`.
fn readings(base: &str, reference: &str, kind: HopKind, key: &Key) -> SmallVec<[HopTarget; 2]> {
    let others = extract::single(reference, key);
    let others = others.iter().flat_map(|candidate| of_candidate(candidate, kind, key));
    by_url(base, reference, kind, key).into_iter().chain(others).collect()
}

/// The reading of browsers, relative to the dialled URL. `None` where it is no URL with a host and a
/// port.
fn by_url(base: &str, reference: &str, kind: HopKind, key: &Key) -> Option<HopTarget> {
    let url = match Url::parse(reference) {
        Err(ParseError::RelativeUrlWithoutBase) => Url::parse(base).ok()?.join(reference).ok()?,
        other => other.ok()?,
    };
    let scheme = Scheme::parse(url.scheme());
    let host = Host::parse(url.host_str()?);
    let port = url.port().or_else(|| scheme.default_port())?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let shown_port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{scheme}://{host}{shown_port}{}", redact(&path)).into_boxed_str();
    let path = Some(PathDigest::of(&path, key));
    Some(HopTarget { kind, scheme, destination: Destination::new(host, port), path, shown })
}

/// What other parsers make of it: each host that some reading sees.
fn of_candidate(candidate: &Candidate, kind: HopKind, key: &Key) -> SmallVec<[HopTarget; 2]> {
    // What names no scheme keeps that of the dial: only plain HTTP is visible here.
    let scheme = candidate.scheme.clone().unwrap_or(Scheme::Http);
    let Some(port) = candidate.port.or_else(|| scheme.default_port()) else { return SmallVec::new() };
    let path = candidate.path.clone();
    // A URL without a path is one of `/`; of a bare host any path may be fetched.
    let path = path.or_else(|| (candidate.manner.kind == CandidateKind::Url).then(|| PathDigest::of("/", key)));
    let to = |host: &Host| HopTarget {
        kind,
        scheme: scheme.clone(),
        destination: Destination::new(host.clone(), port),
        path: path.clone(),
        shown: candidate.shown.clone(),
    };
    candidate.hosts().map(to).collect()
}
