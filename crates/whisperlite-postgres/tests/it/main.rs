//! The store against a real PostgreSQL of the test's own, in one binary.

#![allow(clippy::print_stderr, reason = "a test that skips says so, and the checks say which of them runs")]

mod cluster;
#[path = "../../../whisperlite/tests/it/serving_suite.rs"]
mod serving_suite;
mod stores;
