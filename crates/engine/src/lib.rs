//! The one path.
//!
//! Loads facts, asks `verify` and `rules`, uses `vault`, writes through `store`. Everything that
//! happens happens in [`Engine::submit`], [`Engine::ask`] or [`Engine::found_organisation`]; the
//! server only collects bytes and renders what comes out.

pub mod clock;
pub mod dialect;
pub mod entropy;
pub mod error;
mod execute;
mod first_step;
mod fresh;
mod query;
mod receipt;
mod sign_with;
mod signer;
mod submit;

use std::sync::Arc;

use store::Store;
use vault::{LogKey, Vault};
use verify::stamp::KeyCache;

pub use clock::Clock;
pub use dialect::{Dialect, Malformed, MalformedKind};
pub use error::{Error, UnknownKey};
pub use first_step::{FirstCredential, FirstStep, Founded};
pub use query::{Answer, Answered, Beside};
pub use submit::View;

/// How many parsed public keys stay at hand.
const CACHED_KEYS: usize = 10_000;

/// The rooms below, connected. Shared by every connection.
pub struct Engine {
    store: Store,
    vault: Vault,
    log_key: LogKey,
    keys: KeyCache,
    clock: Arc<Clock>,
    audience: String,
}

impl Engine {
    /// Connects the rooms. `audience` is the name by which bodies can say they mean this server.
    pub fn new(
        store: Store,
        vault: Vault,
        log_key: LogKey,
        clock: Arc<Clock>,
        audience: String,
    ) -> Self {
        Self { store, vault, log_key, keys: KeyCache::new(CACHED_KEYS), clock, audience }
    }

    /// The store, for health checks and the log's public pages.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The clock everything is judged by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
