//! Tags.

use wire::Timestamp;
use wire::id::TagId;

/// What a tag may be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagKind {
    /// Users.
    User,
    /// Raw private keys.
    PrivateKey,
}

/// A label. Its members are listed on the tagged things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its identifier.
    pub id: TagId,
    /// Unique among tags of its kind in the organisation.
    pub name: String,
    /// What it may be put on.
    pub kind: TagKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
