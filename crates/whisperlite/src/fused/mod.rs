//! **How is a step computed without waiting for memory?** The few hot places of training, by hand.
//!
//! A graph of small tensor operations reads and writes every large matrix many times, and half of a training step goes
//! into that. Here whole parts (a perceptron, a loss) are computed block by block on slices of `f32`, with a gradient
//! that is written out, and enter the autodiff graph as one node each. Every part has a plain twin made of tensor
//! operations, which other backends use and which the tests compare it with.
//!
//! Not for: what is computed, or why (see [`crate::model`] and [`crate::loss`]).

mod gemm;
mod node;
mod perceptron;

pub(crate) use gemm::{Matrix, product};
pub(crate) use node::{Gradients, Node, Values, scalar, tensor_of, try_node, values_of};
pub(crate) use perceptron::perceptron;
