//! A small map that forgets what has not been asked for in a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// At most twice `capacity` entries in two generations: what is asked for moves to the young one,
/// and when that is full the old one goes. Cheaper than keeping an order, and good enough.
pub(crate) struct Cache<K, V> {
    capacity: usize,
    generations: Mutex<Generations<K, V>>,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// Counts what was forgotten on purpose.
    epoch: u64,
}

/// A moment in a cache's life. What was looked up before something was forgotten may be that very
/// thing as it no longer is, so it is not remembered after.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// An empty cache.
    pub(crate) fn new(capacity: usize) -> Self {
        let generations = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
            epoch: 0,
        };
        Self {
            capacity,
            generations: Mutex::new(generations),
        }
    }

    /// What is remembered under the key.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.with(|generations| {
            if let Some(value) = generations.young.get(key) {
                return Some(value.clone());
            }
            let (key, value) = generations.old.remove_entry(key)?;
            generations.insert(self.capacity, key, value.clone());
            Some(value)
        })
    }

    /// Now. To be asked before a value is looked up elsewhere.
    pub(crate) fn epoch(&self) -> Epoch {
        self.with(|generations| Epoch(generations.epoch))
    }

    /// Remembers a value that was looked up since `epoch`.
    pub(crate) fn insert(&self, epoch: Epoch, key: K, value: V) {
        self.with(|generations| {
            if generations.epoch == epoch.0 {
                generations.insert(self.capacity, key, value);
            }
        });
    }

    /// Remembers a value that is newer than whatever is being looked up at this moment.
    pub(crate) fn replace(&self, key: K, value: V) {
        self.with(|generations| {
            generations.old.remove(&key);
            generations.insert(self.capacity, key, value);
            generations.epoch += 1;
        });
    }

    /// Forgets the key, and whatever is being looked up at this moment.
    pub(crate) fn forget(&self, key: &K) {
        self.with(|generations| {
            generations.young.remove(key);
            generations.old.remove(key);
            generations.epoch += 1;
        });
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.with(|generations| {
            generations.young.clear();
            generations.old.clear();
            generations.epoch += 1;
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Generations<K, V>) -> T) -> T {
        // No holder of the lock leaves the maps half changed, even by a panic.
        act(&mut self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn insert(&mut self, capacity: usize, key: K, value: V) {
        if self.young.len() >= capacity {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_asked_for_and_forgets_the_rest() {
        let cache = Cache::new(2);
        for key in 0..6 {
            cache.insert(cache.epoch(), key, key);
            assert_eq!(cache.get(&0), Some(0), "after {key}");
        }
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.get(&5), Some(5));
        cache.forget(&5);
        assert_eq!(cache.get(&5), None);
    }

    #[test]
    fn does_not_remember_what_was_looked_up_before_something_was_forgotten() {
        let cache = Cache::new(2);
        let before = cache.epoch();
        cache.forget(&1);
        cache.insert(before, 1, "as it was");
        assert_eq!(cache.get(&1), None);
        cache.insert(cache.epoch(), 1, "as it is");
        assert_eq!(cache.get(&1), Some("as it is"));
    }
}
