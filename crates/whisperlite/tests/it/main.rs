//! Integration tests of the library, in one binary.

mod ir_measures;
mod metrics;
mod report;
mod statistics;
mod synthetic;
mod top_k;
mod trec;
