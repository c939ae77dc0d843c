//! The one path.
//!
//! Loads facts, asks `verify` and `rules`, uses `vault`, writes through `store`. Everything that
//! happens happens in [`Engine::submit`], [`Engine::ask`] or [`Engine::found_organisation`], and
//! for the Passkey API in [`tenants`]; the server only collects bytes and renders what comes out.

pub mod chain;
pub mod clock;
pub mod dialect;
pub mod entropy;
pub mod error;
mod execute;
mod first_step;
mod fresh;
mod query;
mod receipt;
mod session_stamp;
mod sign_with;
mod signer;
mod submit;
pub mod tenants;
mod turnstile;

use std::collections::BTreeMap;
use std::sync::Arc;

use store::Store;
use vault::{LogKey, Vault};
use verify::stamp::KeyCache;
use wire::Timestamp;
use wire::environment::Environment;

pub use clock::Clock;
pub use dialect::{Dialect, Malformed, MalformedKind};
pub use error::{Error, UnknownKey};
pub use first_step::{FirstCredential, FirstStep, Founded};
pub use query::{Answer, Answered, Beside};
pub use submit::View;

use tenants::{Authenticators, Network};
use turnstile::Turnstiles;

/// How many parsed public keys stay at hand.
const CACHED_KEYS: usize = 10_000;

/// The rooms below, connected. Shared by every connection.
pub struct Engine {
    store: Store,
    vault: Vault,
    log_key: LogKey,
    keys: KeyCache,
    clock: Arc<Clock>,
    settings: Settings,
    turnstiles: Turnstiles,
    authenticators: Authenticators,
    networks: BTreeMap<Environment, Network>,
}

/// What the operator decides for all organisations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name by which bodies can say they mean this server.
    pub audience: String,
    /// Commands stamped before this are refused. Set to the present when a backup is restored:
    /// what was stamped after the backup may have been executed, and nobody here remembers
    /// (threat T11).
    pub not_before: Timestamp,
}

impl Engine {
    /// Connects the rooms.
    pub fn new(
        store: Store,
        vault: Vault,
        log_key: LogKey,
        clock: Arc<Clock>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            vault,
            log_key,
            keys: KeyCache::new(CACHED_KEYS),
            clock,
            settings,
            turnstiles: Turnstiles::default(),
            authenticators: Authenticators::default(),
            networks: BTreeMap::new(),
        }
    }

    /// The same, with what this server knows of authenticators.
    pub fn with_authenticators(mut self, authenticators: Authenticators) -> Self {
        self.authenticators = authenticators;
        self
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
