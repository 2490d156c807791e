//! **How is a step computed without waiting for memory?** The few hot places of training, by hand.
//!
//! A graph of small tensor operations reads and writes every large matrix many times, and half of a training step goes
//! into that. Here whole parts (a perceptron, a loss) are computed block by block on slices of `f32`, with a gradient
//! that is written out, and enter the autodiff graph as one node each. Every part has a plain twin made of tensor
//! operations, which other backends use and which the tests compare it with.
//!
//! The towers of pretrained encoders run here as well: matrices that never change are arranged once, and biases, norms,
//! activations and attention are done on the rows that lie in the cache.
//!
//! Not for: what is computed, or why (see [`crate::model`] and [`crate::loss`]).

mod buffers;
mod vectors;
mod gemm;
mod parallel;
mod node;
mod perceptron;
mod unit_rows;
mod candidates;
mod in_batch;
mod packed;
mod attention;
mod rows;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use attention::{Heads, Places, Rows, attend};
pub(crate) use buffers::Buffer;
pub(crate) use candidates::candidate_products;
pub(crate) use gemm::{Matrix, product};
pub(crate) use in_batch::in_batch_contrast;
pub(crate) use node::{Gradients, Node, Values, scalar, tensor_of, try_node, values_of};
pub(crate) use packed::{PANEL, PackedMatrix};
pub(crate) use perceptron::perceptron;
pub(crate) use rows::{add_to_rows, gated, gelu_tanh, layer_norm};
pub(crate) use unit_rows::unit_rows;
pub(crate) use vectors::{dot, softmax, vectorised};
