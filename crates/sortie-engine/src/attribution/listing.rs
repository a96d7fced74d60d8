//! Which explanations a verdict lists, and what is learned from each.
//!
//! A verdict cannot list a thousand orders that arrived at once, and none of them holds more than a
//! thousandth. Yet together they are one dial's worth of obedience: where learning saw only the few
//! at the top, the others would look ignored, and the dials of nobody. So of what is too small and too
//! many, some stand for the rest, drawn in proportion to their shares (systematic sampling: Madow &
//! Madow 1944, "On the Theory of Systematic Sampling"), by a seed that lies in the dial itself.

use smallvec::SmallVec;
use sortie_model::verdict::Explanation;
use sortie_model::{Micros, limits};

use super::{Weighted, fraction};

/// Share from which an explanation stands for itself alone, among many.
const LARGE: f64 = 2.0 / limits::EXPLANATIONS as f64;

/// The explanations to list, the largest share first. `ranked` is by rate, `total` the sum of the rates.
pub(super) fn list(ranked: &[Weighted<'_>], total: f64, now: Micros) -> SmallVec<[Explanation; 2]> {
    let mut explained = 0.0;
    let worth = ranked
        .iter()
        .take_while(|weighted| {
            let is_worth_it = weighted.rate / total >= limits::EXPLANATION_SHARE || explained < limits::EXPLAINED;
            explained += weighted.mass() / total;
            is_worth_it
        })
        .count();
    if worth <= limits::EXPLANATIONS {
        return all(&ranked[..worth], ranked, total);
    }
    let large = ranked.iter().take_while(|weighted| weighted.rate / total >= LARGE).count();
    let mut listed: SmallVec<[Explanation; 2]> =
        ranked[..large].iter().map(|weighted| explanation(weighted, total, weighted.mass() / total)).collect();
    sample(&ranked[large..], total, limits::EXPLANATIONS - large, fraction(now), &mut listed);
    listed
}

/// Lists all of `listed`; what is left of orders and of own calls is spread over those of their kind.
fn all(listed: &[Weighted<'_>], ranked: &[Weighted<'_>], total: f64) -> SmallVec<[Explanation; 2]> {
    let sum = |of: &[Weighted<'_>], ordered: bool| -> f64 {
        of.iter().filter(|w| w.order().is_some() == ordered).map(Weighted::mass).sum()
    };
    let scales = [false, true].map(|ordered| {
        let part = sum(listed, ordered);
        if part > 0.0 { sum(ranked, ordered) / part } else { 1.0 }
    });
    let scale = |weighted: &Weighted<'_>| scales[usize::from(weighted.order().is_some())];
    listed.iter().map(|weighted| explanation(weighted, total, weighted.mass() / total * scale(weighted))).collect()
}

/// Draws `count` of `tail`, each for an equal part of its mass.
fn sample(tail: &[Weighted<'_>], total: f64, count: usize, start: f64, listed: &mut SmallVec<[Explanation; 2]>) {
    let mass: f64 = tail.iter().map(|weighted| weighted.mass() / total).sum();
    let step = mass / count as f64;
    let (mut passed, mut next) = (0.0, start * step);
    for weighted in tail {
        passed += weighted.mass() / total;
        let mut drawn = 0;
        while next < passed && drawn < count {
            drawn += 1;
            next += step;
        }
        if drawn > 0 {
            listed.push(explanation(weighted, total, drawn as f64 * step));
        }
    }
}

fn explanation(weighted: &Weighted<'_>, total: f64, mass: f64) -> Explanation {
    Explanation { share: weighted.rate / total, mass: mass.min(1.0), source: weighted.source() }
}

#[cfg(test)]
mod tests {
    use super::super::Cause;
    use super::*;

    fn ranked(rates: impl IntoIterator<Item = f64>) -> (Vec<Weighted<'static>>, f64) {
        let of = |rate| Weighted { rate, stands_for: 1.0, cause: Cause::Background, proven: false, allowed: false };
        let ranked: Vec<Weighted<'_>> = rates.into_iter().map(of).collect();
        let total = ranked.iter().map(|weighted| weighted.rate).sum();
        (ranked, total)
    }

    fn mass(listed: &[Explanation]) -> f64 {
        listed.iter().map(|explanation| explanation.mass).sum()
    }

    #[test]
    fn a_few_are_listed_and_their_masses_are_whole() {
        let (ranked, total) = ranked([9.0, 0.5, 0.01, 0.001]);
        let listed = list(&ranked, total, Micros(1));
        assert_eq!(listed.len(), 2);
        assert!((mass(&listed) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn many_are_sampled_and_over_time_none_is_left_out() {
        let (ranked, total) = ranked(std::iter::once(250.0).chain(std::iter::repeat_n(1.0, 250)));
        let mut drawn = std::collections::BTreeSet::new();
        for now in 0..200 {
            let listed = list(&ranked, total, Micros(now * 10_007));
            assert!(listed.len() <= limits::EXPLANATIONS);
            assert!((mass(&listed) - 1.0).abs() < 1e-6, "{}", mass(&listed));
            assert!((listed[0].share - 0.5).abs() < 1e-9);
            drawn.insert(format!("{:.6}", listed[1].share));
            let step = listed[1].mass;
            let first = (fraction(Micros(now * 10_007)) * step * 500.0) as usize;
            drawn.insert(format!("at {first}"));
        }
        assert!(drawn.len() > 4, "{drawn:?}");
    }

    #[test]
    fn one_that_is_drawn_several_times_stands_for_itself() {
        let (ranked, total) = ranked(std::iter::repeat_n(1.5, 20).chain(std::iter::repeat_n(1.0, 2_000)));
        let listed = list(&ranked, total, Micros(77));
        assert!((mass(&listed) - 1.0).abs() < 1e-6 && listed.len() <= limits::EXPLANATIONS);
    }
}
