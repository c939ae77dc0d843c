//! The one place time comes from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use wire::Timestamp;

/// Tells the time. Never runs backwards, whatever the machine's clock does (threat T119).
#[derive(Debug)]
pub struct Clock {
    source: Source,
    latest: AtomicU64,
}

#[derive(Debug)]
enum Source {
    System,
    Manual(AtomicU64),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self {
            source: Source::System,
            latest: AtomicU64::new(0),
        }
    }

    /// A clock that stands still until it is [`set`](Self::set): for tests, which never sleep.
    pub fn manual(now: Timestamp) -> Self {
        Self {
            source: Source::Manual(AtomicU64::new(now.as_millis())),
            latest: AtomicU64::new(0),
        }
    }

    /// Moves a manual clock; the machine's clock does not listen.
    pub fn set(&self, now: Timestamp) {
        match &self.source {
            Source::System => {}
            Source::Manual(at) => at.store(now.as_millis(), Ordering::Relaxed),
        }
    }

    /// Now, or the latest instant this clock has told, whichever is later.
    pub fn now(&self) -> Timestamp {
        let told = match &self.source {
            // A clock before 1970 is a broken clock; the latest instant told still holds.
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
                }),
            Source::Manual(at) => at.load(Ordering::Relaxed),
        };
        let before = self.latest.fetch_max(told, Ordering::Relaxed);
        Timestamp::from_millis(told.max(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t119_never_runs_backwards() {
        let day = 86_400_000;
        let clock = Clock::manual(Timestamp::from_millis(10 * day));
        assert_eq!(clock.now().as_millis(), 10 * day);
        clock.set(Timestamp::from_millis(9 * day));
        assert_eq!(clock.now().as_millis(), 10 * day);
        clock.set(Timestamp::from_millis(11 * day));
        assert_eq!(clock.now().as_millis(), 11 * day);
    }
}
