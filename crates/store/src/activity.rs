//! Activities and the votes on them.

use rules::activity::refused;
use rules::query::{Page, StatusFilter};
use rules::{Activity, ActivityStatus, Selection, Vote};
use wire::id::{ActivityId, OrganisationId, UserId};

use crate::backend::{Connection, Fields, Value, values};
use crate::sql::statements;
use crate::{Error, Recorded, Store};

statements! {
    SELECT_ACTIVITY =
        "SELECT organisation, id, kind, fingerprint, body, status, outcome, created_at, updated_at
         FROM activities WHERE organisation = $1 AND id = $2";
    SELECT_BY_FINGERPRINT =
        "SELECT organisation, id, kind, fingerprint, body, status, outcome, created_at, updated_at
         FROM activities WHERE organisation = $1 AND dedupe = $2";
    SELECT_ANSWERING =
        "SELECT organisation, id, kind, fingerprint, body, status, outcome, created_at, updated_at
         FROM activities WHERE organisation = $1 AND dedupe IN ($2, $3) ORDER BY id DESC";
    SELECT_VOTES =
        "SELECT v.id, v.user_id, v.selection, COALESCE(v.message, a.body), v.public_key,
                v.signature, v.scheme, v.created_at
         FROM votes v JOIN activities a ON a.organisation = v.organisation AND a.id = v.activity
         WHERE v.organisation = $1 AND v.activity = $2 ORDER BY v.position";
    SELECT_VOTES_OF_LEAF =
        "SELECT v.id, v.user_id, v.selection, COALESCE(v.message, a.body), v.public_key,
                v.signature, v.scheme, v.created_at, v.position
         FROM votes v JOIN activities a ON a.organisation = v.organisation AND a.id = v.activity
         WHERE v.organisation = $1 AND v.activity = $2 AND v.leaf = $3 ORDER BY v.position";
    LIST_NEWEST =
        "SELECT id, kind FROM activities
         WHERE organisation = $1 AND id > $2 AND id < $3 AND status IN ($4, $5, $6, $7)
         ORDER BY id DESC LIMIT $8";
    LIST_OLDEST =
        "SELECT id, kind FROM activities
         WHERE organisation = $1 AND id > $2 AND id < $3 AND status IN ($4, $5, $6, $7)
         ORDER BY id ASC LIMIT $8";
}

impl Store {
    /// The activity of an organisation with this id.
    pub async fn activity(
        &self,
        organisation: OrganisationId,
        id: ActivityId,
    ) -> Result<Option<Recorded<Activity>>, Error> {
        let found = self.read(move |connection| {
            let rows = connection.query(&SELECT_ACTIVITY, values![organisation, id])?;
            load(connection, rows.into_iter().next())
        });
        Ok(found.await?.map(Recorded::new))
    }

    /// The activity of an organisation with this body (SHA-256 of it).
    pub async fn activity_by_fingerprint(
        &self,
        organisation: OrganisationId,
        fingerprint: &[u8; 32],
    ) -> Result<Option<Recorded<Activity>>, Error> {
        let fingerprint = *fingerprint;
        let found =
            self.read(move |connection| by_fingerprint(connection, organisation, &fingerprint));
        Ok(found.await?.map(Recorded::new))
    }

    /// The activity that answers a body which is submitted again: the one with its fingerprint, or
    /// the refusal of it to the same submitter.
    pub async fn answer_to(
        &self,
        organisation: OrganisationId,
        fingerprint: &[u8; 32],
        submitter: UserId,
    ) -> Result<Option<Recorded<Activity>>, Error> {
        let fingerprint = *fingerprint;
        let found = self.read(move |connection| {
            answering(connection, organisation, &fingerprint, Some(submitter))
        });
        Ok(found.await?.map(Recorded::new))
    }

    /// Activities of an organisation, newest first: of these statuses (`None`: any) and these
    /// kinds (none named: any).
    pub async fn activities(
        &self,
        organisation: OrganisationId,
        statuses: Option<&[StatusFilter]>,
        kinds: &[String],
        page: &Page<ActivityId>,
    ) -> Result<Vec<Recorded<Activity>>, Error> {
        let (statuses, kinds, page) = (wanted(statuses), kinds.to_vec(), *page);
        let found = self.read(move |connection| {
            let Some(statuses) = statuses else {
                return Ok(Vec::new());
            };
            let ids = list(connection, organisation, statuses, &kinds, &page)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let rows = connection.query(&SELECT_ACTIVITY, values![organisation, id])?;
                found.extend(load(connection, rows.into_iter().next())?);
            }
            Ok(found)
        });
        Ok(found.await?.into_iter().map(Recorded::new).collect())
    }
}

/// The activity that answers a body, read on any connection: whoever's it is, or the refusal of it
/// to this submitter.
pub(crate) fn answering(
    connection: &mut Connection,
    organisation: OrganisationId,
    fingerprint: &[u8; 32],
    submitter: Option<UserId>,
) -> Result<Option<Activity>, Error> {
    let refusal = refused(fingerprint, submitter);
    let key = values![organisation, fingerprint, &refusal];
    let rows = connection.query(&SELECT_ANSWERING, key)?;
    load(connection, rows.into_iter().next())
}

/// The activity with a fingerprint, read on any connection.
pub(crate) fn by_fingerprint(
    connection: &mut Connection,
    organisation: OrganisationId,
    fingerprint: &[u8; 32],
) -> Result<Option<Activity>, Error> {
    let rows = connection.query(&SELECT_BY_FINGERPRINT, values![organisation, fingerprint])?;
    load(connection, rows.into_iter().next())
}

/// The votes that were recorded with one leaf, each with its place among the activity's.
pub(crate) fn votes_of_leaf(
    connection: &mut Connection,
    organisation: OrganisationId,
    id: ActivityId,
    leaf: u64,
) -> Result<Vec<(u64, Vote)>, Error> {
    let rows = connection.query(&SELECT_VOTES_OF_LEAF, values![organisation, id, leaf])?;
    let placed = rows.into_iter().map(|row| {
        let mut row = row.fields();
        let vote = vote(&mut row)?;
        Ok((row.next()?, vote))
    });
    placed.collect()
}

fn load(
    connection: &mut Connection,
    row: Option<crate::backend::Row>,
) -> Result<Option<Activity>, Error> {
    let Some(row) = row else { return Ok(None) };
    let mut row = row.fields();
    let (organisation, id) = (row.next()?, row.next()?);
    let votes = connection.query(&SELECT_VOTES, values![organisation, id])?;
    let votes = votes.into_iter().map(|row| vote(&mut row.fields()));
    Ok(Some(Activity {
        id,
        organisation,
        kind: row.next()?,
        fingerprint: row.next()?,
        body: row.next()?,
        status: Standing {
            status: row.next()?,
            outcome: row.next()?,
        }
        .read()?,
        votes: votes.collect::<Result<_, _>>()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    }))
}

fn vote(row: &mut Fields) -> Result<Vote, Error> {
    Ok(Vote {
        id: row.next()?,
        user: row.next()?,
        selection: match row.next::<String>()?.as_str() {
            "APPROVED" => Selection::Approved,
            "REJECTED" => Selection::Rejected,
            other => return Err(Error::Damaged(format!("{other:?} is no vote"))),
        },
        message: row.next()?,
        public_key: row.next()?,
        signature: row.next()?,
        scheme: row.next()?,
        created_at: row.next()?,
    })
}

/// How a vote's direction is spelled in rows and records.
pub(crate) fn selection(selection: Selection) -> &'static str {
    match selection {
        Selection::Approved => "APPROVED",
        Selection::Rejected => "REJECTED",
    }
}

/// A status as its two columns: its name, which the log's leaf repeats, and what goes with it.
pub(crate) struct Standing {
    pub(crate) status: String,
    /// JSON of `Done` or `Refusal`.
    pub(crate) outcome: Option<String>,
}

impl Standing {
    pub(crate) fn of(status: &ActivityStatus) -> Result<Self, Error> {
        let outcome = match status {
            ActivityStatus::Held | ActivityStatus::Rejected => None,
            ActivityStatus::Completed(done) => Some(serde_json::to_string(done)),
            ActivityStatus::Refused(refusal) => Some(serde_json::to_string(refusal)),
        };
        let outcome = outcome
            .transpose()
            .map_err(|error| Error::Damaged(error.to_string()))?;
        let filter = match status {
            ActivityStatus::Held => StatusFilter::Held,
            ActivityStatus::Completed(_) => StatusFilter::Completed,
            ActivityStatus::Refused(_) => StatusFilter::Refused,
            ActivityStatus::Rejected => StatusFilter::Rejected,
        };
        Ok(Self {
            status: name(filter).to_owned(),
            outcome,
        })
    }

    fn read(self) -> Result<ActivityStatus, Error> {
        let damaged = || Error::Damaged(format!("{:?} is no activity status", self.status));
        let json = self.outcome.as_deref().unwrap_or_default();
        Ok(match self.status.as_str() {
            "HELD" => ActivityStatus::Held,
            "REJECTED" => ActivityStatus::Rejected,
            "COMPLETED" => {
                ActivityStatus::Completed(serde_json::from_str(json).map_err(|_| damaged())?)
            }
            "REFUSED" => {
                ActivityStatus::Refused(serde_json::from_str(json).map_err(|_| damaged())?)
            }
            _ => return Err(damaged()),
        })
    }
}

const fn name(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::Held => "HELD",
        StatusFilter::Completed => "COMPLETED",
        StatusFilter::Refused => "REFUSED",
        StatusFilter::Rejected => "REJECTED",
    }
}

/// The four places of the status filter; a shorter choice repeats itself. `None`: no status at
/// all is wanted.
fn wanted(statuses: Option<&[StatusFilter]>) -> Option<[&'static str; 4]> {
    use StatusFilter::{Completed, Held, Refused, Rejected};
    let all = [Held, Completed, Refused, Rejected];
    let chosen = statuses.unwrap_or(&all);
    let first = chosen.first()?;
    Some(all.map(|status| {
        name(if chosen.contains(&status) {
            status
        } else {
            *first
        })
    }))
}

/// Identifiers of a page, newest first. They are time-ordered, so order and cursor need no other
/// column. Kinds are sifted here: there are too many to have a place each in a statement.
fn list(
    connection: &mut Connection,
    organisation: OrganisationId,
    statuses: [&'static str; 4],
    kinds: &[String],
    page: &Page<ActivityId>,
) -> Result<Vec<ActivityId>, Error> {
    let bytes = |id: ActivityId| id.as_bytes().to_vec();
    let mut lower = page.before.map_or_else(Vec::new, bytes);
    let mut upper = page.after.map_or_else(|| vec![0xff; 17], bytes);
    // What comes right before a cursor is found walking away from it.
    let upwards = page.before.is_some() && page.after.is_none();
    let statement = if upwards { &LIST_OLDEST } else { &LIST_NEWEST };
    let [a, b, c, d] = statuses;
    let limit = page.limit as usize;

    let mut found = Vec::new();
    while found.len() < limit {
        let chunk = if kinds.is_empty() {
            limit as u64
        } else {
            SIFTED_AT_ONCE
        };
        let (from, to) = (Value::from(&lower), Value::from(&upper));
        let rows = connection.query(
            statement,
            &[
                organisation.into(),
                from,
                to,
                a.into(),
                b.into(),
                c.into(),
                d.into(),
                chunk.into(),
            ],
        )?;
        let last_chunk = (rows.len() as u64) < chunk;
        for row in rows {
            let mut row = row.fields();
            let (id, kind): (ActivityId, String) = (row.next()?, row.next()?);
            if upwards {
                lower = bytes(id)
            } else {
                upper = bytes(id)
            }
            if kinds.is_empty() || kinds.contains(&kind) {
                found.push(id);
            }
        }
        if last_chunk {
            break;
        }
    }
    found.truncate(limit);
    if upwards {
        found.reverse();
    }
    Ok(found)
}

const SIFTED_AT_ONCE: u64 = 500;
