//! The library from outside, one module per room, in one binary.

#![allow(clippy::print_stderr, reason = "a test that skips says so, and a measurement shows its figure")]

mod bad_input;
mod baselines;
mod candidates;
mod clip;
mod clip_strict;
mod encoder;
mod encoder_cache;
mod encoder_hub;
mod encoder_strict;
mod engine_image;
mod filter;
mod house;
mod hub_server;
mod import;
mod ir_measures;
mod licences;
mod live_items;
mod metrics;
mod model;
mod pictures;
mod real_data;
mod report;
mod sample_shop;
mod serving_suite;
mod statistics;
mod store;
mod store_events;
mod store_killed;
mod store_pictures;
mod support;
mod synthetic;
mod top_k;
mod trainer;
mod trained_shop;
mod trec;
mod tune;
