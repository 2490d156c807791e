//! Inner products of each query with a few items of its own.
//!
//! The product of all queries with all items, of which a few are picked, computes and stores mostly what nobody asked for.

use burn::tensor::{Int, Tensor};
use rayon::prelude::*;

use super::node::Input;
use super::vectors::{add_scaled, dot, vectorised};
use super::{Buffer, Gradients, Node, Values, try_node};

/// Rows that are too few to be shared out among threads.
const ROWS: usize = 32;

/// `⟨queries[i], items[candidates[i, j]]⟩`.
///
/// # Shapes
/// - `queries`: `[batch, d]`, `items`: `[n_items, d]`
/// - `candidates`: `[batch, n]`, rows of `items`
/// - returns `[batch, n]`
pub(crate) fn candidate_products(queries: Tensor<2>, items: Tensor<2>, candidates: Tensor<2, Int>) -> Tensor<2> {
    let shape = candidates.dims();
    assert_eq!(queries.dims()[0], shape[0], "one row of candidates for each query");
    let inputs = [Input::from(queries.clone()), Input::from(items.clone())];
    let fused = try_node(inputs, |[queries, items]| {
        let places = candidates.clone().into_data().iter::<i64>().map(|place| place as usize).collect();
        let state = Way { queries: queries.clone(), items: items.clone(), places, n: shape[1] };
        Node { output: state.products().into_vec(), shape: shape.to_vec(), state }
    });
    fused.unwrap_or_else(|| plain(queries, items, candidates))
}

/// The same by tensor operations, on any device.
fn plain(queries: Tensor<2>, items: Tensor<2>, candidates: Tensor<2, Int>) -> Tensor<2> {
    queries.matmul(items.transpose()).gather(1, candidates)
}

/// What the way back needs.
#[derive(Debug, Clone)]
struct Way {
    /// `[batch, d]`
    queries: Values,
    /// `[n_items, d]`
    items: Values,
    /// `[batch, n]`: rows of `items`
    places: Vec<usize>,
    n: usize,
}

impl Way {
    fn query(&self, row: usize) -> &[f32] {
        &self.queries.as_slice()[row * self.queries.columns()..][..self.queries.columns()]
    }

    fn item(&self, row: usize) -> &[f32] {
        &self.items.as_slice()[row * self.items.columns()..][..self.items.columns()]
    }

    fn products(&self) -> Buffer {
        let mut products = Buffer::new(self.places.len());
        let rows = products.par_chunks_mut(self.n.max(1)).zip(self.places.par_chunks(self.n.max(1)));
        rows.enumerate().with_min_len(ROWS).for_each(|(row, (products, places))| {
            let query = self.query(row);
            vectorised(|| products.iter_mut().zip(places).for_each(|(to, &place)| *to = dot(query, self.item(place))));
        });
        products
    }

    fn gradient_by_queries(&self, by_output: &[f32]) -> Buffer {
        let mut gradient = Buffer::new(self.queries.as_slice().len());
        let rows = gradient.par_chunks_mut(self.queries.columns());
        rows.enumerate().with_min_len(ROWS).for_each(|(row, gradient)| {
            let pairs = (row * self.n..(row + 1) * self.n).map(|pair| (by_output[pair], self.item(self.places[pair])));
            vectorised(|| weighted_sum(gradient, pairs));
        });
        gradient
    }

    fn gradient_by_items(&self, by_output: &[f32]) -> Buffer {
        let mut gradient = Buffer::new(self.items.as_slice().len());
        let n_items = gradient.len() / self.items.columns();
        let (pairs, begins) = pairs_by_item(&self.places, n_items);
        let rows = gradient.par_chunks_mut(self.items.columns());
        rows.enumerate().with_min_len(ROWS).for_each(|(row, gradient)| {
            let pairs = &pairs[begins[row]..begins[row + 1]];
            let pairs = pairs.iter().map(|&pair| (by_output[pair], self.query(pair / self.n)));
            vectorised(|| weighted_sum(gradient, pairs));
        });
        gradient
    }
}

impl Gradients<2> for Way {
    fn gradients(self, by_output: &[f32], wanted: [bool; 2]) -> [Option<Vec<f32>>; 2] {
        [
            wanted[0].then(|| self.gradient_by_queries(by_output).into_vec()),
            wanted[1].then(|| self.gradient_by_items(by_output).into_vec()),
        ]
    }
}

#[inline(always)]
fn weighted_sum<'a>(sum: &mut [f32], weighted: impl Iterator<Item = (f32, &'a [f32])>) {
    sum.fill(0.0);
    for (weight, row) in weighted {
        add_scaled(sum, weight, row);
    }
}

/// All pairs of a query and a candidate, by item, and where the pairs of each item begin, and the last end. The pairs of
/// one item stay in their order, so that sums over them do not depend on threads.
fn pairs_by_item(places: &[usize], n_items: usize) -> (Vec<usize>, Vec<usize>) {
    let mut begins = vec![0; n_items + 1];
    places.iter().for_each(|&place| begins[place + 1] += 1);
    for item in 0..n_items {
        begins[item + 1] += begins[item];
    }
    let (mut next, mut pairs) = (begins.clone(), vec![0; places.len()]);
    for (pair, &place) in places.iter().enumerate() {
        pairs[next[place]] = pair;
        next[place] += 1;
    }
    (pairs, begins)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::testing::assert_same;
    use super::*;

    #[test]
    fn values_and_gradients_equal_those_of_tensor_operations() {
        const N: usize = 5;
        // Some items are the candidate of many queries, one twice of the same, and some of none.
        let places: Vec<i32> = (0..50 * N as i32).map(|pair| (pair * pair) % 23 + pair % 2).collect();
        let device = Device::flex().autodiff();
        let candidates = Tensor::<2, Int>::from_data(TensorData::new(places, [50, N]), &device);
        assert_same(
            [[50, 37], [40, 37]],
            |[queries, items]| candidate_products(queries, items, candidates.clone()),
            |[queries, items]| plain(queries, items, candidates.clone()),
        );
    }

    #[test]
    fn pairs_are_found_by_item_in_their_order() {
        assert_eq!(pairs_by_item(&[2, 0, 2, 2], 4), (vec![1, 0, 2, 3], vec![0, 1, 1, 4, 4]));
    }
}
