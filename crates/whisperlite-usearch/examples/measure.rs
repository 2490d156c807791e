//! Times the graph on vectors that `whisperlite bench exact-search` has written down, and prints a line of JSON for each setting:
//! milliseconds for one query and for 64, never without the recall@10 against exact search of the same vectors.
//!
//! ```text
//! cargo build --release --features kernels --example measure --manifest-path crates/whisperlite-usearch/Cargo.toml
//! whisperlite bench exact-search --hnsw crates/whisperlite-usearch/target/release/examples/measure
//! ```

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;
use serde_json::json;
use whisperlite_usearch::{Hit, HnswConfig, HnswError, HnswIndex, by_rank, recall_at_k};

/// What the peers of that measurement do, too: the length of the vectors, places of an answer, queries one by one, queries
/// together, calls of those.
const DIM: usize = 256;
const K: usize = 10;
const N_ALONE: usize = 20;
const BATCH: usize = 64;
const N_BATCHES: usize = 4;
/// Candidates for a query: the more, the slower, and the less is missed.
const EXPANSIONS: [usize; 4] = [32, 128, 512, 2048];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder with vectors.f32 and queries.f32")?;
    let rows = read_floats(&Path::new(&folder).join("vectors.f32"))?;
    let queries = read_floats(&Path::new(&folder).join("queries.f32"))?;
    let queries = queries.get(..BATCH * DIM).ok_or("too few queries")?;
    let exact: Vec<Vec<Hit>> = queries.chunks_exact(DIM).map(|query| exact(&rows, query)).collect();
    // The threads of `rayon` are as many as RAYON_NUM_THREADS says: the graph is built and asked by these.
    let begin = Instant::now();
    let mut index = HnswIndex::build(DIM, &rows, HnswConfig::default())?;
    let build_secs = begin.elapsed().as_secs_f64();
    for expansion in EXPANSIONS {
        index.set_expansion_search(expansion)?;
        for (batch, n_calls) in [(1, N_ALONE), (BATCH, N_BATCHES)] {
            let (median_ms, recall) = timed(&index, queries, batch, n_calls, &exact)?;
            let peer = format!("HNSW, {expansion} candidates");
            let line = json!({"peer": peer, "batch": batch, "median_ms": median_ms, "recall@10": recall,
                              "build_secs": build_secs});
            println!("{line}");
        }
    }
    Ok(())
}

/// Asks `batch` queries at once, as often as said, the next ones each time for as long as there are more; gives the median milliseconds of
/// a call, and the recall of all calls.
fn timed(
    index: &HnswIndex,
    queries: &[f32],
    batch: usize,
    n_calls: usize,
    exact: &[Vec<Hit>],
) -> Result<(f64, f64), HnswError> {
    let (mut took_ms, mut found, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for call in 0..n_calls {
        let first = call * batch % BATCH;
        let begin = Instant::now();
        let answers = index.search(&queries[first * DIM..][..batch * DIM], K)?;
        took_ms.push(begin.elapsed().as_secs_f64() * 1e3);
        found.extend(answers);
        truth.extend_from_slice(&exact[first..first + batch]);
    }
    took_ms.sort_by(f64::total_cmp);
    Ok((took_ms[took_ms.len() / 2], recall_at_k(&found, &truth)))
}

/// The best by all products.
fn exact(rows: &[f32], query: &[f32]) -> Vec<Hit> {
    let product = |row: &[f32]| row.iter().zip(query).map(|(a, b)| a * b).sum();
    let hit = |(item_idx, row): (usize, &[f32])| Hit { item_idx: item_idx as u32, score: product(row) };
    let mut all: Vec<Hit> = rows.par_chunks_exact(DIM).enumerate().map(hit).collect();
    all.select_nth_unstable_by(K, by_rank);
    all.truncate(K);
    all
}

/// A file of little-endian numbers.
fn read_floats(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    match rest {
        [] => Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()),
        _ => Err(format!("{}: no whole number of values", path.display()).into()),
    }
}
