//! What is written, and the proof that it was.

use rules::{Activity, Change};
use wire::id::OrganisationId;

use crate::SessionRead;

/// Everything one command leaves behind. Recorded whole, with a leaf in the log for each activity
/// in it, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The organisation the command addresses, which the changes are to.
    pub organisation: OrganisationId,
    /// The revision at which that organisation was read. It must still be the same; if a change
    /// [touches](Change::touches_organisation) the organisation, recording raises it by one.
    pub revision: u64,
    /// The session whose key stamped the command, if one did, as it was read. It must still be the
    /// same, and so must its tenant.
    pub session: Option<SessionRead>,
    /// The command's own activity, with its votes. If its organisation has one with the same
    /// fingerprint, that one is the answer and nothing is written (threat T10).
    pub activity: Activity,
    /// The held activity a vote was cast on, as it stands now, with that vote as the last. It
    /// must still be held, with the votes before that one.
    pub target: Option<Activity>,
    /// The effects, in order.
    pub changes: Vec<Change>,
}

impl Batch {
    /// Whether recording it raises the organisation's revision.
    pub(crate) fn touches_organisation(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.touches_organisation(self.organisation))
    }
}

/// Something that is in the store, durably, with a leaf in the log. Only the store makes one, so
/// whoever answers with one answers with what was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<T>(T);

impl<T> Recorded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// What was recorded.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What was recorded, by value.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The same record seen otherwise.
    pub fn map<U>(self, see: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded(see(self.0))
    }
}
