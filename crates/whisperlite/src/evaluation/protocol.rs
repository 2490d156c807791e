//! Which questions are asked of every system, what answers them, and how they are asked.
//!
//! One query is one person's request (or, without words, one person) within the held-out part. What everybody's
//! behaviour says is frozen at the part's beginning ([`Visible`]); the person's own history runs up to the moment of
//! the query, as it would in a shop: a film that somebody tagged a minute ago is no discovery any more.
//!
//! Each query is judged twice. *Discovery*: only items that the person never touched before are relevant, and what they
//! touched is left out of every system's ranking. *Repeats*: everything they chose is relevant, nothing is left out.

use std::collections::BTreeMap;

use crate::catalog::split::{Part, Split, Visible};
use crate::catalog::{Catalog, Event};
use crate::metrics::{MAX_CUTOFF, NonFiniteScore, top_k};
use crate::progress::Progress;
use crate::signals::{Histories, HistoryEntry, ItemTimes, RequestCounts};

use super::blocks::{ScoreError, score_blocks};
use super::{JudgedQuery, Query, Ranked, Ranker, Run};

/// From how many past events on a user counts as warm.
const WARM_USER_EVENTS: usize = 5;

/// Which of the two tables is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Items new to the person.
    Discovery,
    /// All items, also those that the person had before.
    Repeats,
}

/// What one system answered, under both judgements.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// One ranking per query of [`Protocol::judged`]`(Discovery)`.
    pub discovery: Run,
    /// One ranking per query of [`Protocol::judged`]`(Repeats)`.
    pub repeats: Run,
}

/// The questions of one held-out part, with everything that may be known when they are answered.
#[derive(Debug)]
pub struct Protocol<'a> {
    catalog: &'a Catalog,
    visible: Visible,
    histories: Histories,
    discovery: Vec<JudgedQuery>,
    repeats: Vec<JudgedQuery>,
    /// For each of `repeats`, where the same query stands in `discovery`.
    in_discovery: Vec<Option<usize>>,
}

impl<'a> Protocol<'a> {
    /// Makes the queries of `part`. Their order, and so every file made from them, depends on the catalog alone.
    pub fn new(catalog: &'a Catalog, split: &Split, part: Part) -> Self {
        let visible = split.visible_for(part);
        let mut up_to_part_end = [visible.events.as_slice(), split.events_of(part)].concat();
        up_to_part_end.sort_unstable();
        let histories = Histories::build(catalog, &up_to_part_end);
        let slicer = Slicer::new(catalog, &visible);
        let (mut discovery, mut repeats, mut in_discovery) = (Vec::new(), Vec::new(), Vec::new());
        for (query, chosen) in group_by_query(catalog, split.asked_events(catalog, part)) {
            let history = history_of(&histories, &query);
            let is_new = |item: &u32| !history.iter().any(|entry| entry.item_idx == *item);
            let new: Vec<u32> = chosen.iter().copied().filter(is_new).collect();
            in_discovery.push((!new.is_empty()).then_some(discovery.len()));
            let judged = |relevant: Vec<u32>| JudgedQuery {
                query_id: query_id(catalog, &query),
                query,
                slices: slicer.slices(&query, history.len(), &relevant),
                relevant,
            };
            if !new.is_empty() {
                discovery.push(judged(new));
            }
            repeats.push(judged(chosen));
        }
        Self { catalog, visible, histories, discovery, repeats, in_discovery }
    }

    /// The catalog that is asked about.
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// What may be counted and learned from.
    pub fn visible(&self) -> &Visible {
        &self.visible
    }

    /// The queries and what answers them.
    pub fn judged(&self, judgement: Judgement) -> &[JudgedQuery] {
        match judgement {
            Judgement::Discovery => &self.discovery,
            Judgement::Repeats => &self.repeats,
        }
    }

    /// What the query's person did before they asked, newest first; empty without a person.
    pub fn history(&self, query: &Query) -> &[HistoryEntry] {
        history_of(&self.histories, query)
    }

    /// The items that are left out of the ranking of a query, ascending.
    pub fn left_out(&self, query: &Query, judgement: Judgement) -> Vec<u32> {
        match judgement {
            Judgement::Repeats => Vec::new(),
            Judgement::Discovery => {
                let mut touched: Vec<u32> = self.history(query).iter().map(|entry| entry.item_idx).collect();
                touched.sort_unstable();
                touched.dedup();
                touched
            }
        }
    }

    /// Lets `ranker` score the whole catalogue for every query and keeps the best places under both judgements.
    pub fn rank_all(&self, ranker: &dyn Ranker, progress: &dyn Progress) -> Result<Runs, ScoreError> {
        let queries: Vec<Query> = self.repeats.iter().map(|judged| judged.query).collect();
        progress.start(&format!("rank by {}", ranker.name()), Some(queries.len() as u64), "queries");
        let both = score_blocks(ranker, self.catalog.n_items(), &queries, progress, |place, row| {
            self.best_places(&queries[place], row)
        })?;
        progress.finish(&format!("ranked {} queries by {}", queries.len(), ranker.name()));
        let run = |rankings| Run { system: ranker.name().to_owned(), rankings };
        let (mut discovery, mut repeats) = (Vec::with_capacity(self.discovery.len()), Vec::with_capacity(both.len()));
        for ((new, all), in_discovery) in both.into_iter().zip(&self.in_discovery) {
            discovery.extend(in_discovery.map(|_| new));
            repeats.push(all);
        }
        Ok(Runs { discovery: run(discovery), repeats: run(repeats) })
    }

    /// The rankings of one query: without what the person touched, and with it.
    fn best_places(&self, query: &Query, scores: &[f32]) -> Result<(Vec<Ranked>, Vec<Ranked>), NonFiniteScore> {
        let touched = self.left_out(query, Judgement::Discovery);
        Ok((top_k(scores, MAX_CUTOFF, &touched)?, top_k(scores, MAX_CUTOFF, &[])?))
    }
}

fn history_of<'h>(histories: &'h Histories, query: &Query) -> &'h [HistoryEntry] {
    query.user_idx.map_or(&[], |user_idx| histories.before(user_idx, query.moment))
}

/// One query per user and request, at the moment of its first event, with the items chosen under it, ascending.
fn group_by_query(catalog: &Catalog, events: impl Iterator<Item = u32>) -> Vec<(Query, Vec<u32>)> {
    let mut groups: BTreeMap<(u32, Option<u32>), (i64, Vec<u32>)> = BTreeMap::new();
    for event_idx in events {
        let event: &Event = &catalog.events[event_idx as usize];
        if event.event_type.is_positive() {
            let key = (event.user_idx, event.request_idx);
            let (moment, items) = groups.entry(key).or_insert((event.timestamp, Vec::new()));
            *moment = event.timestamp.min(*moment);
            items.push(event.item_idx);
        }
    }
    let sorted = |mut items: Vec<u32>| {
        items.sort_unstable();
        items.dedup();
        items
    };
    let queries = groups.into_iter().map(|((user_idx, request_idx), (moment, items))| {
        (Query { user_idx: Some(user_idx), request_idx, moment }, sorted(items))
    });
    queries.collect()
}

/// `u:<user id>/r:<request index>`, with `-` for what the query lacks.
fn query_id(catalog: &Catalog, query: &Query) -> String {
    let user = query.user_idx.map_or("-", |user| &catalog.user_ids[user as usize]);
    let request = query.request_idx.map_or("-".to_owned(), |request| request.to_string());
    format!("u:{user}/r:{request}")
}

/// Decides which slices of the report a query belongs to.
struct Slicer {
    requests: RequestCounts,
    items: ItemTimes,
}

impl Slicer {
    fn new(catalog: &Catalog, visible: &Visible) -> Self {
        Self {
            requests: RequestCounts::build(catalog, &visible.events),
            items: ItemTimes::build(catalog, &visible.events),
        }
    }

    fn slices(&self, query: &Query, n_history: usize, relevant: &[u32]) -> Vec<&'static str> {
        let user = match n_history {
            0 => "cold user",
            n if n >= WARM_USER_EVENTS => "warm user",
            _ => "user with little history",
        };
        let request = query.request_idx.map(|r| if self.requests.is_seen(r) { "seen request" } else { "new request" });
        let n_cold = relevant.iter().filter(|&&item| self.items.first_seen(item).is_none()).count();
        let items = if n_cold == relevant.len() { "cold items" } else { "warm items" };
        [Some(user), request, Some(items)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::split::{SplitConfig, SplitRule};
    use crate::catalog::{EventType, TimeKind};
    use crate::progress::Silent;

    /// Eight training events, then one event for validation, then the test part from moment 10 on.
    fn sample() -> Catalog {
        let mut events = vec![
            click(0, 0, Some(0), 0),
            click(0, 1, Some(0), 1),
            click(1, 0, Some(0), 2),
            click(1, 0, None, 3),
            click(1, 2, None, 4),
            click(1, 2, None, 5),
            click(1, 2, None, 6),
            click(0, 4, None, 7),
            click(2, 1, None, 8),
            click(0, 0, Some(1), 10),
            click(0, 3, Some(1), 11),
            click(0, 3, Some(2), 12),
            click(1, 3, None, 13),
            click(1, 5, None, 14),
            click(2, 1, Some(0), 15),
            click(2, 5, Some(0), 16),
        ];
        events[7].event_type = EventType::Impression;
        events[13].event_type = EventType::Dislike;
        catalog_of(TimeKind::Unix, 3, 6, &["blue", "new", "red"], events)
    }

    fn protocol(catalog: &Catalog) -> Protocol<'_> {
        let rule = Some(SplitRule::GlobalTime { train: 0.5, valid: 0.1 });
        let split = Split::new(catalog, &SplitConfig { rule, ..SplitConfig::default() }).unwrap();
        assert_eq!((split.train.len(), split.valid.len()), (8, 1));
        Protocol::new(catalog, &split, Part::Test)
    }

    #[test]
    fn one_query_per_user_and_request_judged_twice() {
        let catalog = sample();
        let protocol = protocol(&catalog);
        let judged = |judgement| -> Vec<(String, Vec<u32>)> {
            protocol.judged(judgement).iter().map(|j| (j.query_id.clone(), j.relevant.clone())).collect()
        };
        let named = |rows: &[(&str, &[u32])]| -> Vec<(String, Vec<u32>)> {
            rows.iter().map(|&(id, relevant)| (id.to_owned(), relevant.to_vec())).collect()
        };
        assert_eq!(
            judged(Judgement::Repeats),
            named(&[("u:u0/r:1", &[0, 3]), ("u:u0/r:2", &[3]), ("u:u1/r:-", &[3]), ("u:u2/r:0", &[1, 5])])
        );
        // Item 0 was u0's in training; item 3 is new at moment 10 but no longer at moment 12.
        assert_eq!(judged(Judgement::Discovery), named(&[("u:u0/r:1", &[3]), ("u:u1/r:-", &[3]), ("u:u2/r:0", &[5])]));
    }

    #[test]
    fn slices_say_what_was_known() {
        let catalog = sample();
        let protocol = protocol(&catalog);
        let slices: Vec<_> = protocol.judged(Judgement::Repeats).iter().map(|j| j.slices.clone()).collect();
        assert_eq!(slices[0], ["user with little history", "new request", "warm items"]);
        assert_eq!(slices[1], ["user with little history", "new request", "cold items"]);
        assert_eq!(slices[2], ["warm user", "cold items"]);
        assert_eq!(slices[3], ["user with little history", "seen request", "warm items"]);
    }

    #[test]
    fn discovery_leaves_out_what_the_person_touched() {
        struct ByIndex;
        impl Ranker for ByIndex {
            fn name(&self) -> &str {
                "by index"
            }
            fn score(&self, _queries: &[Query], scores: &mut [f32]) {
                for row in scores.chunks_exact_mut(6) {
                    row.copy_from_slice(&[0.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
                }
            }
        }
        let catalog = sample();
        let runs = protocol(&catalog).rank_all(&ByIndex, &Silent).unwrap();
        let items = |run: &Run, query: usize| -> Vec<u32> { run.rankings[query].iter().map(|r| r.item_idx).collect() };
        assert_eq!((runs.discovery.rankings.len(), runs.repeats.rankings.len()), (3, 4));
        assert_eq!(items(&runs.repeats, 0), [5, 4, 3, 2, 1, 0]);
        assert_eq!(items(&runs.discovery, 0), [5, 4, 3, 2]);
        assert_eq!(items(&runs.discovery, 1), [5, 4, 3, 1]);
        assert_eq!(items(&runs.discovery, 2), [5, 4, 3, 2, 0]);
    }
}
