//! Requests under a key of their caller's: how long one is remembered.

use store::{Attempt, Idempotent, Turn};
use wire::id::TenantId;

use super::{after, before};
use crate::Engine;
use crate::error::Error;

/// How long a key stands for one request, in milliseconds: a day.
const REMEMBERED_MS: u64 = 24 * 60 * 60 * 1000;

/// How long a request may be under way before it counts as given up, in milliseconds. Longer than
/// any takes, unless the server that had it died.
const UNDER_WAY_MS: u64 = 60_000;

impl Engine {
    /// Begins a request under a key of one tenant, or tells what there is under it. `binding` is a
    /// hash of what the answer depends on.
    pub async fn begin_idempotent(
        &self,
        tenant: TenantId,
        key: &str,
        binding: [u8; 32],
    ) -> Result<Idempotent, Error> {
        let now = self.clock.now();
        let attempt = Attempt {
            tenant,
            key: key.to_owned(),
            binding,
            at: now,
            expires_at: after(now, REMEMBERED_MS),
            given_up_by: before(now, UNDER_WAY_MS),
        };
        Ok(self.store.begin_idempotent(attempt).await?)
    }

    /// Keeps what a request was answered.
    pub async fn finish_idempotent(
        &self,
        turn: Turn,
        status: u16,
        body: &[u8],
    ) -> Result<(), Error> {
        Ok(self.store.finish_idempotent(turn, status, body).await?)
    }

    /// Frees the key of a request that may be tried again.
    pub async fn release_idempotent(&self, turn: Turn) -> Result<(), Error> {
        Ok(self.store.release_idempotent(turn).await?)
    }
}
