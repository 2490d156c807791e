//! Exact search: one matrix product and a selection.

use std::fmt;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::IndexError;
use crate::fused::{Matrix, Values, product, values_of};
use crate::metrics::{Ranked, TopK};

/// Queries that are scored together by one thread.
const QUERIES_PER_BLOCK: usize = 512;
/// Items that are scored together.
const ITEMS_PER_TILE: usize = 1024;

/// Vectors of all items, searched by inner product.
#[derive(Clone)]
pub struct ExactIndex {
    n_items: usize,
    dim: usize,
    /// `[n_items, dim]`, shared with the tensor
    items: Values,
    /// `[dim, n_items]`
    items_transposed: Tensor<2>,
}

impl ExactIndex {
    /// Takes over the items' vectors.
    ///
    /// # Shapes
    /// `items`: `[n_items, dim]`, row-major.
    ///
    /// # Errors
    /// If `items` is not a whole number of rows.
    pub fn new(dim: usize, items: Vec<f32>) -> Result<Self, IndexError> {
        if dim == 0 || !items.len().is_multiple_of(dim) {
            return Err(IndexError::Shape { n_values: items.len(), dim });
        }
        let n_items = items.len() / dim;
        let items = Tensor::from_data(TensorData::new(items, [n_items, dim]), &Device::flex());
        Ok(Self::of_tensor(items))
    }

    /// The same from a tensor `[n_items, dim]`.
    pub(crate) fn of_tensor(items: Tensor<2>) -> Self {
        let [n_items, dim] = items.dims();
        let values = values_of(items.clone()).expect("an index lies on the CPU");
        Self { n_items, dim, items: values, items_transposed: items.transpose() }
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// `[n_items, dim]`: the vectors.
    pub(crate) fn rows(&self) -> &[f32] {
        self.items.as_slice()
    }

    /// `[dim]`: an item's vector.
    pub(crate) fn row(&self, item_idx: u32) -> &[f32] {
        &self.items.as_slice()[item_idx as usize * self.dim..][..self.dim]
    }

    /// Inner products of queries `[n, dim]` with all items, `[n, n_items]`.
    pub(crate) fn products(&self, queries: Tensor<2>) -> Tensor<2> {
        queries.matmul(self.items_transposed.clone())
    }

    /// The `k` best items of each query, best first, without the `excluded` ones; on all cores.
    ///
    /// # Shapes
    /// `queries`: `[n, dim]`, row-major. `excluded`: item indices, ascending.
    ///
    /// # Errors
    /// If `queries` is not a whole number of rows, or a product is not finite.
    pub fn search(&self, queries: &[f32], k: usize, excluded: &[u32]) -> Result<Vec<Vec<Ranked>>, IndexError> {
        if !queries.len().is_multiple_of(self.dim) {
            return Err(IndexError::Shape { n_values: queries.len(), dim: self.dim });
        }
        let for_sharing = (queries.len() / self.dim).div_ceil(rayon::current_num_threads());
        let block = for_sharing.clamp(1, QUERIES_PER_BLOCK) * self.dim;
        let blocks: Vec<Vec<Vec<Ranked>>> =
            queries.par_chunks(block).map(|block| self.search_block(block, k, excluded)).collect::<Result<_, _>>()?;
        Ok(blocks.into_iter().flatten().collect())
    }

    /// The same for a few queries by one thread. The scores of a tile of items are looked through while they are in the
    /// cache, and never stand together with those of all items.
    fn search_block(&self, queries: &[f32], k: usize, excluded: &[u32]) -> Result<Vec<Vec<Ranked>>, IndexError> {
        let (queries, items) = (Matrix::new(queries, self.dim), Matrix::new(self.items.as_slice(), self.dim));
        let mut scores = vec![0.0; queries.rows() * ITEMS_PER_TILE.min(self.n_items)];
        let mut best = vec![TopK::new(k); queries.rows()];
        for first in (0..self.n_items).step_by(ITEMS_PER_TILE).rev() {
            let n = ITEMS_PER_TILE.min(self.n_items - first);
            let scores = &mut scores[..queries.rows() * n];
            product(queries, items.block(first, n).transposed(), scores);
            for (best, row) in best.iter_mut().zip(scores.chunks_exact(n)) {
                best.offer(row, first, excluded)?;
            }
        }
        Ok(best.into_iter().map(TopK::into_ranking).collect())
    }
}

impl fmt::Debug for ExactIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExactIndex([{}, {}])", self.n_items, self.dim)
    }
}

/// The values of a float tensor, row-major.
pub(crate) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("a float tensor on the CPU holds f32 values")
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn equals_scoring_one_by_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-1.0..1.0)).collect() };
        let (dim, items, queries) = (7, draw(7 * 300), draw(7 * 90));
        let found = ExactIndex::new(dim, items.clone()).unwrap().search(&queries, 5, &[3, 8]).unwrap();
        for (query, ranking) in queries.chunks_exact(dim).zip(&found) {
            let mut all: Vec<(f32, u32)> = items
                .chunks_exact(dim)
                .zip(0u32..)
                .filter(|&(_, item)| item != 3 && item != 8)
                .map(|(vector, item)| (query.iter().zip(vector).map(|(a, b)| a * b).sum(), item))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            let expected: Vec<u32> = all.iter().take(5).map(|&(_, item)| item).collect();
            assert_eq!(ranking.iter().map(|r| r.item_idx).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn many_tiles_give_what_one_row_of_scores_gives() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        // Few different values, so that ties cross the borders of tiles.
        let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-2..=2) as f32).collect() };
        let (dim, items, queries) = (3, draw(3 * (2 * ITEMS_PER_TILE + 77)), draw(3 * 20));
        let found = ExactIndex::new(dim, items.clone()).unwrap().search(&queries, 150, &[7, 2000]).unwrap();
        for (query, ranking) in queries.chunks_exact(dim).zip(found) {
            let product = |item: &[f32]| query.iter().zip(item).map(|(a, b)| a * b).sum();
            let scores: Vec<f32> = items.chunks_exact(dim).map(product).collect();
            assert_eq!(ranking, crate::metrics::top_k(&scores, 150, &[7, 2000]).unwrap());
        }
    }

    #[test]
    fn wrong_shapes_and_broken_numbers_are_errors() {
        assert_eq!(ExactIndex::new(3, vec![0.0; 7]).unwrap_err(), IndexError::Shape { n_values: 7, dim: 3 });
        let index = ExactIndex::new(2, vec![1.0, 0.0, f32::NAN, 1.0]).unwrap();
        assert!(matches!(index.search(&[1.0, 1.0], 1, &[]), Err(IndexError::NonFinite(_))));
        assert!(matches!(index.search(&[1.0], 1, &[]), Err(IndexError::Shape { .. })));
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let index = ExactIndex::new(2, Vec::new()).unwrap();
        assert!(index.search(&[1.0, 1.0], 3, &[]).unwrap().iter().all(Vec::is_empty));
    }
}
