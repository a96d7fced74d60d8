//! One story: its key, and how events make it grow.

use serde::{Deserialize, Serialize};
use sortie_model::actor::ActorId;
use sortie_model::event::{Dialled, Refused};
use sortie_model::finding::{
    Action, ActorShare, Finding, FindingActor, FindingDecision, FindingDestination, FindingDial, FindingEndpoint,
    FindingKind, FindingRequest, Impact, Rung, Severity,
};
use sortie_model::ids::FindingId;
use sortie_model::{
    Actor, AddressClass, Candidate, Destination, Endpoint, Micros, Mode, Place, Reference, ServiceName, limits,
};

use super::notes::RequestNote;
use super::telling::Tellings;
use super::{Scene, decided, files, grade, reopen, words};

/// What makes events one story.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryKey {
    subject: Subject,
    class: AddressClass,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Subject {
    /// Orders of an actor at a place; `None` where the request was refused without a candidate.
    Order(Option<Place>, ActorId),
    /// What an actor tried in vain.
    Attempts(ActorId),
    /// Dials that nobody is known to have ordered.
    Destination(Destination),
    /// Files that an actor named at a place, and that came back.
    File(Place, ActorId),
}

impl StoryKey {
    pub(super) fn of_order(place: Option<Place>, actor: ActorId, class: AddressClass) -> Self {
        Self { subject: Subject::Order(place, actor), class }
    }

    pub(super) fn of_attempts(actor: ActorId) -> Self {
        // Attempts of all classes are one story of the actor.
        Self { subject: Subject::Attempts(actor), class: AddressClass::Public }
    }

    pub(super) fn of_destination(destination: Destination, class: AddressClass) -> Self {
        Self { subject: Subject::Destination(destination), class }
    }

    pub(super) fn of_file(place: Place, actor: ActorId) -> Self {
        Self { subject: Subject::File(place, actor), class: AddressClass::Loopback }
    }

    /// Whether the story is somebody's.
    pub(super) fn names_somebody(&self) -> bool {
        !matches!(self.subject, Subject::Destination(_))
    }

    /// Service and key in words, from which the finding's name derives.
    pub(super) fn text(&self, service: &ServiceName) -> String {
        match &self.subject {
            Subject::Order(Some(place), actor) => format!("{service}|order|{place}|{actor}|{}", self.class),
            Subject::Order(None, actor) => format!("{service}|order||{actor}|{}", self.class),
            Subject::Attempts(actor) => format!("{service}|attempts|{actor}"),
            Subject::Destination(destination) => format!("{service}|destination|{destination}|{}", self.class),
            Subject::File(place, actor) => format!("{service}|file|{place}|{actor}"),
        }
    }
}

/// What is decided where no rule decides.
const PASSED: FindingDecision =
    FindingDecision { mode: Mode::Observe, action: Action::Passed, door: None, rule: None, about: None };

/// A story that is being told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Story {
    pub(super) finding: Finding,
    /// The class of the story's key. Public where the orders are allowed, wherever they go.
    class: AddressClass,
    /// Whether the story is somebody's.
    names_somebody: bool,
    marks: grade::Marks,
    tellings: Tellings,
}

impl Story {
    pub(super) fn new(scene: &Scene<'_>, key: &StoryKey, id: FindingId) -> Self {
        let finding = Finding {
            id,
            kind: FindingKind::OpenSink,
            severity: Severity::Info,
            confidence: 0.0,
            rung: Rung::E0,
            first_seen: scene.now,
            last_seen: scene.now,
            service: scene.service.clone(),
            actor: None,
            actors: Vec::new(),
            endpoint: None,
            location: None,
            candidate: None,
            destination: FindingDestination { host: String::new(), address: None, port: None, class: key.class },
            requests: Vec::new(),
            requests_total: 0,
            dials: Vec::new(),
            dials_total: 0,
            odds: Vec::new(),
            impact: Vec::new(),
            unseen: Vec::new(),
            decision: PASSED,
            closed: None,
        };
        Self {
            finding,
            class: key.class,
            names_somebody: key.names_somebody(),
            marks: grade::Marks::default(),
            tellings: Tellings::default(),
        }
    }

    /// A dial of the story was judged. `parents` are the dials whose answers led to it.
    pub(super) fn dialled(
        &mut self,
        scene: &Scene<'_>,
        dialled: &Dialled,
        row: &FindingDial,
        parents: Vec<FindingDial>,
        requests: &[(Reference, RequestNote)],
    ) {
        let verdict = &dialled.verdict;
        for (request, note) in requests {
            self.add_request(*request, note);
        }
        for parent in parents {
            self.add_dial(parent);
        }
        self.marks.passed |= !verdict.decision.is_denied();
        let finding = &mut self.finding;
        // A dial that was held back is told later than it was made.
        finding.first_seen = finding.first_seen.min(scene.now);
        if finding.last_seen <= scene.now {
            finding.last_seen = scene.now;
            finding.decision = decided::of_dial(dialled, requests);
        }
        finding.confidence = finding.confidence.max(verdict.p_ordered);
        self.marks.stored |= verdict.leading_order().is_some_and(|(_, order)| order.stored);
        if words::carries_internal_credential(scene, dialled) {
            self.marks.credentials = true;
            self.add_impact(Impact::CredentialsSent);
        }
        self.tellings.add(scene, dialled, row, self.names_somebody);
        self.add_dial(row.clone());
        self.tellings.got(row, &mut self.finding);
        self.grade(scene);
    }

    /// The inbound door refused a request that names a denied destination, or that was not fully
    /// inspected.
    pub(super) fn refused_at_inbound(
        &mut self,
        scene: &Scene<'_>,
        note: &RequestNote,
        request: Reference,
        candidate: Option<&Candidate>,
        refused: Refused,
    ) {
        self.add_request(request, note);
        // Where a dial or a file got through before, the story is about that.
        let is_first = !self.tellings.is_told() && self.finding.impact.is_empty();
        if is_first {
            self.name_request(note, candidate);
            self.finding.odds = words::inbound_odds(scene, note, candidate);
        }
        let finding = &mut self.finding;
        finding.last_seen = scene.now;
        finding.confidence = 1.0;
        finding.decision = decided::at_inbound(request, refused);
        if is_first && let (Some(candidate), Some(class)) = (candidate, refused.class) {
            finding.destination = named_destination(candidate, class);
        }
        self.grade(scene);
        if is_first && refused.candidate.is_none() {
            // Nothing is known of what was cut off: the refusal is a precaution, not an accusation.
            self.finding.kind = FindingKind::Blocked;
            self.finding.severity = Severity::Info;
        }
    }

    /// A request named a denied destination, and no dial followed.
    pub(super) fn attempted(
        &mut self,
        scene: &Scene<'_>,
        note: &RequestNote,
        request: Reference,
        candidate: &Candidate,
        class: AddressClass,
    ) {
        self.add_request(request, note);
        self.name_request(note, Some(candidate));
        let finding = &mut self.finding;
        finding.last_seen = scene.now;
        finding.kind = FindingKind::Attempt;
        finding.severity = Severity::Low;
        finding.confidence = 1.0;
        finding.destination = named_destination(candidate, class);
        finding.decision.mode = scene.policy.mode;
        finding.unseen = vec![words::unseen_of_attempt(scene, note.at)];
        reopen(finding);
    }

    /// Content of a file that a request named stands in its answer. There is no dial to it.
    pub(super) fn file_returned(
        &mut self,
        scene: &Scene<'_>,
        note: &RequestNote,
        request: Reference,
        proof: &files::Proof<'_>,
    ) {
        self.add_request(request, note);
        self.name_request(note, None);
        self.add_impact(Impact::FileReturned);
        let finding = &mut self.finding;
        finding.location = Some(proof.named.location.to_string());
        finding.candidate = Some(proof.named.shown.to_string());
        finding.last_seen = scene.now;
        finding.kind = FindingKind::FileReturned;
        finding.severity = Severity::Critical;
        finding.rung = Rung::E5;
        finding.confidence = finding.confidence.max(proof.confidence);
        finding.odds = proof.odds();
        "localhost".clone_into(&mut finding.destination.host);
        finding.unseen = vec![
            "reading a file needs no dial: what else was read is known by the log of the program alone".to_owned(),
        ];
        finding.decision = match note.would_refuse {
            Some(refused) => decided::at_inbound(request, refused),
            None => FindingDecision { mode: scene.policy.mode, ..PASSED },
        };
        reopen(finding);
    }

    /// A row of the story changed.
    pub(super) fn progressed(&mut self, scene: &Scene<'_>, row: &FindingDial) {
        let Some(known) = self.finding.dials.iter_mut().find(|known| known.id == row.id) else { return };
        *known = row.clone();
        self.tellings.got(row, &mut self.finding);
        self.grade(scene);
    }

    /// The answer of a dial of the story came back.
    pub(super) fn returned(&mut self, scene: &Scene<'_>, row: &FindingDial) {
        self.progressed(scene, row);
    }

    fn name_request(&mut self, note: &RequestNote, candidate: Option<&Candidate>) {
        let finding = &mut self.finding;
        finding.actor = Some(actor(&note.actor));
        finding.actors = vec![ActorShare { id: note.actor.id().to_string(), p: 1.0 }];
        finding.endpoint = Some(endpoint(&note.endpoint));
        if let Some(candidate) = candidate {
            finding.location = Some(candidate.location.to_string());
            finding.candidate = Some(candidate.shown.to_string());
        }
    }

    fn add_request(&mut self, request: Reference, note: &RequestNote) {
        let id = format!("R-{request}");
        let finding = &mut self.finding;
        if finding.requests.iter().any(|known| known.id == id) {
            return;
        }
        finding.requests_total += 1;
        let row = FindingRequest {
            id,
            ts: note.at,
            method: note.endpoint.method.to_string(),
            path: note.path.to_string(),
            actor: note.actor.id().to_string(),
            request_id: note.request_id.as_ref().map(|id| id.as_str().to_owned()),
        };
        push_bounded(&mut finding.requests, row, |row| row.ts);
    }

    fn add_dial(&mut self, row: FindingDial) {
        let finding = &mut self.finding;
        if finding.dials.iter().any(|known| known.id == row.id) {
            return;
        }
        finding.dials_total += 1;
        push_bounded(&mut finding.dials, row, |row| row.ts);
    }

    fn add_impact(&mut self, impact: Impact) {
        if !self.finding.impact.contains(&impact) {
            self.finding.impact.push(impact);
            self.finding.impact.sort_unstable();
        }
    }

    /// Destination, rung, impact, kind and severity, from the rows that the story is about.
    fn grade(&mut self, scene: &Scene<'_>) {
        let is_denied = scene.policy.denies(self.class) && self.finding.kind != FindingKind::Attempt;
        // An accusation is about its class; what redirected there is told beside it.
        let is_about = |row: &&FindingDial| !is_denied || row.class == self.class;
        let rows: Vec<FindingDial> = self.finding.dials.iter().filter(is_about).cloned().collect();
        if let Some(worst) = rows.iter().max_by_key(|row| (grade::rung(row), self.tellings.is_told_by(row))) {
            self.finding.destination = destination(worst);
        }
        let rung = rows.iter().map(grade::rung).max().unwrap_or(Rung::E0).max(self.finding.rung);
        if is_denied {
            for impact in rows.iter().flat_map(grade::impact) {
                self.add_impact(impact);
            }
        }
        self.finding.rung = rung;
        reopen(&mut self.finding);
        let finding = &mut self.finding;
        let passed = self.marks.passed;
        finding.kind = if finding.impact.contains(&Impact::FileReturned) {
            FindingKind::FileReturned
        } else if finding.actor.is_none() && passed {
            FindingKind::HiddenHop
        } else {
            grade::kind(is_denied, self.marks)
        };
        let severity = grade::severity(finding.kind, rung, &finding.impact, passed);
        finding.severity = finding.severity.max(severity);
    }
}

/// Adds a row in the order of time. The first rows tell how it began, the last ones how it goes on: the
/// middle is left out.
fn push_bounded<T>(rows: &mut Vec<T>, row: T, time: impl Fn(&T) -> Micros) {
    if rows.len() >= limits::FINDING_ROWS {
        rows.remove(limits::FINDING_ROWS / 2);
    }
    let later = rows.iter().rev().take_while(|known| time(known) > time(&row)).count();
    rows.insert(rows.len() - later, row);
}

/// Who may have ordered a dial, of those who are told.
pub(super) fn shares(dialled: &Dialled) -> Vec<ActorShare> {
    let mut shares: Vec<ActorShare> = Vec::new();
    for (explanation, order) in dialled.verdict.told_orders() {
        let id = order.actor.id().to_string();
        match shares.iter_mut().find(|share| share.id == id) {
            Some(share) => share.p += explanation.share,
            None => shares.push(ActorShare { id, p: explanation.share }),
        }
    }
    shares
}

pub(super) fn actor(actor: &Actor) -> FindingActor {
    FindingActor { kind: actor.kind, id: actor.id().to_string(), address: actor.address }
}

pub(super) fn endpoint(endpoint: &Endpoint) -> FindingEndpoint {
    FindingEndpoint {
        method: endpoint.method.to_string(),
        host: endpoint.host.as_deref().map(str::to_owned),
        template: endpoint.template.to_string(),
    }
}

/// Where a dial went. Its row is among those that are graded, so this is where the worst one did.
fn destination(row: &FindingDial) -> FindingDestination {
    FindingDestination { host: row.host.clone(), address: row.address, port: Some(row.port), class: row.class }
}

fn named_destination(candidate: &Candidate, class: AddressClass) -> FindingDestination {
    FindingDestination {
        host: candidate.host.to_string(),
        address: candidate.host.as_ip(),
        port: candidate.port,
        class,
    }
}
