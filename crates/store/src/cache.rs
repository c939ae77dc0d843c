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
}

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    /// An empty cache.
    pub(crate) fn new(capacity: usize) -> Self {
        let generations = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            capacity,
            generations: Mutex::new(generations),
        }
    }

    /// What is remembered under the key.
    pub(crate) fn get(&self, key: K) -> Option<V> {
        let found = self.with(|generations| {
            let young = generations.young.get(&key).cloned();
            young.map_or_else(
                || generations.old.remove(&key).map(Err),
                |value| Some(Ok(value)),
            )
        });
        match found? {
            Ok(value) => Some(value),
            Err(value) => {
                self.insert(key, value.clone());
                Some(value)
            }
        }
    }

    /// Remembers a value.
    pub(crate) fn insert(&self, key: K, value: V) {
        self.with(|generations| {
            if generations.young.len() >= self.capacity {
                generations.old = mem::take(&mut generations.young);
            }
            generations.young.insert(key, value);
        });
    }

    /// Forgets the key.
    pub(crate) fn remove(&self, key: K) {
        self.with(|generations| {
            generations.young.remove(&key);
            generations.old.remove(&key);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_asked_for_and_forgets_the_rest() {
        let cache = Cache::new(2);
        for key in 0..6 {
            cache.insert(key, key);
            assert_eq!(cache.get(0), Some(0), "after {key}");
        }
        assert_eq!(cache.get(1), None);
        assert_eq!(cache.get(5), Some(5));
        cache.remove(5);
        assert_eq!(cache.get(5), None);
    }
}
