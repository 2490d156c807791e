//! Vectors of which only the codes are kept, for products that are nearly right.

use std::io;

use rayon::prelude::*;

use super::codes::{Codes, Query};
use super::kernel::{ALONE_TOP, Instructions, Kernel, PANEL, Work};
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

/// Panels that are worth a thread.
const PANELS_PER_PART: usize = 4096;

/// Rows as codes of one byte a number. What looks for candidates that are looked at more closely later needs no more, and reads a
/// quarter of what the rows themselves take.
#[derive(Debug, Clone)]
pub(crate) struct CodedRows {
    codes: Codes,
    n_rows: usize,
    instructions: Instructions,
}

impl CodedRows {
    /// Codes of rows of length `dim`; `write_row` writes the row of a number below `n_rows` into `[dim]` zeros.
    pub(crate) fn new(dim: usize, n_rows: usize, write_row: impl Fn(u32, &mut [f32])) -> Self {
        let mut codes = Codes::new(dim);
        let mut row = vec![0.0; dim];
        for number in 0..n_rows {
            row.fill(0.0);
            write_row(number as u32, &mut row);
            codes.put(number, &row);
        }
        Self { codes, n_rows, instructions: Instructions::best() }
    }

    /// Writes them into a file.
    pub(crate) fn save(&self, name: &str, out: &mut FlatWriter<'_>) -> io::Result<()> {
        self.codes.save(name, out)
    }

    /// Reads what [`Self::save`] wrote of so many rows.
    pub(crate) fn load(name: &str, n_rows: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let codes = Codes::load(name, n_rows, from)?;
        Ok(Self { codes, n_rows, instructions: Instructions::best() })
    }

    /// Adds the product of every row with `query` to `sums`, on all threads.
    ///
    /// # Shapes
    /// `query`: `[dim]`; `sums`: `[n_rows]`
    pub(crate) fn add_products(&self, query: &[f32], sums: &mut [f32]) {
        assert_eq!(sums.len(), self.n_rows, "sums must be [n_rows]");
        let query = self.codes.query(query, ALONE_TOP);
        sums.par_chunks_mut(PANELS_PER_PART * PANEL).enumerate().for_each(|(part, sums)| {
            let (codes, query, first_panel) = (&self.codes, &query, part * PANELS_PER_PART);
            self.instructions.run(AddProducts { codes, query, first_panel, sums });
        });
    }
}

struct AddProducts<'a> {
    codes: &'a Codes,
    query: &'a Query,
    first_panel: usize,
    sums: &'a mut [f32],
}

impl Work for AddProducts<'_> {
    #[inline(always)]
    fn run<K: Kernel>(self) {
        for (panel, sums) in (self.first_panel..).zip(self.sums.chunks_mut(PANEL)) {
            let products = K::alone(self.codes.panel(panel), &self.query.fours);
            let scales = self.codes.scales(panel);
            for ((sum, product), scale) in sums.iter_mut().zip(products).zip(scales) {
                *sum += self.query.scale * scale * (product + self.query.offset) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn products_are_nearly_right_and_added() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (dim, n_rows) = (37, PANEL * 3 + 5);
        let rows: Vec<f32> = (0..dim * n_rows).map(|_| rng.random_range(-1.0..1.0)).collect();
        let query: Vec<f32> = (0..dim).map(|_| rng.random_range(-2.0..2.0)).collect();
        let coded = CodedRows::new(dim, n_rows, |row, out| out.copy_from_slice(&rows[row as usize * dim..][..dim]));
        let mut sums = vec![3.0; n_rows];
        coded.add_products(&query, &mut sums);
        for (row, sum) in rows.chunks_exact(dim).zip(sums) {
            let exact: f32 = row.iter().zip(&query).map(|(a, b)| a * b).sum();
            assert!((sum - 3.0 - exact).abs() < 0.2, "{sum} {exact}");
        }
    }

    #[test]
    fn no_rows_have_no_products() {
        CodedRows::new(4, 0, |_, _| {}).add_products(&[1.0; 4], &mut []);
    }
}
