//! Who may do what without the root quorum.

use crate::catalogue::Entry;
use crate::organisation::Organisation;
use crate::user::User;

/// What the policies of an organisation say to one command by one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some policy allows it.
    Allow(Permit),
    /// None does.
    Silent,
}

/// The rule that carried a decision; logs and receipts can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Enough members of the root quorum agree; policies are not asked.
    RootQuorum,
    /// Users manage their own credentials unless a policy denies it.
    OwnCredentials,
}

/// Asks the policies. An organisation has none of its own beyond the root quorum, so what
/// remains are the permissions every user has.
pub fn evaluate(_organisation: &Organisation, user: &User, entry: &Entry, on: Target) -> Verdict {
    match on {
        Target::CredentialsOf(owner) if owner == user.id && !entry.quorum_only => {
            Verdict::Allow(Permit::OwnCredentials)
        }
        Target::CredentialsOf(_) | Target::Organisation => Verdict::Silent,
    }
}

/// What a command acts on, as far as implicit permissions care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The credentials of this user.
    CredentialsOf(wire::id::UserId),
    /// Anything else.
    Organisation,
}
