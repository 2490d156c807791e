//! Scores the whole catalogue for many queries without ever holding all scores.

use rayon::prelude::*;

use crate::metrics::NonFiniteScore;
use crate::progress::Progress;

use super::{Query, Ranker};

/// Scores held at one time by all threads together. A ranker that is made of others needs as much again.
const MAX_BYTES_IN_FLIGHT: usize = 128 << 20;
const MAX_QUERIES_PER_BLOCK: usize = 256;

/// A ranker broke its contract.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("system `{system}` cannot be ranked (user {user_idx:?}, request {request_idx:?})")]
pub struct ScoreError {
    /// Name of the system.
    pub system: String,
    /// The query's user.
    pub user_idx: Option<u32>,
    /// The query's request.
    pub request_idx: Option<u32>,
    /// The offending score.
    pub source: NonFiniteScore,
}

/// Calls `read` with the place in `queries` and the scores `[n_items]` of each query, on all cores, and returns what
/// it gave in the order of `queries`. Queries with equal requests are scored together, so that a ranker can do the
/// work of a request once.
pub(super) fn score_blocks<R: Send>(
    ranker: &dyn Ranker,
    n_items: usize,
    queries: &[Query],
    progress: &dyn Progress,
    read: impl Fn(usize, &[f32]) -> Result<R, NonFiniteScore> + Sync,
) -> Result<Vec<R>, ScoreError> {
    let mut order: Vec<usize> = (0..queries.len()).collect();
    order.sort_by_key(|&place| (queries[place].request_idx, queries[place].user_idx, place));
    let blocks: Vec<Vec<(usize, R)>> = order
        .par_chunks(queries_per_block(n_items, queries.len()))
        .map(|places| {
            let block: Vec<Query> = places.iter().map(|&place| queries[place]).collect();
            let mut scores = vec![0.0; block.len() * n_items];
            ranker.score(&block, &mut scores);
            let rows = places.iter().zip(&block).zip(scores.chunks_exact(n_items));
            let results = rows.map(|((&place, query), row)| {
                let result = check_finite(row).and_then(|()| read(place, row));
                let result = result.map_err(|source| ScoreError {
                    system: ranker.name().to_owned(),
                    user_idx: query.user_idx,
                    request_idx: query.request_idx,
                    source,
                })?;
                Ok((place, result))
            });
            let results: Vec<(usize, R)> = results.collect::<Result<_, ScoreError>>()?;
            progress.advance(block.len() as u64);
            Ok(results)
        })
        .collect::<Result<_, ScoreError>>()?;
    let mut placed: Vec<(usize, R)> = blocks.into_iter().flatten().collect();
    placed.sort_by_key(|&(place, _)| place);
    Ok(placed.into_iter().map(|(_, result)| result).collect())
}

/// Small enough for memory and for all threads to have work, large enough for matrix products.
fn queries_per_block(n_items: usize, n_queries: usize) -> usize {
    let n_threads = rayon::current_num_threads();
    let for_memory = MAX_BYTES_IN_FLIGHT / (n_threads * n_items.max(1) * size_of::<f32>());
    let for_sharing = n_queries.div_ceil(4 * n_threads);
    for_memory.min(for_sharing).clamp(1, MAX_QUERIES_PER_BLOCK)
}

fn check_finite(row: &[f32]) -> Result<(), NonFiniteScore> {
    match (0u32..).zip(row).find(|(_, score)| !score.is_finite()) {
        None => Ok(()),
        Some((item_idx, &score)) => Err(NonFiniteScore { item_idx, score }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    /// Scores item `i` for request `r` with `1000 r + i`, and remembers nothing.
    struct Numbered;

    impl Ranker for Numbered {
        fn name(&self) -> &str {
            "numbered"
        }

        fn score(&self, queries: &[Query], scores: &mut [f32]) {
            let n_items = scores.len() / queries.len();
            for (query, row) in queries.iter().zip(scores.chunks_exact_mut(n_items)) {
                assert!(row.iter().all(|&score| score == 0.0));
                for (item, score) in row.iter_mut().enumerate() {
                    *score = (1000 * query.request_idx.unwrap_or(0) + item as u32) as f32;
                }
            }
        }
    }

    struct Broken;

    impl Ranker for Broken {
        fn name(&self) -> &str {
            "broken"
        }

        fn score(&self, _queries: &[Query], scores: &mut [f32]) {
            scores[2] = f32::NAN;
        }
    }

    fn query(request: u32) -> Query {
        Query { user_idx: Some(0), request_idx: Some(request), moment: 0 }
    }

    #[test]
    fn results_come_in_the_order_of_the_queries() {
        let queries: Vec<Query> = (0..1000).map(|n| query((n * 7919) % 1000)).collect();
        let got = score_blocks(&Numbered, 3, &queries, &Silent, |place, row| Ok((place, row[1]))).unwrap();
        for (place, (query, got)) in queries.iter().zip(got).enumerate() {
            assert_eq!(got, (place, (1000 * query.request_idx.unwrap() + 1) as f32));
        }
    }

    #[test]
    fn scores_that_are_no_number_are_refused() {
        let error = score_blocks(&Broken, 3, &[query(5)], &Silent, |_, _| Ok(())).unwrap_err();
        assert_eq!((error.source.item_idx, error.request_idx), (2, Some(5)));
        assert!(error.to_string().contains("`broken`"));
    }

    #[test]
    fn blocks_stay_within_memory() {
        let n_threads = rayon::current_num_threads();
        for n_items in [1, 10_000, 105_542, 200_000_000] {
            let bytes = queries_per_block(n_items, 1_000_000) * n_threads * n_items * 4;
            assert!(bytes <= MAX_BYTES_IN_FLIGHT.max(n_threads * n_items * 4), "{n_items} items: {bytes} bytes");
        }
    }
}
