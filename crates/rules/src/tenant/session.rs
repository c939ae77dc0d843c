//! Passkey sessions: an account that a passkey owns, and a key that may act for it for a while.
//!
//! The account's address follows from the passkey alone, on every chain and on none. A session is
//! opened with a challenge that covers the session key and its end, bound by the passkey's answer,
//! and over when its time is, or when another takes its place.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use super::member::PasskeyChange;
use super::scope::{SessionScope, Used};

/// The longest a session key may act, in seconds: ninety days.
pub const MAX_LIFETIME_SECONDS: u64 = 7_776_000;

/// How long a challenge may be answered, in milliseconds.
pub const CHALLENGE_LIFE_MS: u64 = 60_000;

/// What a session was opened as. Kept with its challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTerms {
    /// What the passkey is to do.
    pub action: SessionAction,
    /// Where the session is to act.
    pub environment: Environment,
    /// The session key, if one is to be bound.
    pub key: Option<SessionKey>,
    /// What the challenge is made of beside the key: the anchor that makes it fresh.
    pub anchor: Anchor,
    /// The RP ID: the host of the page.
    pub rp_id: String,
    /// The page's origin.
    pub origin: String,
    /// Where the page leads back to.
    pub redirect_url: Option<String>,
    /// What the page calls the app.
    pub app_name: Option<String>,
    /// The WebAuthn user handle of a passkey to be made.
    pub user_handle: String,
    /// The account it is about, which any of its passkeys may answer for; `None` if whoever answers
    /// answers for their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Address>,
    /// What is to become of that account's passkeys; nothing, if a key is to be bound to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<PasskeyChange>,
}

/// What the passkey is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionAction {
    /// Make an account for a new passkey.
    Create,
    /// Bind a session key to an account there is.
    Auth,
    /// Say which account is its own.
    Find,
}

impl SessionAction {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Auth => "auth",
            Self::Find => "find",
        }
    }
}

/// A key that may act for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKey {
    /// Its public half: an Ed25519 key.
    pub key: Address,
    /// For how long, in seconds from when the session was opened.
    pub lifetime_seconds: u64,
    /// The first second, since 1970, at which it acts no more.
    pub expires_at_seconds: u64,
    /// How far it may go.
    #[serde(default, skip_serializing_if = "SessionScope::is_unbounded")]
    pub scope: SessionScope,
    /// What it has used of that.
    #[serde(default)]
    pub used: Used,
    /// Whether it was taken away before its end. A chain does not know.
    #[serde(default)]
    pub is_revoked: bool,
}

impl SessionKey {
    /// Whether it was bound through us. Of one that only the chain has told of nobody here knows
    /// for how long it was asked for, nor how far it may go.
    pub fn is_bound_here(&self) -> bool {
        self.lifetime_seconds > 0
    }

    /// Whether it may still act.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.is_revoked && now.as_seconds() < self.expires_at_seconds
    }
}

/// A session key as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedKey {
    /// Its public half.
    pub key: Address,
    /// Until when: see [`session_key`].
    pub expiration: u64,
    /// How far it may go.
    pub scope: SessionScope,
}

/// A passkey's answer to a session's challenge. Clients need not say which passkey it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAnswer {
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// The signature, in DER.
    pub signature: Vec<u8>,
    /// The public key, as SubjectPublicKeyInfo: told when the passkey is new.
    pub public_key: Option<Vec<u8>>,
    /// The credential id, if it is told.
    pub credential_id: Option<Vec<u8>>,
}

/// What makes a challenge fresh, as chains count: a recent slot and its hash, and who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The slot.
    pub slot: u64,
    /// Its hash; random where there is no chain.
    pub hash: Address,
    /// The key that pays for and signs the transaction; zeros where there is no chain.
    pub payer: Address,
}

impl Anchor {
    /// Whether there is a chain: where there is none, nobody pays.
    pub fn is_on_chain(&self) -> bool {
        self.payer.as_bytes() != &[0; 32]
    }
}

/// An account that a passkey owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyAccount {
    /// Where it is. The same passkey has the same address everywhere, and an account in each.
    pub environment: Environment,
    /// Its address, which follows from the public key.
    pub address: Address,
    /// The passkey's public key: P-256, SEC1 compressed, 33 bytes.
    pub public_key: Vec<u8>,
    /// The passkey's id, if a client has told it.
    pub credential_id: Option<Vec<u8>>,
    /// The RP ID the passkey was made for.
    pub rp_id: String,
    /// The key that may act for it, if one was bound; perhaps no longer live.
    pub session: Option<SessionKey>,
    /// The signature counter when last used.
    pub sign_count: u32,
    /// Raised by one by every change; `None` of an account that the tenant keeps nothing of yet.
    pub revision: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub updated_at: Timestamp,
}

impl PasskeyAccount {
    /// An account that nothing is kept of yet, and that no key may act for.
    pub fn new(
        (environment, address): (Environment, Address),
        public_key: Vec<u8>,
        rp_id: String,
        now: Timestamp,
    ) -> Self {
        Self {
            environment,
            address,
            public_key,
            credential_id: None,
            rp_id,
            session: None,
            sign_count: 0,
            revision: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// When a session key ends, from the number a client gave: a duration in seconds if it is small,
/// else a moment in seconds since 1970. `None` if it is over already, or too far away.
pub fn session_key(asked: &AskedKey, now: Timestamp) -> Option<SessionKey> {
    const SMALL: u64 = 1_000_000_000;
    let now = now.as_seconds();
    let lifetime_seconds = match asked.expiration {
        0..SMALL => asked.expiration,
        moment => moment.checked_sub(now)?,
    };
    (1..=MAX_LIFETIME_SECONDS)
        .contains(&lifetime_seconds)
        .then_some(SessionKey {
            key: asked.key,
            lifetime_seconds,
            expires_at_seconds: now + lifetime_seconds,
            scope: asked.scope.clone(),
            used: Used::default(),
            is_revoked: false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_999);

    fn asked(expiration: u64) -> AskedKey {
        AskedKey {
            key: Address::from_bytes([1; 32]),
            expiration,
            scope: SessionScope::default(),
        }
    }

    fn key(expiration: u64) -> Option<(u64, u64)> {
        let key = session_key(&asked(expiration), NOW)?;
        Some((key.lifetime_seconds, key.expires_at_seconds))
    }

    #[test]
    fn a_small_number_is_a_duration_and_a_large_one_a_moment() {
        assert_eq!(key(900), Some((900, 1_790_000_900)));
        assert_eq!(key(1_790_000_900), Some((900, 1_790_000_900)));
        assert_eq!(key(7_776_000), Some((7_776_000, 1_797_776_000)));
        assert_eq!(key(1_797_776_000), Some((7_776_000, 1_797_776_000)));
    }

    #[test]
    fn what_is_over_or_too_far_away_is_no_session() {
        for expiration in [
            0,
            7_776_001,
            999_999_999,
            1_790_000_000,
            1_797_776_001,
            u64::MAX,
        ] {
            assert_eq!(key(expiration), None, "{expiration}");
        }
    }

    #[test]
    fn t47_a_key_acts_until_its_last_second_is_over() {
        let key = session_key(&asked(900), NOW).unwrap();
        assert!(key.is_live(Timestamp::from_millis(1_790_000_899_999)));
        assert!(!key.is_live(Timestamp::from_millis(1_790_000_900_000)));
    }
}
