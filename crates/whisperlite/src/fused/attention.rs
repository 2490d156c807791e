//! Attention within one sequence, head by head and query by query, so that no matrix of scores is ever written.

use super::vectors::{add_scaled, softmax_inline, vectorised};

/// Queries, keys and values of one sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads<'a> {
    /// `[n_queries, …]`: row `i` has its query at the beginning, `n_heads · width` numbers.
    pub(crate) queries: Rows<'a>,
    /// `[n, …]`: every row has its key at the beginning and its value `n_heads · width` behind it.
    pub(crate) keys_values: Rows<'a>,
    pub(crate) n_heads: usize,
    /// Length of a query of one head.
    pub(crate) width: usize,
}

/// Rows that lie in longer rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) stride: usize,
}

/// `softmax(q · kᵀ / √width) · v` for every head.
///
/// # Shapes
/// - `n_seen`: how many keys, from the first on, query `i` sees
/// - `out`: `[n_queries, n_heads · width]`
pub(crate) fn attend(heads: Heads<'_>, n_seen: impl Fn(usize) -> usize, out: &mut [f32]) {
    let n = heads.keys_values.values.len().div_ceil(heads.keys_values.stride);
    let mut keys = vec![0.0; heads.width * n];
    let mut scores = vec![0.0; n];
    for head in 0..heads.n_heads {
        vectorised(
            #[inline(always)]
            || attend_head(&heads, head, &n_seen, &mut keys, &mut scores, out),
        );
    }
}

#[inline(always)]
fn attend_head(
    heads: &Heads<'_>,
    head: usize,
    n_seen: &impl Fn(usize) -> usize,
    keys: &mut [f32],
    scores: &mut [f32],
    out: &mut [f32],
) {
    let (width, d, n) = (heads.width, heads.n_heads * heads.width, scores.len());
    let at = head * width;
    let scale = 1.0 / (width as f32).sqrt();
    // Transposed, so that all scores of a query grow side by side.
    for (position, row) in heads.keys_values.values.chunks(heads.keys_values.stride).enumerate() {
        row[at..at + width].iter().enumerate().for_each(|(line, value)| keys[line * n + position] = *value);
    }
    let queries = heads.queries.values.chunks(heads.queries.stride);
    for (index, (query, out)) in queries.zip(out.chunks_exact_mut(d)).enumerate() {
        let n_seen = n_seen(index).min(n);
        let scores = &mut scores[..n_seen];
        scores.fill(0.0);
        for (value, keys) in query[at..at + width].iter().zip(keys.chunks_exact(n)) {
            add_scaled(scores, value * scale, &keys[..n_seen]);
        }
        softmax_inline(scores);
        let out = &mut out[at..at + width];
        out.fill(0.0);
        for (share, row) in scores.iter().zip(heads.keys_values.values.chunks(heads.keys_values.stride)) {
            add_scaled(out, *share, &row[d + at..d + at + width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_formula() {
        let (n, n_heads, width) = (7, 2, 5);
        let d = n_heads * width;
        let qkv: Vec<f32> = (0..n * 3 * d).map(|at| ((at * 37) % 23) as f32 * 0.1 - 1.0).collect();
        let (queries, keys_values) = (Rows { values: &qkv, stride: 3 * d }, Rows { values: &qkv[d..], stride: 3 * d });
        let mut out = vec![f32::NAN; n * d];
        attend(Heads { queries, keys_values, n_heads, width }, |query| query + 1, &mut out);
        let at = |row: usize, part: usize, head: usize, i: usize| qkv[row * 3 * d + part * d + head * width + i];
        for (query, head) in (0..n).flat_map(|query| (0..n_heads).map(move |head| (query, head))) {
            let score = |key| (0..width).map(|i| at(query, 0, head, i) * at(key, 1, head, i)).sum::<f32>();
            let weights: Vec<f32> = (0..=query).map(|key| (score(key) / (width as f32).sqrt()).exp()).collect();
            let total: f32 = weights.iter().sum();
            for i in 0..width {
                let sum: f32 = weights.iter().enumerate().map(|(key, weight)| weight * at(key, 2, head, i)).sum();
                let found = out[query * d + head * width + i];
                assert!((found - sum / total).abs() < 1e-5, "{found} {}", sum / total);
            }
        }
    }
}
