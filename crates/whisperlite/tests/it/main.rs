//! Integration tests of the library, in one binary.

#![allow(clippy::print_stderr, reason = "a test that skips says so, and a measurement shows its figure")]

mod encoder;
mod encoder_cache;
mod encoder_hub;
mod encoder_strict;
mod hub_server;
mod ir_measures;
mod metrics;
mod report;
mod statistics;
mod synthetic;
mod top_k;
mod trec;
