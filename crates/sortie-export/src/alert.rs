//! Which findings give an alert, and what it says.
//!
//! One alert per story and per rise of its severity: a story that grows is told once, and once more
//! each time it gets worse. What is sent is one JSON object:
//!
//! ```json
//! {
//!   "version": 1,
//!   "event": "finding.raised",
//!   "id": "F-00000001/critical",
//!   "raised_from": "high",
//!   "finding": { "id": "F-00000001", "kind": "ssrf.honoured", "severity": "critical", … }
//! }
//! ```
//!
//! `finding` is the object that `sortie findings --format json` prints. `event` is `finding.opened`
//! or `finding.raised`; only the latter has `raised_from`. Delivery is at least once, so a receiver
//! may see an `id` again. Within one `version` fields may be added, and none is removed or given
//! another meaning.

use serde::{Serialize, Serializer};
use sortie_model::Finding;
use sortie_model::finding::Severity;

use crate::{Summarised, jsonl};

/// Version of the alert's shape.
pub const VERSION: u32 = 1;

/// Which findings one target is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertRule {
    /// At least this severe.
    pub min: Severity,
}

/// What gives occasion to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The target has not been told of the story yet.
    Opened,
    /// The story got worse since the target was told.
    Raised {
        /// Its severity then.
        from: Severity,
    },
}

/// An alert about a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert<'a> {
    /// Why now.
    pub occasion: Occasion,
    /// About what.
    pub finding: &'a Finding,
}

impl AlertRule {
    /// The alert that `finding` gives to a target which was last told of it at severity `told`.
    pub fn due<'a>(&self, finding: &'a Finding, told: Option<Severity>) -> Option<Alert<'a>> {
        if finding.closed.is_some() || finding.severity < self.min {
            return None;
        }
        let occasion = match told {
            None => Occasion::Opened,
            Some(from) if from < finding.severity => Occasion::Raised { from },
            Some(_) => return None,
        };
        Some(Alert { occasion, finding })
    }
}

impl Alert<'_> {
    /// What the alert is known by: the same for every attempt to deliver it.
    pub fn id(&self) -> String {
        format!("{}/{}", self.finding.id, self.finding.severity.as_str())
    }

    /// The JSON object, on one line without its end.
    pub fn to_json(&self) -> serde_json::Result<String> {
        jsonl::to_json(self)
    }
}

impl Occasion {
    /// The word of `event`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "finding.opened",
            Self::Raised { .. } => "finding.raised",
        }
    }
}

impl Serialize for Alert<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The published shape, kept apart from the types of the program.
        #[derive(Serialize)]
        struct Shape<'a> {
            version: u32,
            event: &'static str,
            id: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            raised_from: Option<Severity>,
            finding: Summarised<'a>,
        }
        let raised_from = match self.occasion {
            Occasion::Opened => None,
            Occasion::Raised { from } => Some(from),
        };
        let event = self.occasion.as_str();
        Shape { version: VERSION, event, id: self.id(), raised_from, finding: self.finding.into() }
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use sortie_model::finding::{Action, Closed, FindingDecision, FindingDestination, FindingKind, Resolution, Rung};
    use sortie_model::ids::FindingId;
    use sortie_model::{AddressClass, Micros, Mode, ServiceName};

    use super::*;

    const SEVERITIES: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    fn finding(severity: Severity) -> Finding {
        Finding {
            id: FindingId::from_digest(1),
            kind: FindingKind::Honoured,
            severity,
            confidence: 0.998,
            rung: Rung::E4,
            first_seen: Micros(1_000_000),
            last_seen: Micros(2_000_000),
            service: ServiceName::from("shop"),
            actor: None,
            actors: Vec::new(),
            endpoint: None,
            location: Some("$.url\u{202e}".into()),
            candidate: None,
            destination: FindingDestination {
                host: "billing".into(),
                address: None,
                port: Some(80),
                class: AddressClass::Private,
            },
            requests: Vec::new(),
            requests_total: 0,
            dials: Vec::new(),
            dials_total: 0,
            odds: Vec::new(),
            impact: Vec::new(),
            unseen: Vec::new(),
            decision: FindingDecision {
                mode: Mode::Observe,
                action: Action::Passed,
                door: None,
                rule: None,
                about: None,
            },
            closed: None,
        }
    }

    proptest! {
        /// However a story grows, a target hears of it once, and once per rise above that.
        #[test]
        fn one_alert_per_story_and_per_rise(min in 0_usize..5, course in prop::collection::vec(0_usize..5, 1..20)) {
            let rule = AlertRule { min: SEVERITIES[min] };
            let mut told = None;
            let mut heard = Vec::new();
            for severity in course.iter().map(|&step| SEVERITIES[step]) {
                let finding = finding(severity);
                if let Some(alert) = rule.due(&finding, told) {
                    prop_assert_eq!(alert.occasion == Occasion::Opened, told.is_none());
                    told = Some(severity);
                    heard.push(severity);
                }
            }
            prop_assert!(heard.windows(2).all(|pair| pair[0] < pair[1]));
            let worst = course.iter().map(|&step| SEVERITIES[step]).max().filter(|&worst| worst >= rule.min);
            prop_assert_eq!(heard.last().copied(), worst);
        }
    }

    #[test]
    fn a_closed_story_is_not_told() {
        let closed =
            Closed { resolution: Resolution::Fixed, reason: String::new(), at: Micros(3_000_000), rung: Rung::E4 };
        let finding = Finding { closed: Some(closed), ..finding(Severity::Critical) };
        assert_eq!(AlertRule { min: Severity::Info }.due(&finding, None), None);
    }

    #[test]
    fn the_shape_is_pinned() {
        let finding = finding(Severity::Critical);
        let rule = AlertRule { min: Severity::High };
        let read = |alert: &Alert<'_>| serde_json::from_str::<serde_json::Value>(&alert.to_json().unwrap()).unwrap();
        let raised = read(&rule.due(&finding, Some(Severity::High)).unwrap());
        assert_eq!(raised["version"], json!(1));
        assert_eq!(raised["event"], json!("finding.raised"));
        assert_eq!(raised["id"], json!("F-00000001/critical"));
        assert_eq!(raised["raised_from"], json!("high"));
        assert_eq!(raised["finding"], serde_json::to_value(Summarised::from(&finding)).unwrap());
        assert!(raised["finding"]["summary"].is_string());
        let opened = read(&rule.due(&finding, None).unwrap());
        assert_eq!(opened["event"], json!("finding.opened"));
        assert!(opened.get("raised_from").is_none());
    }
}
