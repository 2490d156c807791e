//! **What is a good score?** Binary cross-entropy plus a contrastive term.
//!
//! The composite of arXiv:2207.12033: `λ_bce · BCE(σ(s), y) + λ_con · InfoNCE(s)`. Both are plain functions of a score
//! matrix, so that the trainer decides which pairs are compared (request ↔ item, person ↔ item, both) and the towers
//! stay unknown here.
//!
//! Not for: how a score comes about (see [`crate::model`]), or which negatives are drawn (see [`crate::trainer`]).

use burn::tensor::{Int, Tensor};
use rayon::prelude::*;

use crate::fused::{Buffer, Values, in_batch_contrast, scalar, softmax, values_of};

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

/// [`info_nce`] where the answers of the other queries of a batch are the negatives: the scores are
/// `scale · ⟨queries[i], items[j]⟩`, and item `i` is the positive of query `i`.
///
/// # Shapes
/// - `queries`, `items`: `[batch, d]`
/// - `scale`: `[1]`
/// - returns `[1]`
pub fn in_batch_info_nce(queries: Tensor<2>, items: Tensor<2>, scale: Tensor<1>) -> Tensor<1> {
    let fused = in_batch_contrast(queries.clone(), items.clone(), scale.clone());
    fused.unwrap_or_else(|| plain_in_batch_info_nce(queries, items, scale))
}

fn plain_in_batch_info_nce(queries: Tensor<2>, items: Tensor<2>, scale: Tensor<1>) -> Tensor<1> {
    let ([batch, _], device) = (queries.dims(), queries.device());
    let scores = queries.matmul(items.transpose()) * scale.reshape([1, 1]);
    info_nce(scores, Tensor::arange(0..batch as i64, &device))
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
    let fused = values_of(labels.clone()).and_then(|labels| {
        scalar(scores.clone(), |scores| cross_entropy(scores.as_slice(), labels.as_slice(), std::iter::repeat(&1.0)))
    });
    fused.unwrap_or_else(|| (softplus(scores.clone()) - scores * labels).mean())
}

/// [`binary_cross_entropy`] as a mean over some of the pairs.
///
/// # Shapes
/// - `scores`, `labels`: `[batch, n_candidates]`
/// - `present`: `[batch, n_candidates]`, 1 for pairs that count, 0 for padding
/// - returns `[1]`
pub fn masked_binary_cross_entropy(scores: Tensor<2>, labels: Tensor<2>, present: Tensor<2>) -> Tensor<1> {
    let fused = values_of(labels.clone()).zip(values_of(present.clone())).and_then(|(labels, present)| {
        scalar(scores.clone(), |scores| cross_entropy(scores.as_slice(), labels.as_slice(), present.as_slice().iter()))
    });
    fused.unwrap_or_else(|| plain_masked_binary_cross_entropy(scores, labels, present))
}

fn plain_masked_binary_cross_entropy(scores: Tensor<2>, labels: Tensor<2>, present: Tensor<2>) -> Tensor<1> {
    ((softplus(scores.clone()) - scores * labels) * present.clone()).sum() / present.sum()
}

/// `ln(1 + exp(s))`, in the form that does not overflow.
fn softplus(scores: Tensor<2>) -> Tensor<2> {
    scores.clone().clamp_min(0.0) + scores.abs().neg().exp().log1p()
}

/// The mean of `softplus(s) − y · s` over the pairs that are present, and its gradient `σ(s) − y`, in one pass.
fn cross_entropy<'p>(
    scores: &[f32],
    labels: &[f32],
    present: impl Iterator<Item = &'p f32> + Clone,
) -> (f32, Vec<f32>) {
    let n_present: f32 = present.clone().take(scores.len()).sum();
    let mut gradient = Buffer::new(scores.len());
    let mut sum = 0.0;
    for (((gradient, &score), label), present) in gradient.iter_mut().zip(scores).zip(labels).zip(present) {
        let small = (-score.abs()).exp();
        let sigmoid = if score < 0.0 { small } else { 1.0 } / (1.0 + small);
        sum += present * (score.max(0.0) + small.ln_1p() - score * label);
        *gradient = present * (sigmoid - label) / n_present;
    }
    (sum / n_present, gradient.into_vec())
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
    let mut gradient = Buffer::new(values.len());
    let rows = gradient.par_chunks_exact_mut(columns).zip(values.par_chunks_exact(columns)).enumerate();
    let losses: Vec<f32> = rows
        .map(|(row, (gradient, scores))| {
            gradient.copy_from_slice(scores);
            let log_sum = softmax(gradient);
            let positive = positives(row, scores, gradient);
            gradient.iter_mut().for_each(|value| *value /= batch);
            log_sum - positive
        })
        .collect();
    (losses.iter().sum::<f32>() / batch, gradient.into_vec())
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::fused::testing::assert_same;

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
    fn in_batch_info_nce_equals_its_plain_form() {
        let with_scale = |loss: fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<1>| {
            move |[queries, items, scale]: [Tensor<2>; 3]| loss(queries, items, scale.exp().reshape([1]))
        };
        let shapes = [[300, 37], [300, 37], [1, 1]];
        assert_same(shapes, with_scale(in_batch_info_nce), with_scale(plain_in_batch_info_nce));
    }

    #[test]
    fn binary_cross_entropy_equals_its_plain_form() {
        let device = Device::flex().autodiff();
        let every = |n: usize| -> Tensor<2> {
            let values = (0..30).map(|at| if at % n == 0 { 1.0f32 } else { 0.0 }).collect();
            Tensor::from_data(TensorData::new(values, [10, 3]), &device)
        };
        let (labels, present) = (every(3), every(2));
        assert_same(
            [[10, 3]],
            |[scores]| masked_binary_cross_entropy(scores * 20.0, labels.clone(), present.clone()),
            |[scores]| plain_masked_binary_cross_entropy(scores * 20.0, labels.clone(), present.clone()),
        );
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
