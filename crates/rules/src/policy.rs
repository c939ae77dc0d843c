//! Who may do what without the root quorum.

use wire::id::UserId;

use crate::catalogue::Entry;
use crate::user::User;

/// The rule that carried a decision; logs and receipts can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Enough members of the root quorum agree.
    RootQuorum,
    /// Users manage their own credentials.
    OwnCredentials,
}

/// What a command acts on, as far as permissions care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The credentials of this user.
    CredentialsOf(UserId),
    /// Anything else.
    Organisation,
}

/// What lets this user do it alone. An organisation has no policies of its own, so there is
/// nothing but the permission every user has.
pub fn permit(user: &User, entry: &Entry, on: Target) -> Option<Permit> {
    match on {
        Target::CredentialsOf(owner) if owner == user.id && !entry.quorum_only => {
            Some(Permit::OwnCredentials)
        }
        Target::CredentialsOf(_) | Target::Organisation => None,
    }
}
