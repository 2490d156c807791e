//! What each person did, newest first.

use std::io;

use crate::catalog::{Catalog, EventType};
use crate::flat_file::{FlatError, FlatReader, FlatWriter, Plain};

/// One thing that a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Index into the catalog's items.
    pub item_idx: u32,
    /// The words under which it happened, if any.
    pub request_idx: Option<u32>,
    /// What happened.
    pub event_type: EventType,
    /// When.
    pub timestamp: i64,
}

/// What happened, by the numbers that stand in files.
const EVENT_TYPES: [EventType; 8] = [
    EventType::Impression,
    EventType::View,
    EventType::Click,
    EventType::AddToCart,
    EventType::RemoveFromCart,
    EventType::Purchase,
    EventType::Like,
    EventType::Dislike,
];
/// Stands in files for the absence of words.
const NO_REQUEST: u32 = u32::MAX;

impl Plain for HistoryEntry {
    const ZERO: Self = Self { item_idx: 0, request_idx: None, event_type: EventType::View, timestamp: 0 };
    const BYTES: usize = 17;

    fn put(self, to: &mut [u8]) {
        let number = EVENT_TYPES.iter().position(|&known| known == self.event_type);
        let number = number.expect("the list has every type") as u8;
        ((self.item_idx, self.request_idx.unwrap_or(NO_REQUEST)), (number, self.timestamp)).put(to);
    }

    fn get(from: &[u8]) -> Self {
        let ((item_idx, request_idx), (number, timestamp)): ((u32, u32), (u8, i64)) = Plain::get(from);
        let event_type = EVENT_TYPES.get(usize::from(number)).copied().unwrap_or(EventType::View);
        Self { item_idx, request_idx: Some(request_idx).filter(|&idx| idx != NO_REQUEST), event_type, timestamp }
    }
}

/// The history of every user, in one piece of memory. Impressions are left out: being shown an item is nothing that
/// the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histories {
    /// `[n_users + 1]`: where each user's entries begin.
    offsets: Vec<usize>,
    /// Newest first within a user.
    entries: Vec<HistoryEntry>,
}

impl Histories {
    /// Sorts the visible events by user.
    pub fn build(catalog: &Catalog, visible: &[u32]) -> Self {
        let done: Vec<_> = visible
            .iter()
            .map(|&event_idx| &catalog.events[event_idx as usize])
            .filter(|event| event.event_type != EventType::Impression)
            .collect();
        let mut offsets = vec![0usize; catalog.n_users() + 1];
        for event in &done {
            offsets[event.user_idx as usize + 1] += 1;
        }
        for user in 0..catalog.n_users() {
            offsets[user + 1] += offsets[user];
        }
        let mut entries = vec![HistoryEntry::ZERO; done.len()];
        let mut next = offsets.clone();
        for event in done.into_iter().rev() {
            let place = &mut next[event.user_idx as usize];
            entries[*place] = HistoryEntry {
                item_idx: event.item_idx,
                request_idx: event.request_idx,
                event_type: event.event_type,
                timestamp: event.timestamp,
            };
            *place += 1;
        }
        Self { offsets, entries }
    }

    /// Writes them into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.rows("histories", &self.offsets, &self.entries)
    }

    /// Reads what [`Self::save`] wrote of so many users.
    pub(crate) fn load(n_users: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let (offsets, entries) = from.rows("histories", n_users)?;
        Ok(Self { offsets, entries })
    }

    /// Everything that the user did, newest first.
    pub fn of(&self, user_idx: u32) -> &[HistoryEntry] {
        let at = user_idx as usize;
        &self.entries[self.offsets[at]..self.offsets[at + 1]]
    }

    /// What the user did strictly before `moment`, newest first: what may be known when they ask something then.
    pub fn before(&self, user_idx: u32, moment: i64) -> &[HistoryEntry] {
        let all = self.of(user_idx);
        &all[all.partition_point(|entry| entry.timestamp >= moment)..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};

    fn items(entries: &[HistoryEntry]) -> Vec<u32> {
        entries.iter().map(|entry| entry.item_idx).collect()
    }

    #[test]
    fn histories_are_newest_first_and_hold_visible_deeds_only() {
        let mut events = vec![
            click(1, 0, Some(0), 1),
            click(0, 1, None, 2),
            click(1, 2, None, 2),
            click(1, 3, None, 2),
            click(1, 4, None, 3),
            click(1, 1, None, 4),
        ];
        events[4].event_type = EventType::Impression;
        let catalog = catalog_of(TimeKind::Unix, 3, 5, &["red"], events);
        let histories = Histories::build(&catalog, &[0, 1, 2, 3, 4]);
        assert_eq!(items(histories.of(1)), [3, 2, 0]);
        assert_eq!(items(histories.of(0)), [1]);
        assert!(histories.of(2).is_empty());
        assert_eq!(histories.of(1)[2].request_idx, Some(0));
    }

    #[test]
    fn the_history_of_a_moment_ends_strictly_before_it() {
        let events = vec![click(0, 0, None, 1), click(0, 1, None, 2), click(0, 2, None, 2), click(0, 3, None, 3)];
        let catalog = catalog_of(TimeKind::Unix, 1, 4, &[], events);
        let histories = Histories::build(&catalog, &[0, 1, 2, 3]);
        assert!(items(histories.before(0, 1)).is_empty());
        assert_eq!(items(histories.before(0, 2)), [0]);
        assert_eq!(items(histories.before(0, 3)), [2, 1, 0]);
        assert_eq!(items(histories.before(0, i64::MAX)), [3, 2, 1, 0]);
    }
}
