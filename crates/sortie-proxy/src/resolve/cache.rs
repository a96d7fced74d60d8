//! Answers that are kept for a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::ResolveError;

/// What a name resolved to.
pub(super) type Resolved = Result<Arc<[IpAddr]>, ResolveError>;

/// Names that are kept.
const NAMES: usize = 4_096;
/// The shortest and the longest time for which addresses are kept, whatever their TTL says. One
/// second spares a busy service a question per dial; a minute is how long an answer may outlive a
/// change that its TTL did not announce.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// How long it is believed that a name has no address. A resolver that failed is asked again at
/// once.
const NEGATIVE: Duration = Duration::from_secs(2);

/// A bounded table of answers.
#[derive(Default)]
pub(super) struct Cache {
    by_name: Mutex<HashMap<Box<str>, Entry>>,
}

struct Entry {
    resolved: Resolved,
    until: Instant,
}

impl Cache {
    /// The answer for a name in lower case, while it holds.
    pub(super) fn get(&self, name: &str) -> Option<Resolved> {
        let by_name = self.by_name.lock();
        let entry = by_name.get(name)?;
        (Instant::now() < entry.until).then(|| entry.resolved.clone())
    }

    /// Keeps an answer; `ttl` is that of its records.
    pub(super) fn put(&self, name: &str, resolved: &Resolved, ttl: Duration) {
        let kept = match resolved {
            Ok(_) => ttl.clamp(SHORTEST, LONGEST),
            Err(ResolveError::NoSuchName | ResolveError::NoAddress) => NEGATIVE,
            Err(ResolveError::ServerFailed | ResolveError::TimedOut) => return,
        };
        let now = Instant::now();
        let mut by_name = self.by_name.lock();
        if by_name.len() >= NAMES {
            by_name.retain(|_, entry| now < entry.until);
        }
        // Whoever asks for thousands of living names a minute pays with questions to the server.
        if by_name.len() < NAMES {
            by_name.insert(name.into(), Entry { resolved: resolved.clone(), until: now + kept });
        }
    }

    /// Forgets everything, after the configuration changed.
    pub(super) fn clear(&self) {
        self.by_name.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Arc<[IpAddr]> {
        Arc::from([IpAddr::from([192, 0, 2, 1])])
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_addresses_between_a_second_and_a_minute() {
        let cache = Cache::default();
        cache.put("brief", &Ok(address()), Duration::ZERO);
        cache.put("long", &Ok(address()), Duration::from_hours(24));
        assert_eq!(cache.get("brief"), Some(Ok(address())));
        tokio::time::advance(SHORTEST).await;
        assert_eq!(cache.get("brief"), None);
        assert_eq!(cache.get("long"), Some(Ok(address())));
        tokio::time::advance(LONGEST).await;
        assert_eq!(cache.get("long"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_keep_what_failed() {
        let cache = Cache::default();
        cache.put("failed", &Err(ResolveError::ServerFailed), LONGEST);
        cache.put("absent", &Err(ResolveError::NoSuchName), LONGEST);
        assert_eq!(cache.get("failed"), None);
        assert_eq!(cache.get("absent"), Some(Err(ResolveError::NoSuchName)));
        tokio::time::advance(NEGATIVE).await;
        assert_eq!(cache.get("absent"), None);
    }

    #[tokio::test]
    async fn is_bounded() {
        let cache = Cache::default();
        for number in 0..NAMES + 10 {
            cache.put(&number.to_string(), &Ok(address()), LONGEST);
        }
        assert_eq!(cache.by_name.lock().len(), NAMES);
    }
}
