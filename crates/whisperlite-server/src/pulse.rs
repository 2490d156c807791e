//! What people did since the server began, by type and minute: what a dashboard shows as it happens.
//!
//! Not for: anything that must be right after a restart. The store has every event.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;
use whisperlite::catalog::EventType;

/// Minutes that are remembered one by one.
const N_MINUTES: usize = 60;

/// Counts of events that were stored.
#[derive(Debug)]
pub(crate) struct Pulse {
    since: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    by_type: BTreeMap<EventType, u64>,
    /// Minutes since the beginning, with the events of each; the newest last, and none without events.
    minutes: VecDeque<(u64, u64)>,
}

/// The counts at a moment.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Beats {
    /// Since the server began.
    seconds: u64,
    /// Events since then.
    by_type: BTreeMap<EventType, u64>,
    /// Events of each of the last minutes, the newest last; the newest is not over yet.
    minutes: Vec<u64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { since: Instant::now(), counts: Mutex::default() }
    }
}

impl Pulse {
    /// Counts an event that was stored now.
    pub(crate) fn count(&self, event_type: EventType) {
        self.count_at(self.since.elapsed().as_secs(), event_type);
    }

    fn count_at(&self, second: u64, event_type: EventType) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.by_type.entry(event_type).or_default() += 1;
        let minute = second / 60;
        match counts.minutes.back_mut() {
            Some((last, n)) if *last >= minute => *n += 1,
            _ => counts.minutes.push_back((minute, 1)),
        }
        while counts.minutes.len() > N_MINUTES {
            counts.minutes.pop_front();
        }
    }

    /// The counts now.
    pub(crate) fn beats(&self) -> Beats {
        self.beats_at(self.since.elapsed().as_secs())
    }

    fn beats_at(&self, seconds: u64) -> Beats {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = seconds / 60;
        let mut minutes = vec![0; N_MINUTES];
        for &(minute, n) in &counts.minutes {
            let age = usize::try_from(now.saturating_sub(minute)).unwrap_or(usize::MAX);
            if let Some(place) = (N_MINUTES - 1).checked_sub(age) {
                minutes[place] += n;
            }
        }
        Beats { seconds, by_type: counts.by_type.clone(), minutes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_type_and_minute_and_old_minutes_go() {
        let pulse = Pulse::default();
        pulse.count_at(3, EventType::Click);
        pulse.count_at(59, EventType::Like);
        pulse.count_at(60, EventType::Click);
        let Beats { by_type, minutes, .. } = pulse.beats_at(61);
        assert_eq!(by_type, [(EventType::Click, 2), (EventType::Like, 1)].into());
        assert_eq!((minutes.len(), &minutes[57..]), (60, &[0, 2, 1][..]));
        assert_eq!(pulse.beats_at(60 * 60).minutes.iter().sum::<u64>(), 1);
        for minute in 2..200 {
            pulse.count_at(minute * 60, EventType::View);
        }
        assert_eq!(pulse.beats_at(199 * 60).minutes, [1; N_MINUTES]);
        assert!(pulse.counts.lock().unwrap().minutes.len() <= N_MINUTES, "the memory of it does not grow");
    }
}
