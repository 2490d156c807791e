//! Which items were chosen under exactly this request before?

use std::collections::HashMap;

use crate::catalog::Catalog;

use super::positive_events;

/// For each distinct request (compared in lower case), the items chosen under it and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestCounts {
    /// `[n_requests]`: the group of requests that are equal in lower case.
    group_of: Vec<u32>,
    /// `[n_groups + 1]`: where each group's items begin.
    offsets: Vec<usize>,
    /// Ascending by item within a group.
    counts: Vec<(u32, u32)>,
}

impl RequestCounts {
    /// Counts the visible events.
    pub fn build(catalog: &Catalog, visible: &[u32]) -> Self {
        let mut groups = HashMap::new();
        let group_of: Vec<u32> = catalog
            .requests
            .iter()
            .map(|request| {
                let next = groups.len() as u32;
                *groups.entry(request.to_lowercase()).or_insert(next)
            })
            .collect();
        let mut chosen: Vec<(u32, u32)> = positive_events(catalog, visible)
            .filter_map(|event| Some((group_of[event.request_idx? as usize], event.item_idx)))
            .collect();
        chosen.sort_unstable();
        let mut offsets = vec![0usize; groups.len() + 1];
        let mut counts = Vec::new();
        for same in chosen.chunk_by(|a, b| a == b) {
            let (group, item_idx) = same[0];
            counts.push((item_idx, same.len() as u32));
            offsets[group as usize + 1] += 1;
        }
        for group in 0..groups.len() {
            offsets[group + 1] += offsets[group];
        }
        Self { group_of, offsets, counts }
    }

    /// The items chosen under a request of the catalog, ascending, with how often.
    pub fn of(&self, request_idx: u32) -> &[(u32, u32)] {
        let group = self.group_of[request_idx as usize] as usize;
        &self.counts[self.offsets[group]..self.offsets[group + 1]]
    }

    /// Whether somebody made exactly this request before and chose something.
    pub fn is_seen(&self, request_idx: u32) -> bool {
        !self.of(request_idx).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};

    #[test]
    fn counts_by_request_in_lower_case() {
        let events = vec![
            click(0, 2, Some(0), 1),
            click(0, 1, Some(2), 2),
            click(0, 2, Some(2), 3),
            click(0, 0, None, 4),
            click(0, 0, Some(1), 5),
        ];
        let catalog = catalog_of(TimeKind::Unix, 1, 3, &["Red", "blue", "red"], events);
        let counts = RequestCounts::build(&catalog, &[0, 1, 2, 3]);
        assert_eq!(counts.of(0), [(1, 1), (2, 2)]);
        assert_eq!(counts.of(0), counts.of(2));
        assert!(counts.of(1).is_empty() && !counts.is_seen(1) && counts.is_seen(2));
    }
}
