//! One at a time, please: order among those who change the same organisation or tenant.

use tokio::sync::{Mutex, MutexGuard};

/// A fixed number of locks, shared by all organisations and tenants.
///
/// Nothing rests on them: what a decision rested on is checked where it is recorded. They only
/// keep commands that have met a conflict from meeting the next one, so that a crowd changing one
/// place gets through one by one instead of racing until somebody gives up.
pub(crate) struct Turnstiles([Mutex<()>; 64]);

impl Default for Turnstiles {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Turnstiles {
    /// Waits for one's turn with the organisation or tenant that has this identifier.
    pub(crate) async fn enter(&self, id: &[u8; 16]) -> MutexGuard<'_, ()> {
        // Identifiers are random, so any byte of one spreads them evenly.
        let lock = usize::from(id[15]) % self.0.len();
        self.0[lock].lock().await
    }
}
