//! Vectors as codes of one byte, and how far a product of codes can be from the product of what they stand for.
//!
//! An item `x` becomes `x̂ = scale · (code − 64)` with codes in 1 … 127, a query `q̂ = scale · code` in ±63 or ±127. By
//! Cauchy and Schwarz,
//! `|q·x − q̂·x̂| ≤ ‖q‖ ‖x − x̂‖ + ‖q − q̂‖ ‖x̂‖`. In units of both scales the right side is bounded by one number for each
//! query (its slack), because `‖x − x̂‖ / scale` and `‖x̂‖ / scale` have a maximum over all items. So the products of codes bound
//! every exact product from above and from below, and nothing that belongs into an answer can be lost.

use std::io;

use super::kernel::{Block, GROUP, PANEL, STEP, TILE, Tile};
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

/// The code of 0 in an item.
const MIDDLE: f32 = 64.0;
/// The largest distance of an item's code from the middle. More would overflow the 16 bits in which pairs are added.
const TOP: f32 = 63.0;
/// Relative error of a product of some thousand numbers in single precision, with room.
const ROUNDING: f32 = 1e-5;

/// The codes of all items.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    dim: usize,
    /// `[n_panels, n_groups]` blocks of `[PANEL, GROUP]` codes.
    blocks: Vec<Block>,
    /// `[n_panels · PANEL]`; not a number where there is no item, so that no comparison is ever true.
    scales: Vec<f32>,
    /// The largest `‖x − x̂‖ / scale` of all items.
    largest_error: f32,
    /// The largest `‖x̂‖ / scale` of all items.
    largest_length: f32,
}

impl Codes {
    pub(super) fn new(dim: usize) -> Self {
        Self { dim, blocks: Vec::new(), scales: Vec::new(), largest_error: 0.0, largest_length: 0.0 }
    }

    /// Blocks of a panel.
    pub(super) fn n_groups(&self) -> usize {
        self.dim.next_multiple_of(GROUP * STEP) / GROUP
    }

    pub(super) fn n_panels(&self) -> usize {
        self.scales.len() / PANEL
    }

    /// Sets the codes of one item; `row` is `[dim]` and finite.
    pub(super) fn put(&mut self, item: usize, row: &[f32]) {
        let n_groups = self.n_groups();
        while self.n_panels() <= item / PANEL {
            self.blocks.extend(std::iter::repeat_n([MIDDLE as u8; PANEL * GROUP], n_groups));
            self.scales.extend([f32::NAN; PANEL]);
        }
        let scale = scale_of(row, TOP);
        let panel = &mut self.blocks[item / PANEL * n_groups..][..n_groups];
        let (mut error, mut length) = (0.0, 0.0);
        for (place, value) in row.iter().enumerate() {
            let code = (value / scale).round();
            error += (value / scale - code).powi(2);
            length += code * code;
            panel[place / GROUP][item % PANEL * GROUP + place % GROUP] = (code + MIDDLE) as u8;
        }
        self.scales[item] = scale;
        self.largest_error = self.largest_error.max(error.sqrt());
        self.largest_length = self.largest_length.max(length.sqrt());
    }

    /// Makes the item one that is never found.
    pub(super) fn remove(&mut self, item: usize) {
        if let Some(scale) = self.scales.get_mut(item) {
            *scale = f32::NAN;
        }
    }

    pub(super) fn has(&self, item: usize) -> bool {
        self.scales.get(item).is_some_and(|scale| !scale.is_nan())
    }

    /// `[n_groups]`: one panel's codes.
    pub(super) fn panel(&self, panel: usize) -> &[Block] {
        let n_groups = self.n_groups();
        &self.blocks[panel * n_groups..][..n_groups]
    }

    /// The scales of one panel's items.
    pub(super) fn scales(&self, panel: usize) -> &[f32; PANEL] {
        &self.scales.as_chunks().0[panel]
    }

    /// A query `[dim]`, with codes up to `top`.
    pub(super) fn query(&self, row: &[f32], top: f32) -> Query {
        let scale = scale_of(row, top);
        let mut codes = vec![0i8; self.n_groups() * GROUP];
        let (mut error, mut length) = (0.0, 0.0);
        for (code, value) in codes.iter_mut().zip(row) {
            let rounded = (value / scale).round();
            error += (value / scale - rounded).powi(2);
            length += (value / scale).powi(2);
            *code = rounded as i8;
        }
        let (error, length) = (error.sqrt(), length.sqrt());
        let bound = length * self.largest_error + error * self.largest_length;
        Query {
            scale,
            offset: -(MIDDLE as i32) * codes.iter().map(|&code| i32::from(code)).sum::<i32>(),
            slack: bound + ROUNDING * length * (self.largest_length + self.largest_error),
            fours: codes
                .as_chunks()
                .0
                .iter()
                .map(|four: &[i8; GROUP]| i32::from_le_bytes(four.map(|c| c as u8)))
                .collect(),
        }
    }

    /// Writes them into a file.
    pub(super) fn save(&self, name: &str, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.array(name, &[self.largest_error, self.largest_length])?;
        out.value(name, &self.dim)?;
        out.array(name, &self.scales)?;
        out.array(name, &self.blocks)
    }

    /// Reads what [`Self::save`] wrote of so many items.
    pub(super) fn load(name: &str, n_items: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let largest: Vec<f32> = from.array_of(name, 2)?;
        let mut codes = Self::new(from.value(name)?);
        (codes.largest_error, codes.largest_length) = (largest[0], largest[1]);
        codes.scales = from.array_of(name, n_items.next_multiple_of(PANEL))?;
        codes.blocks = from.array_of(name, codes.n_panels() * codes.n_groups())?;
        Ok(codes)
    }

    /// Bytes of codes and scales.
    pub(super) fn n_bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block>() + self.scales.len() * size_of::<f32>()
    }
}

/// A query's codes.
#[derive(Debug)]
pub(super) struct Query {
    /// What a code of 1 stands for.
    pub(super) scale: f32,
    /// `[n_groups]`: four signed codes each, the first in the lowest byte.
    pub(super) fours: Vec<i32>,
    /// What makes products with the items' codes products with their distances from the middle.
    pub(super) offset: i32,
    /// How far a product may be from the exact one, in units of both scales.
    pub(super) slack: f32,
}

/// Four queries side by side, as the kernels read them; as long as each of them.
pub(super) fn tile(queries: &[Query; TILE]) -> Vec<Tile> {
    (0..queries[0].fours.len()).map(|group| std::array::from_fn(|query| queries[query].fours[group])).collect()
}

/// What a code of 1 stands for; 1 for a vector of zeros.
fn scale_of(row: &[f32], top: f32) -> f32 {
    let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = largest / top;
    // Of a vector with nothing but denormal numbers the scale may be 0, and the quotients would not be finite.
    if scale >= f32::MIN_POSITIVE { scale } else { f32::MIN_POSITIVE.max(largest) }
}
