//! Exact search in two passes: codes of one byte decide which items can be among the best, full precision ranks these.
//!
//! A scan over all items waits for memory, and codes are a quarter of the vectors. The first pass loses nothing: the
//! codes bound every product from both sides (see [`codes`]), and only what cannot be among the best is left out. Items that
//! a filter excludes are passed over inside the scan, so a filter costs no recall; a panel without an allowed item is
//! not even read.

mod kernel;
mod codes;
mod coded_rows;
mod shortlist;
mod probe;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

use std::fmt;
use std::ops::Range;

use rayon::prelude::*;

pub(crate) use self::coded_rows::CodedRows;
use self::codes::{Codes, Query, tile};
pub use self::kernel::Instructions;
use self::kernel::{ALONE_TOP, Kernel, PANEL, TILE, TILE_TOP, Tile, Work};
pub use self::probe::code_products_per_sec;
use self::shortlist::Shortlist;
use super::{IndexError, ItemSet};
use crate::fused::{dot, vectorised};
use crate::metrics::{Ranked, by_rank};

/// Queries that go over the codes together: their own codes then stay in the cache.
const QUERIES_PER_SCAN: usize = 64;
/// Panels that are worth a thread.
const MIN_PANELS: usize = 256;

/// Vectors of items, searched exactly by inner product; items come and go at any time.
#[derive(Clone)]
pub struct QuantizedIndex {
    dim: usize,
    /// `[n, dim]`, row-major.
    rows: Vec<f32>,
    codes: Codes,
    instructions: Instructions,
}

impl QuantizedIndex {
    /// Takes over the items' vectors.
    ///
    /// # Shapes
    /// `rows`: `[n_items, dim]`, row-major.
    ///
    /// # Errors
    /// If `rows` is not a whole number of rows, or a value is not finite.
    pub fn new(dim: usize, rows: Vec<f32>) -> Result<Self, IndexError> {
        if dim == 0 || !rows.len().is_multiple_of(dim) {
            return Err(IndexError::Shape { n_values: rows.len(), dim });
        }
        let mut codes = Codes::new(dim);
        for (item, row) in rows.chunks_exact(dim).enumerate() {
            check(item, row)?;
            codes.put(item, row);
        }
        Ok(Self { dim, rows, codes, instructions: Instructions::best() })
    }

    /// The same, searched with other instructions than the best; with portable ones where the processor lacks them.
    pub fn with(self, instructions: Instructions) -> Self {
        Self { instructions, ..self }
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Bytes of the codes, which come on top of the vectors.
    pub fn code_bytes(&self) -> usize {
        self.codes.n_bytes()
    }

    /// Adds an item, or gives it another vector. Numbers of items are best dense: each up to the largest takes its place.
    ///
    /// # Shapes
    /// `row`: `[dim]`
    ///
    /// # Errors
    /// If the vector has another length, or a value is not finite.
    pub fn put(&mut self, item_idx: u32, row: &[f32]) -> Result<(), IndexError> {
        if row.len() != self.dim {
            return Err(IndexError::Shape { n_values: row.len(), dim: self.dim });
        }
        let item = item_idx as usize;
        check(item, row)?;
        let end = (item + 1) * self.dim;
        if self.rows.len() < end {
            self.rows.resize(end, 0.0);
        }
        self.rows[item * self.dim..end].copy_from_slice(row);
        self.codes.put(item, row);
        Ok(())
    }

    /// Takes an item out: no search finds it any more.
    pub fn remove(&mut self, item_idx: u32) {
        self.codes.remove(item_idx as usize);
    }

    /// An item's vector, `[dim]`, if it is there.
    pub fn row(&self, item_idx: u32) -> Option<&[f32]> {
        let item = item_idx as usize;
        self.codes.has(item).then(|| &self.rows[item * self.dim..][..self.dim])
    }

    /// The `k` items with the largest products with each query, best first, ties by [`by_rank`]; on all threads.
    ///
    /// # Shapes
    /// `queries`: `[n, dim]`, row-major.
    ///
    /// # Errors
    /// If `queries` is not a whole number of rows, or a value is not finite.
    pub fn search(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Ranked>>, IndexError> {
        self.search_where(queries, k, &|_| u16::MAX)
    }

    /// The same, of the allowed items alone.
    pub fn search_among(&self, queries: &[f32], k: usize, allowed: &ItemSet) -> Result<Vec<Vec<Ranked>>, IndexError> {
        self.search_where(queries, k, &|panel| allowed.sixteen(panel))
    }

    fn search_where<M: Fn(usize) -> u16 + Sync>(
        &self,
        queries: &[f32],
        k: usize,
        mask: &M,
    ) -> Result<Vec<Vec<Ranked>>, IndexError> {
        if !queries.len().is_multiple_of(self.dim) {
            return Err(IndexError::Shape { n_values: queries.len(), dim: self.dim });
        }
        let rows: Vec<&[f32]> = queries.chunks_exact(self.dim).collect();
        rows.iter().enumerate().try_for_each(|(query, row)| check(query, row))?;
        let scans = rows.chunks(QUERIES_PER_SCAN).flat_map(|rows| self.scan(rows, k, mask).into_iter().zip(rows));
        Ok(scans.map(|(shortlist, query)| self.rank(shortlist, query, k)).collect())
    }

    /// One pass over all codes for a few queries.
    fn scan<M: Fn(usize) -> u16 + Sync>(&self, rows: &[&[f32]], k: usize, mask: &M) -> Vec<Shortlist> {
        let in_tiles = rows.len() / TILE * TILE;
        let top = |place: usize| if place < in_tiles { TILE_TOP } else { ALONE_TOP };
        let queries: Vec<Query> =
            rows.iter().enumerate().map(|(place, row)| self.codes.query(row, top(place))).collect();
        let tiles: Vec<Vec<Tile>> = queries.as_chunks().0.iter().map(tile).collect();
        let empty = || -> Vec<Shortlist> { queries.iter().map(|_| Shortlist::new(k)).collect() };
        let part = self.codes.n_panels().div_ceil(rayon::current_num_threads()).max(MIN_PANELS);
        let parts = self.codes.n_panels().div_ceil(part);
        let scanned = (0..parts).into_par_iter().map(|number| {
            let panels = number * part..((number + 1) * part).min(self.codes.n_panels());
            let mut shortlists = empty();
            let (codes, queries, tiles) = (&self.codes, &queries[..], &tiles[..]);
            self.instructions.run(Scan { codes, panels, queries, tiles, mask, shortlists: &mut shortlists });
            shortlists
        });
        scanned.reduce(empty, |mut all, part| {
            all.iter_mut().zip(part).for_each(|(all, part)| all.merge(part));
            all
        })
    }

    /// Full precision for those that are left.
    fn rank(&self, shortlist: Shortlist, query: &[f32], k: usize) -> Vec<Ranked> {
        let score = |item: u32| dot(&self.rows[item as usize * self.dim..][..self.dim], query);
        let score_all = || shortlist.into_items().map(|item_idx| Ranked { item_idx, score: score(item_idx) }).collect();
        let mut ranked: Vec<Ranked> = vectorised(score_all);
        ranked.sort_unstable_by(by_rank);
        ranked.truncate(k);
        ranked
    }
}

impl fmt::Debug for QuantizedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuantizedIndex([{}, {}], {:?})", self.rows.len() / self.dim, self.dim, self.instructions)
    }
}

fn check(row_idx: usize, row: &[f32]) -> Result<(), IndexError> {
    match row.iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => Err(IndexError::NotFinite { row: row_idx }),
    }
}

/// Some panels and some queries, for the processor's own instructions.
struct Scan<'a, M> {
    codes: &'a Codes,
    panels: Range<usize>,
    queries: &'a [Query],
    /// The first queries, by fours.
    tiles: &'a [Vec<Tile>],
    mask: &'a M,
    shortlists: &'a mut [Shortlist],
}

impl<M: Fn(usize) -> u16> Work for Scan<'_, M> {
    #[inline(always)]
    fn run<K: Kernel>(self) {
        let in_tiles = self.tiles.len() * TILE;
        let bounds = |query: &Query| (query.offset, query.slack);
        for panel in self.panels {
            let mask = (self.mask)(panel);
            if mask == 0 {
                continue;
            }
            let (codes, scales, first) = (self.codes.panel(panel), self.codes.scales(panel), panel * PANEL);
            let (tiled, alone) = self.shortlists.split_at_mut(in_tiles);
            let (tiled_queries, alone_queries) = self.queries.split_at(in_tiles);
            let fours = tiled.as_chunks_mut::<TILE>().0.iter_mut().zip(tiled_queries.as_chunks::<TILE>().0);
            for ((shortlists, queries), tile) in fours.zip(self.tiles) {
                let products = K::tile(codes, tile);
                for ((shortlist, query), products) in shortlists.iter_mut().zip(queries).zip(&products) {
                    shortlist.look(first, products, scales, bounds(query), mask);
                }
            }
            for (shortlist, query) in alone.iter_mut().zip(alone_queries) {
                let products = K::alone(codes, &query.fours);
                shortlist.look(first, &products, scales, bounds(query), mask);
            }
        }
    }
}

#[cfg(test)]
mod tests;
