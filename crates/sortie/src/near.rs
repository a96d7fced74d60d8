//! Which known word was meant by one that is not known.

/// Letters that may be wrong.
const SLIP: usize = 2;
/// Bytes of a word that is looked at: what is typed is shorter.
const LONGEST: usize = 256;

/// The known word that differs from the given one by a slip, the nearest of them.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|word| (edits(given, word), word)).min();
    near.filter(|&(edits, _)| edits <= SLIP).map(|(_, word)| word)
}

/// Levenshtein's distance; more than a slip where the lengths or the bound say so.
fn edits(a: &str, b: &str) -> usize {
    let differs = a.len().abs_diff(b.len());
    if a.len().max(b.len()) > LONGEST || differs > SLIP * char::MAX.len_utf8() {
        return LONGEST;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = before + usize::from(left != *right);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near() {
        assert_eq!(edits("listen", "listen"), 0);
        assert_eq!(edits("lisen", "listen"), 1);
        assert_eq!(edits("", "at"), 2);
        assert_eq!(edits(&"x".repeat(100_000), "listen"), LONGEST);
        assert_eq!(nearest("upsteam", ["listen", "upstream"]), Some("upstream"));
        assert_eq!(nearest("foo", ["listen", "upstream"]), None);
    }
}
