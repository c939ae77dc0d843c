//! How a command ended, and problems that have a name.

use std::fmt;
use std::process::ExitCode;

use serde_json::Value;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// It was accepted and awaits the approval of others.
    Pending,
    /// It was understood and refused.
    Refused,
}

impl Outcome {
    /// How an activity stands, by what the server answered about it. Answers without an activity
    /// are answers to questions, and done.
    pub fn of_answer(answer: &Value) -> Self {
        match answer["activity"]["status"].as_str() {
            Some("ACTIVITY_STATUS_CONSENSUS_NEEDED" | "ACTIVITY_STATUS_PENDING") => Self::Pending,
            Some("ACTIVITY_STATUS_FAILED" | "ACTIVITY_STATUS_REJECTED") => Self::Refused,
            _ => Self::Done,
        }
    }

    /// The outcome that an error is.
    pub fn of_error(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<Problem>() {
            Some(Problem {
                is_refusal: true, ..
            }) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Pending => 2,
            Outcome::Refused => 3,
        })
    }
}

/// A problem with a stable name and, if there is one, a way out.
#[derive(Debug)]
pub struct Problem {
    /// Stable; scripts match on it.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub next: Option<String>,
    is_refusal: bool,
}

impl Problem {
    /// A problem without a way out.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            next: None,
            is_refusal: false,
        }
    }

    /// The way out.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Marks what somebody understood and refused.
    #[must_use]
    pub fn refusal(mut self) -> Self {
        self.is_refusal = true;
        self
    }
}

/// Gives a name to what a server or a directory can commonly not do.
pub fn named(error: anyhow::Error) -> anyhow::Error {
    if error
        .downcast_ref::<server::serve::AdminUnbound>()
        .is_some()
    {
        return Problem::new("ADMIN_PORT_IN_USE", format!("{error:#}"))
            .next("set [admin] listen or --admin-listen to another address, or to off")
            .into();
    }
    match error.downcast_ref::<store::Error>() {
        Some(store::Error::InUse(_)) => Problem::new("DATA_DIR_IN_USE", format!("{error:#}"))
            .next("stop the other server, or name another --data-dir")
            .into(),
        _ => error,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
