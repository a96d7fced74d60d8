//! Whether what was found of an answer is evidence, and how much it is.

use super::grams::GRAM;
use super::prints::AnswerPrints;

/// Telling bytes that must stand close together in an unbroken stretch.
const FEWEST: usize = 24;
/// How close: within so many bytes. The longer a common skeleton is, the more values in it are
/// equal by chance.
const WITHIN: usize = 72;
/// Telling bytes that are enough however far apart they are.
const ENOUGH: usize = 64;

/// An unbroken stretch of an answer, from gram `first` to gram `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Stretch {
    /// Whether it is the whole answer.
    pub(super) fn is_whole(self, prints: &AnswerPrints) -> bool {
        self.first == 0 && self.last + 1 == prints.count()
    }

    /// Whether it is too much for chance and common text.
    pub(super) fn is_evidence(self, prints: &AnswerPrints) -> bool {
        if self.is_whole(prints) {
            return true;
        }
        let layout = prints.layout();
        // Telling bytes from a gram to the next one, in sixteenths; of the last gram, all of it.
        let up_to_next =
            |gram: usize| prints.weight(gram) * (layout.position(gram + 1) - layout.position(gram)).min(GRAM);
        let of_last = |gram: usize| prints.weight(gram) * GRAM;
        let (mut first, mut near, mut all) = (self.first, 0, 0);
        for last in self.first..=self.last {
            // Two grams are always near enough: in a long answer they lie further apart.
            while first + 1 < last && layout.position(last) + GRAM - layout.position(first) > WITHIN {
                near -= up_to_next(first);
                first += 1;
            }
            if near + of_last(last) >= FEWEST * GRAM || all + of_last(last) >= ENOUGH * GRAM {
                return true;
            }
            if last < self.last {
                near += up_to_next(last);
                all += up_to_next(last);
            }
        }
        false
    }
}

/// Bytes of the answer that the stretches cover, as a part of [`AnswerPrints::bytes`]. They are
/// sorted and merged on the way.
pub(super) fn bytes_found(stretches: &mut Vec<Stretch>, prints: &AnswerPrints) -> u32 {
    merge(stretches);
    if stretches.iter().any(|stretch| stretch.is_whole(prints)) {
        return prints.bytes();
    }
    let layout = prints.layout();
    let mut covered = 0;
    let mut end_before = 0;
    for stretch in stretches.iter() {
        let end = layout.position(stretch.last) + GRAM;
        covered += end - layout.position(stretch.first).max(end_before);
        end_before = end;
    }
    // White space between the found bytes is taken to be as frequent as elsewhere in the answer.
    let scaled = covered as u64 * u64::from(prints.bytes()) / prints.compared().max(1) as u64;
    (scaled as u32).min(prints.bytes())
}

/// Sorts stretches and joins those that share a gram.
fn merge(stretches: &mut Vec<Stretch>) {
    stretches.sort_unstable();
    stretches.dedup_by(|next, kept| {
        let joined = next.first <= kept.last;
        if joined {
            kept.last = kept.last.max(next.last);
        }
        joined
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(first: usize, last: usize) -> Stretch {
        Stretch { first, last }
    }

    fn answer() -> AnswerPrints {
        // 1,000 compared bytes and 100 spaces: grams every 4 bytes.
        let text = (0..100).map(|n| format!("{:010} ", n * 7_919_113 % 9_999_999)).collect::<Vec<_>>().concat();
        AnswerPrints::of(text.as_bytes(), None)
    }

    #[test]
    fn two_grams_are_no_evidence_three_are() {
        let prints = answer();
        assert!(!stretch(3, 3).is_evidence(&prints));
        assert!(!stretch(3, 4).is_evidence(&prints));
        assert!(stretch(3, 5).is_evidence(&prints));
    }

    #[test]
    fn what_tells_must_stand_close_together() {
        let rows = |value: &str, count: usize| {
            (0..count).map(|n| format!(r#""some_long_key_of_row_{n:02}":"{value}","#)).collect::<Vec<_>>().concat()
        };
        let document = format!(r#"{{{}"last":"9a8b7c6d5e4f3a2b1c0d9a8b7c6d5e4f"}}"#, rows("ab3d", 20));
        let prints = AnswerPrints::of(document.as_bytes(), None);
        let last = prints.count() - 1;
        let up_to = |bytes: usize| (0..=last).rfind(|gram| prints.layout().position(*gram) + GRAM <= bytes).unwrap();
        assert!(!stretch(0, up_to(300)).is_evidence(&prints), "eight short values");
        assert!(stretch(0, up_to(640)).is_evidence(&prints), "nineteen short values");
        assert!(stretch(up_to(500), up_to(document.len() - 3)).is_evidence(&prints), "few short values and a long one");
    }

    #[test]
    fn overlapping_stretches_count_once() {
        let prints = answer();
        assert_eq!(bytes_found(&mut vec![stretch(3, 7)], &prints), 32 * 1_100 / 1_000);
        let once = bytes_found(&mut vec![stretch(10, 30)], &prints);
        assert_eq!(bytes_found(&mut vec![stretch(20, 30), stretch(10, 21), stretch(10, 30)], &prints), once);
        // Gram 31 begins within the 16 bytes of gram 30, so only 4 bytes are new.
        assert_eq!(bytes_found(&mut vec![stretch(10, 30), stretch(31, 31)], &prints), (96 + 4) * 1_100 / 1_000);
    }

    #[test]
    fn the_whole_is_all_its_bytes() {
        let prints = answer();
        assert_eq!(bytes_found(&mut vec![stretch(0, prints.count() - 1)], &prints), 1_100);
    }
}
