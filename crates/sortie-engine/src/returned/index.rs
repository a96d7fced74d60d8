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

/// A sorted list behind a filter. Not a hash table, because who chooses an answer chooses its
/// hashes: here a hash that was made to collide costs a binary search, and no more.
pub(super) struct Index {
    /// hash << 32 | answer << 16 | gram, sorted.
    entries: Vec<u64>,
    /// A bit for each value that the low bits of some entry's hash have.
    filter: Box<[u64]>,
}

/// Bits of the filter for each entry, at least: so many lookups to one are answered by it.
const SPARSENESS: usize = 8;

impl Index {
    /// An index of the grams that tell something, of each repeated one the first.
    pub(super) fn of(answers: &[&AnswerPrints]) -> Self {
        let mut entries: Vec<u64> = Vec::with_capacity(answers.iter().map(|prints| prints.count()).sum());
        for (answer, prints) in answers.iter().enumerate() {
            let telling = (0..prints.count()).filter(|&gram| prints.weight(gram) > 0);
            entries.extend(telling.map(|gram| entry(prints.hash(gram), Hit { answer, gram })));
        }
        entries.sort_unstable();
        entries.dedup_by_key(|entry| *entry >> 16);
        let words = (entries.len() * SPARSENESS).div_ceil(64).next_power_of_two();
        let mut index = Self { entries, filter: vec![0; words].into_boxed_slice() };
        for at in 0..index.entries.len() {
            let (word, bit) = index.filter_bit(hash_of(index.entries[at]));
            index.filter[word] |= bit;
        }
        index
    }

    /// The grams of that hash, at most one of each answer.
    pub(super) fn lookup(&self, hash: u32) -> impl Iterator<Item = Hit> {
        let (word, bit) = self.filter_bit(hash);
        let candidates = if self.filter[word] & bit == 0 { &[] } else { self.entries.as_slice() };
        let start = candidates.partition_point(|entry| hash_of(*entry) < hash);
        candidates[start..]
            .iter()
            .take_while(move |entry| hash_of(**entry) == hash)
            .map(|entry| Hit { answer: (entry >> 16 & 0xffff) as usize, gram: (entry & 0xffff) as usize })
    }

    fn filter_bit(&self, hash: u32) -> (usize, u64) {
        let hash = hash as usize;
        ((hash / 64) & (self.filter.len() - 1), 1 << (hash % 64))
    }
}

fn entry(hash: u32, hit: Hit) -> u64 {
    u64::from(hash) << 32 | (hit.answer as u64) << 16 | hit.gram as u64
}

fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
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
