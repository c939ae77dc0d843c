//! The tree as tiles of 256 hashes (c2sp.org/tlog-tiles).
//!
//! Appending writes one row, the entry with its leaf hash; each 256th also writes a full tile.
//! The hashes of partial tiles are not stored again: at level 0 they are the entries' own, above
//! the roots of the full tiles below.

use verify::receipt::{empty_root, node_hash};
use wire::log::TreeHash;

use crate::Error;
use crate::backend::{Connection, Fault, values};
use crate::sql::statements;

statements! {
    HOLD_HEAD = "UPDATE log_head SET size = size WHERE id = 1";
    SELECT_HEAD = "SELECT size FROM log_head WHERE id = 1";
    UPDATE_HEAD = "UPDATE log_head SET size = $1 WHERE id = 1";
    INSERT_TILE = "INSERT INTO log_tiles (level, tile, hashes, root) VALUES ($1, $2, $3, $4)";
    SELECT_TILE = "SELECT hashes FROM log_tiles WHERE level = $1 AND tile = $2";
    SELECT_ROOTS =
        "SELECT root FROM log_tiles WHERE level = $1 AND tile >= $2 AND tile < $3 ORDER BY tile";
    // Each leaf is in one of the two tables.
    SELECT_LEAF_HASHES =
        "SELECT leaf_hash, leaf FROM log_entries WHERE leaf >= $1 AND leaf < $2
         UNION ALL
         SELECT leaf_hash, leaf FROM tenant_events WHERE leaf >= $1 AND leaf < $2
         ORDER BY leaf";
}

/// Hashes in a full tile.
pub(crate) const WIDTH: u64 = 256;

/// Takes the log's head for this transaction, so that no other process appends until it ends, and
/// returns the log's size.
pub(crate) fn hold_head(connection: &mut Connection) -> Result<u64, Fault> {
    connection.execute(&HOLD_HEAD, &[])?;
    size(connection)
}

/// How many leaves the log has.
pub(crate) fn size(connection: &mut Connection) -> Result<u64, Fault> {
    let row = connection.query(&SELECT_HEAD, &[])?.pop();
    row.map_or(Ok(0), |row| row.only())
        .map_err(|error: Error| Fault::Other(error.into()))
}

/// Puts leaves, whose entries are written already, into the tree.
pub(crate) fn append(
    connection: &mut Connection,
    frontier: &mut Frontier,
    leaves: Vec<TreeHash>,
) -> Result<(), Fault> {
    if leaves.is_empty() {
        return Ok(());
    }
    for leaf in leaves {
        for FullTile {
            level,
            tile,
            hashes,
            root,
        } in frontier.append(leaf)
        {
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            connection.execute(&INSERT_TILE, values![u64::from(level), tile, &bytes, root])?;
        }
    }
    connection
        .execute(&UPDATE_HEAD, values![frontier.size()])
        .map(|_| ())
}

/// How many hashes a tile has in a log of `size` leaves; 0 if there is no such tile.
pub(crate) fn width(size: u64, level: u8, tile: u64) -> u64 {
    let complete = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    tile.checked_mul(WIDTH)
        .map_or(0, |first| complete.saturating_sub(first).min(WIDTH))
}

/// The hashes of a tile in a log of `size` leaves.
pub(crate) fn read(
    connection: &mut Connection,
    size: u64,
    level: u8,
    tile: u64,
) -> Result<Vec<TreeHash>, Error> {
    let width = width(size, level, tile);
    let hashes = if width == WIDTH {
        full(connection, level, tile)?
    } else {
        let (first, end) = (tile * WIDTH, tile * WIDTH + width);
        let rows = match level {
            0 => connection.query(&SELECT_LEAF_HASHES, values![first, end])?,
            _ => connection.query(&SELECT_ROOTS, values![u64::from(level - 1), first, end])?,
        };
        rows.into_iter()
            .map(|row| row.only())
            .collect::<Result<_, _>>()?
    };
    if hashes.len() as u64 == width {
        Ok(hashes)
    } else {
        Err(Error::Damaged(format!(
            "tile {tile} at level {level} of the log is not whole"
        )))
    }
}

fn full(connection: &mut Connection, level: u8, tile: u64) -> Result<Vec<TreeHash>, Error> {
    let row = connection
        .query(&SELECT_TILE, values![u64::from(level), tile])?
        .pop();
    let bytes: Vec<u8> = row.map_or(Ok(Vec::new()), |row| row.only())?;
    let (hashes, _) = bytes.as_chunks::<32>();
    Ok(hashes.iter().copied().map(TreeHash).collect())
}

/// The root that is stored beside a full tile.
pub(crate) fn root(
    connection: &mut Connection,
    level: u8,
    tile: u64,
) -> Result<Option<TreeHash>, Error> {
    let rows = connection.query(&SELECT_ROOTS, values![u64::from(level), tile, tile + 1])?;
    rows.into_iter().next().map(|row| row.only()).transpose()
}

/// The root over a power of two of hashes.
pub(crate) fn perfect_root(hashes: &[TreeHash]) -> TreeHash {
    match hashes {
        [] => empty_root(),
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(perfect_root(left), perfect_root(right))
        }
    }
}

/// A tile that an append has filled.
pub(crate) struct FullTile {
    pub(crate) level: u8,
    pub(crate) tile: u64,
    pub(crate) hashes: Vec<TreeHash>,
    pub(crate) root: TreeHash,
}

/// The right edge of the tree: all that appending needs.
#[derive(Clone)]
pub(crate) struct Frontier {
    size: u64,
    /// The roots of the perfect subtrees the log consists of, largest first, with their heights.
    peaks: Vec<(u32, TreeHash)>,
    /// The hashes of the partial tile at each level, level 0 first.
    partial: Vec<Vec<TreeHash>>,
}

impl Frontier {
    /// The frontier of a log without leaves.
    pub(crate) fn empty() -> Self {
        Self {
            size: 0,
            peaks: Vec::new(),
            partial: Vec::new(),
        }
    }

    /// The frontier of the log as it is stored, read at one moment.
    pub(crate) fn load_at_start(connection: &mut Connection) -> Result<Self, Error> {
        connection.begin_reading()?;
        let frontier = Self::load(connection);
        connection.rollback()?;
        frontier
    }

    /// The frontier of the log as it is stored, read in a transaction that holds the head.
    pub(crate) fn load(connection: &mut Connection) -> Result<Self, Error> {
        let size = size(connection)?;
        let mut frontier = Self {
            size,
            ..Self::empty()
        };
        let levels = (0..8).take_while(|level| size >> (8 * level) > 0);
        for level in levels {
            let complete = size >> (8 * level);
            let partial = match complete % WIDTH {
                0 => Vec::new(),
                _ => read(connection, size, level, complete / WIDTH)?,
            };
            frontier.partial.push(partial);
        }
        // The largest subtrees are at the highest level.
        for (level, hashes) in frontier.partial.clone().iter().enumerate().rev() {
            hashes
                .iter()
                .for_each(|hash| frontier.push_peak(*hash, 8 * level as u32));
        }
        Ok(frontier)
    }

    /// The number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The root over them (RFC 6962 section 2.1).
    pub(crate) fn root(&self) -> TreeHash {
        let peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        peaks
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or_else(empty_root)
    }

    /// Adds a leaf; returns the tiles it fills, lowest first.
    pub(crate) fn append(&mut self, leaf: TreeHash) -> Vec<FullTile> {
        self.push_peak(leaf, 0);
        self.size += 1;
        let mut full = Vec::new();
        let mut hash = leaf;
        for level in 0.. {
            if self.partial.len() == usize::from(level) {
                self.partial.push(Vec::new());
            }
            let tile = &mut self.partial[usize::from(level)];
            tile.push(hash);
            if tile.len() as u64 != WIDTH {
                break;
            }
            let hashes = std::mem::take(tile);
            hash = perfect_root(&hashes);
            let tile = (self.size >> (8 * (u32::from(level) + 1))) - 1;
            full.push(FullTile {
                level,
                tile,
                hashes,
                root: hash,
            });
        }
        full
    }

    /// Adds the root of a perfect subtree; two of a height make one of the next.
    fn push_peak(&mut self, mut hash: TreeHash, mut height: u32) {
        while let Some(&(last, left)) = self.peaks.last()
            && last == height
        {
            self.peaks.pop();
            hash = node_hash(left, hash);
            height += 1;
        }
        self.peaks.push((height, hash));
    }
}
