//! InfoNCE where the other answers of a batch are the negatives.
//!
//! A row of scores goes through the softmax while it is in the cache, and becomes its own gradient there; the matrix of
//! all scores is stored once.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::node::{Input, Known};
use super::parallel::{by_panels, rows_per_block};
use super::vectors::{dot, softmax_inline, vectorised};
use super::{Buffer, Matrix, Node, Values, product, try_node};

/// The mean over `i` of `−log softmax(scale · ⟨queries[i], items⟩)[i]`; none where the inputs do not lie on the CPU.
///
/// # Shapes
/// - `queries`, `items`: `[batch, d]`, the answer of each query in the same row
/// - `scale`: `[1]`
/// - returns `[1]`
pub(crate) fn in_batch_contrast(queries: Tensor<2>, items: Tensor<2>, scale: Tensor<1>) -> Option<Tensor<1>> {
    assert_eq!(queries.dims(), items.dims(), "one answer for each query");
    let inputs = [Input::from(queries), Input::from(items), Input::from(scale)];
    try_node(inputs, |[queries, items, scale]| contrast(queries, items, scale.as_slice()[0]))
}

fn contrast(queries: &Values, items: &Values, scale: f32) -> Node<Known<3>> {
    let d = queries.columns();
    let [queries, items] = [queries, items].map(|values| Matrix::new(values.as_slice(), d));
    let batch = queries.rows();
    let (mut scores, mut by_queries) = (Buffer::new(batch * batch), Buffer::new(batch * d));
    let rows = rows_per_block(batch);
    let blocks = scores.par_chunks_mut(rows * batch).zip(by_queries.par_chunks_mut(rows * d)).enumerate();
    let by_rows = blocks.flat_map_iter(|(block, (scores, by_queries))| {
        let first = block * rows;
        product(queries.block(first, by_queries.len() / d), items.transposed(), scores);
        let by_rows = vectorised(|| into_gradients(scores, first, batch, scale));
        product(Matrix::new(scores, batch), items, by_queries);
        by_rows
    });
    let by_rows: Vec<[f32; 2]> = by_rows.collect();
    let [loss, by_scale] = [0, 1].map(|at| by_rows.iter().map(|row| row[at]).sum::<f32>() / batch as f32);
    let by_items = by_panels(Matrix::new(&scores, batch).transposed(), queries, d);
    let gradients = [by_queries.into_vec(), by_items.into_vec(), vec![by_scale]];
    Node { output: vec![loss], shape: vec![1], state: Known(gradients) }
}

/// Turns rows of unscaled scores, the first of them row `first` of `batch`, into the gradient of the loss by the products
/// behind them; returns the loss of each row and its gradient by the scale.
#[inline(always)]
fn into_gradients(scores: &mut [f32], first: usize, batch: usize, scale: f32) -> Vec<[f32; 2]> {
    let mut pull = vec![0.0; batch];
    let mut by_rows = Vec::with_capacity(scores.len() / batch);
    for (row, scores) in scores.chunks_exact_mut(batch).enumerate() {
        let positive = first + row;
        pull.iter_mut().zip(&*scores).for_each(|(pull, score)| *pull = score * scale);
        let loss = softmax_inline(&mut pull) - scores[positive] * scale;
        pull[positive] -= 1.0;
        by_rows.push([loss, dot(&pull, scores)]);
        let share = scale / batch as f32;
        scores.iter_mut().zip(&pull).for_each(|(score, pull)| *score = pull * share);
    }
    by_rows
}
