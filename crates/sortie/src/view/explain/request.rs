//! A request: what it carried, how it ended, what it caused.

use serde::{Deserialize, Serialize};
use sortie_model::event::{Dialled, Refused, RequestBegan, RequestEnded, RequestInspected, What};
use sortie_model::finding::{FindingKind, Rung, Severity};
use sortie_model::ids::FindingId;
use sortie_model::text::probability;
use sortie_model::verdict::Explanation;
use sortie_model::{Candidate, Decision, Event, Finding, Micros, Reference};

use super::dial::decision_words;
use crate::view::Paint;
use crate::view::text::{bytes, clean, counted, pad, time, width};

/// Dials that are listed of one request.
const DIALS: usize = 64;
/// Share from which a dial is the request's, and from which it may be.
const LIKELY: f64 = 0.5;
const POSSIBLE: f64 = 0.05;

/// What the journal knows of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestStory {
    /// Reference, `R-…`.
    pub id: String,
    /// When it began.
    pub at: Micros,
    /// The service.
    pub service: String,
    /// What the sender is known by: `session 9f2c… 198.51.100.23`.
    pub actor: String,
    /// Method and redacted path.
    pub request: String,
    /// The path template.
    pub template: String,
    /// `X-Request-Id`.
    pub request_id: Option<String>,
    /// The destinations it carried.
    pub candidates: Vec<CandidateRow>,
    /// Why inspection was cut, where it was.
    pub cut: Vec<String>,
    /// What the inbound door did by a rule, in words.
    pub refused: Option<String>,
    /// How it ended, in words.
    pub ended: Option<String>,
    /// Dials that it caused, or may have caused: its share of them is more than 0.05.
    pub dials: Vec<CausedDial>,
    /// Findings that list it.
    #[serde(default)]
    pub findings: Vec<ListedIn>,
}

/// See [`RequestStory::findings`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedIn {
    /// Reference, `F-…`.
    pub id: FindingId,
    /// Kind.
    pub kind: FindingKind,
    /// Severity.
    pub severity: Severity,
    /// How far it got.
    pub rung: Rung,
}

/// See [`RequestStory::candidates`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateRow {
    /// Where it stood.
    pub location: String,
    /// Its redacted text.
    pub text: String,
    /// How it was written.
    pub manner: String,
    /// What other programs would dial.
    pub other_hosts: Vec<String>,
}

/// See [`RequestStory::dials`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CausedDial {
    /// Reference, `D-…`.
    pub id: String,
    /// `host:port`.
    pub destination: String,
    /// This request's share of the probability.
    pub share: f64,
    /// Whether as an order, a hop, or an own call.
    pub how: String,
    /// What the outbound door did.
    pub decision: String,
    /// Whether it is told as a finding only once more is known: the service calls the destination itself, and
    /// the place is not proven.
    #[serde(default)]
    pub waits: bool,
}

impl CausedDial {
    /// The dial, if the request is among its explanations: by all of them that name it, in the words of the
    /// largest.
    fn of(dialled: &Dialled, request: Reference) -> Option<Self> {
        let (dial, verdict) = (&dialled.dial, &dialled.verdict);
        let causes = || {
            let named = |e: &'_ Explanation| Some((e.share, super::dial::caused_by(&e.source, request)?));
            verdict.explanations.iter().filter_map(named)
        };
        let (_, how) = causes().max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let waits = verdict.own_evidence.is_some()
            && verdict.p_denied >= LIKELY
            && verdict.leading_order().is_some_and(|(_, order)| order.request == request && !order.proven);
        Some(Self {
            id: format!("D-{}", dial.dial),
            waits,
            destination: format!("{} ({})", dial.destination, dial.class),
            share: causes().map(|(share, _)| share).sum(),
            how: how.to_owned(),
            decision: decision_words(verdict.decision),
        })
    }
}

impl RequestStory {
    pub(super) fn begin(event: &Event, began: &RequestBegan) -> Self {
        let actor = &began.actor;
        let id = actor.id().to_string();
        Self {
            id: format!("R-{}", began.request),
            at: event.at,
            service: event.service.as_ref().map(ToString::to_string).unwrap_or_default(),
            actor: match actor.token {
                Some(_) => format!("{} {id}  {}", actor.kind.as_str().replace('_', " "), actor.address),
                None => format!("address {id}"),
            },
            request: format!("{} {}", began.endpoint.method, began.path),
            template: began.endpoint.template.to_string(),
            request_id: began.request_id.as_ref().map(|id| id.as_str().to_owned()),
            candidates: began.candidates.iter().map(|candidate| row(candidate)).collect(),
            cut: began.cut.iter().map(|cut| cut.as_str().to_owned()).collect(),
            refused: began.refused.map(refused_words),
            ended: None,
            dials: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Notes which of these findings list the request.
    pub fn listed_in(&mut self, findings: &[Finding]) {
        let listing = findings.iter().filter(|finding| finding.requests.iter().any(|request| request.id == self.id));
        self.findings = listing
            .map(|finding| ListedIn {
                id: finding.id.clone(),
                kind: finding.kind,
                severity: finding.severity,
                rung: finding.rung,
            })
            .collect();
    }

    /// The story with one more event, if it is about this request.
    pub(super) fn with(mut self, reference: Reference, event: &Event) -> Self {
        match &event.what {
            What::RequestInspected(inspected) if inspected.request == reference => self.inspected(inspected),
            What::RequestEnded(ended) if ended.request == reference => self.ended = Some(ended_words(ended)),
            What::Dialled(dialled) if self.dials.len() < DIALS => {
                self.dials.extend(CausedDial::of(dialled, reference).filter(|caused| caused.share > POSSIBLE));
            }
            _ => {}
        }
        self
    }

    fn inspected(&mut self, inspected: &RequestInspected) {
        self.candidates.extend(inspected.candidates.iter().map(|candidate| row(candidate)));
        self.cut.extend(inspected.cut.iter().map(|cut| cut.as_str().to_owned()));
        if let Some(refused) = inspected.refused {
            self.refused = Some(refused_words(refused));
        }
    }
}

fn row(candidate: &Candidate) -> CandidateRow {
    let decodings: Vec<&str> = candidate.manner.decodings.iter().map(sortie_model::Decoding::as_str).collect();
    let kind = candidate.manner.kind.as_str();
    let manner = if decodings.is_empty() { kind.to_owned() } else { format!("{kind}, {}", decodings.join(", ")) };
    CandidateRow {
        location: candidate.location.to_string(),
        text: candidate.shown.to_string(),
        manner: if candidate.disguised { format!("{manner}, disguised") } else { manner },
        other_hosts: candidate.other_hosts.iter().map(ToString::to_string).collect(),
    }
}

fn refused_words(refused: Refused) -> String {
    let decision = if refused.is_enforced() { Decision::Deny(refused.rule) } else { Decision::WouldDeny(refused.rule) };
    let class = refused.class.map(|class| format!(" {class}")).unwrap_or_default();
    format!("{}{class}", decision_words(decision))
}

fn ended_words(ended: &RequestEnded) -> String {
    let status = ended.status.map_or("broken off".to_owned(), |status| status.to_string());
    let returned = match ended.returned.len() {
        0 => String::new(),
        number => format!("; the answers of {} are in it", counted(number as u64, "dial")),
    };
    let unanswered = ended.unanswered.map(|why| format!(": the back end did not answer ({})", why.as_str()));
    format!("{status}{}, {}{returned}", unanswered.unwrap_or_default(), bytes(ended.bytes))
}

pub(super) fn show(story: &RequestStory, now: Micros, paint: Paint) -> String {
    const LABEL: usize = 9;
    let mut lines = vec![format!(
        "{}  request  {}  {}",
        paint.strong(&clean(&story.id)),
        clean(&story.service),
        time(story.at, now)
    )];
    let mut line = |label: &str, text: String| lines.push(format!("{}{text}", paint.faint(&pad(label, LABEL))));
    line("who", clean(&story.actor).into_owned());
    let id = story.request_id.as_deref().map(|id| format!("  (x-request-id {})", clean(id))).unwrap_or_default();
    line("request", format!("{}  template {}{id}", clean(&story.request), clean(&story.template)));
    if story.candidates.is_empty() {
        line("carried", "no destination".to_owned());
    }
    let room = story.candidates.iter().map(|row| width(&clean(&row.location))).max().unwrap_or(0).min(40);
    for row in &story.candidates {
        let others = if row.other_hosts.is_empty() {
            String::new()
        } else {
            format!("; others read {}", clean(&row.other_hosts.join(", ")))
        };
        line(
            "carried",
            format!("{} = \"{}\"  {}{others}", pad(&clean(&row.location), room), clean(&row.text), clean(&row.manner)),
        );
    }
    if !story.cut.is_empty() {
        line("unseen", format!("inspection was cut: {}", story.cut.join(", ")));
    }
    let (likely, possible): (Vec<_>, Vec<_>) = story.dials.iter().partition(|dial| dial.share >= LIKELY);
    for (dials, doubt) in [(likely, ""), (possible, "may also have caused ")] {
        for dial in dials {
            line(
                "dial",
                format!(
                    "{doubt}{}  {}  {} {}  {}",
                    clean(&dial.id),
                    clean(&dial.destination),
                    clean(&dial.how),
                    probability(dial.share),
                    clean(&dial.decision)
                ),
            );
        }
    }
    if let Some(refused) = &story.refused {
        line("action", clean(refused).into_owned());
    }
    for finding in &story.findings {
        let ListedIn { id, kind, severity, rung } = finding;
        line("finding", format!("{id}  {}  {}  {rung}", kind.as_str(), severity.as_str()));
    }
    if let Some(dial) = story.dials.iter().find(|dial| dial.waits && story.findings.is_empty()) {
        line(
            "finding",
            format!(
                "none yet: the service calls {} itself, and may have done so here; told once three requests to this \
                 endpoint are over and show that it does not, or the place is proven",
                clean(&dial.destination)
            ),
        );
    }
    line(
        "ended",
        story
            .ended
            .as_deref()
            .map_or_else(|| "not yet, or not in the journal".to_owned(), |text| clean(text).into_owned()),
    );
    lines.push(String::new());
    lines.join("\n")
}
