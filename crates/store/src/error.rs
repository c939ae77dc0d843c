//! Why something could not be remembered or recalled.

use crate::backend::Fault;

/// The store cannot do what was asked. Nothing was written, except where noted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or a commit failed in a way that leaves its fate unknown.
    /// After a failed commit on SQLite no write succeeds until the process starts anew, since
    /// what the disk holds is then anybody's guess (threat T115).
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The disk is full. Writes resume by themselves once there is space.
    #[error("the disk is full")]
    DiskFull,
    /// Another process has the data directory open (threat T116).
    #[error("the data directory {0} is in use by another process")]
    InUse(String),
    /// The database was written by a newer release (threat T117).
    #[error(
        "the database has schema {found}; this release knows up to {known}: run a newer release"
    )]
    NewerSchema {
        /// The newest migration the database has.
        found: u64,
        /// The newest migration this release has.
        known: u64,
    },
    /// A migration in the database is not the one of that number in this release.
    #[error("migration {0} in the database differs from this release's")]
    ForeignSchema(u64),
    /// Something stored is not what this release writes, or no longer hashes to its leaf.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// A batch would have written outside the tenant its signer was believed for. A bug upstream.
    #[error("a batch reaches outside its scope")]
    OutsideScope,
    /// The data directory cannot be read or made.
    #[error("the data directory {path} cannot be opened")]
    Directory {
        /// Which one.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The database refused for a reason that has no name here.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Whether what was to be written may be there all the same: the commit got no answer.
    pub fn leaves_in_doubt(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Why a batch was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// What was read no longer holds: read again, decide again.
    #[error("what was read has changed since")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DiskFull => Self::DiskFull,
            Fault::Lost(cause) => Self::Unavailable(cause.to_string()),
            Fault::Contended(cause) | Fault::Unique(cause) | Fault::Other(cause) => {
                Self::Database(cause)
            }
        }
    }
}
