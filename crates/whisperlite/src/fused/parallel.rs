//! Work on matrices shared out among the threads. Every value is the sum of the same numbers in the same order, however
//! many threads there are.

use rayon::prelude::*;

use super::vectors::{add_scaled, vectorised};
use super::{Buffer, Matrix, product};

/// Rows that one thread works on while they are in the cache.
pub(super) const ROWS: usize = 256;

/// `a · b`, a block of rows of `a` after the other.
///
/// # Shapes
/// - `a`: `[m, k]`, `b`: `[k, columns]`
/// - returns `[m, columns]`
pub(super) fn by_blocks(a: Matrix<'_>, b: Matrix<'_>, columns: usize) -> Buffer {
    by_rows(a, b, columns, ROWS)
}

/// The same where `a` has few rows and many columns: one panel of rows for each thread.
pub(super) fn by_panels(a: Matrix<'_>, b: Matrix<'_>, columns: usize) -> Buffer {
    by_rows(a, b, columns, a.rows().div_ceil(rayon::current_num_threads()).max(1))
}

fn by_rows(a: Matrix<'_>, b: Matrix<'_>, columns: usize, rows: usize) -> Buffer {
    let mut out = Buffer::new(a.rows() * columns);
    out.par_chunks_mut(rows * columns)
        .enumerate()
        .for_each(|(block, out)| product(a.block(block * rows, out.len() / columns), b, out));
    out
}

/// The sum of all rows, `[n, columns] → [columns]`.
pub(super) fn column_sums(rows: &[f32], columns: usize) -> Vec<f32> {
    sum_of(rows.par_chunks(ROWS * columns).map(|block| block_sums(block, columns)).collect(), columns)
}

/// The sum of the rows of one block.
pub(super) fn block_sums(block: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    vectorised(|| block.chunks_exact(columns).for_each(|row| add_scaled(&mut sums, 1.0, row)));
    sums
}

/// The sum of the sums of all blocks, in their order.
pub(super) fn sum_of(blocks: Vec<Vec<f32>>, columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    blocks.iter().for_each(|block| add_scaled(&mut sums, 1.0, block));
    sums
}
