//! The graph beside the exact answer of the same vectors, which says what it misses.

#![allow(clippy::print_stdout, reason = "a recall that is measured is said")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use whisperlite_usearch::{Hit, HnswConfig, HnswError, HnswIndex, by_rank, recall_at_k};

const DIM: usize = 32;
const K: usize = 10;

/// Unit vectors in loose clusters, as those of a shop's items are; the last draws are queries like the items.
fn clustered(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut centres_rng = ChaCha8Rng::seed_from_u64(99);
    let mut centre = || -> Vec<f32> { (0..DIM).map(|_| centres_rng.random_range(-1.0..1.0)).collect() };
    let centres: Vec<Vec<f32>> = (0..50).map(|_| centre()).collect();
    let mut rows = Vec::with_capacity(n * DIM);
    for _ in 0..n {
        let centre = &centres[rng.random_range(0..centres.len())];
        let row: Vec<f32> = centre.iter().map(|value| value + rng.random_range(-0.8..0.8)).collect();
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        rows.extend(row.iter().map(|value| value / length));
    }
    rows
}

/// Built by one thread, so that the graph is the same in every run.
fn built(rows: &[f32], config: HnswConfig) -> HnswIndex {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one.install(|| HnswIndex::build(DIM, rows, config)).unwrap()
}

/// The answer from all products of the items that are there and allowed.
fn exact<'a>(rows: impl Iterator<Item = (u32, &'a [f32])> + Clone, queries: &[f32]) -> Vec<Vec<Hit>> {
    let answer = |query: &[f32]| {
        let product = |row: &[f32]| row.iter().zip(query).map(|(a, b)| a * b).sum();
        let mut all: Vec<Hit> = rows.clone().map(|(item_idx, row)| Hit { item_idx, score: product(row) }).collect();
        all.sort_by(by_rank);
        all.truncate(K);
        all
    };
    queries.chunks_exact(DIM).map(answer).collect()
}

fn numbered(rows: &[f32]) -> impl Iterator<Item = (u32, &[f32])> + Clone {
    (0..).zip(rows.chunks_exact(DIM))
}

fn items(rankings: &[Vec<Hit>]) -> Vec<Vec<u32>> {
    rankings.iter().map(|ranking| ranking.iter().map(|hit| hit.item_idx).collect()).collect()
}

#[test]
fn recall_is_what_the_exact_answer_says_and_grows_with_the_candidates() {
    let (rows, queries) = (clustered(1, 5000), clustered(2, 100));
    let exact = exact(numbered(&rows), &queries);
    let mut index = built(&rows, HnswConfig { connectivity: 8, expansion_build: 64, expansion_search: 10 });
    let mut recalls = Vec::new();
    for expansion in [10, 64, 512] {
        index.set_expansion_search(expansion).unwrap();
        let found = index.search(&queries, K).unwrap();
        assert!(found.iter().all(|ranking| ranking.len() == K));
        recalls.push(recall_at_k(&found, &exact));
    }
    println!("recall@{K} of 10, 64 and 512 candidates: {recalls:?}");
    // A graph that looks at ten candidates misses some, or this measures nothing; one that looks at a tenth of all misses few.
    assert!(recalls[0] < recalls[1] && recalls[1] <= recalls[2], "{recalls:?}");
    assert!(recalls[0] > 0.3 && recalls[2] > 0.98, "{recalls:?}");
}

#[test]
fn found_items_have_the_exact_scores_in_order() {
    let (rows, queries) = (clustered(1, 2000), clustered(2, 20));
    let found = built(&rows, HnswConfig::default()).search(&queries, K).unwrap();
    for (query, ranking) in queries.chunks_exact(DIM).zip(&found) {
        assert!(ranking.is_sorted_by(|a, b| a.score >= b.score), "{ranking:?}");
        for hit in ranking {
            let row = &rows[hit.item_idx as usize * DIM..][..DIM];
            let product: f32 = row.iter().zip(query).map(|(a, b)| a * b).sum();
            assert!((hit.score - product).abs() < 1e-5, "{hit:?}, and the product is {product}");
        }
    }
}

#[test]
fn one_thread_builds_the_same_graph_twice() {
    let (rows, queries) = (clustered(1, 2000), clustered(2, 50));
    let config = HnswConfig { connectivity: 4, expansion_build: 8, expansion_search: 4 };
    let answers = || items(&built(&rows, config).search(&queries, K).unwrap());
    assert_eq!(answers(), answers());
}

#[test]
fn a_filter_lets_only_the_allowed_through() {
    let (rows, queries) = (clustered(1, 4000), clustered(2, 30));
    let index = built(&rows, HnswConfig::default());
    for every in [2, 50, 1000] {
        let found = index.search_where(&queries, K, |item| item % every == 0).unwrap();
        let wrong = items(&found).concat().into_iter().find(|item| item % every != 0);
        assert_eq!(wrong, None, "one in {every}");
        let recall = recall_at_k(&found, &exact(numbered(&rows).filter(|(item, _)| item % every == 0), &queries));
        println!("recall@{K} where one item in {every} is allowed: {recall}");
        assert!(recall > 0.95, "one in {every}: {recall}");
    }
    assert!(items(&index.search_where(&queries, K, |_| false).unwrap()).concat().is_empty());
}

#[test]
fn items_come_change_and_go() {
    let (rows, others, queries) = (clustered(1, 1500), clustered(3, 1500), clustered(2, 50));
    let mut index = built(&rows, HnswConfig::default());
    // More than the graph had room for: a third gets other vectors, as many are new, and a fifth goes.
    let mut now = [&rows[..], &others].concat();
    for (item, row) in numbered(&others) {
        if item % 3 == 0 {
            index.put(item, row).unwrap();
            now[item as usize * DIM..][..DIM].copy_from_slice(row);
        }
        index.put(item + 1500, row).unwrap();
    }
    for item in (0..3000).step_by(5) {
        index.remove(item).unwrap();
        index.remove(item).unwrap();
    }
    assert_eq!((index.n_items(), index.contains(5), index.contains(6)), (2400, false, true));
    let found = index.search(&queries, K).unwrap();
    assert!(items(&found).concat().iter().all(|item| item % 5 != 0), "a removed item was found");
    let recall = recall_at_k(&found, &exact(numbered(&now).filter(|(item, _)| item % 5 != 0), &queries));
    println!("recall@{K} after changes: {recall}");
    assert!(recall > 0.95, "{recall}");
}

#[test]
fn a_saved_graph_answers_as_before_and_can_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.hnsw");
    let (rows, queries) = (clustered(1, 1000), clustered(2, 20));
    let config = HnswConfig { connectivity: 6, expansion_build: 20, expansion_search: 12 };
    let index = built(&rows, config);
    index.save(&path).unwrap();
    let mut loaded = HnswIndex::load(&path).unwrap();
    assert_eq!((loaded.dim(), loaded.n_items(), loaded.config()), (DIM, 1000, config));
    assert_eq!(loaded.search(&queries, K).unwrap(), index.search(&queries, K).unwrap());
    for (item, row) in numbered(&clustered(4, 300)) {
        loaded.put(item + 1000, row).unwrap();
    }
    assert_eq!(loaded.n_items(), 1300);
    HnswIndex::build(DIM, &[], config).unwrap().save(&path).unwrap();
    assert_eq!(HnswIndex::load(&path).unwrap().n_items(), 0);
}

#[test]
fn a_damaged_file_is_refused_wherever_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.hnsw");
    built(&clustered(1, 200), HnswConfig::default()).save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        HnswIndex::load(&path)
    };
    for n in [8, 12, 20, 60, 300, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(load(&whole[..n]), Err(HnswError::Damaged { .. })), "the first {n} bytes");
    }
    for place in [20, 40, 300, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        assert!(matches!(load(&bytes), Err(HnswError::Damaged { .. })), "byte {place}");
    }
    assert!(matches!(load(b"something else"), Err(HnswError::NotAGraph { .. })));
    let mut later = whole.clone();
    later[8] = 2;
    assert!(matches!(load(&later), Err(HnswError::Format { found: 2, known: 1, .. })));
    assert!(load(&whole).is_ok());
    assert!(matches!(HnswIndex::load(&folder.path().join("none")), Err(HnswError::Io { .. })));
}

#[test]
fn what_makes_no_graph_is_said() {
    let config = HnswConfig::default();
    for wrong in [
        HnswConfig { connectivity: 1, ..config },
        HnswConfig { expansion_build: 0, ..config },
        HnswConfig { expansion_search: 70_000, ..config },
    ] {
        assert!(matches!(HnswIndex::build(2, &[], wrong), Err(HnswError::Config { .. })), "{wrong:?}");
    }
    assert!(matches!(HnswIndex::build(3, &[0.0; 7], config), Err(HnswError::Shape { n_values: 7, dim: 3 })));
    assert!(matches!(HnswIndex::build(0, &[], config), Err(HnswError::Shape { .. })));
    assert!(matches!(HnswIndex::build(1, &[0.0, f32::NAN], config), Err(HnswError::NotFinite { row: 1 })));
    let mut index = HnswIndex::build(2, &[1.0, 0.0], config).unwrap();
    assert!(matches!(index.put(0, &[1.0]), Err(HnswError::Shape { .. })));
    assert!(matches!(index.put(0, &[1.0, f32::INFINITY]), Err(HnswError::NotFinite { row: 0 })));
    assert!(index.contains(0), "a vector that is refused changes nothing");
    assert!(matches!(index.search(&[1.0], 1), Err(HnswError::Shape { .. })));
    assert!(matches!(index.search(&[1.0, f32::NAN], 1), Err(HnswError::NotFinite { row: 0 })));
    assert!(index.set_expansion_search(0).is_err());
    assert_eq!(items(&index.search(&[1.0, 0.0, 0.0, 1.0], 5).unwrap()), [[0], [0]]);
    assert_eq!(index.search(&[1.0, 0.0], 0).unwrap(), [[]]);
    assert!(HnswIndex::build(2, &[], config).unwrap().search(&[1.0, 0.0], 3).unwrap()[0].is_empty());
}
