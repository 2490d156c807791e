//! Work on matrices shared out among the threads. Every value is the sum of the same numbers in the same order, however
//! many threads there are.

use rayon::prelude::*;

use super::vectors::{add_scaled, vectorised};
use super::{Buffer, Matrix, product};

/// Most rows that one thread works on while they are in the cache; fewer, and a product spends its time on arranging its
/// right-hand side anew for every block.
const MAX_ROWS: usize = 512;
/// Blocks are whole groups of so many rows, and sums over rows are sums over groups.
const GROUP: usize = 64;

/// In blocks of how many of its rows a matrix of `n` rows is shared out.
pub(super) fn rows_per_block(n: usize) -> usize {
    n.div_ceil(rayon::current_num_threads()).next_multiple_of(GROUP).clamp(GROUP, MAX_ROWS)
}

/// `a · b`, a block of rows of `a` after the other.
///
/// # Shapes
/// - `a`: `[m, k]`, `b`: `[k, columns]`
/// - returns `[m, columns]`
pub(super) fn by_blocks(a: Matrix<'_>, b: Matrix<'_>, columns: usize) -> Buffer {
    by_rows(a, b, columns, rows_per_block(a.rows()))
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
    total(rows.par_chunks(GROUP * columns).flat_map_iter(|group| group_sums(group, columns)).collect(), columns)
}

/// The sums of the rows of each group of a block, `[n, columns] → [n_groups, columns]`, for [`total`].
pub(super) fn group_sums(block: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; block.len().div_ceil(GROUP * columns) * columns];
    let groups = sums.chunks_exact_mut(columns).zip(block.chunks(GROUP * columns));
    vectorised(|| groups.for_each(|(sum, group)| add_rows(sum, group)));
    sums
}

/// The sum of the sums of all groups, in their order.
pub(super) fn total(groups: Vec<f32>, columns: usize) -> Vec<f32> {
    let mut sum = vec![0.0; columns];
    vectorised(|| add_rows(&mut sum, &groups));
    sum
}

#[inline(always)]
fn add_rows(sum: &mut [f32], rows: &[f32]) {
    rows.chunks_exact(sum.len()).for_each(|row| add_scaled(sum, 1.0, row));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_the_number_of_threads() {
        let rows: Vec<f32> = (0..3 * 1000).map(|at| (at as f32).sin()).collect();
        let sums = [1, 2, 5].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| {
                let blocks = rows.par_chunks(rows_per_block(1000) * 3).flat_map_iter(|block| group_sums(block, 3));
                [total(blocks.collect(), 3), column_sums(&rows, 3)]
            })
        });
        assert!(sums.iter().flatten().all(|sum| *sum == sums[0][0]), "{sums:?}");
        for (column, sum) in sums[0][0].iter().enumerate() {
            let exact: f32 = rows.iter().skip(column).step_by(3).sum();
            assert!((sum - exact).abs() < 1e-3, "{sum} is not {exact}");
        }
    }
}
