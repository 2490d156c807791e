//! What people did since the catalog was read: the next answer takes it into account, without any table being made anew.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::HistoryEntry;
use crate::catalog::EventType;

/// The deeds of the time since the catalog was read, by user id, because some of these people are not in the catalog.
///
/// It is written and read by many threads. What is counted over everybody does not move with it.
#[derive(Debug, Default)]
pub struct RecentDeeds {
    deeds: RwLock<Deeds>,
}

#[derive(Debug, Default)]
struct Deeds {
    /// Newest first; of one moment, the last recorded first.
    by_user: HashMap<String, Vec<HistoryEntry>>,
    newest: Option<i64>,
}

impl RecentDeeds {
    /// Adds what a person did. Impressions are left out: being shown an item is nothing that the person did.
    pub fn record(&self, user_id: &str, entry: HistoryEntry) {
        if entry.event_type == EventType::Impression {
            return;
        }
        let mut deeds = self.deeds.write().unwrap_or_else(PoisonError::into_inner);
        deeds.newest = deeds.newest.max(Some(entry.timestamp));
        let history = deeds.by_user.entry(user_id.to_owned()).or_default();
        let place = history.partition_point(|earlier| earlier.timestamp > entry.timestamp);
        history.insert(place, entry);
    }

    /// What the person did, newest first.
    pub fn of(&self, user_id: &str) -> Vec<HistoryEntry> {
        let deeds = self.deeds.read().unwrap_or_else(PoisonError::into_inner);
        deeds.by_user.get(user_id).cloned().unwrap_or_default()
    }

    /// When the last of all deeds happened.
    pub fn newest(&self) -> Option<i64> {
        self.deeds.read().unwrap_or_else(PoisonError::into_inner).newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_report_takes_its_place_in_time_and_the_last_of_one_moment_comes_first() {
        let recent = RecentDeeds::default();
        assert_eq!((recent.of("ann"), recent.newest()), (Vec::new(), None));
        for (item_idx, timestamp) in [(1, 10), (2, 30), (3, 20), (4, 20)] {
            let entry = HistoryEntry { item_idx, request_idx: None, event_type: EventType::Click, timestamp };
            recent.record("ann", entry);
        }
        let items: Vec<u32> = recent.of("ann").iter().map(|entry| entry.item_idx).collect();
        assert_eq!((items, recent.newest()), (vec![2, 4, 3, 1], Some(30)));
        assert!(recent.of("ben").is_empty());
    }
}
