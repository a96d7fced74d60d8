//! Room in tables that clients can fill.

use std::sync::Arc;

use imbl::OrdMap;

/// Part of a full table that is let go at once, so that the search for what is worth least is paid
/// once for many newcomers.
const PART: usize = 10;

/// The value of a key. Where it is missing it is made, in a full table in the place of what is worth
/// least.
pub(super) fn entry<'a, K: Ord + Clone, V: Clone, W: Ord>(
    table: &'a mut OrdMap<K, Arc<V>>,
    key: &K,
    limit: usize,
    worth: impl Fn(&K, &V) -> W,
    new: impl FnOnce() -> V,
) -> &'a mut V {
    if !table.contains_key(key) {
        make_room(table, limit, worth);
        table.insert(key.clone(), Arc::new(new()));
    }
    Arc::make_mut(table.get_mut(key).expect("it is there, or was just made"))
}

/// Lets go of a tenth of a full table: of the entries, those of least worth.
fn make_room<K: Ord + Clone, V, W: Ord>(
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
