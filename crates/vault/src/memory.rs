//! Memory that secrets may live in, and the process around it.
//!
//! Long-lived secrets (the root key and the keys of warm accounts) sit in page-aligned cells that
//! are locked into RAM and overwritten when released. Everything else that is secret lives on the
//! stack or the heap for the length of one call and is wiped on the way out. Safe Rust cannot
//! promise more: the compiler may spill a register, and the signing libraries keep scalars on
//! their own stacks.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use zeroize::Zeroize;

/// How many bytes a cell holds: one private key of any of the three curves.
const SECRET_LENGTH: usize = 32;

/// How many cells make a page of [`PAGE_LENGTH`] bytes.
pub(crate) const CELLS_PER_PAGE: usize = 64;

const PAGE_LENGTH: usize = 4096;

#[repr(align(64))]
struct Cell(RwLock<[u8; SECRET_LENGTH]>);

/// A page of our own, so that locking and unlocking it never touches a neighbour's.
#[repr(align(4096))]
struct Page([Cell; CELLS_PER_PAGE]);

const _: () = assert!(size_of::<Page>() == PAGE_LENGTH);

/// Locked pages with room for a fixed number of secrets.
pub(crate) struct Arena(Arc<Pages>);

struct Pages {
    // Declared before the pages: the lock must be released while they are still ours.
    lock: Option<region::LockGuard>,
    pages: Box<[Page]>,
    free: Mutex<Vec<usize>>,
}

impl Arena {
    /// An arena of `pages` pages. When the system refuses to lock them it works all the same, and
    /// [`Arena::is_locked`] says so.
    pub(crate) fn new(pages: usize) -> Self {
        let empty_cell = || Cell(RwLock::new([0; SECRET_LENGTH]));
        let empty_page = || Page(std::array::from_fn(|_| empty_cell()));
        let pages: Box<[Page]> = (0..pages).map(|_| empty_page()).collect();
        let lock = region::lock(pages.as_ptr(), size_of_val(&*pages)).ok();
        let free = Mutex::new((0..pages.len() * CELLS_PER_PAGE).rev().collect());
        Self(Arc::new(Pages { lock, pages, free }))
    }

    /// Whether the pages are kept out of swap.
    pub(crate) fn is_locked(&self) -> bool {
        self.0.lock.is_some()
    }

    /// Moves a secret into a free cell, wiping the original; `None` when the arena is full.
    pub(crate) fn store(&self, secret: &mut [u8; SECRET_LENGTH]) -> Option<SecretCell> {
        let index = self
            .0
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()?;
        let cell = SecretCell {
            pages: Arc::clone(&self.0),
            index,
        };
        cell.lock_cell()
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .copy_from_slice(secret);
        secret.zeroize();
        Some(cell)
    }

    /// As [`Arena::store`], but never full: an overflowing secret gets a page of its own.
    pub(crate) fn store_or_grow(&self, secret: &mut [u8; SECRET_LENGTH]) -> SecretCell {
        match self.store(secret) {
            Some(cell) => cell,
            None => SecretCell::alone(secret),
        }
    }
}

/// How many secrets may be kept in locked cells: a quarter of what the process may lock, so that
/// the root key and keys in use have room too; at least one smallest usual limit's worth (64 KiB),
/// at most a megabyte.
pub(crate) fn cells_that_fit() -> usize {
    const FEWEST: u64 = 512;
    const MOST: u64 = 16_384;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    // No limit is the largest one.
    let bytes = limit.unwrap_or(u64::MAX) / 4;
    let cells = (bytes / size_of::<Cell>() as u64).clamp(FEWEST, MOST);
    usize::try_from(cells).unwrap_or(FEWEST as usize)
}

/// A secret in locked memory, wiped when dropped. Deliberately neither `Clone` nor `Debug`.
pub(crate) struct SecretCell {
    pages: Arc<Pages>,
    index: usize,
}

impl SecretCell {
    /// Moves a secret into a locked page of its own, wiping the original.
    pub(crate) fn alone(secret: &mut [u8; SECRET_LENGTH]) -> Self {
        let cell = Arena::new(1).store(secret);
        cell.expect("a new arena has free cells")
    }

    /// Lends the secret to `use_secret`. Borrow it no longer than needed, and copy it nowhere
    /// that is not wiped.
    pub(crate) fn expose<T>(&self, use_secret: impl FnOnce(&[u8; SECRET_LENGTH]) -> T) -> T {
        use_secret(
            &self
                .lock_cell()
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn lock_cell(&self) -> &RwLock<[u8; SECRET_LENGTH]> {
        &self.pages.pages[self.index / CELLS_PER_PAGE].0[self.index % CELLS_PER_PAGE].0
    }
}

impl Drop for SecretCell {
    fn drop(&mut self) {
        self.lock_cell()
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .zeroize();
        self.pages
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self.index);
    }
}

/// A protection the system would not grant. The operator should hear of it at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HardeningGap {
    /// The core dump limit could not be set to zero.
    #[error("core dumps could not be turned off")]
    CoreDumps,
    /// The process could not be closed to debuggers and `/proc/self/mem` readers.
    #[error("the process is open to debuggers of the same user")]
    Debuggers,
    /// Memory cannot be locked; raise the locked-memory limit or turn swap off.
    #[error("secrets cannot be kept out of swap")]
    Swap,
}

/// Closes the process to core dumps and debuggers and tries out memory locking.
///
/// Call it once, before the first secret is read. Returns what could not be done; an empty list
/// is full protection.
pub fn harden_process() -> Vec<HardeningGap> {
    let mut gaps = Vec::new();
    if !forbid_core_dumps() {
        gaps.push(HardeningGap::CoreDumps);
    }
    if !forbid_debuggers() {
        gaps.push(HardeningGap::Debuggers);
    }
    if !Arena::new(1).is_locked() {
        gaps.push(HardeningGap::Swap);
    }
    gaps
}

#[cfg(unix)]
fn forbid_core_dumps() -> bool {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // The hard limit too, so that nothing we load can raise it again.
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )
    .is_ok()
}

#[cfg(not(unix))]
fn forbid_core_dumps() -> bool {
    false
}

#[cfg(target_os = "linux")]
fn forbid_debuggers() -> bool {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn forbid_debuggers() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &SecretCell) -> [u8; SECRET_LENGTH] {
        cell.expose(|secret| *secret)
    }

    #[test]
    fn t104_storing_a_secret_wipes_where_it_came_from() {
        let mut original = [7; 32];
        let cell = Arena::new(1).store(&mut original).unwrap();
        assert_eq!(original, [0; 32]);
        assert_eq!(read(&cell), [7; 32]);
    }

    #[test]
    fn t104_a_dropped_secret_is_gone_from_its_cell() {
        let arena = Arena::new(1);
        let cell = arena.store(&mut [7; 32]).unwrap();
        let index = cell.index;
        drop(cell);
        let left = *arena.0.pages[0].0[index].0.read().unwrap();
        assert_eq!(left, [0; 32]);
    }

    #[test]
    fn cells_do_not_share_and_are_used_again() {
        let arena = Arena::new(1);
        let mut cells: Vec<_> = (1..=64)
            .map(|n| arena.store(&mut [n; 32]).unwrap())
            .collect();
        assert!(arena.store(&mut [65; 32]).is_none());
        for (n, cell) in (1..).zip(&cells) {
            assert_eq!(read(cell), [n; 32]);
        }
        cells.remove(10);
        let again = arena.store(&mut [66; 32]).unwrap();
        assert_eq!(read(&again), [66; 32]);
        assert_eq!(read(&cells[9]), [10; 32]);
        assert_eq!(read(&cells[10]), [12; 32]);
    }

    #[test]
    fn a_full_arena_still_takes_a_secret_elsewhere() {
        let arena = Arena::new(0);
        assert!(arena.store(&mut [1; 32]).is_none());
        assert_eq!(read(&arena.store_or_grow(&mut [1; 32])), [1; 32]);
    }

    #[test]
    fn a_cell_outlives_its_arena() {
        let cell = Arena::new(1).store(&mut [9; 32]).unwrap();
        assert_eq!(read(&cell), [9; 32]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn t103_a_hardened_process_is_not_dumpable() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        let gaps = harden_process();
        assert!(!gaps.contains(&HardeningGap::CoreDumps));
        assert!(!gaps.contains(&HardeningGap::Debuggers));
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
