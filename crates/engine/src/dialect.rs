//! How a protocol family is read.

use rules::command::Submission;
use rules::query::Question;
use serde_json::Value;
use wire::activities::{Members, ShapeError};

/// A family's translator from its JSON to what is meant: path, body, strictness.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Reads the body of a command.
    pub submission: fn(&str, &Value, Members) -> Result<Submission, Malformed>,
    /// Reads the body of a query.
    pub question: fn(&str, &Value, Members) -> Result<Question, Malformed>,
    /// The path a stored body was posted to, from the name it was submitted under.
    pub path_of: fn(&str) -> String,
}

/// Believed, but unreadable. The text names the member and the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// Whose fault.
    pub kind: MalformedKind,
    /// What is wrong, and where.
    pub message: String,
}

/// Whose fault a body is that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedKind {
    /// The sender's.
    Invalid,
    /// Nobody's: the protocol has it and this server does not serve it.
    Unsupported,
}

impl Malformed {
    /// The sender's fault.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            kind: MalformedKind::Invalid,
            message: message.into(),
        }
    }

    /// In the protocol, not in this server.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self {
            kind: MalformedKind::Unsupported,
            message: message.into(),
        }
    }

    /// A body that lacks its shape.
    pub fn shape(error: ShapeError) -> Self {
        Self::new(error.to_string())
    }
}
