//! Many comparisons, one promise: Holm's step-down correction.

/// The p-values of one family of comparisons, corrected so that a claim at level α is wrong anywhere in the family with
/// probability at most α; in the order given.
///
/// The smallest of `n` is multiplied by `n`, the next by `n − 1`, and so on; none may fall below one before it, and
/// none exceeds 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &position) in order.iter().enumerate() {
        let remaining = (p_values.len() - rank) as f64;
        largest = largest.max(remaining * p_values[position]).min(1.0);
        corrected[position] = largest;
    }
    corrected
}
