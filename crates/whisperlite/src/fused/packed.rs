//! Products with a matrix that never changes: arranged once, then read straight through.
//!
//! A general product arranges its right-hand side anew for every call. That is most of the time where few rows meet a large
//! matrix, as when one short text goes through a network. Here the matrix lies in panels of [`PANEL`] columns, in the order
//! in which the processor wants it.

use std::ops::{Range, RangeInclusive};
use std::slice::Chunks;

/// Columns of a panel.
pub(crate) const PANEL: usize = 16;
/// Rows whose sums are kept in registers together.
const GROUP: usize = 6;
/// Products per sum before it is put down: a panel's piece of this length stays in the nearest cache.
const DEPTH: usize = 768;
/// Steps that are written out one after the other, so that counting them costs less.
const UNROLLED: usize = 4;
/// Rows that are worked on while their piece stays in the second cache.
const ROWS: usize = 192;
/// Values of all rows together that stay in the second cache: so few rows need not be cut into pieces, and the matrix is
/// read from its beginning to its end.
const FEW: usize = 64 * 1024;

/// Numbers of groups between which the next lines are called from memory while the current ones are multiplied.
const PREFETCHING_GROUPS: RangeInclusive<usize> = 2..=4;

/// One line of a panel, which fills a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([f32; PANEL]);

/// A matrix `[d_in, d_out]` in panels.
#[derive(Debug, Clone)]
pub(crate) struct PackedMatrix {
    /// `[d_out / PANEL, d_in]`, the last panel filled up with zeros.
    panels: Vec<Line>,
    d_in: usize,
    d_out: usize,
}

impl PackedMatrix {
    /// # Shapes
    /// - `values`: `[d_in, d_out]`, row-major
    pub(crate) fn new(values: &[f32], d_in: usize, d_out: usize) -> Self {
        assert_eq!(values.len(), d_in * d_out, "the matrix has the shape [{d_in}, {d_out}]");
        let mut panels = vec![Line([0.0; PANEL]); d_out.div_ceil(PANEL) * d_in];
        for (panel, lines) in panels.chunks_exact_mut(d_in.max(1)).enumerate() {
            let first = panel * PANEL;
            let n = PANEL.min(d_out - first);
            for (line, row) in lines.iter_mut().zip(values.chunks_exact(d_out)) {
                line.0[..n].copy_from_slice(&row[first..first + n]);
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

    /// `out += x · self`. A row comes out the same to the last bit whatever rows stand around it.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - `out`: `[n, d_out]`
    pub(crate) fn add_product(&self, x: &[f32], out: &mut [f32]) {
        self.add(x, 0..self.d_in, 0..self.d_out, out);
    }

    /// The same for some columns of the matrix, from the beginning of a panel on.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - `out`: `[n, columns.len()]`
    pub(crate) fn add_columns(&self, x: &[f32], columns: Range<usize>, out: &mut [f32]) {
        self.add(x, 0..self.d_in, columns, out);
    }

    /// The same for some rows of the matrix: what these numbers of every row of `x` contribute.
    ///
    /// # Shapes
    /// - `x`: `[n, rows.len()]`
    /// - `out`: `[n, d_out]`
    pub(crate) fn add_rows(&self, x: &[f32], rows: Range<usize>, out: &mut [f32]) {
        self.add(x, rows, 0..self.d_out, out);
    }

    fn add(&self, x: &[f32], rows: Range<usize>, columns: Range<usize>, out: &mut [f32]) {
        let n = x.len() / rows.len();
        let lens = [n * rows.len(), n * columns.len()];
        assert_eq!([x.len(), out.len()], lens, "rows of {} to {}", rows.len(), columns.len());
        assert_eq!(columns.start % PANEL, 0, "columns from the beginning of a panel on");
        let panels = columns.start / PANEL..columns.end.div_ceil(PANEL);
        let panels = Panels {
            lines: &self.panels[panels.start * self.d_in..panels.end * self.d_in],
            n_lines: self.d_in,
            used: rows,
            n_columns: columns.len(),
        };
        panels.add_product(x, out);
    }
}

/// What of a matrix takes part in a product.
#[derive(Debug, Clone)]
struct Panels<'a> {
    lines: &'a [Line],
    /// Lines of a panel.
    n_lines: usize,
    /// Which of them.
    used: Range<usize>,
    n_columns: usize,
}

impl Panels<'_> {
    fn add_product(&self, x: &[f32], out: &mut [f32]) {
        let depth = self.used.len();
        let mut groups = Vec::new();
        for (x, out) in x.chunks(ROWS * depth).zip(out.chunks_mut(ROWS * self.n_columns)) {
            let span = if x.len() <= FEW { depth } else { DEPTH };
            for first in (0..depth).step_by(span) {
                let end = depth.min(first + span);
                groups.clear();
                pieces(first, end).for_each(|piece| interleave(x, depth, piece, &mut groups));
                pulp::Arch::new().dispatch(Block { panels: self, groups: &groups, first, end, out: &mut *out });
            }
        }
    }
}

/// The lines `first..end` in pieces of [`DEPTH`].
fn pieces(first: usize, end: usize) -> impl Iterator<Item = Range<usize>> {
    (first..end).step_by(DEPTH).map(move |at| at..end.min(at + DEPTH))
}

/// Adds a piece of every row so that the rows of a group lie side by side: `[n_groups, piece, rows of the group]`.
fn interleave(x: &[f32], d_in: usize, piece: Range<usize>, groups: &mut Vec<f32>) {
    for rows in x.chunks(GROUP * d_in) {
        let (n, begin) = (rows.len() / d_in, groups.len());
        groups.resize(begin + n * piece.len(), 0.0);
        for (at, row) in rows.chunks_exact(d_in).enumerate() {
            let slots = groups[begin..].iter_mut().skip(at).step_by(n);
            slots.zip(&row[piece.clone()]).for_each(|(slot, value)| *slot = *value);
        }
    }
}

/// One part of a product. A type and not a closure: its code must be compiled for the processor at hand, with its fused
/// multiplication and addition, and a closure as large as this one is left behind.
struct Block<'a> {
    panels: &'a Panels<'a>,
    groups: &'a [f32],
    first: usize,
    end: usize,
    out: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { panels, groups, first, end, out } = self;
        let columns = panels.n_columns;
        let n = out.len() / columns;
        let n_groups = n.div_ceil(GROUP);
        for (panel, lines) in panels.lines.chunks_exact(panels.n_lines).enumerate() {
            let at = panel * PANEL;
            let mut left = groups;
            for piece in pieces(first, end) {
                let (groups, rest) = left.split_at(n * piece.len());
                left = rest;
                let group_len = GROUP * piece.len();
                let mut shares = panels.after(panel, &piece, [first, end], n_groups);
                let lines = &lines[panels.used.start..][piece];
                for (group, out) in groups.chunks(group_len).zip(out.chunks_mut(GROUP * columns)) {
                    let lines = [lines, shares.next().unwrap_or_default()];
                    match out.len() / columns {
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
}

impl<'a> Panels<'a> {
    /// What is read after a piece, a share for each group to prefetch while it multiplies. Nothing where there is but one
    /// group, which has no time for it, or so many that the wait for memory does not count.
    #[inline(always)]
    fn after(&self, panel: usize, piece: &Range<usize>, [first, end]: [usize; 2], n_groups: usize) -> Chunks<'a, Line> {
        let (panel, line) = if piece.end < end { (panel, piece.end) } else { (panel + 1, first) };
        let next = panel * self.n_lines + self.used.start + line;
        let n = if PREFETCHING_GROUPS.contains(&n_groups) { piece.len() } else { 0 };
        let [begin, end] = [next, next + n].map(|at| at.min(self.lines.len()));
        self.lines[begin..end].chunks(piece.len().div_ceil(n_groups))
    }
}

/// The columns `at..at + PANEL` of `N` rows. The sums begin with what stands there: read ahead of the products, it is
/// waited for while the processor still multiplies for the tile before.
#[inline(always)]
fn add_tile<const N: usize>(lines: [&[Line]; 2], group: &[f32], out: &mut [f32], columns: usize, at: usize) {
    let width = PANEL.min(columns - at);
    let mut sums = [[0.0; PANEL]; N];
    if width == PANEL {
        for (row, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&out[row * columns + at..][..PANEL]);
        }
        sums = add_products(lines, group, sums);
        for (row, sums) in sums.iter().enumerate() {
            out[row * columns + at..][..PANEL].copy_from_slice(sums);
        }
    } else {
        sums = add_products(lines, group, sums);
        for (row, sums) in sums.iter().enumerate() {
            out[row * columns + at..][..width].iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
        }
    }
}

/// Adds the products of `N` rows with a piece of a panel to their sums, which stay in registers, and prefetches the lines `ahead`.
#[inline(always)]
fn add_products<const N: usize>(
    [lines, mut ahead]: [&[Line]; 2],
    group: &[f32],
    mut sums: [[f32; PANEL]; N],
) -> [[f32; PANEL]; N] {
    let (steps, rest) = lines.as_chunks::<UNROLLED>();
    let (step_values, rest_values) = group.as_chunks::<N>().0.as_chunks::<UNROLLED>();
    let n_now = ahead.len().div_ceil(steps.len().max(1));
    for (lines, values) in steps.iter().zip(step_values) {
        let (now, later) = ahead.split_at(n_now.min(ahead.len()));
        now.iter().for_each(prefetch);
        ahead = later;
        for (line, values) in lines.iter().zip(values) {
            add_outer(line, values, &mut sums);
        }
    }
    for (line, values) in rest.iter().zip(rest_values) {
        add_outer(line, values, &mut sums);
    }
    sums
}

/// Asks for a line to be brought into the second cache.
#[inline(always)]
#[allow(unsafe_code, reason = "the instruction takes a pointer")]
fn prefetch(line: &Line) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program could see, and the pointer comes from a reference.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(line).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "with iterators, the sums do not stay in registers: half the speed")]
fn add_outer<const N: usize>(line: &Line, values: &[f32; N], sums: &mut [[f32; PANEL]; N]) {
    for row in 0..N {
        for column in 0..PANEL {
            sums[row][column] = values[row].mul_add(line.0[column], sums[row][column]);
        }
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
            let packed = PackedMatrix::new(&w, d_in, d_out);
            let mut out = start.clone();
            packed.add_product(&x, &mut out);
            for ((out, start), expected) in out.iter().zip(&start).zip(&expected) {
                assert!((out - start - expected).abs() < 1e-4 * (d_in as f32).sqrt(), "{n} {d_in} {d_out}: {out}");
            }
        }
    }

    #[test]
    fn parts_of_the_matrix_add_up_to_the_whole() {
        let (n, d_in, d_out) = (20, 700, 100);
        let (x, packed) = (drawn(n * d_in, 1), PackedMatrix::new(&drawn(d_in * d_out, 2), d_in, d_out));
        let mut whole = vec![0.0; n * d_out];
        packed.add_product(&x, &mut whole);
        for columns in [0..48, 48..100, 16..32] {
            let mut out = vec![0.0; n * columns.len()];
            packed.add_columns(&x, columns.clone(), &mut out);
            let expected: Vec<f32> = whole.chunks_exact(d_out).flat_map(|row| &row[columns.clone()]).copied().collect();
            assert_eq!(out, expected);
        }
        let mut out = vec![0.0; n * d_out];
        for rows in [0..5, 5..600, 600..700] {
            let x: Vec<f32> = x.chunks_exact(d_in).flat_map(|row| &row[rows.clone()]).copied().collect();
            packed.add_rows(&x, rows, &mut out);
        }
        assert!(out.iter().zip(&whole).all(|(out, whole)| (out - whole).abs() < 1e-3));
    }

    #[test]
    fn a_row_is_the_same_in_any_company() {
        let (n, d_in, d_out) = (200, 700, 100);
        let (x, w) = (drawn(n * d_in, 1), drawn(d_in * d_out, 2));
        let packed = PackedMatrix::new(&w, d_in, d_out);
        let product = |x: &[f32]| {
            let mut out = drawn(x.len() / d_in * d_out, 0);
            packed.add_product(x, &mut out);
            out
        };
        let all = product(&x);
        assert!([1, 5, 7, 20].iter().all(|n| all[..n * d_out] == product(&x[..n * d_in])));
    }

    #[test]
    fn nothing_comes_of_no_rows() {
        PackedMatrix::new(&drawn(12, 0), 3, 4).add_product(&[], &mut []);
    }

    #[test]
    #[should_panic(expected = "rows of 3 to 4")]
    fn rows_of_another_width_are_refused() {
        PackedMatrix::new(&drawn(12, 0), 3, 4).add_product(&[0.0; 6], &mut [0.0; 7]);
    }
}
