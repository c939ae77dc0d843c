//! Roots and proofs for a log of any size it has had (RFC 6962 section 2.1).

use std::collections::HashMap;

use verify::receipt::{empty_root, node_hash};
use wire::log::TreeHash;

use super::tiles::{self, WIDTH, perfect_root};
use crate::Error;
use crate::backend::Connection;

/// The log as it was when it had `size` leaves. Reads a few tiles for each level of tiles.
pub(crate) struct Tree<'a> {
    connection: &'a mut Connection,
    size: u64,
    tiles: HashMap<(u8, u64), Vec<TreeHash>>,
}

impl<'a> Tree<'a> {
    /// The first `size` leaves, of which the log must have as many.
    pub(crate) fn new(connection: &'a mut Connection, size: u64) -> Self {
        Self {
            connection,
            size,
            tiles: HashMap::new(),
        }
    }

    /// The root: `MTH(D[n])`.
    pub(crate) fn root(&mut self) -> Result<TreeHash, Error> {
        match self.size {
            0 => Ok(empty_root()),
            size => self.range(0, size),
        }
    }

    /// The inclusion proof of the leaf at `index`: `PATH(m, D[n])`, leaf's sibling first.
    pub(crate) fn inclusion(&mut self, index: u64) -> Result<Vec<TreeHash>, Error> {
        let (mut low, mut high) = (0, self.size);
        let mut path = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The consistency proof from the first `older` leaves: `PROOF(m, D[n])`.
    pub(crate) fn consistency(&mut self, older: u64) -> Result<Vec<TreeHash>, Error> {
        if older == 0 || older == self.size {
            return Ok(Vec::new());
        }
        let (mut low, mut high) = (0, self.size);
        let mut path = Vec::new();
        // SUBPROOF: walk to where the older tree ends.
        while older != high {
            let middle = low + split(high - low);
            if older <= middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        // If it is the older tree itself, its root is known and left out.
        if low != 0 {
            path.push(self.range(low, high)?);
        }
        path.reverse();
        Ok(path)
    }

    /// `MTH(D[low:high])` for a range whose start is aligned to its size.
    fn range(&mut self, low: u64, high: u64) -> Result<TreeHash, Error> {
        let count = high - low;
        if count.is_power_of_two() {
            return self.subtree(low, count.trailing_zeros());
        }
        let middle = low + split(count);
        Ok(node_hash(
            self.range(low, middle)?,
            self.range(middle, high)?,
        ))
    }

    /// The root of the perfect subtree of a height whose first leaf is `low`.
    fn subtree(&mut self, low: u64, height: u32) -> Result<TreeHash, Error> {
        let level = (height / 8) as u8;
        let first = low >> (8 * u32::from(level));
        let within = (first % WIDTH) as usize;
        let count = 1 << (height % 8);
        let hashes = self.tile(level, first / WIDTH)?;
        let hashes = hashes.get(within..within + count);
        let damaged = || Error::Damaged(format!("no hash of height {height} at leaf {low}"));
        hashes.map(perfect_root).ok_or_else(damaged)
    }

    fn tile(&mut self, level: u8, tile: u64) -> Result<&[TreeHash], Error> {
        if !self.tiles.contains_key(&(level, tile)) {
            let hashes = tiles::read(self.connection, self.size, level, tile)?;
            self.tiles.insert((level, tile), hashes);
        }
        Ok(&self.tiles[&(level, tile)])
    }
}

/// The largest power of two smaller than `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use verify::receipt::{leaf_hash, root_of_inclusion, verify_consistency};
    use wire::log::Checkpoint;

    use super::*;
    use crate::backend::values;
    use crate::log::tiles::Frontier;
    use crate::migrate::migrate;
    use crate::sql::Statement;

    const INSERT: Statement = Statement {
        name: "insert_bare_entry",
        sql: "INSERT INTO log_entries
                (leaf, organisation, activity, status, decided_at, salt, commitment, leaf_hash)
              VALUES ($1, $2, $3, '', 0, $4, $5, $6)",
    };

    /// Around each place where the shape changes: powers of two, tiles, tiles of tiles.
    const SIZES: [u64; 16] = [
        0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000, 65_535, 65_536, 65_537, 65_800,
    ];

    /// A log of as many leaves as the largest size, and their hashes.
    fn grown() -> (Connection, Frontier, Vec<TreeHash>) {
        let mut connection = Connection::memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.begin().unwrap();
        let hashes: Vec<_> = (0..65_800u64)
            .map(|n| leaf_hash(&n.to_be_bytes()))
            .collect();
        let none: &[u8] = &[];
        for (hash, index) in hashes.iter().zip(0u64..) {
            connection
                .execute(&INSERT, values![index, none, none, none, none, *hash])
                .unwrap();
        }
        let mut frontier = Frontier::empty();
        // In groups, as the writer does.
        for group in hashes.chunks(97) {
            tiles::append(&mut connection, &mut frontier, group.to_vec()).unwrap();
        }
        connection.commit().unwrap();
        (connection, frontier, hashes)
    }

    /// MTH(D[n]) to the letter of RFC 6962 section 2.1.
    fn defined_root(hashes: &[TreeHash]) -> TreeHash {
        match hashes {
            [] => empty_root(),
            [hash] => *hash,
            _ => {
                let (left, right) = hashes.split_at(split(hashes.len() as u64) as usize);
                node_hash(defined_root(left), defined_root(right))
            }
        }
    }

    #[test]
    fn roots_and_proofs_hold_wherever_the_shape_changes() {
        let (mut connection, _, hashes) = grown();
        let mut older: Vec<Checkpoint> = Vec::new();
        for size in SIZES {
            let mut tree = Tree::new(&mut connection, size);
            let root = tree.root().unwrap();
            assert_eq!(
                root,
                defined_root(&hashes[..size as usize]),
                "root of {size}"
            );
            for index in SIZES
                .into_iter()
                .filter(|index| *index < size)
                .chain(size.checked_sub(1))
            {
                let path = tree.inclusion(index).unwrap();
                let led = root_of_inclusion(hashes[index as usize], index, size, &path);
                assert_eq!(led, Some(root), "leaf {index} of {size}");
            }
            let newer = Checkpoint::new("example.com/log", size, root).unwrap();
            for older in &older {
                let path = tree.consistency(older.size()).unwrap();
                verify_consistency(older, &newer, &path)
                    .unwrap_or_else(|e| panic!("{} to {size}: {e}", older.size()));
            }
            older.push(newer);
        }
    }

    #[test]
    fn the_edge_read_from_the_store_is_the_edge_that_grew() {
        let (mut connection, mut grown, hashes) = grown();
        let mut loaded = Frontier::load_at_start(&mut connection).unwrap();
        assert_eq!(
            (loaded.size(), loaded.root()),
            (grown.size(), defined_root(&hashes))
        );
        for leaf in hashes.into_iter().take(600) {
            let full = [loaded.append(leaf), grown.append(leaf)].map(|full| full.len());
            assert_eq!((full[0], loaded.root()), (full[1], grown.root()));
        }
    }
}
