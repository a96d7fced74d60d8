//! What a probability rests on, in words.

use sortie_model::event::{Carrier, Dialled, HopKind, Returned};
use sortie_model::finding::Odds;
use sortie_model::text::{grouped, probability};
use sortie_model::verdict::{Hop, Order, Source};
use sortie_model::{Candidate, Destination, Host, Micros, PathMatch, Place, Reference};

use super::Scene;
use super::notes::RequestNote;
use crate::inflight::CandidateId;
use crate::learned::Sink;

/// Seconds.
const DAY: f64 = 86_400.0;
/// How long before an attempt a dial shows that the program used the outbound door then, in microseconds.
const AROUND: u64 = 5 * 60 * Micros::SECOND;

/// The factors of a dial's attribution.
pub(super) fn odds(scene: &Scene<'_>, dialled: &Dialled) -> Vec<Odds> {
    let (dial, verdict) = (&dialled.dial, &dialled.verdict);
    let mut odds = Vec::new();
    if verdict.leading_order().is_some() && !verdict.names_somebody() {
        odds.push(factor(
            "sure",
            format!(
                "{} that it was ordered, and by nobody who could be told from others",
                probability(verdict.p_ordered)
            ),
        ));
    } else if let Some((explanation, order)) = verdict.leading_order() {
        odds.push(factor(
            "sure",
            format!(
                "{} that it was ordered, {} by R-{}",
                probability(verdict.p_ordered),
                probability(explanation.share),
                order.request
            ),
        ));
        odds.push(factor("for", place_words(scene, order, &dial.destination.host)));
        odds.push(factor("path", path_words(order.path).to_owned()));
        if let Source::Hop(hop) = &explanation.source {
            odds.push(factor("hop", hop_words(hop)));
        }
        odds.push(factor(
            "time",
            format!(
                "{} after the request{}",
                duration(order.delay),
                if order.stored { ", which was over by then" } else { "" }
            ),
        ));
    }
    odds.push(factor("own", own_words(scene, &dial.destination, verdict.own_share())));
    for explanation in &verdict.explanations {
        if let Source::OwnCall { request, endpoint } = &explanation.source {
            odds.push(factor(
                "against",
                format!("{:.2} that {endpoint} (R-{request}) called it of its own accord", explanation.share),
            ));
        }
    }
    odds
}

/// Why the inbound door refused.
pub(super) fn inbound_odds(scene: &Scene<'_>, note: &RequestNote, candidate: Option<&Candidate>) -> Vec<Odds> {
    let Some(candidate) = candidate else {
        return vec![factor("for", "the request was longer or deeper than is inspected, and this endpoint has a place that dials what it is told".to_owned())];
    };
    let place = Place::new(&note.endpoint.template, std::sync::Arc::clone(&candidate.parameter));
    let proving = scene.learned.proving_sink(&place, candidate.manner, candidate.nature, &candidate.host);
    let sink = proving.or_else(|| scene.learned.sink(&place, candidate.manner));
    vec![factor(
        "for",
        sink.map_or_else(|| "the operator says that this place is dialled".to_owned(), |sink| sink_words(sink)),
    )]
}

/// What could not be seen of a dial.
pub(super) fn unseen(scene: &Scene<'_>, dialled: &Dialled) -> Vec<String> {
    let mut unseen = Vec::new();
    match dialled.dial.carrier {
        Carrier::Absolute | Carrier::TunnelHttp => {}
        Carrier::TunnelTls => {
            unseen.push("the dial is TLS: its path, status, answer and redirects are not seen".to_owned());
        }
        Carrier::TunnelOpaque => unseen.push("the tunnel holds no HTTP: only the connection is seen".to_owned()),
    }
    if dialled.verdict.told_orders().any(|(_, order)| scene.inflight.is_of_message(CandidateId::of(order))) {
        unseen.push(
            "what the service sends over a WebSocket is not read: the answer may have gone back to the client"
                .to_owned(),
        );
    }
    if dialled.verdict.window.is_some() && scene.policy.denies(dialled.dial.class) {
        unseen.push(
            "something uninspected was in flight: a hidden redirect or a cut request may be the cause".to_owned(),
        );
    }
    unseen
}

/// What a missing dial says. Whoever goes around the outbound door is not seen, so that none came means little
/// where no other came either.
pub(super) fn unseen_of_attempt(scene: &Scene<'_>, at: Micros) -> String {
    let others = match scene.learned.last_dial {
        Some(last) if last >= at => "others of this service have passed it since".to_owned(),
        Some(last) if last.plus(AROUND) >= at => {
            format!("the last one that passed it came {} before the request", duration(at.0 - last.0))
        }
        _ => format!("none of this service passed it in {} before the request, nor since", duration(AROUND)),
    };
    format!("a dial that goes around the outbound door; {others}")
}

/// Whether a dial carries a credential that own dials carry to an internal destination elsewhere.
pub(super) fn carries_internal_credential(scene: &Scene<'_>, dialled: &Dialled) -> bool {
    dialled.dial.credentials.iter().any(|credential| {
        let stats = scene.learned.credentials.get(&credential.digest);
        stats.is_some_and(|stats| stats.is_internal && !stats.own_destinations.contains(&dialled.dial.destination))
    })
}

/// `1,180 of 1,204 bytes are in the answer to R-18C3, base64 in $.preview`.
pub(super) fn returned(returned: &Returned, request: Reference) -> String {
    format!(
        "{} of {} bytes are in the answer to R-{request}, {} in {}",
        grouped(returned.bytes.into()),
        grouped(returned.of.into()),
        returned.form.as_str(),
        returned.location
    )
}

fn place_words(scene: &Scene<'_>, order: &Order, host: &Host) -> String {
    if scene.policy.proves(&order.endpoint, &order.place) {
        return "the operator says that this place is dialled".to_owned();
    }
    // However this order is written, the place may be proven by orders that are written otherwise.
    let proving = scene.learned.proving_sink(&order.place, order.manner, order.nature, host).filter(|_| order.proven);
    let sink = proving.or_else(|| scene.learned.sink(&order.place, order.manner));
    sink.map_or_else(|| "this place was never seen before".to_owned(), |sink| sink_words(sink))
}

/// The counts of `sortie sinks`. Of orders that are obeyed while all that was named here is still open, no
/// votes are counted yet, nor who gave them.
fn sink_words(sink: &Sink) -> String {
    let proven = if sink.is_proven() { "proven" } else { "not yet proven" };
    let (obeyed, destinations) = (sink.obeyed, sink.destinations().len());
    match (sink.offers, obeyed) {
        (0, 0) => "nothing was obeyed here yet, and nothing named here before is over".to_owned(),
        (0, _) => format!(
            "{proven}: this place obeyed {obeyed} of {obeyed} offers so far, {destinations} destinations; none is over yet; \
             honour rate {:.2}",
            sink.rho_so_far()
        ),
        (offers, _) => format!(
            "{proven}: this place obeyed {obeyed} of {} offers, {destinations} destinations, named by {} actors; honour rate \
             {:.2}",
            offers.max(obeyed),
            sink.actor_count,
            sink.rho()
        ),
    }
}

fn hop_words(hop: &Hop) -> String {
    match hop.kind {
        HopKind::Redirect => format!("the redirect was seen in the answer to D-{}", hop.parent),
        HopKind::Content => format!("the answer to D-{} names it", hop.parent),
    }
}

fn path_words(path: PathMatch) -> &'static str {
    match path {
        PathMatch::Equal => "host, port and path equal what was named",
        PathMatch::PathOnly => "the path equals what was named, the query differs",
        PathMatch::Prefix => "the dialled path begins with what was named",
        PathMatch::Suffix => "the dialled path ends with what was named",
        PathMatch::Contained => "the dialled path holds what was named",
        PathMatch::Different => "the dialled path has nothing in common with what was named",
        PathMatch::Unnamed => "the host was named, no path",
        PathMatch::Hidden => "the path is not visible",
    }
}

fn own_words(scene: &Scene<'_>, destination: &Destination, share: f64) -> String {
    let seconds = scene.learned.age(scene.now);
    match scene.learned.destinations.get(destination) {
        Some(stats) if stats.own >= 0.5 => format!(
            "the service itself dialled {destination} about {:.0} times; {} that this was one of them",
            stats.own,
            probability(share)
        ),
        _ if seconds >= DAY => format!("the service itself never dialled {destination} in {:.0} days", seconds / DAY),
        // So short a silence says little.
        _ => format!(
            "no call of the service itself to {destination} was seen; Sortie has watched for {}",
            duration((seconds * 1e6) as u64)
        ),
    }
}

fn duration(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..120_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        120_000_000..7_200_000_000 => format!("{} min", micros / 60_000_000),
        _ => format!("{:.1} h", micros as f64 / 3.6e9),
    }
}

pub(super) fn factor(name: &str, text: String) -> Odds {
    Odds { factor: name.to_owned(), text }
}
