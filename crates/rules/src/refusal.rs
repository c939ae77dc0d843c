//! Why a rule said no.

use serde::{Deserialize, Serialize};

/// A refusal: a reason with a name, recorded like any other outcome. The text is for the person
/// who sent the command and names the field and the fix; each family maps the reason to its own
/// status and code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of no.
    pub reason: Reason,
    /// What was wrong, with what, and how to put it right.
    pub message: String,
}

/// The kinds of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The signer belongs to another organisation than the one addressed.
    OtherOrganisation,
    /// No quorum and no policy allows it.
    NotAllowed,
    /// A thing the command names is not there, or not visible: the two are told alike.
    NotFound,
    /// A name, key or path is taken.
    AlreadyExists,
    /// A limit is reached.
    LimitExceeded,
    /// The command contradicts itself or the state of the organisation.
    Invalid,
}

impl Refusal {
    /// A refusal for this reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// The command contradicts itself or the state of the organisation.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Reason::Invalid, message)
    }

    /// A thing the command names is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Reason::NotFound, message)
    }

    /// A name, key or path is taken.
    pub fn already_exists(message: impl Into<String>) -> Self {
        Self::new(Reason::AlreadyExists, message)
    }

    /// A limit is reached.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(Reason::LimitExceeded, message)
    }
}
