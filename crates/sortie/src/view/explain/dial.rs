//! A dial: its verdict, and what it rests on.

use serde::{Deserialize, Serialize};
use sortie_engine::decide::grounds;
use sortie_model::event::{DialProgressed, Dialled, HopKind, What};
use sortie_model::text::probability;
use sortie_model::verdict::{Source, Window};
use sortie_model::{Decision, Event, Micros, Mode, Reference};

use crate::view::Paint;
use crate::view::text::{bytes, clean, pad, time, took};

/// Destinations of an answer that are shown.
const NAMES: usize = 4;

/// What the journal knows of a dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialStory {
    /// Reference, `D-…`.
    pub id: String,
    /// When it was judged.
    pub at: Micros,
    /// The service.
    pub service: String,
    /// `host:port`, as it was asked for.
    pub destination: String,
    /// What it resolved to.
    pub addresses: Vec<String>,
    /// Its class.
    pub class: String,
    /// How it reached the door: `absolute`, `tunnel-http` …
    pub carrier: String,
    /// Further hosts it named: SNI, an inner authority.
    pub further_hosts: Vec<String>,
    /// Method and redacted path, where visible.
    pub request: Option<String>,
    /// Names of the credential headers it carried.
    pub credentials: Vec<String>,
    /// The mode in force.
    pub mode: Mode,
    /// What the door did, in words.
    pub decision: String,
    /// Why it passed although it was ordered and policy denies it, or was refused although the service calls its
    /// destination, in words.
    #[serde(default)]
    pub grounds: Option<String>,
    /// Probability that it was ordered.
    pub p_ordered: f64,
    /// Probability that an order that policy denies caused it.
    pub p_denied: f64,
    /// Share of denied orders from proven sinks and seen hops against allowed orders and own calls.
    pub q: f64,
    /// Whether the service is known to call the destination of its own accord.
    pub own_evidence: bool,
    /// What could hide an order then, in words.
    pub window: Option<String>,
    /// The explanations with the largest shares.
    pub explanations: Vec<ExplanationRow>,
    /// How it went, in words.
    pub outcome: Option<String>,
    /// Where its answer redirected to.
    pub redirects_to: Option<String>,
    /// What its answer named, those first that policy denies.
    pub names: Vec<String>,
    /// Whether its answer may have led elsewhere too, unseen.
    pub hides_targets: bool,
    /// The snapshot that the verdict rests on.
    pub epoch: u64,
}

/// See [`DialStory::explanations`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplanationRow {
    /// Its share, from 0 to 1.
    pub share: f64,
    /// What it is, in words.
    pub text: String,
}

impl DialStory {
    pub(super) fn begin(event: &Event, dialled: &Dialled) -> Self {
        let (dial, verdict) = (&dialled.dial, &dialled.verdict);
        Self {
            id: format!("D-{}", dial.dial),
            at: event.at,
            service: event.service.as_ref().map(ToString::to_string).unwrap_or_default(),
            destination: dial.destination.to_string(),
            addresses: dial.addresses.iter().map(ToString::to_string).collect(),
            class: dial.class.to_string(),
            carrier: dial.carrier.as_str().to_owned(),
            further_hosts: dial.further_hosts.iter().map(ToString::to_string).collect(),
            request: dial.request.as_ref().map(|request| format!("{} {}", request.method, request.shown)),
            credentials: dial.credentials.iter().map(|credential| credential.header.to_string()).collect(),
            mode: verdict.mode,
            decision: decision_words(verdict.decision),
            grounds: grounds(dialled),
            p_ordered: verdict.p_ordered,
            p_denied: verdict.p_denied,
            q: verdict.q,
            own_evidence: verdict.own_evidence.is_some(),
            window: verdict.window.map(window_words),
            explanations: verdict
                .explanations
                .iter()
                .map(|explanation| ExplanationRow { share: explanation.share, text: source_words(&explanation.source) })
                .collect(),
            outcome: None,
            redirects_to: None,
            names: Vec::new(),
            hides_targets: false,
            epoch: verdict.epoch,
        }
    }

    /// The story with one more event, if it is about this dial.
    pub(super) fn with(mut self, reference: Reference, event: &Event) -> Self {
        if let What::DialProgressed(progressed) = &event.what
            && progressed.dial == reference
        {
            self.outcome = Some(outcome_words(progressed));
            self.hides_targets |= progressed.hides_targets;
            for target in &progressed.targets {
                let shown = target.shown.to_string();
                match target.kind {
                    HopKind::Redirect => {
                        self.redirects_to.get_or_insert(shown);
                    }
                    HopKind::Content => self.names.push(shown),
                }
            }
        }
        self
    }
}

/// What the door did.
pub(super) fn decision_words(decision: Decision) -> String {
    match decision {
        Decision::Pass => "passed".to_owned(),
        Decision::WouldDeny(rule) => format!("passed because of the mode; block would refuse it by {}", rule.as_str()),
        Decision::Deny(rule) => format!("REFUSED by {}", rule.as_str()),
    }
}

/// How an explanation names a request, if it does.
pub(super) fn caused_by(source: &Source, request: Reference) -> Option<&'static str> {
    match source {
        Source::Order(order) if order.request == request => Some("ordered"),
        Source::Label(label) if label.request == request => Some("completed label"),
        Source::Hop(hop) if hop.order.as_ref().is_some_and(|order| order.request == request) => Some(match hop.kind {
            HopKind::Redirect => "redirect hop",
            HopKind::Content => "named by an answer",
        }),
        Source::OwnCall { request: own, .. } if *own == request => Some("own call"),
        _ => None,
    }
}

fn source_words(source: &Source) -> String {
    match source {
        Source::Order(order) => format!("ordered by {}", order_words(order)),
        Source::Label(label) => format!("own call to a host completed from {}", order_words(label)),
        Source::Hop(hop) => {
            let order = hop.order.as_deref().map(|order| format!(", ordered by {}", order_words(order)));
            let how = match hop.kind {
                HopKind::Redirect => "redirect of",
                HopKind::Content => "named by the answer of",
            };
            format!("{how} D-{}{}", hop.parent, order.unwrap_or_default())
        }
        Source::OwnCall { request, endpoint } => format!("own call of {endpoint} during R-{request}"),
        Source::Background => {
            "own call that is not known of any request in flight: a timer, a worker, a start, or a first call"
                .to_owned()
        }
    }
}

fn order_words(order: &sortie_model::verdict::Order) -> String {
    let proven = if order.proven { "a proven sink" } else { "not proven" };
    let stored = if order.stored { ", the request was over by then" } else { "" };
    let allowed = if order.allowed { ", allowed" } else { "" };
    format!(
        "R-{} {} {} = \"{}\" ({proven}, rate {:.2}, {} before{stored}{allowed})",
        order.request,
        order.endpoint,
        order.location,
        order.shown,
        order.rho,
        took(order.delay)
    )
}

fn window_words(window: Window) -> String {
    match window {
        Window::Wildcard => "a request whose inspection was cut was in flight",
        Window::Hop => "an ordered dial's answer was in flight or just over, and not all of it was read",
    }
    .to_owned()
}

fn outcome_words(progressed: &DialProgressed) -> String {
    let status = progressed.status.map(|status| format!(" {status}")).unwrap_or_default();
    let outcome = progressed.outcome.as_str().replace('_', " ");
    let address = progressed.address.map(|address| format!(" at {address}")).unwrap_or_default();
    format!(
        "{outcome}{status}{address}, {} in, {} out, {}",
        bytes(progressed.bytes_in),
        bytes(progressed.bytes_out),
        took(progressed.took)
    )
}

pub(super) fn show(story: &DialStory, now: Micros, paint: Paint) -> String {
    const LABEL: usize = 9;
    let mut lines =
        vec![format!("{}  dial  {}  {}", paint.strong(&clean(&story.id)), clean(&story.service), time(story.at, now))];
    let mut line = |label: &str, text: String| lines.push(format!("{}{text}", paint.faint(&pad(label, LABEL))));
    let addresses = story.addresses.join(", ");
    line(
        "to",
        format!(
            "{} -> {} ({})  {}",
            clean(&story.destination),
            clean(&addresses),
            clean(&story.class),
            clean(&story.carrier)
        ),
    );
    if !story.further_hosts.is_empty() {
        line("names", clean(&story.further_hosts.join(", ")).into_owned());
    }
    line("request", story.request.as_deref().map_or_else(|| "not visible".to_owned(), |text| clean(text).into_owned()));
    if !story.credentials.is_empty() {
        line("carries", clean(&story.credentials.join(", ")).into_owned());
    }
    let grounds = story.grounds.as_deref().map(|grounds| format!(": {}", clean(grounds))).unwrap_or_default();
    line("action", format!("{}; mode {}{grounds}", clean(&story.decision), story.mode));
    line(
        "sure",
        format!(
            "{} by an order, {} by one that policy denies; proven orders against own calls {}",
            probability(story.p_ordered),
            probability(story.p_denied),
            probability(story.q)
        ),
    );
    for row in &story.explanations {
        line("", format!("{}  {}", probability(row.share), clean(&row.text)));
    }
    let own = if story.own_evidence { "the service calls it of its own accord" } else { "no own call to it is known" };
    line("own", own.to_owned());
    if let Some(window) = &story.window {
        line("unseen", clean(window).into_owned());
    }
    line(
        "outcome",
        story
            .outcome
            .as_deref()
            .map_or_else(|| "not yet, or not in the journal".to_owned(), |text| clean(text).into_owned()),
    );
    if let Some(target) = &story.redirects_to {
        line("", format!("redirects to {}", clean(target)));
    }
    if !story.names.is_empty() {
        let shown: Vec<_> = story.names.iter().take(NAMES).map(|name| clean(name)).collect();
        let more = match story.names.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        line("", format!("names {}{more}", shown.join(", ")));
    }
    if story.hides_targets {
        line("", "not all of the answer was read: it may lead elsewhere".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}
