//! How much was done, by whom, with what words and when: what is told of a store whose single events are not kept in memory.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, EventType, TimeKind};
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

/// Equal parts of the time between the first event and the last.
const N_SPANS: usize = 48;

/// Counts over all events of a catalog, the impressions among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// All events.
    pub n_events: usize,
    /// Events of each type that there is.
    pub by_type: BTreeMap<EventType, usize>,
    /// When they happened; `None` without events, or where only their order is known.
    pub time: Option<Times>,
    /// `[n_requests]`: events under each request.
    pub by_request: Vec<u32>,
    /// `[n_users]`: events of each user.
    pub by_user: Vec<u32>,
}

/// When events happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Of the first, in Unix seconds.
    pub from: i64,
    /// Of the last, in Unix seconds.
    pub to: i64,
    /// Events in equal parts of the time between.
    pub counts: Vec<usize>,
}

impl Activity {
    /// Counts all events.
    pub fn count(catalog: &Catalog) -> Self {
        let mut by_type: BTreeMap<EventType, usize> = BTreeMap::new();
        let mut by_request = vec![0; catalog.requests.len()];
        let mut by_user = vec![0; catalog.n_users()];
        for event in &catalog.events {
            *by_type.entry(event.event_type).or_default() += 1;
            by_user[event.user_idx as usize] += 1;
            if let Some(request) = event.request_idx {
                by_request[request as usize] += 1;
            }
        }
        Self { n_events: catalog.events.len(), by_type, time: times(catalog), by_request, by_user }
    }

    /// Writes it into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value("activity", &(self.n_events, &self.by_type, &self.time))?;
        out.array("activity.by_request", &self.by_request)?;
        out.array("activity.by_user", &self.by_user)
    }

    /// Reads what [`Self::save`] wrote of the same catalog.
    pub(crate) fn load(catalog: &Catalog, from: &mut FlatReader) -> Result<Self, FlatError> {
        let (n_events, by_type, time) = from.value("activity")?;
        let by_request = from.array_of("activity.by_request", catalog.requests.len())?;
        let by_user = from.array_of("activity.by_user", catalog.n_users())?;
        Ok(Self { n_events, by_type, time, by_request, by_user })
    }
}

fn times(catalog: &Catalog) -> Option<Times> {
    if catalog.info.time_kind != TimeKind::Unix {
        return None;
    }
    let (from, to) = (catalog.events.first()?.timestamp, catalog.events.last()?.timestamp);
    let mut counts = vec![0; N_SPANS];
    // In 128 bits, so that no timestamp is too far away.
    let (origin, length) = (i128::from(from), (i128::from(to) - i128::from(from)).max(1));
    for event in &catalog.events {
        let span = (i128::from(event.timestamp) - origin) * N_SPANS as i128 / length;
        let span = usize::try_from(span).unwrap_or(0).min(N_SPANS - 1);
        counts[span] += 1;
    }
    Some(Times { from, to, counts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sample::{catalog_of, click};

    #[test]
    fn every_event_counts_in_each_of_its_columns() {
        let mut events = vec![click(1, 0, Some(1), 0), click(0, 1, None, 50), click(1, 1, Some(1), 96)];
        events[1].event_type = EventType::Impression;
        let activity = Activity::count(&catalog_of(TimeKind::Unix, 3, 2, &["blue", "red"], events.clone()));
        assert_eq!(
            (activity.n_events, &activity.by_request[..], &activity.by_user[..]),
            (3, &[0, 2][..], &[1, 2, 0][..])
        );
        assert_eq!(activity.by_type, [(EventType::Impression, 1), (EventType::Click, 2)].into());
        let Times { from, to, counts } = activity.time.unwrap();
        let filled: Vec<(usize, usize)> = counts.into_iter().enumerate().filter(|&(_, n)| n > 0).collect();
        assert_eq!((from, to, filled), (0, 96, vec![(0, 1), (25, 1), (47, 1)]));
        assert_eq!(Activity::count(&catalog_of(TimeKind::Order, 3, 2, &["blue", "red"], events)).time, None);
    }
}
