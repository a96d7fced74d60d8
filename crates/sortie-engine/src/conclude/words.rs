//! What a probability rests on, in words.

use sortie_model::event::{Carrier, Dialled, HopKind, Returned};
use sortie_model::finding::Odds;
use sortie_model::text::grouped;
use sortie_model::verdict::{Hop, Order, Source};
use sortie_model::{Candidate, Destination, PathMatch, Place, Reference};

use super::Scene;
use super::notes::RequestNote;
use crate::learned::Sink;

/// The factors of a dial's attribution.
pub(super) fn odds(scene: &Scene<'_>, dialled: &Dialled) -> Vec<Odds> {
    let (dial, verdict) = (&dialled.dial, &dialled.verdict);
    let mut odds = Vec::new();
    if let Some((explanation, order)) = verdict.leading_order() {
        odds.push(factor(
            "sure",
            format!("{:.3} that it was ordered, {:.3} by R-{}", verdict.p_ordered, explanation.share, order.request),
        ));
        odds.push(factor("for", place_words(scene, order)));
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
    if dialled.verdict.window.is_some() && scene.policy.denies(dialled.dial.class) {
        unseen.push(
            "something uninspected was in flight: a hidden redirect or a cut request may be the cause".to_owned(),
        );
    }
    unseen
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

fn place_words(scene: &Scene<'_>, order: &Order) -> String {
    let sink = scene.learned.sink(&order.place, order.manner);
    let by_operator = scene.policy.proves(&order.endpoint, &order.place);
    match sink {
        _ if by_operator => "the operator says that this place is dialled".to_owned(),
        Some(sink) => sink_words(sink),
        None => "this place was never seen before".to_owned(),
    }
}

fn sink_words(sink: &Sink) -> String {
    if sink.offers == 0 {
        return "nothing named here before is over yet, so it is not known how often this place is obeyed".to_owned();
    }
    let proven = if sink.is_proven() { "proven: " } else { "not yet proven: " };
    format!(
        "{proven}this place obeyed {} of {} offers, {} destinations, named by {} actors; honour rate {:.2}",
        sink.obeyed,
        sink.offers.max(sink.obeyed),
        sink.destinations().len(),
        sink.actor_count,
        sink.rho()
    )
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
    let days = scene.learned.age(scene.now) / 86_400.0;
    match scene.learned.destinations.get(destination) {
        Some(stats) if stats.own >= 0.5 => format!(
            "the service itself dialled {destination} about {:.0} times; {share:.3} that this was one of them",
            stats.own
        ),
        _ if days >= 1.0 => format!("the service itself never dialled {destination} in {days:.0} days"),
        _ => format!(
            "the service itself never dialled {destination} in {}",
            duration((scene.learned.age(scene.now) * 1e6) as u64)
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

fn factor(name: &str, text: String) -> Odds {
    Odds { factor: name.to_owned(), text }
}
