//! The bounds that several modules or the documents speak of, on one page; a bound of a single table
//! stands beside that table. Each names what it protects.

/// Path segments kept apart in a digest; more are folded into the last.
pub const PATH_SEGMENTS: usize = 24;
/// Characters of a path or candidate that people see.
pub const SHOWN_TEXT: usize = 200;

/// Bytes of a request body, or of what a client sends over a WebSocket, that are inspected, by default.
pub const INSPECT_REQUEST_BYTES: usize = 64 * 1024;
/// Bytes of a response or answer body that are fingerprinted; of an ordered answer so much is searched.
pub const INSPECT_RESPONSE_BYTES: usize = 64 * 1024;
/// Answers of one exchange that are looked for in its response; those of denied destinations first.
pub const ANSWERS_COMPARED: usize = 64;
/// Bytes of a request body that are held back at an endpoint with a proven sink in `block`.
pub const HOLD_BYTES: usize = 64 * 1024;
/// How long bytes that can be judged are held back at most, so that a slow client is not stalled.
pub const HOLD_MICROS: u64 = 50_000;
/// Bytes a request's head may have.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Header fields a request or an answer may have.
pub const HEAD_FIELDS: usize = 256;
/// Candidates kept of one request's head, and of its body or messages; more make it a wildcard.
pub const CANDIDATES: usize = 64;
/// Labels that may be completed to hosts which are kept beside them: others are passed over, for programs complete
/// one or two.
pub const LABELS: usize = 4;
/// Files that a request names which are told of.
pub const NAMED_FILES: usize = 4;
/// Decodings laid one inside another (percent, base64, JSON in a string …).
pub const DECODING_DEPTH: usize = 4;
/// Bytes that decoding may produce for one reading of a head or a body, all layers together.
pub const DECODED_BYTES: usize = 256 * 1024;
/// Work that may be done for the candidates of a head or of a body, for one reading of it, in all layers
/// together: about as many nanoseconds. What clients send must not cost more, whatever it holds. For a body of
/// which more than [`INSPECT_REQUEST_BYTES`] are inspected it is as much more.
pub const EXTRACTION_WORK: usize = 1_500_000;
/// The same for all that is done for one body before its inspected prefix is there, or for all messages of an
/// upgraded connection: a client that sends byte by byte must not have it read as often. It may be exceeded by one
/// reading.
pub const BEGINNINGS_WORK: usize = 4 * EXTRACTION_WORK;
/// Nesting of JSON, XML or form names that is followed.
pub const NESTING: usize = 64;

/// Exchanges in flight per service whose candidates are held; further requests are wildcards.
pub const IN_FLIGHT: usize = 20_000;
/// The part of them that those at endpoints without a proven sink may fill. The rest is kept for
/// endpoints with one, where a request that has no room is refused: nobody denies them their service
/// from elsewhere.
pub const IN_FLIGHT_UNPROVEN: usize = IN_FLIGHT / 5 * 4;
/// Candidates of a service that are held, of exchanges in flight and remembered; requests that come
/// while there are as many are wildcards.
pub const HELD_CANDIDATES: usize = IN_FLIGHT * CANDIDATES;
/// The part of them that requests at endpoints without a proven sink may fill; one whose body holds
/// more is a wildcard too.
pub const HELD_CANDIDATES_UNPROVEN: usize = HELD_CANDIDATES / 5 * 4;
/// How long a request may still explain an own dial after its end.
pub const AFTER_END_MICROS: u64 = 2_000_000;
/// Requests per service that ended a moment ago and may still explain one; of more, the oldest are let
/// go before their time.
pub const JUST_ENDED: usize = 100_000;
/// How long a wildcard or hop window stays open after its end.
pub const WINDOW_TAIL_MICROS: u64 = 1_000_000;
/// Remembered candidates of proven places, per host. A call-back host that many tenants share is
/// ordered by hundreds within the seconds in which their dials follow.
pub const REMEMBERED_PROVEN: usize = 500;
/// Remembered candidates of other places, per host.
pub const REMEMBERED_UNPROVEN: usize = 100;
/// Remembered candidates of one actor, per host.
pub const REMEMBERED_PER_ACTOR: usize = 8;
/// Remembered candidates of proven places of one service in all.
pub const REMEMBERED_ALL_PROVEN: usize = 40_000;
/// Remembered candidates of other places of one service in all.
pub const REMEMBERED_ALL_UNPROVEN: usize = 60_000;
/// Requests of one service that are noted for its stories: those in flight, and those that remembered
/// candidates are of.
pub const NOTED_REQUESTS: usize = 2 * IN_FLIGHT + REMEMBERED_ALL_PROVEN + REMEMBERED_ALL_UNPROVEN;
/// Candidates in flight of proven sinks that are weighed for one host, each for itself: so many of the
/// newest, and so many that name the very path. As many stand for the rest.
pub const WEIGHED_PROVEN: usize = 512;
/// How many further ones those that stand for the rest are taken of.
pub const SAMPLED_PROVEN: usize = IN_FLIGHT;
/// Candidates in flight of places that are no proven sinks that are weighed for one host.
pub const WEIGHED_UNPROVEN: usize = 256;
/// The same, of one actor: as many as one request may carry.
pub const WEIGHED_PER_ACTOR: usize = CANDIDATES;
/// Candidates in flight of proven sinks that name one host and are weighed of one actor.
pub const WEIGHED_PROVEN_PER_ACTOR: usize = 256;
/// How long a candidate is remembered.
pub const REMEMBERED_MICROS: u64 = 30 * crate::Micros::DAY;
/// How long a verdict stands for retries after its request's end.
pub const RETRY_MICROS: u64 = 60_000_000;
/// Redirects that may be pending at once per service, and as many destinations that answers name; for a
/// dropped one a window opens.
pub const HOPS: usize = 4_000;
/// Hops of one chain that a finding shows.
pub const HOP_CHAIN: usize = 20;
/// Destinations that one answer names and that are kept, those that policy denies first; for more a
/// window opens.
pub const NAMED_BY_ANSWER: usize = 32;
/// Answers that name one host and are weighed: so many of the newest that proven sinks ordered, and as many
/// others.
pub const WEIGHED_NAMED: usize = 64;
/// How long a redirect, or what an answer names, may still be followed.
pub const HOP_MICROS: u64 = 30_000_000;

/// Places whose honour rates are learned, per service.
pub const SINKS: usize = 10_000;
/// Destinations with statistics, per service.
pub const DESTINATIONS: usize = 20_000;
/// Endpoints with statistics, per service.
pub const ENDPOINTS: usize = 10_000;
/// Other destinations a sink remembers to have obeyed.
pub const SINK_DESTINATIONS: usize = 32;
/// Actors whose votes a sink counts apart.
pub const SINK_ACTORS: usize = 64;
/// Paths of a destination that dials showed; beyond it every path counts as shown.
pub const SHOWN_PATHS: usize = 512;
/// Endpoints that are remembered as callers of one destination.
pub const DESTINATION_CALLERS: usize = 64;
/// How long it is remembered that a name resolved to an address.
pub const NAME_MICROS: u64 = 30 * crate::Micros::DAY;
/// Names whose addresses are remembered, per service.
pub const NAMES: usize = 20_000;
/// Addresses of all these names together.
pub const NAME_ADDRESSES: usize = 60_000;
/// Credentials whose destinations are remembered, per service.
pub const CREDENTIALS: usize = 2_000;

/// Bits of a visible path from which nobody could know it otherwise.
pub const UNIQUE_BITS: u16 = 40;
/// Explanations a verdict carries.
pub const EXPLANATIONS: usize = 64;
/// Smallest share of an explanation that is reported, unless it takes smaller ones to make up
/// [`EXPLAINED`].
pub const EXPLANATION_SHARE: f64 = 0.005;
/// Share that the reported explanations make up together, as far as their number allows.
pub const EXPLAINED: f64 = 0.9;
/// Requests of an endpoint that are asked whether they made an own call.
pub const OWN_SAMPLES: usize = 8;
/// Requests or dials that one finding lists; later ones are counted.
pub const FINDING_ROWS: usize = 64;
/// Open stories per service.
pub const STORIES: usize = 10_000;
/// Dials per service that may turn out to be part of a story.
pub const HELD_DIALS: usize = 64;
