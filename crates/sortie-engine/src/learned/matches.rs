//! How the paths of a sink's dials stand to the paths that its orders name: a program may add its own to a base URL, or
//! put one before it.

use serde::{Deserialize, Serialize};
use sortie_model::PathMatch;

/// How surely a place's dials stand so to what was named that always did.
const ALWAYS: f64 = 0.9;
/// What is known of it beforehand counts as so many dials.
const BEFOREHAND: f64 = 1.0;

/// Dials that orders explain, by how the paths stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Matches {
    all: f64,
    path_only: f64,
    prefix: f64,
    suffix: f64,
    contained: f64,
}

impl Matches {
    /// Learns one dial, by the share of the order that explains it.
    pub(super) fn learn(&mut self, path: PathMatch, share: f64) {
        if matches!(path, PathMatch::Hidden | PathMatch::Unnamed) {
            return;
        }
        self.all += share;
        if let Some(sum) = self.of(path) {
            *sum += share;
        }
    }

    fn of(&mut self, path: PathMatch) -> Option<&mut f64> {
        match path {
            PathMatch::PathOnly => Some(&mut self.path_only),
            PathMatch::Prefix => Some(&mut self.prefix),
            PathMatch::Suffix => Some(&mut self.suffix),
            PathMatch::Contained => Some(&mut self.contained),
            // The very path always says as much, and another one nothing.
            PathMatch::Equal | PathMatch::Different | PathMatch::Unnamed | PathMatch::Hidden => None,
        }
    }

    /// P(path stands so | ordered here), given what it is `beforehand`: never less than that.
    pub(super) fn fit(mut self, path: PathMatch, beforehand: f64) -> f64 {
        let all = self.all;
        self.of(path).map_or(beforehand, |seen| {
            let learned = (*seen * ALWAYS + beforehand * BEFOREHAND) / (all + BEFOREHAND);
            learned.max(beforehand)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_place_does_as_a_rule_fits() {
        let mut matches = Matches::default();
        assert_eq!(matches.fit(PathMatch::Prefix, 0.05), 0.05);
        for _ in 0..8 {
            matches.learn(PathMatch::Prefix, 1.0);
        }
        assert!(matches.fit(PathMatch::Prefix, 0.05) > 0.75);
        for path in [PathMatch::Suffix, PathMatch::Different, PathMatch::Equal] {
            assert_eq!(matches.fit(path, 0.01), 0.01, "{path:?}");
        }
        let mut mostly_equal = Matches::default();
        (0..20).for_each(|_| mostly_equal.learn(PathMatch::Equal, 1.0));
        mostly_equal.learn(PathMatch::Prefix, 1.0);
        assert!(mostly_equal.fit(PathMatch::Prefix, 0.05) < 0.06);
    }
}
