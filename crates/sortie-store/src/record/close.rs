//! How an operator closed a finding, kept apart from it.
//!
//! Traffic can always tell a story anew, but not that somebody has judged it. So the judgement
//! stands by itself, and is laid over the finding until the story gets further than it had then.

use sortie_model::Finding;
use sortie_model::finding::Closed;

/// Writes a closing.
pub fn encode(closed: &Closed) -> serde_json::Result<String> {
    serde_json::to_string(closed)
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &str) -> serde_json::Result<Closed> {
    serde_json::from_str(text)
}

/// Whether `closed` still says something about `finding`.
pub fn stands(closed: &Closed, finding: &Finding) -> bool {
    closed.stands(finding.rung, finding.last_seen)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use sortie_model::Micros;
    use sortie_model::finding::{Resolution, Rung};

    use super::super::finding::tests::sample;
    use super::*;

    pub(crate) fn closed(rung: Rung) -> Closed {
        Closed { resolution: Resolution::Accepted, reason: "customer VPN".into(), at: Micros(5_000_000), rung }
    }

    proptest! {
        #[test]
        fn reads_back(reason: String, seconds in 0_u64..1 << 35) {
            let closed = Closed { reason, at: Micros(seconds * 1_000_000), ..closed(Rung::E2) };
            prop_assert_eq!(decode(&encode(&closed).unwrap()).unwrap(), closed);
        }
    }

    #[test]
    fn stands_until_a_higher_rung() {
        let at = |rung| Finding { rung, ..sample(1) };
        assert!(stands(&closed(Rung::E3), &at(Rung::E1)));
        assert!(stands(&closed(Rung::E3), &at(Rung::E3)));
        assert!(!stands(&closed(Rung::E3), &at(Rung::E4)));
    }

    #[test]
    fn only_what_was_called_fixed_reopens_when_it_happens_again() {
        let before = Finding { rung: Rung::E5, ..sample(1) };
        let judged = |resolution| Closed { resolution, at: before.last_seen, ..closed(Rung::E5) };
        let again = Finding { last_seen: before.last_seen.plus(1_000), ..before.clone() };
        for (resolution, stands_still) in
            [(Resolution::Fixed, false), (Resolution::Accepted, true), (Resolution::FalsePositive, true)]
        {
            assert!(stands(&judged(resolution), &before));
            assert_eq!(stands(&judged(resolution), &again), stands_still, "{resolution:?}");
        }
    }
}
