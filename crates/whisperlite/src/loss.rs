//! **What is a good score?** Binary cross-entropy plus a contrastive term.
//!
//! The composite of arXiv:2207.12033: `λ_bce · BCE(σ(s), y) + λ_con · InfoNCE(s)`. Both are plain functions of a score
//! matrix, so that the trainer decides which pairs are compared (request ↔ item, person ↔ item, both) and the towers
//! stay unknown here.
//!
//! Not for: how a score comes about (see [`crate::model`]), or which negatives are drawn (see [`crate::trainer`]).

use burn::tensor::{Int, Tensor};
use rayon::prelude::*;

use crate::fused::{Values, scalar, values_of};

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
    let places: Vec<i64> = positive.clone().into_data().iter::<i64>().collect();
    let fused = scalar(scores.clone(), |scores| {
        contrast(scores, |row, scores, gradient| {
            let place = places[row] as usize;
            gradient[place] -= 1.0;
            scores[place]
        })
    });
    fused.unwrap_or_else(|| {
        let [batch, _] = scores.dims();
        let positive_scores = scores.clone().gather(1, positive.reshape([batch, 1]));
        (log_sum_exp(scores) - positive_scores).mean()
    })
}

/// InfoNCE where a row may have several positives: the mean over rows of the mean over the row's positives.
///
/// # Shapes
/// - `scores`: `[batch, n_candidates]`
/// - `labels`: `[batch, n_candidates]`, 1 for positives, at least one in each row, 0 for the rest
/// - returns `[1]`
pub fn multi_positive_info_nce(scores: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
    let fused = values_of(labels.clone()).and_then(|labels| {
        scalar(scores.clone(), |scores| {
            contrast(scores, |row, scores, gradient| {
                let labels = &labels.as_slice()[row * scores.len()..][..scores.len()];
                let n_positives: f32 = labels.iter().sum();
                gradient.iter_mut().zip(labels).for_each(|(gradient, label)| *gradient -= label / n_positives);
                scores.iter().zip(labels).map(|(score, label)| score * label).sum::<f32>() / n_positives
            })
        })
    });
    fused.unwrap_or_else(|| plain_multi_positive_info_nce(scores, labels))
}

fn plain_multi_positive_info_nce(scores: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
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

/// The mean over rows of `log Σ exp(scores_row) − p`, and its gradient, in one pass over each row.
///
/// `positives` is given a row's place, its scores and its softmax; it takes the target off the softmax, which then is
/// the gradient, and returns `p`, the mean score of the positives.
fn contrast(scores: &Values, positives: impl Fn(usize, &[f32], &mut [f32]) -> f32 + Sync) -> (f32, Vec<f32>) {
    let (values, columns) = (scores.as_slice(), scores.columns());
    let batch = (values.len() / columns) as f32;
    let mut gradient = vec![0.0; values.len()];
    let rows = gradient.par_chunks_exact_mut(columns).zip(values.par_chunks_exact(columns)).enumerate();
    let losses: Vec<f32> = rows
        .map(|(row, (gradient, scores))| {
            let log_sum = softmax(scores, gradient);
            let positive = positives(row, scores, gradient);
            gradient.iter_mut().for_each(|value| *value /= batch);
            log_sum - positive
        })
        .collect();
    (losses.iter().sum::<f32>() / batch, gradient)
}

/// Writes the softmax of `scores` and returns `log Σ exp`.
fn softmax(scores: &[f32], softmax: &mut [f32]) -> f32 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    softmax.iter_mut().zip(scores).for_each(|(value, score)| *value = (score - largest).exp());
    let sum: f32 = softmax.iter().sum();
    softmax.iter_mut().for_each(|value| *value /= sum);
    sum.ln() + largest
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

    /// The gradient by the scores of twice the loss.
    fn gradient(scores: Tensor<2>, loss: impl FnOnce(Tensor<2>) -> Tensor<1>) -> Vec<f32> {
        let scores = Tensor::<2>::from_data(scores.into_data(), &Device::flex().autodiff()).require_grad();
        let gradients = (loss(scores.clone()) * 2.0).backward();
        scores.grad(&gradients).expect("the scores are in the graph").into_data().try_into_vec().unwrap()
    }

    #[test]
    fn gradients_equal_those_of_the_plain_form() {
        let device = Device::flex().autodiff();
        let scores = matrix(&[[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]);
        let labels = Tensor::<2>::from_data([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], &device);
        let expected = gradient(scores.clone(), |s| plain_multi_positive_info_nce(s, labels.clone()));
        for (got, expected) in gradient(scores.clone(), |s| multi_positive_info_nce(s, labels)).iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
        }
        let single = Tensor::<2>::from_data([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], &device);
        let expected = gradient(scores.clone(), |s| plain_multi_positive_info_nce(s, single));
        let positive = Tensor::from_data([1, 2], &device);
        for (got, expected) in gradient(scores, |s| info_nce(s, positive)).iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
        }
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
