//! Sinks: how often a place's candidates are dialled, how late, and whether that is proven.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::actor::ActorId;
use sortie_model::{Container, Containers, Host, Micros, Nature, PathMatch, limits};

use super::NOVEL_PATH;
use super::matches::Matches;
use crate::kernel::Kernel;

/// Destinations that must have been obeyed, besides the one in question.
const PROOF_DESTINATIONS: usize = 3;
/// Honour rate below which a place is not proven.
const PROOF_RHO: f64 = 0.2;
/// Honour rate below which a proof no longer holds, among the votes of actors that were obeyed there.
/// Others, who name what cannot be dialled, have no say in it: else a proof would cost an attacker
/// nothing but addresses. The rate itself already weighs less what is obeyed less.
const LAPSED_RHO: f64 = 0.02;
/// Candidates of one destination that prove a narrow sink.
const NARROW_CANDIDATES: usize = 2;
/// The same of a place where texts mention destinations: so many, at so high a rate, in texts of so many actors. Texts
/// are full of what nobody dials, and only where most of it is do they order.
const MENTIONED_DESTINATIONS: usize = 8;
const MENTIONED_RHO: f64 = 0.5;
const MENTIONED_ACTORS: usize = 3;
/// Closed offers after which a place may be called ignored, the actors they must come from, and the honour
/// rate below which it is.
const IGNORED_OFFERS: f64 = 3.0;
const IGNORED_ACTORS: usize = 3;
const IGNORED_RHO: f64 = 0.1;
/// Prior probability that a candidate is dialled after its request was rejected.
pub(crate) const REJECTED_PRIOR: f64 = 0.002;
/// Votes of one actor that count fully; the j-th counts `min(1, ACTOR_VOTES / j)`.
const ACTOR_VOTES: f64 = 4.0;
/// The honour rate's counts are halved at this weight.
const HALVE_AT: f64 = 400.0;
/// How far a candidate must have been obeyed for its actor to count as obeyed.
const OBEYED: f64 = 0.5;
/// Bounds of κ, the further dials that an obeyed candidate causes.
const KAPPA: (f64, f64) = (0.03, 5.0);

/// What is learned of one place and manner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sink {
    /// What the place's surroundings say.
    pub nature: Nature,
    /// Its first candidate.
    pub first: Micros,
    /// Beta counts of the honour rate: obeyed and not.
    honoured: f64,
    ignored: f64,
    /// Closed offers, votes capped.
    pub closed: f64,
    /// Orders obeyed with posterior > 0.9.
    pub obeyed: u64,
    /// Offers in all.
    pub offers: u64,
    /// Offers in a row, the last ones that are over, which nothing obeyed although others were before.
    pub unfollowed: u64,
    /// When orders are obeyed.
    pub delays: Kernel,
    /// Dials per obeyed candidate: sum of shares, and candidates obeyed at all.
    dial_mass: f64,
    obeyed_mass: f64,
    /// Hosts obeyed with posterior > 0.9 by orders that count for proof.
    destinations: Vec<Host>,
    /// Where those orders stood.
    obeyed_in: Containers,
    /// Hosts and visible paths of orders that nobody could know otherwise.
    narrow: Vec<(Host, u64)>,
    /// Paths of dials that obeyed candidates which name none, with their weights.
    paths: Vec<(u64, f32)>,
    path_mass: f64,
    matches: Matches,
    /// Those who voted, and how often.
    voters: Vec<Voter>,
    /// The counts of the honour rate among actors that were obeyed.
    honoured_of_obeyed: f64,
    ignored_of_obeyed: f64,
    /// The counts of offers whose requests were rejected before any dial obeyed them: obeyed
    /// afterwards, and not.
    honoured_of_rejected: f64,
    ignored_of_rejected: f64,
    /// Distinct actors seen, as far as they were counted.
    pub actor_count: u32,
    /// When and by what it was proven.
    pub proof: Option<Proof>,
}

/// An actor whose candidates at a place are over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Voter {
    actor: ActorId,
    votes: u16,
    /// Whether some candidate of the actor was obeyed here.
    was_obeyed: bool,
}

/// How a place was proven by its traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// It obeyed enough different destinations.
    Destinations,
    /// It obeyed paths that could not be known otherwise.
    Narrow,
    /// It obeyed most of what texts mention there. The outbound door stops what they order; a text is not refused for
    /// what it mentions.
    Mentions,
}

/// What an unproven sink lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missing {
    /// Destinations: so many obeyed of so many needed.
    Destinations {
        /// Obeyed so far.
        have: usize,
        /// Needed.
        need: usize,
    },
    /// Its honour rate is too low: what it is, and what is needed.
    HonourRate(f64, f64),
    /// Actors whose candidates were obeyed: so many of so many needed.
    Actors {
        /// Obeyed so far.
        have: usize,
        /// Needed.
        need: usize,
    },
    /// Only the operator proves a place of this nature.
    Operator,
}

impl Sink {
    /// A place nobody has offered anything yet.
    pub fn new(nature: Nature, first: Micros) -> Self {
        let prior = nature.prior();
        Self {
            nature,
            first,
            honoured: prior,
            ignored: 1.0 - prior,
            closed: 0.0,
            obeyed: 0,
            offers: 0,
            unfollowed: 0,
            delays: Kernel::default(),
            dial_mass: 0.0,
            obeyed_mass: 0.0,
            destinations: Vec::new(),
            obeyed_in: Containers::NONE,
            narrow: Vec::new(),
            paths: Vec::new(),
            path_mass: 0.0,
            matches: Matches::default(),
            voters: Vec::new(),
            honoured_of_obeyed: prior,
            ignored_of_obeyed: 1.0 - prior,
            honoured_of_rejected: REJECTED_PRIOR,
            ignored_of_rejected: 1.0 - REJECTED_PRIOR,
            actor_count: 0,
            proof: None,
        }
    }

    /// ρ: the probability that a candidate here is dialled.
    pub fn rho(&self) -> f64 {
        (self.honoured / (self.honoured + self.ignored)).clamp(0.0001, 0.9999)
    }

    /// The same with orders counted that are obeyed while their offers are still open: an offer is a
    /// vote only when it is over, which is a second after its request.
    pub fn rho_so_far(&self) -> f64 {
        let open = self.obeyed.saturating_sub(self.offers) as f64;
        ((self.honoured + open) / (self.honoured + self.ignored + open)).clamp(0.0001, 0.9999)
    }

    fn rho_of_obeyed(&self) -> f64 {
        self.honoured_of_obeyed / (self.honoured_of_obeyed + self.ignored_of_obeyed)
    }

    /// The probability that a candidate is dialled after its request was rejected and nothing had obeyed
    /// it.
    pub fn rho_of_rejected(&self) -> f64 {
        self.honoured_of_rejected / (self.honoured_of_rejected + self.ignored_of_rejected)
    }

    /// Whether the service is known to obey candidates of requests that it rejects.
    pub fn obeys_rejected(&self) -> bool {
        self.rho_of_rejected() >= PROOF_RHO
    }

    /// κ: dials per obeyed candidate beyond the first.
    pub fn kappa(&self) -> f64 {
        if self.obeyed_mass < 1.0 { KAPPA.0 } else { (self.dial_mass / self.obeyed_mass - 1.0).clamp(KAPPA.0, KAPPA.1) }
    }

    /// Whether the service does not obey this place. One actor alone cannot have it called so: what he
    /// names may be such that nobody dials it.
    pub fn is_ignored(&self) -> bool {
        self.closed >= IGNORED_OFFERS && self.voters.len() >= IGNORED_ACTORS && self.rho() < IGNORED_RHO
    }

    /// Whether its own traffic proves it a sink for `host`.
    pub fn is_proven_for(&self, host: &Host) -> bool {
        self.rho_of_obeyed() >= LAPSED_RHO
            && match self.proof {
                None => false,
                Some(Proof::Narrow) => true,
                Some(Proof::Destinations) => self.has_obeyed_others(host),
                Some(Proof::Mentions) => self.has_obeyed_others(host) && self.rho() >= PROOF_RHO,
            }
    }

    fn has_obeyed_others(&self, host: &Host) -> bool {
        self.destinations.iter().filter(|other| *other != host).count() >= PROOF_DESTINATIONS
    }

    /// Whether what names a denied destination here is refused at the inbound door.
    pub fn is_refused_at_inbound(&self) -> bool {
        self.proof.is_some_and(|proof| proof != Proof::Mentions)
    }

    /// What it takes to prove the place by its destinations: how many, at what honour rate, of how many actors.
    fn needs(&self) -> Option<(usize, f64, usize)> {
        match self.nature {
            Nature::Named | Nature::Value => Some((PROOF_DESTINATIONS, PROOF_RHO, 0)),
            Nature::Prose => Some((MENTIONED_DESTINATIONS, MENTIONED_RHO, MENTIONED_ACTORS)),
            Nature::Ambient => None,
        }
    }

    fn obeyed_actors(&self) -> usize {
        self.voters.iter().filter(|voter| voter.was_obeyed).count()
    }

    /// Whether its own traffic proves it a sink at all.
    pub fn is_proven(&self) -> bool {
        self.proof.is_some()
    }

    /// What it lacks for proof; `None` when it is proven.
    pub fn missing(&self) -> Option<Missing> {
        if self.is_proven() {
            return None;
        }
        let Some((destinations, rho, actors)) = self.needs() else { return Some(Missing::Operator) };
        if self.destinations.len() < destinations {
            Some(Missing::Destinations { have: self.destinations.len(), need: destinations })
        } else if self.rho_so_far() < rho {
            Some(Missing::HonourRate(self.rho_so_far(), rho))
        } else {
            Some(Missing::Actors { have: self.obeyed_actors(), need: actors })
        }
    }

    /// P(path | ordered here) for candidates that name no path: a place that takes a bare host as a
    /// rule dials one path of it.
    pub fn path_probability(&self, path: u64) -> f64 {
        let seen = self.paths.iter().find(|(known, _)| *known == path).map_or(0.0, |&(_, weight)| f64::from(weight));
        (seen + NOVEL_PATH) / (self.path_mass + 1.0)
    }

    /// P(the dialled path stands so to the named one | ordered here), given what it is `beforehand`.
    pub fn path_fit(&self, path: PathMatch, beforehand: f64) -> f64 {
        self.matches.fit(path, beforehand)
    }

    /// Hosts that it obeyed, as far as they are remembered.
    pub fn destinations(&self) -> &[Host] {
        &self.destinations
    }

    /// The containers in which orders that count for proof were obeyed: as these the service reads what it is sent.
    pub fn obeyed_in(&self) -> Containers {
        self.obeyed_in
    }

    /// Counts a vote of this actor. Returns its weight, and whether the actor was ever obeyed here.
    fn vote(&mut self, actor: ActorId, is_obeyed: bool) -> (f64, bool) {
        let known = self.voters.iter().position(|voter| voter.actor == actor);
        let index = known.unwrap_or_else(|| {
            if self.voters.len() == limits::SINK_ACTORS {
                self.voters.remove(0);
            }
            self.actor_count = self.actor_count.saturating_add(1);
            self.voters.push(Voter { actor, votes: 0, was_obeyed: false });
            self.voters.len() - 1
        });
        let voter = &mut self.voters[index];
        voter.votes = voter.votes.saturating_add(1);
        voter.was_obeyed |= is_obeyed;
        ((ACTOR_VOTES / f64::from(voter.votes)).min(1.0), voter.was_obeyed)
    }

    /// Learns that an offer is over: `used` is how far it was obeyed, from 0 to 1.
    pub(crate) fn close(&mut self, actor: ActorId, used: f64) {
        let (weight, was_obeyed) = self.vote(actor, used >= OBEYED);
        count(&mut self.honoured, &mut self.ignored, weight, used);
        if was_obeyed {
            count(&mut self.honoured_of_obeyed, &mut self.ignored_of_obeyed, weight, used);
        }
        self.closed += weight;
        self.offers += 1;
        if used >= OBEYED {
            self.unfollowed = 0;
        } else if self.obeyed > 0 {
            self.unfollowed += 1;
        }
    }

    /// Learns that an offer is over whose request was rejected before any dial obeyed it. It is no vote:
    /// whoever cannot have his orders taken has no say in how those are obeyed that are.
    pub(crate) fn close_rejected(&mut self, actor: ActorId, used: f64) {
        let (weight, _) = self.vote(actor, used >= OBEYED);
        count(&mut self.honoured_of_rejected, &mut self.ignored_of_rejected, weight, used);
        self.offers += 1;
    }

    /// Learns that an offer is over whose exchange failed before any dial obeyed it. It is no vote either.
    pub(crate) fn close_failed(&mut self) {
        self.offers += 1;
    }

    /// Learns that an offer was obeyed after it had been closed: the vote moves over.
    pub(crate) fn obeyed_late(&mut self, gained: f64) {
        move_over(&mut self.honoured, &mut self.ignored, gained);
        self.honoured_of_obeyed += gained;
    }

    /// The same of an offer whose exchange failed, which was no vote.
    pub(crate) fn failed_obeyed_late(&mut self, gained: f64) {
        self.honoured += gained;
        self.honoured_of_obeyed += gained;
    }

    /// The same of an offer whose request was rejected.
    pub(crate) fn rejected_obeyed_late(&mut self, gained: f64) {
        move_over(&mut self.honoured_of_rejected, &mut self.ignored_of_rejected, gained);
    }

    /// Learns one dial that an order here explains with probability `share`; `fresh` is how much of
    /// the candidate was not used up before.
    pub(crate) fn dialled(&mut self, delay: u64, share: f64, fresh: f64) {
        if share >= OBEYED {
            self.unfollowed = 0;
        }
        self.delays.learn(delay, share * fresh.max(0.1));
        self.dial_mass += share;
        self.obeyed_mass += share * fresh;
    }

    /// Learns how the path of a dial stands to the one that was named.
    pub(crate) fn learn_match(&mut self, path: PathMatch, share: f64) {
        self.matches.learn(path, share);
    }

    /// Learns the path of a dial that obeyed a candidate which names none.
    pub(crate) fn learn_path(&mut self, path: u64, weight: f64) {
        self.path_mass += weight;
        if let Some((_, sum)) = self.paths.iter_mut().find(|(known, _)| *known == path) {
            *sum += weight as f32;
        } else if self.paths.len() < limits::SINK_DESTINATIONS {
            self.paths.push((path, weight as f32));
        }
    }

    /// Learns an order that counts for proof: obeyed with posterior > 0.9, not named at another
    /// eligible place of the same request. `unique_path`: its visible path, where that could not be
    /// known otherwise. Returns whether the place became proven by it.
    pub(crate) fn obeyed(&mut self, host: &Host, container: Container, unique_path: Option<u64>) -> bool {
        self.obeyed += 1;
        self.obeyed_in = self.obeyed_in.with(container);
        if !self.destinations.contains(host) && self.destinations.len() < limits::SINK_DESTINATIONS {
            self.destinations.push(host.clone());
        }
        // The same path twice is one secret.
        if let Some(path) = unique_path
            && self.narrow.len() < limits::SINK_DESTINATIONS
            && !self.narrow.iter().any(|(known, shown)| known == host && *shown == path)
        {
            self.narrow.push((host.clone(), path));
        }
        self.prove()
    }

    /// Whether it becomes proven by what was learned of it so far.
    pub(crate) fn prove(&mut self) -> bool {
        let Some((destinations, rho, actors)) = self.needs() else { return false };
        if self.proof == Some(Proof::Narrow) {
            return false;
        }
        let was_unproven = self.proof.is_none();
        let of_one_host = |host: &Host| self.narrow.iter().filter(|(known, _)| known == host).count();
        if self.nature.is_eligible() && self.narrow.iter().any(|(host, _)| of_one_host(host) >= NARROW_CANDIDATES) {
            self.proof = Some(Proof::Narrow);
        } else if self.destinations.len() >= destinations && self.rho_so_far() >= rho && self.obeyed_actors() >= actors
        {
            let of_nature = if self.nature.is_eligible() { Proof::Destinations } else { Proof::Mentions };
            self.proof = Some(of_nature);
        }
        was_unproven && self.proof.is_some()
    }

    /// Hosts with orders of unique paths, for `explain`.
    pub fn narrow(&self) -> SmallVec<[&Host; 4]> {
        self.narrow.iter().map(|(host, _)| host).collect()
    }
}

/// Adds a vote to a pair of counts, which forget by halves.
fn count(honoured: &mut f64, ignored: &mut f64, weight: f64, used: f64) {
    *honoured += weight * used;
    *ignored += weight * (1.0 - used);
    if *honoured + *ignored > HALVE_AT {
        *honoured *= 0.5;
        *ignored *= 0.5;
    }
}

/// Moves a vote from one count to the other.
fn move_over(honoured: &mut f64, ignored: &mut f64, gained: f64) {
    *honoured += gained;
    *ignored -= gained.min((*ignored - 0.05).max(0.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(n: u8) -> ActorId {
        ActorId::Address(std::net::IpAddr::from([198, 51, 100, n]))
    }

    fn obedient(hosts: &[&str]) -> Sink {
        let mut sink = Sink::new(Nature::Named, Micros(0));
        for (n, host) in hosts.iter().enumerate() {
            sink.close(actor(n as u8), 1.0);
            sink.obeyed(&Host::name(host), Container::Json, None);
        }
        sink
    }

    #[test]
    fn three_other_destinations_prove_a_place() {
        let sink = obedient(&["a.example", "b.example"]);
        assert!(!sink.is_proven());
        assert_eq!(sink.missing(), Some(Missing::Destinations { have: 2, need: 3 }));
        let sink = obedient(&["a.example", "b.example", "c.example"]);
        assert!(sink.is_proven_for(&Host::name("billing.internal")));
        assert!(!sink.is_proven_for(&Host::name("a.example")), "the destination in question does not count");
    }

    #[test]
    fn two_unique_paths_prove_a_narrow_sink() {
        let mut sink = Sink::new(Nature::Value, Micros(0));
        assert!(!sink.obeyed(&Host::name("cdn.example"), Container::Json, Some(1)));
        assert!(!sink.obeyed(&Host::name("cdn.example"), Container::Json, Some(1)), "a retry is no second secret");
        assert!(sink.obeyed(&Host::name("cdn.example"), Container::Json, Some(2)));
        assert!(sink.is_proven_for(&Host::name("cdn.example")));
    }

    #[test]
    fn orders_obeyed_count_before_their_offers_are_over() {
        let mut sink = Sink::new(Nature::Value, Micros(0));
        for host in ["a.example", "b.example", "c.example"] {
            sink.obeyed(&Host::name(host), Container::Json, None);
        }
        assert!(sink.rho() < 0.5 && sink.rho_so_far() > 0.5);
        assert!(sink.is_proven_for(&Host::name("billing.internal")));
        for n in 0..30 {
            sink.close(actor(n), 0.0);
        }
        assert_eq!(sink.rho_so_far(), sink.rho(), "offers that are over are votes");
    }

    #[test]
    fn silence_is_counted_since_the_last_dial() {
        let mut sink = obedient(&["a.example"]);
        for number in 1..=4 {
            sink.close(actor(9), 0.0);
            assert_eq!(sink.unfollowed, number);
        }
        sink.dialled(1_000, 0.97, 1.0);
        assert_eq!(sink.unfollowed, 0);
        sink.close(actor(9), 0.0);
        sink.close(actor(9), 1.0);
        assert_eq!(sink.unfollowed, 0);
        let mut never = Sink::new(Nature::Named, Micros(0));
        never.close(actor(9), 0.0);
        assert_eq!(never.unfollowed, 0, "what never obeyed did not fall silent");
    }

    #[test]
    fn prose_takes_more_to_be_proven_and_what_every_client_sends_the_operator() {
        let of_actors = |nature, actors: u8| {
            let mut sink = Sink::new(nature, Micros(0));
            for n in 0..12 {
                sink.close(actor(n % actors), 1.0);
                sink.obeyed(&Host::name(&format!("h{n}.example")), Container::Json, Some(n.into()));
            }
            (sink.proof, sink.missing())
        };
        assert_eq!(of_actors(Nature::Ambient, 4), (None, Some(Missing::Operator)));
        assert_eq!(of_actors(Nature::Prose, 2), (None, Some(Missing::Actors { have: 2, need: 3 })));
        assert_eq!(of_actors(Nature::Prose, 4), (Some(Proof::Mentions), None));
    }

    #[test]
    fn two_secret_paths_of_one_host_prove_no_prose() {
        let mut sink = Sink::new(Nature::Prose, Micros(0));
        for n in 0..4 {
            sink.close(actor(n), 1.0);
            assert!(!sink.obeyed(&Host::name("cdn.example"), Container::Json, Some(n.into())));
        }
        assert_eq!(sink.missing(), Some(Missing::Destinations { have: 1, need: 8 }));
    }

    #[test]
    fn one_actor_cannot_vote_a_place_down() {
        let mut sink = obedient(&["a.example", "b.example", "c.example", "d.example", "e.example"]);
        for _ in 0..2000 {
            sink.close(actor(200), 0.0);
        }
        assert!(sink.rho() > 0.1, "{}", sink.rho());
        assert!(!sink.is_ignored());
    }

    #[test]
    fn a_proof_outlives_votes_of_those_who_were_never_obeyed() {
        let mut sink = obedient(&["a.example", "b.example", "c.example", "d.example"]);
        for n in 0..4_000_u32 {
            sink.close(ActorId::Address(std::net::Ipv4Addr::from(n).into()), 0.0);
        }
        assert!(sink.rho() < 0.01, "{}", sink.rho());
        assert!(sink.is_proven_for(&Host::name("billing.internal")));
        // But one that no longer obeys those whom it obeyed is a sink no more.
        for n in 0..4_000_u32 {
            sink.voters.clear();
            sink.vote(actor(n as u8), true);
            sink.close(actor(n as u8), 0.0);
        }
        assert!(!sink.is_proven_for(&Host::name("billing.internal")));
        sink.proof = Some(Proof::Narrow);
        assert!(!sink.is_proven_for(&Host::name("billing.internal")));
    }

    #[test]
    fn offers_of_three_actors_in_vain_make_a_place_ignored() {
        let mut sink = Sink::new(Nature::Value, Micros(0));
        for _ in 0..100 {
            sink.close(actor(0), 0.0);
        }
        for n in 1..3 {
            assert!(!sink.is_ignored());
            sink.close(actor(n), 0.0);
        }
        assert!(sink.is_ignored());
    }
}
