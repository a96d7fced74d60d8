//! Findings, as JSON.

use sortie_model::Finding;

/// Writes a finding. Times are kept to the millisecond, as people see them.
pub fn encode(finding: &Finding) -> serde_json::Result<String> {
    serde_json::to_string(finding)
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &str) -> serde_json::Result<Finding> {
    serde_json::from_str(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use sortie_model::finding::{
        Action, ActorShare, FindingActor, FindingDecision, FindingDestination, FindingEndpoint, FindingKind, Impact,
        Odds, Rung, Severity,
    };
    use sortie_model::ids::FindingId;
    use sortie_model::{ActorKind, AddressClass, Micros, Mode, ServiceName};

    use proptest::prelude::*;

    use super::*;

    /// A finding of its own for every number.
    pub(crate) fn sample(number: u64) -> Finding {
        let second = number % (1 << 30);
        let address = "198.51.100.23".parse().unwrap();
        Finding {
            id: FindingId::from_digest(number),
            kind: FindingKind::Honoured,
            severity: Severity::High,
            confidence: 0.998,
            rung: Rung::E3,
            first_seen: Micros(1_000_000 * second),
            last_seen: Micros(1_000_000 * (second + 1)),
            service: ServiceName::from("shop"),
            actor: Some(FindingActor { kind: ActorKind::Session, id: "9f2c00000041".into(), address }),
            actors: vec![ActorShare { id: "9f2c00000041".into(), p: 0.998 }],
            endpoint: Some(FindingEndpoint { method: "POST".into(), host: None, template: "/v1/preview".into() }),
            location: Some("$.url".into()),
            candidate: Some("http://169.254.169.254/latest".into()),
            destination: FindingDestination {
                host: "169.254.169.254".into(),
                address: Some("169.254.169.254".parse().unwrap()),
                port: Some(80),
                class: AddressClass::Metadata,
            },
            requests: Vec::new(),
            requests_total: 1,
            dials: Vec::new(),
            dials_total: 1,
            odds: vec![Odds { factor: "for".into(), text: "\u{202e}\"quoted\"\n".into() }],
            impact: vec![Impact::MetadataCredentialsRead],
            unseen: Vec::new(),
            decision: FindingDecision { mode: Mode::Observe, action: Action::WouldBlock, door: None, rule: None },
            closed: None,
        }
    }

    proptest! {
        #[test]
        fn reads_back_to_the_last_digit(number in 0_u64..1 << 40, confidence in 0.0..=1.0_f64, text: String) {
            let finding = Finding { confidence, candidate: Some(text), ..sample(number) };
            let encoded = encode(&finding).unwrap();
            prop_assert_eq!(decode(&encoded).unwrap(), finding);
        }

        #[test]
        fn nonsense_is_an_error(text: String) {
            prop_assert!(decode(&text).is_err());
        }
    }
}
