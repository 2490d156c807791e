//! The `whisperlite` binary from outside, one module per command.

mod import;
