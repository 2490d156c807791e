//! **What is a good score?** Binary cross-entropy plus a contrastive term.
//!
//! The composite of arXiv:2207.12033: `λ_bce · BCE(σ(s), y) + λ_con · InfoNCE(s)`. Both are plain functions of a score
//! matrix, so that the trainer decides which pairs are compared (request ↔ item, person ↔ item, both) and the towers
//! stay unknown here.
//!
//! Not for: how a score comes about (see [`crate::model`]), or which negatives are drawn (see [`crate::trainer`]).

use burn::tensor::{Int, Tensor};

/// A score that no negative can compete with: excluded candidates get it before a softmax.
pub const EXCLUDED: f32 = -1.0e9;

/// InfoNCE (van den Oord et al., arXiv:1807.03748), the mean over rows of `−log softmax(scores_row)[positive]`.
///
/// Candidates that must not count as negatives carry [`EXCLUDED`]; a correction for the sampling probability
/// (Bengio and Senécal 2008) is subtracted from the scores by the caller.
///
/// # Shapes
/// - `scores`: `[batch, n_candidates]`
/// - `positive`: `[batch]`, the column of each row's positive
/// - returns `[1]`
pub fn info_nce(scores: Tensor<2>, positive: Tensor<1, Int>) -> Tensor<1> {
    let [batch, _] = scores.dims();
    let positive_scores = scores.clone().gather(1, positive.reshape([batch, 1]));
    (log_sum_exp(scores) - positive_scores).mean()
}

/// InfoNCE where a row may have several positives: the mean over rows of the mean over the row's positives.
///
/// # Shapes
/// - `scores`: `[batch, n_candidates]`
/// - `labels`: `[batch, n_candidates]`, 1 for positives, at least one in each row, 0 for the rest
/// - returns `[1]`
pub fn multi_positive_info_nce(scores: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
    let n_positives = labels.clone().sum_dim(1);
    let positive_scores = (scores.clone() * labels).sum_dim(1) / n_positives;
    (log_sum_exp(scores) - positive_scores).mean()
}

/// Binary cross-entropy on logits, `mean(softplus(s) − y · s)`, in the form that does not overflow.
///
/// # Shapes
/// - `scores`, `labels`: `[batch, n_candidates]`, labels 0 or 1
/// - returns `[1]`
pub fn binary_cross_entropy(scores: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
    pairwise_cross_entropy(scores, labels).mean()
}

/// [`binary_cross_entropy`] as a mean over some of the pairs.
///
/// # Shapes
/// - `scores`, `labels`: `[batch, n_candidates]`
/// - `present`: `[batch, n_candidates]`, 1 for pairs that count, 0 for padding
/// - returns `[1]`
pub fn masked_binary_cross_entropy(scores: Tensor<2>, labels: Tensor<2>, present: Tensor<2>) -> Tensor<1> {
    (pairwise_cross_entropy(scores, labels) * present.clone()).sum() / present.sum()
}

fn pairwise_cross_entropy(scores: Tensor<2>, labels: Tensor<2>) -> Tensor<2> {
    let softplus = scores.clone().clamp_min(0.0) + scores.clone().abs().neg().exp().log1p();
    softplus - scores * labels
}

/// `log Σ exp` of every row, `[batch, n] → [batch, 1]`, shifted by the row's largest score so that nothing overflows.
fn log_sum_exp(scores: Tensor<2>) -> Tensor<2> {
    let largest = scores.clone().detach().max_dim(1);
    (scores - largest.clone()).exp().sum_dim(1).log() + largest
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn matrix(rows: &[[f32; 3]]) -> Tensor<2> {
        let flat: Vec<f32> = rows.iter().flatten().copied().collect();
        Tensor::from_data(TensorData::new(flat, [rows.len(), 3]), &Device::flex())
    }

    fn value(loss: Tensor<1>) -> f32 {
        loss.into_scalar()
    }

    #[test]
    fn info_nce_equals_the_formula_by_hand() {
        let scores = matrix(&[[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]);
        let positive = Tensor::from_data([1, 0], &Device::flex());
        let row_0 = (1f32.exp() + 2f32.exp() + 0.5f32.exp()).ln() - 2.0;
        let row_1 = (1.0 + (-1f32).exp() + 3f32.exp()).ln();
        let expected = (row_0 + row_1) / 2.0;
        assert!((value(info_nce(scores.clone(), positive.clone())) - expected).abs() < 1e-6);
        let labels = matrix(&[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        assert!((value(multi_positive_info_nce(scores.clone(), labels)) - expected).abs() < 1e-6);
        let two = matrix(&[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        let expected = (row_0 + 0.5 + row_1) / 2.0;
        assert!((value(multi_positive_info_nce(scores, two)) - expected).abs() < 1e-6);
    }

    #[test]
    fn an_excluded_candidate_does_not_count() {
        let positive = Tensor::from_data([0], &Device::flex());
        let without = value(info_nce(matrix(&[[1.0, 2.0, EXCLUDED]]), positive));
        assert!((without - ((1f32.exp() + 2f32.exp()).ln() - 1.0)).abs() < 1e-6);
    }

    #[test]
    fn huge_scores_do_not_overflow() {
        let scores = matrix(&[[1.0e4, -1.0e4, 0.0]]);
        let labels = matrix(&[[1.0, 0.0, 0.0]]);
        let positive = Tensor::from_data([1], &Device::flex());
        assert_eq!(value(info_nce(scores.clone(), positive)), 2.0e4);
        assert!((value(binary_cross_entropy(scores, labels)) - 2f32.ln() / 3.0).abs() < 1e-6);
    }

    #[test]
    fn binary_cross_entropy_equals_the_formula_by_hand() {
        let loss = value(binary_cross_entropy(matrix(&[[0.3, -1.2, 2.0]]), matrix(&[[1.0, 0.0, 0.0]])));
        let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
        let expected = -(sigmoid(0.3).ln() + (1.0 - sigmoid(-1.2)).ln() + (1.0 - sigmoid(2.0)).ln()) / 3.0;
        assert!((loss - expected).abs() < 1e-6);
    }
}
