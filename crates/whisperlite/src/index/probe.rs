//! How fast this machine multiplies matrices: what a search is measured by.

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::fused::{Matrix, product};

/// Rows of the product that one thread computes at a time.
const ROWS: usize = 512;

/// Floating-point operations per second in a product of two square matrices of `size` rows on all threads. Threads are
/// shared out in two ways, by rows and by the product's own library; the faster one counts.
pub fn gemm_flops_per_sec(size: usize) -> f64 {
    let n_operations = 2.0 * (size as f64).powi(3);
    n_operations / by_rows(size).min(by_library(size))
}

fn by_rows(size: usize) -> f64 {
    let values = vec![0.5; size * size];
    let matrix = Matrix::new(&values, size);
    let mut out = vec![0.0; size * size];
    let begin = Instant::now();
    out.par_chunks_mut(ROWS * size)
        .enumerate()
        .for_each(|(block, out)| product(matrix.block(block * ROWS, out.len() / size), matrix, out));
    begin.elapsed().as_secs_f64()
}

fn by_library(size: usize) -> f64 {
    let matrix = Tensor::<2>::ones([size, size], &Device::flex());
    let begin = Instant::now();
    let _product = matrix.clone().matmul(matrix);
    begin.elapsed().as_secs_f64()
}
