//! How often each key may ask: a bucket of tokens that fills at a steady rate, of which every request takes one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The buckets of all keys.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<i64, Bucket>>,
}

/// What a key may still ask at a moment.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rates {
    /// So many requests a second in the long run, and so many at once.
    pub(crate) fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Self { per_second: per_second.get().into(), burst: burst.get().into(), buckets: Mutex::default() }
    }

    /// Takes a token of a key, or says how long it takes until there is one.
    pub(crate) fn take(&self, key_id: i64, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key_id).or_insert(Bucket { tokens: self.burst, at: now });
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * self.per_second).min(self.burst);
        bucket.at = bucket.at.max(now);
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_allows_a_burst_and_fills_again_for_each_key_alone() {
        let rates = Rates::new(NonZeroU32::new(2).unwrap(), NonZeroU32::new(3).unwrap());
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert!((0..3).all(|_| rates.take(1, at(0.0)).is_ok()));
        assert_eq!(rates.take(1, at(0.0)), Err(Duration::from_millis(500)));
        assert_eq!(rates.take(2, at(0.0)), Ok(()), "another key has its own");
        assert_eq!(rates.take(1, at(0.5)), Ok(()));
        assert_eq!(rates.take(1, at(0.75)), Err(Duration::from_millis(250)));
        assert!((0..3).all(|_| rates.take(1, at(100.0)).is_ok()));
        assert!(rates.take(1, at(100.0)).is_err(), "no more than a burst is saved up");
    }
}
