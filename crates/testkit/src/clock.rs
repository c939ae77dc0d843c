//! A clock that moves only when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wire::Timestamp;

/// A shared clock. Clones show the same time, and it never runs backwards.
#[derive(Clone, Debug)]
pub struct MockClock(Arc<AtomicU64>);

impl MockClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(start.as_millis())))
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Lets `ms` milliseconds pass.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets `seconds` pass.
    pub fn advance_seconds(&self, seconds: u64) {
        self.advance_ms(seconds * 1000);
    }

    /// Moves on to `instant`.
    ///
    /// # Panics
    ///
    /// If that would be backwards.
    pub fn advance_to(&self, instant: Timestamp) {
        let before = self.0.fetch_max(instant.as_millis(), Ordering::SeqCst);
        assert!(
            before <= instant.as_millis(),
            "a clock does not run backwards"
        );
    }
}

impl Default for MockClock {
    /// A clock that shows the first second of 2026.
    fn default() -> Self {
        Self::starting_at(Timestamp::from_millis(1_767_225_600_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_show_the_same_time() {
        let clock = MockClock::default();
        let other = clock.clone();
        clock.advance_seconds(60);
        assert_eq!(other.now(), MockClock::default().now().plus_seconds(60));
    }

    #[test]
    #[should_panic = "does not run backwards"]
    fn refuses_to_run_backwards() {
        let clock = MockClock::default();
        clock.advance_to(Timestamp::from_millis(0));
    }
}
