//! Load on something that answers: as fast as it can, or at a rate of ours.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

/// What became of the requests of one stretch.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// Milliseconds of every request, ascending.
    millis: Vec<f64>,
    statuses: BTreeMap<u16, u64>,
    seconds: f64,
}

/// What is told of a stretch.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Told {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// How often each status was answered.
    pub(super) statuses: BTreeMap<u16, u64>,
}

impl Outcome {
    /// Requests that were answered with what was asked for, by second.
    pub(super) fn good_per_second(&self) -> f64 {
        self.statuses.get(&200).copied().unwrap_or(0) as f64 / self.seconds
    }

    /// The time below which this share of the requests was answered.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        let place = (share * self.millis.len() as f64) as usize;
        self.millis.get(place.min(self.millis.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn told(&self) -> Told {
        Told {
            per_second: self.good_per_second(),
            p50_ms: self.quantile_ms(0.5),
            p99_ms: self.quantile_ms(0.99),
            statuses: self.statuses.clone(),
        }
    }

    fn of(parts: Vec<Part>, seconds: f64) -> Self {
        let mut all = Self { seconds, ..Self::default() };
        for part in parts {
            for (millis, status) in part {
                all.millis.push(millis);
                *all.statuses.entry(status).or_default() += 1;
            }
        }
        all.millis.sort_by(f64::total_cmp);
        all
    }
}

/// Time in milliseconds and status of each request of one worker.
type Part = Vec<(f64, u16)>;

/// Every worker asks again as soon as it is answered. `worker` makes one, which is called with the number of a request and says
/// with what status it was answered.
pub(super) fn as_fast_as_it_goes<W: FnMut(u64) -> u16>(
    n_workers: usize,
    stretch: Duration,
    worker: impl Fn() -> W + Sync,
) -> Outcome {
    let next = AtomicU64::new(0);
    let begin = Instant::now();
    let work = || {
        let (mut ask, mut part) = (worker(), Part::new());
        while begin.elapsed() < stretch {
            let asked = Instant::now();
            let status = ask(next.fetch_add(1, Ordering::Relaxed));
            part.push((asked.elapsed().as_secs_f64() * 1e3, status));
        }
        part
    };
    let parts = on_threads(n_workers, &work);
    Outcome::of(parts, begin.elapsed().as_secs_f64())
}

/// Requests become due at a steady rate, whether or not those before were answered; a request's time runs from when it was due,
/// so that waiting for a free worker counts as well.
pub(super) fn at_a_rate<W: FnMut(u64) -> u16>(
    per_second: f64,
    n_workers: usize,
    stretch: Duration,
    worker: impl Fn() -> W + Sync,
) -> Outcome {
    let next = AtomicU64::new(0);
    let begin = Instant::now();
    let work = || {
        let (mut ask, mut part) = (worker(), Part::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_secs_f64(number as f64 / per_second);
            if due >= stretch {
                return part;
            }
            thread::sleep(due.saturating_sub(begin.elapsed()));
            let status = ask(number);
            part.push(((begin.elapsed().saturating_sub(due)).as_secs_f64() * 1e3, status));
        }
    };
    let parts = on_threads(n_workers, &work);
    Outcome::of(parts, begin.elapsed().as_secs_f64())
}

fn on_threads<T: Send>(n_threads: usize, work: &(impl Fn() -> T + Sync)) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a worker does not panic")).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_and_waiting_counts() {
        let outcome = at_a_rate(100.0, 1, Duration::from_millis(200), || {
            |number: u64| {
                thread::sleep(Duration::from_millis(if number == 0 { 60 } else { 0 }));
                if number.is_multiple_of(2) { 200 } else { 503 }
            }
        });
        assert_eq!(outcome.statuses, BTreeMap::from([(200, 10), (503, 10)]));
        // The second was due after 10 ms and waited until 60.
        assert!(outcome.quantile_ms(0.9) >= 40.0, "{outcome:?}");
    }

    #[test]
    fn workers_ask_until_the_end() {
        let outcome = as_fast_as_it_goes(2, Duration::from_millis(50), || {
            |_| {
                thread::sleep(Duration::from_millis(1));
                200
            }
        });
        assert!(outcome.good_per_second() > 0.0 && outcome.quantile_ms(0.5) >= 1.0);
    }
}
