//! How often somebody may call.
//!
//! Each caller has a bucket that drains at a steady rate: the generic cell rate algorithm (ITU-T
//! I.371), which needs one number per caller and no timer. Callers without a key are told apart by
//! their address, IPv6 addresses by their /64: one customer has at least that much, and could
//! otherwise have a fresh bucket for every request (threat T132).
//!
//! Why not a library: the usual one brings six crates for this one formula, and its table of
//! callers grows until somebody sweeps it. This one is bounded whatever comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// How often a caller may call. A burst is what may come at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RateConfig {
    /// Calls per second without a key, for each IPv4 address and each IPv6 /64.
    pub per_ip_per_second: u32,
    /// Such calls at once.
    pub per_ip_burst: u32,
    /// Calls per second with one key.
    pub per_key_per_second: u32,
    /// Such calls at once.
    pub per_key_burst: u32,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            per_ip_per_second: 20,
            per_ip_burst: 100,
            per_key_per_second: 2000,
            per_key_burst: 4000,
        }
    }
}

impl RateConfig {
    /// Whether a limit is zero, which would let nobody in.
    pub fn lets_nobody_in(&self) -> bool {
        let Self {
            per_ip_per_second,
            per_ip_burst,
            per_key_per_second,
            per_key_burst,
        } = *self;
        [
            per_ip_per_second,
            per_ip_burst,
            per_key_per_second,
            per_key_burst,
        ]
        .contains(&0)
    }
}

/// The caller has to wait: so many seconds, at least one, as `Retry-After` spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again in {0} seconds")]
pub struct RetryAfter(pub u64);

/// The limits of one server, shared by all its connections.
#[derive(Debug)]
pub struct RateLimits {
    ips: Buckets,
    keys: Buckets,
    started: Instant,
}

impl RateLimits {
    /// Limits under which nobody has called yet.
    pub fn new(config: &RateConfig) -> Self {
        Self {
            ips: Buckets::new(config.per_ip_per_second, config.per_ip_burst),
            keys: Buckets::new(config.per_key_per_second, config.per_key_burst),
            started: Instant::now(),
        }
    }

    /// Counts a call without a key. Loopback addresses count like any other.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if there were too many; the refused call does not count.
    pub fn check_ip(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.ips.take(&prefix(address), self.started.elapsed())
    }

    /// Takes back one call that was counted against an address and is counted elsewhere.
    pub fn give_back_ip(&self, address: IpAddr) {
        self.ips.give_back(&prefix(address));
    }

    /// Counts a call with a key: any bytes that tell the caller from others. They are hashed and
    /// not kept.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if there were too many; the refused call does not count.
    pub fn check_key(&self, key: &[u8]) -> Result<(), RetryAfter> {
        self.keys.take(key, self.started.elapsed())
    }
}

/// What tells callers without a key apart. An IPv4 address is one caller in either spelling.
fn prefix(address: IpAddr) -> [u8; 9] {
    let mut prefix = [0; 9];
    match address.to_canonical() {
        IpAddr::V4(address) => {
            prefix[0] = 4;
            prefix[1..5].copy_from_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            prefix[0] = 6;
            prefix[1..].copy_from_slice(&address.octets()[..8]);
        }
    }
    prefix
}

/// One bucket per caller, all of one size.
#[derive(Debug)]
struct Buckets {
    /// What one call adds, in nanoseconds: how long it takes to drain.
    call: u64,
    /// What a bucket holds, in nanoseconds.
    room: u64,
    /// Callers are known by a hash that outsiders cannot foresee.
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    /// When each bucket will be empty, in nanoseconds since the start.
    empty_at: HashMap<u64, u64>,
    /// The bucket that newcomers share while there is no room for their own.
    shared_empty_at: u64,
    /// When empty buckets were last thrown away.
    swept_at: u64,
}

/// Shards, so that calls on different cores seldom wait for one another.
const SHARDS: usize = 16;

/// Most buckets in a shard: about 2 MiB for all shards of one kind.
const MAX_BUCKETS: usize = 4096;

/// A shard is looked through for empty buckets no more often than this, in nanoseconds.
const SWEEP_PAUSE: u64 = NANOS_PER_SECOND;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Buckets {
    fn new(per_second: u32, burst: u32) -> Self {
        let call = NANOS_PER_SECOND / u64::from(per_second.max(1));
        Self {
            call,
            room: call * u64::from(burst.max(1)), // Below 2^62.
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// A caller's hash, and the shard its bucket is in.
    fn shard(&self, caller: &[u8]) -> (u64, MutexGuard<'_, Shard>) {
        let hash = self.hasher.hash_one(caller);
        let shard = &self.shards[hash as usize % SHARDS];
        // Nothing in here panics half-way, so a poisoned shard is as good as any.
        (hash, shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn give_back(&self, caller: &[u8]) {
        let (hash, mut shard) = self.shard(caller);
        if let Some(empty_at) = shard.empty_at.get_mut(&hash) {
            *empty_at = empty_at.saturating_sub(self.call);
        }
    }

    fn take(&self, caller: &[u8], since_start: Duration) -> Result<(), RetryAfter> {
        let now = u64::try_from(since_start.as_nanos()).unwrap_or(u64::MAX / 2);
        let (hash, mut shard) = self.shard(caller);
        let empty_at = shard.bucket(hash, now);
        let filled = (*empty_at).max(now) + self.call;
        match (filled - now).checked_sub(self.room) {
            None | Some(0) => {
                *empty_at = filled;
                Ok(())
            }
            Some(too_much) => Err(RetryAfter(too_much.div_ceil(NANOS_PER_SECOND))),
        }
    }
}

impl Shard {
    /// The caller's bucket, an empty one if there was none, or the shared one if there is no room.
    fn bucket(&mut self, caller: u64, now: u64) -> &mut u64 {
        if self.empty_at.len() >= MAX_BUCKETS && !self.empty_at.contains_key(&caller) {
            if now >= self.swept_at + SWEEP_PAUSE {
                self.swept_at = now;
                // An empty bucket is as good as none.
                self.empty_at.retain(|_, empty_at| *empty_at > now);
            }
            if self.empty_at.len() >= MAX_BUCKETS {
                return &mut self.shared_empty_at;
            }
        }
        self.empty_at.entry(caller).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// How many of a thousand calls at one moment are let in.
    fn let_in(buckets: &Buckets, caller: &[u8], at: f64) -> usize {
        (0..1000)
            .filter(|_| buckets.take(caller, seconds(at)).is_ok())
            .count()
    }

    #[test]
    fn lets_a_burst_in_and_then_the_rate() {
        let buckets = Buckets::new(20, 100);
        assert_eq!(let_in(&buckets, b"a", 0.0), 100);
        assert_eq!(let_in(&buckets, b"a", 0.5), 10);
        assert_eq!(let_in(&buckets, b"a", 0.5), 0);
        // Another caller has a bucket of its own.
        assert_eq!(let_in(&buckets, b"b", 0.5), 100);
        // A long pause earns one burst and no more.
        assert_eq!(let_in(&buckets, b"a", 3600.0), 100);
    }

    #[test]
    fn a_call_that_was_given_back_does_not_count() {
        let buckets = Buckets::new(1, 2);
        for _ in 0..10 {
            assert_eq!(buckets.take(b"a", seconds(1.0)), Ok(()));
            buckets.give_back(b"a");
        }
        // Nobody has more than a burst for it.
        buckets.give_back(b"a");
        assert_eq!(let_in(&buckets, b"a", 1.0), 2);
        buckets.give_back(b"stranger");
        assert_eq!(let_in(&buckets, b"stranger", 1.0), 2);
    }

    #[test]
    fn says_how_long_to_wait() {
        let buckets = Buckets::new(1, 2);
        assert_eq!(buckets.take(b"a", seconds(0.0)), Ok(()));
        assert_eq!(buckets.take(b"a", seconds(0.0)), Ok(()));
        assert_eq!(buckets.take(b"a", seconds(0.0)), Err(RetryAfter(1)));
        assert_eq!(buckets.take(b"a", seconds(0.999)), Err(RetryAfter(1)));
        // Whoever waits that long is let in, once.
        assert_eq!(buckets.take(b"a", seconds(1.0)), Ok(()));
        assert_eq!(buckets.take(b"a", seconds(1.0)), Err(RetryAfter(1)));
    }

    #[test]
    fn the_widest_limits_are_none() {
        let buckets = Buckets::new(u32::MAX, u32::MAX);
        assert_eq!(let_in(&buckets, b"a", 0.0), 1000);
        let slowest = Buckets::new(1, u32::MAX);
        assert_eq!(let_in(&slowest, b"a", 0.0), 1000);
    }

    #[test]
    fn t132_the_addresses_of_one_64_share_a_bucket() {
        let limits = RateLimits::new(&RateConfig {
            per_ip_per_second: 1,
            per_ip_burst: 2,
            ..RateConfig::default()
        });
        let check = |address: &str| limits.check_ip(address.parse().unwrap()).is_ok();
        assert!(check("2001:db8:1:2::1"));
        assert!(check("2001:db8:1:2:ffff::1"));
        assert!(!check("2001:db8:1:2:abcd:ef01:2345:6789"));
        assert!(check("2001:db8:1:3::1"), "the next /64 is another caller");
    }

    #[test]
    fn t132_an_ipv4_address_is_one_caller_in_either_spelling() {
        let limits = RateLimits::new(&RateConfig {
            per_ip_per_second: 1,
            per_ip_burst: 2,
            ..RateConfig::default()
        });
        let check = |address: &str| limits.check_ip(address.parse().unwrap()).is_ok();
        assert!(check("192.0.2.1"));
        assert!(check("::ffff:192.0.2.1"));
        assert!(!check("192.0.2.1"));
        assert!(!check("::ffff:192.0.2.1"));
        // Mapped addresses do not share the /64 they are written in.
        assert!(check("::ffff:192.0.2.2"));
        assert!(check("::1"));
        assert!(check("127.0.0.1") && check("127.0.0.1") && !check("127.0.0.1"));
    }

    #[test]
    fn keys_and_addresses_are_counted_apart() {
        let limits = RateLimits::new(&RateConfig {
            per_key_per_second: 1,
            per_key_burst: 1,
            ..RateConfig::default()
        });
        assert!(limits.check_key(b"key").is_ok());
        assert_eq!(limits.check_key(b"key"), Err(RetryAfter(1)));
        assert!(limits.check_key(b"another key").is_ok());
        assert!(limits.check_ip([192, 0, 2, 1].into()).is_ok());
    }

    #[test]
    fn t132_memory_is_bounded_however_many_call() {
        let buckets = Buckets::new(20, 100);
        assert_eq!(let_in(&buckets, b"early", 0.0), 100);
        let crowd = 2 * SHARDS * MAX_BUCKETS;
        let crowded_in = (0..crowd)
            .filter(|caller| buckets.take(&caller.to_be_bytes(), seconds(0.0)).is_ok())
            .count();
        let held = |buckets: &Buckets| -> usize {
            let shards = buckets.shards.iter();
            shards
                .map(|shard| shard.lock().unwrap().empty_at.len())
                .sum()
        };
        assert_eq!(held(&buckets), SHARDS * MAX_BUCKETS);
        // Newcomers without room share a bucket in each shard; they are not let in for nothing.
        assert_eq!(crowded_in, SHARDS * MAX_BUCKETS - 1 + SHARDS * 100);
        // Who was there before keeps a bucket of its own.
        assert_eq!(let_in(&buckets, b"early", 1.0), 20);
        // Once the crowd has gone, there is room again.
        assert_eq!(let_in(&buckets, b"late", 10.0), 100);
        assert!(held(&buckets) < SHARDS * MAX_BUCKETS);
    }

    #[test]
    fn a_limit_of_zero_lets_nobody_in() {
        assert!(!RateConfig::default().lets_nobody_in());
        let none = RateConfig {
            per_key_burst: 0,
            ..RateConfig::default()
        };
        assert!(none.lets_nobody_in());
    }
}
