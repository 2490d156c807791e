//! The library from outside, one module per room.

#![allow(clippy::print_stderr)] // a test that is skipped says so loudly

mod bad_input;
mod filter;
mod import;
mod real_data;
mod store;
mod support;
