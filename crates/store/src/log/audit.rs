//! Recomputing the log from what is stored.

use std::iter::Peekable;
use std::vec::IntoIter;

use aws_lc_rs::digest::{SHA256, digest};
use wire::Timestamp;
use wire::log::TreeHash;

use super::Head;
use super::entries;
use super::tiles::{self, Frontier, WIDTH};
use crate::Error;
use crate::activity;
use crate::backend::{Connection, values};
use crate::sql::statements;
use crate::tenant::event;

statements! {
    // One statement, so that an outcome recorded meanwhile is seen whole or not at all.
    SELECT_ROW =
        "SELECT a.body, a.status, a.outcome, a.updated_at,
                (SELECT MAX(e.leaf) FROM log_entries e
                 WHERE e.organisation = a.organisation AND e.activity = a.id)
         FROM activities a WHERE a.organisation = $1 AND a.id = $2";
    COUNT_UNLOGGED =
        "SELECT COUNT(*) FROM activities a WHERE NOT EXISTS
            (SELECT 1 FROM log_entries e WHERE e.organisation = a.organisation AND e.activity = a.id)";
    COUNT_STRAY_VOTES =
        "SELECT COUNT(*) FROM votes v WHERE NOT EXISTS
            (SELECT 1 FROM log_entries e
             WHERE e.leaf = v.leaf AND e.organisation = v.organisation AND e.activity = v.activity)";
}

/// What a check of the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The log as it was checked.
    pub head: Head,
    /// The first thing that is not as it was written, if any.
    pub damage: Option<Damage>,
}

/// The first thing in the log that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The leaf at this index is missing, or what it speaks of was changed.
    Leaf {
        /// Its index.
        index: u64,
        /// What does not agree.
        what: &'static str,
    },
    /// A stored tile is not made of the leaves under it.
    Tile {
        /// Its level.
        level: u8,
        /// Its index in the level.
        tile: u64,
    },
    /// There are activities or votes that no leaf speaks of, or fewer entries than leaves.
    Count,
    /// The leaves do not make the root this process has appended to.
    Root,
}

/// Checks every row that a leaf speaks of, every tile, and the root of `head`.
pub(crate) fn audit(connection: &mut Connection, head: Head) -> Result<Audit, Error> {
    let damage = match leaves(connection, head)? {
        None => counts(connection, head)?,
        damage => damage,
    };
    Ok(Audit { head, damage })
}

fn leaves(connection: &mut Connection, head: Head) -> Result<Option<Damage>, Error> {
    let mut frontier = Frontier::empty();
    while frontier.size() < head.size {
        let first = frontier.size();
        let end = (first + WIDTH).min(head.size);
        let mut leaves = Leaves::read(connection, first, end)?;
        for index in first..end {
            let damaged = |what| Ok(Some(Damage::Leaf { index, what }));
            let (what, hash) = match leaves.next(index) {
                Ok(Some(Stored::Activity(stored))) => {
                    (disagreement(connection, index, &stored)?, stored.hash)
                }
                Ok(Some(Stored::Event(stored))) => (stored.disagreement(), stored.hash),
                Ok(None) => return damaged("missing"),
                Err(Error::Damaged(_)) => return damaged("a column"),
                Err(error) => return Err(error),
            };
            if let Some(what) = what {
                return damaged(what);
            }
            if let Some(damage) = grow(connection, &mut frontier, hash)? {
                return Ok(Some(damage));
            }
        }
    }
    Ok((frontier.root() != head.root).then_some(Damage::Root))
}

/// Leaves of both kinds, each kind in its order.
struct Leaves {
    activities: Peekable<IntoIter<entries::Found>>,
    events: Peekable<IntoIter<event::Found>>,
}

/// A leaf as stored.
enum Stored {
    Activity(entries::Stored),
    Event(event::Stored),
}

impl Leaves {
    fn read(connection: &mut Connection, from: u64, to: u64) -> Result<Self, Error> {
        Ok(Self {
            activities: entries::stored(connection, from, to)?
                .into_iter()
                .peekable(),
            events: event::stored(connection, from, to)?.into_iter().peekable(),
        })
    }

    /// The leaf at this index; an error if there is none and the next of a kind is unreadable.
    fn next(&mut self, index: u64) -> Result<Option<Stored>, Error> {
        let here = |found: &entries::Found| matches!(found, Ok((at, _)) if *at == index);
        if let Some(Ok((_, stored))) = self.activities.next_if(here) {
            return Ok(Some(Stored::Activity(stored)));
        }
        let here = |found: &event::Found| matches!(found, Ok((at, _)) if *at == index);
        if let Some(Ok((_, stored))) = self.events.next_if(here) {
            return Ok(Some(Stored::Event(stored)));
        }
        let unreadable = self
            .activities
            .next_if(Result::is_err)
            .and_then(Result::err);
        let unreadable =
            unreadable.or_else(|| self.events.next_if(Result::is_err).and_then(Result::err));
        unreadable.map_or(Ok(None), Err)
    }
}

/// Adds a leaf's hash; the tiles that this fills must be the stored ones.
fn grow(
    connection: &mut Connection,
    frontier: &mut Frontier,
    hash: TreeHash,
) -> Result<Option<Damage>, Error> {
    for full in frontier.append(hash) {
        let stored = tiles::read(connection, frontier.size(), full.level, full.tile);
        let same = matches!(&stored, Ok(hashes) if *hashes == full.hashes);
        // The root is stored beside the tile and read as a hash of the level above.
        if !same || tiles::root(connection, full.level, full.tile)? != Some(full.root) {
            return Ok(Some(Damage::Tile {
                level: full.level,
                tile: full.tile,
            }));
        }
    }
    Ok(None)
}

/// What of a leaf does not agree with the rows it speaks of.
fn disagreement(
    connection: &mut Connection,
    index: u64,
    stored: &entries::Stored,
) -> Result<Option<&'static str>, Error> {
    let entries::Stored { entry, hash } = stored;
    let leaf = &entry.leaf;
    if entry.hash() != *hash {
        return Ok(Some("the leaf's fields"));
    }
    let key = values![entry.organisation, entry.activity];
    let Some(row) = connection.query(&SELECT_ROW, key)?.pop() else {
        return Ok(Some("the activity is missing"));
    };
    let mut row = row.fields();
    let body: Vec<u8> = row.next()?;
    if digest(&SHA256, &body).as_ref() != leaf.fingerprint {
        return Ok(Some("the request's body"));
    }
    let votes = match activity::votes_of_leaf(connection, entry.organisation, entry.activity, index)
    {
        Err(Error::Damaged(_)) => return Ok(Some("a vote")),
        votes => votes?,
    };
    if !entry.commits_to(&votes)? {
        return Ok(Some("the outcome or a vote"));
    }
    let (status, outcome): (String, Option<String>) = (row.next()?, row.next()?);
    let updated_at: Timestamp = row.next()?;
    let current = status == leaf.status.as_str()
        && outcome.as_deref() == entry.outcome()
        && updated_at == leaf.time;
    // The activity's row stands as its last leaf says; earlier leaves say how it stood.
    let last = row.next::<Option<u64>>()? == Some(index);
    Ok((last && !current).then_some("the activity's status"))
}

fn counts(connection: &mut Connection, head: Head) -> Result<Option<Damage>, Error> {
    let mut count = |statement| {
        let row = connection.query(statement, &[])?.pop();
        row.map_or(Ok(0u64), |row| row.only())
    };
    let stray = count(&COUNT_UNLOGGED)? + count(&COUNT_STRAY_VOTES)?;
    // Appends go on meanwhile: entries beyond the head are no damage.
    let missing = entries::count(connection)? + event::count(connection)? < head.size;
    Ok((stray > 0 || missing).then_some(Damage::Count))
}
