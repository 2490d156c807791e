//! The library from outside, one module per room.

mod bad_input;
mod filter;
mod import;
mod real_data;
mod store;
mod support;
