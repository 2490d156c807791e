//! Products with a matrix that never changes: arranged once, then read straight through.
//!
//! A general product arranges its right-hand side anew for every call. That is most of the time where few rows meet a large
//! matrix, as when one short text goes through a network. Here the matrix lies in panels of [`WIDTH`] columns, in the order
//! in which the processor wants it.

use rayon::prelude::*;

/// Columns of a panel.
const WIDTH: usize = 16;
/// Rows whose sums are kept in registers together.
const GROUP: usize = 6;
/// Products per sum before it is put down: a panel's piece of this length stays in the nearest cache.
const DEPTH: usize = 256;
/// Rows that are worked on while their piece stays in the second cache.
const ROWS: usize = 192;

/// Who computes a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crew {
    /// The calling thread: for callers that run several products at a time.
    Alone,
    /// All threads, each on some columns: for one product that somebody waits for.
    Together,
}

/// A matrix `[d_in, d_out]` in panels.
#[derive(Debug, Clone)]
pub(crate) struct PackedMatrix {
    /// `[d_out / WIDTH, d_in, WIDTH]`, the last panel filled up with zeros.
    panels: Vec<[f32; WIDTH]>,
    d_in: usize,
    d_out: usize,
}

impl PackedMatrix {
    /// # Shapes
    /// - `values`: `[d_in, d_out]`, row-major
    pub(crate) fn new(values: &[f32], d_in: usize, d_out: usize) -> Self {
        assert_eq!(values.len(), d_in * d_out, "the matrix has the shape [{d_in}, {d_out}]");
        let mut panels = vec![[0.0; WIDTH]; d_out.div_ceil(WIDTH) * d_in];
        for (panel, lines) in panels.chunks_exact_mut(d_in.max(1)).enumerate() {
            let first = panel * WIDTH;
            let n = WIDTH.min(d_out - first);
            for (line, row) in lines.iter_mut().zip(values.chunks_exact(d_out)) {
                line[..n].copy_from_slice(&row[first..first + n]);
            }
        }
        Self { panels, d_in, d_out }
    }

    /// Number of rows.
    pub(crate) fn d_in(&self) -> usize {
        self.d_in
    }

    /// Number of columns.
    pub(crate) fn d_out(&self) -> usize {
        self.d_out
    }

    /// `out += x · self`.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - `out`: `[n, d_out]`
    pub(crate) fn add_product(&self, x: &[f32], out: &mut [f32], crew: Crew) {
        let n = x.len() / self.d_in;
        assert_eq!([x.len(), out.len()], [n * self.d_in, n * self.d_out], "rows of {} to {}", self.d_in, self.d_out);
        let n_panels = self.d_out.div_ceil(WIDTH);
        let per_thread = n_panels.div_ceil(rayon::current_num_threads()).max(1);
        if crew == Crew::Alone || per_thread == n_panels {
            return add_panels(&self.panels, x, self.d_in, out, self.d_out);
        }
        let parts: Vec<(usize, Vec<f32>)> = self
            .panels
            .par_chunks(per_thread * self.d_in)
            .enumerate()
            .map(|(part, panels)| {
                let columns = (per_thread * WIDTH).min(self.d_out - part * per_thread * WIDTH);
                let mut sums = vec![0.0; n * columns];
                add_panels(panels, x, self.d_in, &mut sums, columns);
                (columns, sums)
            })
            .collect();
        let mut first = 0;
        for (columns, sums) in parts {
            for (out, sums) in out.chunks_exact_mut(self.d_out).zip(sums.chunks_exact(columns)) {
                out[first..first + columns].iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
            }
            first += columns;
        }
    }
}

/// `out += x · panels`, for `[n, d_in]` and the `columns` of some panels.
fn add_panels(panels: &[[f32; WIDTH]], x: &[f32], d_in: usize, out: &mut [f32], columns: usize) {
    let mut groups = Vec::new();
    for (x, out) in x.chunks(ROWS * d_in).zip(out.chunks_mut(ROWS * columns)) {
        for first in (0..d_in).step_by(DEPTH) {
            let depth = DEPTH.min(d_in - first);
            interleave(x, d_in, first, depth, &mut groups);
            pulp::Arch::new().dispatch(Block { panels, groups: &groups, d_in, first, depth, out: &mut *out, columns });
        }
    }
}

/// Writes the piece `first..first + depth` of every row so that the rows of a group lie side by side:
/// `[n_groups, depth, rows of the group]`.
fn interleave(x: &[f32], d_in: usize, first: usize, depth: usize, groups: &mut Vec<f32>) {
    groups.resize(x.len() / d_in * depth, 0.0);
    for (rows, group) in x.chunks(GROUP * d_in).zip(groups.chunks_mut(GROUP * depth)) {
        let n = rows.len() / d_in;
        for (at, row) in rows.chunks_exact(d_in).enumerate() {
            let slots = group.iter_mut().skip(at).step_by(n);
            slots.zip(&row[first..first + depth]).for_each(|(slot, value)| *slot = *value);
        }
    }
}

/// One piece of a product. A type and not a closure: its code must be compiled for the processor at hand, with its fused
/// multiplication and addition, and a closure as large as this one is left behind.
struct Block<'a> {
    panels: &'a [[f32; WIDTH]],
    groups: &'a [f32],
    d_in: usize,
    first: usize,
    depth: usize,
    out: &'a mut [f32],
    columns: usize,
}

impl pulp::NullaryFnOnce for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { panels, groups, d_in, first, depth, out, columns } = self;
        for (panel, lines) in panels.chunks_exact(d_in).enumerate() {
            let (lines, at) = (&lines[first..first + depth], panel * WIDTH);
            for (group, out) in groups.chunks(GROUP * depth).zip(out.chunks_mut(GROUP * columns)) {
                match group.len() / depth {
                    1 => add_tile::<1>(lines, group, out, columns, at),
                    2 => add_tile::<2>(lines, group, out, columns, at),
                    3 => add_tile::<3>(lines, group, out, columns, at),
                    4 => add_tile::<4>(lines, group, out, columns, at),
                    5 => add_tile::<5>(lines, group, out, columns, at),
                    _ => add_tile::<GROUP>(lines, group, out, columns, at),
                }
            }
        }
    }
}

/// The columns `at..at + WIDTH` of `N` rows: all sums stay in registers.
#[inline(always)]
fn add_tile<const N: usize>(lines: &[[f32; WIDTH]], group: &[f32], out: &mut [f32], columns: usize, at: usize) {
    let mut sums = [[0.0f32; WIDTH]; N];
    for (line, values) in lines.iter().zip(group.as_chunks::<N>().0) {
        for row in 0..N {
            for column in 0..WIDTH {
                sums[row][column] = values[row].mul_add(line[column], sums[row][column]);
            }
        }
    }
    for (out, sums) in out.chunks_exact_mut(columns).zip(sums) {
        let end = (at + WIDTH).min(columns);
        out[at..end].iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Matrix, product};
    use super::*;

    fn drawn(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|at| ((at * 7919 + salt) % 1000) as f32 / 500.0 - 1.0).collect()
    }

    #[test]
    fn equals_the_general_product() {
        for [n, d_in, d_out] in [[1, 1, 1], [10, 512, 48], [7, 300, 20], [200, 40, 33], [6, 256, 16], [3, 700, 100]] {
            let (x, w, start) = (drawn(n * d_in, 1), drawn(d_in * d_out, 2), drawn(n * d_out, 3));
            let mut expected = vec![0.0; n * d_out];
            product(Matrix::new(&x, d_in), Matrix::new(&w, d_out), &mut expected);
            for crew in [Crew::Alone, Crew::Together] {
                let mut out = start.clone();
                PackedMatrix::new(&w, d_in, d_out).add_product(&x, &mut out, crew);
                for ((out, start), expected) in out.iter().zip(&start).zip(&expected) {
                    assert!((out - start - expected).abs() < 1e-4 * (d_in as f32).sqrt(), "{n} {d_in} {d_out}: {out}");
                }
            }
        }
    }

    #[test]
    fn nothing_comes_of_no_rows() {
        PackedMatrix::new(&drawn(12, 0), 3, 4).add_product(&[], &mut [], Crew::Together);
    }

    #[test]
    #[should_panic(expected = "rows of 3 to 4")]
    fn rows_of_another_width_are_refused() {
        PackedMatrix::new(&drawn(12, 0), 3, 4).add_product(&[0.0; 6], &mut [0.0; 7], Crew::Alone);
    }
}
