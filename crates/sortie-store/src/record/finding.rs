//! Findings, as JSON.

use serde::ser::Error;
use sortie_model::{Finding, Micros};

/// Writes a finding. Times are kept to the millisecond, as people see them.
///
/// What could not be read back is an error here: JSON has no word for a probability that is no
/// number, and RFC 3339 none for a time after the year 9999.
pub fn encode(finding: &Finding) -> serde_json::Result<String> {
    if !probabilities(finding).all(f64::is_finite) {
        return Err(serde_json::Error::custom("a probability is not a number"));
    }
    if !times(finding).all(|time| time < YEAR_10000) {
        return Err(serde_json::Error::custom("a time lies after the year 9999"));
    }
    serde_json::to_string(finding)
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &str) -> serde_json::Result<Finding> {
    serde_json::from_str(text)
}

fn probabilities(finding: &Finding) -> impl Iterator<Item = f64> {
    let shares = finding.actors.iter().map(|share| share.p);
    std::iter::once(finding.confidence).chain(shares).chain(finding.dials.iter().map(|dial| dial.p))
}

fn times(finding: &Finding) -> impl Iterator<Item = Micros> {
    let requests = finding.requests.iter().map(|request| request.ts);
    let dials = finding.dials.iter().map(|dial| dial.ts);
    let closed = finding.closed.iter().map(|closed| closed.at);
    [finding.first_seen, finding.last_seen].into_iter().chain(requests).chain(dials).chain(closed)
}

const YEAR_10000: Micros = Micros(253_402_300_800 * Micros::SECOND);

#[cfg(test)]
pub(crate) mod tests {
    use sortie_model::finding::{
        Action, ActorShare, FindingActor, FindingDecision, FindingDestination, FindingEndpoint, FindingKind, Impact,
        Odds, Rung, Severity,
    };
    use sortie_model::ids::FindingId;
    use sortie_model::{ActorKind, AddressClass, Mode, ServiceName};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        let written = |finding: Finding| encode(&finding).map(|text| decode(&text).unwrap());
        let last = Micros(YEAR_10000.0 - 1000);
        assert_eq!(written(Finding { last_seen: last, ..sample(1) }).unwrap().last_seen, last);
        written(Finding { last_seen: YEAR_10000, ..sample(1) }).unwrap_err();
        written(Finding { confidence: f64::NAN, ..sample(1) }).unwrap_err();
        written(Finding { actors: vec![ActorShare { id: "x".into(), p: f64::INFINITY }], ..sample(1) }).unwrap_err();
    }

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
            decision: FindingDecision {
                mode: Mode::Observe,
                action: Action::WouldBlock,
                door: None,
                rule: None,
                about: None,
            },
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
