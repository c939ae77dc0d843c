//! Which statements ran, for tests.

use std::sync::{Arc, Mutex};

use crate::sql::Statement;

/// The names of the statements that ran on a connection since they were last asked for. Shared
/// with the connection it was taken from.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<Vec<&'static str>>>);

impl Tally {
    pub(super) fn note(&self, statement: &Statement) {
        self.0.lock().unwrap().push(statement.name);
    }

    /// What ran since it was last asked.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
