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

/// Whether `closed` still says something about `finding`: it reopens on a higher rung.
pub fn stands(closed: &Closed, finding: &Finding) -> bool {
    finding.rung <= closed.rung
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
}
