//! Tenants of the Passkey API.
//!
//! An app's backend keeps its users; a tenant keeps their passkeys. The wall is the tenant: its
//! users, credentials, ceremonies, transactions and events carry its id in every row. The tenant
//! itself, with its configuration and keys, is small and has a revision; what grows without bound
//! is rows of their own, each with its own.

pub mod address;
pub mod ceremony;
pub mod change;
pub mod command;
pub mod config;
pub mod decide;
pub mod event;
pub mod facts;
pub mod member;
pub mod prepare;
pub mod refusal;
pub mod scope;
pub mod sending;
pub mod session;
pub mod signing;
pub mod stamp;
pub mod transaction;
pub mod user;
pub mod wanted;

use verify::tenant::Proof;
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TokenKeyId};
use wire::token::{PublicJwk, TokenAlgorithm};
use wire::{Sealed, Timestamp};

pub use ceremony::{ActTerms, Begun, Ceremony, ExpectedUser};
pub use change::TenantChange;
pub use command::{Command, Least, Paying, Which};
pub use config::Config;
pub use decide::{Allowed, Authorised, decide};
pub use event::{Event, EventKind, Source};
pub use facts::Found;
pub use member::{Member, PasskeyChange, Role};
pub use prepare::{FeePayer, PrepareRefusal, Wrapped, Wrapping};
pub use refusal::Refusal;
pub use scope::{ActivityScope, SessionScope, Used};
pub use sending::{Payer, Sending, SendingOutcome, SendingPurpose};
pub use session::{
    Anchor, AskedKey, PasskeyAccount, SessionAction, SessionAnswer, SessionKey, SessionTerms,
};
pub use signing::{AskedSigning, SigningTerms};
pub use transaction::{Confirmation, Content, Method, Stage, State, Terms, Transaction};
pub use user::{Passkey, Purpose, TenantUser, UserProfile};
pub use wanted::{ScopeRefusal, Wanted};

/// A tenant with everything that is bounded in number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its identifier.
    pub id: TenantId,
    /// What operators call it.
    pub name: String,
    /// How it is set.
    pub config: Config,
    /// Its API keys, oldest first.
    pub secrets: Vec<ApiSecret>,
    /// Its token keys, oldest first. The last one signs; all of them are in the JWKS.
    pub token_keys: Vec<TokenKey>,
    /// Raised by one by every change to anything here.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An API key, of which only the hash is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSecret {
    /// Its identifier.
    pub id: TenantSecretId,
    /// What operators call it; unique in the tenant, token keys included.
    pub name: String,
    /// SHA-256 of the secret, which is 64 random bytes and needs no slow hash.
    pub hash: [u8; 32],
    /// The one environment it opens passkey sessions in, and nothing else; `None` opens all.
    pub environment: Option<Environment>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key that signs tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenKey {
    /// Its identifier, the `kid`.
    pub id: TokenKeyId,
    /// What operators call it.
    pub name: String,
    /// What it signs with.
    pub algorithm: TokenAlgorithm,
    /// The public half.
    pub public: PublicJwk,
    /// The private half.
    pub sealed: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Most API keys of one tenant, and most token keys.
pub const MAX_KEYS: usize = 50;

impl Tenant {
    /// The one environment that a caller is bound to, if the key it showed is for one alone.
    pub fn environment_of(&self, proof: Proof) -> Option<Environment> {
        let Proof::Bearer(id) = proof else {
            return None;
        };
        let secret = self.secrets.iter().find(|secret| secret.id == id);
        secret.and_then(|secret| secret.environment)
    }

    /// The key that signs.
    pub fn signing_key(&self) -> Option<&TokenKey> {
        self.token_keys.last()
    }

    /// Whether a key of either kind is called this.
    pub fn has_key_named(&self, name: &str) -> bool {
        self.secrets.iter().any(|secret| secret.name == name)
            || self.token_keys.iter().any(|key| key.name == name)
    }
}
