//! The library's integration tests, in one binary.

mod encoder;
mod encoder_cache;
mod encoder_hub;
mod encoder_strict;
mod hub_server;
