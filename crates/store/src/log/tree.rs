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

    /// The root: MTH(D[n]).
    pub(crate) fn root(&mut self) -> Result<TreeHash, Error> {
        match self.size {
            0 => Ok(empty_root()),
            size => self.range(0, size),
        }
    }

    /// The inclusion proof of the leaf at `index`: PATH(m, D[n]), leaf's sibling first.
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

    /// The consistency proof from the first `older` leaves: PROOF(m, D[n]).
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

    /// MTH(D[low:high]) for a range whose start is aligned to its size.
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
