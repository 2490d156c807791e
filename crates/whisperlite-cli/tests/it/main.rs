//! The `whisperlite` binary from outside.

#![allow(clippy::print_stderr, reason = "a test that writes a committed file says so")]

mod help;
mod import;
mod pipeline;
mod sample_shop;
mod support;
