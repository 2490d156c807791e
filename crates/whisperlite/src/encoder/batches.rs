//! What embedding in batches shares: grouping texts by length, and scaling to length 1.

/// Tokens of a batch, padding included: enough for full-speed matrix products, few enough to stay in the cache.
const MAX_BATCH_TOKENS: usize = 1024;

/// Below this, splitting a batch between threads costs more than it brings.
const MIN_BATCH_TOKENS: usize = 128;

/// Groups texts of similar length, longest first, as indices into `tokens`.
///
/// A text without a single token is in no group: its vector stays zero, as the mean over nothing in the reference.
pub(super) fn plan(tokens: &[Vec<u32>], n_threads: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..tokens.len()).filter(|&text_idx| !tokens[text_idx].is_empty()).collect();
    order.sort_by_key(|&text_idx| std::cmp::Reverse(tokens[text_idx].len()));
    let n_tokens: usize = tokens.iter().map(Vec::len).sum();
    let budget = n_tokens.div_ceil(n_threads.max(1)).clamp(MIN_BATCH_TOKENS, MAX_BATCH_TOKENS);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for text_idx in order {
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * tokens[batch[0]].len() <= budget => batch.push(text_idx),
            _ => batches.push(vec![text_idx]),
        }
    }
    batches
}

/// Scales a vector to length 1; one without length stays as it is.
pub(crate) fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|value| *value /= length);
}
