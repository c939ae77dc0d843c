//! One answer for many who ask the same at nearly the same time.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// What was answered last. Whoever asks while a question is under way waits for its answer; whoever
/// asks soon after it gets it as well, be it good or bad: a node in trouble is not asked harder.
pub(super) struct Shared<T> {
    good_for: Duration,
    last: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Shared<T> {
    pub(super) fn new(good_for: Duration) -> Self {
        Self {
            good_for,
            last: Mutex::new(None),
        }
    }

    /// The last answer if it is good enough, else what `ask` finds out.
    pub(super) async fn get(&self, ask: impl Future<Output = T>) -> T {
        let came = Instant::now();
        // Held until there is an answer; if whoever holds it is dropped, the next one asks.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last
            && (*at >= came || at.elapsed() < self.good_for)
        {
            return answer.clone();
        }
        let answer = ask.await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const GOOD_FOR: Duration = Duration::from_millis(400);

    /// A question that takes a second and counts how often it was asked.
    async fn slow(asked: &AtomicU32) -> u32 {
        let nth = asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
        nth
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_good_for_its_time_and_no_longer() {
        let (shared, asked) = (Shared::new(GOOD_FOR), AtomicU32::new(0));
        assert_eq!(shared.get(slow(&asked)).await, 0);
        tokio::time::advance(GOOD_FOR - Duration::from_millis(1)).await;
        assert_eq!(shared.get(slow(&asked)).await, 0);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(shared.get(slow(&asked)).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_at_once_share_one_question() {
        let (shared, asked) = (Shared::new(Duration::ZERO), AtomicU32::new(0));
        let crowd = (0..100).map(|_| shared.get(slow(&asked)));
        let answers = futures_util::future::join_all(crowd).await;
        assert_eq!(answers, [0; 100]);
        // Nothing is good afterwards, so whoever comes later asks anew.
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(shared.get(slow(&asked)).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_one_asks_if_whoever_asked_has_gone() {
        let (shared, asked) = (Shared::new(GOOD_FOR), AtomicU32::new(0));
        let gone = tokio::time::timeout(Duration::from_millis(10), shared.get(slow(&asked)));
        let (gone, stayed) = futures_util::future::join(gone, shared.get(slow(&asked))).await;
        assert!(gone.is_err());
        assert_eq!(stayed, 1);
    }
}
