//! The graph: built from vectors, changed and searched.

use std::fmt;

use rayon::prelude::*;
use usearch::Index;

use crate::{Hit, HnswConfig, HnswError, by_rank};

/// Threads that may work on one graph at once. A place costs next to nothing until a thread takes it.
const MAX_THREADS: usize = 256;
/// Places that a graph has at least.
const MIN_CAPACITY: usize = 64;

/// A graph over the vectors of items, searched by inner product. Best for vectors of one length, such as unit vectors: among
/// others, inner product is no distance, and a graph misses more.
pub struct HnswIndex {
    pub(crate) graph: Index,
    pub(crate) dim: usize,
    pub(crate) config: HnswConfig,
}

impl HnswIndex {
    /// A graph of vectors; each item's number is its row. On all threads of the current pool of `rayon`: with more than one, they
    /// find each other's items in an order that is not the same twice, and so does what the graph misses.
    ///
    /// # Shapes
    /// `rows`: `[n, dim]`, row-major.
    ///
    /// # Errors
    /// If a parameter makes no graph, `rows` is not a whole number of rows, a value is not finite, or there is no memory.
    pub fn build(dim: usize, rows: &[f32], config: HnswConfig) -> Result<Self, HnswError> {
        let index = Self::empty(dim, config)?;
        let n_rows = n_rows(dim, rows)?;
        if u32::try_from(n_rows).is_err() {
            return Err(HnswError::TooMany { n_rows });
        }
        rows.par_chunks_exact(dim).enumerate().try_for_each(|(row_idx, row)| check(row_idx, row))?;
        index.reserve(n_rows)?;
        let add = |(item_idx, row): (usize, &[f32])| index.graph.add(item_idx as u64, row);
        let added = rows.par_chunks_exact(dim).enumerate().try_for_each(add);
        added.map_err(HnswError::library("add a vector"))?;
        Ok(index)
    }

    /// A graph without items.
    pub(crate) fn empty(dim: usize, config: HnswConfig) -> Result<Self, HnswError> {
        config.check()?;
        if dim == 0 {
            return Err(HnswError::Shape { n_values: 0, dim });
        }
        let graph = Index::new(&config.options(dim)).map_err(HnswError::library("make a graph"))?;
        let index = Self { graph, dim, config };
        index.reserve(MIN_CAPACITY)?;
        Ok(index)
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.graph.size()
    }

    /// Its parameters.
    pub fn config(&self) -> HnswConfig {
        self.config
    }

    /// Whether an item is there.
    pub fn contains(&self, item_idx: u32) -> bool {
        self.graph.contains(u64::from(item_idx))
    }

    /// Bytes of memory that graph and vectors take.
    pub fn memory_bytes(&self) -> usize {
        self.graph.memory_usage()
    }

    /// From now on looks at another number of candidates for a query.
    ///
    /// # Errors
    /// If the number is none that [`HnswConfig`] allows; the graph then stays as it was.
    pub fn set_expansion_search(&mut self, expansion_search: usize) -> Result<(), HnswError> {
        let config = HnswConfig { expansion_search, ..self.config };
        config.check()?;
        self.graph.change_expansion_search(expansion_search);
        self.config = config;
        Ok(())
    }

    /// Adds an item, or gives it another vector. On an error with a vector that is in order, the item is not there any more.
    ///
    /// # Shapes
    /// `row`: `[dim]`
    ///
    /// # Errors
    /// If the vector has another length, a value is not finite, or there is no memory.
    pub fn put(&mut self, item_idx: u32, row: &[f32]) -> Result<(), HnswError> {
        if row.len() != self.dim {
            return Err(HnswError::Shape { n_values: row.len(), dim: self.dim });
        }
        check(item_idx as usize, row)?;
        self.remove(item_idx)?;
        if self.n_items() >= self.graph.capacity() {
            self.reserve(self.n_items() * 2)?;
        }
        self.graph.add(u64::from(item_idx), row).map_err(HnswError::library("add a vector"))
    }

    /// Takes an item out: no search finds it any more. Nothing happens where it is not there.
    ///
    /// # Errors
    /// If the library refuses.
    pub fn remove(&mut self, item_idx: u32) -> Result<(), HnswError> {
        if self.contains(item_idx) {
            self.graph.remove(u64::from(item_idx)).map_err(HnswError::library("remove a vector"))?;
        }
        Ok(())
    }

    /// About the `k` items with the largest products with each query, best first, ties by [`by_rank`]; on all threads.
    ///
    /// # Shapes
    /// `queries`: `[n, dim]`, row-major.
    ///
    /// # Errors
    /// If `queries` is not a whole number of rows, or a value is not finite.
    pub fn search(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Hit>>, HnswError> {
        self.each(queries, k, |query| {
            self.graph.search(query, k).map(|found| (found.keys, found.distances)).map_err(HnswError::library("search"))
        })
    }

    /// The same, of the allowed items alone. Items that are not allowed lead the way but take no place; the fewer are allowed, the
    /// more of the graph is visited.
    ///
    /// # Shapes
    /// `queries`: `[n, dim]`, row-major.
    ///
    /// # Errors
    /// As [`HnswIndex::search`].
    pub fn search_where(
        &self,
        queries: &[f32],
        k: usize,
        allowed: impl Fn(u32) -> bool + Sync,
    ) -> Result<Vec<Vec<Hit>>, HnswError> {
        self.each(queries, k, |query| {
            // Every key came in as a number of an item.
            let found = self.graph.filtered_search(query, k, |key| allowed(key as u32));
            found.map(|found| (found.keys, found.distances)).map_err(HnswError::library("search"))
        })
    }

    /// Asks every query by `ask`, which gives keys and distances, and puts what comes back in order.
    fn each(
        &self,
        queries: &[f32],
        k: usize,
        ask: impl Fn(&[f32]) -> Result<(Vec<u64>, Vec<f32>), HnswError> + Sync,
    ) -> Result<Vec<Vec<Hit>>, HnswError> {
        let n = n_rows(self.dim, queries)?;
        queries.chunks_exact(self.dim).enumerate().try_for_each(|(row_idx, row)| check(row_idx, row))?;
        if k == 0 || self.n_items() == 0 {
            return Ok(vec![Vec::new(); n]);
        }
        let ranking = |query| {
            let (keys, distances) = ask(query)?;
            // The library's distance is 1 − product.
            let hit = |(key, distance): (u64, f32)| Hit { item_idx: key as u32, score: 1.0 - distance };
            let mut found: Vec<Hit> = keys.into_iter().zip(distances).map(hit).collect();
            found.sort_unstable_by(by_rank);
            Ok(found)
        };
        queries.par_chunks_exact(self.dim).map(ranking).collect()
    }

    /// Makes room for so many items and for every thread.
    pub(crate) fn reserve(&self, n_items: usize) -> Result<(), HnswError> {
        let wanted = n_items.max(MIN_CAPACITY);
        let reserved = self.graph.reserve_capacity_and_threads(wanted, MAX_THREADS);
        reserved.map_err(HnswError::library("take memory"))?;
        // The library does not say so when it got none.
        match self.graph.capacity() >= wanted {
            true => Ok(()),
            false => Err(HnswError::library("take memory")(std::io::Error::from(std::io::ErrorKind::OutOfMemory))),
        }
    }
}

impl fmt::Debug for HnswIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HnswIndex([{}, {}], {:?})", self.n_items(), self.dim, self.config)
    }
}

fn n_rows(dim: usize, rows: &[f32]) -> Result<usize, HnswError> {
    match rows.len().is_multiple_of(dim) {
        true => Ok(rows.len() / dim),
        false => Err(HnswError::Shape { n_values: rows.len(), dim }),
    }
}

fn check(row_idx: usize, row: &[f32]) -> Result<(), HnswError> {
    match row.iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => Err(HnswError::NotFinite { row: row_idx }),
    }
}
