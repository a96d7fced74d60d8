//! The grams of all answers of an exchange in one table, so that a response is hashed once.

use super::prints::AnswerPrints;

/// A gram of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// The answer, by its position among those searched.
    pub(super) answer: usize,
    /// The gram, by its number in the answer's layout.
    pub(super) gram: usize,
}

/// An open-addressing table, at most half full.
pub(super) struct Index {
    /// 0 for an empty slot, else [`OCCUPIED`] | hash << 32 | answer << 16 | gram.
    slots: Box<[u64]>,
}

const OCCUPIED: u64 = 1 << 63;

impl Index {
    /// A table of the grams that tell something, of each repeated one the first.
    pub(super) fn of(answers: &[&AnswerPrints]) -> Self {
        let grams: usize = answers.iter().map(|prints| prints.count()).sum();
        let mut index = Self { slots: vec![0; (grams * 2).next_power_of_two().max(2)].into_boxed_slice() };
        for (answer, prints) in answers.iter().enumerate() {
            (0..prints.count())
                .filter(|&gram| prints.weight(gram) > 0)
                .for_each(|gram| index.insert(prints.hash(gram), Hit { answer, gram }));
        }
        index
    }

    /// The grams of that hash, at most one of each answer.
    pub(super) fn lookup(&self, hash: u32) -> impl Iterator<Item = Hit> {
        self.chain(hash)
            .map_while(|slot| match self.slots[slot] {
                0 => None,
                entry => Some(entry),
            })
            .filter(move |entry| hash_of(*entry) == hash)
            .map(|entry| Hit { answer: (entry >> 16 & 0xffff) as usize, gram: (entry & 0xffff) as usize })
    }

    fn insert(&mut self, hash: u32, hit: Hit) {
        if self.lookup(hash).any(|earlier| earlier.answer == hit.answer) {
            return;
        }
        let free = self.chain(hash).find(|&slot| self.slots[slot] == 0);
        if let Some(slot) = free {
            self.slots[slot] = OCCUPIED | u64::from(hash) << 32 | (hit.answer as u64) << 16 | hit.gram as u64;
        }
    }

    /// The slots in which an entry of that hash may be, in order.
    fn chain(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let last = self.slots.len() - 1;
        (0..=last).map(move |step| (hash as usize + step) & last)
    }
}

fn hash_of(entry: u64) -> u32 {
    ((entry & !OCCUPIED) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_gram_of_every_answer() {
        let answers = ["The quick brown fox jumps", "over the lazy dog, again!", "The quick brown fox jumps"]
            .map(|text| AnswerPrints::of(text.as_bytes(), None));
        let answers: Vec<_> = answers.iter().collect();
        let index = Index::of(&answers);
        for (answer, prints) in answers.iter().enumerate() {
            for gram in 0..prints.count() {
                let hits: Vec<_> = index.lookup(prints.hash(gram)).collect();
                assert!(hits.contains(&Hit { answer, gram }), "{answer} {gram}");
                assert!(hits.len() <= 2);
            }
        }
        assert_eq!(index.lookup(0x0123_4567).count(), 0);
        assert_eq!(Index::of(&[]).lookup(7).count(), 0);
    }
}
