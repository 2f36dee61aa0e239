//! How many requests each caller may make, and what they are told about it (`RateLimit-Policy` and `RateLimit`, the
//! IETF's draft-ietf-httpapi-ratelimit-headers).
//!
//! Fair between clients: each key has a bucket of its own, so nobody waits for another's requests. Memory is bounded:
//! keys are kept as hashes, and a key that finds `MOST_KEYS` others shares one of `SHARED_BUCKETS` buckets until
//! [`RateLimiter::shrink`] has made room. Deliberately not here: who the caller is, and the answer `429`.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter as Governor};

use crate::settings::{RateLimit, RateLimitSettings};

/// The most keys of a class that have buckets of their own, at about 50 bytes each.
const MOST_KEYS: usize = 100_000;
/// How many buckets the keys share that come when there is no room.
const SHARED_BUCKETS: usize = 1024;

/// What kind of caller asks; each kind has limits and keys of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerClass {
    /// A citizen, by person.
    Citizen,
    /// A sender's system, by client.
    System,
    /// Everybody else, with the limits of citizens: health workers, operators, and those without a token, by address.
    Other,
}

/// Whether a request may go on, and what the caller is told about the next ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Whether the request may go on.
    pub allowed: bool,
    /// How many requests a full bucket holds.
    pub limit: u32,
    /// How many more requests may come at once.
    pub remaining: u32,
    /// After how many seconds the bucket is full again, if nothing comes.
    pub reset_seconds: u64,
    /// After how many seconds to ask again, when the request may not go on; at least one.
    pub retry_after_seconds: Option<u64>,
    /// How many seconds an empty bucket takes to fill.
    pub window_seconds: u64,
}

impl Decision {
    /// The value of the header `RateLimit`.
    #[must_use]
    pub fn header(&self) -> String {
        format!("\"default\";r={};t={}", self.remaining, self.reset_seconds)
    }
}

/// The buckets of all callers.
pub struct RateLimiter<C: Clock = DefaultClock> {
    citizen: Buckets<C>,
    system: Buckets<C>,
    other: Buckets<C>,
    /// Its keys are random: nobody can choose keys that fall together.
    hasher: RandomState,
}

impl RateLimiter {
    /// Full buckets for everybody.
    #[must_use]
    pub fn new(settings: &RateLimitSettings) -> Self {
        Self::with_clock(settings, DefaultClock::default(), MOST_KEYS)
    }
}

impl<C: Clock + Clone> RateLimiter<C> {
    fn with_clock(settings: &RateLimitSettings, clock: C, most_keys: usize) -> Self {
        let RateLimitSettings { citizen, system } = settings;
        let buckets = |limit| Buckets::new(limit, most_keys, clock.clone());
        Self {
            citizen: buckets(*citizen),
            system: buckets(*system),
            other: buckets(*citizen),
            hasher: RandomState::new(),
        }
    }

    /// Takes one request out of the bucket of `key`, if there is one in it.
    #[must_use]
    pub fn check(&self, class: CallerClass, key: &str) -> Decision {
        self.buckets(class).take(self.hasher.hash_one(key))
    }

    /// The value of the header `RateLimit-Policy`.
    #[must_use]
    pub fn policy_header(&self, class: CallerClass) -> String {
        let buckets = self.buckets(class);
        format!("\"default\";q={};w={}", buckets.limit.burst, buckets.window_seconds())
    }

    /// Forgets the keys whose buckets are full again. To be called every few seconds.
    pub fn shrink(&self) {
        for Buckets { governor, .. } in [&self.citizen, &self.system, &self.other] {
            governor.retain_recent();
            governor.shrink_to_fit();
        }
    }

    fn buckets(&self, class: CallerClass) -> &Buckets<C> {
        match class {
            CallerClass::Citizen => &self.citizen,
            CallerClass::System => &self.system,
            CallerClass::Other => &self.other,
        }
    }
}

/// Something that each may have done so often in a minute, by a key of the caller's choice.
pub struct PerMinute {
    most: NonZeroU32,
    governor: DefaultKeyedRateLimiter<String>,
}

impl PerMinute {
    /// So often; at least once.
    #[must_use]
    pub fn new(most: u32) -> Self {
        let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        Self { most, governor: Governor::keyed(Quota::per_minute(most)) }
    }

    /// Takes one, if there is one left. Otherwise: how many there are in a minute, and after how many seconds the next.
    ///
    /// # Errors
    /// All of this minute have been taken.
    pub fn take(&self, key: &str) -> Result<(), (u32, u32)> {
        self.governor.check_key(&key.to_owned()).map_err(|refused| {
            let wait = whole_seconds(refused.wait_time_from(self.governor.clock().now())).max(1);
            (self.most.get(), u32::try_from(wait).unwrap_or(u32::MAX))
        })
    }
}

/// The buckets of one class.
struct Buckets<C: Clock> {
    limit: RateLimit,
    governor: Governor<u64, BoundedStore, C, StateInformationMiddleware>,
}

impl<C: Clock> Buckets<C> {
    fn new(limit: RateLimit, most_keys: usize, clock: C) -> Self {
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        Self { limit, governor: Governor::new(quota, BoundedStore::new(most_keys), clock) }
    }

    fn take(&self, key: u64) -> Decision {
        let limit = self.limit.burst.get();
        let outcome = self.governor.check_key(&key);
        let (remaining, until_one, until_full) = match &outcome {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                (remaining, None, self.time_for(limit - remaining))
            }
            Err(refused) => {
                let until_one = refused.wait_time_from(self.governor.clock().now());
                (0, Some(until_one), until_one + self.time_for(limit - 1))
            }
        };
        Decision {
            allowed: outcome.is_ok(),
            limit,
            remaining,
            reset_seconds: whole_seconds(until_full),
            retry_after_seconds: until_one.map(|wait| whole_seconds(wait).max(1)),
            window_seconds: self.window_seconds(),
        }
    }

    fn window_seconds(&self) -> u64 {
        u64::from(self.limit.burst.get()).div_ceil(self.limit.per_second.get().into())
    }

    /// How long it takes until so many requests have come back.
    fn time_for(&self, requests: u32) -> Duration {
        Duration::from_secs(1) * requests / NonZeroU32::get(self.limit.per_second)
    }
}

/// Seconds, rounded up: who waits so long has waited long enough.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// One state for each key up to a limit, and a fixed number of states for the keys beyond.
struct BoundedStore {
    own: DashMapStateStore<u64>,
    shared: Vec<InMemoryState>,
    most_keys: usize,
}

impl BoundedStore {
    fn new(most_keys: usize) -> Self {
        let shared = std::iter::repeat_with(InMemoryState::default).take(SHARED_BUCKETS).collect();
        Self { own: DashMapStateStore::default(), shared, most_keys }
    }
}

impl StateStore for BoundedStore {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if self.own.contains_key(key) || self.own.len() < self.most_keys {
            self.own.measure_and_replace(key, decide)
        } else {
            let index = (key % SHARED_BUCKETS as u64) as usize;
            self.shared[index].measure_and_replace(&NotKeyed::NonKey, decide)
        }
    }
}

impl ShrinkableKeyedStateStore<u64> for BoundedStore {
    fn retain_recent(&self, drop_below: Nanos) {
        ShrinkableKeyedStateStore::retain_recent(&self.own, drop_below);
    }

    fn shrink_to_fit(&self) {
        self.own.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.own.len()
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limiter(most_keys: usize) -> (RateLimiter<FakeRelativeClock>, FakeRelativeClock) {
        let limit = |per_second, burst| RateLimit {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        let settings = RateLimitSettings { citizen: limit(20, 100), system: limit(2000, 4000) };
        let clock = FakeRelativeClock::default();
        clock.advance(Duration::from_secs(60));
        (RateLimiter::with_clock(&settings, clock.clone(), most_keys), clock)
    }

    /// How many requests go through until the first that does not.
    fn drain(limiter: &RateLimiter<FakeRelativeClock>, class: CallerClass, key: &str) -> usize {
        std::iter::repeat_with(|| limiter.check(class, key)).take_while(|decision| decision.allowed).count()
    }

    #[test]
    fn the_first_request_leaves_the_rest_of_the_bucket() {
        let (limiter, _) = limiter(MOST_KEYS);

        let decision = limiter.check(CallerClass::Citizen, "kari");

        let expected = Decision {
            allowed: true,
            limit: 100,
            remaining: 99,
            reset_seconds: 1,
            retry_after_seconds: None,
            window_seconds: 5,
        };
        assert_eq!(decision, expected);
        assert_eq!(decision.header(), "\"default\";r=99;t=1");
    }

    #[test]
    fn the_headers_have_the_form_of_the_draft() {
        let (limiter, _) = limiter(MOST_KEYS);
        for _ in 0..57 {
            assert!(limiter.check(CallerClass::Citizen, "kari").allowed);
        }

        assert_eq!(limiter.check(CallerClass::Citizen, "kari").header(), "\"default\";r=42;t=3");
        assert_eq!(limiter.policy_header(CallerClass::Citizen), "\"default\";q=100;w=5");
        assert_eq!(limiter.policy_header(CallerClass::System), "\"default\";q=4000;w=2");
        assert_eq!(limiter.policy_header(CallerClass::Other), "\"default\";q=100;w=5");
    }

    #[test]
    fn an_empty_bucket_refuses_until_a_request_has_come_back() {
        let (limiter, clock) = limiter(MOST_KEYS);
        assert_eq!(drain(&limiter, CallerClass::Citizen, "kari"), 100);

        let refused = limiter.check(CallerClass::Citizen, "kari");
        assert_eq!((refused.allowed, refused.remaining), (false, 0));
        assert_eq!((refused.retry_after_seconds, refused.reset_seconds), (Some(1), 5));

        clock.advance(Duration::from_millis(49));
        assert!(!limiter.check(CallerClass::Citizen, "kari").allowed);
        clock.advance(Duration::from_millis(1));
        assert!(limiter.check(CallerClass::Citizen, "kari").allowed);
        assert!(!limiter.check(CallerClass::Citizen, "kari").allowed);
    }

    #[test]
    fn who_waits_as_long_as_told_gets_through_and_a_full_bucket_comes_back() {
        let (limiter, clock) = limiter(MOST_KEYS);
        drain(&limiter, CallerClass::Citizen, "kari");

        let refused = limiter.check(CallerClass::Citizen, "kari");
        clock.advance(Duration::from_secs(refused.retry_after_seconds.unwrap()));
        assert_eq!(drain(&limiter, CallerClass::Citizen, "kari"), 20);

        let refused = limiter.check(CallerClass::Citizen, "kari");
        clock.advance(Duration::from_secs(refused.reset_seconds));
        assert_eq!(drain(&limiter, CallerClass::Citizen, "kari"), 100);
    }

    #[test]
    fn nobody_waits_for_another_key_or_another_class() {
        let (limiter, _) = limiter(MOST_KEYS);
        drain(&limiter, CallerClass::Citizen, "kari");

        assert_eq!(limiter.check(CallerClass::Citizen, "ola").remaining, 99);
        assert_eq!(limiter.check(CallerClass::Other, "kari").remaining, 99);
        assert_eq!(limiter.check(CallerClass::System, "kari").remaining, 3999);
    }

    #[test]
    fn full_buckets_are_forgotten_and_others_are_kept() {
        let (limiter, clock) = limiter(MOST_KEYS);
        drain(&limiter, CallerClass::Citizen, "kari");
        let _ = limiter.check(CallerClass::Citizen, "ola");
        clock.advance(Duration::from_secs(1));

        limiter.shrink();

        assert_eq!(limiter.citizen.governor.len(), 1);
        assert_eq!(limiter.check(CallerClass::Citizen, "kari").remaining, 19);
    }

    #[test]
    fn keys_beyond_the_limit_share_buckets_and_known_ones_keep_theirs() {
        let (limiter, clock) = limiter(2);
        let _ = limiter.check(CallerClass::Other, "kari");
        let _ = limiter.check(CallerClass::Other, "ola");
        let strangers = 2000;

        let remaining: Vec<u32> = (0..strangers)
            .map(|number| limiter.check(CallerClass::Other, &format!("stranger {number}")).remaining)
            .collect();

        assert_eq!(limiter.other.governor.len(), 2);
        // More keys than buckets: some must have met a bucket that another had used.
        assert!(remaining.iter().any(|remaining| *remaining < 99));
        assert_eq!(limiter.check(CallerClass::Other, "kari").remaining, 98);

        clock.advance(Duration::from_secs(5));
        limiter.shrink();
        assert_eq!(limiter.check(CallerClass::Other, "stranger 1").remaining, 99);
        assert_eq!(limiter.other.governor.len(), 1);
    }
}
