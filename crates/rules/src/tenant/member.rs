//! Passkeys of an account beside the one that made it.
//!
//! An account's address follows from its own passkey, the primary, which therefore never changes.
//! Others join as backups with the word of a passkey that is there already. Each has an account of
//! its own as well, by whose address it goes.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use super::event::EventKind;

/// The most passkeys an account may have beside its own.
pub const MAX_MEMBERS: usize = 10;

/// A passkey that joined an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where.
    pub environment: Environment,
    /// The account it joined.
    pub account: Address,
    /// The passkey, by the account it made.
    pub passkey: Address,
    /// What it was called when it joined.
    pub role: Role,
    /// When it joined.
    pub added_at: Timestamp,
}

/// What an account's passkey is called. No rule rests on it: all of them may do the same, but that
/// the passkey that made the account stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one that is used.
    Primary,
    /// One to fall back on.
    Backup,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Primary, Self::Backup];

    /// Its name on the wire and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Backup => "backup",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What is to become of an account's passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum PasskeyChange {
    /// One is to join.
    Add {
        /// Which, by the account it made.
        passkey: Address,
        /// As what.
        role: Role,
    },
    /// One is to go.
    Remove {
        /// Which, by the account it made.
        passkey: Address,
        /// Whether the account's session ends with it.
        ends_session: bool,
    },
}

impl PasskeyChange {
    /// The passkey it is about.
    pub fn passkey(&self) -> Address {
        match self {
            Self::Add { passkey, .. } | Self::Remove { passkey, .. } => *passkey,
        }
    }

    /// What its outcome is recorded as.
    pub fn event(&self) -> EventKind {
        match self {
            Self::Add { .. } => EventKind::AccountPasskeyAdded,
            Self::Remove { .. } => EventKind::AccountPasskeyRemoved,
        }
    }
}
