//! Attention within one sequence, head by head and query by query, so that no matrix of scores is ever written.

use std::slice::ChunksExact;

use super::vectors::{add_scaled, softmax_inline, vectorised};

/// Keys whose scores grow side by side.
const SIDE_BY_SIDE: usize = 16;

/// Queries, keys and values of one sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads<'a> {
    /// `[n_queries, …]`
    pub(crate) queries: Rows<'a>,
    /// Rows before its own that every query sees: `[n_shared, …]`, laid out like `keys_values`.
    pub(crate) shared: Rows<'a>,
    /// `[n, …]`
    pub(crate) keys_values: Rows<'a>,
    pub(crate) n_heads: usize,
    /// Numbers of one head's query, key or value.
    pub(crate) width: usize,
    pub(crate) places: Places,
}

/// Where in a row the numbers of a head stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    /// From one head to the next.
    pub(crate) step: usize,
    pub(crate) query: usize,
    pub(crate) key: usize,
    pub(crate) value: usize,
}

/// Rows of `stride` numbers each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) stride: usize,
}

impl<'a> Rows<'a> {
    fn iter(self) -> ChunksExact<'a, f32> {
        self.values.chunks_exact(self.stride)
    }
}

/// `softmax(q · kᵀ / √width) · v` for every head.
///
/// # Shapes
/// - `n_seen`: how many keys of its own sequence, from the first on, query `i` sees
/// - `out`: `[n_queries, n_heads · width]`
pub(crate) fn attend(heads: Heads<'_>, n_seen: impl Fn(usize) -> usize, out: &mut [f32]) {
    let n = heads.shared.iter().len() + heads.keys_values.iter().len();
    let mut keys = vec![[0.0; SIDE_BY_SIDE]; n.div_ceil(SIDE_BY_SIDE) * heads.width];
    let mut scores = vec![[0.0; SIDE_BY_SIDE]; n.div_ceil(SIDE_BY_SIDE)];
    for head in 0..heads.n_heads {
        vectorised(
            #[inline(always)]
            || attend_head(&heads, head, &n_seen, &mut keys, &mut scores, out),
        );
    }
}

/// # Shapes
/// - `keys`: `[⌈n / 16⌉, width, 16]`, overwritten
/// - `scores`: `[⌈n / 16⌉, 16]`, overwritten
#[inline(always)]
fn attend_head(
    heads: &Heads<'_>,
    head: usize,
    n_seen: &impl Fn(usize) -> usize,
    keys: &mut [[f32; SIDE_BY_SIDE]],
    scores: &mut [[f32; SIDE_BY_SIDE]],
    out: &mut [f32],
) {
    let width = heads.width;
    let [at_query, at_key, at_value] =
        [heads.places.query, heads.places.key, heads.places.value].map(|place| place + head * heads.places.step);
    let scale = 1.0 / (width as f32).sqrt();
    let rows = || heads.shared.iter().chain(heads.keys_values.iter());
    for (position, row) in rows().enumerate() {
        let lines = &mut keys[position / SIDE_BY_SIDE * width..][..width];
        let key = &row[at_key..][..width];
        lines.iter_mut().zip(key).for_each(|(line, value)| line[position % SIDE_BY_SIDE] = *value);
    }
    let (n, n_shared) = (rows().count(), heads.shared.iter().len());
    for (index, (query, out)) in heads.queries.iter().zip(out.chunks_exact_mut(heads.n_heads * width)).enumerate() {
        let query = &query[at_query..][..width];
        let n_seen = n.min(n_shared.saturating_add(n_seen(index)));
        for (scores, keys) in scores.iter_mut().zip(keys.chunks_exact(width)).take(n_seen.div_ceil(SIDE_BY_SIDE)) {
            let mut sums = [0.0; SIDE_BY_SIDE];
            for (value, keys) in query.iter().zip(keys) {
                (0..SIDE_BY_SIDE).for_each(|key| sums[key] += value * keys[key]);
            }
            *scores = sums.map(|sum| sum * scale);
        }
        let scores = &mut scores.as_flattened_mut()[..n_seen];
        softmax_inline(scores);
        let out = &mut out[head * width..][..width];
        out.fill(0.0);
        for (share, row) in scores.iter().zip(rows()) {
            add_scaled(out, *share, &row[at_value..][..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_formula() {
        let (n, n_heads, width) = (19, 2, 5);
        let d = n_heads * width;
        let qkv: Vec<f32> = (0..n * 3 * d).map(|at| ((at * 37) % 23) as f32 * 0.1 - 1.0).collect();
        let places = Places { step: width, query: 0, key: d, value: 2 * d };
        let out_of = |n_shared: usize| {
            let (shared, own) = qkv.split_at(n_shared * 3 * d);
            let [shared, own] = [shared, own].map(|values| Rows { values, stride: 3 * d });
            let mut out = vec![f32::NAN; (n - n_shared) * d];
            let heads = Heads { queries: own, shared, keys_values: own, n_heads, width, places };
            attend(heads, |query| query + 1, &mut out);
            out
        };
        let out = out_of(0);
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
        assert_eq!(out_of(3), out[3 * d..], "rows that stand before are seen as if they were of the same sequence");
    }
}
