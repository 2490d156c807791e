//! Matrix products of slices: a safe door to the `gemm` crate.

use gemm::Parallelism;

/// A matrix that somebody else holds, as it stands or transposed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// # Shapes
    /// `values`: `[n, columns]`, row-major
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(
            columns > 0 && values.len().is_multiple_of(columns),
            "{} values are no rows of {columns}",
            values.len()
        );
        Self { values, rows: values.len() / columns, columns, row_stride: columns, column_stride: 1 }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The transposed matrix, without moving anything.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// `n` rows from row `first` on.
    pub(crate) fn block(self, first: usize, n: usize) -> Self {
        assert!(first + n <= self.rows, "rows {first} to {} of {}", first + n, self.rows);
        let start = (first * self.row_stride).min(self.values.len());
        Self { values: &self.values[start..], rows: n, ..self }
    }

    /// Whether all elements lie within the slice.
    fn is_inside(&self) -> bool {
        let last = |n: usize, stride: usize| n.saturating_sub(1) * stride;
        let is_empty = self.rows == 0 || self.columns == 0;
        is_empty || last(self.rows, self.row_stride) + last(self.columns, self.column_stride) < self.values.len()
    }
}

/// `out = a · b`, on the calling thread.
///
/// # Shapes
/// - `a`: `[m, k]`, `b`: `[k, n]`
/// - `out`: `[m, n]`, row-major
#[allow(unsafe_code, reason = "the kernel takes pointers")]
pub(crate) fn product(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(b.rows, k, "a product of [{m}, {k}] and [{}, {n}]", b.rows);
    assert_eq!(out.len(), m * n, "the product has the shape [{m}, {n}]");
    assert!(a.is_inside() && b.is_inside(), "a matrix reaches beyond its values");
    // SAFETY: the kernel reads `a[i, j]` at `i · row_stride + j · column_stride` for `i < m`, `j < k`, likewise `b`, all
    // of which lie within the slices by `is_inside`; it writes `out[i · n + j]` for `i < m`, `j < n`, and `out` holds
    // `m · n` values, borrowed mutably, so it overlaps neither input.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn draw(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    /// The safe twin: one sum after the other.
    fn naive(a: Matrix<'_>, b: Matrix<'_>) -> Vec<f32> {
        let at = |x: &Matrix<'_>, i: usize, j: usize| x.values[i * x.row_stride + j * x.column_stride];
        let cell = |i: usize, j: usize| (0..a.columns).map(|l| at(&a, i, l) * at(&b, l, j)).sum();
        (0..a.rows).flat_map(|i| (0..b.columns).map(move |j| (i, j))).map(|(i, j)| cell(i, j)).collect()
    }

    fn assert_near(got: &[f32], expected: &[f32]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
        }
    }

    #[test]
    fn equals_the_naive_product_for_all_layouts() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for [m, k, n] in [[1, 1, 1], [3, 70, 5], [65, 33, 130], [1, 40, 9], [40, 40, 1]] {
            let (a, b) = (draw(m * k, &mut rng), draw(k * n, &mut rng));
            let plain = [Matrix::new(&a, k), Matrix::new(&b, n)];
            let turned = [Matrix::new(&a, m).transposed(), Matrix::new(&b, k).transposed()];
            for left in [plain[0], turned[0]] {
                for right in [plain[1], turned[1]] {
                    let expected = naive(left, right);
                    let mut out = vec![f32::NAN; m * n];
                    product(left, right, &mut out);
                    assert_near(&out, &expected);
                }
            }
        }
    }

    #[test]
    fn a_block_of_rows_is_a_part_of_the_product() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let (a, b) = (draw(10 * 4, &mut rng), draw(4 * 3, &mut rng));
        let mut out = vec![0.0; 4 * 3];
        product(Matrix::new(&a, 4).block(5, 4), Matrix::new(&b, 3), &mut out);
        assert_near(&out, &naive(Matrix::new(&a, 4), Matrix::new(&b, 3))[15..27]);
        let columns = Matrix::new(&a, 10).transposed().block(6, 4);
        let expected = naive(Matrix::new(&a, 10).transposed(), Matrix::new(&b, 3));
        product(columns, Matrix::new(&b, 3), &mut out);
        assert_near(&out, &expected[18..30]);
    }

    #[test]
    #[should_panic(expected = "a product of [2, 3] and [2, 3]")]
    fn shapes_that_do_not_fit_are_refused() {
        let values = [0.0; 6];
        product(Matrix::new(&values, 3), Matrix::new(&values, 3), &mut [0.0; 6]);
    }
}
