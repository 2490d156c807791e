//! The search beside its twin in full precision, and the kernels beside the portable one.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::kernel::{Block, GROUP};
use super::*;
use crate::metrics::top_k;

fn draws(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The same ranking from all products, by the same sum.
fn naive(dim: usize, rows: &[f32], query: &[f32], k: usize, allowed: impl Fn(u32) -> bool) -> Vec<Ranked> {
    let scores: Vec<f32> = rows.chunks_exact(dim).map(|row| dot(row, query)).collect();
    let excluded: Vec<u32> = (0..scores.len() as u32).filter(|&item| !allowed(item)).collect();
    top_k(&scores, k, &excluded).unwrap()
}

fn assert_exact(dim: usize, rows: Vec<f32>, queries: &[f32], k: usize) {
    for instructions in Instructions::here() {
        let index = QuantizedIndex::new(dim, rows.clone()).unwrap().with(instructions);
        let found = index.search(queries, k).unwrap();
        for (query, found) in queries.chunks_exact(dim).zip(&found) {
            assert_eq!(*found, naive(dim, &rows, query, k, |_| true), "{instructions:?}, {dim} dimensions, k = {k}");
        }
    }
}

#[test]
fn equals_full_precision_in_any_shape() {
    // Dimensions that fill groups and steps and ones that do not; one query, a few, more than one scan.
    for (dim, n, n_queries, k) in
        [(1, 40, 3, 5), (7, 300, 9, 5), (8, 16, 4, 20), (64, 5000, 7, 10), (100, 900, 70, 900), (257, 700, 5, 1)]
    {
        assert_exact(dim, draws(1, dim * n), &draws(2, dim * n_queries), k);
    }
}

#[test]
fn equals_full_precision_where_codes_are_coarse() {
    // One dimension a thousand times as wide as the others takes all the codes' precision; items of very different lengths.
    let (dim, n) = (32, 3000);
    let mut rows = draws(3, dim * n);
    rows.chunks_exact_mut(dim).for_each(|row| row[5] *= 1000.0);
    rows.chunks_exact_mut(dim).step_by(7).for_each(|row| row.iter_mut().for_each(|value| *value *= 1e-3));
    let mut queries = draws(4, dim * 9);
    queries.chunks_exact_mut(dim).for_each(|query| query[5] *= 1e-3);
    assert_exact(dim, rows, &queries, 10);
}

#[test]
fn equals_full_precision_among_ties_and_zeros() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let rows: Vec<f32> = (0..3 * 2000).map(|_| rng.random_range(-1..=1) as f32).collect();
    let mut queries: Vec<f32> = (0..3 * 6).map(|_| rng.random_range(-1..=1) as f32).collect();
    queries.extend([0.0; 3]);
    queries.extend([f32::MIN_POSITIVE / 4.0, 0.0, 0.0]);
    assert_exact(3, rows, &queries, 50);
}

#[test]
fn a_filter_costs_no_recall() {
    let (dim, n) = (48, 4000);
    let (rows, queries) = (draws(6, dim * n), draws(7, dim * 6));
    for every in [1, 3, 100, 1999] {
        let allowed: ItemSet = (0..n as u32).filter(|item| item % every == 0).collect();
        for instructions in Instructions::here() {
            let index = QuantizedIndex::new(dim, rows.clone()).unwrap().with(instructions);
            let found = index.search_among(&queries, 10, &allowed).unwrap();
            for (query, found) in queries.chunks_exact(dim).zip(&found) {
                assert_eq!(*found, naive(dim, &rows, query, 10, |item| item % every == 0), "every {every}");
            }
        }
    }
    let index = QuantizedIndex::new(dim, rows).unwrap();
    assert!(index.search_among(&queries, 10, &ItemSet::new()).unwrap().iter().all(Vec::is_empty));
}

#[test]
fn items_come_go_and_change() {
    let (dim, mut rows) = (20, draws(8, 20 * 50));
    let mut index = QuantizedIndex::new(dim, rows.clone()).unwrap();
    let query = draws(9, dim);
    for (item, seed) in [(50u32, 10), (51, 11), (3, 12), (120, 13)] {
        let row = draws(seed, dim);
        rows.resize(rows.len().max((item as usize + 1) * dim), 0.0);
        rows[item as usize * dim..][..dim].copy_from_slice(&row);
        index.put(item, &row).unwrap();
        assert_eq!(index.row(item), Some(&row[..]));
    }
    let there = |item: u32| item < 52 || item == 120;
    assert_eq!(index.search(&query, 10).unwrap()[0], naive(dim, &rows, &query, 10, there));
    let best = index.search(&query, 1).unwrap()[0][0].item_idx;
    for gone in [best, 7, 119, 9_999] {
        index.remove(gone);
        assert_eq!(index.row(gone), None);
    }
    let there = |item: u32| there(item) && item != best && item != 7;
    assert_eq!(index.search(&query, 10).unwrap()[0], naive(dim, &rows, &query, 10, there));
    index.put(best, &rows[best as usize * dim..][..dim]).unwrap();
    assert_eq!(index.search(&query, 1).unwrap()[0][0].item_idx, best);
}

#[test]
fn wrong_shapes_and_broken_numbers_are_errors() {
    let error = QuantizedIndex::new(3, vec![0.0; 7]).unwrap_err();
    assert_eq!(error, IndexError::Shape { n_values: 7, dim: 3 });
    let broken = vec![1.0, 0.0, 1.0, f32::NAN];
    assert_eq!(QuantizedIndex::new(2, broken).unwrap_err(), IndexError::NotFinite { row: 1 });
    let mut index = QuantizedIndex::new(2, vec![1.0, 0.0]).unwrap();
    assert_eq!(index.put(1, &[f32::INFINITY, 0.0]), Err(IndexError::NotFinite { row: 1 }));
    assert_eq!(index.put(1, &[1.0]), Err(IndexError::Shape { n_values: 1, dim: 2 }));
    assert_eq!(index.search(&[1.0], 1), Err(IndexError::Shape { n_values: 1, dim: 2 }));
    assert_eq!(index.search(&[f32::NAN, 1.0], 1), Err(IndexError::NotFinite { row: 0 }));
    assert_eq!(index.search(&[1.0, 1.0], 0).unwrap(), [vec![]]);
    assert_eq!(QuantizedIndex::new(2, Vec::new()).unwrap().search(&[1.0, 1.0], 3).unwrap(), [vec![]]);
}

#[test]
fn every_kernel_gives_the_portable_products_up_to_the_largest_codes() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    for extreme in [true, false] {
        let mut code = |top: i8| match (extreme, rng.random_range(0..2)) {
            (true, 0) => -top,
            (true, _) => top,
            (false, _) => rng.random_range(-top..=top),
        };
        let four = |codes: [i8; GROUP]| i32::from_le_bytes(codes.map(|code| code as u8));
        let panel: Vec<Block> = (0..64).map(|_| std::array::from_fn(|_| (64 + i16::from(code(63))) as u8)).collect();
        let tile: Vec<Tile> =
            (0..64).map(|_| std::array::from_fn(|_| four(std::array::from_fn(|_| code(63))))).collect();
        let query: Vec<i32> = (0..64).map(|_| four(std::array::from_fn(|_| code(127)))).collect();
        for instructions in Instructions::here() {
            instructions.run(Compare { panel: &panel, tile: &tile, query: &query });
        }
    }
}

struct Compare<'a> {
    panel: &'a [Block],
    tile: &'a [Tile],
    query: &'a [i32],
}

impl Work for Compare<'_> {
    fn run<K: Kernel>(self) {
        use super::kernel::Portable;
        assert_eq!(K::tile(self.panel, self.tile), Portable::tile(self.panel, self.tile));
        assert_eq!(K::alone(self.panel, self.query), Portable::alone(self.panel, self.query));
    }
}
