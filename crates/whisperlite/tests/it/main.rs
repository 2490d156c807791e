//! Integration tests of the library, in one binary.

#![allow(clippy::print_stderr, reason = "a test that skips says so, and a measurement shows its figure")]

mod baselines;
mod ir_measures;
mod metrics;
mod real_data;
mod report;
mod statistics;
mod synthetic;
mod top_k;
mod trec;
