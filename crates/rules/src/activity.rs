//! Activities: submitted commands and what became of them.

use wire::Timestamp;
use wire::id::{ActivityId, OrganisationId, UserId, VoteId};

use crate::organisation::Organisation;
use crate::outcome::Done;
use crate::refusal::Refusal;

/// Where an activity stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ActivityStatus {
    /// Waits for more approvals.
    Held,
    /// Executed; its effects are recorded with it.
    Completed(Done),
    /// Refused by a rule; nothing was done.
    Refused(Refusal),
    /// Voted down while it waited.
    Rejected,
}

/// A submitted command, its exact body and its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its identifier.
    pub id: ActivityId,
    /// The organisation it addresses.
    pub organisation: OrganisationId,
    /// The wire name it was submitted under, version included (`ACTIVITY_TYPE_…`).
    pub kind: String,
    /// SHA-256 of the exact body; unique in the organisation.
    pub fingerprint: [u8; 32],
    /// The exact body.
    pub body: Vec<u8>,
    /// Where it stands.
    pub status: ActivityStatus,
    /// Votes in the order they came; the submitter's is the first.
    pub votes: Vec<Vote>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// A stamped opinion on an activity: a portable record that verifies by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// Its identifier.
    pub id: VoteId,
    /// Who voted.
    pub user: UserId,
    /// Which way.
    pub selection: Selection,
    /// The exact body that was stamped.
    pub message: Vec<u8>,
    /// The public key, hex for API keys, base64url of the COSE key for passkeys.
    pub public_key: String,
    /// The signature: hex for API keys, the JSON stamp for passkeys.
    pub signature: String,
    /// The signature scheme's wire name (`SIGNATURE_SCHEME_…`).
    pub scheme: String,
    /// When it was cast.
    pub created_at: Timestamp,
}

/// Approvals lapse after this long and must be given again; the activity itself does not.
pub const APPROVAL_LIFE_SECONDS: u64 = 24 * 60 * 60;

impl Vote {
    /// Whether the vote counts at `now`: it has not lapsed, and the credential it was stamped with
    /// is still its user's. Who removes a stolen key takes back what the thief voted with it.
    pub fn counts(&self, organisation: &Organisation, now: Timestamp) -> bool {
        let voter = organisation.users.get(&self.user);
        now < self.created_at.plus_seconds(APPROVAL_LIFE_SECONDS)
            && voter.is_some_and(|voter| voter.holds(&self.public_key))
    }
}

impl Activity {
    /// Who proposed it: the submitter, whose vote is the first. Only a record of the founding of
    /// an organisation has no votes.
    pub fn proposer(&self) -> Option<UserId> {
        self.votes.first().map(|vote| vote.user)
    }

    /// Users whose approval counts at `now`.
    pub fn approvals(&self, organisation: &Organisation, now: Timestamp) -> Vec<UserId> {
        let approving = self
            .votes
            .iter()
            .filter(|vote| vote.selection == Selection::Approved);
        approving
            .filter(|vote| vote.counts(organisation, now))
            .map(|vote| vote.user)
            .collect()
    }

    /// What makes this activity the answer to a body that is submitted again: the fingerprint,
    /// whoever submits it. A refusal answers only its own submitter: nobody else's body is burnt
    /// by it, and what was refused once does not execute later (threat T10).
    pub fn answers(&self) -> [u8; 32] {
        match self.status {
            ActivityStatus::Refused(_) => refused(&self.fingerprint, self.proposer()),
            ActivityStatus::Held | ActivityStatus::Completed(_) | ActivityStatus::Rejected => {
                self.fingerprint
            }
        }
    }
}

/// What a refusal of this body to this submitter [answers](Activity::answers).
pub fn refused(fingerprint: &[u8; 32], submitter: Option<UserId>) -> [u8; 32] {
    let submitter = submitter.map(|id| *id.as_bytes()).unwrap_or_default();
    let parts = [b"zegel refusal v1\n".as_slice(), fingerprint, &submitter].concat();
    verify::stamp::Body::new(&parts).sha256()
}

impl From<crate::Outcome> for ActivityStatus {
    fn from(outcome: crate::Outcome) -> Self {
        match outcome {
            crate::Outcome::Completed(done) => Self::Completed(done),
            crate::Outcome::Held => Self::Held,
            crate::Outcome::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// For or against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// For.
    Approved,
    /// Against.
    Rejected,
}
