//! Failures on demand, for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use super::Fault;

/// Which statement or commit is to fail. Shared with the connection it was taken from.
#[derive(Clone, Default)]
pub(crate) struct FaultPlan(Arc<Plan>);

struct Plan {
    /// Counts down with each statement; the one that finds zero fails.
    statements: AtomicI64,
    /// The same for commits.
    commits: AtomicI64,
    /// How many commits from now the database asks to try again.
    contended: AtomicI64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            statements: AtomicI64::new(NEVER),
            commits: AtomicI64::new(NEVER),
            contended: AtomicI64::new(0),
        }
    }
}

impl FaultPlan {
    /// Lets `statements` statements pass and fails the next.
    pub(crate) fn fail_after(&self, statements: i64) {
        self.0.statements.store(statements, SeqCst);
    }

    /// Fails the next commit as a disk does that cannot sync.
    pub(crate) fn fail_commit(&self) {
        self.0.commits.store(0, SeqCst);
    }

    /// Refuses the next commits as a database does that wants the transaction tried again.
    pub(crate) fn contend(&self, commits: i64) {
        self.0.contended.store(commits, SeqCst);
    }

    /// Whether the planned statement has failed.
    pub(crate) fn struck(&self) -> bool {
        self.0.statements.load(SeqCst) < 0
    }

    /// Ends the plan.
    pub(crate) fn clear(&self) {
        self.0.statements.store(NEVER, SeqCst);
    }

    pub(super) fn strike(&self) -> Result<(), Fault> {
        match self.0.statements.fetch_sub(1, SeqCst) {
            0 => Err(Fault::Other("planned failure".into())),
            _ => Ok(()),
        }
    }

    pub(super) fn strike_commit(&self) -> Result<(), Fault> {
        if self.0.contended.fetch_sub(1, SeqCst) > 0 {
            return Err(Fault::Contended("planned contention".into()));
        }
        match self.0.commits.fetch_sub(1, SeqCst) {
            0 => Err(Fault::Lost("planned sync failure".into())),
            _ => Ok(()),
        }
    }
}

const NEVER: i64 = i64::MAX;
