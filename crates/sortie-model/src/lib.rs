//! The words and limits of Sortie.
//!
//! Every other crate speaks in these types. Nothing here does I/O, reads a clock or draws a random
//! number; most types are serialisable because events are journaled from the first day.
//!
//! The words are those of the project's glossary: an *exchange* is one inbound request and its
//! response, a *candidate* is a destination that a request carries, a *dial* is one outbound
//! request (or connection, where the request is not visible), a *place* is where a candidate sits,
//! a *sink* is a place whose candidates the service dials.

pub mod actor;
pub mod address;
pub mod candidate;
pub mod containers;
pub mod destination;
pub mod endpoint;
pub mod event;
pub mod file;
pub mod finding;
pub mod ids;
pub mod limits;
pub mod path;
pub mod place;
pub mod policy;
pub mod privacy;
pub mod text;
pub mod time;
pub mod unanswered;
pub mod verdict;

pub use actor::{Actor, ActorKind};
pub use address::{AddressBook, AddressClass};
pub use candidate::{Candidate, CandidateKind, Decoding, Decodings, Manner, Nature, Scheme};
pub use containers::Containers;
pub use destination::{Destination, Host};
pub use endpoint::{Endpoint, Method};
pub use event::Event;
pub use finding::Finding;
pub use ids::{Reference, ServiceName};
pub use path::{PathDigest, PathMatch};
pub use place::{Container, Location, Place};
pub use policy::{Mode, Policy};
pub use privacy::{Digest, Key};
pub use time::Micros;
pub use unanswered::Unanswered;
pub use verdict::{Decision, Rule, Verdict};
