//! The entries of the log, from which its leaves are spelled.
//!
//! A leaf's text is not stored: it is always made from the rows it speaks of, so that a changed
//! row shows as a leaf that no longer hashes to what the tree has.

use aws_lc_rs::rand;
use rules::{Activity, Vote};
use serde::Serialize;
use verify::receipt::{commitment, leaf_hash};
use wire::Timestamp;
use wire::id::{ActivityId, OrganisationId};
use wire::log::leaf::Subject;
use wire::log::{Leaf, TreeHash};

use crate::Error;
use crate::activity::{self, Standing};
use crate::backend::{Connection, Fault, Fields, values};
use crate::sql::statements;

/// The columns an entry is read from, and its activity's.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT e.leaf, e.organisation, e.activity, a.kind, e.status, a.fingerprint,
                    e.decided_at, e.commitment, a.created_at, e.outcome, e.salt, e.leaf_hash
             FROM log_entries e
             LEFT JOIN activities a ON a.organisation = e.organisation AND a.id = e.activity ",
            $rest
        )
    };
}

statements! {
    INSERT_ENTRY =
        "INSERT INTO log_entries
            (leaf, organisation, activity, status, outcome, decided_at, salt, commitment, leaf_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    SELECT_LATEST =
        entries!("WHERE e.organisation = $1 AND e.activity = $2 ORDER BY e.leaf DESC LIMIT 1");
    SELECT_RANGE = entries!("WHERE e.leaf >= $1 AND e.leaf < $2 ORDER BY e.leaf");
    COUNT_ENTRIES = "SELECT COUNT(*) FROM log_entries";
}

/// A leaf of an activity and what it commits to.
pub(crate) struct Entry {
    pub(crate) leaf: Leaf,
    pub(crate) organisation: OrganisationId,
    pub(crate) activity: ActivityId,
    created_at: Timestamp,
    outcome: Option<String>,
    salt: [u8; 32],
}

impl Entry {
    /// The entry of an activity as it stands. The votes from the place `since` on came with this
    /// outcome.
    pub(crate) fn new(activity: &Activity, since: usize) -> Result<Self, Error> {
        let mut salt = [0; 32];
        rand::fill(&mut salt)
            .map_err(|_| Error::Unavailable("the system has no randomness".to_owned()))?;
        let Standing { status, outcome } = Standing::of(&activity.status)?;
        let unspeakable = |_| Error::Damaged(format!("{:?} has no leaf", activity.kind));
        let leaf = Leaf {
            subject: Subject::Activity {
                organisation: activity.organisation,
                activity: activity.id,
            },
            record_type: activity.kind.parse().map_err(unspeakable)?,
            status: status.parse().map_err(unspeakable)?,
            fingerprint: activity.fingerprint,
            time: activity.updated_at,
            commitment: [0; 32],
        };
        let mut entry = Self {
            leaf,
            organisation: activity.organisation,
            activity: activity.id,
            created_at: activity.created_at,
            outcome,
            salt,
        };
        let votes = (0..).zip(&activity.votes).skip(since);
        entry.leaf.commitment = entry.commitment(votes)?;
        Ok(entry)
    }

    /// The leaf's hash in the tree.
    pub(crate) fn hash(&self) -> TreeHash {
        leaf_hash(self.leaf.to_string().as_bytes())
    }

    /// Whether the leaf commits to this entry's outcome with these votes in their places.
    pub(crate) fn commits_to(&self, votes: &[(u64, Vote)]) -> Result<bool, Error> {
        let votes = votes.iter().map(|(place, vote)| (*place, vote));
        Ok(self.commitment(votes)? == self.leaf.commitment)
    }

    fn commitment<'a>(
        &self,
        votes: impl Iterator<Item = (u64, &'a Vote)>,
    ) -> Result<[u8; 32], Error> {
        let record = record(self.created_at, self.outcome.as_deref(), votes)?;
        Ok(commitment(&self.salt, record.as_bytes()))
    }

    /// What goes with the status: JSON of what was done, or of the refusal.
    pub(crate) fn outcome(&self) -> Option<&str> {
        self.outcome.as_deref()
    }
}

/// An entry as stored, with the hash the tree has for it.
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    pub(crate) hash: TreeHash,
}

/// Writes an entry at its index.
pub(crate) fn insert(connection: &mut Connection, index: u64, entry: &Entry) -> Result<(), Fault> {
    let Entry {
        leaf,
        organisation,
        activity,
        outcome,
        salt,
        created_at: _,
    } = entry;
    connection.execute(
        &INSERT_ENTRY,
        values![
            index,
            *organisation,
            *activity,
            leaf.status.as_str(),
            outcome.as_ref(),
            leaf.time,
            salt,
            &leaf.commitment,
            entry.hash(),
        ],
    )?;
    Ok(())
}

/// The latest entry of an activity and its index.
pub(crate) fn latest(
    connection: &mut Connection,
    organisation: OrganisationId,
    activity: ActivityId,
) -> Result<Option<(u64, Entry)>, Error> {
    let row = connection
        .query(&SELECT_LATEST, values![organisation, activity])?
        .pop();
    row.map(|row| read(&mut row.fields()).map(|(index, stored)| (index, stored.entry)))
        .transpose()
}

/// An entry, or what stands where it should be.
pub(crate) type Found = Result<(u64, Stored), Error>;

/// Entries from one index up to another, each on its own: readable, or damaged.
pub(crate) fn stored(connection: &mut Connection, from: u64, to: u64) -> Result<Vec<Found>, Error> {
    let rows = connection.query(&SELECT_RANGE, values![from, to])?;
    Ok(rows
        .into_iter()
        .map(|row| read(&mut row.fields()))
        .collect())
}

/// How many entries there are.
pub(crate) fn count(connection: &mut Connection) -> Result<u64, Error> {
    connection
        .query(&COUNT_ENTRIES, &[])?
        .pop()
        .map_or(Ok(0), |row| row.only())
}

fn read(row: &mut Fields) -> Result<(u64, Stored), Error> {
    let index = row.next()?;
    let (organisation, activity) = (row.next()?, row.next()?);
    let leaf = Leaf {
        subject: Subject::Activity {
            organisation,
            activity,
        },
        record_type: row.parse()?,
        status: row.parse()?,
        fingerprint: row.next()?,
        time: row.next()?,
        commitment: row.next()?,
    };
    let entry = Entry {
        leaf,
        organisation,
        activity,
        created_at: row.next()?,
        outcome: row.next()?,
        salt: row.next()?,
    };
    Ok((
        index,
        Stored {
            entry,
            hash: row.next()?,
        },
    ))
}

/// What the commitment covers beside what the leaf itself says: when the activity was
/// submitted, what goes with the status, and the votes recorded with it. The request's body is
/// covered by the fingerprint.
fn record<'a>(
    created_at: Timestamp,
    outcome: Option<&str>,
    votes: impl Iterator<Item = (u64, &'a Vote)>,
) -> Result<String, Error> {
    let votes = votes.map(|(place, vote)| VoteRecord {
        place,
        id: vote.id.to_string(),
        user: vote.user.to_string(),
        selection: activity::selection(vote.selection),
        message: wire::encoding::hex::encode(&vote.message),
        public_key: &vote.public_key,
        signature: &vote.signature,
        scheme: &vote.scheme,
        time_ms: vote.created_at.as_millis(),
    });
    let created_ms = created_at.as_millis();
    let record = Record {
        v: 1,
        created_ms,
        outcome,
        votes: votes.collect(),
    };
    serde_json::to_string(&record).map_err(|error| Error::Damaged(error.to_string()))
}

/// The fields in the order in which they are committed to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    v: u8,
    created_ms: u64,
    outcome: Option<&'a str>,
    votes: Vec<VoteRecord<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VoteRecord<'a> {
    place: u64,
    id: String,
    user: String,
    selection: &'static str,
    message: String,
    public_key: &'a str,
    signature: &'a str,
    scheme: &'a str,
    time_ms: u64,
}
