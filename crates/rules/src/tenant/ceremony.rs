//! What was begun and waits for an authenticator's answer.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::TenantUserId;
use wire::solana::Address;

use super::config::Preference;
use super::session::SessionTerms;
use super::signing::SigningTerms;
use super::user::{Purpose, UserProfile};
use super::wanted::Wanted;

/// Something under way that waits for an answer, found by its challenge. Finished once, as what it
/// was begun as, or never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// What is signed. Random bytes, or bytes that follow from what was begun.
    pub challenge: Vec<u8>,
    /// What was begun.
    pub begun: Begun,
    /// What was asked for; judged by the same word (threat T36).
    pub user_verification: Preference,
    /// The first instant at which it is too late.
    pub expires_at: Timestamp,
}

/// What was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "begun", rename_all = "snake_case")]
pub enum Begun {
    /// A credential is to be registered.
    Registration {
        /// For what.
        purpose: Purpose,
        /// For whom, as the tenant calls them.
        user_id: String,
        /// Who that was when it was begun, if there was such a user.
        #[serde(default)]
        user: Option<TenantUserId>,
        /// The profile to be stored when it succeeds.
        profile: UserProfile,
        /// Whether it was asked for with conditional mediation, where nobody needs to be present.
        conditional: bool,
    },
    /// Somebody logs in.
    Login {
        /// As a second factor.
        mfa: bool,
        /// Who, if that was said beforehand.
        user: Option<ExpectedUser>,
    },
    /// A passkey session is opened.
    Session(Box<SessionTerms>),
    /// A passkey is to sign a document.
    Signing(Box<SigningTerms>),
    /// A session key's transaction waits for signatures. Its challenge is SHA-256 of the message.
    Act(Box<ActTerms>),
}

/// What a session key's transaction was prepared as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActTerms {
    /// Where it is to be carried out.
    pub environment: Environment,
    /// The account that acts.
    pub account: Address,
    /// The session key it was prepared for.
    pub session_key: Address,
    /// The server's key, if that pays.
    pub sponsor: Option<Address>,
    /// What it wants of the session key's scope.
    pub wanted: Wanted,
    /// The last block height at which the chain takes it.
    pub last_valid_height: u64,
}

/// A user named before the ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedUser {
    /// Our identifier.
    pub id: TenantUserId,
    /// The tenant's.
    pub user_id: String,
}

impl Ceremony {
    /// Whether it is too late.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
