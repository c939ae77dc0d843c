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
    // One statement: what is appended meanwhile moves the log's end with it.
    COUNT_STRAY_ENTRIES =
        "SELECT COUNT(*) FROM
            (SELECT leaf FROM log_entries UNION ALL SELECT leaf FROM tenant_events) e
         WHERE e.leaf < 0 OR e.leaf >= (SELECT size FROM log_head WHERE id = 1)";
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
    /// There are activities or votes that no leaf speaks of, or more or fewer entries than leaves.
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
                Ok(Stored::Activity(stored)) => {
                    (disagreement(connection, index, &stored)?, stored.hash)
                }
                Ok(Stored::Event(stored)) => (stored.disagreement(), stored.hash),
                Err(what) => return damaged(what),
            };
            if let Some(what) = what {
                return damaged(what);
            }
            if let Some(damage) = grow(connection, &mut frontier, hash)? {
                return Ok(Some(damage));
            }
        }
        if !leaves.is_empty() {
            return Ok(Some(Damage::Count));
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

    /// The leaf at this index, or what is wrong with it.
    fn next(&mut self, index: u64) -> Result<Stored, &'static str> {
        let here = |found: &entries::Found| matches!(found, Ok((at, _)) if *at == index);
        let activity = self.activities.next_if(here);
        let here = |found: &event::Found| matches!(found, Ok((at, _)) if *at == index);
        match (activity, self.events.next_if(here)) {
            (Some(Ok((_, stored))), None) => Ok(Stored::Activity(stored)),
            (None, Some(Ok((_, stored)))) => Ok(Stored::Event(stored)),
            (Some(_), Some(_)) => Err("two entries"),
            _ if self.is_next_unreadable() => Err("a column"),
            _ => Err("missing"),
        }
    }

    fn is_next_unreadable(&mut self) -> bool {
        matches!(self.activities.peek(), Some(Err(_))) || matches!(self.events.peek(), Some(Err(_)))
    }

    /// Whether every entry had a leaf of its own.
    fn is_empty(&mut self) -> bool {
        self.activities.peek().is_none() && self.events.peek().is_none()
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
    let stray = count(&COUNT_UNLOGGED)? + count(&COUNT_STRAY_VOTES)? + count(&COUNT_STRAY_ENTRIES)?;
    // Appends go on meanwhile: entries beyond the head are no damage.
    let missing = entries::count(connection)? + event::count(connection)? < head.size;
    Ok((stray > 0 || missing).then_some(Damage::Count))
}
