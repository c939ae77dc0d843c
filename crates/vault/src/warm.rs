//! Keys that were used lately, kept in locked memory so that the next signature need not open
//! and derive them again.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire::id::{PrivateKeyId, WalletId};
use wire::keys::{Curve, DerivationPath};

use crate::access::KeyRef;
use crate::memory::{Arena, CELLS_PER_PAGE};
use crate::seal;
use crate::signing_key::SigningKey;
use crate::{Error, PrivateKeyRow, WalletRow};

/// Everything a key's secret depends on: row, path, curve and the very ciphertext.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct WarmName {
    source: Source,
    curve: Curve,
    tag: [u8; 16],
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Source {
    Account(WalletRow, DerivationPath),
    PrivateKey(PrivateKeyRow),
}

impl WarmName {
    pub(crate) fn of(key: &KeyRef<'_>) -> Self {
        match *key {
            KeyRef::Account {
                wallet,
                sealed,
                path,
                curve,
            } => Self {
                source: Source::Account(wallet, path.clone()),
                curve,
                tag: seal::tag(sealed),
            },
            KeyRef::PrivateKey { key, sealed, curve } => Self {
                source: Source::PrivateKey(key),
                curve,
                tag: seal::tag(sealed),
            },
        }
    }

    pub(crate) fn is_of_wallet(&self, wallet: WalletId) -> bool {
        matches!(&self.source, Source::Account(row, _) if row.wallet == wallet)
    }

    pub(crate) fn is_private_key(&self, key: PrivateKeyId) -> bool {
        matches!(&self.source, Source::PrivateKey(row) if row.key == key)
    }
}

/// A bounded map in two generations: a key that is used moves to the young one, and when that
/// holds half of what there is room for, the old one is dropped. What makes room is a key that was
/// not used for as long as it took to use half a shelf of others.
///
/// A name must hold everything its key's secret depends on, the ciphertext's tag included.
pub(crate) struct WarmKeys<Name = WarmName, Key = SigningKey> {
    capacity: usize,
    arena: Arena,
    shelf: Mutex<Shelf<Name, Key>>,
}

struct Shelf<Name, Key> {
    young: HashMap<Name, Arc<Key>>,
    old: HashMap<Name, Arc<Key>>,
    /// Counts calls of [`WarmKeys::forget`].
    forgets: u64,
}

impl<Name: Eq + Hash, Key> WarmKeys<Name, Key> {
    pub(crate) fn new(capacity: usize) -> Self {
        // One page more than the shelf holds, for keys on their way onto it or off it.
        let arena = Arena::new(capacity.div_ceil(CELLS_PER_PAGE) + 1);
        let shelf = Shelf {
            young: HashMap::new(),
            old: HashMap::new(),
            forgets: 0,
        };
        Self {
            capacity,
            arena,
            shelf: Mutex::new(shelf),
        }
    }

    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The warm key, or the one that `make` makes, which then is warm. No lock is held meanwhile,
    /// so two threads may make the same key; the later one stays.
    pub(crate) fn get_or_insert(
        &self,
        name: Name,
        make: impl FnOnce(&Arena) -> Result<Key, Error>,
    ) -> Result<Arc<Key>, Error> {
        let forgets = {
            let mut shelf = self.shelf();
            if let Some(key) = shelf.take_note_of(&name, self.capacity) {
                return Ok(key);
            }
            shelf.forgets
        };
        let key = Arc::new(make(&self.arena)?);
        let mut shelf = self.shelf();
        // A key forgotten while it was being made must not come back.
        if self.capacity > 0 && shelf.forgets == forgets {
            shelf.insert(name, Arc::clone(&key), self.capacity);
        }
        Ok(key)
    }

    /// Drops, and thereby wipes, the keys whose name matches, as soon as no signature uses them.
    pub(crate) fn forget(&self, matches: impl Fn(&Name) -> bool) {
        let mut shelf = self.shelf();
        shelf.forgets += 1;
        shelf.young.retain(|name, _| !matches(name));
        shelf.old.retain(|name, _| !matches(name));
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<Name, Key>> {
        // Every method leaves the shelf whole, so a panic elsewhere does not make it unusable.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Name: Eq + Hash, Key> Shelf<Name, Key> {
    fn take_note_of(&mut self, name: &Name, capacity: usize) -> Option<Arc<Key>> {
        if let Some(key) = self.young.get(name) {
            return Some(Arc::clone(key));
        }
        let (name, key) = self.old.remove_entry(name)?;
        self.insert(name, Arc::clone(&key), capacity);
        Some(key)
    }

    fn insert(&mut self, name: Name, key: Arc<Key>, capacity: usize) {
        if self.young.len() >= capacity.div_ceil(2) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(name, key);
    }
}

#[cfg(test)]
mod tests;
