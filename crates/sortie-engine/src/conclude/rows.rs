//! Dials as findings list them: kept as they are told by the events, and put into words for those few that some
//! story lists.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sortie_model::event::{DialProgressed, Dialled, HopKind, Outcome};
use sortie_model::finding::{DialDecision, FindingDial};
use sortie_model::verdict::Source;
use sortie_model::{AddressClass, Destination, Method, Micros, Reference};

use super::decided;

/// What a dial that goes on has for its outcome.
const PENDING: &str = "pending";

/// A dial, as far as a finding tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    dial: Reference,
    at: Micros,
    destination: Destination,
    address: Option<IpAddr>,
    class: AddressClass,
    request: Option<(Method, Box<str>)>,
    /// `None` while nothing is known.
    outcome: Option<Outcome>,
    status: Option<u16>,
    bytes: u64,
    took_micros: u64,
    p: f64,
    matched: Option<Cow<'static, str>>,
    /// The request that ordered it.
    ordered_by: Option<Reference>,
    /// The dial whose answer led to it, and how.
    led_by: Option<(HopKind, Reference)>,
    /// What of its answer came back, in words.
    pub(super) returned: Option<String>,
    decision: DialDecision,
}

impl Row {
    /// A dial at the moment of its judgement.
    pub(super) fn of(at: Micros, dialled: &Dialled) -> Self {
        let (dial, verdict) = (&dialled.dial, &dialled.verdict);
        let leading = verdict.leading_order().filter(|_| verdict.names_somebody());
        Self {
            dial: dial.dial,
            at,
            destination: dial.destination.clone(),
            address: dial.addresses.first().copied(),
            class: dial.class,
            request: dial.request.as_ref().map(|request| (request.method.clone(), request.shown.clone())),
            outcome: verdict.decision.is_denied().then_some(Outcome::Denied),
            status: None,
            bytes: 0,
            took_micros: 0,
            p: verdict.p_ordered,
            matched: verdict.kind_of_match().map(Cow::Borrowed),
            ordered_by: leading.map(|(_, order)| order.request),
            led_by: leading.and_then(|(explanation, _)| match &explanation.source {
                Source::Hop(hop) => Some((hop.kind, hop.parent)),
                _ => None,
            }),
            returned: None,
            decision: decided::of_row(dialled),
        }
    }

    /// The dial went on.
    pub(super) fn progressed(&mut self, progressed: &DialProgressed) {
        // An answer that was seen stays seen when the connection ends later.
        if self.outcome != Some(Outcome::Answered) {
            self.outcome = Some(progressed.outcome);
        }
        self.address = progressed.address.or(self.address);
        self.status = progressed.status.or(self.status);
        self.bytes = self.bytes.max(progressed.bytes_in);
        if self.took_micros == 0 {
            self.took_micros = progressed.took;
        }
    }

    /// The dial whose answer led to it.
    pub(super) fn parent(&self) -> Option<Reference> {
        self.led_by.map(|(_, parent)| parent)
    }

    /// In the words of a finding.
    pub(super) fn in_words(&self) -> FindingDial {
        let led_by = |kind| self.led_by.filter(|led_by| led_by.0 == kind).map(|(_, parent)| format!("D-{parent}"));
        FindingDial {
            id: format!("D-{}", self.dial),
            ts: self.at,
            host: self.destination.host.to_string(),
            address: self.address,
            port: self.destination.port,
            class: self.class,
            request: self.request.as_ref().map(|(method, shown)| format!("{method} {shown}")),
            outcome: self.outcome.map_or(PENDING, Outcome::as_str).to_owned(),
            status: self.status,
            bytes: self.bytes,
            took_micros: self.took_micros,
            p: self.p,
            matched: self.matched.as_deref().map(str::to_owned),
            ordered_by: self.ordered_by.map(|request| format!("R-{request}")),
            redirected_by: led_by(HopKind::Redirect),
            named_by: led_by(HopKind::Content),
            returned: self.returned.clone(),
            decision: self.decision.clone(),
        }
    }
}
