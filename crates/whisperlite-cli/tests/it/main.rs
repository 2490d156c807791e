//! The `whisperlite` binary from outside.

#![allow(clippy::print_stderr, reason = "a test that skips, or writes a committed file, says so")]

#[path = "../../../whisperlite-postgres/tests/it/cluster.rs"]
#[allow(dead_code, reason = "shared with the tests of the store in PostgreSQL, which use more of it")]
mod cluster;
mod demo;
mod encoder;
mod failures;
mod help;
#[path = "../../../whisperlite/tests/it/hub_server.rs"]
#[allow(dead_code, reason = "shared with the library's tests, which use more of it")]
mod hub_server;
mod image;
mod import;
mod killed;
mod pipeline;
mod quality;
mod reload;
mod retrain;
mod sample_shop;
mod serve;
mod shared_store;
mod study;
mod support;
#[cfg(feature = "otel")]
mod telemetry;
