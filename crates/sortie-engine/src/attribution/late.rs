//! Orders whose time is over: what they still explain, and what then explains the dial instead.
//!
//! A request that the back end rejected is as a rule not obeyed, and one whose place obeys within a second
//! is as a rule not obeyed an hour later. Both remain alone to explain the first call that the service
//! makes to the same destination of its own accord, and a share of one explanation is all. So such an
//! order counts for what is left of it, it is no order of a proven sink, and beside it stands its *echo*:
//! clients mention what exists, and so does the service dial what exists.

use sortie_model::{Candidate, PathMatch, limits};

use crate::inflight::{LiveCandidate, Progress};
use crate::learned::{REJECTED_PRIOR, Sink};

/// How probable it is that an order is yet obeyed when it is far later than all that its place obeyed.
const OVERDUE: f64 = 0.004;
/// Seconds times the rate at which the service itself makes a dial that a client named in vain, so many
/// seconds later. Like a delay whose size is not known, it falls with the time that passed.
const ECHO: f64 = 0.001;
/// What is left of the echo where the path could not be guessed: a client may know what the service will
/// use, an identifier of its own, but rarely does.
const SECRET_ECHO: f64 = 0.005;
/// The shortest time that an echo is counted from, in microseconds.
const FIRST_MICROS: u64 = 1_000;

/// Whether an order can still be expected to be obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It can.
    InTime,
    /// Its exchange is over, and its place obeys far sooner.
    Overdue,
    /// Its request was rejected before anything obeyed it.
    Rejected,
}

impl Due {
    /// `sink` is what is known of the place, in this manner of writing or the one that proves it.
    pub(super) fn of(live: &LiveCandidate, sink: Option<&Sink>, delay: u64) -> Self {
        match live.progress {
            Progress::Rejected => Self::Rejected,
            Progress::Open => Self::InTime,
            Progress::Ended | Progress::Failed => match sink {
                Some(sink) if sink.delays.is_beyond(delay) => Self::Overdue,
                _ => Self::InTime,
            },
        }
    }

    /// ρ of the order, where `rho` is its place's.
    pub(super) fn rho(self, rho: f64, sink: Option<&Sink>) -> f64 {
        match self {
            Self::InTime => rho,
            Self::Overdue => OVERDUE * rho,
            Self::Rejected => sink.map_or(REJECTED_PRIOR, Sink::rho_of_rejected),
        }
    }

    /// Whether the order may count as one of a proven sink, if its place is proven. An overdue one may
    /// where the dial shows what nobody else could know, a rejected one where the place is known for it.
    pub(super) fn keeps_proof(self, candidate: &Candidate, path: PathMatch, sink: Option<&Sink>) -> bool {
        match self {
            Self::InTime => true,
            Self::Overdue => is_secret(candidate, path),
            Self::Rejected => sink.is_some_and(Sink::obeys_rejected),
        }
    }

    /// The rate of the echo, before it is weighed how well port and path fit.
    pub(super) fn echo(self, candidate: &Candidate, path: PathMatch, delay: u64) -> f64 {
        if self == Self::InTime {
            return 0.0;
        }
        let rate = ECHO * 1e6 / delay.max(FIRST_MICROS) as f64;
        if is_secret(candidate, path) { rate * SECRET_ECHO } else { rate }
    }
}

/// Whether the dial shows the path that the candidate names, and it could not be guessed.
fn is_secret(candidate: &Candidate, path: PathMatch) -> bool {
    path == PathMatch::Equal && candidate.path_bits >= limits::UNIQUE_BITS
}
