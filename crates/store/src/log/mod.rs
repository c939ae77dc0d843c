//! The log: an append-only Merkle tree over every outcome.
//!
//! A leaf is appended in the transaction that writes its outcome, that of an activity in
//! [`entries`], that of a tenant's event in its own row ([`crate::tenant::event`]); the tree over the
//! leaves is kept as the tiles of c2sp.org/tlog-tiles ([`tiles`]), from which any proof is made
//! ([`tree`]). [`audit`] recomputes everything from the stored rows.

pub(crate) mod audit;
pub(crate) mod entries;
pub(crate) mod tiles;
mod tree;

pub use audit::{Audit, Damage};

use verify::receipt::empty_root;
use wire::id::{ActivityId, OrganisationId};
use wire::log::{Checkpoint, Leaf, LogTextError, Note, Proof, TreeHash};

use crate::backend::Connection;
use crate::{Error, Store};
use tree::Tree;

/// How large the log is and what its root is: what a checkpoint says, without who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: TreeHash,
}

impl Head {
    pub(crate) fn empty() -> Self {
        Self {
            size: 0,
            root: empty_root(),
        }
    }

    /// The checkpoint with this head, ready to be signed by the log named `origin`.
    pub fn checkpoint(&self, origin: &str) -> Result<Checkpoint, LogTextError> {
        Checkpoint::new(origin, self.size, self.root)
    }
}

/// A leaf and the way from it to a head. With that head signed, a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The leaf.
    pub leaf: Leaf,
    /// Its zero-based index.
    pub index: u64,
    /// Sibling hashes from the leaf up.
    pub path: Vec<TreeHash>,
    /// The head the path leads to.
    pub head: Head,
}

impl Inclusion {
    /// The way from a leaf of the log to a head, which is `known` or a later one.
    pub(crate) fn find(
        connection: &mut Connection,
        leaf: Leaf,
        index: u64,
        known: Head,
    ) -> Result<Self, Error> {
        // Another process on the same database may have appended the leaf.
        let size = known.size.max(index + 1);
        let mut tree = Tree::new(connection, size);
        let root = if size == known.size {
            known.root
        } else {
            tree.root()?
        };
        let path = tree.inclusion(index)?;
        Ok(Self {
            leaf,
            index,
            path,
            head: Head { size, root },
        })
    }

    /// The receipt, given the signed checkpoint of [`head`](Self::head).
    pub fn receipt(self, checkpoint: Note) -> Proof {
        let extra = Some(self.leaf.to_string().into_bytes());
        Proof {
            extra,
            index: self.index,
            path: self.path,
            checkpoint,
        }
    }
}

impl Store {
    /// The log as it is now, whoever appended to it last. Never shorter than what this process has
    /// appended itself.
    pub async fn latest_head(&self) -> Result<Head, Error> {
        let known = self.head();
        if self.writes_alone() {
            return Ok(known);
        }
        self.read(move |connection| {
            let size = tiles::size(connection)?;
            if size <= known.size {
                return Ok(known);
            }
            // What is below the size that was read never changes, so this needs no transaction.
            let root = Tree::new(connection, size).root()?;
            Ok(Head { size, root })
        })
        .await
    }

    /// The proof that the latest outcome of an activity is in the log, for the head as it is now.
    pub async fn inclusion(
        &self,
        organisation: OrganisationId,
        activity: ActivityId,
    ) -> Result<Option<Inclusion>, Error> {
        let known = self.head();
        let found = self.read(move |connection| {
            let Some((index, entry)) = entries::latest(connection, organisation, activity)? else {
                return Ok(None);
            };
            Inclusion::find(connection, entry.leaf, index, known).map(Some)
        });
        found.await
    }

    /// The proof that the log at `newer` leaves began with what it was at `older`; `None` if the
    /// log is smaller than that.
    pub async fn consistency(
        &self,
        older: u64,
        newer: u64,
    ) -> Result<Option<Vec<TreeHash>>, Error> {
        if older > newer || newer > self.latest_head().await?.size {
            return Ok(None);
        }
        self.read(move |connection| Tree::new(connection, newer).consistency(older).map(Some))
            .await
    }

    /// Whether the log begins with what a checkpoint says it was. A log that does not has lost or
    /// changed entries since, whoever's checkpoint it is (threat T75).
    pub async fn extends(&self, remembered: &Checkpoint) -> Result<bool, Error> {
        let (size, root) = (remembered.size(), remembered.root());
        if size > self.latest_head().await?.size {
            return Ok(false);
        }
        self.read(move |connection| Ok(Tree::new(connection, size).root()? == root))
            .await
    }

    /// The bytes of a hash tile as of the current head, `width` (1 to 256) hashes of 32 bytes;
    /// `None` if the log has no such tile (c2sp.org/tlog-tiles).
    pub async fn tile(&self, level: u8, tile: u64, width: u16) -> Result<Option<Vec<u8>>, Error> {
        let size = self.latest_head().await?.size;
        let width = u64::from(width);
        if !(1..=256).contains(&width) || tiles::width(size, level, tile) < width {
            return Ok(None);
        }
        let found = self.read(move |connection| {
            let hashes = tiles::read(connection, size, level, tile)?;
            let wanted = hashes.iter().take(width as usize);
            Ok(wanted.flat_map(|hash| hash.0).collect())
        });
        found.await.map(Some)
    }

    /// Recomputes the log from the stored rows and compares (threat T70). Reads everything; takes
    /// minutes for millions of entries, during which the store works on.
    pub async fn audit(&self) -> Result<Audit, Error> {
        let head = self.latest_head().await?;
        self.read_at_length(move |connection| audit::audit(connection, head))
            .await
    }
}
