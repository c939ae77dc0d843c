//! Public keys kept ready for the next stamp.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use super::key::{ParsedKey, PublicKey};
use crate::webauthn;

/// A bounded store of parsed public keys, least recently used out first.
///
/// It holds nothing secret and decides nothing: a key in here was once looked up for a stamp or a
/// ceremony, which says nothing about the next.
pub struct KeyCache {
    /// Keys of API keys, by the point.
    pub(super) points: Generations<PublicKey, ParsedKey>,
    /// Keys of passkeys, by the bytes of the COSE_Key.
    pub(super) credentials: Generations<Vec<u8>, webauthn::ParsedKey>,
}

impl KeyCache {
    /// A cache for at most `capacity` API keys, about half a kilobyte each, and as many passkeys,
    /// about one kilobyte each.
    pub fn new(capacity: usize) -> Self {
        Self {
            points: Generations::new(capacity),
            credentials: Generations::new(capacity),
        }
    }
}

impl KeyCache {
    /// The public key of a registered passkey, from its COSE_Key.
    ///
    /// # Errors
    ///
    /// If the bytes are no key that verifies anything.
    pub fn passkey(&self, cose: &[u8]) -> Result<Arc<webauthn::ParsedKey>, webauthn::Rejection> {
        if let Some(key) = self.credentials.find(cose) {
            return Ok(key);
        }
        let key = Arc::new(webauthn::ParsedKey::from_cose(cose)?);
        self.credentials.keep(cose.to_vec(), Arc::clone(&key));
        Ok(key)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (points, credentials) = (self.points.len(), self.credentials.len());
        write!(f, "KeyCache({points} API keys, {credentials} passkeys)")
    }
}

/// A map that forgets what is not asked for.
///
/// Recency is kept by generation. Finding an entry promotes it into the young half; when that is
/// full the old half is dropped and the young one takes its place. So the last `capacity / 2`
/// distinct keys are always at hand, never more than `capacity` are held, and no operation walks
/// the map.
pub(super) struct Generations<K, V> {
    half: usize,
    halves: Mutex<Halves<K, V>>,
}

struct Halves<K, V> {
    young: HashMap<K, Arc<V>>,
    old: HashMap<K, Arc<V>>,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn new(capacity: usize) -> Self {
        let halves = Halves {
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            half: capacity / 2,
            halves: Mutex::new(halves),
        }
    }

    /// What is held under `key`.
    pub(super) fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.with(|halves| {
            if let Some(value) = halves.young.get(key) {
                return Some(Arc::clone(value));
            }
            let (key, value) = halves.old.remove_entry(key)?;
            halves.add(key, Arc::clone(&value), self.half);
            Some(value)
        })
    }

    /// Holds `value` under `key`.
    pub(super) fn keep(&self, key: K, value: Arc<V>) {
        self.with(|halves| halves.add(key, value, self.half));
    }

    fn len(&self) -> usize {
        self.with(|halves| halves.young.len() + halves.old.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Halves<K, V>) -> T) -> T {
        // Nothing in here can be half done: a panic elsewhere leaves at worst a missing key.
        act(&mut self.halves.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K: Eq + Hash, V> Halves<K, V> {
    fn add(&mut self, key: K, value: Arc<V>, half: usize) {
        if half == 0 {
            return;
        }
        if self.young.len() >= half && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_holds_more_than_its_capacity() {
        let cache = Generations::new(8);
        for n in 0..40 {
            cache.keep(n, Arc::new(n));
            assert!(cache.len() <= 8);
            assert_eq!(cache.find(&n).as_deref(), Some(&n));
        }
    }

    #[test]
    fn keeps_a_key_that_stays_in_use_and_forgets_an_idle_one() {
        let cache = Generations::new(8);
        for n in 0..40 {
            cache.keep(n, Arc::new(n));
            assert!(cache.find(&0).is_some());
        }
        assert!(cache.find(&1).is_none());
    }

    #[test]
    fn a_cache_without_room_holds_nothing() {
        let cache = Generations::new(0);
        cache.keep(1, Arc::new(1));
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn is_shared_by_threads_without_outgrowing_its_capacity() {
        let cache = Generations::new(8);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for n in start..start + 500 {
                        cache.keep(n, Arc::new(n));
                        assert!(cache.find(&n).is_none_or(|found| *found == n));
                        assert!(cache.len() <= 8);
                    }
                });
            }
        });

        fn is_shared<T: Send + Sync>() {}
        is_shared::<KeyCache>();
    }
}
