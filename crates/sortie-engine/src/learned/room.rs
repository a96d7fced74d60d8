//! Room in tables that clients can fill.

use std::sync::Arc;

use imbl::OrdMap;

/// Part of a full table that is let go at once, so that the search for what is worth least is paid
/// once for many newcomers.
const PART: usize = 10;

/// Lets go of a tenth of a full table: of the entries, those of least worth.
pub(super) fn make_room<K: Ord + Clone, V, W: Ord>(
    table: &mut OrdMap<K, Arc<V>>,
    limit: usize,
    worth: impl Fn(&K, &V) -> W,
) -> Vec<K> {
    if table.len() < limit {
        return Vec::new();
    }
    let mut ranked: Vec<(W, K)> = table.iter().map(|(key, value)| (worth(key, value), key.clone())).collect();
    let count = (limit / PART).max(1);
    let last = count.min(ranked.len() - 1);
    ranked.select_nth_unstable(last);
    let gone: Vec<K> = ranked.into_iter().take(count).map(|(_, key)| key).collect();
    for key in &gone {
        table.remove(key);
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_least_goes() {
        let mut table: OrdMap<u32, Arc<u32>> = (0..20).map(|n| (n, Arc::new((n * 7) % 20))).collect();
        assert!(make_room(&mut table, 21, |_, worth| *worth).is_empty());
        let gone = make_room(&mut table, 20, |_, worth| *worth);
        assert_eq!(gone.len(), 2);
        assert!(table.values().all(|worth| **worth >= 2));
    }
}
